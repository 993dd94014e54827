"""The servers available to the tests, and a namespace on them for each shop."""

import hashlib
import os
from pathlib import Path

import pymongo
import pytest

from shopwright.kit import outgoing
from tests.builders import rabbitmq_queues

SOAK = bool(os.environ.get("SOAK"))
POSTGRES = os.environ.get("SHOPWRIGHT_TEST_POSTGRES", "")
SHAPE = os.environ.get("SHOPWRIGHT_TEST_SHAPE", "")
ON_SERVERS = SHAPE in {"servers", "apart"}
MONGODB = os.environ.get("SHOPWRIGHT_TEST_MONGODB", "")
APART = SHAPE == "apart"  # on all servers, split, as far as the API goes
QUEUES: list[str] = []  # those of a shop
REQUIRED = os.environ.get("ENGINES") == "required"


def need(present: bool, what: str) -> None:
    """Skip with a reason where a server is missing, unless engines are required."""
    if not present:
        if REQUIRED:
            pytest.fail(f"{what} is required here and not there")
        pytest.skip(f"{what} is not there")


def bare_environment() -> dict[str, str]:
    """The environment without settings of the tests, which the shop does not know."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SHOPWRIGHT_")}


def no_settings() -> dict[str, str | None]:
    """The variables to remove from the environment of a `CliRunner`."""
    return {name: None for name in os.environ if name.startswith("SHOPWRIGHT_")}


def server(name: str) -> str:
    """The URL of a real server that `make servers` started."""
    url = os.environ.get(f"SHOPWRIGHT_TEST_{name}", "")
    if not url and not SOAK and name.startswith("MONGODB"):
        pytest.skip("FerretDB is built from source, which takes minutes: `make soak` has it")
    need(bool(url), f"{name} (SHOPWRIGHT_TEST_{name})")
    return url


async def postgres_do(*statements: str) -> None:
    """Run statements on the server itself."""
    import asyncpg

    connection = await asyncpg.connect(POSTGRES)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def database_url(name: str) -> str:
    """The URL of a database on the server."""
    url = POSTGRES.rsplit("/", 1)[0] + "/" + name
    return f"{url}?roles=shop" if ON_SERVERS else url


def server_place(data: Path) -> str:
    """A name on shared servers for the shop in this folder, the same for all its processes."""
    return "test-" + hashlib.sha256(str(data).encode()).hexdigest()[:16]


def engines(data: Path) -> dict[str, str]:
    """The engines beside the database: embedded, or a namespace of this shop on each server."""
    if not ON_SERVERS:
        return {}
    return {
        "search": f"{server('OPENSEARCH')}/{server_place(data)}",
        "files": server("S3").replace("?", f"/{server_place(data)}?"),
        "cache": f"{server('REDIS')}?prefix={server_place(data)}",
        "bus": f"{server('RABBITMQ')}?prefix={rabbitmq_queues.place(server_place(data))}",
        **({"documents": mongo_url(data)} if MONGODB else {}),
    }


def mongo_url(data: Path) -> str:
    """A database of this shop."""
    return server("MONGODB").rpartition("/")[0] + "/" + server_place(data).replace("-", "_")


async def leave(data: Path) -> None:
    """Release the namespace on servers that are slow with many."""
    if ON_SERVERS:
        async with outgoing.client(30) as client:
            await client.delete(f"{server('OPENSEARCH').replace('opensearch', 'http', 1)}/{server_place(data)}-*")
        await rabbitmq_queues.leave(server("RABBITMQ"), server_place(data), QUEUES)
        if MONGODB:
            async with pymongo.AsyncMongoClient(mongo_url(data)) as mongo:
                await mongo.drop_database(mongo.get_default_database())
