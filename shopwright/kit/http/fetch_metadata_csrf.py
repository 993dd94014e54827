"""CSRF protection of shared pages without tokens, by Fetch Metadata.

Browsers report where a request was made, which no script can change: `Sec-Fetch-Site` (Fetch Metadata, W3C), or
`Origin` (RFC 6454) without TLS. If either names a page of ours, the request is given the token it lacks; otherwise it
needs one as usual.
"""

from litestar.config.csrf import CSRFConfig
from litestar.enums import ScopeType
from litestar.middleware.csrf import generate_csrf_token
from litestar.types import ASGIApp, Receive, Scope, Send

SITE, ORIGIN = b"sec-fetch-site", b"origin"
OURS = b"same-origin"


class FetchMetadataCsrf:
    """ASGI middleware before the one that requires tokens. `url`: the shop's public URL."""

    def __init__(self, app: ASGIApp, forms: CSRFConfig, url: str) -> None:
        self._app = app
        self._forms = forms
        self._cookie, self._header = forms.cookie_name.encode() + b"=", forms.header_name.lower().encode()
        self._origin = url.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["method"] not in self._forms.safe_methods and self._is_ours(scope):
            token = generate_csrf_token(self._forms.secret).encode()
            cookies = [
                pair.strip()
                for header, value in scope["headers"]
                if header == b"cookie"
                for pair in value.split(b";")
                if not pair.strip().startswith(self._cookie)
            ]
            others = [one for one in scope["headers"] if one[0] not in {b"cookie", self._header}]
            given = [(b"cookie", b"; ".join([*cookies, self._cookie + token])), (self._header, token)]
            scope = {**scope, "headers": [*others, *given]}
        await self._app(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        headers = dict(scope["headers"])
        site = headers.get(SITE)
        return site == OURS if site is not None else headers.get(ORIGIN) == self._origin
