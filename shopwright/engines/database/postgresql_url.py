"""Options of a PostgreSQL URL.

postgresql://user:password@host/shop?connections=6&statement_seconds=30&wait_seconds=15
postgresql://user:password@host/shop?roles=shopwright      each service has a role that sees its own schema only
postgresql://user:password@bouncer:6432/shop?pgbouncer=transaction
postgresql://user:password@host1,host2/shop?target_session_attrs=primary    whichever of them is the primary
postgresql://user:password@host/shop?replica=host2:5432,host3    reads that may lag go there

Other options are the driver's: `sslmode=verify-full&sslrootcert=/etc/ssl/ca.pem`.
"""

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg
import msgspec

from shopwright.kit.digits import is_number
from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _

# Errors of the driver if the server or network fails, or no more clients are accepted.
NO_ANSWER = (
    OSError,
    TimeoutError,
    asyncpg.exceptions.PostgresConnectionError,
    asyncpg.exceptions.InterfaceError,
    asyncpg.exceptions.InternalClientError,  # of a connection that is being ended
    asyncpg.exceptions.InvalidAuthorizationSpecificationError,
    asyncpg.exceptions.TooManyConnectionsError,
)
NUMBERS = {"connections": (6, 1, 200), "statement_seconds": (30, 1, 3_600), "wait_seconds": (15, 1, 600)}
ROLE = re.compile(r"[a-z_][a-z0-9_]{0,30}")
POOLINGS = ("", "transaction")


class PostgresUrl(msgspec.Struct, frozen=True, kw_only=True):
    """`address`: the driver's URL. `connections`: per service and process.

    `statement_seconds`: the longest statement; `wait_seconds`: the longest wait for a connection. `roles`: the prefix
    of the services' role names, or "". `pooled`: PgBouncer pools by transaction. `replica`: the driver's URL for
    lagging reads, or "".
    """

    address: str
    connections: int
    statement_seconds: int
    wait_seconds: int
    roles: str
    pooled: bool
    replica: str


def read_url(url: str) -> PostgresUrl:
    """Parse a URL. Raises Invalid for impossible options."""
    split = urlsplit(url)
    given = dict(parse_qsl(split.query, keep_blank_values=True))
    numbers = {}
    for name, (usual, least, most) in NUMBERS.items():
        value = given.pop(name, str(usual))
        if not is_number(value) or not least <= int(value) <= most:
            raise Invalid(
                _(
                    "SHOPWRIGHT_DATABASE has {name}={value}; it is a number from {least} to {most}.",
                    name=name,
                    value=value,
                    least=least,
                    most=most,
                )
            )
        numbers[name] = int(value)
    roles = given.pop("roles", "")
    if roles and not ROLE.fullmatch(roles):
        raise Invalid(
            _("SHOPWRIGHT_DATABASE has roles={roles}; it is how their names begin: a-z, 0-9 and _.", roles=roles)
        )
    pooling = given.pop("pgbouncer", "")
    if pooling not in POOLINGS:
        raise Invalid(
            _(
                "SHOPWRIGHT_DATABASE has pgbouncer={pooling}; it is pgbouncer=transaction (with pool_mode = session leave it out).",
                pooling=pooling,
            )
        )
    replicas = given.pop("replica", "")
    if replicas and pooling:
        raise Invalid(
            _(
                "SHOPWRIGHT_DATABASE has replica= and pgbouncer=transaction; replicas are asked directly: leave one of them out."
            )
        )
    return PostgresUrl(
        address=urlunsplit(split._replace(query=urlencode(given))),
        roles=roles,
        pooled=bool(pooling),
        replica=_replica(split, given, replicas) if replicas else "",
        **numbers,
    )


def _replica(split: SplitResult, options: Mapping[str, str], hosts: str) -> str:
    """Return the URL with other hosts, in any role."""
    options = {name: value for name, value in options.items() if name != "target_session_attrs"}
    who = split.netloc.rpartition("@")[0]
    where = f"{who}@{hosts}" if who else hosts
    return urlunsplit(split._replace(netloc=where, query=urlencode(options)))
