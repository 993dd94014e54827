"""Product editing by staff: create, edit, publish, retire."""

import msgspec

from shopwright.kit.text import slugify
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog import model
from shopwright.services.catalog.context import CatalogContext
from shopwright.services.catalog.contract import Product, ProductInput, SkuTaken, Status
from shopwright.services.catalog.names import Names
from shopwright.services.catalog.writing import ProductWriter


class ProductEditing:
    """Edits one product at a time."""

    def __init__(self, context: CatalogContext, writer: ProductWriter) -> None:
        self._work = context.work
        self._store = context.store
        self._writer = writer

    async def create(self, new: ProductInput) -> Product:
        """Create a product. Raises Invalid, SlugTaken, SkuTaken."""
        try:
            return await self._create(new)
        except SkuTaken as taken:
            raise await self._with_owner(taken, new, "") from None

    async def _with_owner(self, taken: SkuTaken, new: ProductInput, product_id: str) -> SkuTaken:
        """The error with the SKU's owner, which may be a retired product that orders still name."""
        for variant in new.variants:
            other = await self._store.product_by(self._work, "skus", variant.sku) if variant.sku else None
            if other is not None and other.id != product_id:
                return SkuTaken(
                    _(
                        "The SKU {sku} belongs to “{title}” ({status}, {id}). Choose another one, or give that product's variant another one first.",
                        sku=variant.sku,
                        title=other.title,
                        status=other.status,
                        id=other.id,
                    ),
                    data={"sku": variant.sku, "product_id": other.id},
                )
        return taken

    async def _create(self, new: ProductInput) -> Product:
        new = model.check(new)
        async with self._work.begin() as tx:
            wanted = slugify(new.slug or new.title)
            if new.slug:
                await self._writer.check_slug(tx, wanted)
            slug = await self._writer.free_slug(Names(self._store, tx), wanted)
            bare = msgspec.structs.replace(
                self._writer.new_product(tx, self._work.ids.new("prd"), slug), status=new.status
            )
            return await self._writer.write(tx, bare, new, await self._writer.write_context(tx))

    async def edit(self, product_id: str, new: ProductInput, version: int | None = None) -> Product:
        """Replace the editable fields. Raises Missing, Invalid, VersionConflict, SlugTaken, SkuTaken."""
        try:
            return await self._edit(product_id, new, version)
        except SkuTaken as taken:
            raise await self._with_owner(taken, new, product_id) from None

    async def _edit(self, product_id: str, new: ProductInput, version: int | None) -> Product:
        new = model.check(new)
        async with self._work.begin() as tx:
            old = await self._writer.current(tx, product_id, version)
            if new.slug and slugify(new.slug) != old.slug:
                await self._writer.check_slug(tx, slugify(new.slug))
                await self._store.remember_slug(tx, old.slug, old.id)
                old = msgspec.structs.replace(old, slug=slugify(new.slug))
            status = old.status if new.status == old.status else model.STATES.move(old.status, new.status)
            return await self._writer.write(
                tx, msgspec.structs.replace(old, status=status), new, await self._writer.write_context(tx)
            )

    async def set_status(self, product_id: str, status: Status, version: int | None = None) -> Product:
        """Publish or retire. Raises Missing, IllegalMove, VersionConflict."""
        async with self._work.begin() as tx:
            old = await self._writer.current(tx, product_id, version)
            if old.status == status:
                return old
            return (await self._writer.move_many(tx, [(old, status)], await self._store.categories(tx)))[0]

    async def publish_due(self) -> None:
        """Scheduled job: publish scheduled products that are due."""
        now = self._work.now()
        async for product in self._store.every_product(self._work, "scheduled"):
            if product.publish_at is not None and product.publish_at <= now:
                with self._work.aside.guard("product to publish", product.id):
                    await self.set_status(product.id, "published", product.version)
