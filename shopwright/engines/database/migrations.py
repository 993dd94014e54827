"""Numbered .sql files, applied once, in order, checked by hash: a file that changed after it ran is refused."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from shopwright.kit.errors import Refused

TABLE = "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, hash TEXT NOT NULL)"


class Migration:
    """One file. Its name carries the folder's owner, so that the kit's and the service's do not collide."""

    def __init__(self, path: Path) -> None:
        self.name = f"{path.parent.parent.name}/{path.name}"
        self.sql = path.read_text(encoding="utf-8")
        self.hash = hashlib.sha256(self.sql.encode()).hexdigest()

    def statements(self) -> list[str]:
        without_comments = "\n".join(line for line in self.sql.splitlines() if not line.lstrip().startswith("--"))
        return [statement.strip() for statement in without_comments.split(";\n") if statement.strip().strip(";")]


def pending(folders: Sequence[Path], applied: Mapping[str, str], where: str) -> list[Migration]:
    """The migrations not in `applied` (name → hash), in order. Raises Refused where history does not match."""
    found = [Migration(path) for folder in folders if folder.is_dir() for path in sorted(folder.glob("[0-9]*.sql"))]
    names = {migration.name for migration in found}
    if newer := sorted(set(applied) - names):
        raise Refused(
            f"{where} was written by a newer Shopwright (it has {newer[0]}, which this version does not know). "
            "Nothing was changed. Start the newer version, or restore the backup made before the upgrade."
        )
    for migration in found:
        if applied.get(migration.name, migration.hash) != migration.hash:
            raise Refused(
                f"{migration.name} has changed since it was applied to {where}. Nothing was changed. "
                "Put the file back as it was and write the change as a new migration."
            )
    return [migration for migration in found if migration.name not in applied]
