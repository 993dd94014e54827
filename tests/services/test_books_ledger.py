"""The ledger: every sale, refund and payment is booked once, balances, and agrees with the orders."""

import csv
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import msgspec
import pytest

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Conflict, Invalid, Unavailable
from shopwright.kit.money import Money
from shopwright.operations.doctor import examine
from shopwright.services.books import model
from shopwright.services.books.contract import Correction, CorrectionLine, Entry, Payout
from shopwright.services.orders.contract import HistoryEntry, LineQuantity, Order, OrderLine, Refund
from shopwright.services.payments.contract import Payment
from shopwright.services.pricing.contract import TaxPart, Totals
from tests.builders.goods import sell
from tests.builders.ledger import MONTH, balances, entries, statement
from tests.builders.orders import fill_cart, kettles, place_cart, two_rates
from tests.builders.refunds import refunded
from tests.builders.sellers import NORTHLIGHT
from tests.builders.taxes import DE, NOW


async def test_entries_of_an_account_are_found_by_their_days(shop: Shop) -> None:
    """Fees on the 3rd, twice on the 5th and on the 9th, between days with entries of other accounts."""
    for number, (day, fee) in enumerate([(2, 0), (3, 29), (4, 0), (5, 10), (5, 0), (5, 30), (9, 40)]):
        payout = Payout(provider="pretend", amount=Money(5000, "EUR"), fee=Money(fee, "EUR"), day=date(2026, 2, day))
        await shop.books.add_payout(payout, SYSTEM, key=str(number))
    fee_entries = [one for one in await shop.books.ledger() if any(line.account == "fees" for line in one.postings)]
    assert [one.day.day for one in fee_entries] == [3, 5, 5, 9]
    for limit in (1, 2, 3, 4):
        found: list[Entry] = []
        while page := await shop.books.ledger(account="fees", after=found[-1].place if found else "", limit=limit):
            found += page
        assert found == fee_entries
    assert [one.day.day for one in await shop.books.ledger(account="fees", start=date(2026, 2, 4), limit=2)] == [5, 5]
    assert await shop.books.ledger(account="fees", start=date(2026, 2, 10)) == []
    assert await shop.books.ledger(account="fees", end=date(2026, 2, 2)) == []
    assert len(await shop.books.ledger(account="bank")) == 7


async def test_a_sale_is_booked_with_its_taxes_and_payment(shop: Shop) -> None:
    """On paper: 62.90 at 19 % hold 10.04 and 10.00 at 7 % hold 0.65; goods without tax are 48.74 + 9.35, shipping 4.12."""
    await two_rates(shop)
    assert await balances(shop) == {"clearing:pretend": 7290, "revenue": -5809, "shipping": -412, "tax": -1069}
    assert await statement(shop) == {190_000: (5286, 1004, 1), 70_000: (935, 65, 1)}
    assert [(one.seq, one.kind) for one in await entries(shop)] == [(1, "sale"), (2, "payment")]


async def test_a_refund_reverses_goods_tax_and_payment(shop: Shop) -> None:
    order = await two_rates(shop)
    await refunded(shop, order, lines=(LineQuantity(order.lines[0].id, 1),))
    assert await balances(shop) == {
        "clearing:pretend": 4390,
        "returns": 2437,
        "revenue": -5809,
        "shipping": -412,
        "tax": -606,
    }
    assert await statement(shop) == {190_000: (2849, 541, 1), 70_000: (935, 65, 1)}


async def test_a_cancelled_order_leaves_no_balance(shop: Shop) -> None:
    order = await two_rates(shop)
    await refunded(shop, order, amount=729)
    await shop.orders.cancel(order.id, "changed my mind", SYSTEM)
    found = await balances(shop)
    assert found.pop("returns") == -found.pop("revenue")
    assert found == {}
    assert {one[:2] for one in (await statement(shop)).values()} == {(0, 0)}


