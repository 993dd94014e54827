"""Goods shipped after a change of rates are taxed at the rate of that day: the payment stays, tax and documents follow."""

from datetime import date, datetime, timedelta

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.addresses import Address
from shopwright.kit.clock import HandClock
from shopwright.services.books import datev
from shopwright.services.carts.contract import CartChange
from shopwright.services.orders.contract import LineQuantity, Order
from shopwright.services.pricing.contract import Coupon, TaxRate, TaxRule
from tests.builders.customers import sign_in
from tests.builders.documents import documents, erasure, names, written
from tests.builders.goods import sell, sell_book
from tests.builders.ledger import entries
from tests.builders.messages import send_all
from tests.builders.orders import fill_cart, kettles, leaves, place_cart
from tests.builders.rerating import back, bodies, statement, taxed, wrong
from tests.builders.sellers import NORTHLIGHT
from tests.builders.shops import OWNER
from tests.builders.taxes import becomes, summary


async def test_goods_shipped_after_a_rate_change_are_taxed_at_the_rate_of_that_day(
    shop: Shop, clock: HandClock
) -> None:
    """On paper: 62.90 at 19 % hold 10.04. At 16 % they hold 62.90 × 16/116 = 8.68, of which the goods are 58.00/62.90: 8.00."""
    order = await kettles(shop)
    assert taxed(order.tax_parts) == [(190_000, 6290, 1004)]
    await becomes(shop, clock, 1600)
    sent = await leaves(shop, order)
    assert summary(sent.lines[0].tax_parts) == [(160_000, 5000, 800, 5800, "S", "standard")]
    assert sent.shipping is not None
    assert summary(sent.shipping.tax_parts) == [(160_000, 422, 68, 490, "S", "standard")]
    assert (sent.totals.total, sent.totals.included_tax.amount) == (order.totals.total, 868)
    [made] = sent.tax_corrections
    assert (made.shipment_id, made.supplied) == (sent.shipments[0].id, clock.now())
    assert [(taxed(one.before), taxed(one.after)) for one in made.lines] == [
        ([(190_000, 5800, 926)], [(160_000, 5800, 800)]),
        ([(190_000, 490, 78)], [(160_000, 490, 68)]),
    ]
    assert "Tax of the day of supply: 16 % instead of 19 %, €8.68 instead of €10.04" in [
        one.what for one in sent.timeline
    ]
    assert await wrong(shop) == []


async def test_the_books_correct_the_tax_on_the_day_of_supply(shop: Shop, clock: HandClock) -> None:
    """On paper: 52.86 and 10.04 sold at 19 % are reversed; 54.22 and 8.68 are sold at 16 %."""
    order = await kettles(shop)
    sold = await entries(shop)
    await becomes(shop, clock, 1600)
    await leaves(shop, order)
    [made] = (await entries(shop))[len(sold) :]
    assert (made.kind, made.day, made.text) == (
        "correction", date(2026, 3, 4), f"Order {order.number}: tax of the day of supply",
    )  # fmt: skip
    posted = [(one.account, one.tax.rate_ppm if one.tax else 0, one.amount.amount) for one in made.postings]
    assert sorted(posted) == [
        ("revenue", 160_000, -5000), ("revenue", 190_000, 4874), ("shipping", 160_000, -422), ("shipping", 190_000, 412),
        ("tax", 160_000, -868), ("tax", 190_000, 1004),
    ]  # fmt: skip
    assert await statement(shop) == {160_000: (5422, 868, 0), 190_000: (0, 0, 1)}
    assert await wrong(shop) == []


async def test_a_day_begins_at_midnight_in_the_zone_of_the_shop(shop: Shop, clock: HandClock) -> None:
    """In Berlin the third of March begins at 23:00 of the second, UTC."""
    order = await kettles(shop)
    await shop.pricing.add_tax_rates(
        [TaxRate(country="DE", rate=1600, valid_from=datetime.fromisoformat("2026-03-03"))]
    )
    clock.move(hours=13, minutes=59, seconds=59)
    assert (await leaves(shop, order, 1)).tax_corrections == ()
    clock.move(seconds=1)
    assert len((await leaves(shop, order, 1)).tax_corrections) == 1
    assert (await entries(shop))[-1].day == date(2026, 3, 3)


