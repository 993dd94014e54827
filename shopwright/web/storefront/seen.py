"""A total that changed between two pages, though its shopper changed nothing, is told before anything is paid.

The browser keeps what it was shown last: the version of the cart, and its total. A promotion that ends changes the second alone.
"""

from typing import Any

from litestar import Response

from shopwright.kit.money import Money, write
from shopwright.kit.typed import digits_or
from shopwright.services.carts.contract import Cart
from shopwright.web.storefront.page_context import PageContext, cookie, cookie_name, without_refused

SEEN = "seen"


async def up_to_date(frame: PageContext, cart: Cart, before: str = "") -> tuple[Cart, str]:
    """The cart without codes that hold no longer, and what to say of it: of these, or of a total that changed.

    `before`: the total that was seen last, as the address of the page says it.
    """
    kept, told = await without_refused(frame.carts, cart)
    was = digits_or(before, -1) if before else _seen(frame, cart)
    if told or was in {-1, kept.totals.total.amount}:
        return kept, told
    old = write(Money(was, kept.totals.total.currency))
    return (
        kept,
        f"The total was {old} when you saw it last, and is {write(kept.totals.total)} now: offers have changed.",
    )


def changed(frame: PageContext, cart: Cart) -> str:
    """What a form's answer says in the address of the next page, where the total changed before the form was sent."""
    was = _seen(frame, cart)
    return "" if was in {-1, cart.totals.total.amount} else f"?before={was}"


def shown(frame: PageContext, cart: Cart | None, answer: Response[Any]) -> Response[Any]:
    """The page, after which its total was seen."""
    if cart is not None:
        answer.set_cookie(cookie(frame.settings, SEEN, f"{cart.id}.{cart.version}.{cart.totals.total.amount}"))
    return answer


def _seen(frame: PageContext, cart: Cart) -> int:
    """The total of this very cart that was seen last, -1 for none: whoever changes a cart sees what comes of it."""
    told = frame.request.cookies.get(cookie_name(frame.settings, SEEN), "")
    version, _, total = told.rpartition(".")
    return digits_or(total, -1) if version == f"{cart.id}.{cart.version}" else -1
