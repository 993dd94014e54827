"""Products brought from elsewhere: many at once, each safe to bring again."""

from collections.abc import Sequence

import msgspec

from shopwright.kit.errors import Conflict, Invalid, Missing
from shopwright.kit.text import slugify
from shopwright.kit.work import Transaction
from shopwright.services.catalog import model
from shopwright.services.catalog.assortment import Assortment
from shopwright.services.catalog.contract import Brought, Product, ProductInput, Release
from shopwright.services.catalog.names import Names
from shopwright.services.catalog.service import Ground


class OnlyTried(Exception):
    """Ends a transaction that was only tried."""


class Intake(Assortment):
    """All verbs of `contract.Catalog`."""

    async def by_sources(self, sources: Sequence[str]) -> dict[str, Product]:
        return {one.source: one for one in await self._store.by_sources(self._work, sources)}

    async def imported(self, product_ids: Sequence[str]) -> dict[str, dict[str, str]]:
        return await self._store.imported(self._work, product_ids)

    async def bring(self, wanted: Sequence[ProductInput], *, only_try: bool = False) -> list[Brought]:
        brought: list[Brought] = []
        try:
            async with self._work.begin() as tx:
                brought = await self._bring(tx, wanted)
                if only_try:
                    raise OnlyTried  # noqa: TRY301 -- it rolls back
        except OnlyTried:
            return brought
        except Conflict as conflict:
            # Another process took an address or a SKU meanwhile: one by one, so that it stops nobody else.
            if len(wanted) == 1:
                return [Brought(problem=conflict.detail)]
            return [made for one in wanted for made in await self.bring([one], only_try=only_try)]
        return brought

    async def _bring(self, tx: Transaction, wanted: Sequence[ProductInput]) -> list[Brought]:
        """All that can be written of these, together; of a source that comes twice, the second is written over the first."""
        wanted = [model.with_sku_forms(one) for one in wanted]
        ground, names = await self._ground(tx), Names(self._store, tx)
        known = {one.source: one for one in await self._store.by_sources(tx, [one.source for one in wanted])}
        await names.look_up("skus", (variant.sku for one in wanted for variant in one.variants))
        await names.look_up("slug", (slugify(one.slug or one.title) for one in wanted if one.source not in known))
        brought: list[Brought] = []
        waiting: dict[str, tuple[int, Product]] = {}  # by source: its place, and what is to be written

        async def keep() -> None:
            written = await self._keep(tx, [product for _, product in waiting.values()], ground)
            for (place, _), product in zip(waiting.values(), written, strict=True):
                brought[place] = msgspec.structs.replace(brought[place], product=product)
                known[product.source] = product
            waiting.clear()

        for one in wanted:
            if one.source in waiting:
                await keep()
            old = known.get(one.source)
            try:
                product, made_anew = await self._composed_of(tx, one, old, ground, names)
            except Invalid as problem:
                brought.append(Brought(problem=problem.detail))
                continue
            waiting[one.source] = len(brought), product
            brought.append(Brought(is_new=old is None or not old.source_digest, made_anew=made_anew))
        await keep()
        return brought

    async def _composed_of(
        self, tx: Transaction, wanted: ProductInput, old: Product | None, ground: Ground, names: Names
    ) -> tuple[Product, tuple[int, ...]]:
        """A product as it is to be written, and which of its variants could not have their SKU. Raises Invalid."""
        new, made_anew = await self._with_own_skus(names, wanted, old)
        new = model.check(new)
        if old is None:
            old = self._unseen(tx, await self._free_slug(names, slugify(new.slug or new.title)))
        if new.status != old.status:
            new = msgspec.structs.replace(new, status=old.status)
        return await self._composed(tx, old, new, ground, names), made_anew

    @staticmethod
    async def _with_own_skus(
        names: Names, wanted: ProductInput, old: Product | None
    ) -> tuple[ProductInput, tuple[int, ...]]:
        """Each variant with the id it has already, and without a SKU that another one has."""
        ids = {tuple(sorted(one.options.items())): one.id for one in old.variants} if old else {}
        ours = {"", old.id if old else ""}
        variants = []
        taken: list[int] = []
        seen: set[str] = set()
        for number, one in enumerate(wanted.variants):
            sku = one.sku
            if sku and (sku in seen or await names.owner("skus", sku) not in ours):
                taken.append(number)
                sku = ""
            seen.add(sku)
            known = ids.get(tuple(sorted(one.options.items())), "")
            same = (sku, known) == (one.sku, one.id)
            variants.append(one if same else msgspec.structs.replace(one, sku=sku, id=known))
        digest = old.source_digest if old else ""
        return msgspec.structs.replace(wanted, variants=tuple(variants), source_digest=digest), tuple(taken)

    async def release(self, finished: Sequence[Release]) -> None:
        async with self._work.begin() as tx:
            found = {one.id: one for one in await self._store.products(tx, [one.product_id for one in finished])}
            categories = await self._store.categories(tx)
            if missing := [one.product_id for one in finished if one.product_id not in found]:
                raise Missing(f"There is no product {missing[0]}.")
            done = [
                (msgspec.structs.replace(found[one.product_id], source_digest=one.source_digest), one.status)
                for one in finished
            ]
            await self._move_many(tx, done, categories)
            given = {one.product_id: one.given for one in finished if one.given is not None}
            await self._store.write_imported(tx, given)
