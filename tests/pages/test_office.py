"""The back office, page by page."""

import io
import re

import httpx
import pytest
from PIL import Image

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.services.catalog.contract import AttributeType
from shopwright.services.inventory.contract import Adjustment
from tests.builders.goods import sell
from tests.builders.orders import fill_cart
from tests.builders.pages import send


async def test_stock_is_shown_adjusted_and_explained(shop: Shop, office: httpx.AsyncClient) -> None:
    kettle = await sell(shop, on_hand=2)
    variant = kettle.variants[0]
    page = (await office.get("/office/stock")).text
    assert variant.sku in page
    here = f"/office/stock/{variant.id}"
    booked = await send(office, here, here, delta="12", reason="delivery 4711", key="one")
    assert booked.status_code == 303
    await send(office, here, here, delta="12", reason="delivery 4711", key="one")
    assert (await shop.inventory.stock([variant.id]))[variant.id].on_hand == 14
    assert "delivery 4711 (Shop owner)" in (await office.get(here)).text
    for delta, reason, expected in (
        ("-15", "broken", "cannot be removed"),
        ("x", "why", "Enter the adjustment"),
        ("1", "", "Say why"),
    ):
        refused = await send(office, here, here, delta=delta, reason=reason)
        assert refused.status_code == 422
        assert expected in refused.text
    assert (await shop.inventory.stock([variant.id]))[variant.id].on_hand == 14


async def test_stock_is_kept_by_location_and_may_be_sold_before_it_arrives(
    shop: Shop, office: httpx.AsyncClient
) -> None:
    kettle = await sell(shop, on_hand=1)
    variant = kettle.variants[0].id
    here = f"/office/stock/{variant}"
    made = await send(office, "/office/locations", "/office/locations", title="Northern store", position="2")
    assert made.status_code == 303
    assert "northern-store" in (await office.get("/office/locations")).text
    booked = await send(office, here, here, delta="3", reason="delivery", location="northern-store")
    assert booked.status_code == 303
    assert "Northern store" in (await office.get(here)).text
    removed = await send(office, "/office/locations", "/office/locations", delete="northern-store")
    assert removed.status_code == 422
    assert "empty location" in removed.text
    wrong = await send(office, here, f"{here}/rule", backorder="-1", low_at="2")
    assert wrong.status_code == 422
    assert "whole number" in wrong.text
    assert (await send(office, here, f"{here}/rule", backorder="6", low_at="2")).status_code == 303
    assert (await shop.inventory.stock([variant]))[variant].available == 10
    await shop.inventory.adjust([
        Adjustment(variant_id=variant, on_hand=0, reason="x", location=one) for one in ("main", "northern-store")
    ])  # fmt: skip
    page = (await office.get(f"/p/{kettle.slug}")).text
    assert "ship it as soon as it arrives" in page
    assert "schema.org/BackOrder" in page


async def test_promotions_are_created_paused_and_deleted(shop: Shop, office: httpx.AsyncClient) -> None:
    kettle = await sell(shop, price=10_000)
    cart = await fill_cart(shop, (kettle, 1))
    page, action = "/office/pricing", "/office/pricing/promotions"
    made = await send(office, page, action, title="Spring sale", kind="percentage", value="12,5", minimum="50")
    assert made.status_code == 303
    assert (await shop.carts.get(cart.id)).totals.discount.amount == 1250
    [promotion] = await shop.pricing.promotions()
    assert "12.5 %" in (await office.get(page)).text
    await send(office, page, action, pause=promotion.id)
    assert (await shop.carts.get(cart.id)).totals.discount.amount == 0
    await send(office, page, action, remove=promotion.id)
    assert await shop.pricing.promotions() == []


