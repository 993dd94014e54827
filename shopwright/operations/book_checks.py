"""Doctor's checks of the books: gapless chains, matching sums, and complete bookings of orders."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any

from shopwright.kit.clock import to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import Reader
from shopwright.kit.days import day_number
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.operations.collecting import page_done
from shopwright.operations.findings import Finding, Sentences, compared
from shopwright.operations.open_questions import OpenQuestion, OpenQuestions
from shopwright.operations.order_walk import OrderPage
from shopwright.operations.shop_snapshot import ShopSnapshot
from shopwright.services.books import bookkeeping, document_store, issuing, model, statement_store, store
from shopwright.services.books.contract import EntryKind
from shopwright.services.inventory import value_store
from shopwright.services.inventory.retention import COST_DAYS

MANY = 1_000  # entries or documents looked at together
MOST = 20  # sentences of one kind
STOCK_BOOKED = gettext_noop("the ledger has the value of the stock")
STOCK_HEARER = "books.StockValued"


async def ledger_adds_up(snapshot: ShopSnapshot) -> list[str]:
    """Check that entries form a chain, balance, and match the sums of statements."""
    books = snapshot.of("books")
    wrong: list[str] = []
    last, digest = 0, ""
    kinds = {number: store.kind_id(kind) for number, kind in (await store.kinds(books)).items()}
    closed = await statement_store.closings(books)
    async for row, postings in _entries(books):
        if row["seq"] != last + 1:
            wrong.append(_("After entry {last} of the ledger comes {seq}.", last=last, seq=row["seq"]))
        wrong += [
            _("Entry {seq} of the ledger does not balance: its postings add up to {off}.", seq=row["seq"], off=off)
            for off in _off_balance(postings)
        ]
        stored = [store.hashed_values(one, kinds.get(one["tax_kind"], "")) for one in postings]
        if store.entry_hash(digest, row, stored) != row["sha256"]:
            wrong.append(
                _("Entry {seq} of the ledger, or one before it, was changed after it was written.", seq=row["seq"])
            )
        last, digest = row["seq"], row["sha256"]
        wrong += _late(row, closed)
        if len(wrong) >= MOST:
            return wrong
    if (last, digest) != await store.head_of(books, store.LEDGER):
        wrong.append(_("The last entry of the ledger is {last}, but another one was written last.", last=last))
    wrong += [
        _(
            "{month_name} was closed at entry {last}, which is missing.",
            month_name=model.month_name(one["period"]),
            last=one["last"],
        )
        for one in closed
        if one["last"] > last
    ]
    return [*wrong, *await _sums_agree(books)]


def _off_balance(postings: Sequence[Row]) -> list[int]:
    """The sums of an entry's postings by currency that are not 0."""
    sums: dict[str, int] = {}
    for one in postings:
        sums[one["currency"]] = sums.get(one["currency"], 0) + one["amount"]
    return [off for off in sums.values() if off]


def _late(row: Row, closed: Sequence[Row]) -> list[str]:
    """Entries that contradict closed months."""
    return [
        _(
            "{month_name} was closed at entry {last}, which was changed since.",
            month_name=model.month_name(one["period"]),
            last=one["last"],
        )
        if row["seq"] == one["last"]
        else _(
            "Entry {seq} was written into {month_name} after it was closed.",
            seq=row["seq"],
            month_name=model.month_name(row["period"]),
        )
        for one in closed
        if (row["seq"] == one["last"] and row["sha256"] != one["sha256"])
        or (row["seq"] > one["last"] and row["period"] <= one["period"])
    ]


async def _entries(books: Reader) -> AsyncIterator[tuple[Row, list[Row]]]:
    """Iterate over all entries in batches."""
    after = 0
    while rows := await store.rows_after(books, after, MANY):
        found: dict[int, list[Row]] = {}
        for one in await store.postings_between(books, rows[0]["seq"], rows[-1]["seq"]):
            found.setdefault(one["seq"], []).append(one)
        for row in rows:
            yield row, found.get(row["seq"], [])
        after = rows[-1]["seq"]
        await page_done()


