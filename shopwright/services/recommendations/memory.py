"""What someone looked at, remembered for those who want it; and how often anything is looked at, without who."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

from shopwright.kit.clock import to_micros
from shopwright.kit.errors import Missing
from shopwright.kit.facts import Heard
from shopwright.services.recommendations import memory_store, store
from shopwright.services.recommendations.contract import Kind, ProductsViewed, Recommended
from shopwright.services.recommendations.service import HISTORY, Adviser

REMEMBERED = timedelta(days=90)


class Companion(Adviser):
    """All verbs of `contract.Recommendations`."""

    async def remembers(self, viewer: str) -> bool:
        return await memory_store.consent(self._work, viewer)

    async def remember(self, viewer: str, *, wanted: bool) -> None:
        async with self._work.begin() as tx:
            if wanted:
                await memory_store.give_consent(tx, viewer)
            else:
                await memory_store.forget(tx, viewer)

    async def saw(self, viewer: str, product: str) -> None:
        known = await self._catalog.get(product)
        if known.status != "published":
            raise Missing(f"There is no product “{product}”.")
        async with self._work.begin() as tx:
            if await memory_store.consent(tx, viewer):
                await memory_store.saw(tx, viewer, known.id)

    async def become(self, viewer: str, user_id: str) -> None:
        async with self._work.begin() as tx:
            if await memory_store.consent(tx, viewer):
                await memory_store.give_consent(tx, user_id)
                await memory_store.move(tx, viewer, user_id)
                await memory_store.forget(tx, viewer)

    async def seen(self, viewer: str, limit: int = 60) -> list[str]:
        return await memory_store.seen_by(self._work, viewer, limit)

    async def recommend(
        self, kind: Kind, *, products: Sequence[str] = (), user_id: str | None = None, limit: int = 8
    ) -> list[Recommended]:
        key = (kind, tuple(products), user_id, limit)
        return await self._memo.get(key, lambda: self._recommend(kind, products, user_id, limit))

    async def _recommend(
        self, kind: Kind, products: Sequence[str], user_id: str | None, limit: int
    ) -> list[Recommended]:
        if kind == "bought_together":
            return await self._together(products, products, limit, "Often bought together with this")
        if kind == "similar":
            return await self._similar(products, limit)
        if kind == "trending":
            return await self._trending(products, limit)
        if not user_id:
            return []
        if kind == "for_you":
            return await self._for_you(user_id, products, limit)
        found = await self.seen(user_id, limit + len(products))
        return [Recommended(one, "You looked at this") for one in found if one not in products][:limit]

    async def _for_you(self, user_id: str, without: Sequence[str], limit: int) -> list[Recommended]:
        """What goes with what they bought comes first, then what is like that they looked at."""
        bought = await store.bought_by(self._work, user_id, HISTORY)
        known = [*bought, *without]
        found = await self._together(bought, known, limit, "Bought by people who bought what you did")
        if len(found) < limit:
            viewed = [one for one in await self.seen(user_id, HISTORY) if one not in bought]
            taken = {one.product_id for one in found} | set(known)
            like = await self._similar(viewed, limit + len(taken))
            found += [
                Recommended(one.product_id, "Like things you looked at") for one in like if one.product_id not in taken
            ]
        return found[:limit]

    # --- how often, without who

    async def looked(self, counts: Mapping[str, int]) -> None:
        known: Counter[str] = Counter()
        for slug, count in counts.items():
            try:
                known[(await self._catalog.get(slug)).id] += count
            except Missing:
                continue  # an address somebody made up
        if known:
            async with self._work.begin() as tx:
                await tx.tell(ProductsViewed(day=f"{tx.now:%Y-%m-%d}", counts=dict(known)))

    async def forget_old(self) -> None:
        """A timer: what was looked at long ago is forgotten."""
        async with self._work.begin() as tx:
            await memory_store.forget_before(tx, to_micros(tx.now - REMEMBERED))

    async def hear_erased(self, heard: Heard) -> None:
        """UserErased: what they bought and looked at is known as someone's no more."""
        async with self._work.begin(once=heard.key) as tx:
            await store.forget(tx, heard.event.user_id)
            await memory_store.forget(tx, heard.event.user_id)
