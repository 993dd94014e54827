# Four words to work: run, test, check, servers. `make help` lists all.
PORT ?= 8000
DATA ?= ./var
PYTHON ?= python3
VENV := .venv
TESTS ?= fast
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help run install install-dev test soak check bench docs lock servers servers-stop wheel clean

help: ## list these words
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: install ## serve the demo shop (PORT=8000 DATA=./var)
	@$(BIN)/shopwright serve --demo --port $(PORT) --data $(DATA)

install: $(VENV)/.installed ## install what is missing to run

$(VENV)/.installed: requirements/run.txt pyproject.toml
	@$(PYTHON) tools/check_python.py
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

install-dev: $(VENV)/.installed-dev ## install what tests and checks need

$(VENV)/.installed-dev: $(VENV)/.installed requirements/extras.txt requirements/dev.txt requirements/docs.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/extras.txt -r requirements/dev.txt -r requirements/docs.txt
	@touch $@

test: install-dev ## the fast suite (TESTS=fast, engines or gate; ONLY=one pass of it)
	@set -a; [ ! -f var/servers.env ] || . ./var/servers.env; set +a; env -u SHOPWRIGHT_TEST_SHAPE $(BIN)/python tools/run_tests.py $(TESTS) $(ONLY)

soak: install-dev ## what draws lots or measures under load; takes hours (needs `make servers`)
	@set -a; [ ! -f var/servers.env ] || . ./var/servers.env; set +a; env -u SHOPWRIGHT_TEST_SHAPE $(BIN)/python tools/run_tests.py soak $(ONLY)

check: install-dev ## ruff, types, formats, spelling, the rules of the house: all of them, whichever fails
	@failed=0; $(BIN)/ruff format --check -q . || failed=1; $(BIN)/ruff check -q . || failed=1; $(BIN)/mypy || failed=1; $(BIN)/codespell || failed=1; \
	$(BIN)/python tools/run_tests.py house || failed=1; exit $$failed

bench: install-dev ## measure, each figure beside its floor
	@$(BIN)/python bench/run.py && $(BIN)/python bench/growth.py && $(BIN)/python bench/imports.py && $(BIN)/python bench/orders.py

docs: install-dev ## build the documentation into build/docs; a dead link fails
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

lock: install-dev ## write requirements/*.txt anew from pyproject.toml
	@$(BIN)/python tools/lock.py

servers: ## install and start the real servers on loopback
	@tools/servers.py start

servers-stop: ## end them
	@tools/servers.py stop

wheel: install-dev ## build the wheel and its bill of materials (CycloneDX) into dist/
	@$(BIN)/flit build --format wheel
	@cat requirements/run.txt requirements/extras.txt | $(BIN)/python -W ignore -m cyclonedx_py requirements --pyproject pyproject.toml --output-reproducible --of JSON -o dist/shopwright.cdx.json -

clean: ## remove what was built (not the data)
	@rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache
