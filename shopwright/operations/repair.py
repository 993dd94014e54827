"""Repair of derived data: indexes, sums, lists and reservations.

It decides nothing: of two records of one thing, the append-only original is right.
"""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime

from shopwright.app import Shop
from shopwright.kit.clock import from_micros
from shopwright.kit.data.events import Delivery, Event, StoredEvent
from shopwright.kit.money import Money
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop, ngettext
from shopwright.operations import counters
from shopwright.services.catalog.contract import ProductPublished
from shopwright.services.inventory.contract import StockChanged
from shopwright.services.orders.contract import PAID
from shopwright.services.orders.contract.events import OrderPaid, SoldLine
from shopwright.services.pricing.contract import PriceChanged
from shopwright.services.reviews.contract import ReviewPublished

PAGE = 200
SOLD = (*sorted(PAID), "part_refunded", "refunded")
# Reserved units, as the lines of open reservations say.
RESERVED = (
    "UPDATE stock SET reserved = (SELECT CAST(coalesce(sum(l.quantity), 0) AS BIGINT) FROM reservation_lines l"
    " JOIN reservations o ON o.order_id = l.order_id WHERE o.state = 'open' AND l.variant_id = stock.variant_id"
    " AND l.location = stock.location) WHERE reserved <> (SELECT coalesce(sum(l.quantity), 0) FROM reservation_lines l"
    " JOIN reservations o ON o.order_id = l.order_id WHERE o.state = 'open' AND l.variant_id = stock.variant_id"
    " AND l.location = stock.location)"
)
MOVED = "(SELECT coalesce(sum(m.delta), 0) FROM movements m WHERE m.variant_id = stock.variant_id AND m.location = stock.location)"
ON_HAND = f"UPDATE stock SET on_hand = CAST({MOVED} AS BIGINT) WHERE on_hand <> {MOVED} AND {MOVED} >= reserved AND {MOVED} >= 0"
PROMISED = (
    "(SELECT coalesce(sum(quantity), 0) FROM (SELECT w.variant_id, w.quantity FROM owed w UNION ALL"
    " SELECT l.variant_id, l.quantity FROM reservation_lines l JOIN reservations o ON o.order_id = l.order_id"
    " WHERE o.state = 'open' AND l.location = '') held WHERE held.variant_id = stock_rules.variant_id)"
)
PROMISES = f"UPDATE stock_rules SET promised = CAST({PROMISED} AS BIGINT) WHERE promised <> {PROMISED}"
CARRIED = (
    "(SELECT CAST(coalesce(sum(m.{}), 0) AS BIGINT) FROM movements m WHERE m.variant_id = stock_values.variant_id)"
)
UNITS, WORTH = CARRIED.format("valued"), CARRIED.format("value")
VALUES = (
    f"UPDATE stock_values SET units = {UNITS}, value = {WORTH}"
    f" WHERE (units <> {UNITS} OR value <> {WORTH}) AND {UNITS} >= 0 AND {WORTH} >= 0"
)
HAVING_IT = "(SELECT count(*) FROM features f WHERE f.feature = feature_counts.feature)"
COUNTED = f"UPDATE feature_counts SET having_it = {HAVING_IT} WHERE having_it <> {HAVING_IT}"
UNCOUNTED = (
    "INSERT INTO feature_counts (feature, having_it) SELECT feature, count(*) FROM features"
    " WHERE feature NOT IN (SELECT feature FROM feature_counts) GROUP BY feature"
)
# Service → statements and what each repairs.
STATEMENTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "inventory": (
        (RESERVED, gettext_noop("{count} stocks hold the sum of open reservations.")),
        (ON_HAND, gettext_noop("{count} stocks are the sum of their movements.")),
        (VALUES, gettext_noop("{count} stocks are worth what their movements carried.")),
        (PROMISES, gettext_noop("{count} rules promise what orders wait for.")),
    ),
    "recommendations": (
        (COUNTED, gettext_noop("{count} features are counted as often as products have them.")),
        (UNCOUNTED, gettext_noop("{count} features that were not counted are.")),
    ),
}


async def repair_indexes(shop: Shop) -> list[str]:
    """Rebuild database indexes, so that damaged databases become writable. Raises Damaged if more is wrong."""
    found = {name: await work.database.rebuild_indexes() for name, work in shop.databases.items()}
    return [
        _("The database of {name} is whole, and can be written again.", name=name)
        for name, mended in found.items()
        if mended
    ]


async def repair(shop: Shop, anew: Collection[str]) -> list[str]:
    """Repair, and describe what was done. `anew`: services whose data are rebuilt from others as far as possible."""
    steps_done: list[str] = []
    for name, statements in STATEMENTS.items():
        for sql, words in statements:
            async with shop.databases[name].begin() as tx:
                if count := await tx.run(sql):
                    steps_done.append(_(words, count=count))
    steps: dict[str, Callable[[Shop], Awaitable[str]]] = {
        "search": _refresh_search,
        "recommendations": _refresh_recommendations,
    }
    steps_done += [await step(shop) for name, step in steps.items() if name in anew]
    products = await shop.search.rebuild()
    await shop.search.bring_up_to_date()
    events = await shop.insights.rebuild()
    return [
        *steps_done,
        _(
            "Rebuilt the search index ({products} products) and the dashboard ({events} events).",
            products=products,
            events=events,
        ),
    ]


