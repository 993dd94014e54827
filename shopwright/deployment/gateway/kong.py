"""Kong as gateway, by its declarative file (format 3.0): the same routes as nginx has, for those who run Kong already.

Kong finds out nothing about who calls: headers only a gateway may set are dropped, and each part asks `users` itself. So
every part must be able to reach users. Limits are counted in Redis, right across all of Kong's processes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from shopwright.deployment.gateway import told
from shopwright.deployment.gateway.nginx import every_part_is_served
from shopwright.deployment.gateway.routes import patterns
from shopwright.kit.http.forward_auth import IDENTITY
from shopwright.kit.rpc.calls import CALLER, DEADLINE
from shopwright.kit.settings import take_apart
from shopwright.registry import FACES, PARTS

FORMAT = "3.0"
OURS = (IDENTITY, CALLER, DEADLINE)
CLOSED = ("~/internal(/.*)?$", "~/metrics$")
FIRST = 100  # before all others
REDIS_PORT = 6379
Entity = dict[str, Any]


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """`servers`: part → host:port of each process. `cache`: a redis: URL, or "" for limits by each of Kong's processes.

    `per_minute`: requests of one address. `origins`: sites whose scripts may ask the API.
    """

    servers: Mapping[str, Sequence[str]]
    largest_body: int
    per_minute: int = 3_000
    cache: str = ""
    origins: Sequence[str] = ()
    maintenance: bool = False


def configuration(door: Door) -> Entity:
    """The file, to be written as YAML. Raises Invalid where a part has no process or an address would be no address."""
    every_part_is_served(door.servers)
    return {
        "_format_version": FORMAT,
        "_transform": True,
        "upstreams": [_upstream(part, door.servers[part]) for part in PARTS],
        "services": [_service(part) for part in PARTS],
        "routes": [
            {
                "name": "closed",
                "paths": list(CLOSED),
                "regex_priority": FIRST,
                "plugins": [{"name": "request-termination", "config": {"status_code": 404}}],
            }
        ],
        "plugins": _plugins(door),
    }


def _upstream(part: str, servers: Sequence[str]) -> Entity:
    again = {"interval": 1, "tcp_failures": 2, "timeouts": 2, "http_failures": 2}
    return {
        "name": f"{part}.shopwright",
        "algorithm": "least-connections",
        "targets": [{"target": one, "weight": 100} for one in servers],
        "healthchecks": {
            "active": {
                "type": "http",
                "http_path": "/health/ready",
                "timeout": 3,
                "healthy": {"interval": 1, "successes": 1},
                "unhealthy": again,
            }
        },
    }


def _service(part: str) -> Entity:
    found = [f"~{pattern.removeprefix('^')}" for pattern in sorted(patterns().get(part, ()))]
    route = {
        "name": part,
        "paths": found if part != FACES else ["/"],  # what is in none of the others
        "strip_path": False,
        "preserve_host": True,
    }
    return {
        "name": part,
        "host": f"{part}.shopwright",
        "port": 8000,
        "protocol": "http",
        "connect_timeout": 2_000,
        "read_timeout": 30_000,
        "write_timeout": 30_000,
        "retries": 0,  # Kong would also send again what may not be sent twice
        "routes": [route],
    }


def _plugins(door: Door) -> list[Entity]:
    limit: Entity = {"minute": door.per_minute, "limit_by": "ip", "policy": "local", "fault_tolerant": True}
    if door.cache:
        where = take_apart("cache", door.cache, ("ca", "prefix"))
        host, port = where.hosts[0]
        redis = {"host": host, "port": port or REDIS_PORT, "database": int(where.path or 0)}
        limit |= {"policy": "redis", "redis": redis | ({"password": where.password} if where.password else {})}
    plugins = [
        {"name": "request-transformer", "config": {"remove": {"headers": list(OURS)}}},
        {
            "name": "correlation-id",
            "config": {"header_name": "X-Request-Id", "generator": "uuid", "echo_downstream": False},
        },
        {
            "name": "request-size-limiting",
            "config": {
                "allowed_payload_size": door.largest_body,
                "size_unit": "bytes",
                "require_content_length": False,
            },
        },
        {"name": "rate-limiting", "config": limit},
    ]
    if door.origins:
        plugins.append(
            {"name": "cors", "config": {"origins": list(door.origins), "credentials": False, "max_age": 3600}}
        )
    if door.maintenance:
        said = {"status_code": 503, "content_type": told.KIND, "body": told.unavailable(told.CLOSED)}
        plugins.append({"name": "request-termination", "config": said})
    return plugins
