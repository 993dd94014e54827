"""The list of wishes."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from shopwright.faces.storefront.browse import cards_of
from shopwright.faces.storefront.frame import FrameDep, form_of
from shopwright.kit.auth import signed_in
from shopwright.kit.text import slugify
from shopwright.kit.web.access import allow


@get("/account/wishlist", opt=allow(signed_in), include_in_schema=False)
async def wishlist(frame: FrameDep) -> Response[bytes]:
    """What one would like to have; what is not sold any more is left out."""
    wishes = await frame.carts.wishes(frame.caller.user_id or "")
    cards = await frame.shelf.cards([one.product_id for one in wishes])
    shown = [{"id": card.id, "html": html} for card, html in zip(cards, cards_of(cards), strict=True)]
    return await frame.show("wishlist.html", {"wishes": shown})


@post("/account/wishlist", opt=allow(signed_in), include_in_schema=False, status_code=200)
async def change(frame: FrameDep) -> Redirect:
    """Remember a product, or forget it; then back to where one was."""
    form = await form_of(frame.request)
    user_id = frame.caller.user_id or ""
    if "remove" in form:
        await frame.carts.unwish(user_id, form["remove"])
    else:
        await frame.carts.wish(user_id, form.get("product_id", ""))
    slug = form.get("slug", "")
    return Redirect(f"/p/{slug}" if slug and slug == slugify(slug) else "/account/wishlist", status_code=303)


HANDLERS: list[Any] = [wishlist, change]