async def note_gaps(shop: Shop) -> list[str]:
    """Record numbers of lost orders as lost, and describe which."""
    found, last = await counters.gaps_in(shop.databases["orders"])
    known = await counters.known_gaps(shop.databases["orders"])
    gaps = {before: after - 1 for before, after in found if known.get(before) != after - 1}
    highest = (await counters.highest(shop))[counters.ORDERS]
    if last and highest > last and known.get(last) != highest:
        gaps[last] = highest
    await counters.note_gaps(shop, gaps)
    return [
        ngettext(
            "It is noted that order {first} is lost.",
            "It is noted that orders {first} to {last} are lost.",
            upto - before,
            first=before + 1,
            last=upto,
        )
        for before, upto in gaps.items()
    ]


def _delivery(shop: Shop, handler: str, event: Event, time: datetime | None = None) -> Delivery:
    """A delivery of an event for a handler that lost its data."""
    subject = getattr(event, type(event).SUBJECT)
    stored = StoredEvent(
        id=shop.ids.new("evt"), type=type(event).__name__, time=time or shop.clock.now(), subject=subject, data=event
    )
    return Delivery(stored, handler)


async def _refresh_search(shop: Shop) -> str:
    """Send products, prices, stock and ratings from their owners to search."""
    after, count = "", 0
    while products := await shop.catalog.list_products(after=after, limit=PAGE):
        variants = [variant.id for product in products for variant in product.variants]
        prices = await shop.pricing.prices(variants, shop.settings.currency)
        stock = await shop.inventory.stock(variants)
        for product in products:
            event = ProductPublished(product_id=product.id, version=product.version)
            await shop.search.on_published(_delivery(shop, "search.published", event))
            stars = await shop.reviews.histogram(product.id)
            review = ReviewPublished(product_id=product.id, rating_sum=stars.sum, rating_count=stars.count)
            await shop.search.on_review(_delivery(shop, "search.review", review))
        for variant in variants:
            if (price := prices.get(variant)) is not None:
                changed = PriceChanged(variant_id=variant, price=price.amount, compare_at=price.compare_at)
                await shop.search.on_price(_delivery(shop, "search.price", changed))
            if (held := stock.get(variant)) is not None:
                there = StockChanged(variant_id=variant, available=held.available)
                await shop.search.on_stock(_delivery(shop, "search.stock", there))
        after, count = products[-1].id, count + len(products)
    sold: Counter[str] = Counter()
    for paid, _time in await _baskets(shop):
        for line in paid.lines:
            sold[line.product_id] += line.quantity
    async with shop.databases["search"].begin() as tx:
        await tx.run_many(
            "UPDATE entries SET sold = :sold, changed = changed + 1 WHERE product_id = :product_id AND sold <> :sold",
            [{"product_id": product_id, "sold": number} for product_id, number in sold.items()],
        )
    return _(
        "Lists and search show {count} products as the catalogue, prices, stock, reviews and orders know them.",
        count=count,
    )


async def _baskets(shop: Shop) -> list[tuple[OrderPaid, datetime]]:
    """The lines of each paid order with its time."""
    names = ", ".join(f"'{status}'" for status in SOLD)
    rows = await shop.databases["orders"].fetch(
        "SELECT o.id, o.number, o.customer_id, o.placed_at, o.currency, l.product_id, l.quantity FROM orders o"
        f" JOIN order_lines l ON l.order_id = o.id WHERE o.status IN ({names}) ORDER BY o.id"
    )
    lines: defaultdict[str, list[SoldLine]] = defaultdict(list)
    heads = {}
    for row in rows:
        nothing = Money(0, row["currency"])
        line = SoldLine(product_id=row["product_id"], variant_id="", quantity=row["quantity"], total=nothing)
        lines[row["id"]].append(line)
        heads[row["id"]] = (row, nothing)
    return [
        (
            OrderPaid(
                order_id=order_id, number=str(row["number"]), email="", customer_id=row["customer_id"],
                total=nothing, lines=tuple(lines[order_id]),
            ),
            from_micros(row["placed_at"]),
        )
        for order_id, (row, nothing) in heads.items()
    ]  # fmt: skip


async def _refresh_recommendations(shop: Shop) -> str:
    """Rebuild co-purchases from orders, and product features from the catalog."""
    async with shop.databases["recommendations"].begin() as tx:
        for table in ("pairs", "sold", "bought"):
            await tx.run(f"DELETE FROM {table}")
    baskets = await _baskets(shop)
    for event, time in baskets:
        await shop.recommendations.on_paid(_delivery(shop, "recommendations.paid", event, time))
    after = ""
    while products := await shop.catalog.list_products(after=after, limit=PAGE):
        for product in products:
            published = ProductPublished(product_id=product.id, version=product.version)
            await shop.recommendations.on_published(_delivery(shop, "recommendations.published", published))
        after = products[-1].id
    return _("Recommendations were made again from {count} orders.", count=len(baskets))
