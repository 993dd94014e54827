"""Quotes and orders at several rates of tax, and rates that change."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.kit.addresses import Address
from shopwright.kit.clock import HandClock
from shopwright.kit.money import Money
from shopwright.services.orders import taxes
from shopwright.services.orders.contract import Order, OrderLine, ShippingCharge
from shopwright.services.pricing import model
from shopwright.services.pricing.contract import Item, Price, Quote, QuoteRequest, ShippingRate, TaxRate

DE = Address(name="Ada", line1="Torstraße 1", city="Berlin", postal_code="10119", country="DE")
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def summary(parts) -> list[tuple[int, int, int, int, str, str]]:
    """Parts of taxes as plain tuples."""
    return [
        (one.rate_ppm, one.net.amount, one.tax.amount, one.gross.amount, one.category, one.tax_class) for one in parts
    ]


@st.composite
def sold(draw, *, quantities: bool = False, reduced: int = 725) -> tuple[Quote, QuoteRequest, bool]:
    """A quote of a few lines at up to three rates."""
    currency = draw(st.sampled_from(["EUR", "JPY", "KWD"]))
    classes = ["standard", "reduced", "zero"]
    lines = draw(st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(classes)), min_size=1, max_size=6))
    included = draw(st.booleans())
    basis = model.QuoteInputs(
        prices={f"v{n}": Price(f"v{n}", Money(price, currency)) for n, (price, _) in enumerate(lines)},
        coupons={},
        tax_rates=[TaxRate(country="DE", rate=1900), TaxRate(country="DE", tax_class="reduced", rate=reduced)],
        shipping_rates=[ShippingRate(id="s", title="Post", price=Money(draw(st.integers(0, 9999)), currency))],
        home_country="DE",
        prices_include_tax=included,
        now=NOW,
    )
    request = QuoteRequest(
        items=tuple(
            Item(
                line_id=f"l{n}", variant_id=f"v{n}", quantity=draw(st.integers(1, 4)) if quantities else 1, tax_class=k
            )
            for n, (_, k) in enumerate(lines)
        ),
        currency=currency,
        country="DE",
        shipping_rate_id="s",
    )
    return model.quote(request, basis), request, included


def order_of(quote: Quote, *, taxed: bool = False) -> Order:
    """An order of a quote, as the store reads it; not `taxed`: of a version that stored no taxes."""
    current = (
        taxes.kept([line.tax_parts for line in quote.lines], quote.shipping_tax_parts)
        if taxed
        else taxes.CurrentTaxes()
    )
    read = taxes.TaxDecoder(current, quote.totals.total.currency)
    currency = quote.totals.total.currency
    return Order(
        id="ord_1", number="1", status="placed", email="", customer_id=None, currency=currency,
        lines=tuple(
            OrderLine(
                id=line.line_id, product_id="", slug="", variant_id=line.line_id, sku="", title="", variant_title="", image="",
                quantity=line.total.amount // line.unit_price.amount if line.unit_price.amount else 1,
                unit_price=line.unit_price, total=line.total, discount=line.discount, tax=line.tax, tax_parts=read.line(number),
            )
            for number, line in enumerate(quote.lines)
        ),
        totals=quote.totals, receipt=quote.receipt, coupons=(), shipping_address=DE, billing_address=DE, shipping_title="Post",
        shipping=ShippingCharge(title="Post", price=quote.totals.shipping, tax_parts=read.shipping), tax_parts=read.whole, payment=None, shipments=(), refunds=(), timeline=(),
        placed_at=NOW, version=1,
    )  # fmt: skip


async def becomes(shop: Shop, clock: HandClock, rate: int, **more) -> None:
    """From tomorrow German goods are taxed at this rate; returns on the day after."""
    tomorrow = clock.now() + timedelta(days=1)
    await shop.pricing.add_tax_rates([TaxRate(**{"country": "DE", "rate": rate, "valid_from": tomorrow} | more)])
    clock.move(days=2)
