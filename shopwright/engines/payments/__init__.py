"""Payment providers. `pretend:` is one of our own that approves, declines, delays, asks 3-D Secure and forgets to call.

It moves no money: it is there in a demo shop, or where the settings name it, and never by itself.
"""

from collections.abc import Mapping

from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.provider import Provider
from shopwright.kit.settings import choose, listed

PRETEND = "pretend"


def named(urls: str) -> tuple[str, ...]:
    """The providers a setting names. Raises Invalid with “did you mean” for a scheme nobody knows."""
    return tuple(choose("payments", url, {PRETEND: PRETEND}) for url in listed(urls))


class Offered:
    """The providers of a shop: those that are named; where none is, the pretend one if its data say that it is a demo."""

    def __init__(self, names: tuple[str, ...], known: Mapping[str, Provider], work: ServiceDatabase) -> None:
        self._named = {name: known[name] for name in names}
        self._in_a_demo = {PRETEND: known[PRETEND]}
        self._work = work

    async def __call__(self) -> Mapping[str, Provider]:
        if self._named or not await self._work.is_demo():
            return self._named
        return self._in_a_demo