async def test_a_discount_has_its_own_account_without_tax(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    """On paper: 10 % of 58.00 are 5.80. 57.10 at 19 % hold 9.12, of which 52.20 are 8.34: 43.86 without tax.

    5.80 × 43.86/52.20 = 4.87, so the goods at their list price are 48.73.
    """
    await api.post("/v1/coupons", headers=staff, json={"code": "TENTH", "kind": "percentage", "value": 1000})
    cart = await fill_cart(shop, (await sell(shop, price=2900), 2))
    await place_cart(shop, await shop.carts.set_coupons(cart.id, ("TENTH",)))
    found = await balances(shop)
    assert (found["discounts"], found["revenue"]) == (487, -4873)
    assert sum(found.values()) == 0


async def test_a_free_order_is_a_sale_of_zero(shop: Shop, api: httpx.AsyncClient, staff: dict[str, str]) -> None:
    coupon = {"code": "WHOLE", "kind": "percentage", "value": 10000, "combinable": True}
    assert (await api.post("/v1/coupons", headers=staff, json=coupon)).status_code == 201
    kettle = await sell(shop, price=2900)
    cart = await fill_cart(shop, (kettle, 1))
    order = await place_cart(shop, await shop.carts.set_coupons(cart.id, ("WHOLE",)))
    found = await balances(shop)
    assert (found["discounts"], found["revenue"]) == (2437, -2437)  # 29.00 without 19 %
    assert sum(found.values()) == 0
    assert order.totals.total.amount == found["clearing:pretend"]


async def test_an_event_handled_twice_is_booked_once(shop: Shop, clock: HandClock) -> None:
    order = await two_rates(shop)
    before = await entries(shop)
    for _ in range(3):
        assert not await shop.books.follow(order.id, clock.now())
    assert await entries(shop) == before


async def test_entries_are_a_chain(shop: Shop) -> None:
    for _ in range(3):
        await kettles(shop)
    found = await entries(shop)
    assert [one.seq for one in found] == list(range(1, len(found) + 1))
    assert [one.before for one in found] == ["", *(one.sha256 for one in found[:-1])]
    assert not any(model.unbalanced(one.postings) for one in found)


# --- manual entries, and months


async def test_a_payout_empties_the_clearing_account(shop: Shop) -> None:
    await two_rates(shop)
    await shop.bus.settle()
    paid = Payout(provider="pretend", amount=Money(7000, "EUR"), fee=Money(290, "EUR"))
    entry = await shop.books.add_payout(paid, SYSTEM)
    assert [(one.account, one.amount.amount) for one in entry.postings] == [
        ("bank", 7000),
        ("fees", 290),
        ("clearing", -7290),
    ]
    assert "clearing:pretend" not in await balances(shop)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((("bank", 100), ("rounding", -99)), "add up to 1"),
        ((("tax", 100), ("bank", -100)), "not booked by hand"),
        ((), "at least two lines"),
        ((("bank", 0), ("fees", 0)), "at least two lines"),
    ],
)
async def test_a_wrong_manual_entry_is_refused_with_the_reason(
    shop: Shop, lines: tuple[tuple[str, int], ...], expected: str
) -> None:
    wanted = tuple(CorrectionLine(account=name, amount=Money(amount, "EUR")) for name, amount in lines)
    with pytest.raises(Invalid, match=expected):
        await shop.books.correct(Correction(text="why", lines=wanted), SYSTEM)
    assert await entries(shop) == []


async def test_no_entry_is_added_to_a_closed_month(shop: Shop, clock: HandClock) -> None:
    order = await two_rates(shop)
    await shop.bus.settle()
    with pytest.raises(Conflict, match="has not ended"):
        await shop.books.close_period(MONTH, SYSTEM)
    clock.move(days=35)
    closed = await shop.books.close_period(MONTH, SYSTEM)
    assert closed.closed is not None
    before = await shop.books.trial_balance(MONTH, MONTH)
    await shop.books.correct(
        Correction(
            text="late",
            day=order.placed_at.date(),
            lines=(
                CorrectionLine(account="rounding", amount=Money(5, "EUR")),
                CorrectionLine(account="receivables", amount=Money(-5, "EUR")),
            ),
        ),
        SYSTEM,
    )
    assert await shop.books.trial_balance(MONTH, MONTH) == before
    late = await shop.books.trial_balance("2026-04", "2026-04")
    assert [one.debit.amount for one in late if one.account == "rounding"] == [5]


async def test_months_are_closed_in_order(shop: Shop, clock: HandClock) -> None:
    await kettles(shop)
    await shop.bus.settle()
    clock.move(days=35)
    await kettles(shop)
    await shop.bus.settle()
    clock.move(days=35)
    with pytest.raises(Conflict, match="2026-03 is open; close it first"):
        await shop.books.close_period("2026-04", SYSTEM)
    await shop.books.close_period("2026-03", SYSTEM)
    await shop.books.close_period("2026-04", SYSTEM)
    assert [one.period for one in await shop.books.periods() if one.closed is None] == ["2026-05"]


def test_the_guide_contains_the_table_of_bookings() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "books.md").read_text(encoding="utf-8")
    for kind, when, debits, credits_ in model.TABLE:
        assert f"| {when} | {', '.join(debits)} | {', '.join(credits_)} | {kind} |" in guide


FORMS = {"csv": "seq,kind", "datev": '"EXTF";700;21', "fec": "JournalCode\tJournalLib", "saft": "<AuditFile"}


