"""nginx as gateway and load balancer: its whole configuration, from the routes of the code and where processes listen.

In front: TLS and HTTP/2 where there is a certificate, who calls found out once (`auth_request`), headers only the gateway
may set, sizes, request ids, maintenance, one upstream a service. Behind, on an address of its own: the same upstreams for
calls between services. Tried again elsewhere is only what was never sent or may be sent twice (RFC 9110, 9.2.2).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from shopwright.deployment.gateway import logs, told
from shopwright.deployment.gateway.routes import patterns
from shopwright.kit.errors import Invalid
from shopwright.kit.http.access_log import How
from shopwright.kit.http.forward_auth import IDENTITY, PATH
from shopwright.registry import FACES, PARTS

Servers = Mapping[str, Sequence[str]]
SERVER = re.compile(r"[A-Za-z0-9._\-\[\]:]+:\d{1,5}")

ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?")
# Connections (with HTTP/2: requests at once) of one address.
MOST_EACH = 400
CANARY, ALL = "-canary", 100
ALLOWED = """
            add_header Access-Control-Allow-Origin $origin always;
            add_header Access-Control-Expose-Headers "x-request-id, retry-after, link" always;
            add_header Vary Origin always;"""
CLOSED = """
        if ($uri !~ "^/health/") {
            return 503;
        }"""

PATIENCE = """    proxy_http_version 1.1;
    proxy_connect_timeout 2s;
    proxy_read_timeout 30s;
    proxy_send_timeout 30s;
    proxy_buffers 16 16k;
    proxy_next_upstream error timeout http_502;
    proxy_next_upstream_tries 3;
    proxy_next_upstream_timeout 10s;
"""


class Front(msgspec.Struct, frozen=True, kw_only=True):
    """How the front door stands. `servers`: part → host:port of each process that takes requests.

    `listen`, `behind`: addresses for the world and for calls between services. `folder`: what nginx writes.
    `origins`: sites whose scripts may ask the API. `canary`: processes of another version, as `servers`; `canary_share`
    of the shoppers are sent to them, of a hundred, and whoever says `X-Canary: always`.
    `trusted`: networks whose X-Forwarded-For and X-Forwarded-Proto are believed, where TLS ends before it.
    `access_log`: how much of a client's address its log keeps. `logs`: the folder of its logs, which something rotates; "":
    they go where it was started from.
    `user`: as whom its workers run, where whoever starts it may choose. `balancer`: the address of an HAProxy that knows the processes (`front.haproxy`), in their place.
    """

    servers: Servers = {}
    listen: str
    behind: str = ""
    balancer: str = ""
    user: str = ""
    folder: Path
    session_cookie: str
    largest_body: int
    trusted: Sequence[str] = ()
    origins: Sequence[str] = ()
    canary: Servers = {}
    canary_share: int = 0
    certificate: str = ""
    key: str = ""
    maintenance: bool = False
    access_log: How = "short"
    logs: str = ""


def configuration(front: Front) -> str:
    """The file. Raises Invalid where a part has no process, or an address would be no address."""
    _check(front)
    servers = {"balancer": [front.balancer]} if front.balancer else {**front.servers, **_canaries(front)}
    upstreams = "\n".join(_upstream(name, ones) for name, ones in servers.items())
    return f"""# Written by `shopwright nginx`; change the shop and write it anew.
{f"user {front.user};" if front.user else ""}
pid {front.folder}/nginx.pid;
error_log {logs.errors_of_nginx(front.logs)};
worker_processes auto;
worker_shutdown_timeout 30s;
events {{
    worker_connections 4096;
}}
http {{
    default_type application/octet-stream;
    server_tokens off;
    sendfile on;
{logs.of_nginx(front.access_log, front.logs)}
{_folders(front.folder)}
    client_max_body_size {front.largest_body};
    client_body_buffer_size 64k;
    large_client_header_buffers 4 16k;
    client_header_timeout 15s;
    client_body_timeout 30s;
    send_timeout 30s;
    keepalive_timeout 60s;
    limit_conn_zone $binary_remote_addr zone=clients:10m;
{PATIENCE}{_trust(front.trusted)}
    # Who shows nothing is nobody: then nobody is asked.
    map "$http_authorization|$http_cookie" $shows {{
        default "";
        "~^[^|]+\\|" yes;
        "~[|;]\\s*{re.escape(front.session_cookie)}=" yes;
    }}
    map $uri $part {{
        default {FACES};
{_parts()}
    }}
{_cross_origin(front.origins)}{_lots(front) if front.canary else ""}{upstreams}
{_world(front)}
{_between(front) if front.behind else ""}
}}
"""


def _check(front: Front) -> None:
    if not front.balancer:
        every_part_is_served(front.servers)
    canaries = (one for ones in front.canary.values() for one in ones)
    are_addresses(filter(None, (*canaries, front.listen, front.balancer, front.behind)))
    for origin in front.origins:
        if not ORIGIN.fullmatch(origin):
            raise Invalid(f"“{origin}” is no origin; it looks like https://app.example.")
    if front.canary and (front.balancer or not front.canary.keys() <= set(PARTS) or not 0 <= front.canary_share <= ALL):
        raise Invalid(
            "A canary names parts of the shop and a share between 0 and 100, and needs no balancer in between."
        )
    if bool(front.certificate) != bool(front.key):
        raise Invalid("For TLS both are needed: a certificate and its key.")


def every_part_is_served(servers: Servers) -> None:
    """Raises Invalid where a part has no process, or an address would be no address."""
    for part in PARTS:
        if not servers.get(part):
            raise Invalid(f"Nobody serves {part}: name at least one address for it.")
    are_addresses(one for ones in servers.values() for one in ones)


def are_addresses(named: Iterable[str]) -> None:
    """Raises Invalid for the first that is none."""
    for address in named:
        if not SERVER.fullmatch(address):
            raise Invalid(f"“{address}” is no address; it looks like 127.0.0.1:8000.")


def _trust(networks: Sequence[str]) -> str:
    """Whom a request is from, and how it came, as a balancer before this one says."""
    if not networks:
        return ""
    lines = "".join(f"    set_real_ip_from {one};\n" for one in networks)
    return f"""
{lines}    real_ip_header X-Forwarded-For;
    real_ip_recursive on;
    geo $realip_remote_addr $inside {{
        default "";
{"".join(f"        {one} yes;{chr(10)}" for one in networks)}    }}
    map $inside$http_x_forwarded_proto $proto {{
        default $scheme;
        yeshttp http;
        yeshttps https;
    }}"""


def _canaries(front: Front) -> dict[str, Sequence[str]]:
    """An upstream beside each part: its other version, or itself where there is none."""
    return {f"{part}{CANARY}": front.canary.get(part, front.servers[part]) for part in PARTS} if front.canary else {}


def _lots(front: Front) -> str:
    """Who is sent where: one and the same shopper always to the same version."""
    share = f"        {front.canary_share}% yes;\n" if front.canary_share else ""
    return f"""    split_clients $remote_addr $lot {{
{share}        * "";
    }}
    map "$http_x_canary|$lot" $flavour {{
        default "";
        "~^always\\|" {CANARY};
        "|yes" {CANARY};
    }}