async def test_a_sale_and_its_correction_count_in_their_own_months(shop: Shop, clock: HandClock) -> None:
    order = await kettles(shop)
    await becomes(shop, clock, 1600)
    clock.move(days=35)
    await leaves(shop, order)
    assert await statement(shop) == {190_000: (5286, 1004, 1)}
    assert await statement(shop, "2026-04") == {160_000: (5422, 868, 0), 190_000: (-5286, -1004, 0)}


async def test_only_the_units_of_the_parcel_are_taxed_again(shop: Shop, clock: HandClock) -> None:
    """On paper: 64.90 at 19 % hold 10.36, the three kettles 9.58 of it and shipping 0.78. One of them is 20.00, of which 3.19;
    at 16 % it holds 20.00 × 16/116 = 2.76. Shipping went with the first parcel. Of 6.39 half is reversed with each of two: 3.195.
    """
    order = await kettles(shop, 3, 2000)
    first = await leaves(shop, order, 2)
    assert first.tax_corrections == ()
    await becomes(shop, clock, 1600)
    sent = await leaves(shop, order, 1)
    assert taxed(sent.lines[0].tax_parts) == [(190_000, 4000, 639), (160_000, 2000, 276)]
    assert sent.shipping is not None
    assert taxed(sent.shipping.tax_parts) == [(190_000, 490, 78)]
    assert taxed(sent.tax_parts) == [(190_000, 4490, 717), (160_000, 2000, 276)]
    assert await statement(shop) == {190_000: (3773, 717, 1), 160_000: (1724, 276, 0)}
    one = (LineQuantity(order.lines[0].id, 1),)
    assert [await back(shop, order, lines=one, returned=True) for _ in range(3)] == [
        [(2000, 190_000, 320)], [(2000, 190_000, 319)], [(2000, 160_000, 276)],
    ]  # fmt: skip
    assert await back(shop, order, shipping=True) == [(490, 190_000, 78)]
    assert await statement(shop) == {190_000: (0, 0, 1), 160_000: (0, 0, 0)}
    assert await wrong(shop) == []


async def test_unshipped_goods_are_refunded_at_the_rate_of_the_order(shop: Shop, clock: HandClock) -> None:
    """Of three kettles two left at 16 %; the third is refunded at 19 %, and then the returned ones at 16 %."""
    order = await kettles(shop, 3)
    await becomes(shop, clock, 1600)
    sent = await leaves(shop, order, 2)
    assert taxed(sent.lines[0].tax_parts) == [(190_000, 2900, 463), (160_000, 5800, 800)]
    one, two = ((LineQuantity(order.lines[0].id, count),) for count in (1, 2))
    assert await back(shop, order, lines=one) == [(2900, 190_000, 463)]
    assert await back(shop, order, lines=one, returned=True, amount=1450, deduction="worn") == [(1450, 160_000, 200)]
    with pytest.raises(Exception, match="1"):
        await back(shop, order, lines=two, returned=True)
    assert await back(shop, order, lines=one, returned=True) == [(2900, 160_000, 400)]
    assert await wrong(shop) == []


async def test_returned_goods_belonged_to_a_parcel(shop: Shop, clock: HandClock) -> None:
    order = await kettles(shop, 3)
    await becomes(shop, clock, 1600)
    await leaves(shop, order, 2)
    one = (LineQuantity(order.lines[0].id, 1),)
    assert await back(shop, order, lines=one, returned=True) == [(2900, 160_000, 400)]
    assert await back(shop, order, lines=one) == [(2900, 190_000, 463)]
    assert await wrong(shop) == []


async def test_units_of_two_rates_are_refunded_together_at_both(shop: Shop, clock: HandClock) -> None:
    order = await kettles(shop, 2)
    await leaves(shop, order, 1)
    await becomes(shop, clock, 1600)
    await leaves(shop, order, 1)
    both = await back(shop, order, lines=(LineQuantity(order.lines[0].id, 2),), returned=True)
    assert both == [(2900, 190_000, 463), (2900, 160_000, 400)]
    [refund] = (await shop.orders.get(order.id)).refunds
    assert [(one.quantity, one.amount.amount) for one in refund.parts] == [(1, 2900), (1, 2900)]
    assert await wrong(shop) == []


