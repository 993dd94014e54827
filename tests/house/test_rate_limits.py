"""Every route has a kind that is counted; routes that guess, search or send messages declare it."""

from pathlib import Path
from typing import get_args

from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from shopwright.app import Shop
from shopwright.kit.http.limits import SHARES, Work
from shopwright.web.application import routes_of, shape_of
from tests.builders.shops import make_settings

# Parts of an address that takes a password, code, token or coupon, searches, typesets a document,
# or sends a message.
MEANT = {
    "guess": (
        "/v1/sessions", "/v1/sessions/refresh", "/v1/me/second-factor/confirm", "/v1/me/password", "/v1/carts/{cart_id}/coupons", "/v1/carts/{cart_id}/gift-cards", "/v1/gift-card-balances",
        "/v1/orders/{order_id}/payments", "/sign-in", "/sign-in/code", "/new-password", "/confirm-email", "/cart/coupons", "/checkout/payment",
        "/account/password", "/account/erase", "/account/second-factor/confirm", "/cart/gift-cards", "/gift-card", "/track", "/unsubscribe", "/confirm-alert", "/v1/stock-alerts/confirmations",
        "/orders/{order_id}/cancel", "/orders/{order_id}/documents/{document_id}",
    ),
    "message": (
        "/v1/users", "/v1/email-verifications", "/v1/password-resets", "/v1/stock-alerts", "/register", "/forgot-password", "/stock-alerts",
        "/account/confirm",
    ),
    "document": (
        "/v1/documents/{document_id}/{form}", "/v1/ledger-export", "/office/books/documents/{document_id}/{form}", "/office/books/export",
    ),
    "search": ("/v1/search", "/v1/search/suggestions", "/search", "/search/suggestions"),
}  # fmt: skip


def test_every_route_has_a_kind_of_limit_and_costly_ones_their_own() -> None:
    app = routes_of(shape_of(Shop(make_settings(Path("/tmp/shopwright-routes")))))  # noqa: S108 -- nothing is opened there
    found: dict[str, set[str]] = {}
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else []:
            if isinstance(handler, HTTPRouteHandler) and handler.http_methods != {"OPTIONS"}:
                work = handler.opt["work"]
                assert work in SHARES, route.path
                assert work not in {"read", "file"} or "GET" in handler.http_methods, route.path
                assert work != "write" or "GET" not in handler.http_methods, route.path
                found.setdefault(work, set()).add(route.path_format)
    assert set(SHARES) == set(get_args(Work))
    for work, paths in MEANT.items():
        assert set(paths) <= found[work], f"{set(paths) - found[work]} is not of the kind {work}"
