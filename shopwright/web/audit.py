"""The subject of a staff action and its state before and after, for the audit log."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import msgspec

from shopwright.kit.audit import StaffAction
from shopwright.kit.auth import Caller
from shopwright.kit.errors import Missing, ShopError
from shopwright.kit.http.audit import AuditedRequest
from shopwright.kit.translation import gettext as _
from shopwright.services.carts.contract import Carts
from shopwright.services.catalog.contract import Catalog
from shopwright.services.inventory.contract import Inventory
from shopwright.services.orders.contract import Orders
from shopwright.services.pricing.contract import Pricing
from shopwright.services.users.contract import Users

# The subject of a route with this prefix, identified by the first of these fields present.
KINDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("/v1/orders", "order", ("order_id",)),
    ("/office/orders", "order", ("order_id",)),
    ("/v1/products", "product", ("product", "slug", "title")),
    ("/office/products", "product", ("product_id",)),
    ("/office/new-product", "product", ("slug", "title")),
    ("/v1/coupons", "coupon", ("code",)),
    ("/office/pricing/coupons", "coupon", ("remove", "code")),
    ("/v1/promotions", "promotion", ("promotion_id", "id", "title")),
    ("/office/pricing/promotions", "promotion", ("remove", "pause", "id", "title")),
    ("/v1/shipping-rates", "shipping rate", ("rate_id", "id", "title")),
    ("/office/pricing/shipping", "shipping rate", ("remove", "id", "title")),
    ("/v1/tax-rates", "tax rate", ("country", "rate_id")),
    ("/v1/tax-classes", "tax class", ("name",)),
    ("/v1/tax-rules", "tax rule", ("country", "rule_id")),
    ("/office/pricing/tax-classes", "tax class", ("name",)),
    ("/office/pricing/tax-rules", "tax rule", ("remove", "country")),
    ("/v1/tax-presets", "tax rate", ("names",)),
    ("/office/pricing/taxes", "tax rate", ("remove", "preset", "country")),
    ("/v1/stock-rules", "stock", ("variant_id",)),
    ("/v1/stock-adjustments", "stock", ("variant_id", "sku")),
    ("/v1/stock-receipts", "delivery", ("reference",)),
    ("/v1/stock-costs", "stock", ("variant_id", "sku")),
    ("/office/stock", "stock", ("variant_id",)),
    ("/v1/stock-locations", "location", ("location",)),
    ("/office/locations", "location", ("delete", "id", "title")),
    ("/v1/collections", "collection", ("slug",)),
    ("/office/collections", "collection", ("slug",)),
    ("/v1/attributes", "attribute", ("name",)),
    ("/v1/product-types", "product type", ("name", "id")),
    ("/office/attributes", "attribute", ("name", "what")),
    ("/v1/reviews", "review", ("review_id",)),
    ("/office/reviews", "review", ("review_id",)),
    ("/v1/staff", "account", ("user_id", "email")),
    ("/v1/users", "account", ("user_id",)),
    ("/office/staff", "account", ("end", "user_id", "email")),
    ("/office/messages", "message", ("message_id",)),
    ("/v1/gift-cards", "gift card", ("card_id",)),
    ("/office/gift-cards", "gift card", ("card_id",)),
    ("/v1/waiting-room", "waiting room", ()),
    ("/office/system/waiting-room", "waiting room", ()),
)
# Of an order only what staff can change is recorded, and no personal data.
OF_AN_ORDER = ("status", "payment", "shipments", "refunds", "refused", "owed", "totals")
VARIANT = "var_"  # ids of variants begin so
FEW = 2_000  # rules of a kind, beyond which they are not compared


class Contracts(Protocol):
    """The contracts used to read states."""

    @property
    def users(self) -> Users: ...

    @property
    def catalog(self) -> Catalog: ...

    @property
    def inventory(self) -> Inventory: ...

    @property
    def pricing(self) -> Pricing: ...

    @property
    def carts(self) -> Carts: ...

    @property
    def orders(self) -> Orders: ...


def subject_of(request: AuditedRequest) -> tuple[str, str]:
    """The kind and id of the subject; "" if the request does not say."""
    path = request.route
    for name, value in request.parameters.items():
        path = path.replace(f"{{{name}:str}}", value).replace(f"{{{name}}}", value)
    known = {**request.given, **request.parameters}
    for prefix, kind, fields in KINDS:
        if path == prefix or path.startswith(f"{prefix}/"):
            return kind, next((str(known[field]) for field in fields if known.get(field)), "")
    return "", ""


class Trail:
    """Records actions in the audit log of users."""

    def __init__(self, shop: Contracts) -> None:
        self._shop = shop

    async def begin(self, who: Caller, request: AuditedRequest) -> "AuditedAction":
        """Open an entry. Raises Unavailable."""
        kind, name = subject_of(request)
        act = StaffAction(
            user_id=who.user_id or "",
            who=who.signature,
            role=who.role,
            action=request.action,
            subject=f"{kind} {name}".strip(),
            given={**request.parameters, **request.given},
            address=request.address,
            request_id=request.request_id,
        )
        act_id = await self._shop.users.begin_action(act, await self.state(kind, name))
        return AuditedAction(self, self._shop.users, act_id, kind, name)

    async def state(self, kind: str, name: str) -> dict[str, Any]:
        """Return the current state; empty if there is none or it is unavailable."""
        readers: Mapping[str, Callable[[str], Awaitable[Any]]] = {
            "order": self._order,
            "product": self._shop.catalog.get,
            "coupon": lambda _unused: _all(self._shop.pricing.coupons(), "code"),
            "promotion": lambda _unused: _all(self._shop.pricing.promotions(), "id"),
            "shipping rate": lambda _unused: _all(self._shop.pricing.shipping_rates(), "id"),
            "tax rate": lambda _unused: _all(
                self._shop.pricing.tax_rate_history(), "country", "region", "tax_class", "id"
            ),
            "tax class": lambda _unused: _all(self._shop.pricing.tax_classes(), "name"),
            "tax rule": lambda _unused: _all(self._shop.pricing.tax_rules(), "country", "rule", "id"),
            "stock": self._stock,
            "location": lambda _unused: _all(self._shop.inventory.locations(), "id"),
            "collection": lambda _unused: _all(self._shop.catalog.collections(), "slug"),
            "account": self._account,
            "waiting room": lambda _unused: self._shop.carts.waiting_room(),
        }
        if kind not in readers:
            return {}
        try:
            found = msgspec.to_builtins(await readers[kind](name))
        except ShopError:
            return {}
        return found if isinstance(found, dict) else {}

    async def _order(self, name: str) -> dict[str, Any]:
        order = msgspec.to_builtins(await self._shop.orders.get(name))
        return {field: order[field] for field in OF_AN_ORDER if field in order}

    async def _stock(self, variant: str) -> dict[str, Any]:
        found = variant
        if not variant.startswith(VARIANT):  # a SKU, which the catalog knows
            known = (await self._shop.catalog.by_variant(variant)).variant_named(variant)
            found = known.id if known else variant
        locations = await self._shop.inventory.by_location(found)
        return {**locations, "rule": await self._shop.inventory.rule(found)}

    async def _account(self, name: str) -> Any:
        if "@" not in name:
            return await self._shop.users.get(name)
        found = await self._shop.users.by_email(name)
        if found is None:
            raise Missing(_("There is no such account."))
        return found


class AuditedAction:
    """An action in progress."""

    def __init__(self, trail: Trail, users: Users, act_id: str, kind: str, name: str) -> None:
        self._trail, self._users, self._id, self._about = trail, users, act_id, (kind, name)

    async def end(self, status: int) -> None:
        """Close the entry. Raises Unavailable."""
        await self._users.end_action(self._id, status, await self._trail.state(*self._about))


async def _all(answer: Awaitable[list[Any]], *key: str) -> dict[str, Any]:
    found = await answer
    return {" ".join(str(getattr(one, name)) for name in key): one for one in found} if len(found) <= FEW else {}