async def test_goodwill_covers_all_rates_and_earlier_refunds_keep_their_own(shop: Shop, clock: HandClock) -> None:
    """On paper: of 58.00 and 4.90 at 19 %, 6.29 are refunded, 5.80 and 0.49 (of which 0.93 and 0.08 of 9.26 and 0.78): 52.20 and
    4.41 are left, of which 8.33 and 0.70. At 16 % these 56.61 hold 7.81, the goods 7.20 and shipping 0.61.
    """
    order = await kettles(shop)
    assert await back(shop, order, amount=629) == [(580, 190_000, 93), (49, 190_000, 8)]
    await becomes(shop, clock, 1600)
    sent = await leaves(shop, order)
    assert taxed(sent.lines[0].tax_parts) == [(190_000, 580, 93), (160_000, 5220, 720)]
    assert sent.shipping is not None
    assert taxed(sent.shipping.tax_parts) == [(190_000, 49, 8), (160_000, 441, 61)]
    await back(shop, order, amount=6290 - 629)
    assert await statement(shop) == {190_000: (0, 0, 1), 160_000: (0, 0, 0)}
    assert await wrong(shop) == []


async def test_refunded_units_are_not_taxed_again(shop: Shop, clock: HandClock) -> None:
    order = await kettles(shop, 3)
    await back(shop, order, lines=(LineQuantity(order.lines[0].id, 1),))
    await becomes(shop, clock, 1600)
    sent = await leaves(shop, order)
    assert taxed(sent.lines[0].tax_parts) == [(190_000, 2900, 463), (160_000, 5800, 800)]
    assert await wrong(shop) == []


async def test_a_rate_that_changed_between_cart_order_and_parcels(shop: Shop, clock: HandClock) -> None:
    """19 % in the cart, 16 % in the order, 20 % in the first parcel, 16 % in the second and 20 % in the third.

    On paper: 64.90 hold 10.36 at 19 % and 8.95 at 16 %, of which the kettles 8.27; one kettle and the way, 24.90, hold 4.15 at
    20 %, 3.33 and 0.82, and a third of 8.27 is 2.76. The last kettle holds 3.33, and half of the 5.51 that are left is 2.76.
    """
    cart = await fill_cart(shop, (await sell(shop, price=2000), 3))
    assert cart.totals.included_tax.amount == 1036
    await becomes(shop, clock, 1600)
    order = await place_cart(shop, await shop.carts.get(cart.id))
    assert taxed(order.lines[0].tax_parts) == [(160_000, 6000, 827)]
    await becomes(shop, clock, 2000)
    sent = await leaves(shop, order, 1)
    assert taxed(sent.lines[0].tax_parts) == [(160_000, 4000, 551), (200_000, 2000, 333)]
    assert sent.shipping is not None
    assert taxed(sent.shipping.tax_parts) == [(200_000, 490, 82)]
    await becomes(shop, clock, 1600)
    assert len((await leaves(shop, order, 1)).tax_corrections) == 1
    await becomes(shop, clock, 2000)
    sent = await leaves(shop, order, 1)
    # The rate is the same, its row another: each is shown as the row that applied.
    assert taxed(sent.lines[0].tax_parts) == [(160_000, 2000, 275), (200_000, 2000, 333), (200_000, 2000, 333)]
    assert len(sent.tax_corrections) == 2
    assert await wrong(shop) == []


