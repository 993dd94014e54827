"""Sellers, buyers and schemes of tax: worked examples, each with its sums on paper."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter

import msgspec
import pytest

from shopwright.app import Shop
from shopwright.kit.addresses import Address
from shopwright.kit.auth import GUEST, SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Invalid
from shopwright.operations.doctor import examine
from shopwright.services.carts.contract import Cart, CartChange
from shopwright.services.catalog.contract import Product
from shopwright.services.orders.contract import NewShipment, Order, PaymentChoice, PlaceOrder
from shopwright.services.pricing.contract import ExchangeRate, QuoteRequest, Seller, TaxId, TaxRate, TaxRule
from tests.builders.customers import ADA, BERLIN, ada
from tests.builders.goods import sell
from tests.builders.messages import email_text
from tests.builders.orders import keys
from tests.builders.sellers import GERMAN_ID, NORTHLIGHT, VIENNA_ID, Register, shop_with
from tests.builders.storage import everything_on_disk

VIENNA = Address(
    name="Emil Ziegler", company="Ziegler KG", line1="Ring 1", city="Wien", postal_code="1010", country="AT"
)
PARIS = Address(name="Zoé Martin", line1="12 rue de la Paix", city="Paris", postal_code="75002", country="FR")
ZURICH = Address(name="Urs Frei", line1="Bahnhofstrasse 1", city="Zürich", postal_code="8001", country="CH")


@pytest.fixture
async def checked(migrated: tuple[Path, str], tmp_path: Path, clock: HandClock, vies: Register) -> AsyncIterator[Shop]:
    """A shop that uses VIES."""
    async with shop_with(migrated, tmp_path / "checked", clock, vies=vies.url) as found:
        yield found


async def cart_of(shop: Shop, product: Product, place: Address, tax_id: str = "") -> Cart:
    cart = await shop.carts.create(None)
    await shop.carts.add(cart.id, product.variants[0].id, 1)
    change = CartChange(email="ada@example.com", shipping_address=place, shipping_option_id="shr_standard")
    if place.country in {"CH", "CY"}:
        change = CartChange(email="ada@example.com", shipping_address=place, shipping_option_id="shr_world")
    cart = await shop.carts.change(cart.id, change)
    return await shop.carts.change(cart.id, CartChange(tax_id=tax_id)) if tax_id else cart


async def order_of(shop: Shop, cart: Cart) -> Order:
    choice = PaymentChoice(provider="pretend", token="pretend_ok")
    request = PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=choice)
    placed = await shop.orders.place(request, f"sale-{next(keys)}", GUEST)
    return await shop.orders.get(placed.id)


async def buy(shop: Shop, price: int, place: Address, tax_id: str = "") -> Order:
    return await order_of(shop, await cart_of(shop, await sell(shop, price=price), place, tax_id))


def parts(order: Order) -> list[tuple[str, int, int, int]]:
    return [(one.category, one.rate_ppm, one.net.amount, one.tax.amount) for one in order.tax_parts]


# --- sellers


async def test_a_seller_is_succeeded_by_another_and_never_changed(shop: Shop, clock: HandClock) -> None:
    clock.move(minutes=1)
    first = await shop.pricing.set_seller(NORTHLIGHT, "Ada")
    assert first.id.startswith("sel_")
    assert await shop.pricing.set_seller(NORTHLIGHT, "Bob") == first  # says nothing new
    later = clock.now() + timedelta(days=40)
    moved = Seller(
        legal_name="Northlight SE",
        address=VIENNA,
        tax_ids=(TaxId(country="AT", id="u 1358 5627"), TaxId(country="AT", id="EL094259216")),
        filing_currency="eur",
        bank="AT61 1904 3002 3457 3201",
        valid_from=later,
        why="seat moved",
    )
    second = await shop.pricing.set_seller(moved, "Ada")
    assert (second.tax_ids[0].id, second.filing_currency, second.bank) == (VIENNA_ID, "EUR", "AT611904300234573201")
    assert second.tax_ids[1] == TaxId(country="GR", id="EL094259216")
    assert await shop.pricing.seller() == first
    assert await shop.pricing.seller(later) == second
    assert await shop.pricing.seller(clock.now() - timedelta(days=9)) is None
    clock.move(days=41)
    assert await shop.pricing.seller() == second
    assert await shop.pricing.seller_named(first.id) == first
    assert [one.legal_name for one in await shop.pricing.sellers()] == ["Northlight Handels GmbH", "Northlight SE"]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"tax_ids": (TaxId(country="DE", id="DE136695977"),)}, "/tax_ids/0/id"),
        ({"legal_name": " "}, "/legal_name"),
        ({"bank": "DE89370400440532013001"}, "/bank"),
        ({"filing_currency": "XXX"}, "/filing_currency"),
        ({"ship_from": "ZZ"}, "/ship_from"),
        ({"email": "nobody"}, "/email"),
        ({"oss": True, "small_business": "§ 19 UStG"}, "/oss"),
        ({"oss": True, "ship_from": "CH"}, "/oss"),
    ],
)
async def test_an_impossible_seller_is_refused(shop: Shop, wrong: dict, pointer: str) -> None:
    fields = {name: getattr(NORTHLIGHT, name) for name in NORTHLIGHT.__struct_fields__}
    with pytest.raises(Invalid) as refused:
        await shop.pricing.set_seller(Seller(**fields | wrong))
    assert [problem.pointer for problem in refused.value.problems] == [pointer]


async def test_an_order_stores_its_seller(shop: Shop, clock: HandClock) -> None:
    first = await shop.pricing.set_seller(NORTHLIGHT, "Ada of the staff")
    order = await buy(shop, 2900, BERLIN)
    clock.move(minutes=1)
    await shop.pricing.set_seller(Seller(legal_name="Others AG", address=ZURICH, filing_currency="CHF"))
    sale = (await shop.orders.get(order.id)).sale
    assert sale is not None
    seller = msgspec.structs.replace(first, who="", created=None)  # buyers see it
    assert (sale.seller, sale.scheme, sale.buyer, sale.prices) == (seller, "domestic", "person", "gross")
    assert (sale.ship_from, sale.ship_to, sale.currency, sale.filing_currency) == ("DE", "DE", "EUR", "EUR")
    assert (sale.filing_rate, sale.time_zone) == ("", "Europe/Berlin")


async def test_an_order_of_a_shop_without_a_seller_has_none(shop: Shop) -> None:
    sale = (await buy(shop, 2900, BERLIN)).sale
    assert sale is not None
    assert (sale.seller, sale.ship_from, sale.scheme) == (None, "DE", "domestic")


# --- businesses elsewhere in the EU


async def test_a_business_elsewhere_in_the_eu_buys_without_tax(checked: Shop, vies: Register) -> None:
    """On paper: 120.00 including 20 % Austrian tax is 100.00; shipping at 4.90 is 4.08 (4.90 × 20/120 = 0.82 less)."""
    vies.valid.add(VIENNA_ID)
    await checked.databases["notifications"].mark_demo()
    kettle = await sell(checked, price=12000)
    consumer = await cart_of(checked, kettle, VIENNA)
    assert (consumer.totals.total.amount, consumer.totals.included_tax.amount) == (12000, 2000)
    cart = await cart_of(checked, kettle, VIENNA, VIENNA_ID.lower())
    order = await order_of(checked, cart)
    assert order.totals.subtotal.amount == 10000
    assert (order.totals.tax.amount, order.totals.included_tax.amount) == (0, 0)
    assert parts(order) == [("K", 0, order.totals.total.amount, 0)]
    assert "article 138" in order.tax_parts[0].reason
    sale = order.sale
    assert sale is not None
    assert (sale.scheme, sale.buyer, sale.tax_id, sale.prices) == ("intra_community", "business", VIENNA_ID, "net")
    check = sale.tax_id_check
    assert check is not None
    assert (check.valid, check.by, check.name, check.reference) == (True, "vies", "ZIEGLER KG", "WAPIAAAA1")
    assert not any(finding.wrong for finding in await examine(checked))
    text = await email_text(checked, f"We have your order {order.number}")
    assert f"(Directive 2006/112/EC, article 138), VAT id {VIENNA_ID}." in text
    assert vies.asked == [f"{VIENNA_ID}?requesterMemberStateCode=DE&requesterNumber={GERMAN_ID[2:]}"]


async def test_a_tax_id_unknown_to_the_register_is_taxed(checked: Shop) -> None:
    """On paper: 120.00 + free shipping (over 75.00), of which 20/120 is 20.00."""
    order = await buy(checked, 12000, VIENNA, VIENNA_ID)
    assert parts(order) == [("S", 200_000, 10000, 2000)]
    assert order.sale is not None
    assert order.sale.tax_id_check is not None
    assert (order.sale.scheme, order.sale.buyer, order.sale.tax_id_check.valid) == ("abroad", "person", False)


@pytest.mark.parametrize("error", ["MS_UNAVAILABLE", "MS_MAX_CONCURRENT_REQ", "SERVICE_UNAVAILABLE", "TIMEOUT"])
async def test_without_the_register_the_sale_is_taxed_and_the_tax_id_checked_again(
    checked: Shop, vies: Register, clock: HandClock, error: str
) -> None:
    vies.error = error
    vies.valid.add(VIENNA_ID)
    cart = await cart_of(checked, await sell(checked, price=12000), VIENNA, VIENNA_ID)
    assert cart.tax_id_check is not None
    assert (cart.tax_id_check.valid, cart.totals.total.amount) == (None, 12000)
    vies.error = ""
    clock.move(seconds=30)
    cart = await checked.carts.change(cart.id, CartChange(shipping_option_id="shr_standard"))
    assert cart.tax_id_check is not None
    assert (cart.tax_id_check.valid, cart.totals.subtotal.amount) == (True, 10000)


async def test_an_unresponsive_register_blocks_no_sale(
    migrated: tuple[Path, str], tmp_path: Path, clock: HandClock
) -> None:
    async with shop_with(migrated, tmp_path / "away", clock, vies="http://127.0.0.1:9") as found:
        order = await buy(found, 12000, VIENNA, VIENNA_ID)
        assert parts(order) == [("S", 200_000, 10000, 2000)]


async def test_an_invented_tax_id_gives_no_net_prices(shop: Shop) -> None:
    """Its digits are valid, as anyone can calculate; without a register that is no proof."""
    await shop.pricing.set_seller(NORTHLIGHT)
    kettle = await sell(shop, price=12000)
    cart = await cart_of(shop, kettle, VIENNA, VIENNA_ID)
    assert cart.tax_id_check is not None
    assert (cart.tax_id_check.by, cart.totals.total.amount) == ("format", 12000)
    for tax_id in ("ATU13585626", "ATU1", "13585627", "<b>", "XX123456789", "EU372022452"):
        with pytest.raises(Invalid) as refused:
            await shop.carts.change(cart.id, CartChange(tax_id=tax_id))
        assert [problem.pointer for problem in refused.value.problems] == ["/tax_id"]
    assert (await shop.carts.change(cart.id, CartChange(tax_id=""))).tax_id == ""


async def test_a_valid_format_is_enough_if_the_merchant_configures_it(
    migrated: tuple[Path, str], tmp_path: Path, clock: HandClock, vies: Register
) -> None:
    async with shop_with(migrated, tmp_path / "form", clock, reverse_charge="format", vies=vies.url) as found:
        vies.error = "TIMEOUT"
        kettle = await sell(found, price=12000, on_hand=9)
        assert (await cart_of(found, kettle, VIENNA, VIENNA_ID)).totals.total.amount == 10000
        vies.error = ""
        clock.move(minutes=1)
        assert (await cart_of(found, kettle, VIENNA, VIENNA_ID)).totals.total.amount == 12000  # VIES says no
    async with shop_with(migrated, tmp_path / "off", clock, reverse_charge="off", vies=vies.url) as found:
        vies.valid.add(VIENNA_ID)
        assert (await buy(found, 12000, VIENNA, VIENNA_ID)).totals.total.amount == 12000


async def test_a_changed_country_after_the_tax_id_is_taxed_there(checked: Shop, vies: Register) -> None:
    """On paper: 119.00 to Vienna is 119.00 − 19.83 (20/120) = 99.17; to Berlin and Zürich 119.00; to Paris 99.17 again."""
    vies.valid |= {VIENNA_ID, GERMAN_ID}
    cart = await cart_of(checked, await sell(checked, price=11900), VIENNA, VIENNA_ID)
    assert cart.totals.total.amount == 9917
    for place, total, scheme in (
        (BERLIN, 11900, "domestic"),
        (PARIS, 9917, "intra_community"),
        (ZURICH, 11900 + 1490, "abroad"),
        (VIENNA, 9917, "intra_community"),
    ):
        option = "shr_world" if place is ZURICH else "shr_standard"
        cart = await checked.carts.change(cart.id, CartChange(shipping_address=place, shipping_option_id=option))
        assert cart.sale is not None
        assert (place.country, cart.totals.total.amount, cart.sale.scheme) == (place.country, total, scheme)
    own = await checked.carts.change(cart.id, CartChange(tax_id=GERMAN_ID))
    assert own.totals.total.amount == 11900  # the seller's own country: no supply to another


async def test_an_answer_of_the_register_expires_after_a_week(checked: Shop, vies: Register, clock: HandClock) -> None:
    vies.valid.add(VIENNA_ID)
    cart = await cart_of(checked, await sell(checked, price=12000), VIENNA, VIENNA_ID)
    clock.move(days=7)
    assert (await checked.carts.get(cart.id)).totals.total.amount == 12000
    again = await checked.carts.change(cart.id, CartChange(email="ada@example.com"))
    assert again.totals.total.amount == 10000


async def test_places_outside_the_vat_area_are_no_supply_within_it(checked: Shop, vies: Register) -> None:
    """Helgoland has German addresses, and the Canary Islands Spanish ones; neither is in the VAT area of the EU."""
    vies.valid.add("ESB58378431")
    tenerife = Address(name="Ana", line1="Calle 1", city="Santa Cruz", region="TF", postal_code="38001", country="ES")
    cart = await cart_of(checked, await sell(checked, price=12100), tenerife, "ESB58378431")
    assert cart.sale is not None
    assert cart.sale.scheme == "abroad"
    assert {part.category for line in cart.quoted for part in line.tax_parts} <= {"O", "S"}


async def test_a_price_list_without_tax_stays_unchanged_for_businesses(checked: Shop, vies: Register) -> None:
    """On paper: 100.00 and 20 % on top for a consumer, 100.00 for a business."""
    vies.valid.add(VIENNA_ID)
    await checked.pricing.add_tax_rules([TaxRule(rule="prices", value="net")])
    kettle = await sell(checked, price=10000)
    assert (await cart_of(checked, kettle, VIENNA)).totals.total.amount == 12000
    assert (await cart_of(checked, kettle, VIENNA, VIENNA_ID)).totals.total.amount == 10000


async def test_without_a_rate_a_business_pays_less_the_domestic_tax(checked: Shop, vies: Register) -> None:
    """On paper: 119.00 including 19 % German tax is 100.00; there is no rate for Cyprus."""
    vies.valid.add("CY10259033P")
    nicosia = Address(name="Eleni", line1="Ledra 1", city="Nicosia", postal_code="1010", country="CY")
    cart = await cart_of(checked, await sell(checked, price=11900), nicosia, "CY10259033P")
    assert (cart.totals.subtotal.amount, cart.untaxed) == (10000, ())


async def test_a_tax_id_is_retained_for_the_books_and_erased_with_name_and_address(
    checked: Shop, vies: Register, clock: HandClock
) -> None:
    vies.valid.add(VIENNA_ID)
    me = await ada(checked)
    cart = await checked.carts.create(me.user_id)
    await checked.carts.add(cart.id, (await sell(checked, price=12000)).variants[0].id, 1)
    change = CartChange(email=ADA, shipping_address=VIENNA, shipping_option_id="shr_standard", tax_id=VIENNA_ID)
    cart = await checked.carts.change(cart.id, change)
    choice = PaymentChoice(provider="pretend", token="pretend_ok")
    request = PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=choice)
    order = await checked.orders.place(request, "erased", me)
    await checked.orders.ship(order.id, NewShipment(carrier="DHL"), SYSTEM)
    await checked.users.erase(me.user_id or "")
    await checked.bus.settle()
    clock.move(hours=2)
    await checked.bus.settle()
    sale = (await checked.orders.get(order.id)).sale
    assert sale is not None
    assert (sale.scheme, sale.buyer, sale.tax_id, sale.tax_id_check) == ("intra_community", "business", "", None)
    retained = await checked.orders.retained_buyer(order.id)
    assert retained.tax_id_check is not None
    assert (retained.tax_id, retained.tax_id_check.name) == (VIENNA_ID, "ZIEGLER KG")
    on_disk = (await everything_on_disk(checked)).casefold()
    assert VIENNA_ID.casefold() not in on_disk
    assert "ziegler" not in on_disk


async def test_a_silent_register_is_waited_for_seconds_only(checked: Shop, vies: Register) -> None:
    vies.silent.clear()
    vies.valid.add(VIENNA_ID)
    cart = await cart_of(checked, await sell(checked, price=12000), VIENNA)
    began = perf_counter()
    cart = await checked.carts.change(cart.id, CartChange(tax_id=VIENNA_ID))
    elapsed = perf_counter() - began
    vies.silent.set()
    assert 3.5 < elapsed < 8
    assert cart.tax_id_check is not None
    assert (cart.tax_id_check.valid, cart.totals.total.amount) == (None, 12000)


async def test_goods_to_northern_ireland_are_supplied_within_the_eu_but_those_to_britain_are_not(
    checked: Shop, vies: Register
) -> None:
    """On paper: 119.00 including 19 % is 100.00 in Belfast, where no rate is set; in London nothing is deducted."""
    vies.valid.add("XI980780684")
    for city, code, total in (("Belfast", "BT1 5GS", 10000), ("London", "EC1Y 8SY", 11900)):
        place = Address(name="Ann", line1="High Street 1", city=city, postal_code=code, country="GB")
        cart = await checked.carts.create(None)
        await checked.carts.add(cart.id, (await sell(checked, price=11900)).variants[0].id, 1)
        cart = await checked.carts.change(cart.id, CartChange(shipping_address=place, tax_id="XI 980 7806 84"))
        assert cart.totals.subtotal.amount == total, city


# --- other schemes


async def test_a_row_of_category_g_declares_an_export(shop: Shop) -> None:
    """On paper: 119.00 and 14.90 for shipping, without tax; without the domestic tax 100.00 and 12.52."""
    await shop.pricing.set_seller(NORTHLIGHT)
    await shop.pricing.add_tax_rates(
        [TaxRate(country="CH", rate=0, tax_class="", category="G", reason="Export, § 4 Nr. 1 a UStG")]
    )
    order = await buy(shop, 11900, ZURICH)
    assert parts(order) == [("G", 0, 11900 + 1490, 0)]
    assert order.sale is not None
    assert order.sale.scheme == "export"
    await shop.pricing.add_tax_rules([TaxRule(country="CH", rule="prices", value="less_home_tax")])
    assert parts(await buy(shop, 11900, ZURICH)) == [("G", 0, 10000 + 1252, 0)]


async def test_a_sale_to_a_consumer_elsewhere_in_the_eu_is_declared_in_the_one_stop_shop(shop: Shop) -> None:
    """On paper: 120.00 to Paris including 20 %: 100.00 and 20.00."""
    fields = {name: getattr(NORTHLIGHT, name) for name in NORTHLIGHT.__struct_fields__}
    await shop.pricing.set_seller(Seller(**fields | {"oss": True}))
    order = await buy(shop, 12000, PARIS)
    assert parts(order) == [("S", 200_000, 10000, 2000)]
    assert order.sale is not None
    assert (order.sale.scheme, order.sale.ship_from, order.sale.ship_to) == ("oss", "DE", "FR")
    home = (await buy(shop, 12000, BERLIN)).sale
    assert home is not None
    assert home.scheme == "domestic"


async def test_a_small_business_charges_no_tax_anywhere(shop: Shop) -> None:
    """On paper: 119.00 without tax; the reason is the one for the invoice."""
    fields = {name: getattr(NORTHLIGHT, name) for name in NORTHLIGHT.__struct_fields__}
    await shop.pricing.set_seller(Seller(**fields | {"small_business": "No VAT, § 19 UStG", "tax_ids": ()}))
    for place in (BERLIN, PARIS):
        order = await buy(shop, 11900, place)
        assert parts(order) == [("E", 0, 11900, 0)]
        assert order.tax_parts[0].reason == "No VAT, § 19 UStG"
        assert order.sale is not None
        assert order.sale.scheme == "small_business"
    assert not await shop.pricing.untaxed_places()


async def test_a_sale_in_euros_is_converted_to_the_yen_of_the_books(shop: Shop, clock: HandClock) -> None:
    """On paper: the newest of 27 and 28 February is 163.11 yen; that of tomorrow is not known today.

    The other way round 1 EUR = 163.20 JPY makes a dollar of … no rate of dollars is set: it stays unknown.
    """
    fields = {name: getattr(NORTHLIGHT, name) for name in NORTHLIGHT.__struct_fields__}
    await shop.pricing.set_seller(Seller(**fields | {"filing_currency": "JPY"}))
    today = clock.now().date()
    unknown = (await buy(shop, 2900, BERLIN)).sale
    assert unknown is not None
    assert (unknown.filing_currency, unknown.filing_rate) == ("JPY", "")
    await shop.pricing.add_exchange_rates(
        [
            ExchangeRate(from_="EUR", to="JPY", rate="162.5", day=today - timedelta(days=3), source="ECB"),
            ExchangeRate(from_="EUR", to="JPY", rate="163.11", day=today - timedelta(days=1), source="ECB"),
        ]
    )
    with pytest.raises(Invalid):
        await shop.pricing.add_exchange_rates(
            [ExchangeRate(from_="EUR", to="JPY", rate="170", day=today + timedelta(days=3), source="ECB")]
        )
    sale = (await buy(shop, 2900, BERLIN)).sale
    assert sale is not None
    assert (sale.filing_rate, sale.filing_rate_of) == ("163.11", f"{today - timedelta(days=1)} ECB")


async def test_an_exchange_rate_is_inverted_where_necessary(shop: Shop, clock: HandClock) -> None:
    """On paper: 1 GBP = 1.25 EUR, so 1 EUR = 0.8 GBP."""
    fields = {name: getattr(NORTHLIGHT, name) for name in NORTHLIGHT.__struct_fields__}
    await shop.pricing.set_seller(Seller(**fields | {"filing_currency": "GBP"}))
    await shop.pricing.add_exchange_rates(
        [ExchangeRate(from_="GBP", to="EUR", rate="1.25", day=clock.now().date(), source="ECB")]
    )
    sale = (await buy(shop, 2900, BERLIN)).sale
    assert sale is not None
    assert sale.filing_rate == "0.8"


async def test_two_currencies_are_compared_through_the_euro_of_the_newest_day_both_have(
    shop: Shop, clock: HandClock
) -> None:
    """On paper: 1 EUR = 1.0500 USD = 168.00 JPY the day before yesterday, so 1 USD = 160 JPY; yesterday has no yen."""
    fields = {name: getattr(NORTHLIGHT, name) for name in NORTHLIGHT.__struct_fields__}
    await shop.pricing.set_seller(Seller(**fields | {"filing_currency": "JPY"}))
    today = clock.now().date()
    for back, code, rate in ((1, "USD", "1.1"), (2, "USD", "1.05"), (2, "JPY", "168"), (2, "JPY", "168")):
        day = today - timedelta(days=back)
        await shop.pricing.add_exchange_rates([ExchangeRate(from_="EUR", to=code, rate=rate, day=day, source="ECB")])
    assert len(await shop.pricing.exchange_rates("JPY")) == 1  # repeated, it exists once
    sale = (await shop.pricing.quote(QuoteRequest(items=(), currency="USD", country="DE"))).sale
    assert sale is not None
    assert sale.filing_rate == "160"
    assert sale.filing_rate_of == f"{today - timedelta(days=2)} ECB, 1 EUR = 1.05 USD = 168 JPY"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"rate": "1,5"}, "/0/rate"),
        ({"rate": "0"}, "/0/rate"),
        ({"rate": "-1"}, "/0/rate"),
        ({"rate": "1e9"}, "/0/rate"),
        ({"to": "EUR"}, "/0/to"),
        ({"from_": "XXX"}, "/0/from"),
        ({"source": " "}, "/0/source"),
        ({"day": date(2099, 1, 1)}, "/0/day"),
    ],
)
async def test_an_impossible_exchange_rate_is_refused(shop: Shop, wrong: dict, pointer: str) -> None:
    right = {"from_": "EUR", "to": "JPY", "rate": "163.11", "day": date(2026, 1, 2), "source": "ECB"}
    with pytest.raises(Invalid) as refused:
        await shop.pricing.add_exchange_rates([ExchangeRate(**right | wrong)])
    assert [problem.pointer for problem in refused.value.problems] == [pointer]
