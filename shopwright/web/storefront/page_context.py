"""The context of all storefront pages: header, cart count, caller, and forms."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from litestar import Request, Response
from litestar.datastructures import Cookie

from shopwright.kit.auth import Caller
from shopwright.kit.errors import Missing, ShopError, Unavailable
from shopwright.kit.http.app_context import current_app
from shopwright.kit.http.dependency import Dependency
from shopwright.kit.money import write
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import ngettext
from shopwright.kit.working_days import write_working_days
from shopwright.services.carts.contract import Cart, Carts
from shopwright.services.catalog.contract import Catalog, Category
from shopwright.services.giftcards.contract import GiftCards
from shopwright.services.notifications.contract import Notifications
from shopwright.services.orders.contract import GuestProof, Order, Orders
from shopwright.services.payments.contract import Payments
from shopwright.services.pricing.contract import Pricing, free_from, of_zone
from shopwright.services.recommendations.contract import Recommendations
from shopwright.services.reviews.contract import Reviews
from shopwright.services.search.contract import Search
from shopwright.services.users.contract import Users
from shopwright.settings import Settings
from shopwright.web import render
from shopwright.web.product_view.view import ProductViews

Web = Request[Any, Any, Any]
CartsDep = Dependency[Carts]
CatalogDep = Dependency[Catalog]
OrdersDep = Dependency[Orders]
UsersDep = Dependency[Users]
SearchDep = Dependency[Search]
ReviewsDep = Dependency[Reviews]
ShelfDep = Dependency[ProductViews]
SettingsDep = Dependency[Settings]

YEAR_S = 365 * 86_400
NO_CDN = "off:"
ITEMS = "items"
FRAGMENT = "fragment"


def secure(settings: Settings) -> bool:
    """Whether the shop is served over TLS."""
    return settings.url.startswith("https://")


def cookie_name(settings: Settings, name: str) -> str:
    """The cookie name, bound to this host under TLS."""
    return f"__Host-{name}" if secure(settings) else name


def cookie(settings: Settings, name: str, value: str, max_age: int = YEAR_S) -> Cookie:
    """An HTTP-only cookie; 0 seconds removes it."""
    return Cookie(
        key=cookie_name(settings, name),
        value=value,
        max_age=max_age,
        path="/",
        httponly=True,
        secure=secure(settings),
        samesite="lax",
    )


def readable_cookie(settings: Settings, name: str, value: str, max_age: int = YEAR_S) -> Cookie:
    """A cookie our script can read; it reveals nothing about the visitor."""
    return Cookie(
        key=name, value=value, max_age=max_age, path="/", httponly=False, secure=secure(settings), samesite="lax"
    )


def leave_browser(answer: Response[Any], settings: Settings) -> None:
    """Remove the cookies of the signed-in person."""
    for name in ("session", "cart"):
        answer.set_cookie(cookie(settings, name, "", 0))
    if settings.cdn != NO_CDN:
        answer.set_cookie(readable_cookie(settings, ITEMS, "", 0))


def cart_id(request: Web, settings: Settings) -> str:
    """The cart id of this browser, or ""."""
    return request.cookies.get(cookie_name(settings, "cart"), "")


async def own_cart(request: Web, settings: Settings, carts: Carts, caller: Caller) -> Cart | None:
    """Return this browser's open cart, if the caller may use it."""
    known = cart_id(request, settings)
    try:
        cart = await carts.get(known) if known else None
        if cart is not None and cart.closed and cart.next_id:
            cart = await carts.get(cart.next_id)
    except Missing:
        return None
    if cart is None:
        return None
    return None if cart.closed or cart.customer_id not in {None, caller.user_id} else cart


def wants_fragment(request: Web) -> bool:
    """Whether our script requests a part of a page."""
    return request.headers.get("x-requested-with") == FRAGMENT


async def without_refused(carts: Carts, cart: Cart) -> tuple[Cart, str]:
    """Remove invalid codes from the cart, and return the reasons to show once."""
    reasons = [problem.detail for problem in cart.problems if problem.coupon]
    if not reasons:
        return cart, ""
    kept = await carts.set_coupons(cart.id, cart.coupons)
    removed = ngettext(
        "The code was removed: the total is now {total}.",
        "The codes were removed: the total is now {total}.",
        len(reasons),
        total=write(kept.totals.total),
    )
    return kept, " ".join([*reasons, removed])


def client_of(request: Web) -> str:
    """The client's network address."""
    return request.client.host if request.client else ""


async def visible_order(
    order_id: str, request: Web, settings: Settings, orders: Orders, caller: Caller, *, change: bool = False
) -> Order:
    """Return the order for its customer, staff, its browser, or the reader of our e-mail. Raises Missing."""
    if caller.user_id is not None:
        order = await orders.get(order_id)
        if order.customer_id == caller.user_id or caller.may("orders.read"):
            return order
    proof = GuestProof(cart_id=cart_id(request, settings), key=request.query_params.get("key", ""))
    try:
        return await orders.for_guest(order_id, proof, client_of(request), change=change)
    except Missing:
        raise Missing(_("There is no such order. Sign in, or find it by its number and your e-mail address.")) from None


