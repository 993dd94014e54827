"""Recently viewed products, remembered with consent only."""

import secrets
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromQuery
from litestar.response import Redirect

from shopwright.kit.auth import anyone
from shopwright.kit.errors import Missing
from shopwright.kit.http.access import allow
from shopwright.kit.text import slugify
from shopwright.web.storefront.browse import cards_of
from shopwright.web.storefront.page_context import (
    YEAR_S,
    FrameDep,
    PageContext,
    cookie,
    cookie_name,
    form_of,
    readable_cookie,
)

SHOWN = 8


def viewer(frame: PageContext) -> str:
    """The viewer: a customer, or a browser with consent; "" for others."""
    return frame.caller.user_id or frame.request.cookies.get(cookie_name(frame.settings, "viewer"), "")


def _answer(frame: PageContext, said: str) -> Cookie:
    """A cookie with the answer for our script, which then stops asking."""
    return readable_cookie(frame.settings, "remember", said)


async def _recent(frame: PageContext, without: str) -> list[str]:
    who = viewer(frame)
    if not who:
        return []
    found = await frame.recommendations.recommend(
        "recently_viewed", products=[without] if without else [], user_id=who, limit=SHOWN
    )
    return cards_of(await frame.product_views.cards([one.product_id for one in found]))


@get("/recent", opt=allow(anyone), include_in_schema=False)
async def recent(frame: FrameDep, product: FromQuery[str] = "") -> Response[bytes]:
    """Show recently viewed products, or the question whether they may be remembered."""
    who = viewer(frame)
    remembered = bool(who) and await frame.recommendations.has_consent(who)
    was_asked = "remember" in frame.request.cookies
    page = await frame.show(
        "recent.html",
        {
            "cards": await _recent(frame, product) if remembered else [],
            "ask": not remembered and not was_asked,
        },
    )
    if remembered and not was_asked:
        page.set_cookie(_answer(frame, "yes"))  # agreed elsewhere, with the same account
    return page


@get("/remember", opt=allow(anyone), include_in_schema=False)
async def remember_page(frame: FrameDep) -> Response[bytes]:
    """Show what is remembered, and the choice."""
    who = viewer(frame)
    on = bool(who) and await frame.recommendations.has_consent(who)
    return await frame.show("remember.html", {"on": on, "cards": await _recent(frame, "") if on else []})


@post("/remember", opt=allow(anyone), include_in_schema=False, status_code=200)
async def remember(frame: FrameDep) -> Redirect:
    """Save the choice and return to the former page."""
    form = await form_of(frame.request)
    wanted = form.get("wanted") == "yes"
    who = viewer(frame) or (secrets.token_hex(16) if wanted else "")
    if who:
        await frame.recommendations.set_consent(who, wanted=wanted)
    back = form.get("slug", "")
    answer = Redirect(f"/p/{back}" if back and back == slugify(back) else "/remember", status_code=303)
    answer.set_cookie(_answer(frame, "yes" if wanted else "no"))
    if frame.caller.user_id is None:
        answer.set_cookie(cookie(frame.settings, "viewer", who if wanted else "", YEAR_S if wanted else 0))
    return answer


@post("/seen", opt=allow(anyone), include_in_schema=False, status_code=204)
async def seen(frame: FrameDep) -> None:
    """Record a view, reported by our script."""
    form = await form_of(frame.request)
    who = viewer(frame)
    browser = frame.request.cookies.get(cookie_name(frame.settings, "viewer"), "")
    if frame.caller.user_id and browser:
        await frame.recommendations.assign_views(browser, frame.caller.user_id)
    if who:
        try:
            await frame.recommendations.record_view(who, form.get("product", ""))
        except Missing:
            return  # retired a moment ago


HANDLERS: list[Any] = [recent, remember_page, remember, seen]
