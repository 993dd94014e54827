"""Prefilled forms keep fields that are not typed again, and warn a second editor of the changes of the first."""

import html
import re
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from shopwright.app import Shop
from shopwright.kit.audit import AuditFilter
from shopwright.kit.errors import Refused
from shopwright.kit.money import Money
from shopwright.services.catalog.contract import AttributeType, Collection, Condition, ProductType
from shopwright.services.inventory.contract import Adjustment, Location, VariantQuantity
from shopwright.services.pricing.contract import Coupon, Price, Promotion
from shopwright.web.product_view import write
from tests.builders.goods import sell

PRICING = "/office/pricing"


def fields(page: str, action: str) -> dict[str, str]:
    """The fields a browser submits of the form with this action, with nothing typed."""
    form = next(
        one for one in re.findall(r"<form[^>]*>.*?</form>", page, re.DOTALL)
        if f'action="{action}"' in one and ("_seen" in one or "data-dirty" in one)
    )  # fmt: skip
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if (
            name
            and ('type="checkbox"' not in tag or " checked" in tag)
            and ('type="radio"' not in tag or " checked" in tag)
        ):
            found[name[1]] = html.unescape(value[1]) if value else "on"
    for name, text in re.findall(r'<textarea name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found[name] = html.unescape(text)
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected>', options) or re.search(
            r'<option value="([^"]*)"', options
        )
        found[name] = html.unescape(chosen[1]) if chosen else ""
    return found


async def opened(office: httpx.AsyncClient, page: str, action: str = "") -> dict[str, str]:
    answer = await office.get(page)
    assert answer.status_code == 200, answer.text
    return fields(answer.text, action or page)


async def coupon(shop: Shop, code: str = "MAY5") -> Coupon:
    return next(one for one in await shop.pricing.coupons() if one.code == code)


async def test_editing_a_coupon_keeps_fields_that_were_not_typed_again(shop: Shop, office: httpx.AsyncClient) -> None:
    token = re.search(r'name="_csrf_token" value="([^"]+)"', (await office.get(PRICING)).text)
    assert token is not None
    form = {
        "code": "may5", "kind": "fixed", "value": "5.00", "minimum": "50", "starts_at": "2029-01-01", "ends_at": "2030-01-01",
        "limit_total": "3", "limit_per_customer": "1", "alone": "on", "position": "7",
    }  # fmt: skip
    here = f"{PRICING}/coupons"
    assert (await office.post(here, data={"_csrf_token": token[1], **form})).status_code == 303
    made = await coupon(shop)
    assert (made.value, made.minimum, made.position, made.combinable) == (500, 5000, 7, False)
    blank = dict.fromkeys(
        ("value", "minimum", "starts_at", "ends_at", "limit_total", "limit_per_customer", "position"), ""
    )
    # As the form to add one submits it: with its first kind, and all else empty but for the typed fields.
    again = {"_csrf_token": token[1], **blank, "code": "MAY5", "kind": "percentage", "limit_total": "9"}
    assert (await office.post(here, data=again)).status_code == 303
    after = await coupon(shop)
    assert after == Coupon(**{name: getattr(made, name) for name in made.__struct_fields__} | {"limit_total": 9})
    part = {"_csrf_token": token[1], "code": "MAY5", "kind": "percentage", "value": "10"}
    assert (await office.post(here, data=part)).status_code == 303
    after = await coupon(shop)
    assert (after.kind, after.value, after.ends_at, after.minimum) == ("percentage", 1000, made.ends_at, 5000)


async def test_the_audit_log_names_the_promotion_and_stores_no_version_marks(
    shop: Shop, office: httpx.AsyncClient
) -> None:
    sale = await shop.pricing.put_promotion(Promotion(title="Sale", kind="percentage", value=1000))
    form = await opened(office, f"{PRICING}?kind=promotions&key={sale.id}", f"{PRICING}/promotions")
    assert (await office.post(f"{PRICING}/promotions", data={**form, "title": "Bargain"})).status_code == 303
    [entry, *_] = await shop.users.audit(AuditFilter(subject=f"promotion {sale.id}"), 0, 5)
    assert "_seen" not in entry.act.given
    assert entry.act.given["title"] == "Bargain"
    assert "Bargain" in str(entry.after)


