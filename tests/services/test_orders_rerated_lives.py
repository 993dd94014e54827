"""After any parcels, refunds and changes of rates: the payment stays, and taxes equal the exact arithmetic."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from shopwright.kit.errors import ShopError
from shopwright.kit.money import add_up
from shopwright.operations.order_sentences import total_of
from shopwright.services.books import model
from shopwright.services.orders import refund_parts, refund_rules, rerating, taxes
from shopwright.services.orders.contract import LineQuantity, NewRefund, Order, Refund, Shipment
from shopwright.services.orders.model import lines_to_ship, shipped
from shopwright.services.pricing.contract import TaxPart, TaxRate
from tests.builders.taxes import NOW, order_of, sold

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ship", "ship", "ship", "unsent", "returned", "worn", "amount", "shipping", "rate", "rate"]),
        st.integers(1, 3000),
        st.integers(0, 5),
    ),
    max_size=20,
)
# Rates of each day, by class; goods are sold on the first.
DAYS = (
    {"standard": 190_000, "reduced": 72_500},
    {"standard": 160_000, "reduced": 50_000},
    {"standard": 210_000, "reduced": 72_500},
    {"standard": 0, "reduced": 210_000},
)
Booked = dict[str, dict[model.Key, model.Sum]]


def with_rows(order: Order) -> Order:
    """The order with a row for each rate."""

    def named(parts: tuple[TaxPart, ...]) -> tuple[TaxPart, ...]:
        rated = {"S": "txr_sold"}
        return tuple(msgspec.structs.replace(one, rate_id=rated.get(one.category, "")) for one in parts)

    assert order.shipping is not None
    return msgspec.structs.replace(
        order,
        status="paid",
        lines=tuple(msgspec.structs.replace(line, tax_parts=named(line.tax_parts)) for line in order.lines),
        shipping=msgspec.structs.replace(order.shipping, tax_parts=named(order.shipping.tax_parts)),
    )


def rates(day: int) -> dict[str, tuple[TaxRate, ...]]:
    """The tax rates that apply on a day."""
    return {
        name: (TaxRate(country="DE", tax_class=name, rate=ppm // 100, rate_ppm=ppm, id=f"txr_{name}_{ppm}"),)
        for name, ppm in DAYS[day].items()
    }


def sent(order: Order, number: int, line_id: str, units: int, day: int) -> Order:
    """Record a parcel as the service does; corrected taxes are compared with exact arithmetic."""
    chosen = lines_to_ship(order, (LineQuantity(line_id, units),))
    parcel = Shipment(
        id=f"shp_{number:02}", carrier="DHL", tracking_number="", tracking_url="", status="shipped",
        lines=tuple(LineQuantity(line.id, count) for line, count in chosen), shipped_at=NOW + timedelta(days=number),
    )  # fmt: skip
    order = msgspec.structs.replace(shipped(order, chosen), shipments=(*order.shipments, parcel))
    found = rerating.rerated(order, parcel, rates(day))
    if found is not None:
        exact_taxes(order, found, day)
    return found or order


def exact_taxes(before: Order, after: Order, day: int) -> None:
    """The amount taxed at a new rate contains its tax, half a cent of the sum rounded up."""
    gross, tax = Counter[str](), Counter[str]()
    for one in after.tax_corrections[-1].lines:
        assert total_of(one.before) == total_of(one.after)
        for sign, parts in ((1, one.after), (-1, one.before)):
            for part in parts:
                if part.lot == one.lot:
                    gross[part.tax_class] += sign * part.gross.amount
                    tax[part.tax_class] += sign * part.tax.amount
    for name, amount in gross.items():
        rate = Decimal(DAYS[day][name]) / 1_000_000
        assert tax[name] == int((amount * rate / (1 + rate)).quantize(Decimal(1), ROUND_HALF_UP))
    assert after.totals == before.totals


def back(order: Order, number: int, wanted: NewRefund) -> Order:
    """Record a refund as the service does."""
    parts, chosen = refund_rules.refunded_parts(order, wanted)
    refund = Refund(
        id=f"rfd_{number}", amount=refund_parts.sum_of(parts, order.currency), reason="x", restock=False, status="settled",
        lines=tuple(LineQuantity(line.id, count) for line, count in chosen), created_at=NOW, parts=parts,
        settled_at=NOW, unsent=refund_rules.unsent_units(chosen, returned=wanted.returned),
    )  # fmt: skip
    after = refund_rules.refunded(order, chosen, returned=wanted.returned)
    return msgspec.structs.replace(after, refunds=(*order.refunds, refund))


def step(order: Order, number: int, name: str, amount: int, line_id: str, day: int) -> Order:
    one = (LineQuantity(line_id, 1),)
    wanted = {
        "unsent": NewRefund(reason="x", lines=one),
        "returned": NewRefund(reason="x", lines=one, returned=True),
        "worn": NewRefund(reason="x", lines=one, returned=True, amount=amount, deduction="worn"),
        "amount": NewRefund(reason="x", amount=amount),
        "shipping": NewRefund(reason="x", shipping=True),
    }
    with suppress(ShopError):
        return back(order, number, wanted[name]) if name in wanted else sent(order, number, line_id, 1, day)
    return order


def booked_again(order: Order, booked: Booked) -> None:
    """Book what is not booked: each entry balances, and no balance is left."""
    wanted = {"sale": model.sale_sums(model.as_of(order, 0)), "return": model.given_back(order)}
    entries = [(kind, sums.less(booked.get(kind, {}))) for kind, sums in wanted.items()]
    entries += [("correction", postings) for postings, _ in model.uncorrected(order, booked.get("correction", {}))]
    for kind, postings in entries:
        assert not model.unbalanced(postings)
        for one in postings:
            there, key = booked.setdefault(kind, {}), model.key_of(one)
            base = one.base.amount if one.base else 0
            there[key] = there.get(key, model.NOTHING).plus(model.Sum(one.amount.amount, base))
    assert model.corrected(order, len(order.tax_corrections)).less(booked.get("correction", {})) == ()


def by_rate(booked: Booked) -> dict[int, tuple[int, int]]:
    """The tax statement: net and tax by rate."""
    found: dict[int, tuple[int, int]] = {}
    for key, one in ((key, one) for sums in booked.values() for key, one in sums.items() if key.tax):
        if key.account == "tax" and key.tax is not None:
            base, tax = found.get(key.tax.rate_ppm, (0, 0))
            found[key.tax.rate_ppm] = base - one.base, tax - one.amount
    return {rate: both for rate, both in found.items() if any(both)}


def gross_and_tax_by_rate(order: Order) -> dict[int, tuple[int, int]]:
    """Gross and tax by rate of what is left of the order."""
    found: dict[int, tuple[int, int]] = {}
    for part in (part for one in refund_parts.left_of(order).values() for part in one.tax_parts):
        base, tax = found.get(part.rate_ppm, (0, 0))
        found[part.rate_ppm] = base + part.net.amount, tax + part.tax.amount
    return {rate: both for rate, both in found.items() if any(both)}


@given(sold(quantities=True), STEPS)
def test_the_payment_stays_and_all_sums_agree(sale, steps) -> None:
    quote, _, _ = sale
    order = with_rows(order_of(quote, taxed=True))
    if not order.totals.total.amount:
        return
    paid = [line.total - line.discount + line.tax for line in order.lines]
    booked: Booked = {}
    day = 0
    for number, (name, amount, place) in enumerate(steps):
        if name == "rate":
            day = (day + 1 + place) % len(DAYS)
            continue
        order = step(order, number, name, amount, order.lines[place % min(2, len(order.lines))].id, day)
        assert [total_of(line.tax_parts) for line in order.lines] == [one.amount for one in paid]
        assert all(part.net.amount >= 0 and part.tax.amount >= 0 for line in order.lines for part in line.tax_parts)
        left = refund_parts.left_of(order)
        assert all(one.amount.amount >= 0 and one.units >= 0 for one in left.values())
        units = Counter[str]()
        for one in left.values():
            units[one.line_id] += one.units
        assert all(units[line.id] == line.refundable for line in order.lines)
        gone = add_up((one.amount for one in order.refunds), order.currency)
        assert refund_parts.whole_of(left, order.currency) + gone == order.totals.total
        booked_again(order, booked)
        assert by_rate(booked) == gross_and_tax_by_rate(order)
    assert as_written(order) == [line.tax_parts for line in order.lines]


def as_written(order: Order) -> list[tuple[TaxPart, ...]]:
    """The tax parts of the lines, read back from storage together with the corrections."""
    ids = [line.id for line in order.lines]
    shipping = order.shipping.tax_parts if order.shipping else ()
    current = taxes.kept([line.tax_parts for line in order.lines], shipping, order.tax_corrections, ids)
    read = taxes.TaxDecoder(msgspec.json.decode(msgspec.json.encode(current), type=taxes.CurrentTaxes), order.currency)
    assert read.corrections(ids) == order.tax_corrections
    assert read.shipping == shipping
    return [read.line(number) for number in range(len(ids))]
