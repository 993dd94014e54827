"""A second import is a merge: changes of staff stay unless the file changed the same field, and the report says so."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from shopwright.app import Shop
from shopwright.kit.money import Money
from shopwright.services.catalog.contract import Product, ProductInput, VariantInput
from shopwright.services.inventory.contract import Adjustment
from shopwright.services.pricing.contract import Price
from tests.builders.imports import import_file

pytestmark = pytest.mark.slow

HEADER = "Handle,Title,Body (HTML),Vendor,Tags,Variant Taxable,SEO Title,Fabric (product.metafields.custom.fabric),Status,Option1 Name,Option1 Value,Variant SKU,Variant Barcode,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Price"
FIRST = {
    "title": "Shirt", "body": "<p>Fine</p>", "vendor": "Ostra", "tags": "a", "taxable": "true", "seo": "Fine shirt",
    "fabric": "Linen", "status": "active", "price": "20", "stock": "5", "barcode": "1",
}  # fmt: skip


async def import_product(
    shop: Shop, tmp_path: Path, sizes: str = "SM", **changes: str
) -> tuple[Product, list[dict[str, str]]]:
    one = FIRST | changes
    rows = [
        f"shirt,{one['title']},{one['body']},{one['vendor']},{one['tags']},{one['taxable']},{one['seo']},{one['fabric']},{one['status']},Size,{size},SH-{size},{one['barcode']},100,shopify,{one['stock']},{one['price']}"
        for size in sizes
    ]
    path = tmp_path / "file.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    code, report = await import_file(shop, "shopify", path, tmp_path)
    assert code == 0
    return await shop.catalog.get("shirt"), report


async def edit(shop: Shop, product: Product, **changes: Any) -> Product:
    slugs = {one.id: one.slug for one in await shop.catalog.categories()}
    complete = ProductInput(
        title=product.title, slug=product.slug, description=product.description, brand=product.brand,
        status=product.status, categories=tuple(slugs[one] for one in product.category_ids), tags=product.tags,
        attributes=product.attributes, options=product.options, media=product.media, tax_class=product.tax_class,
        seo_title=product.seo_title, seo_description=product.seo_description,
        variants=tuple(
            VariantInput(id=one.id, sku=one.sku, options=one.options, barcode=one.barcode, weight=one.weight)
            for one in product.variants
        ),
    )  # fmt: skip
    return await shop.catalog.edit(product.id, msgspec.structs.replace(complete, **changes))


@pytest.mark.parametrize(
    ("field", "theirs", "column", "changed", "new"),
    [
        ("title", "Our shirt", "title", "New shirt", "New shirt"),
        ("description", "<p>Ours</p>", "body", "<p>New</p>", "<p>New</p>"),
        ("brand", "Ours", "vendor", "New", "New"),
        ("tags", ("ours",), "tags", "new", ("new",)),
        ("tax_class", "reduced", "taxable", "false", "zero"),
        ("seo_title", "Ours", "seo", "New", "New"),
        ("status", "draft", "status", "archived", "draft"),
        ("attributes", {"fabric": "Hemp"}, "fabric", "Wool", {"fabric": "Wool"}),
    ],
)
async def test_a_field_changed_by_staff_stays_until_the_file_changes_it(
    shop: Shop, tmp_path: Path, field: str, theirs: Any, column: str, changed: str, new: Any
) -> None:
    product, _ = await import_product(shop, tmp_path)
    await edit(shop, product, **{field: theirs})
    other = {"seo": "Another"} if column != "seo" else {"vendor": "Another"}
    for change, outcome in ({}, "unchanged"), (other, "changed"):
        product, rows = await import_product(shop, tmp_path, **change)
        assert getattr(product, field) == theirs
        assert {row["outcome"] for row in rows} == {outcome, "noted"}
        assert any("kept as changed here" in row["detail"] and field.rstrip("s") in row["detail"] for row in rows)
    product, rows = await import_product(shop, tmp_path, **(other | {column: changed}))
    assert getattr(product, field) == new
    assert not any("kept" in row["detail"] for row in rows)


async def test_prices_and_stock_follow_the_same_rule(shop: Shop, tmp_path: Path) -> None:
    product, _ = await import_product(shop, tmp_path)
    small, medium = (one.id for one in product.variants)
    await shop.pricing.set_prices([Price(small, Money(1500, "EUR"))])
    await shop.inventory.adjust([Adjustment(variant_id=small, delta=-2, reason="sold")])

    async def now() -> tuple[list[int], list[int]]:
        prices, stock = await shop.pricing.prices([small, medium], "EUR"), await shop.inventory.stock([small, medium])
        return [prices[one].amount.amount for one in (small, medium)], [stock[one].on_hand for one in (small, medium)]

    _, rows = await import_product(shop, tmp_path, title="New")
    assert await now() == ([1500, 2000], [3, 5])
    assert any("price of SH-S" in row["detail"] for row in rows)
    await import_product(shop, tmp_path, title="New", price="25", stock="9")
    assert await now() == ([2500, 2500], [9, 9])


async def test_variants_added_by_staff_stay_and_removed_ones_do_not_return(shop: Shop, tmp_path: Path) -> None:
    product, _ = await import_product(shop, tmp_path, sizes="SML")
    small, medium, _ = (
        VariantInput(id=one.id, sku=one.sku, options=one.options, barcode=one.barcode, weight=one.weight)
        for one in product.variants
    )
    own = VariantInput(sku="OURS", options={"Size": "XXL"})
    await edit(shop, product, variants=(small, msgspec.structs.replace(medium, sku="MINE"), own))
    product, _ = await import_product(shop, tmp_path, sizes="SMLX", title="New")
    assert [(one.options["Size"], one.sku) for one in product.variants] == [
        ("S", "SH-S"), ("M", "MINE"), ("X", "SH-X"), ("XXL", "OURS"),
    ]  # fmt: skip
    assert product.variants[0].id == small.id
    product, _ = await import_product(shop, tmp_path, sizes="SX", title="New")
    assert [one.options["Size"] for one in product.variants] == ["S", "X", "XXL"]


async def test_attributes_added_by_staff_stay_and_those_missing_from_the_file_are_removed(
    shop: Shop, tmp_path: Path
) -> None:
    product, _ = await import_product(shop, tmp_path)
    await edit(shop, product, attributes={**product.attributes, "care": "By hand"})
    product, _ = await import_product(shop, tmp_path, fabric="")
    assert product.attributes == {"care": "By hand"}
