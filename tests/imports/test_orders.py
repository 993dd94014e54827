"""Orders of earlier shops: they come with their customers, count in the sums, and nobody is written to or paid twice."""

import csv
import io
from pathlib import Path

import httpx
import msgspec
import pytest

from shopwright.app import Shop
from shopwright.commands.importing import Wish, run
from shopwright.doctor import examine
from shopwright.faces.shelf.write import as_written
from shopwright.kit.auth import SYSTEM, Caller
from shopwright.kit.countries import country_code
from shopwright.kit.errors import Conflict, Refused
from shopwright.kit.money import Money
from shopwright.services.catalog.contract import ProductInput
from shopwright.services.orders.contract import NewRefund, Order
from shopwright.services.reviews.contract import NewReview
from tests.conftest import sell
from tests.imports.test_imports import real

SHOPIFY = """\
Name,Email,Financial Status,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing Address1,Billing City,Billing Zip,Billing Country,Shipping Name,Shipping Address1,Shipping City,Shipping Zip,Shipping Country,Refunded Amount,Cancelled at
#1001,ada@example.com,paid,fulfilled,EUR,118.00,4.90,0.00,122.90,TEN,10.00,Standard,2025-03-02 10:00:00 +0100,1,Harbour Kettle,64.00,KETTLE,Ada Lovelace,Torstraße 1,Berlin,'10119,DE,Ada Lovelace,Torstraße 1,Berlin,'10119,DE,0.00,
#1001,ada@example.com,,,,,,,,,,,,2,Old mug - Blue,32.00,GONE,,,,,,,,,,,,
#1002,grace@example.com,paid,,EUR,64.00,4.90,13.09,81.99,,0.00,Express,2025-03-03 10:00:00 +0100,1,Harbour Kettle,64.00,KETTLE,Grace Hopper,1 Road,Paris,75001,FR,,,,,,10.00,
#1003,eve@example.com,pending,,EUR,64.00,0.00,0.00,64.00,,0.00,Express,2025-03-03 10:00:00 +0100,1,Harbour Kettle,64.00,KETTLE,Eve,1 Road,Paris,75001,FR,,,,,,0.00,
#1004,eve@example.com,paid,,EUR,64.00,0.00,0.00,65.00,,0.00,Express,2025-03-03 10:00:00 +0100,1,Harbour Kettle,64.00,KETTLE,Eve,1 Road,Paris,75001,FR,,,,,,0.00,
#1005,eve@example.com,voided,,EUR,64.00,0.00,0.00,64.00,,0.00,Express,2025-03-03 10:00:00 +0100,1,Harbour Kettle,64.00,KETTLE,Eve,1 Road,Paris,75001,FR,,,,,,0.00,2025-03-04
#1006,eve@example.com,paid,,EUR,64.00,0.00,0.00,64.00,,0.00,Express,some day,1,Harbour Kettle,64.00,KETTLE,Eve,1 Road,Paris,75001,FR,,,,,,0.00,
#1007,eve@example.com,paid,,EUR,64.00,0.00,0.00,64.00,,0.00,Express,2025-03-04,1,Harbour Kettle,64.00,KETTLE,Eve,1 Road,Paris,75001,France,,,,,,0.00,
"""
WOO = """\
order_number,date,status,shipping_total,tax_total,discount_total,order_total,order_currency,shipping_method,billing_first_name,billing_last_name,billing_email,billing_address_1,billing_city,billing_postcode,billing_country,item_name,item_sku,item_quantity,item_subtotal
77,2025-04-01 09:30:00,completed,4.90,11.00,0.00,68.90,EUR,Flat rate,Ada,Lovelace,ada@example.com,Torstraße 1,Berlin,10119,DE,Harbour Kettle,KETTLE,2,64.00
78,2025-04-02,wc-processing,0,0,0,10.00,EUR,Flat rate,Ada,Lovelace,ada@example.com,Torstraße 1,Berlin,10119,DE,Thirds,,3,10.00
"""


async def take(shop: Shop, kind: str, text: str, tmp_path: Path, **more) -> tuple[int, dict[str, tuple[str, str]]]:
    path, report = tmp_path / "orders.csv", tmp_path / "report.csv"
    path.write_text(text)
    code = await run(shop, kind, path, Wish(report=report, fetch=False, **more))
    said = csv.DictReader(io.StringIO(report.read_text()))
    return code, {row["name"].removeprefix("order "): (row["outcome"], row["detail"]) for row in said}


async def letters(shop: Shop) -> int:
    return len(await shop.works["notifications"].fetch("SELECT id FROM messages"))