async def test_coupons_shipping_and_taxes_are_created_and_deleted(shop: Shop, office: httpx.AsyncClient) -> None:
    page = "/office/pricing"
    await send(
        office, page, f"{page}/coupons", code="may5", kind="fixed", value="5.00", limit_total="3", ends_at="2030-01-01"
    )
    coupon = next(one for one in await shop.pricing.coupons() if one.code == "MAY5")
    assert (coupon.value, coupon.limit_total, coupon.ends_at.year) == (500, 3, 2030)
    await send(
        office, page, f"{page}/shipping", title="Bike", price="3.90", countries="de, at", days_min="1", days_max="1"
    )
    shipping = next(one for one in await shop.pricing.shipping_rates() if one.title == "Bike")
    assert (shipping.price.amount, shipping.countries) == (390, ("DE", "AT"))
    await send(office, page, f"{page}/taxes", country="no", rate="25", tax_class="standard", title="MVA")
    assert any((one.country, one.rate) == ("NO", 2500) for one in await shop.pricing.tax_rates())
    await send(office, page, f"{page}/coupons", remove="MAY5")
    await send(office, page, f"{page}/shipping", remove=shipping.id)
    (rate,) = [one for one in await shop.pricing.tax_rates() if one.country == "NO"]
    assert rate.who == "Shop owner"
    await send(office, page, f"{page}/taxes", remove=rate.id)
    assert all(one.code != "MAY5" for one in await shop.pricing.coupons())
    assert all(one.title != "Bike" for one in await shop.pricing.shipping_rates())
    assert all(one.country != "NO" for one in await shop.pricing.tax_rates())


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("promotions", {"title": "", "kind": "percentage", "value": "10"}, "needs a title"),
        ("promotions", {"title": "Spring", "kind": "percentage", "value": "a lot"}, "A percentage is a number"),
        ("promotions", {"title": "Spring", "kind": "percentage", "value": "101"}, "from 0 to 100"),
        ("coupons", {"code": "A", "kind": "fixed", "value": "-1"}, "above zero"),
        ("coupons", {"code": "A", "kind": "fixed", "value": "1", "limit_total": "few"}, "not a whole number"),
        ("shipping", {"title": "", "price": "1"}, "Enter the name shoppers see"),
        ("taxes", {"country": "Germany", "rate": "19"}, "write DE"),
        ("taxes", {"country": "XX", "rate": "19"}, "two letters of ISO 3166-1"),
        (
            "shipping",
            {"title": "A", "price": "1", "countries": "GERMANY", "days_min": "1", "days_max": "2"},
            "write DE",
        ),
        ("shipping", {"title": "A", "price": "1", "days_min": "7", "days_max": "3"}, "write 3 to 7"),
        (
            "coupons",
            {"code": "A", "kind": "percentage", "value": "5", "starts_at": "2026-05-02", "ends_at": "2026-05-01"},
            "after it starts",
        ),
        ("taxes", {"country": "DE", "rate": "190"}, "from 0 to 100"),
    ],
)
async def test_an_impossible_value_is_reported_and_the_form_keeps_its_text(
    shop: Shop, office: httpx.AsyncClient, kind: str, fields: dict[str, str], expected: str
) -> None:
    answer = await send(office, "/office/pricing", f"/office/pricing/{kind}", **fields)
    assert answer.status_code == 422
    assert expected in answer.text
    for value in fields.values():
        assert not value or value in answer.text


async def test_a_product_is_scheduled_and_described_to_search_engines(
    shop: Shop, office: httpx.AsyncClient, clock: HandClock
) -> None:
    kettle = await sell(shop)
    await shop.catalog.set_status(kettle.id, "draft")
    page = f"/office/products/{kettle.id}"
    fields = {"title": kettle.title, "status": "scheduled", "publish_at": "2026-03-02T12:00", "seo_title": "It sings"}
    saved = await send(office, page, page, **fields)
    assert saved.status_code == 303, saved.text
    assert 'value="2026-03-02T12:00"' in (await office.get(page)).text
    clock.move(hours=4)
    await shop.bus.settle()
    found = await shop.catalog.get(kettle.id)
    assert (found.status, found.seo_title) == ("published", "It sings")


async def test_a_product_is_created_described_and_published(shop: Shop, office: httpx.AsyncClient) -> None:
    await shop.catalog.put_category("kitchen", "Kitchen")
    await shop.catalog.put_attribute_type(
        AttributeType(name="height", title="Height", kind="measurement", unit="cm", filterable=True)
    )
    new = "/office/new-product"
    for wrong, expected in (
        ({"options": "Colour"}, "such as Colour: Red"),
        ({"price": "much"}, "much"),
        ({}, "needs a title"),
    ):
        refused = await send(office, new, new, **{"title": "" if not wrong else "Jug", **wrong})
        assert refused.status_code == 422
        assert expected in refused.text
    made = await send(office, new, new, title="Tall Jug", price="24.50", options="Colour: Red, Navy\nSize: S, L")
    page = made.headers["location"]
    jug = await shop.catalog.get(page.rpartition("/")[2])
    assert (jug.status, len(jug.variants), jug.slug) == ("draft", 4, "tall-jug")
    prices = await shop.pricing.prices([one.id for one in jug.variants], "EUR")
    assert {one.amount.amount for one in prices.values()} == {2450}
    fields = {"title": "Tall Jug", "status": "published", "belongs": "1", "in-kitchen": "on", "tags": "new, tall"}
    wrong = await send(office, page, page, **fields, **{"add-attr": "height", "add-value": "rather tall"})
    assert wrong.status_code == 422
    assert "Height is a number" in wrong.text
    saved = await send(office, page, page, **fields, **{"add-attr": "height", "add-value": "31,5"})
    assert saved.status_code == 303, saved.text
    jug = await shop.catalog.get(jug.id)
    assert (jug.attributes, jug.tags, len(jug.category_ids)) == ({"height": 31.5}, ("new", "tall"), 1)
    assert 'value="31.5"' in (await office.get(page)).text
    await send(office, page, page, **{**fields, "attr-height": ""})
    assert (await shop.catalog.get(jug.id)).attributes == {}


