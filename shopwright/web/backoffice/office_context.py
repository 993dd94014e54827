"""The context of all back office pages: navigation by permission, caller, and forms."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Response

from shopwright.kit.auth import ROLES, Caller, Permission
from shopwright.kit.errors import Unavailable
from shopwright.kit.http.dependency import CurrentCaller, Dependency
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.payments.contract import PRETEND, Payments
from shopwright.settings import Settings
from shopwright.web import render
from shopwright.web.storefront.page_context import SettingsDep, Web

PaymentsDep = Dependency[Payments]
NAVIGATION: tuple[tuple[str, str, Permission], ...] = (
    ("/office/orders", gettext_noop("Orders"), "orders.read"),
    ("/office/products", gettext_noop("Products"), "catalog.write"),
    ("/office/collections", gettext_noop("Collections"), "catalog.write"),
    ("/office/stock", gettext_noop("Stock"), "stock.write"),
    ("/office/pricing", gettext_noop("Pricing"), "prices.write"),
    ("/office/gift-cards", gettext_noop("Gift cards"), "gift_cards.read"),
    ("/office/books", gettext_noop("Books"), "books.read"),
    ("/office/payments", gettext_noop("Payments"), "payments.write"),
    ("/office/reviews", gettext_noop("Reviews"), "reviews.moderate"),
    ("/office/messages", gettext_noop("Messages"), "messages.read"),
    ("/office/staff", gettext_noop("Staff"), "staff.write"),
    ("/office/audit", gettext_noop("Audit log"), "audit.read"),
    ("/office/personal-data", gettext_noop("Personal data"), "people.write"),
    ("/office/system", gettext_noop("System"), "system.operate"),
)


NO_PROVIDER = gettext_noop(
    "This shop has no payment provider: it accepts only orders that cost nothing. Set SHOPWRIGHT_PAYMENTS and restart it, then enter its keys under Payments."
)
PRETENDED = gettext_noop("Payments of this shop are pretended (SHOPWRIGHT_PAYMENTS): no money moves.")


class OfficeContext:
    """Made once per request."""

    def __init__(self, request: Web, caller: Caller, settings: Settings, notices: Sequence[str] = ()) -> None:
        self.request = request
        self.caller = caller
        self.settings = settings
        self.notices = notices

    def show(self, template: str, context: Mapping[str, Any], status: int = 200) -> Response[bytes]:
        """Render a page with navigation."""
        path = self.request.url.path
        return render.page(
            f"backoffice/templates/{template}",
            {
                "shop": self.settings.shop_name,
                "path": path,
                "csrf": render.csrf_token(self.request),
                "notices": self.notices,
                "may": dict.fromkeys(ROLES.get(self.caller.role, ()), True),
                "caller": {"name": self.caller.name, "email": self.caller.email, "role": self.caller.role},
                "navigation": [
                    {"href": href, "title": _(title), "here": path.startswith(href)}
                    for href, title, permission in NAVIGATION
                    if self.caller.may(permission)
                ],
                **context,
            },
            status,
        )


async def provide_office(
    request: Web, caller: CurrentCaller, settings: SettingsDep, payments: PaymentsDep
) -> OfficeContext:
    """Provide the dependency `office`."""
    return OfficeContext(request, caller, settings, await _notices(payments) if caller.is_staff else ())


async def _notices(payments: Payments) -> tuple[str, ...]:
    """Notices for staff on every page."""
    try:
        setup = await payments.setup()
    except Unavailable:
        return ()  # the page is about something else
    if not setup.providers:
        return (_(NO_PROVIDER),)
    return (_(PRETENDED),) if PRETEND in setup.providers and not setup.demo else ()


OfficeDep = Dependency[OfficeContext]