@pytest.mark.parametrize("form", FORMS)
async def test_exports_contain_every_cent(shop: Shop, api: httpx.AsyncClient, staff: dict[str, str], form: str) -> None:
    order = await two_rates(shop)
    await shop.bus.settle()
    await refunded(shop, order, lines=(LineQuantity(order.lines[0].id, 1),))
    await shop.bus.settle()
    answer = await api.get(f"/v1/ledger-export?from={MONTH}&to={MONTH}&form={form}", headers=staff)
    text = answer.content.decode("cp1252" if form == "datev" else "utf-8-sig")
    assert FORMS[form] in text
    assert sums(form, text) == (0, 7290 * 2 + 2900 * 2)


def sums(form: str, text: str) -> tuple[int, int]:
    """Balance, total debit and total credit of receivables."""
    debit = credit = 0
    if form == "saft":
        for line in ET.fromstring(text.encode()).iter("{urn:OECD:StandardAuditFile-Taxation/2.00}Line"):  # noqa: S314 -- ours
            found = {one.tag.rpartition("}")[2]: one for one in line.iter()}
            if found["AccountID"].text == "receivables":
                amount = cents(found["Amount"].text or "")
                debit, credit = (debit + amount, credit) if "DebitAmount" in found else (debit, credit + amount)
        return debit - credit, debit + credit
    rows = list(csv.reader(text.splitlines(), delimiter={"csv": ",", "datev": ";", "fec": "\t"}[form]))
    if form == "datev":  # each row is against the receivables
        for row in rows[2:]:
            debit, credit = (debit, credit + cents(row[0])) if row[1] == "S" else (debit + cents(row[0]), credit)
        return debit - credit, debit + credit
    names = rows[0]
    account, own = ("account", "receivables") if form == "csv" else ("CompteNum", "411000")
    sides = ("debit", "credit") if form == "csv" else ("Debit", "Credit")
    for row in rows[1:]:
        if row[names.index(account)] == own:
            debit += cents(row[names.index(sides[0])])
            credit += cents(row[names.index(sides[1])])
    return debit - credit, debit + credit


def cents(text: str) -> int:
    return round(float(text.replace(",", ".") or 0) * 100)


async def test_an_invalid_month_is_refused_with_a_sentence(api: httpx.AsyncClient, staff: dict[str, str]) -> None:
    for query in ("from=2026-13&to=2026-13", "from=x&to=2026-01", "from=2026-02&to=2026-01", "from=1990-01&to=2026-01"):
        answer = await api.get(f"/v1/trial-balance?{query}", headers=staff)
        assert answer.status_code == 422, query
    assert (await api.get("/v1/ledger?country=FR", headers=staff)).status_code == 422
    assert (await api.get("/v1/ledger")).status_code == 401


async def test_account_numbers_are_configurable(shop: Shop, api: httpx.AsyncClient, staff: dict[str, str]) -> None:
    await kettles(shop)
    await shop.bus.settle()
    wanted = {"revenue/DE/190000": "4400", "datev/consultant": "29098"}
    assert (await api.patch("/v1/account-numbers", json=wanted, headers=staff)).json() == wanted
    text = (await shop.books.export("datev", MONTH, MONTH)).content.decode("cp1252")
    assert ";4400;10000;" in text
    assert ";29098;" in text
    for wrong in ({"spoons": "1"}, {"revenue": "12a"}):
        assert (await api.patch("/v1/account-numbers", json=wrong, headers=staff)).status_code == 422


async def test_orders_from_before_the_books_are_booked_without_documents(local_shop: Shop, clock: HandClock) -> None:
    await local_shop.pricing.set_seller(NORTHLIGHT)
    for _ in range(3):
        await kettles(local_shop)
    await local_shop.bus.settle()
    before = await balances(local_shop)
    async with local_shop.databases["books"].begin() as tx:  # as if they had been sold by a version without books
        for table in (
            "entries",
            "postings",
            "followed_orders",
            "day_sums",
            "tax_sums",
            "issued_documents",
            "progress",
            "tax_kinds",
        ):
            await tx.run(f"DELETE FROM {table}")
        await tx.run("UPDATE chains SET last = 0, sha256 = ''")
    clock.move(days=2)
    await local_shop.books.take_in()
    assert await balances(local_shop) == before
    assert await local_shop.books.documents() == []
    assert {one.day for one in await local_shop.books.ledger()} == {NOW.date()}
    assert not any(finding.wrong for finding in await examine(local_shop))