async def test_goods_of_two_kinds_with_a_coupon_are_taxed_by_their_own_rates(shop: Shop, clock: HandClock) -> None:
    """On paper: less a tenth 52.20 at 19 % and 9.00 at 7 %, and 4.90 for shipping. 57.10 at 16 % hold 7.88: 7.20 and 0.68; 9.00
    at 5 % hold 0.43."""
    await shop.pricing.put_tax_rate(TaxRate(country="DE", tax_class="reduced", rate=700))
    await shop.pricing.put_coupon(Coupon(code="TEN", kind="percentage", value=1000))
    kettle, novel = await sell(shop, price=2900), await sell_book(shop, "Novel", 1000)
    await shop.bus.settle()
    cart = await fill_cart(shop, (kettle, 2), (novel, 1))
    order = await place_cart(shop, await shop.carts.set_coupons(cart.id, ("TEN",)))
    tomorrow = clock.now() + timedelta(days=1)
    await shop.pricing.add_tax_rates(
        [
            TaxRate(country="DE", tax_class=one, rate=rate, valid_from=tomorrow)
            for one, rate in (("standard", 1600), ("reduced", 500))
        ]
    )
    clock.move(days=2)
    sent = await leaves(shop, order)
    assert [taxed(line.tax_parts) for line in sent.lines] == [[(160_000, 5220, 720)], [(50_000, 900, 43)]]
    assert taxed(sent.tax_parts) == [(160_000, 5710, 788), (50_000, 900, 43)]
    assert "16 % instead of 19 %, 5 % instead of 7 %" in sent.timeline[-2].what + sent.timeline[-1].what
    assert (await statement(shop))[160_000] == (4922, 788, 0)
    assert await wrong(shop) == []


async def test_discounts_are_booked_at_the_rates_of_their_goods(shop: Shop, clock: HandClock) -> None:
    """On paper: 5.80 off are 4.87 without 19 %; of one kettle 2.90, 2.44 without 19 % and 2.50 without 16 %."""
    await shop.pricing.put_coupon(Coupon(code="TEN", kind="percentage", value=1000))
    cart = await fill_cart(shop, (await sell(shop, price=2900), 2))
    order = await place_cart(shop, await shop.carts.set_coupons(cart.id, ("TEN",)))
    await leaves(shop, order, 1)
    await becomes(shop, clock, 1600)
    await leaves(shop, order, 1)
    made = (await entries(shop))[-1]
    assert [
        (one.tax.rate_ppm, one.amount.amount) for one in made.postings if one.account == "discounts" and one.tax
    ] == [(160_000, 250), (190_000, -243)]
    assert await wrong(shop) == []


async def test_a_rule_makes_the_day_of_the_order_decide(shop: Shop, clock: HandClock) -> None:
    await shop.pricing.add_tax_rules([TaxRule(country="DE", rule="tax_at", value="order")])
    order = await kettles(shop)
    await becomes(shop, clock, 1600)
    sent = await leaves(shop, order)
    assert (sent.tax_corrections, sent.lines[0].tax_parts) == ((), order.lines[0].tax_parts)


async def abroad(shop: Shop, address: Address, price: int = 10_000) -> Order:
    cart = await fill_cart(shop, (await sell(shop, price=price), 1))
    cart = await shop.carts.change(cart.id, CartChange(shipping_address=address))
    option = (await shop.carts.shipping_options(cart.id))[0]
    return await place_cart(shop, await shop.carts.change(cart.id, CartChange(shipping_option_id=option.id)))


NEW_YORK = Address(name="Ada", line1="1 Broadway", city="New York", region="NY", postal_code="10004", country="US")
MONTREAL = Address(
    name="Ada", line1="1 Rue Saint-Paul", city="Montréal", region="QC", postal_code="H2Y 1G7", country="CA"
)


@pytest.mark.parametrize("rule", ["", "supply"])
async def test_tax_on_top_stays_as_ordered_unless_a_rule_says_otherwise(
    shop: Shop, clock: HandClock, rule: str
) -> None:
    """On paper: 100.00 and 14.90 at 8 % are 124.09, with 9.19 of tax: 8.00 and 1.19. At 10 % 124.09 hold 11.28: 9.82 and 1.46."""
    place = {"country": "US", "region": "NY", "tax_class": ""}
    await shop.pricing.add_tax_rates([TaxRate(**place, rate=800)])
    await shop.pricing.add_tax_rules([TaxRule(country="US", rule="prices", value="net")])
    if rule:
        await shop.pricing.add_tax_rules([TaxRule(country="US", rule="tax_at", value="supply")])
    order = await abroad(shop, NEW_YORK)
    assert (order.totals.total.amount, order.totals.tax.amount) == (12_409, 919)
    await becomes(shop, clock, 1000, **place)
    sent = await leaves(shop, order)
    assert sent.totals.total == order.totals.total
    if rule:
        assert taxed(sent.lines[0].tax_parts) == [(100_000, 10_800, 982)]
        assert sent.shipping is not None
        assert taxed(sent.shipping.tax_parts) == [(100_000, 1609, 146)]
        assert (sent.totals.tax.amount, sent.totals.included_tax.amount, sent.lines[0].tax.amount) == (919, 209, 800)
        assert await back(shop, order, amount=12_409) == [(10_800, 100_000, 982), (1609, 100_000, 146)]
    else:
        assert (sent.tax_corrections, sent.tax_parts) == ((), order.tax_parts)
    assert await wrong(shop) == []


