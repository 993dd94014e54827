"""Callers and permissions. Deny by default: a route without an access rule prevents the start."""

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
    "payments.write",
]

EVERYTHING: frozenset[str] = frozenset(Permission.__args__)  # type: ignore[attr-defined]  # what a Literal lists
# The audit log is for owners; the buyers of erased accounts are for accounting.
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
    """The caller: guest, customer, staff, or the shop itself (`SYSTEM`).

    `verified`: the e-mail address was verified; before that, nothing under the address belongs to the caller.
    `address`: the network address, as far as it is counted.
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
        """Raise Unauthenticated for a guest, Denied without the permission."""
        if self.user_id is None:
            raise Unauthenticated(_("Sign in to do this."))
        if not self.may(permission):
            raise Denied(
                _("This needs the permission {permission}, which your account does not have.", permission=permission)
            )

    @property
    def person(self) -> str:
        """The key of the caller's preferences and messages: a verified address, else the account."""
        return self.email if self.verified else self.user_id or ""

    @property
    def signature(self) -> str:
        """The caller's name in histories."""
        return self.name or self.email or "guest"


GUEST = Caller()
SYSTEM = Caller(user_id="system", name="Shopwright", role="owner")

Rule = Callable[[Caller], None]


def anyone(_caller: Caller) -> None:
    """Allow everyone. The operation itself guards what belongs to someone."""


def signed_in(caller: Caller) -> None:
    """Allow people with an account."""
    if caller.user_id is None:
        raise Unauthenticated(_("Sign in to do this."))


class StaffOnly:
    """The rule that allows staff with `permission` only."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission
        self.__name__ = f"staff({permission})"

    def __call__(self, caller: Caller) -> None:
        caller.require(self.permission)


def staff(permission: Permission) -> Rule:
    """Allow staff with `permission`."""
    return StaffOnly(permission)
