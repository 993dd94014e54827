"""A proxy in front of each engine."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.builders.environment import engines
from tests.builders.tcp_proxy import TcpProxy

ENGINES = ("database", "cache", "bus", "search", "files", "documents")
NAMES = {
    "database": "PostgreSQL", "cache": "Redis", "bus": "RabbitMQ", "search": "OpenSearch", "files": "S3", "documents": "MongoDB",
}  # fmt: skip


async def open_roads(data: Path, database: str) -> tuple[dict[str, TcpProxy], dict[str, str]]:
    """A way to each engine that can be cut, and the URLs by these ways; the database's with time-outs of a test."""
    roads: dict[str, TcpProxy] = {}
    ways: dict[str, str] = {}
    for kind, url in {"database": database, **engines(data)}.items():
        there = parse_qs(urlsplit(url).query)["endpoint"][0] if kind == "files" else url
        roads[kind] = TcpProxy(there)
        await roads[kind].open()
        ways[kind] = url.replace(there, roads[kind].url)
    ways["database"] += "&statement_seconds=3&wait_seconds=3"
    return roads, ways
