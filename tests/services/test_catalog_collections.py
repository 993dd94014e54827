"""Product types, collections, publication times and old addresses."""

from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Invalid, Missing
from shopwright.services.catalog import attributes, rules
from shopwright.services.catalog.contract import (
    AttributeType,
    Collection,
    Condition,
    Product,
    ProductInput,
    ProductType,
    VariantInput,
)
from shopwright.services.search.contract import SearchRequest
from tests.builders.goods import sell


def listed(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["title"] for one in answer.json()["items"]]


async def found(shop: Shop, **query) -> list[str]:
    await shop.bus.settle()
    await shop.search.bring_up_to_date()
    results = await shop.search.find(SearchRequest(**query))
    return sorted(bytes(item).decode().split('"title":"')[1].split('"')[0] for item in results.items)


async def test_a_product_is_found_where_its_category_is_when_it_is_published(shop: Shop) -> None:
    await shop.catalog.put_category("lamps", "Lamps")
    lamp = await shop.catalog.create(
        ProductInput(title="Lamp", status="draft", categories=("lamps",), variants=(VariantInput(),))
    )
    await shop.catalog.put_category("home", "Home")
    await shop.catalog.put_category("lamps", "Lamps", "home")
    await shop.catalog.set_status(lamp.id, "published")
    for slug in ("home", "lamps"):
        assert [one.id for one in await shop.catalog.list_products(category=slug, status="published")] == [lamp.id]
    assert await shop.catalog.list_products(status="draft") == []


# --- collections


async def test_a_collection_made_by_hand_keeps_its_order(shop: Shop, api: httpx.AsyncClient, staff) -> None:
    one, two, three = [await sell(shop, title) for title in ("Kettle", "Lamp", "Bowl")]
    new = {"slug": "gifts", "title": "Gifts", "product_ids": [three.id, one.id]}
    assert (await api.post("/v1/collections", json=new, headers=staff)).status_code == 201
    assert listed(await api.get("/v1/products?collection=gifts")) == ["Bowl", "Kettle"]
    new["product_ids"] = [two.id, three.id]
    await api.post("/v1/collections", json=new, headers=staff)
    assert listed(await api.get("/v1/products?collection=gifts")) == ["Lamp", "Bowl"]
    assert await found(shop, collection="gifts") == ["Bowl", "Lamp"]
    page = await api.get("/v1/products?collection=gifts&limit=1")
    assert listed(page) == ["Lamp"]
    following = await api.get(f"/v1/products?collection=gifts&limit=1&after={page.json()['next']}")
    assert listed(following) == ["Bowl"]
    assert following.json()["next"] is None
    assert (await api.delete("/v1/collections/gifts", headers=staff)).status_code == 204
    assert (await api.get("/v1/products?collection=gifts")).status_code == 404
    assert await found(shop, collection="gifts") == []


async def test_a_collection_by_rules_follows_products_as_they_change(shop: Shop) -> None:
    kettle = await sell(shop, "Kettle", tags=("steel",), attributes={"height": 20.0})
    await sell(shop, "Lamp", tags=("glass",), attributes={"height": 60.0})
    tall = Collection(
        slug="tall",
        title="Tall things",
        kind="rules",
        conditions=(Condition(field="attribute", name="height", operator="at_least", value=30),),
    )
    await shop.catalog.put_collection(tall)
    assert await found(shop, collection="tall") == ["Lamp"]
    await shop.catalog.edit(kettle.id, ProductInput(title="Kettle", status="published", attributes={"height": 31.0}))
    assert await found(shop, collection="tall") == ["Kettle", "Lamp"]
    assert await shop.catalog.collections_of(kettle.id) == ["tall"]
    await sell(shop, "Vase", attributes={"height": 44.0})
    assert [one.title for one in (await shop.catalog.in_collection("tall"))[0]] == ["Kettle", "Lamp", "Vase"]
    await shop.catalog.set_status(kettle.id, "retired")
    assert [one.title for one in (await shop.catalog.in_collection("tall"))[0]] == ["Lamp", "Vase"]


async def test_a_collection_whose_rules_change_selects_again(shop: Shop) -> None:
    await sell(shop, "Kettle", brand="Fjord")
    await sell(shop, "Lamp", brand="Pier")
    base = {"slug": "house", "title": "House", "kind": "rules"}
    for brand, expected in (("Fjord", ["Kettle"]), ("Pier", ["Lamp"])):
        condition = Condition(field="brand", value=brand)
        await shop.catalog.put_collection(Collection(**base, conditions=(condition,)))
        assert await found(shop, collection="house") == expected


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"slug": "x", "title": ""}, "/title"),
        ({"slug": "x", "title": "X", "kind": "rules"}, "/conditions"),
        ({"slug": "x", "title": "X", "product_ids": ["prd_none"]}, "/product_ids"),
        (
            {"slug": "x", "title": "X", "kind": "rules", "conditions": [{"field": "attribute", "value": 1}]},
            "/conditions/0/name",
        ),
        (
            {
                "slug": "x",
                "title": "X",
                "kind": "rules",
                "conditions": [{"field": "title", "operator": "at_least", "value": "a"}],
            },
            "/conditions/0/value",
        ),
    ],
)
async def test_an_impossible_collection_is_refused(api: httpx.AsyncClient, staff, body: dict, pointer: str) -> None:
    answer = await api.post("/v1/collections", json=body, headers=staff)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


