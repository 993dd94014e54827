"""The public status page, without internal details."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from litestar import Response, get

from shopwright.kit.auth import anyone
from shopwright.kit.errors import ShopError
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import Dependency
from shopwright.kit.observability.process_admin import ProcessAdmin, ProcessStatus
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.web.storefront.page_context import FrameDep

State = Literal["works", "less", "away"]
# Activities with the parts they need; without the last ones they continue with less.
ACTIVITIES: tuple[tuple[str, frozenset[str], frozenset[str]], ...] = (
    (gettext_noop("Browsing"), frozenset({"catalog", "pricing", "inventory"}), frozenset({"search", "reviews", "recommendations"})),
    (gettext_noop("Cart and checkout"), frozenset({"carts", "orders", "payments", "pricing", "inventory"}), frozenset({"giftcards"})),
    (gettext_noop("Refunds"), frozenset({"orders", "payments"}), frozenset({"refunds"})),
    (gettext_noop("Signing in and accounts"), frozenset({"users"}), frozenset({"books"})),
    (gettext_noop("E-mails and messages"), frozenset({"notifications"}), frozenset()),
)  # fmt: skip
# These parts are needed to write; without the others much can still be read.
WRITES = frozenset({"carts", "orders", "payments", "users", "notifications"})
SAID: dict[State, str] = {
    "works": gettext_noop("Operational"),
    "less": gettext_noop("Degraded"),
    "away": gettext_noop("Unavailable"),
}
KNOWN_S = 10.0  # the result is cached this long for everyone
LATE_S = 300.0
GOOD = "ok"


class LastStatus(msgspec.Struct):
    """The last result."""

    asking: asyncio.Lock = msgspec.field(default_factory=asyncio.Lock)
    at: float = -KNOWN_S
    states: tuple[tuple[str, State], ...] = ()


def states(conditions: Mapping[str, ProcessStatus | None]) -> tuple[tuple[str, State], ...]:
    """The state of each activity, from the status of each process (None: unreachable)."""
    everything = frozenset().union(*(needed | helping for _, needed, helping in ACTIVITIES))
    away: set[str] = set()
    weak: set[str] = set()
    for name, condition in conditions.items():
        parts = everything if name == "all" else set(name.split("+"))
        if condition is None:
            away |= parts
            continue
        bad = {engine for engine, state in condition.engines.items() if state != GOOD}
        away |= {part for part in parts if f"database {part}" in bad}
        away |= parts & WRITES if "disk" in bad else set()
        weak |= {"search"} if "search" in bad else set()
        weak |= {one.service for one in condition.waiting if one.lag_s > LATE_S}
        weak |= condition.warnings.keys()
    found: list[tuple[str, State]] = []
    for activity, needed, helping in ACTIVITIES:
        found.append(
            (activity, "away" if needed & away else "less" if (helping & away) | (needed | helping) & weak else "works")
        )
    return tuple(found)


async def _condition(process_admin: ProcessAdmin) -> ProcessStatus | None:
    try:
        return await process_admin.condition()
    except ShopError:
        return None


@get("/status", opt=allow(anyone), include_in_schema=False)
async def status_page(
    frame: FrameDep, process_admins: Dependency[Mapping[str, ProcessAdmin]], last_status: Dependency[LastStatus]
) -> Response[bytes]:
    """Show the status, determined once for all visitors within ten seconds."""
    async with last_status.asking:
        if time.monotonic() > last_status.at + KNOWN_S:
            found = await asyncio.gather(*map(_condition, process_admins.values()))
            last_status.states = states(dict(zip(process_admins, found, strict=True)))
            last_status.at = time.monotonic()
    rows = [{"activity": _(activity), "state": state, "said": _(SAID[state])} for activity, state in last_status.states]
    page = await frame.show("status.html", {"rows": rows, "well": all(one["state"] == "works" for one in rows)})
    page.headers["refresh"] = "30"
    return page


HANDLERS: list[Any] = [status_page]
