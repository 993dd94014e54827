"""Thousands of generated tables of Shopify, WooCommerce and Magento: the import equals the result of a separate reader."""

import csv
import html
import io
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.cli.importing import ImportOptions, run
from shopwright.importers.draft import Draft, ImportIssue
from tests.builders.environment import SOAK
from tests.builders.imports import read

pytestmark = pytest.mark.slow

Sold = dict[tuple[str, ...], tuple[int, str, int]]  # the values chosen → price in cents, SKU, units
SCRIPTS = "abzAZ019 .,;:'\"-+/#%&()äßéñçøłıİйЁжاب한글猫ガ服हि😀\u200f™"
WORDS = (
    st.text(SCRIPTS, min_size=1, max_size=12)
    .map(lambda one: " ".join(one.split()))
    .filter(lambda one: one.strip("'=+-@ \"") != "" and one[0] not in "'=+-@")
)
NAMES = WORDS.filter(lambda one: any(c.isalnum() for c in one))
EXAMPLES = 5_000 if SOAK else 150  # tables of each kind
CENTS = st.integers(0, 9_999_999)
HEADERS = (
    ("ID", "Type", "SKU", "Name", "Published", "Stock", "Regular price", "Parent", "Attribute {} name", "Attribute {} value(s)"),
    ("ID", "Typ", "Artikelnummer", "Name", "Veröffentlicht", "Bestand", "Regulärer Preis", "Übergeordnetes Produkt", "Attribut {} Name", "Attribut {} Wert(e)"),
    ("ID", "Тип", "Артикул", "Имя", "Опубликован", "Запасы", "Базовая цена", "Родительский", "Имя атрибута {}", "Значение(-я) аттрибута(-ов) {}"),
    ("ID", "タイプ", "SKU", "名前", "公開済み", "在庫", "標準価格", "親", "属性 {} 名前", "属性 {} の値"),
)  # fmt: skip


class Made(msgspec.Struct):
    """A product of a generated table."""

    title: str
    options: tuple[str, ...]
    variants: list[tuple[tuple[str, ...], int, int]]  # values, cents, units


@st.composite
def products(draw: Any, clean: Any = lambda one: one) -> list[Made]:
    """Products with up to three options, blanks left out."""
    found = []
    for _ in range(draw(st.integers(1, 4))):
        words = NAMES.map(clean).filter(lambda one: bool(one.strip()) and one[0] not in "'=+-@")
        options = draw(
            st.lists(
                st.one_of(st.sampled_from(["Title", "Size", "Größe", "色"]), words), max_size=3, unique_by=str.casefold
            )
        )
        choices = st.tuples(*(words for _ in options))
        variants = draw(
            st.lists(
                st.tuples(choices, CENTS, st.integers(0, 999)),
                min_size=1,
                max_size=5 if options else 1,
                unique_by=lambda one: one[0],
            )
        )
        if len(options) == 1 and {values[0].casefold() for values, _, _ in variants} == {"default title"}:
            options, variants = [], [((), *variants[0][1:])]
        found.append(Made(draw(NAMES).strip(), tuple(one.strip() for one in options), variants))
    return found


def table(rows: list[dict[str, str]], separator: str, before: str = "") -> str:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    return before + out.getvalue()


def written(cents: int, form: str) -> str:
    """A price in a common notation: 1299.00, 1,299.00, 1299,00 or 1.299,00."""
    text = f"{cents / 100:,.2f}" if len(form) > 1 else f"{cents / 100:.2f}"
    return text.translate(str.maketrans(",.", form)) if len(form) > 1 else text.replace(".", form)


def cents_of(text: str, sign: str) -> int:
    """The separate reader: only digits, the last two of which are cents."""
    integer, _, fraction = text.rpartition(sign)
    return int("".join(c for c in integer if c.isdigit()) + fraction)


def own_text(cell: str) -> str:
    return html.unescape(cell).replace("\xa0", " ").strip()


