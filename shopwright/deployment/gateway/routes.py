"""Which part of the shop serves which path, according to the code."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from litestar import Router
from litestar.routes import HTTPRoute

from shopwright.engines.payments.pretend import pages as pretend_pages
from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _
from shopwright.registry import WEB
from shopwright.web.application import ROUTES, ROUTES_OF_WEB

PARAMETER = re.compile(r"\{[^}]+\}")
ONE, MANY = "[^/]+", ".+"


class RouteAddress(NamedTuple):
    """`path` in OpenAPI form: /v1/orders/{order}. `pattern`: its regular expression."""

    path: str
    methods: tuple[str, ...]
    part: str
    pattern: str


def addresses() -> list[RouteAddress]:
    """Return all routes by path. Raises Invalid if two parts serve the same one."""
    found: dict[str, RouteAddress] = {}
    for part, routers in _routers().items():
        for router in routers:
            for route in router.routes:
                if not isinstance(route, HTTPRoute):
                    continue
                methods = tuple(sorted(route.methods - {"OPTIONS", "HEAD"}))
                one = RouteAddress(route.path_format, methods, part, _pattern(route))
                known = found.setdefault(one.path, one)
                if known.part != part:
                    raise Invalid(
                        _(
                            "{path} is answered by {part} and by {other_part}.",
                            path=one.path,
                            part=known.part,
                            other_part=part,
                        )
                    )
    return sorted(found.values())


def _routers() -> Mapping[str, list[Router]]:
    services = {name: [make()] for name, make in ROUTES.items()}
    services["payments"].append(pretend_pages.routes())
    return {**services, WEB: [make() for make in ROUTES_OF_WEB]}


def _pattern(route: HTTPRoute) -> str:
    has_path = any(one.type.__name__ == "Path" for one in route.path_parameters.values())
    return "^" + PARAMETER.sub(MANY if has_path else ONE, re.sub(r"[.+]", r"\\\g<0>", route.path_format)) + "$"


def patterns() -> Mapping[str, list[str]]:
    """Return the paths of each part; all others belong to the web part."""
    found: dict[str, list[str]] = {}
    for one in addresses():
        if one.part != WEB:
            found.setdefault(one.part, []).append(one.pattern)
    return found