words = st.sampled_from(["red", "Blue", "green"])


@given(
    tags=st.lists(words, max_size=3),
    conditions=st.lists(
        st.builds(Condition, field=st.just("tag"), operator=st.sampled_from(["is", "is_not", "contains"]), value=words),
        min_size=1,
        max_size=4,
    ),
)
def test_all_conditions_never_match_more_than_any_of_them(tags, conditions) -> None:
    now = HandClock().now()
    product = Product(
        id="prd_1", slug="a", title="A", description="", brand="", status="published", category_ids=(), tags=tuple(tags),
        attributes={}, options=(), variants=(), media=(), created_at=now, updated_at=now,
    )  # fmt: skip
    base = {"slug": "x", "title": "X", "kind": "rules", "conditions": tuple(conditions)}
    every = rules.belongs(Collection(**base, match="all"), product, {})
    some = rules.belongs(Collection(**base, match="any"), product, {})
    assert some or not every
    for one in conditions:
        opposite = {"is": "is_not", "is_not": "is"}.get(one.operator)
        if opposite:
            other = Condition(field="tag", operator=opposite, value=one.value)
            assert rules.meets(one, product, {}) != rules.meets(other, product, {})


# --- types and attributes


KINDS = {
    "text": (["oak"], [1, True]),
    "number": ([1, 2.5], ["1", False]),
    "boolean": ([True], ["yes", 1]),
    "date": (["2026-03-02"], ["2.3.2026", "2026-13-01", 3]),
    "choice": (["S"], ["XXL", 1]),
    "colour": (["Sand"], ["Mud", True]),
    "measurement": ([12.5], ["12.5 cm"]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_attribute_accepts_only_its_own_values(kind) -> None:
    choices = {"choice": ("S", "M"), "colour": ("Sand",)}.get(kind, ())
    known = AttributeType(name="it", title="It", kind=kind, choices=choices, unit="cm" if kind == "measurement" else "")
    attributes.check_description(known)
    good, bad = KINDS[kind]
    assert all(attributes.fits(value, known) for value in good)
    assert not any(attributes.fits(value, known) for value in bad)


async def test_a_product_satisfies_its_type(shop: Shop) -> None:
    await shop.catalog.put_attribute_type(AttributeType(name="seat", title="Seat", kind="measurement", unit="cm"))
    await shop.catalog.put_attribute_type(
        AttributeType(name="wood", title="Wood", kind="choice", choices=("Oak", "Ash"))
    )
    chair = ProductType(name="chair", title="Chair", attributes=("seat", "wood"), required=("wood",))
    await shop.catalog.put_product_type(chair)
    made = await shop.catalog.create(ProductInput(title="Stool", type="chair", attributes={"seat": 44.5}))
    for wrong, pointer in (
        ({"seat": 44.5}, "/attributes/wood"),
        ({"wood": "Plastic"}, "/attributes/wood"),
        ({"wood": "Oak", "leg": "three"}, "/attributes/leg"),
    ):
        with pytest.raises(Invalid) as refused:
            await shop.catalog.edit(
                made.id, ProductInput(title="Stool", type="chair", status="published", attributes=wrong)
            )
        assert refused.value.problems[0].pointer == pointer
    with pytest.raises(Invalid, match="no product type"):
        await shop.catalog.create(ProductInput(title="Table", type="table"))
    with pytest.raises(Invalid, match="Add these attribute"):
        await shop.catalog.put_product_type(ProductType(name="rug", title="Rug", attributes=("pile",)))


async def test_an_attribute_definition_that_existing_products_violate_is_refused(shop: Shop) -> None:
    await sell(shop, "Stool", attributes={"wood": "Plastic"})
    with pytest.raises(Invalid, match="Plastic"):
        await shop.catalog.put_attribute_type(AttributeType(name="wood", title="Wood", kind="choice", choices=("Oak",)))


async def test_only_filterable_attributes_are_facets_and_units_are_shown(shop: Shop) -> None:
    await shop.catalog.put_attribute_type(
        AttributeType(name="seat", title="Seat height", kind="measurement", unit="cm")
    )
    await shop.catalog.put_attribute_type(AttributeType(name="batch", title="Batch", kind="text", filterable=False))
    await sell(shop, "Stool", attributes={"seat": 44.5, "batch": "B7"})
    await shop.search.bring_up_to_date()
    facets = {one.name: one for one in (await shop.search.find(SearchRequest())).facets}
    assert (facets["attr.seat"].title, facets["attr.seat"].values[0].title) == ("Seat height", "44.5 cm")
    assert "attr.batch" not in facets


# --- times


async def test_a_scheduled_product_is_published_when_its_time_has_come(
    shop: Shop, api: httpx.AsyncClient, clock: HandClock
) -> None:
    made = await shop.catalog.create(
        ProductInput(title="Advent", status="scheduled", publish_at=clock.now() + timedelta(hours=1))
    )
    await shop.bus.settle()
    assert (await api.get(f"/v1/products/{made.slug}")).status_code == 404
    clock.move(minutes=59)
    await shop.bus.settle()
    assert (await shop.catalog.get(made.id)).status == "scheduled"
    clock.move(minutes=2)
    await shop.bus.settle()
    assert (await shop.catalog.get(made.id)).status == "published"
    assert (await api.get(f"/v1/products/{made.slug}")).status_code == 200
    with pytest.raises(Invalid) as refused:
        await shop.catalog.create(ProductInput(title="Some day", status="scheduled"))
    assert refused.value.problems[0].pointer == "/publish_at"


# --- addresses


async def test_an_old_slug_redirects_to_the_current_one(shop: Shop, api: httpx.AsyncClient) -> None:
    kettle = await sell(shop, "Kettle")
    variants = tuple(VariantInput(sku=one.sku) for one in kettle.variants)
    for slug in ("harbour-kettle", "big-kettle"):
        await shop.catalog.edit(
            kettle.id, ProductInput(title="Kettle", slug=slug, status="published", variants=variants)
        )
    for old in ("kettle", "harbour-kettle"):
        page = await api.get(f"/p/{old}")
        assert (page.status_code, page.headers["location"]) == (301, "/p/big-kettle")
        answer = await api.get(f"/v1/products/{old}")
        assert (answer.status_code, answer.headers["location"]) == (301, "/v1/products/big-kettle")
    other = await sell(shop, "Kettle")
    assert other.slug == "kettle"
    assert (await api.get("/p/kettle")).status_code == 200


async def test_addresses_of_an_earlier_shop_redirect(shop: Shop, api: httpx.AsyncClient) -> None:
    await shop.catalog.put_redirect("/products/old-kettle.html", "/p/kettle")
    answer = await api.get("/products/old-kettle.html")
    assert (answer.status_code, answer.headers["location"]) == (301, "/p/kettle")
    assert (await api.get("/products/nothing.html")).status_code == 404
    assert (await api.get("/v1/nothing")).json()["code"] == "not_found"
    for target in ("https://elsewhere.example", "//elsewhere.example"):
        with pytest.raises(Invalid):
            await shop.catalog.put_redirect("/x", target)


async def test_texts_for_search_engines_are_on_the_page(shop: Shop, api: httpx.AsyncClient) -> None:
    await sell(shop, "Kettle", seo_title="A kettle that sings", seo_description="Three notes, no tea spilt.")
    page = (await api.get("/p/kettle")).text
    assert "<title>A kettle that sings" in page
    assert "Three notes, no tea spilt." in page
    with pytest.raises(Missing):
        await shop.catalog.get("no-kettle")


async def test_the_page_of_a_collection_has_its_facets(shop: Shop, api: httpx.AsyncClient) -> None:
    kettle = await sell(shop, "Kettle", brand="Fjord")
    await sell(shop, "Lamp", brand="Pier")
    await shop.catalog.put_collection(
        Collection(slug="gifts", title="Gifts under ten", description="Small things", product_ids=(kettle.id,))
    )
    await shop.bus.settle()
    await shop.search.bring_up_to_date()
    page = (await api.get("/collections/gifts")).text
    assert "Small things" in page
    assert "Fjord" in page
    assert "Lamp" not in page
    assert (await api.get("/collections/none")).status_code == 404


async def test_colours_show_their_swatches_on_cards_in_facets_and_in_options(
    shop: Shop, api: httpx.AsyncClient
) -> None:
    swatches = {"Red": "#a8322d", "Navy": "#2b3a57"}
    await shop.catalog.put_attribute_type(
        AttributeType(name="colour", title="Colour", kind="colour", swatches=swatches)
    )
    kettle = await sell(shop, "Harbour Kettle", colours=("Red", "Navy", "Unheard of"))
    await shop.search.bring_up_to_date()
    found = (await api.get("/v1/search", params={"q": "kettle"})).json()
    assert found["items"][0]["colours"] == ["#a8322d", "#2b3a57"]
    assert found["highlights"] == ["Harbour <mark>Kettle</mark>"]
    facet = next(one for one in found["facets"] if one["name"] == "attr.colour")
    assert {one["value"]: one.get("swatch") for one in facet["values"]} == {**swatches, "Unheard of": None}
    for page in (f"/p/{kettle.slug}", "/search?q=kettle"):
        assert 'fill="#a8322d"' in (await api.get(page)).text
    assert "Harbour <mark>Kettle</mark>" in (await api.get("/search?q=kettle")).text
