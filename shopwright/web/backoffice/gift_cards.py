"""Gift cards: list, issue, disable, enable, replace. A code is shown once, and in no URL."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shopwright.kit import money
from shopwright.kit.auth import staff
from shopwright.kit.days import parse_day
from shopwright.kit.errors import IdempotencyConflict, Invalid, ShopError
from shopwright.kit.http.access import NAMELESS, allow
from shopwright.kit.http.app_context import current_app
from shopwright.kit.http.dependency import CurrentCaller, Dependency
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.giftcards.contract import GiftCard, GiftCards, NewGiftCard
from shopwright.web import render
from shopwright.web.backoffice.office_context import OfficeContext, OfficeDep
from shopwright.web.storefront.page_context import SettingsDep, Web, form_of

GiftCardsDep = Dependency[GiftCards]
PAGE = 50
ANOTHER = gettext_noop("This form has issued another card before. Send it again to issue this one, too.")
READ, WRITE = allow(staff("gift_cards.read")), allow(staff("gift_cards.write"))
STATES = {
    "active": gettext_noop("Active"),
    "spent": gettext_noop("Spent"),
    "expired": gettext_noop("Expired"),
    "disabled": gettext_noop("Disabled"),
}
WHY = {
    "sold": gettext_noop("Sold"),
    "goodwill": gettext_noop("Goodwill"),
    "refund": gettext_noop("Refund"),
    "replacement": gettext_noop("Replacement"),
}
ENDS = frozenset({"rule", "day", "never"})
KINDS = {
    "issued": gettext_noop("Issued"),
    "taken": gettext_noop("Paid for an order"),
    "given_back": gettext_noop("Refunded"),
    "moved": gettext_noop("Moved to or from another card"),
}


def _shown(card: GiftCard) -> dict[str, Any]:
    return {
        **render.plain(card),
        "state_title": _(STATES[card.state]),
        "why_title": _(WHY[card.why]),
        "code": card.code,
    }


@get("/office/gift-cards", opt=READ, include_in_schema=False)
async def overview(
    office: OfficeDep,
    giftcards: GiftCardsDep,
    settings: SettingsDep,
    q: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Response[bytes]:
    """Show the newest cards, or those that match."""
    return await _overview(office, giftcards, settings.currency, q=q, after=after)


async def _overview(
    office: OfficeContext,
    giftcards: GiftCards,
    currency: str,
    *,
    q: str = "",
    after: str = "",
    made: GiftCard | None = None,
    problem: str = "",
    typed: dict[str, str] | None = None,
) -> Response[bytes]:
    found = await giftcards.cards(text=q, after=after, limit=PAGE + 1)
    typed = typed or {}
    context = {
        "cards": [_shown(one) for one in found[:PAGE]],
        "next": found[PAGE - 1].id if len(found) > PAGE else "",
        "q": q,
        "currency": currency,
        "made": _shown(made) if made else None,
        "problem": problem,
        "typed": typed,
        "key": (problem and typed.get("key")) or current_app().shop.ids.secret(16),
    }
    return office.show("gift_cards.html", context, 422 if problem else 200)


@post("/office/gift-cards", opt=WRITE | NAMELESS, include_in_schema=False, status_code=200)
async def issue(
    office: OfficeDep, request: Web, giftcards: GiftCardsDep, settings: SettingsDep, caller: CurrentCaller
) -> Response[bytes]:
    """Issue a card, once per form. The response is the page itself, as no URL may contain the code."""
    form = await form_of(request)
    try:
        made = await giftcards.issue(_asked(form, settings.currency), caller, form.get("key", ""))
    except IdempotencyConflict:
        typed = {**form, "key": ""}
        return await _overview(office, giftcards, settings.currency, problem=_(ANOTHER), typed=typed)
    except ShopError as error:
        return await _overview(office, giftcards, settings.currency, problem=error.detail, typed=form)
    return await _overview(office, giftcards, settings.currency, made=made)


def _asked(form: dict[str, str], currency: str) -> NewGiftCard:
    """Parse the form. Raises Invalid."""
    ends, why = form.get("ends", "rule"), form.get("why", "")
    if ends not in ENDS:
        raise Invalid.at("/ends", _("Choose until when it can be used."))
    if why not in {"sold", "goodwill"}:
        raise Invalid.at("/why", _("Choose whether it was sold or is given."))
    day = parse_day(form.get("expires_on", ""), "/expires_on") if ends == "day" else None
    return NewGiftCard(
        amount=money.parse(form.get("amount", ""), currency, "/amount"),
        why="sold" if why == "sold" else "goodwill",
        recipient=form.get("email", "").strip(),
        expires_on=msgspec.UNSET if ends == "rule" else day,
    )


@get("/office/gift-cards/{card_id:str}", opt=READ, include_in_schema=False)
async def one_card(office: OfficeDep, giftcards: GiftCardsDep, card_id: FromPath[str]) -> Response[bytes]:
    """Show a card with its history."""
    return await _card(office, giftcards, card_id)


async def _card(
    office: OfficeContext, giftcards: GiftCards, card_id: str, *, problem: str = "", made: GiftCard | None = None
) -> Response[bytes]:
    card = await giftcards.card(card_id)
    moved = await giftcards.movements(card_id)
    context = {
        "card": _shown(card),
        "available": render.plain(card.available),
        "movements": [{**render.plain(one), "title": _(KINDS[one.kind]), "order_id": one.order_id} for one in moved],
        "made": _shown(made) if made else None,
        "problem": problem,
    }
    return office.show("gift_card.html", context, 422 if problem else 200)


@post("/office/gift-cards/{card_id:str}", opt=WRITE, include_in_schema=False, status_code=200)
async def change(
    office: OfficeDep, request: Web, giftcards: GiftCardsDep, caller: CurrentCaller, card_id: FromPath[str]
) -> Response[bytes] | Redirect:
    """Disable, enable or replace a card."""
    act = (await form_of(request)).get("act", "")
    try:
        if act == "replace":
            return await _card(office, giftcards, card_id, made=await giftcards.replace(card_id, caller))
        if act not in {"disable", "enable"}:
            raise Invalid.at("/act", _("Choose whether to disable, enable or replace it."))
        await giftcards.set_disabled(card_id, disabled=act == "disable")
    except ShopError as error:
        return await _card(office, giftcards, card_id, problem=error.detail)
    return Redirect(f"/office/gift-cards/{card_id}", status_code=303)


HANDLERS: list[Any] = [overview, issue, one_card, change]