def came_in(text: str, kind: str) -> tuple[dict[str, Sold], list[ImportIssue]]:
    """By source: the drafts of the importer."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "made.csv"
        path.write_text(text, encoding="utf-8")
        found = list(read(path, kind))
    drafts = [one for one in found if isinstance(one, Draft)]
    sold = {
        one.source: {tuple(v.options.values()): (v.price.amount, v.sku, v.on_hand or 0) for v in one.variants}
        for one in drafts
    }
    return sold, [one for one in found if isinstance(one, ImportIssue) and one.outcome == "refused"]


def shopify(made: list[Made]) -> Iterator[dict[str, str]]:
    for number, one in enumerate(made):
        for at, (values, cents, units) in enumerate(one.variants):
            row = {
                "Handle": f"p-{number}",
                "Title": one.title if at == 0 else "",
                "Variant SKU": f"S{number}-{at}",
                "Variant Price": written(cents, "."),
                "Variant Inventory Tracker": "shopify",
                "Variant Inventory Qty": str(units),
            }
            for n in range(3):
                name = one.options[n] if n < len(one.options) else "Title" if n == 0 else ""
                row[f"Option{n + 1} Name"] = name if at == 0 else ""
                row[f"Option{n + 1} Value"] = (
                    values[n] if n < len(values) else "Default Title" if n == 0 and not one.options else ""
                )
            yield row


def own_shopify(text: str, separator: str) -> dict[str, Sold]:
    found: dict[str, Sold] = {}
    for row in csv.DictReader(io.StringIO(text), delimiter=separator):
        values = tuple(own_text(row[f"Option{n} Value"]) for n in (1, 2, 3) if row[f"Option{n} Value"])
        price = cents_of(row["Variant Price"], "."), row["Variant SKU"], int(row["Variant Inventory Qty"])
        found.setdefault(f"shopify/{row['Handle']}", {})[values] = price
    return {
        source: {(): sold["Default Title",]} if set(sold) == {("Default Title",)} else sold
        for source, sold in found.items()
    }


@settings(max_examples=EXAMPLES)
@given(products(), st.sampled_from(",;\t"), st.sampled_from(["", "\ufeff"]))
def test_tables_of_shopify_are_imported_variant_by_variant(made: list[Made], separator: str, before: str) -> None:
    text = table(list(shopify(made)), separator)
    sold, refused = came_in(before + text, "shopify")
    assert refused == []
    assert sold == own_shopify(text, separator)


def woocommerce(made: list[Made], names: tuple[str, ...], form: str) -> Iterator[dict[str, str]]:
    def cell(value: str) -> str:
        return value.replace(",", "\\,")

    for number, one in enumerate(made):
        title, parts = f"{number + 1}", []
        values = [
            ", ".join(dict.fromkeys(cell(chosen[n]) for chosen, _, _ in one.variants)) for n in range(len(one.options))
        ]
        for at, (chosen, cents, units) in enumerate(one.variants):
            base = [
                f"{number + 1}{at:03d}",
                "variation",
                f"W{number}-{at}",
                "",
                "1",
                str(units),
                written(cents, form),
                f"id:{title}",
            ]
            row = dict(zip(names[:8], base, strict=True))
            parts.append(
                row
                | {
                    names[8 + k].format(n + 1): cell(text)
                    for n, pair in enumerate(zip(one.options, chosen, strict=True))
                    for k, text in ((0, pair[0].replace("\\,", ",")), (1, pair[1]))
                }
            )
        if one.options:
            head = dict(zip(names[:8], [title, "variable", f"W{number}", one.title, "1", "", "", ""], strict=True))
            for n, name in enumerate(one.options):
                head |= {names[8].format(n + 1): name, names[9].format(n + 1): values[n]}
            yield from (
                head,
                *({**part, **{names[8].format(n + 1): name for n, name in enumerate(one.options)}} for part in parts),
            )
        else:
            _, cents, units = one.variants[0]
            yield dict(
                zip(
                    names[:8],
                    [title, "simple", f"W{number}", one.title, "1", str(units), written(cents, form), ""],
                    strict=True,
                )
            )


def own_woocommerce(text: str, names: tuple[str, ...], form: str) -> dict[str, Sold]:
    found: dict[str, Sold] = {}
    for row in csv.DictReader(io.StringIO(text)):
        source = f"woocommerce/{row[names[7]].removeprefix('id:') or row[names[0]]}"
        found.setdefault(source, {})
        if row[names[6]]:
            cells = [row.get(names[9].format(n)) or "" for n in (1, 2, 3)]
            values = tuple(own_text(cell.replace("\\,", ",")) for cell in cells if cell)
            found[source][values] = cents_of(row[names[6]], form[-1]), row[names[2]], int(row[names[5]])
    return found


@settings(max_examples=EXAMPLES)
@given(products(), st.sampled_from(HEADERS), st.sampled_from([".", ",", ",.", ".,"]))
def test_tables_of_woocommerce_are_imported_variant_by_variant(
    made: list[Made], names: tuple[str, ...], form: str
) -> None:
    text = table(list(woocommerce(made, names, form)), ",")
    sold, refused = came_in(text, "woocommerce")
    assert refused == []
    assert sold == own_woocommerce(text, names, form)


def of_magento(value: str) -> str:
    return "".join(c for c in value if c not in '=|",').strip()


def magento(made: list[Made]) -> Iterator[dict[str, str]]:
    for number, one in enumerate(made):
        codes = [f"code{n}" for n in range(len(one.options))]
        variations = []
        for at, (values, cents, units) in enumerate(one.variants):
            sku = f"M{number}-{at}" if one.options else f"M{number}"
            variations.append(
                ",".join([f"sku={sku}", *(f"{code}={value}" for code, value in zip(codes, values, strict=True))])
            )
            yield {
                "sku": sku,
                "product_type": "simple",
                "name": one.title,
                "price": f"{cents / 100:.4f}",
                "qty": f"{units}.0000",
                "visibility": "Catalog, Search",
                "configurable_variations": "",
                "configurable_variation_labels": "",
            }
        if one.options:
            labels = ",".join(f"{code}={name}" for code, name in zip(codes, one.options, strict=True))
            yield {
                "sku": f"M{number}",
                "product_type": "configurable",
                "name": one.title,
                "price": "",
                "qty": "",
                "visibility": "Catalog, Search",
                "configurable_variations": "|".join(variations),
                "configurable_variation_labels": labels,
            }


def own_magento(text: str) -> dict[str, Sold]:
    rows = {row["sku"]: row for row in csv.DictReader(io.StringIO(text))}
    found: dict[str, Sold] = {}
    for sku, row in rows.items():
        for choice in filter(None, row["configurable_variations"].split("|")):
            part, *values = (pair.partition("=")[2] for pair in choice.split(","))
            found.setdefault(f"magento/{sku}", {})[tuple(own_text(value) for value in values)] = _offer(rows[part])
        if not row["configurable_variations"] and "-" not in sku:
            found[f"magento/{sku}"] = {(): _offer(row)}
    return found


def _offer(row: dict[str, str]) -> tuple[int, str, int]:
    return round(float(row["price"]) * 100), row["sku"], round(float(row["qty"]))


@settings(max_examples=EXAMPLES)
@given(products(clean=of_magento))
def test_tables_of_magento_are_imported_variant_by_variant(made: list[Made]) -> None:
    text = table(list(magento(made)), ",")
    sold, refused = came_in(text, "magento")
    assert refused == []
    assert sold == own_magento(text)


@pytest.mark.soak
async def test_generated_tables_are_imported_exactly(shop: Shop, tmp_path: Path) -> None:
    """The complete import of many products: prices, SKUs and stock in the shop."""
    made: list[Made] = []

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(products())
    def gather(one: list[Made]) -> None:
        made.extend(one)

    gather()
    text = table(list(shopify(made)), ",")
    path = tmp_path / "made.csv"
    path.write_text(text, encoding="utf-8")
    assert await run(shop, "shopify", path, ImportOptions(fetch=False)) == 0
    expected = own_shopify(text, ",")
    found = await shop.catalog.by_sources(list(expected))
    assert set(found) == set(expected)
    for source, product in found.items():
        ids = [one.id for one in product.variants]
        prices, stock = await shop.pricing.prices(ids, "EUR"), await shop.inventory.stock(ids)
        sold = {
            tuple(one.options.values()): (prices[one.id].amount.amount, one.sku, stock[one.id].on_hand)
            for one in product.variants
        }
        assert sold == expected[source]
