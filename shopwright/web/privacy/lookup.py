"""Look-up and erasure of one person."""

from collections.abc import Sequence
from typing import Any

from shopwright.kit.addresses import check_email
from shopwright.kit.data.retention import PURPOSES
from shopwright.kit.errors import Conflict
from shopwright.kit.translation import gettext as _
from shopwright.services.users.contract import User
from shopwright.web.privacy.gather import PrivacySources, bought_of, everything, gift_cards_of, kept_after_erasure


async def of_person(shop: PrivacySources, email: str) -> dict[str, Any]:
    """Count a person's records by purpose; `orders`: with the date until which each is retained. Raises Invalid."""
    normal = check_email(email)
    user = await shop.users.by_email(normal)
    known = await _of_guest(shop, normal)
    if user:
        both = ("orders", "messages", "gift_cards", "kept_after_erasure")
        own = await everything(shop, user.id)
        known = own | {name: [*own[name], *(one for one in known[name] if one not in own[name])] for name in both}
    carts = _one(known["cart"]) + await shop.carts.count_of_guest(normal)
    counts = {
        "account": _one(user) + len(known["addresses"]) + carts + len(known["wishlist"]),
        "orders": len(known["orders"]) + len(known["gift_cards"]),
        "marketing": await shop.notifications.count_alerts(normal),
        "messages": len(known["messages"]),
        "behaviour": len(known["viewed_products"]),
        "reviews": len(known["reviews"]),
        "books": len(known["kept_after_erasure"]),
        "security": len(known["sessions"]),
    }
    until = {one["order"]: one["until"] for one in known["kept_after_erasure"]}
    return {
        "email": normal,
        "has_account": user is not None,
        "kept": [{"purpose": name, "title": _(PURPOSES[name].title), "count": counts[name]} for name in PURPOSES if name in counts],
        "orders": [
            {"id": one.id, "number": one.number, "placed_at": one.placed_at, "books_until": until.get(one.number)}
            for one in known["orders"]
        ],
    }  # fmt: skip


def _one(there: object) -> int:
    return 0 if there is None else 1


async def _of_guest(shop: PrivacySources, email: str) -> dict[str, Any]:
    """Look up a person without an account."""
    orders = await shop.orders.of_guest(email)
    nothing: Sequence[Any] = ()
    return {
        "addresses": nothing,
        "cart": None,
        "wishlist": nothing,
        "viewed_products": nothing,
        "reviews": nothing,
        "sessions": nothing,
        "orders": orders,
        "gift_cards": await gift_cards_of(shop.giftcards, email),
        "bought_gift_cards": await bought_of(shop.orders, orders),
        "messages": await shop.notifications.messages_for(email),
        "kept_after_erasure": kept_after_erasure(orders, shop.settings),
    }


async def erase(shop: PrivacySources, email: str) -> None:
    """Erase a person with their account, if any. Raises Invalid, Conflict, LastOwner."""
    user: User | None = await shop.users.by_email(check_email(email))
    if user is None:
        await shop.users.erase_address(email)
    elif user.role:
        raise Conflict(_("This is a member of staff: remove them from the staff first."))
    else:
        await shop.users.erase(user.id)
        if not user.verified:  # else what belongs to the address went with the account
            await shop.users.erase_address(email)
