"""The parts of shared pages that differ by visitor: form tokens and the cart count."""

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Request
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import Cookie
from litestar.middleware.csrf import generate_csrf_token
from litestar.types import Scope

from shopwright.kit.caching.page_cache import Header
from shopwright.kit.derived import derived_key
from shopwright.services.carts.contract import Carts
from shopwright.settings import Settings
from shopwright.web.render import cart_badge
from shopwright.web.storefront.page_context import cookie_name

TOKEN = re.compile(r"[0-9a-f]{64,256}")


def forms(url: str, secret: str) -> CSRFConfig:
    """The CSRF protection of the shop's forms. `secret`: of the shop."""
    secure = url.startswith("https://")
    return CSRFConfig(
        secret=derived_key(secret, "forms").hex(),
        cookie_name="__Host-form" if secure else "form",
        cookie_secure=secure,
        cookie_httponly=True,
        cookie_samesite="lax",
        header_name="x-csrf-token",
        # Routes declare that they need none (`kit.http.routes`). Responses without forms set no cookie: a late image of
        # an old page must not replace a new page's token, and responses cached for good must be equal for everyone.
    )


class PageVisitors:
    """Visitors of the storefront for the page cache. Signed-in visitors get freshly rendered pages.

    `all_alike`: a CDN serves the same page to everyone, which then contains nothing personal.
    """

    def __init__(self, carts: Carts, settings: Settings, *, all_alike: bool) -> None:
        self._carts = carts
        self._all_alike = all_alike
        self._forms = forms(settings.url, settings.secret)
        self._session = cookie_name(settings, "session")
        self._cart = cookie_name(settings, "cart")
        self._token = secrets.token_hex(32)  # stands for every visitor's own
        self._badge = cart_badge(0).encode()
        self.bare: Sequence[Header] = ((b"cookie", f"{self._forms.cookie_name}={self._token}".encode()),)
        self.places: Sequence[bytes] = (self._token.encode(), self._badge)
        self._set_cookie = Cookie(
            key=self._forms.cookie_name,
            value=self._token,
            path=self._forms.cookie_path,
            secure=self._forms.cookie_secure,
            httponly=self._forms.cookie_httponly,
            samesite=self._forms.cookie_samesite,
        ).to_header(header="")

    def known(self, scope: Scope) -> bool:
        request: Request[Any, Any, Any] = Request(scope)
        return self._session in request.cookies or "authorization" in request.headers

    async def fill(self, scope: Scope) -> tuple[Mapping[bytes, bytes], Sequence[Header]]:
        if self._all_alike:
            return {self.places[0]: b""}, ()
        request: Request[Any, Any, Any] = Request(scope)
        token, headers = request.cookies.get(self._forms.cookie_name, ""), []
        if not TOKEN.fullmatch(token):
            token = generate_csrf_token(self._forms.secret)
            headers = [(b"set-cookie", self._set_cookie.replace(self._token, token).encode())]
        own = request.cookies.get(self._cart)
        badge = cart_badge(await self._carts.count(own)).encode() if own else self._badge
        return {self.places[0]: token.encode(), self._badge: badge}, headers
