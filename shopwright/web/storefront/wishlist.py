"""The wishlist."""

import re
from contextlib import suppress
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from shopwright.kit.auth import anyone, signed_in
from shopwright.kit.errors import Invalid, Missing
from shopwright.kit.http.access import allow
from shopwright.kit.text import slugify
from shopwright.web.storefront.browse import cards_of
from shopwright.web.storefront.page_context import FrameDep, PageContext, cookie, cookie_name, form_of

WISHES, MOST = "wishes", 50
PRODUCT = re.compile(r"prd_[0-9a-z]{26}")


@get("/account/wishlist", opt=allow(signed_in), include_in_schema=False)
async def wishlist(frame: FrameDep) -> Response[bytes]:
    """Show the wishlist without products that are no longer sold."""
    wishes = await frame.carts.wishes(frame.caller.user_id or "")
    cards = await frame.product_views.cards([one.product_id for one in wishes])
    items = [{"id": card.id, "html": html} for card, html in zip(cards, cards_of(cards), strict=True)]
    return await frame.show("wishlist.html", {"wishes": items})


def _waiting(frame: PageContext) -> list[str]:
    """A guest's wishlist, kept in this browser until they sign in."""
    stored = frame.request.cookies.get(cookie_name(frame.settings, WISHES), "")
    return [one for one in stored.split(".") if PRODUCT.fullmatch(one)][-MOST:]


async def keep_wishes(frame: PageContext, user_id: str, answer: Redirect) -> None:
    """At sign-in, add the guest's wishlist to the customer's."""
    waiting = _waiting(frame)
    for product_id in waiting:
        with suppress(Missing, Invalid):
            await frame.carts.add_wish(user_id, product_id)
    if waiting:
        answer.set_cookie(cookie(frame.settings, WISHES, "", 0))


@post("/account/wishlist", opt=allow(anyone), include_in_schema=False, status_code=200)
async def change(frame: FrameDep) -> Redirect:
    """Add or remove a product and return to the former page. A guest signs in first."""
    form = await form_of(frame.request)
    user_id = frame.caller.user_id or ""
    if not user_id:
        answer = Redirect("/sign-in?next=/account/wishlist", status_code=303)
        wanted = list(dict.fromkeys([*_waiting(frame), form.get("product_id", "")]))
        product_ids = [one for one in wanted if PRODUCT.fullmatch(one)][-MOST:]
        answer.set_cookie(cookie(frame.settings, WISHES, ".".join(product_ids)))
        return answer
    if "remove" in form:
        await frame.carts.remove_wish(user_id, form["remove"])
    else:
        await frame.carts.add_wish(user_id, form.get("product_id", ""))
    slug = form.get("slug", "")
    return Redirect(f"/p/{slug}" if slug and slug == slugify(slug) else "/account/wishlist", status_code=303)


HANDLERS: list[Any] = [wishlist, change]
