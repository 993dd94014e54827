"""Totals that change between pages without the shopper's doing are announced before payment.

The browser stores what it was shown last: cart version and total. The end of a promotion changes only the latter.
"""

from typing import Any

from litestar import Response

from shopwright.kit.money import Money, write
from shopwright.kit.translation import gettext as _
from shopwright.kit.typed import digits_or
from shopwright.services.carts.contract import Cart
from shopwright.web.storefront.page_context import PageContext, cookie, cookie_name, without_refused

SEEN = "seen"


async def up_to_date(frame: PageContext, cart: Cart, before: str = "") -> tuple[Cart, str]:
    """Remove invalid codes from the cart, and return the notice about them or about a changed total.

    `before`: the total shown last, from the page's URL.
    """
    kept_codes, changes = await without_refused(frame.carts, cart)
    was = digits_or(before, -1) if before else _seen(frame, cart)
    if changes or was in {-1, kept_codes.totals.total.amount}:
        return kept_codes, changes
    old = write(Money(was, kept_codes.totals.total.currency))
    return (
        kept_codes,
        _(
            "The total was {old} when you saw it last, and is {total} now: offers have changed.",
            old=old,
            total=write(kept_codes.totals.total),
        ),
    )


def changed(frame: PageContext, cart: Cart) -> str:
    """The query string for the next page if the total changed before the form was sent."""
    was = _seen(frame, cart)
    return "" if was in {-1, cart.totals.total.amount} else f"?before={was}"


def shown(frame: PageContext, cart: Cart | None, answer: Response[Any]) -> Response[Any]:
    """Record on the response that its total was shown."""
    if cart is not None:
        answer.set_cookie(cookie(frame.settings, SEEN, f"{cart.id}.{cart.version}.{cart.totals.total.amount}"))
    return answer


def _seen(frame: PageContext, cart: Cart) -> int:
    """The total last shown of this very cart version, or -1; changes by the shopper are no surprise."""
    seen_cookie = frame.request.cookies.get(cookie_name(frame.settings, SEEN), "")
    version, _, total = seen_cookie.rpartition(".")
    return digits_or(total, -1) if version == f"{cart.id}.{cart.version}" else -1
