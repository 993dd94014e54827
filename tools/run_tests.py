"""Run the tests in passes: `house`, `fast`, `engines`, `gate` and `soak`.

The house and fast passes need no server; the engines pass does; the gate must pass before anything lands.

The gate is deterministic. Randomised tests and measurements under load are in the soak. Every pass runs, whatever failed
before it, writes JUnit to var/junit and repeats failed tests once: a test that passes then is listed as flaky in
var/flaky.txt and fails nothing; one that fails twice fails the run.
"""

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HOME = Path(__file__).parents[1]
VAR = HOME / "var"
JUNIT, LOGS, CACHES, FLAKY = VAR / "junit", VAR / "passes", VAR / "pytest", VAR / "flaky.txt"
SETTING_PREFIX = "SHOPWRIGHT_TEST_"
POSTGRES, SHAPE, EXAMPLES = f"{SETTING_PREFIX}POSTGRES", f"{SETTING_PREFIX}SHAPE", f"{SETTING_PREFIX}EXAMPLES"
GATE = tuple(
    f"{SETTING_PREFIX}{name}"
    for name in ("POSTGRES", "PGBOUNCER", "REDIS", "MEMCACHED", "S3", "OPENSEARCH", "RABBITMQ")
)
SOAK = (*GATE, f"{SETTING_PREFIX}MONGODB")  # FerretDB is built from source, which takes minutes
# Where nothing may be compiled for later, each of the hundreds of processes that tests start would compile all of the shop.
UNKEPT = "PYTHONDONTWRITEBYTECODE"
MEMORY = Path("/dev/shm")  # noqa: S108 -- a folder of its own in it; tests write hundreds of databases that need no disk
FAILED = 1  # pytest's exit code where tests failed; others mean that it could not run them
SHORT = "not slow and not browser and not soak"
SLOW = "slow and not browser and not soak"


def files(folder: str, *names: str) -> tuple[str, ...]:
    """Test files of a folder."""
    return tuple(f"tests/{folder}/test_{name}.py" for name in names)


def without(folder: str, *names: str) -> tuple[str, ...]:
    """Options that leave these files out."""
    return tuple(f"--ignore={one}" for one in files(folder, *names))


