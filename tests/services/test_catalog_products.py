"""Products, their variants, and refusals of the catalogue."""

import pytest

from shopwright.app import Shop
from shopwright.kit.errors import Invalid, Missing, VersionConflict
from shopwright.kit.states import IllegalMove
from shopwright.services.catalog.contract import Option, ProductInput, SkuTaken, VariantInput
from tests.builders.goods import sell


async def test_a_product_keeps_its_variants_through_edits(shop: Shop) -> None:
    new = ProductInput(title="Mug", options=(Option("Colour", ("Red", "Blue")),))
    made = await shop.catalog.create(new)
    assert [variant.sku for variant in made.variants] == ["MUG-RED", "MUG-BLUE"]
    more = ProductInput(title="Mug", options=(Option("Colour", ("Red", "Blue", "Green")),))
    edited = await shop.catalog.edit(made.id, more, made.version)
    assert [one.id for one in edited.variants][:2] == [one.id for one in made.variants]
    with pytest.raises(VersionConflict):
        await shop.catalog.edit(made.id, new, made.version)


async def test_slugs_and_skus_are_unique(shop: Shop) -> None:
    first = await shop.catalog.create(ProductInput(title="Mug", variants=(VariantInput(sku="M1"),)))
    second = await shop.catalog.create(ProductInput(title="Mug"))
    assert (first.slug, second.slug) == ("mug", "mug-2")
    with pytest.raises(SkuTaken):
        await shop.catalog.create(ProductInput(title="Other", variants=(VariantInput(sku="M1"),)))


@pytest.mark.parametrize(
    "wrong",
    [
        ProductInput(title=" "),
        ProductInput(title="x" * 300),
        ProductInput(title="Mug", options=(Option("Colour", ("Red",)),), variants=(VariantInput(),)),
        ProductInput(title="Mug", variants=(VariantInput(sku="A"), VariantInput(sku="B"))),
        ProductInput(title="Mug", attributes={"Bad Name": "x"}),
        ProductInput(title="Mug", categories=("nowhere",)),
    ],
)
async def test_an_impossible_product_is_refused_with_all_errors(shop: Shop, wrong: ProductInput) -> None:
    with pytest.raises(Invalid):
        await shop.catalog.create(wrong)
    assert await shop.catalog.list_products() == []


async def test_an_attribute_keeps_its_kind(shop: Shop) -> None:
    await shop.catalog.create(ProductInput(title="Kettle", attributes={"capacity": 1.2}))
    with pytest.raises(Invalid, match="Capacity is a number"):
        await shop.catalog.create(ProductInput(title="Pot", attributes={"capacity": "big"}))


async def test_retired_products_cannot_be_bought(shop: Shop) -> None:
    lamp = await sell(shop)
    cart = await shop.carts.create()
    await shop.carts.add(cart.id, lamp.variants[0].id, 1)
    await shop.catalog.set_status(lamp.id, "retired")
    assert [one.code for one in (await shop.carts.get(cart.id)).problems] == ["not_found"]
    with pytest.raises(Missing):
        await shop.carts.add(cart.id, lamp.variants[0].id, 1)
    with pytest.raises(IllegalMove):
        from shopwright.services.catalog.model import STATES

        STATES.move("draft", "draft")
