"""Fallback answers of services that pages can do without."""

import logging
from collections.abc import Callable
from typing import Any

from shopwright.kit.errors import ShopError, Unavailable
from shopwright.service_spec import ServiceSpec

log = logging.getLogger("shopwright")


class WithFallbacks:
    """A service with the fallbacks of its spec. `count` is notified of each fallback."""

    def __init__(self, spec: ServiceSpec[Any, Any], inner: Any, count: Callable[[], None]) -> None:
        self._spec = spec
        self._inner = inner
        self._count = count

    def __getattr__(self, name: str) -> Any:
        ask = getattr(self._inner, name)
        instead = self._spec.fallbacks.get(name)
        if instead is None:
            return ask

        async def call(*args: Any, **kwargs: Any) -> Any:
            try:
                answer = await ask(*args, **kwargs)
            except Unavailable:
                self._count()
                return instead()
            except ShopError:
                raise
            except Exception:  # any failure of the fallback leaves the caller's page working
                log.exception("%s.%s failed; its caller continues with a fallback", self._spec.name, name)
                self._count()
                return instead()
            if getattr(answer, "partial", False):
                self._count()
            return answer

        return call
