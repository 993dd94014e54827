"""A proxy in front of each engine."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.builders.environment import engines
from tests.builders.tcp_proxy import TcpProxy

ENGINES = ("database", "cache", "bus", "search", "files", "documents")
NAMES = {
    "database": "PostgreSQL", "cache": "Redis", "bus": "RabbitMQ", "search": "OpenSearch", "files": "S3", "documents": "MongoDB",
}  # fmt: skip


async def open_proxies(data: Path, database: str) -> tuple[dict[str, TcpProxy], dict[str, str]]:
    """A proxy in front of each engine, and the URLs through these proxies; with short time-outs for the database."""
    proxies: dict[str, TcpProxy] = {}
    urls: dict[str, str] = {}
    for kind, url in {"database": database, **engines(data)}.items():
        there = parse_qs(urlsplit(url).query)["endpoint"][0] if kind == "files" else url
        proxies[kind] = TcpProxy(there)
        await proxies[kind].open()
        urls[kind] = url.replace(there, proxies[kind].url)
    urls["database"] += "&statement_seconds=3&wait_seconds=3"
    return proxies, urls
