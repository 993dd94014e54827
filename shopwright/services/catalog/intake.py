"""Products brought from elsewhere: many at once, each safe to bring again."""

from collections.abc import Sequence

import msgspec

from shopwright.kit.errors import Conflict, Invalid, Missing
from shopwright.kit.text import slugify
from shopwright.kit.work import Transaction
from shopwright.services.catalog import model
from shopwright.services.catalog.assortment import Assortment
from shopwright.services.catalog.contract import Brought, Product, ProductInput, Release
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
                ground = await self._ground(tx)
                known = {one.source: one for one in await self._store.by_sources(tx, [one.source for one in wanted])}
                brought = [await self._bring_one(tx, one, known, ground) for one in wanted]
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

    async def _bring_one(
        self, tx: Transaction, wanted: ProductInput, known: dict[str, Product], ground: Ground
    ) -> Brought:
        old = known.get(wanted.source)
        try:
            new, made_anew = await self._with_own_skus(tx, model.with_sku_forms(wanted), old)
            new = model.check(new)
            if old is None:
                slug = await self._free_slug(tx, slugify(new.slug or new.title))
                made = await self._write(
                    tx, self._unseen(tx, slug), msgspec.structs.replace(new, status="draft"), ground
                )
            else:
                made = await self._write(tx, old, msgspec.structs.replace(new, status=old.status), ground)
        except Invalid as problem:
            return Brought(problem=problem.detail)
        known[wanted.source] = made
        return Brought(product=made, is_new=old is None or not old.source_digest, made_anew=made_anew)

    async def _with_own_skus(
        self, tx: Transaction, wanted: ProductInput, old: Product | None
    ) -> tuple[ProductInput, tuple[int, ...]]:
        """Each variant with the id it has already, and without a SKU that another one has."""
        ids = {tuple(sorted(one.options.items())): one.id for one in old.variants} if old else {}
        variants = []
        taken: list[int] = []
        seen: set[str] = set()
        for number, one in enumerate(wanted.variants):
            sku = one.sku
            if sku and (sku in seen or await self._is_of_another(tx, sku, old)):
                taken.append(number)
                sku = ""
            seen.add(sku)
            known = ids.get(tuple(sorted(one.options.items())), "")
            variants.append(msgspec.structs.replace(one, sku=sku, id=known))
        digest = old.source_digest if old else ""
        return msgspec.structs.replace(wanted, variants=tuple(variants), source_digest=digest), tuple(taken)

    async def _is_of_another(self, tx: Transaction, sku: str, old: Product | None) -> bool:
        owner = await self._store.product_by(tx, "skus", sku)
        return owner is not None and (old is None or owner.id != old.id)

    async def release(self, finished: Sequence[Release]) -> None:
        async with self._work.begin() as tx:
            found = {one.id: one for one in await self._store.products(tx, [one.product_id for one in finished])}
            categories = await self._store.categories(tx)
            for one in finished:
                if one.product_id not in found:
                    raise Missing(f"There is no product {one.product_id}.")
                done = msgspec.structs.replace(found[one.product_id], source_digest=one.source_digest)
                await self._move(tx, done, one.status, categories)
            given = {one.product_id: one.given for one in finished if one.given is not None}
            await self._store.write_imported(tx, given)
