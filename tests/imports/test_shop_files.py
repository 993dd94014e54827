"""Files as real shops write them: columns are recognised, and ambiguous values are never guessed."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx
import pytest

from shopwright.app import Shop
from shopwright.cli.importing import ImportOptions, read_map, run
from shopwright.importers.draft import UNLIMITED, Draft, ImportIssue
from shopwright.importers.header import UnclearColumns
from shopwright.kit.errors import Invalid
from shopwright.kit.money import Money
from shopwright.kit.text import csv_cell
from shopwright.services.pricing.contract import TaxClass
from shopwright.services.search.contract import SearchRequest
from shopwright.web.product_view import write
from tests.builders.imports import counts_of, import_file, read

WOO = "ID,Type,SKU,Name,Published,Visibility in catalog,Date sale price starts,Date sale price ends,Stock,Sale price,Regular price"


def file(tmp_path: Path, text: str, name: str = "file.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def only(found: list[Draft | ImportIssue]) -> Draft:
    [draft] = [one for one in found if isinstance(one, Draft)]
    return draft


# --- reserved words as data (14)


@pytest.mark.parametrize("name", ["Title", "title", "Default Title", "Size", ""])
def test_an_option_keeps_all_its_values_whatever_its_name(tmp_path: Path, name: str) -> None:
    rows = f"a,A,{name},Black,5\na,,,White,6\na,,,Default Title,7\n"
    draft = only(list(read(file(tmp_path, f"Handle,Title,Option1 Name,Option1 Value,Variant Price\n{rows}"))))
    assert [list(one.options.values()) for one in draft.variants] == [["Black"], ["White"], ["Default Title"]]
    assert draft.options == (name or "Option 1",)


@pytest.mark.parametrize("name", ["Title", "Titel", ""])
def test_the_default_title_of_a_single_option_is_no_option(tmp_path: Path, name: str) -> None:
    draft = only(
        list(
            read(file(tmp_path, f"Handle,Title,Option1 Name,Option1 Value,Variant Price\na,A,{name},Default Title,5\n"))
        )
    )
    assert (draft.options, [one.options for one in draft.variants]) == ((), [{}])


def test_the_default_title_beside_another_option_is_a_value(tmp_path: Path) -> None:
    header = "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant Price\n"
    draft = only(list(read(file(tmp_path, f"{header}a,A,Title,Default Title,Size,S,5\na,,,Default Title,,M,5\n"))))
    assert [one.options for one in draft.variants] == [
        {"Title": "Default Title", "Size": "S"},
        {"Title": "Default Title", "Size": "M"},
    ]


def test_an_option_named_in_a_later_row_keeps_its_values(tmp_path: Path) -> None:
    rows = "a,A,Size,S,,Red,5\na,,,M,Colour,Blue,5\n"
    header = "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant Price\n"
    draft = only(list(read(file(tmp_path, header + rows))))
    assert [one.options for one in draft.variants] == [{"Size": "S", "Colour": "Red"}, {"Size": "M", "Colour": "Blue"}]


# --- a missing column is not zero (15)


@pytest.mark.parametrize(("expected", "available"), [("untracked", 1000 + UNLIMITED), ("0", 0), ("25", 25)])
async def test_a_file_without_a_stock_column_is_not_sold_out(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str], expected: str, available: int
) -> None:
    path = file(tmp_path, "Handle,Title,Variant Inventory Tracker,Variant Price\na,A,shopify,5\n")
    await run(shop, "shopify", path, ImportOptions(fetch=False, stock=expected))
    [product] = await shop.catalog.list_products()
    [stock] = (await shop.inventory.stock([product.variants[0].id])).values()
    assert stock.available == available
    assert "has no column for stock" in capsys.readouterr().out
    with pytest.raises(Invalid, match="untracked"):
        await run(shop, "shopify", path, ImportOptions(fetch=False, stock="many"))


async def test_the_inventory_export_of_shopify_sets_stock_by_location(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    goods = (
        "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\na,A,Size,S,,5\na,,,M,A-M,5\nb,B,,,B1,5\n"
    )
    await import_file(shop, "shopify", file(tmp_path, goods), tmp_path, stock="0")
    header = "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,SKU,HS Code,COO,Location,Incoming,Unavailable,Committed,Available,On hand\n"
    rows = (
        "a,A,Size,S,,,,,,Berlin,0,0,0,4,4\na,A,Size,M,,,A-M,,,Berlin,0,0,0,3,3\na,A,Size,M,,,A-M,,,Hamburg,0,0,0,2,2\n"
        "b,B,Title,Default Title,,,B1,,,Berlin,0,0,0,not stocked,not stocked\nc,C,,,,,C1,,,Berlin,0,0,0,1,1\na,A,Size,S,,,,,,Hamburg,0,0,0,a few,a few\n"
    )
    path = file(tmp_path, header + rows)
    capsys.readouterr()
    outcomes = []
    for how in ("try", "take", "take"):
        assert await run(shop, "shopify", path, ImportOptions(fetch=False, how=how)) == 1
        outcomes.append(counts_of(capsys.readouterr().out))
    assert outcomes == [(6, 3, 1, 2), (6, 3, 1, 2), (6, 0, 4, 2)]
    product = await shop.catalog.get("a")
    stock = await shop.inventory.stock([one.id for one in product.variants])
    assert [stock[one.id].on_hand for one in product.variants] == [4, 5]
    assert {one.title for one in await shop.inventory.locations()} >= {"Berlin", "Hamburg"}


# --- the summary adds up (16)


async def test_a_refused_row_counts_once_and_products_are_counted_as_products(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "a,Mug,Size,S,5\na,,,M,free\nb,Mug,Size,S,5\nc,Cup,Size,S,\n,,,,4\nd,Long,Size,S,5,6\n"
    path = file(tmp_path, f"Handle,Title,Option1 Name,Option1 Value,Variant Price\n{rows}")
    outcomes = []
    for how in ("try", "take", "take"):
        assert await run(shop, "shopify", path, ImportOptions(fetch=False, how=how)) == 1
        outcomes.append(capsys.readouterr().out)
    assert [counts_of(one) for one in outcomes] == [(6, 2, 0, 4), (6, 2, 0, 4), (6, 0, 2, 4)]
    assert "Products: 2 taken, 0 changed, 0 unchanged, 1 refused." in outcomes[1]
    assert "Products: 0 taken, 0 changed, 2 unchanged, 1 refused." in outcomes[2]
    assert "has 6 cells and the header 5" in outcomes[0]


async def test_a_dry_run_refuses_what_would_be_refused(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = file(tmp_path, f"Handle,Title,Variant Price\na,{'A' * 300},5\nb,B,5\n")
    for how in ("try", "take"):
        assert await run(shop, "shopify", path, ImportOptions(fetch=False, how=how)) == 1
        output = capsys.readouterr().out
        assert counts_of(output) == (2, 1, 0, 1)
        assert "at most 255 characters" in output


def test_an_unclosed_quotation_mark_is_reported_and_swallows_no_rows(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="row 3: a quotation mark opens"):
        list(read(file(tmp_path, 'Handle,Title,Variant Price\na,A,5\nb,"B,5\nc,C,5\n')))


# --- every column is imported or reported (17)


async def test_a_field_of_a_shopify_row_is_imported_or_reported(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = file(
        tmp_path,
        "Handle,Title,Variant Price,Variant Inventory Qty,Variant Inventory Policy,Variant Taxable,SEO Title,SEO Description,"
        "Google Shopping / MPN,Google Shopping / Custom Label 0,Fabric (product.metafields.custom.fabric),Cost per item,"
        "Price / International,Variant Weight Unit,Variant Grams,Gift Card,Included / Germany,Status,Sparkle\n"
        'lamp,Lamp&trade;,19.99,2,continue,false,The lamp,Shines,M-1,best,"[""Linen"",""Wool""]",9.00,25.00,lb,907,false,true,active,a lot\n'
        "card,Card,20,,deny,true,,,,,,,,,,true,true,active,\n"
        "away,Away,5,1,deny,true,,,,,,,,,,false,FALSE,active,\n",
    )  # fmt: skip
    code, rows = await import_file(shop, "shopify", path, tmp_path)
    output = capsys.readouterr().out
    lamp = await shop.catalog.get("lamp")
    assert (lamp.title, lamp.seo_title, lamp.seo_description, lamp.tax_class) == ("Lamp™", "The lamp", "Shines", "zero")
    assert set(lamp.attributes.values()) == {"M-1", "Linen, Wool"}
    assert lamp.variants[0].weight == 907
    assert (await shop.inventory.rule(lamp.variants[0].id)).backorder == UNLIMITED
    card = await shop.catalog.get("card")
    assert (code, rows[1]["outcome"], card.is_gift_card, card.status) == (0, rows[0]["outcome"], True, "published")
    assert (await shop.catalog.get("away")).status == "draft"
    worth = (await shop.inventory.values([lamp.variants[0].id]))[lamp.variants[0].id]
    assert (worth.units, worth.value) == (2, Money(1800, "EUR"))
    for header in ("Price / International (1 rows)", "Custom Label 0", "Sparkle (1 rows)"):
        assert header in output


@pytest.mark.parametrize(
    ("kind", "head", "row"),
    [
        ("shopify", "Handle,Title,Variant Price,Variant Inventory Qty,Cost per item", "mug-{n},Mug,9,3,{cost}"),
        ("woocommerce", f"{WOO},Cost of goods", "{n},simple,M{n},Mug {n},1,visible,,,3,,9,{cost}"),
        ("magento", "sku,product_type,name,price,qty,cost", "M{n},simple,Mug {n},9,3,{cost}"),
        ("table", "title,sku,price,stock,Einkaufspreis", "Mug {n},M{n},9,3,{cost}"),
    ],
)
async def test_opening_stock_has_the_cost_of_its_file(
    shop: Shop, tmp_path: Path, kind: str, head: str, row: str
) -> None:
    """An unreadable cost is reported and not used; a cost of 0 means nothing."""
    rows = [row.format(n=n, cost=cost) for n, cost in enumerate(("1.50", "0", "1.505"), 1)]
    _, rows_reported = await import_file(shop, kind, file(tmp_path, "\n".join((head, *rows, ""))), tmp_path)
    assert [one["outcome"] for one in rows_reported if "cost left out" in one["detail"]] == ["noted"]
    variants = [one.variants[0].id for one in await shop.catalog.list_products()]
    worth = (await shop.inventory.values(variants)).values()
    assert [(one.units, one.value.amount, one.on_hand) for one in worth] == [(3, 450, 3), (0, 0, 3), (0, 0, 3)]


@pytest.mark.parametrize(
    ("begins", "ends", "price", "before"),
    [
        ("", "", 1500, 2000),
        ("", "2024-05-01", 2000, None),
        ("2031-01-01", "2031-02-01", 2000, None),
        ("2020-01-01", "2099-01-01", 1500, 2000),
        ("2026-03-02", "2026-03-02", 1500, 2000),
        ("", "2026-03-01", 2000, None),
        ("", "2026-03-02 00:00:00", 2000, None),
    ],
)
def test_a_sale_price_applies_only_during_the_sale(
    tmp_path: Path, begins: str, ends: str, price: int, before: int | None
) -> None:
    draft = only(
        list(read(file(tmp_path, f"{WOO}\n1,simple,K,Kettle,1,visible,{begins},{ends},3,15,20\n"), "woocommerce"))
    )
    [variant] = draft.variants
    assert (variant.price.amount, variant.compare_at.amount if variant.compare_at else None) == (price, before)


def test_a_sale_ends_with_the_day_of_the_shop(tmp_path: Path) -> None:
    path = file(tmp_path, f"{WOO}\n1,simple,K,Kettle,1,visible,,2026-03-01,3,15,20\n")
    for hour, price in (22, 1500), (23, 2000):
        now = datetime(2026, 3, 1, hour, 30, tzinfo=UTC).astimezone(ZoneInfo("Europe/Berlin"))
        assert only(list(read(path, "woocommerce", now=now))).variants[0].price.amount == price


# --- ambiguous values (18)


@pytest.mark.parametrize(
    "price", ["19,99", "19.999", "from 5", "5 USD", "12-15", "1e3", "5%", "n/a", "=A1*2", "19.99.1"]
)
def test_an_ambiguous_price_is_refused(tmp_path: Path, price: str) -> None:
    found = list(read(file(tmp_path, f'Handle,Title,Variant Price\na,A,10.50\nb,B,12.00\nc,C,"{price}"\n')))
    assert [
        (one.row, one.outcome)
        for one in found
        if isinstance(one, ImportIssue) and one.row == 4 and one.outcome == "refused"
    ]
    assert [one.title for one in found if isinstance(one, Draft)] == ["A", "B"]


@pytest.mark.parametrize("count", ["10+", "~5", "1.5", "many", "5-10", "1e6"])
def test_an_ambiguous_quantity_is_refused(tmp_path: Path, count: str) -> None:
    found = list(read(file(tmp_path, f"{WOO}\n1,simple,K,Kettle,1,visible,,,{count},,20.00\n"), "woocommerce"))
    assert [one.outcome for one in found if isinstance(one, ImportIssue)] == ["refused"]


def test_a_comma_file_is_read_with_commas_throughout(tmp_path: Path) -> None:
    found = list(
        read(
            file(tmp_path, f'{WOO}\n1,simple,A,A,1,visible,,,1,,"19,90"\n2,simple,B,B,1,visible,,,1,,1.299\n'),
            "woocommerce",
        )
    )
    assert [one.variants[0].price.amount for one in found if isinstance(one, Draft)] == [1990, 129900]


def test_an_ambiguous_value_is_refused_until_it_is_configured(tmp_path: Path) -> None:
    path = file(tmp_path, f"{WOO}\n1,simple,A,A,1,visible,,,1,,1.299\n")
    [remark] = read(path, "woocommerce")
    assert "--decimal" in remark.detail
    assert only(list(read(path, "woocommerce", decimal=","))).variants[0].price.amount == 129900


# --- formats' own rules (20)


def test_escapes_and_commas_inside_cells_are_read_as_woocommerce_writes_them(tmp_path: Path) -> None:
    path = file(
        tmp_path,
        "ID,Type,Name,Regular price,Categories,Images,Tags,Description,Attribute 1 name,Attribute 1 value(s)\n"
        '1,simple,Lamp,5,"Home\\, Garden > Light, New","https://x.example/a,b.jpg, https://x.example/c.jpg","a\\,b, c","One\\nTwo","Size","4\\,5, 5"\n',
    )  # fmt: skip
    draft = only(list(read(path, "woocommerce")))
    assert draft.categories == (("Home, Garden", "Light"), ("New",))
    assert [one.url for one in draft.images] == ["https://x.example/a,b.jpg", "https://x.example/c.jpg"]
    assert (draft.tags, draft.description, draft.attributes) == (("a,b", "c"), "One<br>Two", {"Size": "4,5, 5"})


@pytest.mark.parametrize(
    "header",
    [
        "ID,Type,SKU,Name,Published,Visibility in catalogue,Regular price",
        "ID,Typ,Artikelnummer,Name,Veröffentlicht,Sichtbarkeit im Katalog,Regulärer Preis",
        "ID,Type,UGS,Nom,Publié,Visibilité dans le catalogue,Tarif régulier",
        "ID,Tipo,SKU,Nombre,Publicado,Visibilidad en el catálogo,Precio normal",
        "ID,Tipo,COD,Nome,Pubblicato,Visibilità nel catalogo,Prezzo di listino",
        "ID,Type,Artikelnummer,Naam,Gepubliceerd,Zichtbaarheid in catalogus,Reguliere prijs",
        "ID,Typ,SKU,Nazwa,Opublikowano,Widoczność w katalogu,Cena",
        "ID,Tipo,SKU,Nome,Publicado,Visibilidade no catálogo,Preço",
        "ID,Тип,Артикул,Имя,Опубликован,Видимость в каталоге,Базовая цена",
        "Kimlik,Tür,Stok kodu (SKU),İsim,Yayımlanmış,Katalogda görünürlük,Normal fiyat",
        "ID,タイプ,SKU,名前,公開済み,カタログでの表示,標準価格",
        "ID,Typ,SKU,Namn,Publicerad,Synlighet i katalog,Ordinarie pris",
    ],
)
def test_headers_are_read_in_other_languages_and_hidden_products_stay_hidden(tmp_path: Path, header: str) -> None:
    rows = "1,simple,A,Seen,1,visible,5\n2,simple,B,Hidden,1,hidden,5\n3,simple,C,Draft,0,visible,5\n"
    found = [one for one in read(file(tmp_path, f"{header}\n{rows}"), "woocommerce") if isinstance(one, Draft)]
    assert [(one.title, one.published) for one in found] == [("Seen", True), ("Hidden", False), ("Draft", False)]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Visiblity in the catalog", "visible"),
        ("Näkyvyys luettelossa", "hidden"),
        ("Viditelnost v katalogu", "visible"),
        ("Julkaistu", "1"),
        ("Seen by", "hidden"),
    ],
)
def test_an_unknown_column_that_may_restrict_a_product_stops_the_import(
    tmp_path: Path, header: str, value: str
) -> None:
    path = file(tmp_path, f"ID,Type,Name,Regular price,{header}\n1,simple,A,5,{value}\n")
    with pytest.raises(UnclearColumns, match="--map"):
        list(read(path, "woocommerce"))


async def test_the_meaning_of_a_column_is_configured_in_a_file(shop: Shop, tmp_path: Path) -> None:
    path = file(
        tmp_path,
        "Price list 2026\n\nArtikelname;VK brutto;Im Netz;Farbe;Lagerplatz\nLampe;19,90;nein;Rot;A1\nTopf;9,90;ja;;\n",
    )
    mapping_file = file(
        tmp_path,
        '"Artikelname" = "title"\n"VK brutto" = "price"\n"Im Netz" = "published"\n"Farbe" = "attribute: Colour"\n"Lagerplatz" = "-"\n',
        "map.toml",
    )
    code, rows = await import_file(shop, "table", path, tmp_path, columns=read_map(mapping_file))
    assert (code, [row["outcome"] for row in rows], rows[0]["row"]) == (0, ["taken", "taken"], "4")
    found = {one.title: one for one in await shop.catalog.list_products()}
    assert (found["Lampe"].status, found["Topf"].status) == ("draft", "published")
    assert list(found["Lampe"].attributes.values()) == ["Rot"]
    for wrong, words in [('"Nowhere" = "title"', "not there"), ('"Artikelname" = "sparkle"', "which is unknown")]:
        with pytest.raises(Invalid, match=words):
            await import_file(shop, "table", path, tmp_path, columns=read_map(file(tmp_path, wrong, "wrong.toml")))


async def test_the_current_template_of_shopify_is_read(shop: Shop, tmp_path: Path) -> None:
    path = file(
        tmp_path,
        "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,Barcode,"
        "Option1 name,Option1 value,Option1 Linked To,Price,Compare-at price,Cost per item,Charge tax,Tax code,"
        "Inventory tracker,Inventory quantity,Continue selling when out of stock,Weight value (grams),"
        "Weight unit for display,Requires shipping,Fulfillment service,Product image URL,Image position,Image alt text,"
        "Variant image URL,Gift card,SEO title,SEO description\n"
        "Mug,mug,<p>Fine</p>,Ostra,Home > Cups,,blue,TRUE,Active,M1,0012,Size,S,,9.90,12,,TRUE,,shopify,7,DENY,300,g,TRUE,manual,https://x.example/1.jpg,1,A mug,,FALSE,Mug!,\n"
        ",mug,,,,,,,,M2,,,L,,11.90,,,TRUE,,shopify,0,TRUE,300,g,TRUE,manual,,,,,,,\n",
    )
    code, _ = await import_file(shop, "shopify", path, tmp_path)
    mug = await shop.catalog.get("mug")
    assert (code, mug.status, mug.brand, mug.seo_title, mug.description) == (
        0,
        "published",
        "Ostra",
        "Mug!",
        "<p>Fine</p>",
    )
    stock = await shop.inventory.stock([one.id for one in mug.variants])
    assert [(one.sku, one.barcode, one.weight, stock[one.id].available) for one in mug.variants] == [
        ("M1", "0012", 300, 7), ("M2", "", 300, UNLIMITED),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "before", ["sep=;\n", "Exported on 2026-03-02\n", "\n\n", "Shop;Ostra\nDate;2026-03-02\n\n", "\ufeff"]
)
def test_anything_before_the_header_is_skipped(tmp_path: Path, before: str) -> None:
    found = list(read(file(tmp_path, f"{before}Handle;Title;Variant Price\na;A;5\n")))
    assert only(found).title == "A"


# --- names in any script (21)


async def test_names_in_any_script_keep_their_letters_and_are_distinct(
    shop: Shop, tmp_path: Path, api: httpx.AsyncClient
) -> None:
    names = ["Größe", "Género", "Размер", "大小", "C++", "C#", "C"]
    columns = ",".join(f"Attribute {n} name,Attribute {n} value(s)" for n in range(1, len(names) + 1))
    cells = ",".join(f"{name},{name} value" for name in names)
    path = file(
        tmp_path,
        f"ID,Type,Name,Regular price,Categories,{columns}\n"
        f'1,simple,猫の置物,5,"C++, C#, Женщины > Ёлки, 女装",{cells}\n2,simple,Чайник,5,"Женщины > Ёлки",{",,,,,,,,,,,,,"}\n',
    )
    code, _ = await import_file(shop, "woocommerce", path, tmp_path)
    cat = await shop.catalog.get("猫の置物")
    types = await shop.catalog.attribute_types()
    assert code == 0
    assert [types[key].title for key in cat.attributes] == names
    assert set(cat.attributes) > {"größe", "género", "размер", "大小", "c"}
    categories = {one.title: one.slug for one in await shop.catalog.categories()}
    assert set(categories) == {"C++", "C#", "Женщины", "Ёлки", "女装"}
    assert len(set(categories.values())) == 5
    assert (categories["Ёлки"], categories["女装"]) == ("женщины-ёлки", "女装")
    sitemap = (await api.get("/sitemap.xml")).text
    assert sitemap.isascii()
    assert quote("/p/чайник") in sitemap
    for typed in ("/p/чайник", "/c/женщины-ёлки", "/c/Женщины-Ёлки", "/p/Чайник", "/p/чаи\u0306ник"):
        answer = await api.get(quote(typed), follow_redirects=True)
        assert (answer.status_code, "Чайник" in answer.text) == (200, True), typed
    found = await shop.search.find(SearchRequest(chosen={"attr.größe": ("Größe value",)}))
    assert found.total == 1
    _, again = await import_file(shop, "woocommerce", path, tmp_path)
    assert [row["outcome"] for row in again] == ["unchanged", "unchanged"]


# --- many variants, rich texts, formula cells, nothing created silently (23)


@pytest.mark.slow
async def test_a_product_has_as_many_variants_as_shopify_allows(shop: Shop, tmp_path: Path) -> None:
    rows = "".join(f"a,{'A' if n == 0 else ''},Size,{n},{'' if n % 2 else f'SKU-{n}'},{5 + n}\n" for n in range(2_049))
    path = file(tmp_path, f"Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n{rows}")
    code, report = await import_file(shop, "shopify", path, tmp_path)
    assert (code, "at most 2048 variants" in report[0]["detail"]) == (1, True)
    code, _ = await import_file(shop, "shopify", file(tmp_path, path.read_text().rpartition("\na,")[0]), tmp_path)
    product = await shop.catalog.get("a")
    assert (code, len(product.variants), len({one.sku for one in product.variants})) == (0, 2_048, 2_048)
    assert len(await shop.pricing.prices([one.id for one in product.variants], "EUR")) == 2_048


async def test_rich_texts_keep_tables_and_pictures_but_no_script(shop: Shop, tmp_path: Path) -> None:
    text = (
        '<h1>Sizes</h1><table onclick=""x()"" style=""a""><caption>cm</caption><tr><th scope=""row"" colspan=""2"">S</th><td>36</td></tr></table>'
        '<img src=""https://x.example/chart.png"" alt=""Chart"" onerror=""x()""><img src=""javascript:x()""><img src=""/wp/x.png""><script>x()</script>'
    )
    path = file(tmp_path, f'Handle,Title,Body (HTML),Vendor,Variant Price\na,Fish &amp; Chips&trade;,"{text}",M&S,5\n')
    await import_file(shop, "shopify", path, tmp_path)
    product = await shop.catalog.get("a")
    assert (product.title, product.brand) == ("Fish & Chips™", "M&S")
    assert "<h2>Sizes</h2><table><caption>cm</caption>" in product.description
    assert '<th scope="row" colspan="2">S</th><td>36</td>' in product.description
    assert product.description.count("<img") == 1
    assert 'src="https://x.example/chart.png"' in product.description
    assert not any(one in product.description for one in ("script", "onerror", "onclick", "style", "/wp/"))


async def test_a_formula_is_imported_as_text_and_exported_in_no_cell(shop: Shop, tmp_path: Path) -> None:
    path = file(
        tmp_path,
        "Handle,Title,Variant SKU,Variant Price\na,=1+1,'=SKU,5\nb,=cmd|' /C calc'!A0,=\"007\",free\n".replace(
            '"007"', '""007""'
        ).replace('=""007""', '"=""007"""'),
    )
    _, rows = await import_file(shop, "shopify", path, tmp_path)
    assert (await shop.catalog.get("a")).title == "=1+1"
    assert (await shop.catalog.get("a")).variants[0].sku == "=SKU"
    assert [row["name"][0] for row in rows if row["name"].startswith(("=", "'"))] == ["'"]
    assert not any(cell.startswith(("=", "@")) for row in rows for cell in row.values())