async def test_a_coupon_is_changed_in_a_prefilled_form(shop: Shop, office: httpx.AsyncClient) -> None:
    await shop.pricing.put_coupon(
        Coupon(code="MAY5", kind="fixed", value=500, currency="EUR", limit_total=3, combinable=False, position=2)
    )
    assert "/office/pricing?kind=coupons&amp;key=MAY5#coupons" in (await office.get(PRICING)).text
    form = await opened(office, f"{PRICING}?kind=coupons&key=MAY5", f"{PRICING}/coupons")
    assert (form["value"], form["limit_total"], form["position"], form["kind"]) == ("5.00", "3", "2", "fixed")
    assert (await office.post(f"{PRICING}/coupons", data=form)).status_code == 303
    assert await coupon(shop) == Coupon(
        code="MAY5", kind="fixed", value=500, currency="EUR", limit_total=3, combinable=False, position=2
    )
    del form["alone"]
    assert (await office.post(f"{PRICING}/coupons", data={**form, "limit_total": ""})).status_code == 303
    assert ((await coupon(shop)).limit_total, (await coupon(shop)).combinable) == (0, True)


@pytest.mark.parametrize("kind", ["coupons", "promotions", "shipping", "taxes"])
async def test_the_second_editor_sees_the_other_changes_and_keeps_their_text(
    shop: Shop, office: httpx.AsyncClient, kind: str
) -> None:
    sale = await shop.pricing.put_promotion(
        Promotion(title="Sale", kind="percentage", value=1000, product_ids=("prd_1",), position=4)
    )
    key, mine, theirs, alone = {
        "coupons": ("WELCOME10", ("minimum", "20.00"), ("minimum", "30.00"), ("limit_total", "5")),
        "promotions": (sale.id, ("title", "My sale"), ("title", "Their sale"), ("minimum", "70.00")),
        "shipping": ("shr_express", ("title", "Fast"), ("title", "Faster"), ("days_max", "9")),
        "taxes": ("DE//standard//", ("title", "MwSt"), ("title", "USt"), ("rate", "17.5")),
    }[kind]
    here = f"{PRICING}/{kind}"
    first = await opened(office, f"{PRICING}?kind={kind}&key={key}", here)
    second = await opened(office, f"{PRICING}?kind={kind}&key={key}", here)
    assert (await office.post(here, data={**first, theirs[0]: theirs[1], alone[0]: alone[1]})).status_code == 303
    refused = await office.post(here, data={**second, mine[0]: mine[1]})
    assert refused.status_code == 409
    assert "Someone else saved this" in refused.text
    table = refused.text[refused.text.index("Saved by them") : refused.text.index("</table>")]
    for text in (theirs[1], mine[1], alone[1]):
        assert text in table
    again = fields(refused.text, here)
    assert (again[mine[0]], again[alone[0]]) == (mine[1], alone[1])
    assert (await office.post(here, data=again)).status_code == 303
    now = await opened(office, f"{PRICING}?kind={kind}&key={key}", here)
    assert (now[mine[0]], now[alone[0]]) == (mine[1], alone[1])
    if kind == "promotions":
        [promotion] = await shop.pricing.promotions()
        assert (promotion.id, promotion.product_ids, promotion.position) == (sale.id, ("prd_1",), 4)


async def test_a_form_of_a_deleted_object_says_so_and_adds_it_again(shop: Shop, office: httpx.AsyncClient) -> None:
    form = await opened(office, f"{PRICING}?kind=coupons&key=WELCOME10", f"{PRICING}/coupons")
    await shop.pricing.delete_coupon("WELCOME10")
    response = await office.post(f"{PRICING}/coupons", data=form)
    assert response.status_code == 422
    assert "removed it" in response.text
    assert await shop.pricing.coupons() == []


async def test_a_refused_save_can_be_sent_again(shop: Shop, office: httpx.AsyncClient) -> None:
    form = await opened(office, f"{PRICING}?kind=shipping&key=shr_express", f"{PRICING}/shipping")
    wrong = await office.post(f"{PRICING}/shipping", data={**form, "days_min": "7", "days_max": "3", "title": "Quick"})
    assert wrong.status_code == 422
    again = fields(wrong.text, f"{PRICING}/shipping")
    assert (again["title"], again["days_min"], again["days_max"]) == ("Quick", "7", "3")
    assert (await office.post(f"{PRICING}/shipping", data={**again, "days_max": "8"})).status_code == 303
    rate = next(one for one in await shop.pricing.shipping_rates() if one.id == "shr_express")
    assert (rate.title, rate.days_min, rate.days_max) == ("Quick", 7, 8)