"""


def _cross_origin(origins: Sequence[str]) -> str:
    """Whose scripts may ask the API, and which requests only ask whether they may (Fetch Standard, CORS)."""
    if not origins:
        return ""
    lines = "\n".join(f'        "~^/v1/[^|]*\\|{re.escape(one)}$" $http_origin;' for one in origins)
    return f"""    map "$uri|$http_origin" $origin {{
        default "";
{lines}
    }}
    map "$request_method $origin" $preflight {{
        default "";
        "~^OPTIONS ." yes;
    }}
"""


def _may_ask(front: Front) -> str:
    if not front.origins:
        return ""
    return f"""
            if ($preflight) {{
                add_header Access-Control-Allow-Origin $origin;
                add_header Access-Control-Allow-Methods "GET, POST, PUT, PATCH, DELETE";
                add_header Access-Control-Allow-Headers "authorization, content-type, idempotency-key, x-request-id";
                add_header Access-Control-Max-Age 3600;
                add_header Vary Origin;
                return 204;
            }}{ALLOWED}"""


def _folders(folder: Path) -> str:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return "\n".join(f"    {kind}_temp_path {folder}/{kind};" for kind in kinds)


def _parts() -> str:
    return "\n".join(
        f'        "~{pattern}" {part};' for part, found in sorted(patterns().items()) for pattern in sorted(found)
    )


def _upstream(part: str, servers: Sequence[str]) -> str:
    fails = "max_fails=1 fail_timeout=1s" if len(servers) > 1 else "max_fails=0"
    lines = "\n".join(f"        server {one} {fails};" for one in servers)
    return f"""    upstream {part} {{
        zone {part} 64k;
        least_conn;
{lines}
        keepalive 16;
        keepalive_timeout 10s;  # sooner than the shop ends it (30 s), who would lose what is on its way
    }}"""


def _world(front: Front) -> str:
    return f"""    server {{
        listen {front.listen}{" ssl http2" if front.certificate else ""};{_tls(front)}
        error_page 500 502 504 = @away;  # of nginx itself: what the shop answers passes as it is
        error_page 503 @closed;
        error_page 429 @crowded;
        limit_conn clients {MOST_EACH};
        limit_conn_status 429;
        # What belongs to the house.
        location ^~ /internal/ {{ return 404; }}
        location = /metrics {{ return 404; }}
        location = {PATH} {{
            internal;
            if ($shows = "") {{
                return 204;
            }}
            proxy_pass http://{f"balancer/users{PATH}" if front.balancer else "users"};
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header Connection "";
        }}
{_told("away", 1, told.AWAY, ALLOWED if front.origins else "")}
{_told("crowded", 5, told.CROWDED, ALLOWED if front.origins else "", 429)}
{_told("closed", 60, told.CLOSED, ALLOWED if front.origins else "")}
        location / {{{CLOSED if front.maintenance else ""}{_may_ask(front)}
            auth_request {PATH};
            auth_request_set $identity $upstream_http_{IDENTITY.replace("-", "_")};
            proxy_set_header {IDENTITY} $identity;
            proxy_set_header shopwright-service "";
            proxy_set_header shopwright-deadline-ms "";
            proxy_set_header Host $http_host;
            proxy_set_header Connection "";
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto {"$proto" if front.trusted else "$scheme"};
            proxy_pass http://{"balancer/$part$request_uri" if front.balancer else "$part$flavour" if front.canary else "$part"};
        }}
    }}"""


def _tls(front: Front) -> str:
    if not front.certificate:
        return ""
    return f"""
        ssl_certificate {front.certificate};
        ssl_certificate_key {front.key};
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_cache shared:tls:10m;"""


def _told(name: str, after_s: int, detail: str, allowed: str, status: int = 503) -> str:
    """What nginx says by itself, as the API says it."""
    return f"""        location @{name} {{
            default_type {told.KIND};
            add_header Retry-After {after_s} always;{allowed}
            return {status} '{told.problem(status, detail)}';
        }}"""


def _between(front: Front) -> str:
    places = "\n".join(f"        location /{part}/ {{ proxy_pass http://{part}/; }}" for part in PARTS if part != FACES)
    return f"""    server {{
        listen {front.behind};
        proxy_set_header Connection "";
{places}
    }}"""
