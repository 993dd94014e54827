"""Imports of real and of faulty exports: every possible row is imported, others are reported, and repeating changes nothing."""

import csv
import gzip
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

import pytest

from shopwright.app import Shop
from shopwright.cli.importing import ImportOptions, run
from shopwright.importers.draft import Draft, DraftVariant, RowError
from shopwright.importers.files import read_tables
from shopwright.importers.numbers import Evidence, NumberFormats
from shopwright.importers.pictures import Fetcher
from shopwright.importers.product_importer import ProductImporter
from shopwright.kit.errors import Invalid, Refused
from shopwright.kit.money import Money
from shopwright.services.inventory.adjustments import Adjustments
from shopwright.services.inventory.contract import Adjustment, VariantQuantity
from shopwright.services.search.contract import SearchRequest
from shopwright.services.users.contract import WrongPassword
from tests.builders.imports import import_file, read, real
from tests.builders.messages import email_text
from tests.builders.orders import fill_cart
from tests.builders.shops import make_settings

SHOPIFY_HEADER = "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Price,Variant Compare At Price,Image Src,Image Position,Status\n"


def write(tmp_path: Path, rows: str, name: str = "products.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes((SHOPIFY_HEADER + rows).encode(encoding))
    return path


@pytest.mark.parametrize(
    ("kind", "name", "products", "code"),
    [
        ("shopify", "catalog-shopify/course_sample_mit__21.csv.gz", 20, 0),
        ("shopify", "catalog-shopify/shopifypartners_apparel.csv.gz", 20, 0),
        ("shopify", "catalog-shopify/shopifypartners_home-and-garden.csv.gz", 20, 0),
        ("woocommerce", "catalog-woocommerce/sample_products.csv.gz", 16, 1),
        ("woocommerce", "catalog-woocommerce/sample_products.xml.gz", 16, 1),
        ("magento", "catalog-magento/CatalogSampleData__SimpleProduct_products_gear_bags.csv.gz", 14, 0),
    ],
)
async def test_real_exports_are_imported_and_a_second_run_changes_nothing(
    shop: Shop, tmp_path: Path, kind: str, name: str, products: int, code: int
) -> None:
    got, rows = await import_file(shop, kind, real(name), tmp_path)
    assert got == code
    found = await shop.catalog.list_products(limit=100)
    assert len(found) == products
    versions = {product.id: product.version for product in found}
    _, again = await import_file(shop, kind, real(name), tmp_path)
    assert {row["outcome"] for row in again} <= {"unchanged", "noted", "refused"}
    assert {product.id: product.version for product in await shop.catalog.list_products(limit=100)} == versions
    assert {row["row"] for row in rows} == {row["row"] for row in again}


async def test_imported_products_are_browsed_found_and_bought(shop: Shop, tmp_path: Path) -> None:
    await import_file(shop, "shopify", real("catalog-shopify/shopifypartners_home-and-garden.csv.gz"), tmp_path)
    results = await shop.search.find(SearchRequest(text="clay pot"))
    assert results.total >= 1
    pot = await shop.catalog.get("clay-plant-pot")
    assert [variant.options for variant in pot.variants] == [{"Size": "Regular"}, {"Size": "Large"}]
    assert pot.media[0].url.startswith("https://")
    cart = await fill_cart(shop, (pot, 1))
    assert cart.lines[0].unit_price == Money(999, "EUR")
    assert cart.problems == ()


async def test_a_variation_with_an_open_value_applies_to_all_its_values(shop: Shop, tmp_path: Path) -> None:
    await import_file(shop, "woocommerce", real("catalog-woocommerce/sample_products.csv.gz"), tmp_path)
    shirt = await shop.catalog.get("woo-vneck-tee")
    assert len(shirt.variants) == 9
    beanie = await shop.catalog.get("woo-beanie")
    prices = await shop.pricing.prices([beanie.variants[0].id], "EUR")
    assert (prices[beanie.variants[0].id].amount.amount, prices[beanie.variants[0].id].compare_at.amount) == (
        1800,
        2000,
    )
    assert [category.title for category in await shop.catalog.categories()][:2] == ["Clothing", "Accessories"]


async def test_every_dirty_row_is_accounted_for(shop: Shop, tmp_path: Path) -> None:
    rows = (
        ',,,,,,,,,,,,,5.00,,,,\n'
        'lamp,Lamp,"<p>Bright<script>x</script><b>unclosed",Ostra,Light,"a, b,,a",true,Colour,Red,L1,"1,5",shopify,3,"1,299.00",,https://x.example/1.jpg,1,active\n'
        'lamp,,,,,,,,Blue,L1,-5,shopify,-2,19.99,9.99,https://x.example/2.jpg,2,\n'
        'lamp,,,,,,,,Red,L3,,,,19.99,,,,\n'
        'lamp,,,,,,,,,,,,,,,https://x.example/3.jpg,3,\n'
        'lamp,,,,,,,,Green,L4,,,,free,,,,\n'
        'lamp,,,,,,,,,L5,,,,5,,,,\n'
        'lamp,,,,,,,,Black,L6,,,,,,,,\n'
        'orphan,,,,,,,Title,Default Title,O1,,,,5,,,,\n'
        ',No Handle,,,,,true,Title,Default Title,,,,,7,,,,active\n'
        'empty,Empty,,,,,true,Title,Default Title,,,,,,,,,active\n'
        'draft,Draft,,,,,false,Title,Default Title,D1,,,2,7,,,,draft\n'
    )  # fmt: skip
    code, rows_reported = await import_file(shop, "shopify", write(tmp_path, rows), tmp_path)
    outcomes = {(int(row["row"]), row["outcome"]): row["detail"] for row in rows_reported}
    assert code == 1
    assert "neither handle nor title" in outcomes[2, "refused"]
    assert "weight" in outcomes[4, "noted"] or "SKU" in outcomes[4, "noted"] or "stock" in outcomes[4, "noted"]
    assert "same variant as row 3" in outcomes[5, "refused"]
    assert "not a number" in outcomes[7, "refused"]
    assert "does not say its Colour" in outcomes[8, "refused"]
    assert "no price" in outcomes[9, "refused"]
    assert "without a title" in outcomes[10, "refused"]
    assert "made from its title" in outcomes[11, "noted"]
    assert "no variant" in outcomes[12, "refused"]
    assert {int(row["row"]) for row in rows_reported} == set(range(2, 14))
    lamp = await shop.catalog.get("lamp")
    assert lamp.description == "<p>Bright<b>unclosed</b></p>"
    assert [variant.options["Colour"] for variant in lamp.variants] == ["Red", "Blue"]
    assert len(lamp.media) == 3
    assert lamp.tags == ("a", "b")
    stock = await shop.inventory.stock([variant.id for variant in lamp.variants])
    assert [one.on_hand for one in stock.values()] == [3, 0]
    assert (await shop.pricing.prices([lamp.variants[0].id], "EUR"))[lamp.variants[0].id].amount.amount == 129900
    assert (await shop.catalog.get("draft")).status == "draft"


async def test_an_interrupted_import_continues(shop: Shop, tmp_path: Path) -> None:
    rows = "".join(f"mug-{n},Mug {n},,,,,true,Title,Default Title,M{n},,shopify,4,7,,,,active\n" for n in range(6))
    path = write(tmp_path, rows)
    fetcher = Fetcher(shop.catalog, fetch=False)
    imported = 0
    async for _remark in ProductImporter(shop.product_views, fetcher, at_once=1).import_drafts(read(path)):
        imported += 1
        if imported == 3:
            break
    await fetcher.close()
    code, report = await import_file(shop, "shopify", path, tmp_path)
    assert code == 0
    assert [row["outcome"] for row in report].count("taken") == 3
    products = await shop.catalog.list_products(status="published")
    assert len(products) == 6
    stock = await shop.inventory.stock([product.variants[0].id for product in products])
    assert {one.on_hand for one in stock.values()} == {4}


class DiesBeforeStock(Adjustments):
    async def open_stock(self, *_: object) -> None:
        raise ConnectionError("the power is gone")


async def test_an_import_killed_within_a_product_publishes_no_half_of_it(data, tmp_path: Path) -> None:
    rows = "".join(f"mug-{n},Mug {n},,,,,true,Title,Default Title,M{n},,shopify,4,7,,,,active\n" for n in range(3))
    path = write(tmp_path, rows)
    dying = Shop(make_settings(*data), overrides={Adjustments: DiesBeforeStock})
    async with dying.running(deliver=False):
        with pytest.raises(ConnectionError):
            await import_file(dying, "shopify", path, tmp_path)
        assert await dying.catalog.list_products(status="published") == []
    local_shop = Shop(make_settings(*data))
    async with local_shop.running(deliver=False):
        code, report = await import_file(local_shop, "shopify", path, tmp_path)
        assert (code, [row["outcome"] for row in report]) == (0, ["taken"] * 3)
        mugs = await local_shop.catalog.list_products(status="published")
        stock = await local_shop.inventory.stock([mug.variants[0].id for mug in mugs])
        assert [one.on_hand for one in stock.values()] == [4] * 3


class CountsStock(Adjustments):
    opened: ClassVar[list[int]] = []

    async def open_stock(
        self, lines: Sequence[VariantQuantity], reason: str, costs: Mapping[str, Money] | None = None
    ) -> None:
        self.opened.append(len(lines))
        await super().open_stock(lines, reason, costs)


@pytest.mark.parametrize(
    ("products", "variants", "title_length", "opened"), [(5, 3, 10, [6, 6, 3]), (25, 1, 90_000, [23, 2])]
)
async def test_transactions_stay_short_whatever_the_products_are(
    data, products: int, variants: int, title_length: int, opened: list[int]
) -> None:
    colours = [
        DraftVariant(row=2, options={"Colour": f"{n}"}, price=Money(700, "EUR"), on_hand=1) for n in range(variants)
    ]
    drafts = [
        Draft(source=f"{n}", rows=(n,), title="Mug", slug=f"mug-{n}", description="a" * title_length, options=("Colour",), variants=tuple(colours))
        for n in range(products)
    ]  # fmt: skip
    shop = Shop(make_settings(*data), overrides={Adjustments: CountsStock})
    CountsStock.opened.clear()
    async with shop.running(deliver=False):
        taker = ProductImporter(
            shop.product_views, Fetcher(shop.catalog, fetch=False), at_once=4 if variants > 1 else 1_000
        )
        assert [one.outcome async for one in taker.import_drafts(drafts)] == ["taken"] * products
    assert CountsStock.opened == opened


async def test_products_that_share_an_address_a_sku_or_a_source_are_distinguished(shop: Shop, tmp_path: Path) -> None:
    drafts = [
        Draft(source=source, rows=(row,), title=title, slug="mug", variants=(DraftVariant(row=row, sku="M1", price=Money(700, "EUR")),))
        for row, (source, title) in enumerate([("a", "Mug"), ("b", "Other mug"), ("a", "Mug, again")], 2)
    ]  # fmt: skip
    taker = ProductImporter(shop.product_views, Fetcher(shop.catalog, fetch=False))
    outcomes = [(one.row, one.outcome) async for one in taker.import_drafts(drafts)]
    assert outcomes == [(2, "taken"), (3, "noted"), (3, "taken"), (4, "changed")]
    found = await shop.catalog.list_products()
    assert [(one.title, one.slug, one.variants[0].sku) for one in found] == [
        ("Mug, again", "mug", "M1"),
        ("Other mug", "mug-2", "MUG-2"),
    ]


async def test_a_changed_file_changes_the_product_but_not_what_was_sold(shop: Shop, tmp_path: Path) -> None:
    row = "mug,Mug,,,,,true,Title,Default Title,M1,,shopify,4,7,,,,active\n"
    await import_file(shop, "shopify", write(tmp_path, row), tmp_path)
    mug = await shop.catalog.get("mug")
    await shop.inventory.adjust([Adjustment(variant_id=mug.variants[0].id, delta=-1, reason="sold")])
    _, rows = await import_file(
        shop, "shopify", write(tmp_path, row.replace("Mug", "Big Mug").replace(",7,", ",8,")), tmp_path
    )
    assert [one["outcome"] for one in rows] == ["changed"]
    after = await shop.catalog.get("mug")
    assert (after.title, after.variants[0].id) == ("Big Mug", mug.variants[0].id)
    assert (await shop.inventory.stock([mug.variants[0].id]))[mug.variants[0].id].on_hand == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators_are_detected(tmp_path: Path, encoding: str, separator: str) -> None:
    text = f"Handle{separator}Title{separator}Variant Price\nl{separator}Lämpchen für Käthe größer{separator}5\n"
    path = tmp_path / "p.csv"
    path.write_bytes(text.encode(encoding))
    table = read_tables(path)[0]
    assert table.columns == ["Handle", "Title", "Variant Price"]
    assert next(table.rows())[1]["Title"] == "Lämpchen für Käthe größer"


def test_files_may_be_compressed(tmp_path: Path) -> None:
    text = b"Handle,Title,Variant Price\nl,Lamp,5\n"
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("export/a.csv", text)
        archive.writestr("__MACOSX/export/._a.csv", b"\x00")
        archive.writestr("readme.txt", "hello")
    (tmp_path / "a.zip").write_bytes(packed.getvalue())
    for name in ("a.csv.gz", "a.zip"):
        tables = read_tables(tmp_path / name)
        assert [row for _, row in tables[0].rows()] == [{"Handle": "l", "Title": "Lamp", "Variant Price": "5"}]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", b"", "is empty"),
        ("a.pdf", b"%PDF", "none of .csv"),
        ("a.csv.gz", b"not gzip", "cannot be opened"),
        ("a.zip", b"not zip", "cannot be opened"),
        ("a.csv", b"\x00\x01\x02" * 50, "not a text file"),
    ],
)
def test_invalid_files_are_refused_with_the_reason(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(Invalid, match=words):
        read_tables(tmp_path / name)
    with pytest.raises(Invalid, match="There is no file"):
        read_tables(tmp_path / "none.csv")


async def test_the_wrong_kind_is_refused_with_the_right_one(shop: Shop, tmp_path: Path) -> None:
    path = write(tmp_path, "")
    with pytest.raises(Invalid, match="It looks like shopify"):
        await run(shop, "woocommerce", path, ImportOptions(fetch=False))
    with pytest.raises(Invalid, match="Did you mean shopify"):
        await run(shop, "shopfy", path, ImportOptions(fetch=False))


@pytest.mark.parametrize(
    ("cells", "decimal"),
    [
        (["5", "12.50", "1,299.00"], "."),
        (["5", "12,50", "1.299,00"], ","),
        (["1.299", "2.500", "19,90"], ","),
        (["1,299", "2,500", "19.90"], "."),
        (["1.234.567"], ","),
        (["0.125", "3"], "."),
        (["1.299", "5"], ""),
        (["5", "12"], ""),
    ],
)
def test_the_decimal_sign_is_detected_once_for_a_file(cells: list[str], decimal: str) -> None:
    evidence = Evidence()
    for cell in cells:
        evidence.add(cell)
    assert evidence.decimal("") == decimal


def test_numbers_are_read_in_the_format_of_their_file() -> None:
    comma, point, without_decimals = NumberFormats("EUR", ","), NumberFormats("EUR", "."), NumberFormats("EUR", "")
    assert comma.price("1.299,00") == comma.price("€ 1 299,-") == comma.price("1\u202f299,00 €") == Money(129900, "EUR")
    assert point.price("1,29,999.00") == Money(12999900, "EUR")
    assert point.price("1'299.00 EUR") == Money(129900, "EUR")
    assert point.price("") is None
    assert point.price("٣٫٥٠") == Money(350, "EUR")
    assert point.grams("1.5", "kg") == 1500
    assert point.grams("2", "lb") == 907
    assert point.grams("250 g", "kg") == 250
    assert point.count("12.0000") == 12
    assert without_decimals.number("1299") == Decimal(1299)
    for reader, wrong in [
        (point, "19,99"), (comma, "19.99"), (without_decimals, "1.299"), (point, "abc"), (point, "1-2"), (point, "12.50 USD"),
        (point, "$5"), (point, "from 5"), (point, "5%"), (point, "1e5"), (point, "12 345 6"), (point, "19.999"),
        (point, "5 each"), (point, "1,2,3"), (point, "-5"), (point, "1.299.00"), (point, "9" * 20), (point, "="),
        (point, "NaN"), (point, "2 for 5"), (point, "0x10"), (comma, "1,299,00"),
    ]:  # fmt: skip
        with pytest.raises(RowError):
            reader.price(wrong)
    for wrong in ("1.5", "99999999999", "10+", "~5", "5 pcs"):
        with pytest.raises(RowError):
            point.count(wrong)
    assert NumberFormats("JPY", ".").price("1,980 円") == Money(1980, "JPY")


def test_rows_of_one_handle_are_one_product_wherever_they_are(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "a,A,,,,,,Size,S,,,,,1,,,,\nb,B,,,,,,Title,Default Title,,,,,1,,,,\na,,,,,,,,M,,,,,2,,,,\n",
    )
    found = [one for one in read(path) if isinstance(one, Draft)]
    assert [(one.source, len(one.variants)) for one in found] == [("shopify/a", 2), ("shopify/b", 1)]


async def test_magento_configurable_products_come_with_their_variants(shop: Shop, tmp_path: Path) -> None:
    full = real("catalog-magento/ConfigurableSampleData__products.csv.gz")
    with gzip.open(full, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    chosen = [row for row in rows if row["sku"].startswith(("MH01", "MH02", "WS12"))]
    path = tmp_path / "export.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(chosen)
    code, report = await import_file(shop, "magento", path, tmp_path)
    assert code == 0
    assert {row["outcome"] for row in report} == {"taken", "noted"}
    assert any("--images-from" in row["detail"] for row in report)
    assert len({row["row"] for row in report}) == len(chosen)
    found = await shop.catalog.list_products(limit=100)
    assert len(found) == 3
    hoodie = next(one for one in found if one.title == "Chaz Kangeroo Hoodie")
    assert (len(hoodie.variants), [option.name for option in hoodie.options]) == (15, ["Size", "Color"])
    assert hoodie.attributes["climate"] == "All-weather, Cool, Indoor, Spring, Windy"
    prices = await shop.pricing.prices([hoodie.variants[0].id], "EUR")
    assert prices[hoodie.variants[0].id].amount == Money(5200, "EUR")
    assert {one.slug for one in await shop.catalog.categories()} >= {"men", "men-tops"}


MAGENTO = "sku,store_view_code,product_type,categories,name,price,special_price,special_price_to_date,url_key,qty,visibility,base_image,configurable_variations,configurable_variation_labels\n"


async def test_a_refused_magento_row_names_the_reason(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text(
        MAGENTO
        + "A,,simple,,Kettle,20,15,,kettle,3,,/k/e.jpg,,\n"
        + "A,de,simple,,Kessel,,,,,,,,,\n"
        + "B,,bundle,,Set,20,,,,,,,,\n"
        + "A,,simple,,Again,20,,,,,,,,\n"
        + "C,,simple,,Free,,,,,,,,,\n"
        + "D,,simple,,Part,20,,,,1,Not Visible Individually,,,\n"
        + "E,,simple,,Sale,20,15,2020-01-01,,1,,,,\n"
        + ",,simple,,Nameless,1,,,,,,,,\n"
        + 'F,,configurable,,Shirt,,,,,,,,"sku=F-S,size=S|sku=F-M,size=M",size=Shirt size\n'
        + "F-S,,simple,,Shirt S,30,,,,2,Not Visible Individually,,,\n",
    )
    code, rows = await import_file(
        shop, "magento", path, tmp_path, images_from="https://old.example/media/catalog/product"
    )
    assert code == 1
    outcomes = {(row["name"], row["outcome"], row["detail"][:28]) for row in rows}
    assert ("A", "refused", "is a translation for the sto") in outcomes
    assert ("B", "refused", "is a bundle of other product") in outcomes
    assert ("A", "refused", "has the same SKU as row 2") in outcomes
    assert ("Free", "refused", "has no price, so it cannot b") in outcomes
    assert ("Sale", "noted", "its sale ended on 2020-01-01") in outcomes
    assert ("Shirt", "noted", "its variant F-M is not in th") in outcomes
    products = {one.title: one for one in await shop.catalog.list_products(limit=100)}
    assert (products["Part"].status, products["Kettle"].status) == ("draft", "published")
    assert products["Kettle"].media[0].url == "https://old.example/media/catalog/product/k/e.jpg"
    price = (await shop.pricing.prices([products["Kettle"].variants[0].id], "EUR")).popitem()[1]
    assert (price.amount.amount, price.compare_at.amount) == (1500, 2000)
    assert [option.name for option in products["Shirt"].options] == ["Shirt size"]
    assert await shop.catalog.redirect("/kettle.html") == "/p/kettle"


async def test_a_dry_run_reports_the_changes_and_writes_nothing(shop: Shop, tmp_path: Path, capsys) -> None:
    path = write(tmp_path, "kettle,Kettle,,,,,TRUE,Title,Default Title,K1,100,,5,20.00,,,,active\n")
    code, rows = await import_file(shop, "shopify", path, tmp_path, how="try")
    assert (code, [row["outcome"] for row in rows]) == (0, ["taken"])
    assert "nothing was written" in capsys.readouterr().out
    assert await shop.catalog.list_products() == []
    await import_file(shop, "shopify", path, tmp_path)
    _, again = await import_file(shop, "shopify", path, tmp_path, how="try")
    assert [row["outcome"] for row in again] == ["unchanged"]


async def test_an_import_is_undone_and_can_be_repeated(shop: Shop, tmp_path: Path) -> None:
    path = write(tmp_path, "kettle,Kettle,,,,,TRUE,Title,Default Title,K1,100,,5,20.00,,,,active\n")
    await import_file(shop, "shopify", path, tmp_path)
    assert await shop.catalog.redirect("/products/kettle") == "/p/kettle"
    await import_file(shop, "shopify", path, tmp_path, how="undo")
    assert [one.status for one in await shop.catalog.list_products()] == ["retired"]
    assert (await shop.search.find(SearchRequest())).total == 0
    await import_file(shop, "shopify", path, tmp_path)
    [kettle] = await shop.catalog.list_products()
    assert kettle.status == "published"
    assert (await shop.inventory.stock([kettle.variants[0].id]))[kettle.variants[0].id].on_hand == 5


@pytest.mark.usefixtures("readable_messages")
async def test_customers_are_imported_with_their_address_and_choose_a_password_by_email(
    shop: Shop, tmp_path: Path
) -> None:
    code, rows = await import_file(
        shop, "magento", real("catalog-magento/CustomerSampleData__customer_profile.csv.gz"), tmp_path
    )
    assert (code, [row["outcome"] for row in rows]) == (0, ["taken"])
    roni = await shop.users.by_email("roni_cost@example.com")
    assert roni.name == "Veronica Costello"
    [saved] = await shop.users.addresses(roni.id)
    assert (saved.address.line1, saved.address.country) == ("6146 Honey Bluff Parkway", "US")
    assert await shop.notifications.messages(text="roni") == []
    with pytest.raises(WrongPassword):
        await shop.users.sign_in("roni_cost@example.com", "!")
    await shop.users.ask_reset("roni_cost@example.com")
    text = await email_text(shop, "Choose a new password", "roni_cost@example.com")
    await shop.users.reset_password(re.search(r"token=([0-9a-f]+)", text)[1], "harbour at seven")
    assert await shop.users.sign_in("roni_cost@example.com", "harbour at seven")
    _, again = await import_file(
        shop, "magento", real("catalog-magento/CustomerSampleData__customer_profile.csv.gz"), tmp_path
    )
    assert [row["outcome"] for row in again] == ["unchanged"]


@pytest.mark.parametrize(
    ("kind", "header", "row", "outcomes"),
    [
        (
            "shopify",
            "First Name,Last Name,Email,Default Address Address1,Default Address City,Default Address Zip,Default Address Country Code,Default Address Phone",
            "Ada,Lovelace,ada@example.com,Torstraße 1,Berlin,10119,DE,'+49301234567",
            ["taken"],
        ),
        ("shopify", "First Name,Last Name,Email", "Ada,Lovelace,", ["refused"]),
        ("shopify", "First Name,Last Name,Email", "Ada,Lovelace,ada", ["refused"]),
        (
            "woocommerce",
            "Name,Email,Country,City,Postal code",
            "Ada Lovelace,ada@example.com,DE,Berlin,10119",
            ["taken"],
        ),
        (
            "woocommerce",
            "billing_first_name,billing_last_name,billing_email,billing_address_1,billing_city,billing_postcode,billing_country",
            "Ada,Lovelace,ada@example.com,Torstraße 1,Berlin,1,DE",
            ["taken", "noted"],
        ),
    ],
)
async def test_customers_of_other_shops_are_imported_or_refused_with_a_reason(
    shop: Shop, tmp_path: Path, kind: str, header: str, row: str, outcomes: list[str]
) -> None:
    path = tmp_path / "customers.csv"
    path.write_text(f"{header}\n{row}\n", encoding="utf-8")
    _, tried = await import_file(shop, kind, path, tmp_path, how="try")
    assert await shop.users.by_email("ada@example.com") is None
    _, rows = await import_file(shop, kind, path, tmp_path)
    assert [one["outcome"] for one in rows] == outcomes
    assert tried[0]["outcome"] in {"taken", "refused"}
    if "taken" in outcomes:
        assert (await shop.users.by_email("ada@example.com")).name == "Ada Lovelace"
    with pytest.raises(Refused):
        await import_file(shop, kind, path, tmp_path, how="undo")