async def test_orders_come_once_with_their_customers_and_what_does_not_add_up_is_told(
    shop: Shop, tmp_path: Path, api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    kettle = await sell(shop, on_hand=7)
    await shop.catalog.edit(kettle.id, (await _with_sku(shop, kettle.id, "KETTLE")))
    ada = await shop.users.bring("ada@example.com", "Ada Lovelace")
    await shop.bus.settle()
    before = await letters(shop)
    code, said = await take(shop, "shopify", SHOPIFY, tmp_path)
    assert code == 1
    assert {name: outcome for name, (outcome, _) in said.items()} == {
        "#1001": "taken", "#1002": "taken", "#1003": "refused", "#1004": "refused", "#1005": "taken",
        "#1006": "refused", "#1007": "taken",
    }  # fmt: skip
    for name, words in (("#1003", "pending"), ("#1004", "€64.00"), ("#1006", "some day")):
        assert words in said[name][1]
    found = {one.email: await shop.orders.get(one.id) for one in await shop.orders.search(limit=9)}
    first = found["ada@example.com"]
    assert (first.status, first.customer_id, first.totals.total) == ("delivered", ada.id, Money(12290, "EUR"))
    assert [(line.product_id, line.title, line.quantity, line.shipped) for line in first.lines] == [
        (kettle.id, "Harbour Kettle", 1, 1),
        ("", "Old mug - Blue", 2, 2),
    ]
    assert "#1001" in first.timeline[0].what
    second = found["grace@example.com"]
    assert (second.status, second.totals.tax.amount, second.refunds[0].amount.amount) == ("paid", 1309, 1000)
    assert {one.status for one in map(found.get, ["eve@example.com"])} <= {"cancelled", "paid"}
    _, again = await take(shop, "shopify", SHOPIFY, tmp_path)
    assert {outcome for outcome, _ in again.values()} == {"unchanged", "refused"}
    assert await letters(shop) == before
    assert (await shop.inventory.stock([kettle.variants[0].id]))[kettle.variants[0].id].on_hand == 7
    buyer = Caller(user_id=ada.id, email=ada.email, name=ada.name)
    assert (await shop.reviews.write(kettle.id, NewReview(rating=5, title="Still boils", body=""), buyer)).rating == 5
    assert [sentence for one in await examine(shop) for sentence in one.wrong] == []
    with pytest.raises(Conflict, match="earlier shop"):
        await shop.orders.refund(first.id, NewRefund(amount=100, reason="x"), "k", SYSTEM)
    assert (await api.get(f"/v1/orders/{first.id}", headers=staff)).json()["payment"] is None


async def _with_sku(shop: Shop, product_id: str, sku: str):
    written = msgspec.convert(
        await as_written(shop.shelf, await shop.catalog.get(product_id)), ProductInput, from_attributes=True
    )
    return msgspec.structs.replace(written, variants=(msgspec.structs.replace(written.variants[0], sku=sku),))


async def test_orders_of_woocommerce_come_an_item_a_row_with_the_tax_in_the_prices(shop: Shop, tmp_path: Path) -> None:
    code, said = await take(shop, "woocommerce", WOO, tmp_path)
    assert (code, said["77"][0], said["78"][0]) == (0, "taken", "taken")
    thirds = await shop.orders.get((await shop.orders.search(text="78"))[0].id)
    assert (thirds.lines[0].quantity, thirds.lines[0].unit_price.amount, thirds.totals.total.amount) == (3, 333, 1000)
    assert [(one.step, one.amount.amount) for one in thirds.receipt if one.step == "rounding"] == [("rounding", 1)]
    whole = await shop.orders.get((await shop.orders.search(text="77"))[0].id)
    assert (whole.totals.tax.amount, whole.totals.included_tax.amount) == (0, 1100)
    assert whole.lines[0].unit_price == Money(3200, "EUR")
    days = [day for day in await shop.insights.days(count=3000) if day.orders]
    assert [(f"{day.day}", day.revenue.amount) for day in days] == [("2025-04-01", 6890), ("2025-04-02", 1000)]


async def test_nothing_is_written_on_trial_and_orders_are_not_taken_back(shop: Shop, tmp_path: Path) -> None:
    _, said = await take(shop, "woocommerce", WOO, tmp_path, how="try")
    assert said["77"][0] == "taken"
    assert await shop.orders.search(limit=9) == []
    with pytest.raises(Refused, match="books"):
        await take(shop, "woocommerce", WOO, tmp_path, how="undo")


@pytest.mark.slow
async def test_the_sample_orders_of_magento_follow_its_customers_and_products(shop: Shop, tmp_path: Path) -> None:
    folder = "catalog-magento"
    for name in ("CustomerSampleData__customer_profile", "ConfigurableSampleData__products"):
        await run(shop, "magento", real(f"{folder}/{name}.csv.gz"), Wish(fetch=False))
    assert await run(shop, "magento", real(f"{folder}/SalesSampleData__orders.csv.gz"), Wish(fetch=False)) == 0
    orders = await shop.orders.search(limit=100)
    assert len(orders) > 1
    assert {one.status for one in orders} == {"delivered"}
    assert [sentence for one in await examine(shop) for sentence in one.wrong] == []


ODD = """\
Name,Email,Financial Status,Fulfillment Status,Currency,Shipping,Taxes,Total,Discount Amount,Tip,Duties,Created at,Lineitem quantity,Lineitem name,Lineitem price,Billing Name,Billing Address1,Billing City,Billing Zip,Billing Country
#4710,ada@example.com,paid,fulfilled,EUR,4.90,3.35,25.90,0.00,0.00,0.00,2025-03-02 10:00:00 +0100,3,Thirds,7.00,Ada Lovelace,Torstraße 1,Berlin,10119,Deutschland
#4711,grace@example.com,paid,fulfilled,EUR,0.00,1.92,13.95,0.00,0.00,0.00,2025-03-02 10:00:00 +0100,1,One,6.02,Grace Hopper,1 Road,London,N1 9GU,United Kingdom
#4711,,,,,,,,,,,,1,Two,6.00,,,,,
#4712,,paid,fulfilled,EUR,0.00,0.00,12.00,0.00,1.50,0.50,2025-03-02 10:00:00 +0100,1,At the till,10.00,,,,,
EN-4713,eve@example.com,paid,fulfilled,EUR,0.00,0.00,10.03,0.00,0.00,0.00,2025-03-02 10:00:00 +0100,1,Wrong,10.00,Eve,1 Road,Paris,75001,FRANCE
#4714,eve@example.com,paid,fulfilled,EUR,0.00,0.00,10.00,0.00,0.00,0.00,2025-03-02 10:00:00 +0100,1,Nowhere,10.00,Eve,1 Road,Paris,75001,Atlantis
"""


async def test_sums_are_checked_as_a_whole_and_old_numbers_are_kept(shop: Shop, tmp_path: Path) -> None:
    code, said = await take(shop, "shopify", ODD, tmp_path)
    assert (code, {name: outcome for name, (outcome, _) in said.items()}) == (1, {
        "#4710": "taken", "#4711": "taken", "#4712": "taken", "EN-4713": "refused", "#4714": "noted",
    })  # fmt: skip
    assert "more than a rounding" in said["EN-4713"][1]
    assert "billing country “Atlantis”" in said["#4714"][1]
    [nowhere] = await shop.orders.search(text="#4714")
    assert (await shop.orders.get(nowhere.id)).shipping_address.country == "Atlantis"

    async def old(number: str) -> Order:
        [found] = await shop.orders.search(text=number)
        return await shop.orders.get(found.id)

    first, second, till = await old("#4710"), await old("4711"), await old("4712")
    assert (first.shipping_address.country, second.shipping_address.country) == ("DE", "GB")
    assert (first.totals.included_tax.amount, first.totals.tax.amount) == (335, 0)
    assert [(one.step, one.amount.amount) for one in second.receipt] == [
        ("list", 1202), ("shipping", 0), ("tax", 192), ("rounding", 1), ("total", 1395),
    ]  # fmt: skip
    assert [(one.step, one.amount.amount) for one in till.receipt] == [
        ("list", 1000), ("shipping", 0), ("tip", 150), ("duties", 50), ("total", 1200),
    ]  # fmt: skip
    assert (till.email, till.shipping_address.line1, till.shipping_address.country) == ("", "", "DE")
    assert min(int(one.number) for one in await shop.orders.search(limit=9)) > 4714
    assert [sentence for one in await examine(shop) for sentence in one.wrong] == []
    _, again = await take(shop, "shopify", ODD, tmp_path)
    assert {outcome for outcome, _ in again.values()} == {"unchanged", "refused"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Germany", "DE"), ("deutschland", "DE"), ("Allemagne", "DE"), ("de", "DE"), ("USA", "US"), ("United  States", "US"),
        ("UK", "GB"), ("Россия", "RU"), ("日本", "JP"), ("Türkiye", "TR"), ("Schweiz", "CH"), ("Österreich", "AT"),
        ("Hong Kong", "HK"), ("Trinidad and Tobago", "TT"), ("Saint Lucia", "LC"), ("st lucia", "LC"), ("osterreich", "AT"), ("ＤＥ", "DE"),
        ("Côte d'Ivoire", "CI"), ("Turkey", "TR"), ("Atlantis", ""), ("Europe", ""), ("", ""), ("XX", ""),
    ],
)  # fmt: skip
def test_countries_are_read_as_people_write_them(text: str, code: str) -> None:
    assert country_code(text) == code
