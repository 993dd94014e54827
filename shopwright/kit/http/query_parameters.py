"""Strict queries: unknown and repeated parameters are errors that name them.

Programs learn of a typo at once, where `?afer=…` would return the first page for ever. Links to pages carry foreign
parameters (`utm_source` and the like), so pages ignore unknown ones.
"""

import typing
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qsl

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send

from shopwright.kit.bounds import BY_NAME, LINE, URL, wrong_with
from shopwright.kit.errors import Malformed, Missing, Problem
from shopwright.kit.http.routes import takes_cookies
from shopwright.kit.http.strict import refuse_faults
from shopwright.kit.translation import gettext as _

MOST = 200
ASKS = "query"


class AcceptedParameters(NamedTuple):
    """The parameters of a route. `known`: name → allowed values (none: any). `repeated`: may occur several times."""

    known: Mapping[str, tuple[str, ...]]
    repeated: frozenset[str]
    begins: str


def also_asks(*names: str, begins: str = "") -> dict[str, Any]:
    """The `opt` of a route that reads these parameters itself, repeated or not; `begins`: and all with this prefix."""
    return {"also_asks": (names, begins)}


def learn_queries(app: Litestar) -> None:
    """Record the parameters of each route from its signature."""
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else []:
            if isinstance(handler, HTTPRouteHandler):
                names, begins = handler.opt.get("also_asks", ((), ""))
                found = handler.create_kwargs_model(route.path_parameters).expected_query_params
                signature = handler.parsed_fn_signature.parameters
                known = {one.field_alias: _values(signature.get(one.field_name)) for one in found}
                handler.opt[ASKS] = AcceptedParameters(known | dict.fromkeys(names, ()), frozenset(names), begins)


def _values(field: Any) -> tuple[str, ...]:
    """The values of a Literal."""
    return tuple(_literals(field.raw)) if field is not None else ()


def _literals(hint: Any) -> Iterator[str]:
    if typing.get_origin(hint) is Literal:
        yield from map(str, typing.get_args(hint))
        return
    for one in typing.get_args(hint):
        yield from _literals(one)


class Queries:
    """Middleware of all routes: raises Invalid naming each wrong parameter."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            if any(isinstance(one, str) and len(one) > LINE.longest for one in scope["path_params"].values()):
                raise Missing(_("There is nothing with so long a name."))
            if scope["query_string"]:
                handler = scope["route_handler"]
                refuse_faults(_wrong(_parsed(scope["query_string"]), handler.opt[ASKS], takes_cookies(handler)))
        await self._app(scope, receive, send)


def _parsed(query: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=MOST, errors="strict")
    except UnicodeDecodeError:
        raise Malformed(_("The query is not UTF-8.")) from None
    except ValueError:
        raise Malformed(_("The query has more than {most} parameters.", most=MOST)) from None


def _wrong(given: Iterable[tuple[str, str]], asks: AcceptedParameters, page: bool) -> Iterator[Problem]:
    seen: set[str] = set()
    for name, value in given:
        known = name in asks.known or bool(asks.begins and name.startswith(asks.begins))
        if not known and not page:
            yield Problem(f"/{name[:60]}", "unknown_parameter", _unknown(name[:60], asks))
            continue
        if name in seen and name in asks.known and name not in asks.repeated:
            yield Problem(f"/{name}", "invalid", _("{name} comes more than once.", name=name))
        seen.add(name)
        if problem := wrong_with(value, BY_NAME.get(name, LINE) if known else URL, name[:60]):
            yield Problem(f"/{name[:60]}", "invalid", problem)
        values = asks.known.get(name, ())
        if values and value not in values and not page:
            yield Problem(
                f"/{name}",
                "invalid",
                _(
                    "{name} is one of {values}; “{value}” is none.",
                    name=name,
                    values=", ".join(values),
                    value=value[:60],
                ),
            )


def _unknown(name: str, asks: AcceptedParameters) -> str:
    there = [*sorted(asks.known), *([f"{asks.begins}NAME"] if asks.begins else [])]
    if not there:
        return _("There is no parameter “{name}” here; none is accepted.", name=name)
    return _("There is no parameter “{name}” here; there are {names}.", name=name, names=", ".join(there))