def test_a_refund_without_tax_parts_is_split_by_rate() -> None:
    """On paper: half of 29.00 + 10.00 + 4.90 at 19, 7 and 19 % returns 2.71 of 5.41 and 0.33 of 0.65 of tax."""
    order = two_rates_sold()
    half = order.totals.total.amount // 2
    refund = Refund(
        id="rfd_1", amount=Money(half, "EUR"), reason="x", lines=(), restock=False, status="settled", created_at=NOW
    )  # fmt: skip
    sums = model.given_back(msgspec.structs.replace(order, refunds=(refund,)))
    back = {key.tax.rate_ppm: one.amount for key, one in sums.items() if key.account == "tax" and key.tax}
    assert back == {190_000: 271, 70_000: 33}
    assert not model.unbalanced(sums.less({}))


def two_rates_sold() -> Order:
    def line(name: str, gross: int, tax: int, ppm: int) -> OrderLine:
        part = TaxPart(
            net=Money(gross - tax, "EUR"), tax=Money(tax, "EUR"), gross=Money(gross, "EUR"), category="S", rate_ppm=ppm,
            country="DE", tax_class=str(ppm),
        )  # fmt: skip
        nothing = Money(0, "EUR")
        return OrderLine(
            id=name, product_id="", slug="", variant_id=name, sku=name, title=name, variant_title="", image="", quantity=1,
            unit_price=part.gross, total=part.gross, discount=nothing, tax=nothing, tax_parts=(part,),
        )  # fmt: skip

    lines = (line("kettle", 3390, 541, 190_000), line("novel", 1000, 65, 70_000))
    nothing, total = Money(0, "EUR"), Money(4390, "EUR")
    return Order(
        id="ord_1", number="1001", status="paid", email="", customer_id=None, currency="EUR", lines=lines,
        totals=Totals(subtotal=total, discount=nothing, shipping=nothing, tax=nothing, total=total, included_tax=Money(606, "EUR")),
        receipt=(), coupons=(), shipping_address=DE, billing_address=DE, shipping_title="", payment=None, shipments=(),
        refunds=(), timeline=(), placed_at=NOW, version=1, tax_parts=tuple(one.tax_parts[0] for one in lines),
    )  # fmt: skip


def test_money_received_after_a_cancellation_makes_no_sale() -> None:
    payment = Payment(
        id="pay_1", order_id="ord_1", provider="pretend", status="refunded", amount=Money(4390, "EUR"),
        refunded=Money(4390, "EUR"), created_at=NOW,
    )  # fmt: skip
    off = msgspec.structs.replace(two_rates_sold(), status="cancelled", payment=payment)
    assert not model.is_sold(off, [payment])
    paid = msgspec.structs.replace(off, timeline=(HistoryEntry(NOW, "Payment received", "Shopwright"),))
    assert model.is_sold(paid, [payment])


async def test_an_order_whose_receipt_is_still_to_be_read_waits(local_shop: Shop, clock: HandClock) -> None:
    order = await kettles(local_shop)
    async with local_shop.databases["orders"].begin() as tx:  # as an earlier version wrote it
        await tx.run("UPDATE orders SET taxes = NULL")
    with pytest.raises(Unavailable, match="still to be read"):
        await local_shop.books.follow(order.id, clock.now())
    await local_shop.orders.write_taxes()
    assert await local_shop.books.follow(order.id, clock.now())


async def test_a_payout_sent_twice_is_booked_once(shop: Shop) -> None:
    paid = Payout(provider="pretend", amount=Money(7000, "EUR"))
    await shop.books.add_payout(paid, SYSTEM, "once")
    with pytest.raises(Conflict, match="already"):
        await shop.books.add_payout(paid, SYSTEM, "once")
    assert len(await entries(shop)) == 1


async def test_a_late_booking_keeps_the_days_of_its_cause(local_shop: Shop, clock: HandClock) -> None:
    order = await two_rates(local_shop)
    clock.move(days=40)
    await refunded(local_shop, order, amount=729)
    async with local_shop.databases["orders"].begin() as tx:
        await tx.run("DELETE FROM deliveries WHERE hearer LIKE 'books.%'")
    async with local_shop.databases["payments"].begin() as tx:
        await tx.run("DELETE FROM deliveries WHERE hearer LIKE 'books.%'")
    async with local_shop.databases["books"].begin() as tx:
        for table in ("entries", "postings", "followed_orders", "day_sums", "tax_sums"):
            await tx.run(f"DELETE FROM {table}")
        await tx.run("UPDATE chains SET last = 0, sha256 = ''")
    clock.move(days=40)
    await local_shop.books.follow(order.id, clock.now())
    days = {one.kind: one.day for one in await local_shop.books.ledger()}
    assert (days["sale"], (days["return"] - days["sale"]).days) == (NOW.date(), 40)
