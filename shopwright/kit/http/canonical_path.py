"""Canonical paths (RFC 3986, 6.2.2), enforced before anything else looks at the path.

Limits, caches, the waiting room and gateways compare paths, and alternative spellings could bypass them. So other
spellings are refused; harmless ones of a read (`//`, trailing `/`, `%76` for `v`) are redirected.
"""

import re
from urllib.parse import unquote_to_bytes

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from shopwright.kit.errors import Malformed
from shopwright.kit.http.problems import refuse
from shopwright.kit.text import has_controls
from shopwright.kit.translation import gettext as _

LONGEST, LONGEST_QUERY = 2048, 8192
# Most paths: no escapes, no segments that start with a dot or are empty.
PLAIN = re.compile(rb"/|(?:/[A-Za-z0-9_~!$&'()*+,=:@-][A-Za-z0-9_.~!$&'()*+,=:@-]*)+")
# Including characters that browsers do not escape, although RFC 3986 says so (URL Standard, path percent-encode set).
WRITTEN = re.compile(rb"/(?:[A-Za-z0-9_.~!$&'()*+,=:@/|^\[\]-]|%[0-9A-Fa-f]{2})*")
QUERY = re.compile(rb"[\x21-\x7e]*")
ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# Separators to some readers, including the mark of a second escape.
SEPARATORS = re.compile(r"[/\\;]|%[0-9A-Fa-f]{2}")


def canonical(raw: bytes) -> bytes:
    """The canonical spelling. Raises Malformed for paths that are invalid or ambiguous."""
    if len(raw) > LONGEST:
        raise Malformed(_("The path is longer than {longest} bytes.", longest=LONGEST))
    if PLAIN.fullmatch(raw):
        return raw
    if not WRITTEN.fullmatch(raw):
        raise Malformed(_("The path has characters that must be percent-encoded (RFC 3986), or a “;”."))
    return b"/" + b"/".join(filter(None, (_segment(one) for one in raw.split(b"/"))))


def _segment(raw: bytes) -> bytes:
    try:
        means = unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise Malformed(_("The path is not UTF-8.")) from None
    if means in {".", ".."} or SEPARATORS.search(means) or has_controls(means):
        raise Malformed(
            _("A segment of the path is “.” or “..”, or hides a separator, a control character or a second encoding.")
        )
    return ESCAPE.sub(lambda found: _escape(int(found[1], 16)), raw)


def _escape(byte: int) -> bytes:
    return bytes([byte]) if byte in UNRESERVED else b"%%%02X" % byte


def _asked(method: str, raw: bytes, query: bytes) -> bytes:
    if len(query) > LONGEST_QUERY or not QUERY.fullmatch(query):
        raise Malformed(
            _(
                "The query is longer than {longest_query} bytes, or not percent-encoded (RFC 3986).",
                longest_query=LONGEST_QUERY,
            )
        )
    path = canonical(raw)
    if path != raw and method not in {"GET", "HEAD"}:
        raise Malformed(_("The path of this request is written {decode}.", decode=path.decode()))
    return path


class CanonicalPath:
    """ASGI middleware before everything that uses the path: `scope["path"]` and `["raw_path"]` are canonical."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        raw, query = scope["raw_path"], scope["query_string"]
        try:
            path = _asked(scope["method"], raw, query)
        except Malformed as error:
            await refuse(scope, send, error)
            return
        if path == raw:
            scope["path"] = unquote_to_bytes(path).decode()
            await self._app(scope, receive, send)
            return
        where = path + b"?" + query if query else path
        headers = [(b"location", where), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 308, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