async def product_form(office: httpx.AsyncClient, product_id: str) -> dict[str, str]:
    return await opened(office, f"/office/products/{product_id}")


async def test_the_second_editor_of_a_product_keeps_their_text_and_reverts_nothing(
    shop: Shop, office: httpx.AsyncClient
) -> None:
    await shop.catalog.put_category("kitchen", "Kitchen")
    kettle = await sell(shop, price=5000, colours=("Red", "Navy"))
    red, navy = (one.id for one in kettle.variants)
    here = f"/office/products/{kettle.id}"
    first, second = [await product_form(office, kettle.id) for _ in range(2)]
    theirs = {"title": "Their kettle", "in-kitchen": "on", f"price-{red}": "60.00", "seo_title": "Of theirs"}
    assert (await office.post(here, data={**first, **theirs})).status_code == 303
    mine = {**second, "title": "My kettle", "description": "<p>My own words</p>", f"price-{navy}": "70.00"}
    refused = await office.post(here, data=mine)
    assert refused.status_code == 409
    table = refused.text[refused.text.index("Saved by them") : refused.text.index("</table>")]
    for text in ("Their kettle", "My kettle", "Category Kitchen", "60.00", "Of theirs"):
        assert text in table
    assert (await shop.catalog.get(kettle.id)).title == "Their kettle"
    again = fields(refused.text, here)
    assert (again["title"], again["description"], again["seo_title"], again["in-kitchen"]) == (
        "My kettle", "<p>My own words</p>", "Of theirs", "on",
    )  # fmt: skip
    assert (await office.post(here, data=again)).status_code == 303
    found = await shop.catalog.get(kettle.id)
    prices = await shop.pricing.prices([red, navy], "EUR")
    assert (found.title, found.seo_title, len(found.category_ids)) == ("My kettle", "Of theirs", 1)
    assert [prices[one].amount.amount for one in (red, navy)] == [6000, 7000]


async def test_an_untouched_price_and_count_are_not_reverted(shop: Shop, office: httpx.AsyncClient) -> None:
    kettle = await sell(shop, price=5000, on_hand=9)
    variant = kettle.variants[0].id
    form = await product_form(office, kettle.id)
    await shop.pricing.set_prices([Price(variant, Money(4000, "EUR"))])
    await shop.inventory.adjust([Adjustment(variant_id=variant, delta=-2, reason="sold")])
    refused = await office.post(f"/office/products/{kettle.id}", data={**form, "title": "Mine"})
    assert refused.status_code == 409
    again = fields(refused.text, f"/office/products/{kettle.id}")
    assert (again[f"price-{variant}"], again[f"stock-{variant}"]) == ("40.00", "7")
    assert (await office.post(f"/office/products/{kettle.id}", data=again)).status_code == 303
    assert (await shop.pricing.prices([variant], "EUR"))[variant].amount.amount == 4000
    assert (await shop.inventory.stock([variant]))[variant].on_hand == 7


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        ({"stock": "1"}, {"stock": "3"}, "reserved for orders"),
        ({"compare": "1.00"}, {"compare": ""}, "above its price"),
        ({"price": ""}, {"price": "60"}, "Enter the price"),
        ({"title": " "}, {"title": "Better"}, "title"),
        ({"publish_at": "soon"}, {"publish_at": ""}, "not a time"),
        ({"add-attr": "no such", "add-value": "x"}, {"add-attr": "", "add-value": ""}, ""),
    ],
)
async def test_a_save_of_a_product_that_reports_an_error_saved_nothing_and_the_next_one_works(
    shop: Shop, office: httpx.AsyncClient, wrong: dict[str, str], right: dict[str, str], message: str
) -> None:
    kettle = await sell(shop, price=5000, on_hand=5)
    variant = kettle.variants[0].id
    await shop.inventory.reserve("ord_1", [VariantQuantity(variant, 3)], shop.clock.now() + timedelta(hours=1))
    here = f"/office/products/{kettle.id}"

    def named(more: dict[str, str]) -> dict[str, str]:
        return {
            f"{name}-{variant}" if name in {"stock", "price", "compare"} else name: text for name, text in more.items()
        }

    async def state() -> tuple[Any, ...]:
        stock, prices = await shop.inventory.stock([variant]), await shop.pricing.prices([variant], "EUR")
        return await shop.catalog.get(kettle.id), stock, prices

    before = await state()
    form = {**await product_form(office, kettle.id), "title": "Changed", "brand": "Other", f"price-{variant}": "55.00"}
    refused = await office.post(here, data={**form, **named(wrong)})
    assert refused.status_code == 422, refused.text
    assert message in refused.text
    assert await state() == before
    again = fields(refused.text, here)
    assert again["brand"] == "Other"
    for name, text in named(wrong).items():
        assert again[name] == text
    assert (await office.post(here, data={**again, **named(right)})).status_code == 303
    after = await shop.catalog.get(kettle.id)
    assert (after.brand, after.version) == ("Other", kettle.version + 1)
    expected = int(right.get("stock", "5"))
    assert (await shop.inventory.stock([variant]))[variant].on_hand == expected