async def _sums_agree(books: Reader) -> list[str]:
    """Compare the stored sums of days and monthly taxes with the entries, day by day."""
    wrong: dict[str, None] = {}
    taxes: dict[tuple[Any, ...], list[int]] = {}
    async for day in _days(books):
        sums: dict[tuple[Any, ...], list[int]] = {}
        for row in await statement_store.posted_on(books, day):
            _add(sums, _names(row, "account", "provider"), row["debit"], row["credit"])
            if row["account"] == "tax" and row["tax_kind"] is not None:
                _add(taxes, _names(row, "tax_kind"), row["base"], row["credit"] - row["debit"], row["sales"])
        for row in await statement_store.day_sums_on(books, day):
            if sums.pop(_names(row, "account", "provider"), [0, 0]) != [row["debit"], row["credit"]]:
                wrong[
                    _(
                        "The daily total of {account} on {day} differs from its entries.",
                        account=row["account"],
                        day=day,
                    )
                ] = None
        wrong |= {
            _("The daily totals lack {key} on {day}, although there are entries.", key=key[1], day=day): None
            for key in sums
            if any(sums[key])
        }
        await page_done()
    for row in await statement_store.all_tax_sums(books):
        if taxes.pop(_names(row, "tax_kind"), [0, 0, 0]) != [row["base"], row["tax"], row["sales"]]:
            wrong[_("The tax totals of {month} differ from their entries.", month=model.month_name(row["period"]))] = (
                None
            )
    wrong |= {
        _("The tax totals lack {month_name}, although there are entries.", month_name=model.month_name(key[0])): None
        for key in taxes
    }
    return list(wrong)[:MOST]


async def _days(books: Reader) -> AsyncIterator[int]:
    """The days with entries or sums."""
    day = await statement_store.next_day(books, None)
    while day is not None:
        yield day
        day = await statement_store.next_day(books, day)


def _names(row: Row, *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("period", *names, "currency"))


def _add(sums: dict[tuple[Any, ...], list[int]], key: tuple[Any, ...], *amounts: int) -> None:
    sums[key] = [before + int(one) for before, one in zip(sums.get(key, [0] * len(amounts)), amounts, strict=True)]


async def documents_add_up(snapshot: ShopSnapshot) -> list[str]:
    """Check that each series is complete, and each document unchanged."""
    work, shop = snapshot.of("books"), snapshot.shop
    wrong: list[str] = []
    last: dict[str, tuple[int, str]] = {}
    place = ("", 0)
    while rows := await document_store.rows_after(work, place, MANY):
        place = rows[-1]["series"], rows[-1]["number"]
        for row in rows:
            number, digest = last.get(row["series"], (0, ""))
            if row["number"] != number + 1:
                wrong.append(_(
                    "In the series {series}, {number} comes after {before}.", series=row["series"], number=row["number"], before=number
                ))  # fmt: skip
            if row["before"] != digest:
                wrong.append(_("{name} does not follow the document before it.", name=row["name"]))
            body = document_store.body_of(row, shop.vault)
            if not body and row["keep_until"] > to_micros(shop.clock.now()):
                wrong.append(_("The content of {name} was deleted before the end of its retention.", name=row["name"]))
            if body and issuing.document_hash(row["before"], row, body) != row["sha256"]:
                wrong.append(_("{name} was changed after it was issued.", name=row["name"]))
            last[row["series"]] = row["number"], row["sha256"]
        if len(wrong) >= MOST:
            return wrong
        await page_done()
    position = await statement_store.place(work, issuing.ISSUED)
    wrong += [
        _("No document was issued for entry {seq} of the ledger.", seq=seq)
        for seq in await document_store.without_paper(work, int(position or 0), MOST)
    ]
    heads = await store.heads(work)
    wrong += [
        _(
            "{series}: the last number is {head}, but {count} were assigned.",
            series=series,
            head=head[0],
            count=heads.get(series, (0, ""))[0],
        )
        for series, head in last.items()
        if heads.get(series) != head
    ]
    wrong += [
        _("{series}: {head} numbers were assigned, but there is no document.", series=series, head=head[0])
        for series, head in heads.items()
        if series not in last and head[0]
    ]
    return wrong


