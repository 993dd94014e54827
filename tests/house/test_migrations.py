"""A new migration locks nothing for long, and the previous version works beside it: expand, migrate, contract."""

import gzip
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from shopwright.engines.database.migrations import Migration, new_tables

HOME = Path(__file__).parents[2]
RELEASE = HOME / "tests" / "data" / "shop-0.1.0.json.gz"
# Rules of squawk about PostgreSQL that matter here; indexes on tables in use are built concurrently anyway.
BREAKS = {
    "adding-field-with-default", "adding-foreign-key-constraint", "adding-not-nullable-field", "adding-required-field",
    "adding-serial-primary-key-field", "ban-drop-column", "ban-drop-database", "ban-drop-not-null", "ban-drop-table",
    "ban-truncate-cascade", "changing-column-type", "constraint-missing-not-valid", "disallowed-unique-constraint",
    "renaming-column", "renaming-table", "syntax-error",
}  # fmt: skip
# A migration may drop what nothing has read for a release; its first line says so.
CONTRACT, DROPS = "-- contract:", {"ban-drop-column", "ban-drop-table"}


def files() -> list[Path]:
    return sorted((HOME / "shopwright").rglob("migrations/[0-9]*.sql"))


def released() -> dict[str, str]:
    """The migrations of the last release: its files, by name."""
    release_data = json.loads(gzip.decompress(RELEASE.read_bytes()))
    return {
        f"{owner}/{name}": sql
        for service in release_data["services"].values()
        for owner, name, sql in service["migrations"]
    }  # fmt: skip


def dangers(path: Path) -> list[str]:
    """Problems of a migration, as sentences."""
    squawk = Path(sys.executable).with_name("squawk")
    report = subprocess.run(
        [squawk, "--assume-in-transaction", "--reporter", "json", path], capture_output=True, text=True, check=False
    ).stdout
    found = {(one["rule_name"], one["message"]) for one in json.loads(report)}
    allowed = DROPS if path.read_text().startswith(CONTRACT) else set()
    wrong = [f"{rule}: {message}" for rule, message in sorted(found) if rule in BREAKS - allowed]
    statements = Migration(path).statements()
    for statement in statements:
        written = re.match(r"(?:UPDATE|DELETE FROM)\s+(\w+)", statement, re.IGNORECASE)
        if written and written.group(1) not in new_tables(statements):
            wrong.append(f"{written.group(0)} changes rows others write: let a timer do it, some at a time")
    return wrong


def test_released_migrations_are_not_changed() -> None:
    now = {Migration(path).name: path.read_text() for path in files()}
    for name, sql in released().items():
        assert now.get(name) == sql, f"{name} was released: write the change as a new migration"


# Written before this rule; they touch different tables, and shops have applied them.
SHARED_NUMBERS = {"insights/0004", "notifications/0009", "orders/0005"}


def test_each_migration_of_a_service_has_a_unique_number() -> None:
    """They are applied by name: two with one number have no clear order."""
    numbers = Counter(f"{path.parent.parent.name}/{path.name.partition('_')[0]}" for path in files())
    assert {number for number, count in numbers.items() if count > 1} == SHARED_NUMBERS


def test_new_migrations_lock_no_table_for_long_and_break_nothing() -> None:
    new = [path for path in files() if Migration(path).name not in released()]
    assert {str(path.relative_to(HOME)): wrong for path in new if (wrong := dangers(path))} == {}


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("ALTER TABLE orders RENAME COLUMN total TO sum;", "renaming-column"),
        ("ALTER TABLE orders RENAME TO sales;", "renaming-table"),
        ("ALTER TABLE orders DROP COLUMN total;", "ban-drop-column"),
        ("DROP TABLE orders;", "ban-drop-table"),
        ("ALTER TABLE orders ALTER COLUMN total TYPE TEXT;", "changing-column-type"),
        ("ALTER TABLE orders ALTER COLUMN note SET NOT NULL;", "adding-not-nullable-field"),
        ("ALTER TABLE orders ADD COLUMN note TEXT NOT NULL;", "adding-required-field"),
        ("ALTER TABLE orders ADD CONSTRAINT some CHECK (total > 0);", "constraint-missing-not-valid"),
        ("ALTER TABLE orders ADD CONSTRAINT one UNIQUE (total);", "disallowed-unique-constraint"),
        ("UPDATE orders SET total = 0;", "let a timer do it"),
        ("DELETE FROM orders WHERE total = 0;", "let a timer do it"),
        ("ALTER TABEL orders;", "syntax-error"),
    ],
)
def test_a_blocking_migration_is_found(tmp_path: Path, sql: str, words: str) -> None:
    path = tmp_path / "things" / "migrations" / "0002_things.sql"
    path.parent.mkdir(parents=True)
    path.write_text(sql + "\n")
    assert any(words in wrong for wrong in dangers(path)), dangers(path)


def test_a_quick_or_new_statement_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "things" / "migrations" / "0002_things.sql"
    path.parent.mkdir(parents=True)
    path.write_text(
        "-- contract: nothing has read it since 0.2\nALTER TABLE orders DROP COLUMN total;\n"
        "CREATE TABLE notes (id TEXT PRIMARY KEY, n BIGINT NOT NULL);\nCREATE INDEX notes_n ON notes (n);\n"
        "ALTER TABLE orders ADD COLUMN note TEXT NOT NULL DEFAULT '';\nCREATE INDEX orders_note ON orders (note);\n"
        "INSERT INTO notes (id, n) VALUES ('a', 1);\nUPDATE notes SET n = 2;\n"
    )
    assert dangers(path) == []


def test_every_table_has_a_primary_key() -> None:
    """`move` identifies rows by it."""
    bare = [
        f"{path.parent.parent.name}/{path.name}: {made[1]}"
        for path in files()
        for made in re.finditer(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+) \((.*?)\n\);", path.read_text(), re.DOTALL)
        if "PRIMARY KEY" not in made[2]
    ]
    assert bare == []
