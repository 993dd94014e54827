"""Forms that are filled with what there is, keep what is not typed again, and tell a second editor what the first changed."""

import html
import re

import httpx
import pytest

from shopwright.app import Shop
from shopwright.services.pricing.contract import Coupon, Promotion
from tests.conftest import OWNER

PRICING = "/office/pricing"


@pytest.fixture
async def office(shop: Shop, api: httpx.AsyncClient) -> httpx.AsyncClient:
    """The owner's browser."""
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    return api


def fields(page: str, action: str) -> dict[str, str]:
    """What a browser would send of the form with this action, with nothing typed."""
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


async def test_add_or_change_a_coupon_keeps_what_is_not_typed_again(shop: Shop, office: httpx.AsyncClient) -> None:
    token = re.search(r'name="_csrf_token" value="([^"]+)"', (await office.get(PRICING)).text)
    assert token is not None
    whole = {
        "code": "may5", "kind": "fixed", "value": "5.00", "minimum": "50", "starts_at": "2029-01-01", "ends_at": "2030-01-01",
        "limit_total": "3", "limit_per_customer": "1", "alone": "on", "position": "7",
    }  # fmt: skip
    here = f"{PRICING}/coupons"
    assert (await office.post(here, data={"_csrf_token": token[1], **whole})).status_code == 303
    made = await coupon(shop)
    assert (made.value, made.minimum, made.position, made.combinable) == (500, 5000, 7, False)
    blank = dict.fromkeys(
        ("value", "minimum", "starts_at", "ends_at", "limit_total", "limit_per_customer", "position"), ""
    )
    # As the form to add one sends it: with its first kind, and all else empty but for what was typed.
    again = {"_csrf_token": token[1], **blank, "code": "MAY5", "kind": "percentage", "limit_total": "9"}
    assert (await office.post(here, data=again)).status_code == 303
    after = await coupon(shop)
    assert after == Coupon(**{name: getattr(made, name) for name in made.__struct_fields__} | {"limit_total": 9})
    part = {"_csrf_token": token[1], "code": "MAY5", "kind": "percentage", "value": "10"}
    assert (await office.post(here, data=part)).status_code == 303
    after = await coupon(shop)
    assert (after.kind, after.value, after.ends_at, after.minimum) == ("percentage", 1000, made.ends_at, 5000)


async def test_a_coupon_is_changed_in_a_form_that_is_filled(shop: Shop, office: httpx.AsyncClient) -> None:
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
async def test_who_saves_second_sees_what_the_other_changed_and_keeps_their_text(
    shop: Shop, office: httpx.AsyncClient, kind: str
) -> None:
    sale = await shop.pricing.put_promotion(
        Promotion(title="Sale", kind="percentage", value=1000, product_ids=("prd_1",), position=4)
    )
    key, mine, theirs, alone = {
        "coupons": ("WELCOME10", ("minimum", "20.00"), ("minimum", "30.00"), ("limit_total", "5")),
        "promotions": (sale.id, ("title", "My sale"), ("title", "Their sale"), ("minimum", "70.00")),
        "shipping": ("shr_express", ("title", "Fast"), ("title", "Faster"), ("days_max", "9")),
        "taxes": ("DE//standard", ("title", "MwSt"), ("title", "USt"), ("rate", "17.5")),
    }[kind]
    here = f"{PRICING}/{kind}"
    first = await opened(office, f"{PRICING}?kind={kind}&key={key}", here)
    second = await opened(office, f"{PRICING}?kind={kind}&key={key}", here)
    assert (await office.post(here, data={**first, theirs[0]: theirs[1], alone[0]: alone[1]})).status_code == 303
    refused = await office.post(here, data={**second, mine[0]: mine[1]})
    assert refused.status_code == 409
    assert "Somebody else saved this" in refused.text
    table = refused.text[refused.text.index("Saved by them") : refused.text.index("</table>")]
    for text in (theirs[1], mine[1], alone[1]):
        assert text in table
    again = fields(refused.text, here)
    assert (again[mine[0]], again[alone[0]]) == (mine[1], alone[1])
    assert (await office.post(here, data=again)).status_code == 303
    now = await opened(office, f"{PRICING}?kind={kind}&key={key}", here)
    assert (now[mine[0]], now[alone[0]]) == (mine[1], alone[1])
    if kind == "promotions":
        [kept] = await shop.pricing.promotions()
        assert (kept.id, kept.product_ids, kept.position) == (sale.id, ("prd_1",), 4)


async def test_a_form_of_what_was_taken_away_meanwhile_says_so_and_adds_it_anew(
    shop: Shop, office: httpx.AsyncClient
) -> None:
    form = await opened(office, f"{PRICING}?kind=coupons&key=WELCOME10", f"{PRICING}/coupons")
    await shop.pricing.delete_coupon("WELCOME10")
    told = await office.post(f"{PRICING}/coupons", data=form)
    assert told.status_code == 422
    assert "took it away" in told.text
    assert await shop.pricing.coupons() == []


async def test_a_save_that_was_refused_can_be_sent_again(shop: Shop, office: httpx.AsyncClient) -> None:
    form = await opened(office, f"{PRICING}?kind=shipping&key=shr_express", f"{PRICING}/shipping")
    wrong = await office.post(f"{PRICING}/shipping", data={**form, "days_min": "7", "days_max": "3", "title": "Quick"})
    assert wrong.status_code == 422
    again = fields(wrong.text, f"{PRICING}/shipping")
    assert (again["title"], again["days_min"], again["days_max"]) == ("Quick", "7", "3")
    assert (await office.post(f"{PRICING}/shipping", data={**again, "days_max": "8"})).status_code == 303
    rate = next(one for one in await shop.pricing.shipping_rates() if one.id == "shr_express")
    assert (rate.title, rate.days_min, rate.days_max) == ("Quick", 7, 8)