async def stock_is_booked(snapshot: ShopSnapshot) -> Finding:
    """Compare the stock value with its bookings, unless events are pending."""
    worth = await value_store.totals(snapshot.of("inventory"))
    booked = await statement_store.stock_booked(snapshot.of("books"))
    on_its_way = any(one.hearer == STOCK_HEARER for one in snapshot.under_way)
    return compared(
        STOCK_BOOKED,
        gettext_noop("Stock is worth {ours} {currency}, but the books have it at {booked}."),
        worth,
        booked,
        under_way=on_its_way,
    )


class CostsAreBooked:
    """The booked cost of an order's goods matches inventory, as long as that has it."""

    name = gettext_noop("the ledger has the cost of the goods of each order")

    def __init__(self, snapshot: ShopSnapshot) -> None:
        self._snapshot = snapshot
        self._on_its_way = any(one.hearer == STOCK_HEARER for one in snapshot.under_way)
        self._found = Sentences()
        self._orders: set[str] = set()

    async def look(self, page: OrderPage) -> None:
        numbers = {one.row["id"]: one.row["number"] for one in page.orders}
        known = await value_store.costs(self._snapshot.of("inventory"), list(numbers))
        rows = await statement_store.costs_booked(self._snapshot.of("books"), list(numbers))
        booked = {(row["order_id"], row["currency"]): row["amount"] for row in rows}
        today = day_number(self._snapshot.shop.clock.now().date())
        # Inventory's rows expire one by one; for an order in two currencies it has the later one.
        unknown = {row["order_id"] for row in rows if today - row["day"] >= COST_DAYS - 1}
        unknown |= {order_id for order_id, count in Counter(one for one, _ in {*booked, *known}).items() if count > 1}
        for order_id, currency in sorted(booked.keys() | known.keys()):
            there, booked_cost = known.get((order_id, currency), 0), booked.get((order_id, currency), 0)
            if there != booked_cost and order_id not in unknown:
                self._found.say(
                    _(
                        "The cost of goods of order {numbers} is {there} {currency}, but the ledger has {booked_cost}.",
                        numbers=numbers[order_id],
                        there=there,
                        currency=currency,
                        booked_cost=booked_cost,
                    )
                )
                self._orders.add(order_id)

    def finding(self) -> Finding:
        found = self._found.whole()
        if self._on_its_way:
            return Finding(self.name, [], found)
        return Finding(self.name, found, orders=frozenset(self._orders))


class OrdersAreBooked:
    """Orders are completely booked; those older than the books may be pending."""

    name = gettext_noop("every order is booked completely")

    def __init__(self, snapshot: ShopSnapshot) -> None:
        self._snapshot = snapshot
        self._found = OpenQuestions(self.name, snapshot.under_way)
        self._begun: tuple[bool, str | None] | None = None

    async def look(self, page: OrderPage) -> None:
        if self._begun is None:
            books = self._snapshot.of("books")
            ended = await statement_store.place(books, bookkeeping.BEFORE) == bookkeeping.ENDED
            self._begun = ended, await statement_store.place(books, issuing.BEGAN)
        ended, began = self._begun
        for one in page.orders:
            order = one.order
            if order is None or one.problem or one.row["source"]:
                continue
            booked = page.booked.get(order.id, {})
            if not booked and not ended and (began is None or one.row["placed_at"] < int(began)):
                continue
            payments = page.payments.get(order.id, [])
            subjects = frozenset({order.id, *(paid.id for paid in payments)})
            sentences = _differs(one.row["number"], booked, model.targets(order, payments))
            self._found.say(*(OpenQuestion(sentence, order.id, subjects, "books") for sentence in sentences))

    def finding(self) -> Finding:
        return self._found.finding()


def _differs(
    number: int, booked: dict[EntryKind, dict[model.Key, model.Sum]], targets: dict[EntryKind, model.Sums]
) -> Sequence[str]:
    kinds: tuple[EntryKind, ...] = ("sale", "correction", "return", "payment")
    found = [
        _(
            "Order {number}: {account} should have {amount} of its {kind}, but does not.",
            number=number,
            amount=one.amount.amount,
            account=one.account,
            kind=kind,
        )
        for kind in kinds
        if targets.get(kind, {}) != booked.get(kind, {})
        for one in targets.get(kind, model.Sums("")).less(booked.get(kind, {}))
    ]
    return found[:1]