async def test_pictures_are_uploaded_and_reordered(shop: Shop, office: httpx.AsyncClient) -> None:
    kettle = await sell(shop)
    page = f"/office/products/{kettle.id}"

    async def upload(data: bytes) -> httpx.Response:
        token = re.search(r'name="_csrf_token" value="([^"]+)"', (await office.get(page)).text)[1]
        return await office.post(
            f"{page}/pictures",
            data={"_csrf_token": token, "alt": "A kettle"},
            files={"picture": ("kettle.png", data, "image/png")},
        )

    for colour in ("red", "blue"):
        picture = io.BytesIO()
        Image.new("RGB", (40, 50), colour).save(picture, "PNG")
        assert (await upload(picture.getvalue())).status_code == 303
    for wrong in (b"", b"<html>no picture</html>"):
        assert (await upload(wrong)).status_code == 422
    media = (await shop.catalog.get(kettle.id)).media
    assert [(one.alt, one.width) for one in media] == [("A kettle", 40)] * 2
    await send(office, page, f"{page}/pictures", first=media[1].url)
    assert [one.url for one in (await shop.catalog.get(kettle.id)).media] == [media[1].url, media[0].url]
    await send(office, page, f"{page}/pictures", remove=media[1].url)
    assert [one.url for one in (await shop.catalog.get(kettle.id)).media] == [media[0].url]
    assert media[0].url.rpartition("/")[0] in (await office.get(page)).text


async def test_collections_are_created_by_hand_and_by_rules(shop: Shop, office: httpx.AsyncClient) -> None:
    kettle, lamp = await sell(shop, "Kettle", brand="Ostra"), await sell(shop, "Lamp", brand="Nord")
    new = "/office/collections/new"
    by_rules = {"title": "Of Ostra", "kind": "rules", "field-0": "brand", "operator-0": "is", "value-0": "ostra"}
    assert (await send(office, new, new, **by_rules)).headers["location"].startswith("/office/collections/of-ostra")
    assert [one.id for one in (await shop.catalog.in_collection("of-ostra"))[0]] == [kettle.id]
    by_hand = {"title": "Our two", "kind": "manual", "skus": f"{lamp.variants[0].sku}\n{kettle.slug}"}
    await send(office, new, new, **by_hand)
    assert [one.id for one in (await shop.catalog.in_collection("our-two"))[0]] == [lamp.id, kettle.id]
    refused = await send(office, new, new, **{**by_hand, "skus": "NO-SUCH"})
    assert refused.status_code == 422
    assert "NO-SUCH" in refused.text
    no_number = {**by_rules, "operator-0": "at_least"}
    assert "is a number" in (await send(office, new, new, **no_number)).text
    here = "/office/collections/our-two"
    assert "Lamp" in (await office.get(here)).text
    await send(office, here, here, remove="1")
    assert [one.slug for one in await shop.catalog.collections()] == ["of-ostra"]
    assert (await office.get(here)).status_code == 404


async def test_attributes_and_types_are_described(shop: Shop, office: httpx.AsyncClient) -> None:
    page = "/office/attributes"
    colour = {"title": "Glaze", "kind": "colour", "swatches": "Deep Navy #2b3a57\nSand #d3b98f", "filterable": "on"}
    assert (await send(office, page, f"{page}/attribute", **colour)).status_code == 303
    known = (await shop.catalog.attribute_types())["glaze"]
    assert (known.swatches, known.filterable) == ({"Deep Navy": "#2b3a57", "Sand": "#d3b98f"}, True)
    wrong = await send(office, page, f"{page}/attribute", **{**colour, "swatches": "Navy blue"})
    assert wrong.status_code == 422
    assert "#8a3b1d" in wrong.text
    made = await send(office, page, f"{page}/type", title="Bowl", attributes="glaze", required="glaze")
    assert made.status_code == 303
    assert "Glaze" in (await office.get(page)).text
    refused = await send(office, page, f"{page}/type", title="Vase", attributes="unheard")
    assert "Add these attribute definitions first" in refused.text


async def test_the_audit_log_shows_who_did_what_and_is_filtered(shop: Shop, office: httpx.AsyncClient) -> None:
    kettle = await sell(shop, on_hand=2)
    here = f"/office/stock/{kettle.variants[0].id}"
    await send(office, here, here, delta="12", reason="delivery 4711", key="one")
    await send(office, "/office/pricing", "/office/pricing/coupons", code="FEW", kind="percentage", value="5")
    page = (await office.get("/office/audit")).text
    assert "Shop owner" in page
    assert "on hand: 2" in page
    assert "on hand: 14" in page
    assert "coupon FEW" in page
    assert (
        "coupon FEW"
        not in (await office.get("/office/audit", params={"subject": f"stock {kettle.variants[0].id}"})).text
    )
    assert "No entry matches" in (await office.get("/office/audit", params={"since": "2030-01-01"})).text
