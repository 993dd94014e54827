"""All stored data, as text."""

from shopwright.app import Shop
from tests.builders.environment import POSTGRES


async def everything_on_disk(shop: Shop) -> str:
    """All rows of all tables of all services, as text."""
    found = []
    for work in shop.databases.values():
        tables = await tables_of(work)
        for table in tables:
            found += [f"{work.name}.{table}: {dict(row)}" for row in await work.fetch(f"SELECT * FROM {table}")]
    return "\n".join(found)


async def tables_of(work) -> list[str]:
    """The names of all tables of a service."""
    ours = "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()"
    rows = await work.fetch(ours if POSTGRES else "SELECT name FROM sqlite_master WHERE type = 'table'")
    return [row["name"] for row in rows]
