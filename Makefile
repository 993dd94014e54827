# Four words to work: run, test, check, servers. `make help` lists all.
PORT ?= 8000
DATA ?= ./var
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help run install install-dev test test-all check bench lock servers servers-stop wheel clean

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

$(VENV)/.installed-dev: $(VENV)/.installed requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	@touch $@

test: install-dev ## the fast suite, on every engine that is there
	@set -a; [ ! -f var/servers.env ] || . ./var/servers.env; set +a; env -u SHOPWRIGHT_TEST_SHAPE $(BIN)/python tools/run_tests.py fast

test-all: install-dev ## everything, also what takes minutes and a browser
	@set -a; [ ! -f var/servers.env ] || . ./var/servers.env; set +a; $(BIN)/python tools/run_tests.py all

check: install-dev ## ruff, types, formats
	@$(BIN)/ruff format --check -q . && $(BIN)/ruff check -q . && $(BIN)/mypy

bench: install-dev ## measure, each figure beside its floor
	@$(BIN)/python bench/run.py && $(BIN)/python bench/growth.py

lock: install-dev ## write requirements/*.txt anew from pyproject.toml
	@$(BIN)/python tools/lock.py

servers: ## install and start the real servers on loopback
	@tools/servers.py start

servers-stop: ## end them
	@tools/servers.py stop

wheel: install-dev ## build the wheel into dist/
	@$(BIN)/flit build --format wheel

clean: ## remove what was built (not the data)
	@rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache
