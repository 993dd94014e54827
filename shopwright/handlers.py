"""Which service hears what, and what each does as time passes: the tables of all services put together."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from shopwright.kit.clock_watch import DueTime, bring_back
from shopwright.kit.facts import Reaction, Timer
from shopwright.kit.retention import end_old
from shopwright.kit.work import Work
from shopwright.retention import retention_of
from shopwright.services.books import reactions as books_reactions
from shopwright.services.carts import reactions as carts_reactions
from shopwright.services.catalog import reactions as catalog_reactions
from shopwright.services.giftcards import reactions as giftcards_reactions
from shopwright.services.insights import reactions as insights_reactions
from shopwright.services.inventory import reactions as inventory_reactions
from shopwright.services.notifications import reactions as notifications_reactions
from shopwright.services.orders import reactions as orders_reactions
from shopwright.services.payments import reactions as payments_reactions
from shopwright.services.recommendations import reactions as recommendations_reactions
from shopwright.services.reviews import reactions as reviews_reactions
from shopwright.services.search import reactions as search_reactions
from shopwright.services.users import reactions as users_reactions
from shopwright.ways import ELSEWHERE

if TYPE_CHECKING:
    from shopwright.app import Shop

# How far away it can be that something is tried again; with room for clocks of several machines that differ.
DELIVERIES = DueTime("deliveries", "due", timedelta(minutes=11), "state = 'waiting'")
DUE_TIMES: Mapping[str, tuple[DueTime, ...]] = {
    "notifications": (DueTime("messages", "due", timedelta(minutes=16), "state = 'waiting'"),),
    "payments": (
        DueTime("payments", "ask_at", timedelta(minutes=6), "ask_at IS NOT NULL"),
        DueTime("refunds", "ask_at", timedelta(hours=7), "state = 'asked'"),
    ),
    "orders": (DueTime("order_refunds", "ask_at", timedelta(hours=7), "status = 'asked'"),),
}
KEEP_DOCUMENTS = ("catalog", "reviews")


def due_times(service: str) -> tuple[DueTime, ...]:
    """What a service tries again later."""
    return (DELIVERIES, *DUE_TIMES.get(service, ()))


def reactions(shop: "Shop") -> list[Reaction]:
    """Everything that is heard by anyone; what is elsewhere is known by name only."""
    heard = {
        "giftcards": giftcards_reactions,
        "carts": carts_reactions, "orders": orders_reactions, "reviews": reviews_reactions, "search": search_reactions,
        "recommendations": recommendations_reactions, "notifications": notifications_reactions,
        "insights": insights_reactions, "books": books_reactions,
    }  # fmt: skip
    found: list[Reaction] = []
    for name, module in heard.items():
        found += module.reactions(getattr(shop, name) if name in shop.here else ELSEWHERE)
    return found


def timers(shop: "Shop") -> list[Timer]:
    """Everything that is done here as time passes."""
    kept = {
        "users": users_reactions, "catalog": catalog_reactions, "inventory": inventory_reactions,
        "giftcards": giftcards_reactions,
        "carts": carts_reactions, "payments": payments_reactions, "orders": orders_reactions,
        "search": search_reactions, "recommendations": recommendations_reactions,
        "notifications": notifications_reactions, "insights": insights_reactions, "books": books_reactions,
    }  # fmt: skip
    found: list[Timer] = []
    for name, module in kept.items():
        found += module.timers(getattr(shop, name)) if name in shop.here else []
    return [
        *found,
        *(shop.pretend.timers() if "payments" in shop.here else []),
        *shop.documents.timers([shop.works[name] for name in KEEP_DOCUMENTS if name in shop.here]),
        *(
            Timer(f"{name}.bring_back", timedelta(minutes=1), partial(bring_back, work, due_times(name)))
            for name, work in shop.works.items()
        ),
        *(Timer(f"{name}.tidy", timedelta(hours=1), partial(tidy, shop, work)) for name, work in shop.works.items()),
    ]


async def tidy(shop: "Shop", work: Work) -> None:
    """A job: a service's old rows are ended, and much space they leave goes back to the disk."""
    await work.redact_erased()
    await end_old(work, retention_of(work.name), await _unheard_since(shop, work))
    await work.database.reclaim()


async def _unheard_since(shop: "Shop", work: Work) -> datetime | None:
    """When the oldest fact was told that is still on its way to this service, as far as this process can see."""
    own = await shop.bus.under_way(work.name)
    return work.now() - timedelta(seconds=max(one.oldest_s for one in own)) if own else None