async def test_taxes_of_two_authorities_on_the_same_goods_stay_together(shop: Shop, clock: HandClock) -> None:
    """On paper: two at 100.00 hold GST 8.70 and QST 17.35 (5 % and 9.975 % of 173.95). One leaves when QST is 10.5 %: its 100.00
    hold 15.5/115.5 = 13.42, GST 4.33 and QST 9.09; the other keeps 4.35 and 8.68 (8.675, half a cent rounded up)."""
    for authority, ppm in (("GST", 50_000), ("QST", 99_750)):
        await shop.pricing.put_tax_rate(
            TaxRate(country="CA", region="QC", tax_class="", authority=authority, rate=ppm // 100, rate_ppm=ppm)
        )
    await shop.pricing.add_tax_rules(
        [TaxRule(country="CA", rule="tax_at", value="supply"), TaxRule(country="CA", rule="shipping", value="none")]
    )
    cart = await fill_cart(shop, (await sell(shop, price=10_000), 2))
    cart = await shop.carts.change(cart.id, CartChange(shipping_address=MONTREAL))
    option = (await shop.carts.shipping_options(cart.id))[0]
    order = await place_cart(shop, await shop.carts.change(cart.id, CartChange(shipping_option_id=option.id)))
    qst = {"country": "CA", "region": "QC", "tax_class": "", "authority": "QST", "rate_ppm": 105_000}
    await becomes(shop, clock, 1050, **qst)
    sent = await leaves(shop, order, 1)
    assert [(one.authority, one.lot, one.net.amount, one.tax.amount) for one in sent.lines[0].tax_parts] == [
        ("GST", 0, 8698, 435), ("QST", 0, 8698, 867), ("GST", 1, 8658, 433), ("QST", 1, 8658, 909),
    ]  # fmt: skip
    [entry] = [one for one in await entries(shop) if one.kind == "correction"]
    # Before it was 173.95 of goods; 86.98 and 86.58 are 0.39 less. None of it is left to be posted without a rate.
    assert [(kind.authority, kind.rate_ppm, net.amount, tax.amount) for kind, net, tax in datev.by_kind(entry)] == [
        ("GST", 50_000, 39, 2), ("QST", 105_000, 0, -909), ("QST", 99_750, 0, 868),
    ]  # fmt: skip
    assert await back(shop, order, lines=(LineQuantity(order.lines[0].id, 2),)) == [
        (10_000, 50_000, 435), (10_000, 99_750, 867), (10_000, 50_000, 433), (10_000, 105_000, 909),
    ]  # fmt: skip
    assert await wrong(shop) == []


async def test_exports_and_reverse_charge_stay_without_tax(shop: Shop, clock: HandClock) -> None:
    swiss = Address(name="Ada", line1="Bahnhofstrasse 1", city="Zürich", postal_code="8001", country="CH")
    export = {"country": "CH", "tax_class": "", "category": "G", "reason": "Export"}
    await shop.pricing.add_tax_rates([TaxRate(rate=0, **export)])
    await shop.pricing.add_tax_rules([TaxRule(country="CH", rule="tax_at", value="supply")])
    order = await abroad(shop, swiss)
    await becomes(shop, clock, 810, country="CH", tax_class="")
    sent = await leaves(shop, order)
    assert (sent.tax_corrections, sent.tax_parts) == ((), order.tax_parts)


@pytest.mark.usefixtures("seller")
async def test_the_invoice_is_replaced_by_one_with_the_rate_of_the_day(shop: Shop, clock: HandClock) -> None:
    order = await kettles(shop, 3, 2000)
    await leaves(shop, order, 2)
    await becomes(shop, clock, 1600)
    await leaves(shop, order, 1)
    (_, first), (name, body) = await bodies(shop)
    assert (name, body.refers_to, body.gross) == ("COR-2026-000001", "INV-2026-000001", first.gross)
    assert [(one.quantity, one.gross.amount, taxed(one.tax_parts)) for one in body.lines] == [
        (2, 4000, [(190_000, 4000, 639)]), (1, 2000, [(160_000, 2000, 276)]), (1, 490, [(190_000, 490, 78)]),
    ]  # fmt: skip
    assert taxed(body.rates) == [(190_000, 4490, 717), (160_000, 2000, 276)]
    assert (body.net.amount, body.tax.amount, body.paid) == (6490 - 993, 993, body.gross)
    assert (body.supplied, body.paid_on, body.reason) == (
        date(2026, 3, 4), None, "The rate of tax is that of the day of supply.",
    )  # fmt: skip
    assert body.notes == ("This invoice replaces INV-2026-000001 of 2 March 2026.",)
    assert first.tax.amount == 1036
    await send_all(shop)
    assert names(await written(shop, "corrected invoice")) == [["COR-2026-000001"]]
    await back(shop, order, lines=(LineQuantity(order.lines[0].id, 3),), returned=True)
    note = (await bodies(shop))[-1][1]
    assert [taxed(one.tax_parts) for one in note.lines] == [[(190_000, 4000, 639)], [(160_000, 2000, 276)]]
    assert await wrong(shop) == []


@pytest.mark.usefixtures("seller")
async def test_a_document_corrected_after_an_erasure_is_restricted_and_names_the_buyer(
    local_shop: Shop, clock: HandClock
) -> None:
    order = await kettles(local_shop)
    (_, first), *_ = await bodies(local_shop)
    await local_shop.books.on_erased(erasure(order.id))
    await becomes(local_shop, clock, 1600)
    await leaves(local_shop, order)
    assert [one.sealed for one in await documents(local_shop)] == [True, True]
    name, body = (await bodies(local_shop))[-1]
    assert (name, body.buyer, body.tax.amount) == ("COR-2026-000001", first.buyer, 868)
    assert await wrong(local_shop) == []


async def test_documents_issued_late_have_the_content_of_their_time(shop: Shop, clock: HandClock) -> None:
    order = await kettles(shop)
    await becomes(shop, clock, 1600)
    await leaves(shop, order, 1)
    await becomes(shop, clock, 2000)
    await leaves(shop, order, 1)
    await shop.bus.settle()
    await shop.pricing.set_seller(NORTHLIGHT)
    await shop.books.issued_for(order.id)
    found = await bodies(shop)
    assert [name for name, _ in found] == ["INV-2026-000001", "COR-2026-000001", "COR-2026-000002"]
    assert [body.refers_to for _, body in found] == ["", "INV-2026-000001", "COR-2026-000001"]
    assert [{rate: tax for rate, _, tax in taxed(body.rates)} for _, body in found] == [
        {190_000: 1004},
        {190_000: 463, 160_000: 468},
        {160_000: 468, 200_000: 483},
    ]
    assert await wrong(shop) == []


async def test_the_pages_and_the_api_show_the_corrected_tax(
    shop: Shop, clock: HandClock, api: httpx.AsyncClient
) -> None:
    order = await kettles(shop)
    await becomes(shop, clock, 1600)
    await leaves(shop, order)
    body = (await api.get(f"/v1/orders/{order.id}", headers=await sign_in(api, *OWNER))).json()
    assert [(one["rate_ppm"], one["tax"]["amount"]) for one in body["tax_parts"]] == [(160_000, 868)]
    assert [one["lines"][0]["before"][0]["rate_ppm"] for one in body["tax_corrections"]] == [190_000]
    assert body["receipt"][-1]["detail"] == "Day of supply: 16 % instead of 19 %"
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    for path in ("/office/orders", "/orders"):
        page = (await api.get(f"{path}/{order.id}")).text
        assert "Tax of the day of supply: 16 % instead of 19 %" in page
        assert "Includes tax, 16 % of €54.22" in page
        assert "the rate had changed since the order" in page
    office = (await api.get(f"/office/orders/{order.id}")).text
    for title, net in (("Harbour Kettle", "€48.74"), (order.shipping_title, "€4.12")):
        assert f'<tr><td>{title}</td><td>Germany</td><td class="money">19 %</td><td class="money">{net}</td>' in office