# Long tests of a single process, three at a time, so that a run by hand stays within two minutes.
LONG = (
    *files(
        "apart",
        "deploy", "gateway_config", "other_gateways", "traces",
    ),
    *files(
        "api",
        "query_strings", "request_bodies",
    ),
    *files(
        "house",
        "new_field", "new_service",
    ),
    *files(
        "engines",
        "bus_backlog", "cache", "cdn", "search_words",
    ),
    *files(
        "imports",
        "generated_tables", "merges", "wordpress",
    ),
    *files(
        "pages",
        "office_figures", "office_search", "pseudo_locale", "pseudo_locale_office", "typed_values",
    ),
    *files(
        "process",
        "damaged_shop", "full_disk", "missing_shop", "optional_packages",
    ),
    *files(
        "services",
        "archive", "backup", "backup_age", "books_closed_month", "books_einvoices", "books_order_lives", "books_ubl_invoices",
        "clock_jumps", "damaged_files", "doctor", "notifications_delivery", "orders_lives", "orders_rerating_delays",
        "pricing_largest_totals", "pricing_rule_checks", "pricing_tax_rates", "privacy_guests", "recovery",
        "recovery_lost_orders", "restore", "retention", "sql_statements",
    ),
)  # fmt: skip
OTHERS = tuple(f"--ignore={one}" for one in LONG)
# Services called over RPC: all tests but those of a split shop itself or without calls.
SPLIT = tuple(f"tests/{name}" for name in ("api", "imports", "kit", "pages", "security", "services"))
# Contracts of engines and imports ran already, on two databases each.
SERVERS = ("--ignore=tests/engines", "--ignore=tests/imports")
# Of one service, but with statements that PostgreSQL may execute differently.
STATEMENTS = files(
    "services",
    "books_corrected_invoices", "books_delivery_notes", "books_documents", "books_ledger", "doctor_order_sums", "giftcards",
    "inventory_valuation", "notifications_documents", "orders_earlier_receipts", "orders_refund_parts", "orders_rerating",
    "orders_rerating_delays", "orders_retained_buyers", "orders_search", "orders_taxes", "payments_provider_changes",
    "pricing_rate_changes", "pricing_tax_rates", "pricing_tax_rules", "pricing_tax_schemes", "pricing_untaxed_places",
)  # fmt: skip
# Seen on SQLite and on all servers, whose database is PostgreSQL, too.
SEEN = tuple(f"--ignore=tests/{name}" for name in ("pages", "security", "process", "apart"))
# The gate runs each test on the servers in one of the two shapes; `make soak` in both.
# Pages that show answers of services, which the pass `split` tests on the servers.
PAGES = (
    "tests/pages",
    *without(
        "pages",
        "addresses", "delivery_promise", "form_days", "guest_wishlists", "office", "office_editing", "office_figures",
        "office_personal_data", "office_search", "price_filter", "search", "status", "typed_values",
    ),
    "tests/security",
    "tests/process",
    "tests/apart",
)  # fmt: skip
# Services that call each other; tests of one service, of files or of the clock are left out.
SERVICES = (
    "tests/api",
    "tests/services",
    *without(
        "services",
        "archive", "backup", "backup_age", "books_closed_month", "books_corrected_invoices", "books_delivery_notes",
        "books_documents", "books_einvoices", "books_exports", "books_ledger", "books_order_lives", "books_ubl_invoices",
        "catalog_collections", "catalog_pictures", "clock_jumps", "damaged_files", "demo_shop", "doctor",
        "doctor_order_sums", "giftcards", "insights_shop_days", "inventory", "inventory_valuation",
        "notifications_delivery", "orders_earlier_receipts", "orders_lives", "orders_refund_parts", "orders_refund_rules",
        "orders_rerated_lives", "orders_retained_buyers", "orders_search", "orders_taxes", "payments_provider_changes",
        "pricing_discounts", "pricing_largest_totals", "pricing_rate_changes", "pricing_rule_checks", "pricing_shop_currency",
        "pricing_tax_rates", "pricing_tax_rules", "pricing_tax_schemes", "pricing_totals", "pricing_untaxed_places",
        "privacy_guests", "recommendations_browsing_history", "recovery", "recovery_lost_orders", "restore", "retention", "reviews",
        "sql_statements", "unreadable_rows", "users_account_recovery", "users_audit", "users_second_factor",
        "users_staff",
    ),
    # Checks before any service is called: the same in a split shop.
    *without(
        "api",
        "access", "addresses", "canonical_paths", "codes", "idempotency", "log_lines", "order_numbers", "query_strings",
        "rate_limits", "request_bodies", "seller", "tax_rates", "variants",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Pass:
    """One run of pytest. `on`: embedded, sqlite, postgresql, servers or apart; `workers`: processes, 0 for this one alone.

    `narrow`: one of the inputs of each test, because all were tried on SQLite in the same run.
    """

    name: str
    on: str
    chosen: str
    where: tuple[str, ...] = ()
    workers: int = 0
    narrow: bool = False

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """Tests only for PostgreSQL are skipped on SQLite, required or not: other passes run them."""
        bare = {name: value for name, value in inherited.items() if name not in {POSTGRES, SHAPE}}
        if self.on == "embedded":
            return {name: value for name, value in inherited.items() if not name.startswith(SETTING_PREFIX)} | {
                "ENGINES": "",
                EXAMPLES: "25",
            }
        if self.on == "sqlite":
            return {**bare, "ENGINES": ""}
        shape = {} if self.on == "postgresql" else {SHAPE: self.on}
        return {**bare, POSTGRES: inherited.get(POSTGRES, ""), **shape}

    def command(self, *more: str) -> list[str]:
        # Files wait for the disk; servers have work of their own to do.
        at_once = ["-n", str(self.workers)] if self.workers else []
        other = [] if self.on in {"embedded", "sqlite"} else ["--second-engine"]
        other += ["--one-case"] if self.narrow else []
        cache = f"cache_dir={CACHES / self.name}"
        return [sys.executable, "-m", "pytest", "-m", self.chosen, *at_once, *other, "-o", cache, *more, *self.where]


# The rules of the house are part of `make check`.
HOUSE = "tests/house"
SQLITE = Pass("sqlite", "sqlite", SHORT, (f"--ignore={HOUSE}",), workers=3)
ENGINES = Pass("postgresql-engines", "postgresql", SHORT, ("tests/engines", *STATEMENTS), workers=2)
PASSES = {
    "house": (Pass("house", "embedded", SHORT, (HOUSE,), workers=2),),
    "fast": (Pass("embedded", "embedded", SHORT, (f"--ignore={HOUSE}",), workers=3),),
    "engines": (Pass("sqlite-engines", "sqlite", SHORT, ("tests/engines",), workers=2), ENGINES),
    "gate": (
        SQLITE,
        Pass("long", "sqlite", SLOW, LONG, workers=3),
        ENGINES,
        Pass("servers", "servers", SHORT, PAGES, workers=2, narrow=True),
        Pass("split", "apart", SHORT, SERVICES, workers=3, narrow=True),
        # Two at a time, the longest first.
        Pass("cluster", "servers", SLOW, ("tests/apart/test_cluster.py",)),
        Pass("processes", "sqlite", SLOW, ("tests/process", "tests/security", "--ignore=tests/process/test_kill_at_every_step.py", *OTHERS)),
        Pass("doors", "sqlite", SLOW, ("tests/api", "tests/apart", "tests/engines", "tests/imports", "tests/pages", "tests/services", *OTHERS)),
        Pass("simulator", "sqlite", SLOW, ("tests/simulate",)),
        Pass("browsers", "sqlite", "browser and not soak"),
        Pass("steps", "sqlite", SLOW, ("tests/process/test_kill_at_every_step.py",)),
    ),
    "soak": (
        Pass("soak-postgresql", "postgresql", SHORT, SEEN, workers=2),
        Pass("soak-servers", "servers", SHORT, SERVERS, workers=2),
        Pass("soak-split", "apart", SHORT, SPLIT, workers=2),
        Pass("soak-engines", "postgresql", SHORT, ("tests/engines",), workers=2),
        Pass("soak-on-sqlite", "sqlite", "soak"),
        Pass("soak-on-postgresql", "postgresql", "soak or (slow and not browser)", ("tests/process", "tests/services", "tests/engines")),
        Pass("soak-on-servers", "servers", "soak or (slow and not browser)", ("tests/process", "tests/apart")),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """`failed`: tests that failed twice, or why the pass could not run; `flaky`: tests that passed when they were repeated."""

    name: str
    seconds: float
    failed: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()


def failures(report: Path) -> list[str]:
    """The tests that failed, by the JUnit report of a pass."""
    if not report.exists():
        return []
    cases = ET.parse(report).iter("testcase")  # noqa: S314 -- ours
    return [
        f"{case.get('classname', '')}::{case.get('name', '')}"
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    ]


def in_memory() -> str | None:
    """A folder in memory where programs may be started, or None."""
    there = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
    return str(MEMORY) if there else None


def run(one: Pass, environment: Mapping[str, str], *, aloud: bool) -> Outcome:
    """Run a pass, and repeat what failed. Its output is shown at once, or when the pass has ended."""
    with tempfile.TemporaryDirectory(prefix="shop-", dir=in_memory()) as folder:
        return run_in(folder, one, environment, aloud=aloud)


def run_in(folder: str, one: Pass, inherited: Mapping[str, str], *, aloud: bool) -> Outcome:
    """Run a command with this folder for all files written by the tests."""
    began = time.monotonic()
    environment = {name: value for name, value in one.environment(inherited).items() if name != UNKEPT} | {
        "TMPDIR": folder
    }
    log = LOGS / f"{one.name}.log"
    say(f"== {one.name}: tests on {one.on}")

    def call(report: Path, *more: str) -> int:
        report.unlink(missing_ok=True)
        # Short: the address of a Unix socket has 97 characters.
        command = one.command(f"--junitxml={report}", f"--basetemp={folder}/t", *more)
        if aloud:
            return subprocess.call(command, env=environment, cwd=HOME)
        with log.open("a", encoding="utf-8") as file:
            return subprocess.call(command, env=environment, cwd=HOME, stdout=file, stderr=subprocess.STDOUT)

    log.write_text("", encoding="utf-8")
    first, second = JUNIT / f"{one.name}.xml", JUNIT / f"{one.name}-repeated.xml"
    code = call(first)
    failed, flaky = failures(first), []
    if code == FAILED and failed:
        say(f"== {one.name}: repeats what failed: {len(failed)}")
        code = call(second, "--last-failed")
        again = failures(second)
        flaky = [test for test in failed if test not in again]
        failed = again
    if code and not failed:
        failed = [f"pytest ended with {code} and named no test"]
    if not aloud:
        say(f"== {one.name}\n{log.read_text(encoding='utf-8')}")
    return Outcome(one.name, time.monotonic() - began, tuple(failed), tuple(flaky))


def run_all(passes: Sequence[Pass], environment: Mapping[str, str], at_once: int) -> list[Outcome]:
    """Run passes that use both cores one by one, then the others, `at_once` at a time."""
    found = [run(one, environment, aloud=True) for one in passes if one.workers]
    with ThreadPoolExecutor(at_once) as pool:
        return found + list(
            pool.map(lambda one: run(one, environment, aloud=False), [one for one in passes if not one.workers])
        )


def say(text: str) -> None:
    """Write output at once, in the same order as that of child processes."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def summary(outcomes: Sequence[Outcome]) -> int:
    """Report how each pass ended. Exit code: 1 where a test failed twice."""
    say("\n== summary")
    for one in outcomes:
        say(f"   {one.name:24} {one.seconds:6.0f} s   {'FAILED' if one.failed else 'passed'}")
    flaky = [f"{one.name}: {test}" for one in outcomes for test in one.flaky]
    failed = [f"{one.name}: {test}" for one in outcomes for test in one.failed]
    FLAKY.write_text("".join(f"{line}\n" for line in flaky), encoding="utf-8")
    for line in flaky:
        say(f"   FLAKY  {line}")
    for line in failed:
        say(f"   FAILED {line}")
    return 1 if failed else 0


def main() -> int:
    """Exit code: 0 if every test of every pass passed, at the second try at the latest."""
    kind = sys.argv[1] if len(sys.argv) > 1 else "fast"
    if kind not in PASSES or not {*sys.argv[2:]} <= {one.name for one in PASSES[kind]}:
        names = " | ".join(f"{kind}: {' '.join(one.name for one in some)}" for kind, some in PASSES.items())
        sys.stderr.write(f"usage: run_tests.py KIND [PASS …], of {names}\n")
        return 2
    environment = {**os.environ, "SOAK": "1"} if kind == "soak" else dict(os.environ)
    missing = [name for name in (SOAK if kind == "soak" else GATE) if not environment.get(name)]
    unmet = False
    passes = [one for one in PASSES[kind] if not sys.argv[2:] or one.name in sys.argv[2:]]
    if missing and kind not in {"fast", "house"}:
        say(f"== {', '.join(missing)} is not set: run `make servers` first.")
        unmet = True
        passes = [one for one in passes if one.on == "sqlite"]
    for folder in (JUNIT, LOGS, CACHES):
        folder.mkdir(parents=True, exist_ok=True)
    return summary(run_all(passes, environment, at_once=1 if kind == "soak" else 2)) or int(unmet)


if __name__ == "__main__":
    sys.exit(main())
