"""Access logs of proxies, equal to the shop's (`kit.http.access_log`): shortened addresses and no tokens.

Their error logs repeat the first line of a request, secrets included, so they hold nothing but the proxies' own failures;
every request, answered or not, is in the access log.
"""

from shopwright.deployment.gateway.routes import PARAMETER, addresses
from shopwright.kit.http.access_log import KEPT_BITS, OPEN, How
from shopwright.kit.ids import BEARERS

BEARER = f"(?:{'|'.join(BEARERS)})_[0-9A-Za-z]+"
TOKEN = f"{BEARER}|[0-9A-Za-z_-]{{40,}}"  # longer than ids are
POSIX_TOKEN = TOKEN.replace("(?:", "(")


def hidden_paths() -> dict[str, str]:
    """Pattern → path as OpenAPI writes it, for every route with a parameter that may be a secret."""
    closed = [one for one in addresses() if {name.partition(":")[0] for name in _names(one.path)} - OPEN - {"path"}]
    return {one.pattern: one.path for one in closed}


def _names(path: str) -> list[str]:
    return [found.strip("{}") for found in PARAMETER.findall(path)]


def of_caddy(how: How) -> dict[str, str]:
    """Settings of Caddy: a field filter for all logs, and the access log."""
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
