"""The specs of all services, in river order. A service is its folder and its name in `RIVER`."""

from functools import cache
from importlib import import_module
from typing import Any

from shopwright.service_spec import ServiceSpec
from shopwright.services import RIVER


@cache
def spec_of(name: str) -> ServiceSpec[Any, Any]:
    """Return the spec of a service."""
    found: ServiceSpec[Any, Any] = import_module(f"shopwright.services.{name}.spec").SPEC
    return found


@cache
def specs() -> tuple[ServiceSpec[Any, Any], ...]:
    """Return all specs, callees before callers."""
    return tuple(spec_of(name) for name in RIVER)
