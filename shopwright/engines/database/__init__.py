"""Relational databases: `sqlite:///folder` (a file per service) and `postgresql://…` (a schema per service)."""

from pathlib import Path

from shopwright.kit.data.database import Database
from shopwright.kit.data.unit_of_work import VersionStore
from shopwright.kit.settings import choose, client_of


def open_database(url: str, service: str, versions: VersionStore | None = None) -> Database:
    """Open the database of `service` at `url`; `marks` store versions if it has none.

    Raises Invalid for an unknown scheme.
    """
    known = {"sqlite": _sqlite, "postgresql": _postgresql, "postgres": _postgresql}
    return choose("database", url, known)(url, service, versions)


def _sqlite(url: str, service: str, _versions: VersionStore | None) -> Database:
    from shopwright.engines.database.sqlite import SqliteDatabase

    return SqliteDatabase(Path(url.removeprefix("sqlite://")) / f"{service}.db")


def _postgresql(url: str, service: str, versions: VersionStore | None) -> Database:
    with client_of("postgres"):
        from shopwright.engines.database.postgresql import PostgresDatabase

    return PostgresDatabase(url, schema=service, versions=versions)
