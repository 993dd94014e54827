"""What servers in front write of a request: as the shop does (`kit.web.access_log`), with shortened addresses and no tokens.

Their logs of errors hold the first line of a request as it came, with all that stands in it. They are told to write
only what is wrong with themselves; how each request went, also where nobody answered, stands in the access log.
"""

import re

from shopwright.deployment.gateway.routes import PARAMETER, addresses
from shopwright.kit.http.access_log import KEPT_BITS, OPEN, How
from shopwright.kit.ids import BEARERS

BEARER = f"(?:{'|'.join(BEARERS)})_[0-9A-Za-z]+"
TOKEN = f"{BEARER}|[0-9A-Za-z_-]{{40,}}"  # longer than ids are
# An IPv6 address as it is written short, without its last 80 bits.
SHORT = """
        default "-";
        "~^(?:::ffff:)?(?<v4>\\d+\\.\\d+\\.\\d+)\\.\\d+$" "$v4.0";
        "~^::" "::";
        "~^(?<v6a>[0-9a-f]+)::" "$v6a::";
        "~^(?<v6b>[0-9a-f]+:[0-9a-f]+)::" "$v6b::";
        "~^(?<v6c>[0-9a-f]+:[0-9a-f]+:[0-9a-f]+):" "$v6c::";"""
FULL = "\n        default $remote_addr;"


def of_nginx(how: How, folder: str) -> str:
    """Its directives for the log of requests: in this folder, or where it was started from ("")."""
    if how == "off":
        return "    access_log off;"
    file = f"{folder}/shopwright.log" if folder else "/dev/stdout"
    return f"""    map $remote_addr $shown_client {{{FULL if how == "full" else SHORT}
    }}
    map $uri $shown_path {{
        default $uri;
{_hidden()}
        "~^(?<before_token>.*?)(?:{TOKEN})" "$before_token*";
    }}
    map $http_user_agent $shown_agent {{
        default "";
        "~(?:{TOKEN})" "*";
        "~^(?<first_of_agent>.{{1,120}})" $first_of_agent;
    }}
    log_format shopwright escape=json '{{"time":"$time_iso8601","method":"$request_method","path":"$shown_path",'
        '"status":"$status","seconds":"$request_time","bytes":"$body_bytes_sent","client":"$shown_client",'
        '"request_id":"$upstream_http_x_request_id","upstream":"$upstream_addr","agent":"$shown_agent"}}';
    access_log {file} shopwright;"""


def errors_of_nginx(folder: str) -> str:
    """Where it says what is wrong with itself."""
    return f"{folder}/shopwright-error.log alert" if folder else "stderr alert"


def _hidden() -> str:
    """Addresses with parameters that may open something: they stand as OpenAPI writes them."""
    closed = [one for one in addresses() if {name.partition(":")[0] for name in _names(one.path)} - OPEN - {"path"}]
    return "\n".join(f'        "~{one.pattern}" "{one.path}";' for one in closed)


def _names(path: str) -> list[str]:
    return [found.strip("{}") for found in PARAMETER.findall(path)]


def of_haproxy(how: How, target: str) -> tuple[str, str, str]:
    """Its lines for the sections global, defaults and frontend. Paths are those of calls between processes, too."""
    if how == "off":
        return "", "", ""
    client = "%[src]" if how == "full" else f"%[src,ipmask({KEPT_BITS[4]},{KEPT_BITS[6]})]"
    words = f"%HM %[var(txn.shown)] %ST %Tt ms %B bytes {client} %[var(txn.request)] %b/%s"
    return (
        f"\n    log {target}",
        f'\n    log global\n    log-format "{words}"',
        f"""
    http-request set-var(txn.shown) 'path,regsub("{_posix(TOKEN)}",*,g)'
    http-response set-var(txn.request) res.hdr(x-request-id)""",
    )


def _posix(pattern: str) -> str:
    return re.sub(r"\(\?:", "(", pattern)


def of_caddy(how: How) -> dict[str, str]:
    """What stands in its file: a filter of fields for all it writes, and the log of requests."""
    addresses_kept = f"ip_mask {{\n\t\t\t\t\tipv4 {KEPT_BITS[4]}\n\t\t\t\t\tipv6 {KEPT_BITS[6]}\n\t\t\t\t}}"
    masks = [f"\t\t\t\trequest>{name} {addresses_kept}" for name in ("remote_ip", "client_ip")] if how != "full" else []
    hidden = ("Cookie", "Authorization", "Referer", "X-Forwarded-For", "Forwarded", "Idempotency-Key")
    fields = [
        "\t\t\t\t# Enough to follow an attack, not enough to name a person or to open anything.",
        *masks,
        f'\t\t\t\trequest>uri regexp "(?:{TOKEN})|\\?.*" "*"',
        f'\t\t\t\trequest>headers>User-Agent regexp "{TOKEN}" "*"',
        *(f"\t\t\t\trequest>headers>{name} delete" for name in hidden),
        "\t\t\t\tresp_headers delete",
    ]
    block = "\t\tformat filter {\n\t\t\twrap json\n\t\t\tfields {\n" + "\n".join(fields) + "\n\t\t\t}\n\t\t}"
    file = "\t\toutput file /var/log/caddy/shop.log {\n\t\t\troll_size 50MiB\n\t\t\troll_keep 20\n\t\t\troll_keep_for 2160h\n\t\t}"
    log = "" if how == "off" else f"\tlog {{\n{file}\n{block}\n\t}}\n"
    return {"FIELDS": block, "LOG": log}
