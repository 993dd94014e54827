"""Orders of earlier shops: imported with their customers, counted in the totals, without messages and refunds."""

import csv
import io
from pathlib import Path

import httpx
import msgspec
import pytest

from shopwright.app import Shop
from shopwright.cli.importing import ImportOptions, run
from shopwright.kit.audit import AuditFilter
from shopwright.kit.auth import SYSTEM, Caller
from shopwright.kit.clock import HandClock
from shopwright.kit.countries import country_code
from shopwright.kit.errors import Conflict, Missing, Refused
from shopwright.kit.money import Money
from shopwright.operations import archive
from shopwright.services.catalog.contract import ProductInput
from shopwright.services.orders.contract import NewRefund, Order
from shopwright.services.reviews.contract import NewReview
from shopwright.web.product_view.write import as_written
from tests.builders.customers import ADA, WORDS, ada, sign_in
from tests.builders.goods import sell
from tests.builders.health import wrong
from tests.builders.imports import real
from tests.builders.orders import place
from tests.builders.shops import OWNER, QUICK, fresh, make_settings
from tests.builders.staff import PASSWORD, staff_member
from tests.builders.storage import everything_on_disk

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
    code = await run(shop, kind, path, ImportOptions(report=report, fetch=False, **more))
    rows = csv.DictReader(io.StringIO(report.read_text()))
    return code, {row["name"].removeprefix("order "): (row["outcome"], row["detail"]) for row in rows}


async def email_count(shop: Shop) -> int:
    return len(await shop.databases["notifications"].fetch("SELECT id FROM messages"))


