"""Payment providers. `pretend:` is our simulator: it approves, declines, delays, asks 3-D Secure and loses webhooks.

It moves no money, and exists only in demo shops or if the settings name it.
"""

from collections.abc import Mapping

from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.provider import Provider
from shopwright.kit.settings import choose, listed

PRETEND = "pretend"


def named(urls: str) -> tuple[str, ...]:
    """The providers of a setting. Raises Invalid with “did you mean” for an unknown scheme."""
    return tuple(choose("payments", url, {PRETEND: PRETEND}) for url in listed(urls))


class Offered:
    """The providers of a shop: those named; otherwise the pretend one in a demo shop."""

    def __init__(self, names: tuple[str, ...], known: Mapping[str, Provider], work: ServiceDatabase) -> None:
        self._named = {name: known[name] for name in names}
        self._in_a_demo = {PRETEND: known[PRETEND]}
        self._work = work

    async def __call__(self) -> Mapping[str, Provider]:
        if self._named or not await self._work.is_demo():
            return self._named
        return self._in_a_demo
