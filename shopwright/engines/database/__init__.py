"""Relational databases: `sqlite:///folder` (a file a service) and `postgresql://…` (a schema a service)."""

from pathlib import Path

from shopwright.kit.database import Database
from shopwright.kit.settings import choose, client_of


def open_database(url: str, service: str) -> Database:
    """The database of `service` behind `url`. Raises Invalid for a scheme nobody knows."""
    return choose("database", url, {"sqlite": _sqlite, "postgresql": _postgresql, "postgres": _postgresql})(
        url, service
    )


def _sqlite(url: str, service: str) -> Database:
    from shopwright.engines.database.sqlite import SqliteDatabase

    return SqliteDatabase(Path(url.removeprefix("sqlite://")) / f"{service}.db")


def _postgresql(url: str, service: str) -> Database:
    with client_of("postgres"):
        from shopwright.engines.database.postgresql import PostgresDatabase

    return PostgresDatabase(url, schema=service)
