"""Product import: many at once, safe to repeat."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.errors import Conflict, Invalid, Missing
from shopwright.kit.text import slugify
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog import model, reserved_store
from shopwright.services.catalog.context import CatalogContext
from shopwright.services.catalog.contract import Bringing, ImportedProduct, Product, ProductInput, Release
from shopwright.services.catalog.names import Names
from shopwright.services.catalog.writing import NewId, ProductWriter, WriteContext

IDS_AT_ONCE = 100


class DryRun(Exception):
    """Rolls back a dry run."""


class ImportIds:
    """Ids for new products and variants, or those reserved by an interrupted import."""

    def __init__(
        self, products: Iterator[str], variants: Iterator[str], reserved: Mapping[str, reserved_store.Reserved]
    ) -> None:
        self.products = products
        self._variants = variants
        self._reserved = reserved
        self.given: list[reserved_store.ReservedVariant] = []  # to variants, and reserved nowhere yet

    def of(self, source: str) -> NewId:
        """The id generator for variants of this source."""
        reserved = self._reserved.get(source, {})

        def new_id(options: Mapping[str, str]) -> str:
            key = reserved_store.options_key(options)
            if found := reserved.get(key):
                return found
            made = next(self._variants)
            self.given.append(reserved_store.ReservedVariant(source, key, made))
            return made

        return new_id


class ProductImport:
    """Creates and updates products by source in two steps; they are released once prices and stock are set."""

    def __init__(self, context: CatalogContext, writer: ProductWriter) -> None:
        self._work = context.work
        self._store = context.store
        self._writer = writer

    async def import_products(
        self, wanted: Sequence[ProductInput], *, how: Bringing = "draft"
    ) -> list[ImportedProduct]:
        """Create or update products independently, reserve their ids, or report what would happen."""
        imported: list[ImportedProduct] = []
        try:
            async with self._work.begin() as tx:
                imported = await self._import(tx, wanted, how)
                if how == "try":
                    raise DryRun  # noqa: TRY301 -- it rolls back
        except DryRun:
            return imported
        except Conflict as conflict:
            # Another process took a slug or SKU: retry one by one, so that it affects no other product.
            if len(wanted) == 1:
                return [ImportedProduct(problem=conflict.detail)]
            return [made for one in wanted for made in await self.import_products([one], how=how)]
        return imported

    async def _import(self, tx: Transaction, wanted: Sequence[ProductInput], how: Bringing) -> list[ImportedProduct]:
        """Import what is possible; a repeated source updates the result of the first."""
        wanted = [model.with_sku_forms(one) for one in wanted]
        context, names = await self._writer.write_context(tx), Names(self._store, tx)
        sources = [one.source for one in wanted]
        known = {one.source: one for one in await self._store.by_sources(tx, sources)}
        ids = ImportIds(self._new_ids("prd"), self._new_ids("var"), await reserved_store.read(tx, sources))
        await names.look_up("skus", (variant.sku for one in wanted for variant in one.variants))
        await names.look_up("slug", (slugify(one.slug or one.title) for one in wanted if one.source not in known))
        imported: list[ImportedProduct] = []
        made: dict[str, Product] = {}
        for one in wanted:
            old = known.get(one.source)
            try:
                product, made_anew = await self._compose_one(tx, one, old, context, names, ids)
            except Invalid as problem:
                imported.append(ImportedProduct(problem=problem.detail))
                continue
            known[one.source] = made[one.source] = product
            is_new = old is None or not old.source_digest
            imported.append(ImportedProduct(product=product, is_new=is_new, made_anew=made_anew))
        if how == "reserve":
            await reserved_store.insert(tx, ids.given)
        elif how == "draft":
            made = {one.source: one for one in await self._writer.save(tx, list(made.values()), context)}
        return [
            one
            if one.product is None or one.product is made[one.product.source]
            else msgspec.structs.replace(one, product=made[one.product.source])
            for one in imported
        ]

    async def _compose_one(
        self,
        tx: Transaction,
        wanted: ProductInput,
        old: Product | None,
        context: WriteContext,
        names: Names,
        ids: ImportIds,
    ) -> tuple[Product, tuple[int, ...]]:
        """Return the product to write and its variants whose SKU was taken. Raises Invalid."""
        new, made_anew = await self._with_own_skus(names, wanted, old)
        model.check_rest(new)
        if old is None:
            old = self._writer.new_product(
                tx, next(ids.products), await self._writer.free_slug(names, slugify(new.slug or new.title))
            )
        if new.status != old.status:
            new = msgspec.structs.replace(new, status=old.status)
        return await self._writer.compose(tx, old, new, context, names, ids.of(wanted.source)), made_anew

    def _new_ids(self, prefix: str) -> Iterator[str]:
        while True:
            yield from self._work.ids.many(prefix, IDS_AT_ONCE)

    @staticmethod
    async def _with_own_skus(
        names: Names, wanted: ProductInput, old: Product | None
    ) -> tuple[ProductInput, tuple[int, ...]]:
        """Give variants their existing ids, and remove SKUs owned by others."""
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

    async def publish_imported(self, finished: Sequence[Release]) -> None:
        """Publish them, all or none. Raises Missing, Conflict."""
        async with self._work.begin() as tx:
            context = await self._writer.write_context(tx)
            there = [one.product_id for one in finished if one.product is None]
            found = {one.id: one for one in await self._store.products(tx, there)}
            if missing := [one for one in there if one not in found]:
                raise Missing(_("There is no product {missing}.", missing=missing[0]))
            await self._writer.move_many(
                tx,
                [(_as_from(one, found[one.product_id]), one.status) for one in finished if one.product is None],
                context.categories,
            )
            finished_products = [
                (_as_from(one, one.product), one.status) for one in finished if one.product is not None
            ]
            await self._writer.save(tx, model.moved(finished_products, tx.now), context)
            await reserved_store.end(tx, [one.source for one, _unused in finished_products])
            given = {one.product_id: one.given for one in finished if one.given is not None}
            new = {one.product_id for one in finished if one.product is not None and not one.product.version}
            await self._store.write_imported(tx, given, new)


def _as_from(finished: Release, product: Product) -> Product:
    return msgspec.structs.replace(product, source_digest=finished.source_digest)
