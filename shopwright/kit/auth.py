"""Who is calling, and what they may do. Deny by default: a route without an access rule does not start."""

from collections.abc import Callable
from typing import Literal

import msgspec

from shopwright.kit.errors import Denied, Unauthenticated
from shopwright.kit.translation import gettext as _

Permission = Literal[
    "catalog.write",
    "stock.write",
    "costs.write",
    "prices.write",
    "orders.read",
    "orders.write",
    "reviews.moderate",
    "messages.read",
    "messages.write",
    "events.read",
    "insights.read",
    "staff.write",
    "system.operate",
    "audit.read",
    "books.read",
    "books.write",
    "people.write",
    "gift_cards.read",
    "gift_cards.write",
]

EVERYTHING: frozenset[str] = frozenset(Permission.__args__)  # type: ignore[attr-defined]  # what a Literal lists
# What the others of the staff did is for those to read who answer for them; who an erased buyer was, for who keeps the books.
READING = frozenset(one for one in EVERYTHING if one.endswith(".read")) - {"audit.read", "books.read"}
ROLES: dict[str, frozenset[str]] = {
    "owner": EVERYTHING,
    "catalog": frozenset({"catalog.write", "stock.write", "costs.write", "prices.write"}) | {"insights.read"},
    "orders": frozenset({"orders.read", "orders.write", "stock.write", "messages.read", "messages.write"})
    | {"gift_cards.read", "gift_cards.write"},
    "support": frozenset({"orders.read", "orders.write", "messages.read", "messages.write", "reviews.moderate"})
    | {"gift_cards.read"},
    "marketing": frozenset({"prices.write", "insights.read", "reviews.moderate"}),
    "accounting": frozenset({"orders.read", "insights.read", "books.read", "books.write", "costs.write"})
    | {"gift_cards.read", "gift_cards.write"},
    "read-only": READING,
}


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever asks: a guest, a customer or staff, or the shop itself (`SYSTEM`).

    `verified`: the e-mail address was proved to be theirs. Until then nothing that belongs to the address is theirs.
    `address`: from where on the network they ask, as far as it is counted.
    """

    user_id: str | None = None
    email: str = ""
    name: str = ""
    role: str = ""
    session_id: str | None = None
    verified: bool = False
    address: str = ""

    @property
    def is_staff(self) -> bool:
        return bool(self.role)

    def may(self, permission: Permission) -> bool:
        return permission in ROLES.get(self.role, frozenset())

    def require(self, permission: Permission) -> None:
        """Raises Unauthenticated for a guest, Denied for anyone who lacks `permission`."""
        if self.user_id is None:
            raise Unauthenticated(_("Sign in to do this."))
        if not self.may(permission):
            raise Denied(
                _("This needs the permission {permission}, which your account does not have.", permission=permission)
            )

    @property
    def person(self) -> str:
        """Whose preferences and messages are theirs: those of a proved address, else those of the account alone."""
        return self.email if self.verified else self.user_id or ""

    @property
    def signature(self) -> str:
        """How this caller is named in timelines."""
        return self.name or self.email or "guest"


GUEST = Caller()
SYSTEM = Caller(user_id="system", name="Shopwright", role="owner")

Rule = Callable[[Caller], None]


def anyone(_caller: Caller) -> None:
    """Open to the world. What belongs to someone is guarded by the verb itself."""


def signed_in(caller: Caller) -> None:
    """Only people with an account."""
    if caller.user_id is None:
        raise Unauthenticated(_("Sign in to do this."))


class StaffOnly:
    """The rule that lets in staff with `permission` and nobody else."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission
        self.__name__ = f"staff({permission})"

    def __call__(self, caller: Caller) -> None:
        caller.require(self.permission)


def staff(permission: Permission) -> Rule:
    """Only staff with `permission`."""
    return StaffOnly(permission)