async def test_a_refusal_of_one_service_undoes_the_changes_of_the_others(shop: Shop) -> None:
    kettle = await sell(shop, price=5000, on_hand=5)
    variant = kettle.variants[0].id
    await shop.inventory.reserve("ord_1", [VariantQuantity(variant, 3)], shop.clock.now() + timedelta(hours=1))
    written = await write.as_written(shop.product_views, kettle)
    offer = msgspec.structs.replace(written.variants[0], price=Money(100, "EUR"), on_hand=1)
    new = msgspec.structs.replace(written, title="Changed", variants=(offer,))
    with pytest.raises(Refused):
        await write.replace(shop.product_views, kettle.id, new, kettle.version, "counted")
    after = await shop.catalog.get(kettle.id)
    assert (after.title, after.brand) == (kettle.title, kettle.brand)
    assert (await shop.pricing.prices([variant], "EUR"))[variant].amount.amount == 5000
    fitting = msgspec.structs.replace(new, variants=(msgspec.structs.replace(offer, on_hand=4),))
    assert (await write.replace(shop.product_views, kettle.id, fitting, after.version, "counted")).title == "Changed"


async def test_a_refused_picture_keeps_the_old_one(shop: Shop, office: httpx.AsyncClient) -> None:
    kettle = await sell(shop)
    page = f"/office/products/{kettle.id}"
    form = await product_form(office, kettle.id)
    answer = await office.post(
        f"{page}/pictures",
        data={"_csrf_token": form["_csrf_token"], "alt": "A red kettle"},
        files={"picture": ("kettle.png", b"no picture", "image/png")},
    )
    assert answer.status_code == 422
    assert 'value="A red kettle"' in answer.text
    assert 'role="alert"' in answer.text


async def both(
    office: httpx.AsyncClient, page: str, action: str, theirs: dict[str, str], mine: dict[str, str]
) -> dict[str, str]:
    """Two editors have a form open; the first saves `theirs`, the second is warned and saves `mine`. Returns the form then."""
    first, second = [await opened(office, page, action) for _ in range(2)]
    assert (await office.post(action, data={**first, **theirs})).status_code == 303
    refused = await office.post(action, data={**second, **mine})
    assert refused.status_code == 409, refused.text
    for text in (*theirs.values(), *mine.values()):
        assert html.escape(text) in refused.text
    assert (await office.post(action, data=fields(refused.text, action))).status_code == 303
    return await opened(office, page, action)


