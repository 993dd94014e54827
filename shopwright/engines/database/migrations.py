"""Migrations: numbered .sql files, applied once, in order, and checked by hash: a changed file is refused."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from shopwright.kit.errors import Refused
from shopwright.kit.translation import gettext as _

INDEX = re.compile(r"CREATE\s+(UNIQUE\s+)?INDEX\s+(\w+)\s+ON\s+(\w+)", re.IGNORECASE)
NEW_TABLE = re.compile(r"CREATE\s+TABLE\s+(\w+)", re.IGNORECASE)
OLD_TABLE = re.compile(r"DROP\s+TABLE\s+(\w+)", re.IGNORECASE)
OLD_INDEX = re.compile(r"DROP\s+INDEX\s+(\w+)", re.IGNORECASE)
NAMED = re.compile(r"(?:ALTER TABLE|UPDATE|DELETE FROM|INSERT INTO|DROP TABLE|DROP INDEX)\s+(\w+)", re.IGNORECASE)
TABLE = "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, hash TEXT NOT NULL)"


class Migration:
    """A file. Its name includes the folder's owner, so that those of kit and service do not collide."""

    def __init__(self, path: Path) -> None:
        self.name = f"{path.parent.parent.name}/{path.name}"
        self.sql = path.read_text(encoding="utf-8")
        self.hash = hashlib.sha256(self.sql.encode()).hexdigest()

    def statements(self) -> list[str]:
        without_comments = "\n".join(line for line in self.sql.splitlines() if not line.lstrip().startswith("--"))
        return [sql for one in without_comments.split(";\n") if (sql := one.strip().rstrip(";"))]


def all_in(folders: Sequence[Path]) -> list[Migration]:
    """Return all migrations in order."""
    return [Migration(path) for folder in folders if folder.is_dir() for path in sorted(folder.glob("[0-9]*.sql"))]


def indexes_of(statements: Iterable[str]) -> dict[str, str]:
    """The indexes after these statements, with their definitions."""
    found: dict[str, str] = {}
    for statement in statements:
        if made := INDEX.match(statement):
            found[made.group(2)] = statement
        elif dropped := OLD_INDEX.match(statement):
            found.pop(dropped.group(1), None)
    return found


def new_tables(statements: Iterable[str]) -> set[str]:
    """The tables these statements create."""
    return {made.group(1) for statement in statements if (made := NEW_TABLE.match(statement))}


def tables_of(statements: Iterable[str]) -> set[str]:
    """The tables after these statements."""
    found: set[str] = set()
    for statement in statements:
        if made := NEW_TABLE.match(statement):
            found.add(made.group(1))
        elif dropped := OLD_TABLE.match(statement):
            found.discard(dropped.group(1))
    return found


def waits(statement: str, new: set[str]) -> bool:
    """Whether this builds an index on an existing table in use (not in `new`)."""
    made = INDEX.match(statement)
    return made is not None and made.group(3) not in new


def if_built(statement: str) -> str:
    """The statement with IF EXISTS, as an index to drop may not have been built yet."""
    return OLD_INDEX.sub(r"DROP INDEX IF EXISTS \1", statement)


def lock(statement: str, new: set[str], sizes: Mapping[str, int]) -> str:
    """Describe the locks it takes in PostgreSQL, and for how long. `sizes`: approximate rows by table."""
    made = INDEX.match(statement)
    found = NEW_TABLE.match(statement) or NAMED.match(statement)
    table = made.group(3) if made else found.group(1) if found else "?"
    if table in new:
        return "nobody waits: its table is new"
    if made:
        return f"SHARE UPDATE EXCLUSIVE on {table} ({_rows(table, sizes)}): reading and writing go on while it is built"
    verb = statement.split(maxsplit=1)[0].upper()
    if verb == "INSERT":
        return f"ROW EXCLUSIVE on {table}: nobody waits"
    if verb in {"UPDATE", "DELETE"}:
        return f"ROW EXCLUSIVE on {table}: whoever writes one of the rows it changes waits ({_rows(table, sizes)})"
    quick = verb == "DROP" or re.search(r"\bADD COLUMN\b", statement, re.IGNORECASE)
    how_long = "for a moment" if quick else f"while it runs ({_rows(table, sizes)})"
    return f"ACCESS EXCLUSIVE on {table}: everyone who uses it waits, {how_long}"


def _rows(table: str, sizes: Mapping[str, int]) -> str:
    return f"about {sizes.get(table, 0):,} rows"


def pending(folders: Sequence[Path], applied: Mapping[str, str], where: str) -> list[Migration]:
    """Return migrations not in `applied` (name → hash), in order. Raises Refused if the history differs."""
    found = all_in(folders)
    names = {migration.name for migration in found}
    if newer := sorted(set(applied) - names):
        raise Refused(
            _(
                "{where} was written by a newer Shopwright (it has {newer}, which this version does not know). Nothing was changed. Start the newer version, or restore the backup made before the upgrade.",
                where=where,
                newer=newer[0],
            )
        )
    for migration in found:
        if applied.get(migration.name, migration.hash) != migration.hash:
            raise Refused(
                _(
                    "{name} has changed since it was applied to {where}. Nothing was changed. Put the file back as it was and write the change as a new migration.",
                    name=migration.name,
                    where=where,
                )
            )
    return [migration for migration in found if migration.name not in applied]
