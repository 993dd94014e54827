"""Collections: chosen by hand or by rules, kept as products change; product types; addresses of earlier shops."""

import re
from collections.abc import Mapping

import msgspec

from shopwright.kit.errors import Invalid, Missing
from shopwright.kit.text import is_key, slugify
from shopwright.services.catalog import attributes, rules
from shopwright.services.catalog.contract import AttributeType, Collection, Product, ProductType
from shopwright.services.catalog.service import Shelves

MOST_BY_HAND = 1_000


class Assortment(Shelves):
    """All verbs of `contract.Catalog`."""

    # --- collections

    async def collections(self) -> list[Collection]:
        return await self._memo.get("collections", lambda: self._store.collections(self._work))

    async def collections_of(self, product_id: str) -> list[str]:
        return await self._store.slugs_of(self._work, product_id)

    async def in_collection(self, slug: str, *, after: str = "", limit: int = 24) -> tuple[list[Product], str]:
        found = await self._store.collection_by_slug(self._work, slug)
        if found is None:
            raise Missing(f"There is no collection “{slug}”.")
        if after and not re.fullmatch(rf"{found[0].id}/\d{{6}}/prd_\w{{26}}", after):
            raise Invalid.at("/after", "This is not where this collection goes on; use `next` of the answer before.")
        shown: list[Product] = []
        while len(shown) < limit:
            members = await self._store.members(self._work, found[0].id, after, limit + 1)
            by_id = {one.id: one for one in await self.get_many([product_id for _, product_id in members])}
            for member_id, product_id in members:
                if len(shown) == limit:
                    return shown, after
                after = member_id
                if product_id in by_id and by_id[product_id].status == "published":
                    shown.append(by_id[product_id])
            if len(members) <= limit:
                return shown, ""
        return shown, after

    async def put_collection(self, collection: Collection) -> Collection:
        rules.check(collection, MOST_BY_HAND)
        products = await self.get_many(collection.product_ids)
        if unknown := sorted(set(collection.product_ids) - {one.id for one in products}):
            raise Invalid.at("/product_ids", f"There is no product {', '.join(unknown)}.")
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
        await self._choose_anew(made)
        return made

    async def _choose_anew(self, collection: Collection) -> None:
        """Who belongs to a collection that was changed, in steps: products go on being edited meanwhile."""
        for place in await self._store.all_members(self._work, collection.id):
            await self._place(collection, place)
        for position, product_id in enumerate(collection.product_ids):
            async with self._work.begin() as tx:
                await self._store.add_member(tx, collection.id, product_id, position)
                await self._tell_again(tx, product_id)
        if collection.kind == "rules":
            async for product in self._store.every_product(self._work):
                with self._work.aside.guard("product", product.id):
                    await self._place(collection, product.id)

    async def _place(self, collection: Collection, product_id: str) -> None:
        """In or out, as the product is now."""
        async with self._work.begin() as tx:
            found = await self._store.products(tx, [product_id])
            slugs = {one.id: one.slug for one in await self._store.categories(tx)}
            belongs = bool(found) and rules.belongs(collection, found[0], slugs)
            if await self._store.set_member(tx, collection.id, product_id, belongs=belongs):
                await self._tell_again(tx, product_id)

    async def delete_collection(self, slug: str) -> None:
        found = await self._store.collection_by_slug(self._work, slug)
        if found is None:
            raise Missing(f"There is no collection “{slug}”.")
        async with self._work.begin() as tx:
            await self._store.delete_collection(tx, found[0].id)
        for product_id in await self._store.all_members(self._work, found[0].id):
            async with self._work.begin() as tx:
                await self._store.set_member(tx, found[0].id, product_id, belongs=False)
                await self._tell_again(tx, product_id)

    # --- types

    async def product_types(self) -> list[ProductType]:
        return await self._memo.get("types", lambda: self._store.product_types(self._work))

    async def put_product_type(self, product_type: ProductType) -> ProductType:
        if not product_type.title.strip() or not is_key(product_type.name, "-"):
            raise Invalid.at("/name", "A product type needs a title, and a name such as dining-chair.")
        if missing := set(product_type.required) - set(product_type.attributes):
            raise Invalid.at("/required", f"Required, but not among its attributes: {', '.join(sorted(missing))}.")
        async with self._work.begin() as tx:
            known = await self._store.attribute_types(tx)
            if unknown := [name for name in product_type.attributes if name not in known]:
                raise Invalid.at("/attributes", f"Describe these attributes first: {', '.join(unknown)}.")
            await self._store.write_product_type(tx, product_type)
        return product_type

    async def put_attribute_type(self, attribute: AttributeType) -> AttributeType:
        attributes.check_description(attribute)
        if attribute.name in await self._store.attribute_types(self._work):
            await self._check_values(attribute)
        async with self._work.begin() as tx:
            await self._store.write_attribute_type(tx, attribute)
        return attribute

    async def _check_values(self, attribute: AttributeType) -> None:
        """Raises Invalid where a product has a value that would not fit."""
        async for product in self._store.every_product(self._work):
            value = product.attributes.get(attribute.name)
            if value is not None and not attributes.fits(value, attribute):
                raise Invalid.at("/kind", f"“{product.title}” has “{value}”, which would not fit.")

    # --- scheduled

    async def publish_due(self) -> None:
        """A timer: scheduled products whose time has come."""
        now = self._work.now()
        async for product in self._store.every_product(self._work, "scheduled"):
            if product.publish_at is not None and product.publish_at <= now:
                with self._work.aside.guard("product to publish", product.id):
                    await self.move(product.id, "published", product.version)

    # --- old addresses

    async def put_redirect(self, path: str, target: str) -> None:
        await self.put_redirects({path: target})

    async def put_redirects(self, targets: Mapping[str, str]) -> None:
        for path, target in targets.items():
            if not path.startswith("/") or not target.startswith("/") or target.startswith("//"):
                raise Invalid.at("/path", "Addresses start with / and stay in this shop.")
        async with self._work.begin() as tx:
            await self._store.put_redirects(tx, {path.rstrip("/") or "/": target for path, target in targets.items()})

    async def redirect(self, path: str) -> str | None:
        return await self._store.redirect(self._work, path.rstrip("/") or "/")