async def test_every_edit_form_warns_the_second_editor(shop: Shop, office: httpx.AsyncClient) -> None:
    kettle, lamp = await sell(shop, brand="Ostra"), await sell(shop, "Lamp", brand="Nord")
    await shop.catalog.put_collection(
        Collection(
            slug="ostra", title="Of Ostra", kind="rules",
            conditions=(Condition(field="brand", operator="is", value="Ostra"),),
        )
    )  # fmt: skip
    here = "/office/collections/ostra"
    now = await both(
        office, here, here, {"title": "Theirs", "value-0": "Nord"}, {"title": "Mine", "description": "Of mine"}
    )
    assert (now["title"], now["description"], now["value-0"]) == ("Mine", "Of mine", "Nord")
    assert [one.id for one in (await shop.catalog.in_collection("ostra"))[0]] == [lamp.id]
    await shop.catalog.put_attribute_type(
        AttributeType(name="glaze", title="Glaze", kind="text", choices=("Matt", "Raw"))
    )
    page, here = "/office/attributes?what=attribute&name=glaze", "/office/attributes/attribute"
    now = await both(office, page, here, {"title": "Theirs", "unit": "of theirs"}, {"title": "Mine"})
    assert (now["title"], now["unit"]) == ("Mine", "of theirs")
    await shop.catalog.put_product_type(ProductType(name="bowl", title="Bowl", attributes=("glaze",), required=()))
    page, here = "/office/attributes?what=type&name=bowl", "/office/attributes/type"
    now = await both(office, page, here, {"title": "Theirs", "required": "glaze"}, {"title": "Mine"})
    assert (now["title"], now["required"], now["attributes"]) == ("Mine", "glaze", "glaze")
    here = f"/office/stock/{kettle.variants[0].id}"
    now = await both(office, here, f"{here}/rule", {"backorder": "5", "low_at": "9"}, {"low_at": "4"})
    assert (now["backorder"], now["low_at"]) == ("5", "4")
    page, here = "/office/locations?change=main", "/office/locations"
    now = await both(office, page, here, {"title": "Theirs", "position": "3"}, {"title": "Mine"})
    assert (now["title"], now["position"]) == ("Mine", "3")


async def test_existing_objects_keep_fields_that_were_not_typed_again(shop: Shop, office: httpx.AsyncClient) -> None:
    token = re.search(r'name="_csrf_token" value="([^"]+)"', (await office.get(PRICING)).text)
    assert token is not None
    csrf = {"_csrf_token": token[1]}
    glaze = AttributeType(name="glaze", title="Glaze", kind="choice", choices=("Matt", "Shiny"), filterable=True)
    await shop.catalog.put_attribute_type(glaze)
    again = {**csrf, "name": "glaze", "title": "Surface", "kind": "text", "unit": "", "choices": "", "swatches": ""}
    assert (await office.post("/office/attributes/attribute", data=again)).status_code == 303
    assert (await shop.catalog.attribute_types())["glaze"] == msgspec.structs.replace(glaze, title="Surface")
    assert (
        await office.post(f"{PRICING}/taxes", data={**csrf, "country": "de", "rate": "", "title": "MwSt"})
    ).status_code == 303
    rate = next(one for one in await shop.pricing.tax_rates() if (one.country, one.tax_class) == ("DE", "standard"))
    assert (rate.rate, rate.title) == (1900, "MwSt")
    await shop.inventory.put_location(Location("north", "North", 7))
    moved = {**csrf, "id": "north", "title": "Northern store", "position": ""}
    assert (await office.post("/office/locations", data=moved)).status_code == 303
    assert Location("north", "Northern store", 7) in await shop.inventory.locations()
    kettle = await sell(shop)
    here = f"/office/products/{kettle.id}"
    assert (await office.post(here, data={**csrf, "seo_title": "It sings"})).status_code == 303
    after = await shop.catalog.get(kettle.id)
    assert (after.title, after.brand, after.status, after.seo_title) == (
        kettle.title,
        kettle.brand,
        "published",
        "It sings",
    )


async def test_a_new_product_with_an_impossible_price_is_not_created(shop: Shop, office: httpx.AsyncClient) -> None:
    page = "/office/new-product"
    token = re.search(r'name="_csrf_token" value="([^"]+)"', (await office.get(page)).text)
    assert token is not None
    form = {"_csrf_token": token[1], "title": "Jug", "price": "99999999999999"}
    for price in ("99999999999999", "-1", "1.999"):
        refused = await office.post(page, data=form | {"price": price})
        assert refused.status_code == 422
        assert 'value="Jug"' in refused.text
    assert await shop.catalog.list_products() == []
    made = await office.post(page, data=form | {"price": "24.50"})
    assert made.status_code == 303
    assert [one.slug for one in await shop.catalog.list_products()] == ["jug"]
