"""Relational databases: `sqlite:///folder` (a file a service) and `postgresql://…` (a schema a service)."""

from pathlib import Path

from shopwright.kit.data.database import Database
from shopwright.kit.data.unit_of_work import VersionStore
from shopwright.kit.settings import choose, client_of


def open_database(url: str, service: str, marks: VersionStore | None = None) -> Database:
    """The database of `service` behind `url`, whose commits are marked where it has no version of its own.

    Raises Invalid for a scheme nobody knows.
    """
    known = {"sqlite": _sqlite, "postgresql": _postgresql, "postgres": _postgresql}
    return choose("database", url, known)(url, service, marks)


def _sqlite(url: str, service: str, _marks: VersionStore | None) -> Database:
    from shopwright.engines.database.sqlite import SqliteDatabase

    return SqliteDatabase(Path(url.removeprefix("sqlite://")) / f"{service}.db")


def _postgresql(url: str, service: str, marks: VersionStore | None) -> Database:
    with client_of("postgres"):
        from shopwright.engines.database.postgresql import PostgresDatabase

    return PostgresDatabase(url, schema=service, marks=marks)
