"""The Content-Security-Policy of pages (CSP Level 3): everything from the shop itself, unless a page needs more."""

from collections.abc import Iterable, Mapping

# What each directive allows besides pages of the shop.
OWN: Mapping[str, str] = {
    "default-src": "'self'",
    "img-src": "'self' data: https:",
    "style-src": "'self'",
    "script-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "frame-src": "'self'",
}


def content_policy(more: Mapping[str, Iterable[str]] | None = None) -> str:
    """The policy of a page. `more`: further sources of directives."""
    added = more or {}
    values = {name: OWN.get(name, "'self'") for name in [*OWN, *added]}
    return "; ".join(" ".join([name, value, *added.get(name, ())]) for name, value in values.items())
