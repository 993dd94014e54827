"""Collections: chosen by hand or by rules, updated as products change."""

import re

import msgspec

from shopwright.kit.errors import Invalid, Missing
from shopwright.kit.text import slugify
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog import rules
from shopwright.services.catalog.context import CatalogContext
from shopwright.services.catalog.contract import Collection, Product
from shopwright.services.catalog.lookup import ProductLookup
from shopwright.services.catalog.writing import ProductWriter

MOST_BY_HAND = 1_000


class Collections:
    """Groups of products across categories."""

    def __init__(self, context: CatalogContext, lookup: ProductLookup, writer: ProductWriter) -> None:
        self._work = context.work
        self._store = context.store
        self._memo = context.memo
        self._lookup = lookup
        self._writer = writer

    async def all(self) -> list[Collection]:
        """Return all collections by title."""
        return await self._memo.get("collections", lambda: self._store.collections(self._work))

    async def of_product(self, product_id: str) -> list[str]:
        """Return the slugs of a product's collections."""
        return await self._store.slugs_of(self._work, product_id)

    async def products(self, slug: str, *, after: str = "", limit: int = 24) -> tuple[list[Product], str]:
        """Return published products of a collection in its order, and the next cursor. Raises Missing, Invalid."""
        found = await self._store.collection_by_slug(self._work, slug)
        if found is None:
            raise Missing(_("There is no collection “{slug}”.", slug=slug))
        if after and not re.fullmatch(rf"{found[0].id}/\d{{6}}/prd_\w{{26}}", after):
            raise Invalid.at(
                "/after", _("This is not a valid cursor of this collection; use `next` of the previous response.")
            )
        page: list[Product] = []
        while len(page) < limit:
            members = await self._store.members(self._work, found[0].id, after, limit + 1)
            by_id = {
                one.id: one for one in await self._lookup.get_many([product_id for _unused, product_id in members])
            }
            for member_id, product_id in members:
                if len(page) == limit:
                    return page, after
                after = member_id
                if product_id in by_id and by_id[product_id].status == "published":
                    page.append(by_id[product_id])
            if len(members) <= limit:
                return page, ""
        return page, after

    async def put(self, collection: Collection) -> Collection:
        """Create or update a collection and its members. Raises Invalid."""
        rules.check(collection, MOST_BY_HAND)
        products = await self._lookup.get_many(collection.product_ids)
        if unknown := sorted(set(collection.product_ids) - {one.id for one in products}):
            raise Invalid.at("/product_ids", _("There is no product {unknown}.", unknown=", ".join(unknown)))
        async with self._work.begin() as tx:
            old, version = await self._store.collection_by_slug(tx, slugify(collection.slug)) or (None, 0)
            made = msgspec.structs.replace(
                collection,
                id=old.id if old else self._work.ids.new("col"),
                slug=slugify(collection.slug),
                title=collection.title.strip(),
                product_ids=tuple(dict.fromkeys(collection.product_ids)) if collection.kind == "manual" else (),
            )
            await self._store.write_collection(tx, made, version)
        await self._update_members(made)
        return made

    async def _update_members(self, collection: Collection) -> None:
        """Update the members of a changed collection in steps, so that products can be edited meanwhile."""
        for place in await self._store.all_members(self._work, collection.id):
            await self._update_member(collection, place)
        for position, product_id in enumerate(collection.product_ids):
            async with self._work.begin() as tx:
                await self._store.add_member(tx, collection.id, product_id, position)
                await self._writer.emit_saved(tx, product_id)
        if collection.kind == "rules":
            async for product in self._store.every_product(self._work):
                with self._work.aside.guard("product", product.id):
                    await self._update_member(collection, product.id)

    async def _update_member(self, collection: Collection, product_id: str) -> None:
        """Add or remove a product, as it is now."""
        async with self._work.begin() as tx:
            found = await self._store.products(tx, [product_id])
            slugs = {one.id: one.slug for one in await self._store.categories(tx)}
            belongs = bool(found) and rules.belongs(collection, found[0], slugs)
            if await self._store.set_member(tx, collection.id, product_id, belongs=belongs):
                await self._writer.emit_saved(tx, product_id)

    async def delete(self, slug: str) -> None:
        """Delete a collection; its products stay. Raises Missing."""
        found = await self._store.collection_by_slug(self._work, slug)
        if found is None:
            raise Missing(_("There is no collection “{slug}”.", slug=slug))
        async with self._work.begin() as tx:
            await self._store.delete_collection(tx, found[0].id)
        for product_id in await self._store.all_members(self._work, found[0].id):
            async with self._work.begin() as tx:
                await self._store.set_member(tx, found[0].id, product_id, belongs=False)
                await self._writer.emit_saved(tx, product_id)
