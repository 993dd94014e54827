"""Redirects from an earlier shop's URLs."""

from collections.abc import Mapping

from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog.context import CatalogContext


class Redirects:
    """Targets by path."""

    def __init__(self, context: CatalogContext) -> None:
        self._work = context.work
        self._store = context.store

    async def put(self, targets: Mapping[str, str]) -> None:
        """Set redirects, all or none. Raises Invalid."""
        for path, target in targets.items():
            if not path.startswith("/") or not target.startswith("/") or target.startswith("//"):
                raise Invalid.at("/path", _("Addresses start with / and stay in this shop."))
        async with self._work.begin() as tx:
            await self._store.put_redirects(tx, {path.rstrip("/") or "/": target for path, target in targets.items()})

    async def target(self, path: str) -> str | None:
        """Return the target of an old path, or None."""
        return await self._store.redirect(self._work, path.rstrip("/") or "/")