class Services(Protocol):
    """The contracts that pages use."""

    carts: Carts
    catalog: Catalog
    orders: Orders
    users: Users
    search: Search
    payments: Payments
    giftcards: GiftCards
    pricing: Pricing
    reviews: Reviews
    notifications: Notifications
    recommendations: Recommendations
    product_views: ProductViews
    settings: Settings

    def for_pages(self, name: str) -> Any:
        """Return a service as pages use it."""
        ...


class PageContext:
    """Per-request context of storefront pages. Pages get only this, as each dependency would be a task of its own."""

    def __init__(self, request: Web, caller: Caller, services: Services) -> None:
        self.request = request
        self.caller = caller
        self.carts = services.carts
        self.catalog = services.catalog
        self.orders = services.orders
        self.payments = services.payments
        self.giftcards = services.giftcards
        self.pricing = services.pricing
        self.users = services.users
        self.search: Search = services.for_pages("search")
        self.reviews: Reviews = services.for_pages("reviews")
        self.notifications = services.notifications
        self.recommendations: Recommendations = services.for_pages("recommendations")
        self.product_views = services.product_views
        self.settings = services.settings
        self._offers: dict[str, str] = {}  # of free shipping, by country: header and page say the same

    async def show(self, template: str, context: Mapping[str, Any], status: int = 200) -> Response[bytes]:
        """Render a page with header and footer."""
        known = cart_id(self.request, self.settings)
        count = await self.carts.count(known) if known else 0
        categories = await self.catalog.categories()
        page = render.page(
            f"storefront/templates/{template}",
            {
                "shop": self.settings.shop_name,
                "url": self.settings.url,
                "path": self.request.scope["path"],
                "csrf": render.csrf_token(self.request),
                "caller": {
                    "name": self.caller.name,
                    "email": self.caller.email,
                    "signed_in": self.caller.user_id is not None,
                    "staff": self.caller.is_staff,
                },
                "cart_badge": render.cart_badge(count),
                "free_shipping": await self.free_shipping((context.get("cart") or {}).get("shipping_address")),
                "menu": render.plain(top_level(categories)),
                **context,
            },
            status,
        )
        self.set_badge(page, count)
        return page

    async def free_shipping(self, address: Mapping[str, str] | None = None) -> str:
        """The free shipping offer for this address or the shop's country, or ""."""
        country = address["country"] if address else self.settings.country
        if country not in self._offers:
            self._offers[country] = await self._free_shipping(country)
        return self._offers[country]

    async def _free_shipping(self, country: str) -> str:
        try:
            least = free_from(await self.pricing.shipping_rates(), country)
        except Unavailable:
            return ""
        if least is None:
            return ""
        name = render.country_name(country)
        if least.amount:
            return _("Free shipping to {country} from {least}", country=name, least=write(least))
        return _("Free shipping to {country}", country=name)

    async def delivery_time(self) -> str:
        """The delivery time of the cheapest shipping option in the shop's country, or ""."""
        try:
            rates = of_zone(await self.pricing.shipping_rates(), self.settings.country, "")
        except Unavailable:
            return ""
        mine = [one for one in rates if one.price.currency == self.settings.currency]
        best = min(mine, key=lambda one: (one.price, one.days_max, one.id), default=None)
        return _("Delivered in {days}", days=write_working_days(best.days_min, best.days_max)) if best else ""

    def set_badge(self, page: Response[Any], count: int) -> None:
        """Set the cookie with the cart count for our script, as pages from a CDN cannot show it."""
        if self.settings.cdn != NO_CDN and self.request.cookies.get(ITEMS, "0") != str(count):
            page.set_cookie(readable_cookie(self.settings, ITEMS, str(count)))


def provide_frame(request: Web) -> PageContext:
    """Provide the dependency `frame`."""
    return PageContext(request, request.state.caller, current_app().shop)


FrameDep = Dependency[PageContext]


def top_level(categories: list[Category]) -> list[Category]:
    """Categories without a parent."""
    return [category for category in categories if category.parent_id is None]


def complaints(error: ShopError) -> dict[str, str]:
    """Errors by field: the last name in each pointer."""
    found: dict[str, str] = {}
    for problem in error.problems:
        name = next((part for part in reversed(problem.pointer.split("/")) if not part.isdecimal()), "")
        found[name] = f"{found[name]} {problem.detail}" if name in found else problem.detail
    return found


def needed(form: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, str]:
    """Errors for empty required fields, using the page's labels."""
    return {
        name: _("{label} is needed.", label=_(label))
        for name, label in labels.items()
        if not form.get(name, "").strip()
    }


def in_order(errors: dict[str, str], names: Sequence[str]) -> dict[str, str]:
    """The errors in the order of the form's fields, general ones first."""
    return dict(sorted(errors.items(), key=lambda one: names.index(one[0]) if one[0] in names else -1))


async def form_of(request: Web) -> dict[str, str]:
    """The fields of a posted form; of repeated names the last one counts."""
    form = await request.form()
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}