async def test_an_import_creates_no_coupon_tax_or_shipping_rate(shop: Shop, tmp_path: Path) -> None:
    before = await shop.pricing.coupons(), await shop.pricing.tax_rates(), await shop.pricing.shipping_rates()
    for coupon in before[0]:
        await shop.pricing.delete_coupon(coupon.code)
    for rate in before[1]:
        await shop.pricing.end_tax_rate(rate.id)
    for option in before[2]:
        await shop.pricing.delete_shipping_rate(option.id)
    await import_file(shop, "shopify", file(tmp_path, "Handle,Title,Variant Price\na,A,5\n"), tmp_path)
    assert (await shop.pricing.coupons(), await shop.pricing.tax_rates(), await shop.pricing.shipping_rates()) == (
        [],
        [],
        [],
    )


def test_an_exported_cell_is_text_or_a_number() -> None:
    assert [csv_cell(one) for one in ("=1", "@x", "+a", "-5", "-5,00", "a=b", "\t=1")] == [
        "'=1", "'@x", "'+a", "-5", "-5,00", "a=b", "'\t=1",
    ]  # fmt: skip


async def test_a_tax_class_of_this_shop_is_used_and_another_is_reported(shop: Shop, tmp_path: Path) -> None:
    path = file(
        tmp_path,
        f"{WOO},Tax status,Tax class\n1,simple,K,Kettle,1,visible,,,3,,20,taxable,reduced-rate\n"
        "2,simple,L,Le Monde,1,visible,,,3,,20,taxable,Taux Presse\n",
    )
    _, rows = await import_file(shop, "woocommerce", path, tmp_path)
    assert [row["detail"] for row in rows if "tax class" in row["detail"]] == [
        "its tax class “taux-presse” is none of this shop's; the standard one holds"
    ]
    assert {one.title: one.taxed_as for one in await shop.catalog.list_products(status="published")} == {
        "Kettle": "reduced", "Le Monde": "standard",
    }  # fmt: skip
    await shop.pricing.put_tax_class(TaxClass(name="taux-presse", title="Presse"))
    _, rows = await import_file(shop, "woocommerce", path, tmp_path)
    assert not [row for row in rows if "tax class" in row["detail"]]
    assert {one.title: one.taxed_as for one in await shop.catalog.list_products(status="published")} == {
        "Kettle": "reduced", "Le Monde": "taux-presse",
    }  # fmt: skip
    paper = next(one for one in await shop.catalog.list_products(status="published") if one.title == "Le Monde")
    await write.patch(shop.product_views, paper, write.ProductPatch(tax_class="zero"), None, "test")
    _, rows = await import_file(shop, "woocommerce", path, tmp_path)
    assert (await shop.catalog.get(paper.id)).taxed_as == "zero"  # as staff have it since