async def test_orders_are_imported_once_with_their_customers_and_inconsistent_ones_are_reported(
    shop: Shop, tmp_path: Path, api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    kettle = await sell(shop, on_hand=7)
    await shop.catalog.edit(kettle.id, (await _with_sku(shop, kettle.id, "KETTLE")))
    ada = await shop.users.import_customer("ada@example.com", "Ada Lovelace")
    await shop.bus.settle()
    before = await email_count(shop)
    code, rows = await take(shop, "shopify", SHOPIFY, tmp_path)
    assert code == 1
    assert {name: outcome for name, (outcome, _) in rows.items()} == {
        "#1001": "taken", "#1002": "taken", "#1003": "refused", "#1004": "refused", "#1005": "taken",
        "#1006": "refused", "#1007": "taken",
    }  # fmt: skip
    for name, words in (("#1003", "pending"), ("#1004", "€64.00"), ("#1006", "some day")):
        assert words in rows[name][1]
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
    assert await email_count(shop) == before
    assert (await shop.inventory.stock([kettle.variants[0].id]))[kettle.variants[0].id].on_hand == 7
    buyer = Caller(user_id=ada.id, email=ada.email, name=ada.name)
    assert (await shop.reviews.write(kettle.id, NewReview(rating=5, title="Still boils", body=""), buyer)).rating == 5
    assert await wrong(shop) == []
    with pytest.raises(Conflict, match="earlier shop"):
        await shop.orders.refund(first.id, NewRefund(amount=100, reason="x"), "k", SYSTEM)
    assert (await api.get(f"/v1/orders/{first.id}", headers=staff)).json()["payment"] is None


async def _with_sku(shop: Shop, product_id: str, sku: str):
    written = msgspec.convert(
        await as_written(shop.product_views, await shop.catalog.get(product_id)), ProductInput, from_attributes=True
    )
    return msgspec.structs.replace(written, variants=(msgspec.structs.replace(written.variants[0], sku=sku),))


async def test_woocommerce_orders_are_imported_item_by_item_with_tax_in_the_prices(shop: Shop, tmp_path: Path) -> None:
    code, rows = await take(shop, "woocommerce", WOO, tmp_path)
    assert (code, rows["77"][0], rows["78"][0]) == (0, "taken", "taken")
    thirds = await shop.orders.get((await shop.orders.search(text="78"))[0].id)
    assert (thirds.lines[0].quantity, thirds.lines[0].unit_price.amount, thirds.totals.total.amount) == (3, 333, 1000)
    assert [(one.step, one.amount.amount) for one in thirds.receipt if one.step == "rounding"] == [("rounding", 1)]
    full_order = await shop.orders.get((await shop.orders.search(text="77"))[0].id)
    assert (full_order.totals.tax.amount, full_order.totals.included_tax.amount) == (0, 1100)
    assert full_order.lines[0].unit_price == Money(3200, "EUR")
    days = [day for day in await shop.insights.days(count=3000) if day.orders]
    assert [(f"{day.day}", day.revenue.amount) for day in days] == [("2025-04-01", 6890), ("2025-04-02", 1000)]


async def test_a_note_of_the_buyer_is_imported_with_the_order(shop: Shop, tmp_path: Path) -> None:
    header, *rows = SHOPIFY.splitlines()
    row = next(one for one in rows if one.startswith("#1002"))
    await take(shop, "shopify", f'{header},Notes\n{row},"Ring twice,\nplease"\n', tmp_path)
    [found] = await shop.orders.search()
    assert (await shop.orders.get(found.id)).note == "Ring twice,\nplease"


async def test_a_dry_run_writes_nothing_and_imported_orders_cannot_be_undone(shop: Shop, tmp_path: Path) -> None:
    _, rows = await take(shop, "woocommerce", WOO, tmp_path, how="try")
    assert rows["77"][0] == "taken"
    assert await shop.orders.search(limit=9) == []
    with pytest.raises(Refused, match="accounts"):
        await take(shop, "woocommerce", WOO, tmp_path, how="undo")


@pytest.mark.slow
async def test_the_sample_orders_of_magento_follow_its_customers_and_products(shop: Shop, tmp_path: Path) -> None:
    folder = "catalog-magento"
    for name in ("CustomerSampleData__customer_profile", "ConfigurableSampleData__products"):
        await run(shop, "magento", real(f"{folder}/{name}.csv.gz"), ImportOptions(fetch=False))
    assert await run(shop, "magento", real(f"{folder}/SalesSampleData__orders.csv.gz"), ImportOptions(fetch=False)) == 0
    orders = await shop.orders.search(limit=100)
    assert len(orders) > 1
    assert {one.status for one in orders} == {"delivered"}
    assert await wrong(shop) == []


ODD = """\
Name,Email,Financial Status,Fulfillment Status,Currency,Shipping,Taxes,Total,Discount Amount,Tip,Duties,Created at,Lineitem quantity,Lineitem name,Lineitem price,Billing Name,Billing Address1,Billing City,Billing Zip,Billing Country
#4710,ada@example.com,paid,fulfilled,EUR,4.90,3.35,25.90,0.00,0.00,0.00,2025-03-02 10:00:00 +0100,3,Thirds,7.00,Ada Lovelace,Torstraße 1,Berlin,10119,Deutschland
#4711,grace@example.com,paid,fulfilled,EUR,0.00,1.92,13.95,0.00,0.00,0.00,2025-03-02 10:00:00 +0100,1,One,6.02,Grace Hopper,1 Road,London,N1 9GU,United Kingdom
#4711,,,,,,,,,,,,1,Two,6.00,,,,,
#4712,,paid,fulfilled,EUR,0.00,0.00,12.00,0.00,1.50,0.50,2025-03-02 10:00:00 +0100,1,At the till,10.00,,,,,
EN-4713,eve@example.com,paid,fulfilled,EUR,0.00,0.00,10.03,0.00,0.00,0.00,2025-03-02 10:00:00 +0100,1,Wrong,10.00,Eve,1 Road,Paris,75001,FRANCE
#4714,eve@example.com,paid,fulfilled,EUR,0.00,0.00,10.00,0.00,0.00,0.00,2025-03-02 10:00:00 +0100,1,Nowhere,10.00,Eve,1 Road,Paris,75001,Atlantis
"""


async def test_totals_are_checked_and_old_numbers_kept(shop: Shop, tmp_path: Path) -> None:
    code, rows = await take(shop, "shopify", ODD, tmp_path)
    assert (code, {name: outcome for name, (outcome, _) in rows.items()}) == (1, {
        "#4710": "taken", "#4711": "taken", "#4712": "taken", "EN-4713": "refused", "#4714": "noted",
    })  # fmt: skip
    assert "more than a rounding" in rows["EN-4713"][1]
    assert "billing country “Atlantis”" in rows["#4714"][1]
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
    assert await wrong(shop) == []
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
def test_countries_are_read_in_common_spellings(text: str, code: str) -> None:
    assert country_code(text) == code


NAMED = """\
Name,Email,Financial Status,Fulfillment Status,Currency,Shipping,Taxes,Total,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Billing Name,Billing Address1,Billing City,Billing Zip,Billing Country,Billing Phone,Note Attributes,Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value
#2001,ada@example.com,paid,fulfilled,EUR,0.00,19.47,140.70,10.00,2025-03-02 10:00:00 +0100,1,Kettle,119.00,Ada Lovelace,Torstraße 1,Berlin,10119,DE,+49 30 1234567,gift for Byron,DE MwSt 19%,17.40,DE MwSt 7%,2.07
#2001,ada@example.com,,,,,,,,,1,Book,31.70,,,,,,,,,,,
#2002,grace@example.com,paid,fulfilled,EUR,0.00,19.00,119.00,0.00,2025-03-02 10:00:00 +0100,1,Kettle,119.00,Grace Hopper,1 Road,Paris,75001,FR,,,FR TVA 19%,18.00,,
#2003,eve@example.com,paid,fulfilled,EUR,0.00,19.00,119.00,0.00,2025-03-02 10:00:00 +0100,1,Kettle,119.00,Eve,1 Road,Paris,75001,FR,,,State Tax,19.00,,
#2004,eve@example.com,paid,fulfilled,EUR,0.00,8.88,108.88,0.00,2025-03-02 10:00:00 +0100,1,Kettle,100.00,Eve,1 Road,New York,10001,US,,,New York State Tax 4%,4.00,New York City Tax (4.875%),4.88
"""


async def imported(shop: Shop, text: str) -> Order:
    """The order that had this number in the earlier shop."""
    return await shop.orders.get((await shop.orders.search(text=text))[0].id)


async def test_taxes_named_by_rate_are_those_of_the_order_and_inconsistent_ones_are_reported(
    shop: Shop, tmp_path: Path
) -> None:
    code, rows = await take(shop, "shopify", NAMED, tmp_path)
    assert code == 0
    both = await imported(shop, "2001")
    assert [(one.rate_ppm, one.net.amount, one.tax.amount, one.authority) for one in both.tax_parts] == [
        (190_000, 9158, 1740, "DE MwSt"),
        (70_000, 2965, 207, "DE MwSt"),
    ]
    assert sum(one.gross.amount for one in both.tax_parts) == both.totals.total.amount
    assert "by rate, not by line" in both.taxes_unknown
    stacked = await imported(shop, "2004")
    assert [(one.rate_ppm, one.net.amount, one.tax.amount, one.authority) for one in stacked.tax_parts] == [
        (40_000, 10000, 400, "New York State Tax"),
        (48_750, 10010, 488, "New York City Tax"),
    ]
    for name, words in (("2002", "€18.00"), ("2003", "State Tax")):
        expected = rows[f"#{name}"]
        assert (expected[0], words in expected[1]) == ("noted", True)
        assert (await imported(shop, name)).tax_parts == ()
    assert await wrong(shop) == []


@pytest.mark.parametrize(
    "cell",
    [
        "rate_id:1|code:DE-VAT-1|title:VAT|rate_percent:19|total:11.00",
        "rate_id:1|code:DE-VAT-1|title:VAT 19 %|total:10.00;rate_id:1|code:DE-VAT-1|title:VAT 19 %|total:1.00",
        '[{""label"":""VAT"",""rate_percent"":19,""tax_total"":""10.00"",""shipping_tax_total"":1.00}]',
    ],
)
async def test_taxes_of_woocommerce_are_read_from_its_cell(shop: Shop, tmp_path: Path, cell: str) -> None:
    head, row, _ = WOO.splitlines()
    await take(shop, "woocommerce", f'{head},tax_items\n{row},"{cell}"\n', tmp_path)
    order = await imported(shop, "77")
    assert [(one.rate_ppm, one.net.amount, one.tax.amount, one.authority) for one in order.tax_parts] == [
        (190_000, 5790, 1100, "VAT")
    ]


async def test_taxes_of_magento_are_read_from_the_rows_of_its_items(shop: Shop, tmp_path: Path) -> None:
    text = (
        "increment_id,created_at,status,order_currency,customer_email,order_total,tax_total,item_name,item_quantity,item_total,tax_percent,tax_amount\n"
        "000000042,2025-04-01 09:30:00,complete,EUR,ada@example.com,226.00,26.00,Kettle,1,100.00,19.0000,19.00\n"
        "000000042,2025-04-01 09:30:00,complete,EUR,ada@example.com,226.00,26.00,Book,1,100.00,7.0000,7.00\n"
    )
    await take(shop, "magento", text, tmp_path)
    order = await imported(shop, "000000042")
    assert [(one.rate_ppm, one.net.amount, one.tax.amount) for one in order.tax_parts] == [
        (190_000, 10000, 1900),
        (70_000, 10000, 700),
    ]


async def test_only_staff_who_may_read_orders_see_the_rows_of_the_file(
    shop: Shop, tmp_path: Path, api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    await take(shop, "shopify", NAMED, tmp_path)
    order = await imported(shop, "2001")
    assert order.imported_from == "shopify/#2001"
    address = f"/v1/orders/{order.id}/source"
    rows = (await api.get(address, headers=staff)).json()["rows"]
    assert [row["number"] for row in rows] == [2, 3]
    assert rows[0]["cells"]["Note Attributes"] == "gift for Byron"
    assert rows[1]["cells"] == {"Name": "#2001", "Email": "ada@example.com", "Lineitem quantity": "1", "Lineitem name": "Book", "Lineitem price": "31.70"}  # fmt: skip
    assert (await api.get(address)).status_code == 401
    await staff_member(shop, "catalog@example.com", "catalog")
    assert (await api.get(address, headers=await sign_in(api, "catalog@example.com", PASSWORD))).status_code == 403
    acts = [entry.act for entry in await shop.users.audit(AuditFilter(subject=f"order {order.id}"))]
    assert "get_order_source" in [act.action for act in acts]
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    page = f"/office/orders/{order.id}/source"
    assert page in (await api.get(f"/office/orders/{order.id}")).text
    assert "gift for Byron" in (await api.get(page)).text
    own = await place(shop, await sell(shop))
    assert "/source" not in (await api.get(f"/office/orders/{own.id}")).text
    assert (await api.get(f"/v1/orders/{own.id}/source", headers=staff)).status_code == 404


async def test_rows_are_stored_encrypted_and_deleted_with_the_account(
    shop: Shop, tmp_path: Path, api: httpx.AsyncClient
) -> None:
    me = await ada(shop)
    await take(shop, "shopify", "\n".join(NAMED.splitlines()[:3]) + "\n", tmp_path)
    order = await imported(shop, "2001")
    assert order.customer_id == me.user_id
    assert "byron" not in (await everything_on_disk(shop)).casefold()
    exported = (await api.get("/v1/me/export", headers=await sign_in(api, ADA, WORDS))).json()
    assert exported["imported_rows"][0]["rows"][0]["cells"]["Note Attributes"] == "gift for Byron"
    await shop.users.erase(me.user_id or "")
    await shop.bus.settle()
    shop.clock.move(hours=2)
    await shop.bus.settle()
    with pytest.raises(Missing):
        await shop.orders.source(order.id)
    assert await shop.databases["orders"].fetch("SELECT * FROM order_sources") == []
    left = (await everything_on_disk(shop)).casefold()
    assert [word for word in ("lovelace", "torstra", "1234567", "byron", "ada@example.com") if word in left] == []


async def test_rows_of_a_guest_are_deleted_when_the_address_is_erased(shop: Shop, tmp_path: Path) -> None:
    await take(shop, "shopify", NAMED, tmp_path)
    order = await imported(shop, "2002")
    await shop.users.erase_address("Grace@example.com")
    await shop.bus.settle()
    with pytest.raises(Missing):
        await shop.orders.source(order.id)
    assert await shop.orders.source((await imported(shop, "2001")).id)


async def test_stored_rows_are_bounded_and_marked_where_they_are_truncated(shop: Shop, tmp_path: Path) -> None:
    head, first, second, *_ = NAMED.splitlines()
    long = first.replace("140.70", "109.00").replace("gift for Byron", "x" * 5_000)
    free = second.replace("31.70", "0.00")
    await take(shop, "shopify", "\n".join([head, long, *[free] * 150]) + "\n", tmp_path)
    expected = "51 of its rows are left out and 1 of their cells are cut"
    assert expected in (tmp_path / "report.csv").read_text()
    source = await shop.orders.source((await imported(shop, "2001")).id)
    assert (len(source.rows), source.rows_left_out, source.cells_cut) == (100, 51, 1)
    assert len(source.rows[0].cells["Note Attributes"]) == 1_000


async def test_rows_are_read_with_a_new_key_and_in_a_shop_made_from_an_archive(
    local_shop: Shop, clock: HandClock, migrated: tuple[Path, str], tmp_path: Path
) -> None:
    await take(local_shop, "shopify", NAMED, tmp_path)
    order = await imported(local_shop, "2001")
    assert await local_shop.protect(anew=True)
    source = await local_shop.orders.source(order.id)
    await archive.write(local_shop, tmp_path / "shop.zip")
    async with fresh(migrated, tmp_path / "other") as (folder, database):
        other = Shop(make_settings(folder, database), hasher=QUICK, clock=clock)
        async with other.running(deliver=False):
            await archive.read(other, tmp_path / "shop.zip")
            assert await other.orders.source(order.id) == source
            [there, *_] = await other.databases["orders"].fetch("SELECT body FROM order_sources")
            assert there["body"].startswith("vault:")
