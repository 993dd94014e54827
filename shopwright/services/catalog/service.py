"""The catalog: products, categories and pictures."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from shopwright.kit.codes import sku_form
from shopwright.kit.errors import Invalid, Missing, VersionConflict
from shopwright.kit.memo import Memo
from shopwright.kit.ports import Documents, Files
from shopwright.kit.text import clean_html, slugify
from shopwright.kit.work import Transaction, Work
from shopwright.services.catalog import attributes, model, rules, words_store
from shopwright.services.catalog.contract import (
    AttributeType,
    Category,
    Collection,
    Media,
    Product,
    ProductInput,
    ProductPublished,
    ProductRetired,
    ProductType,
    SkuTaken,
    SlugTaken,
    Status,
    Upload,
)
from shopwright.services.catalog.media import UPLOAD_FORGOTTEN, UPLOAD_LASTS, Pictures
from shopwright.services.catalog.names import Names
from shopwright.services.catalog.store import CatalogStore

TRIES = 50
WORDS_AT_ONCE, WORDS_TIMES = 200, 20
NewId = Callable[[Mapping[str, str]], str]  # of a variant, by its options


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What every product that is written stands on. `ruled`: the collections by rules."""

    categories: list[Category]
    by_slug: dict[str, Category]
    slugs: dict[str, str]
    attributes: dict[str, AttributeType]
    types: dict[str, ProductType]
    ruled: list[Collection]


class Shelves:
    """Products, categories and pictures; `assortment.py` has the rest of `contract.Catalog`."""

    def __init__(self, work: Work, documents: Documents, files: Files) -> None:
        self._work = work
        self._store = CatalogStore(documents)
        self._pictures = Pictures(files)
        self._memo = Memo(work)

    async def create(self, new: ProductInput) -> Product:
        try:
            return await self._create(new)
        except SkuTaken as taken:
            raise await self._named(taken, new, "") from None

    async def _named(self, taken: SkuTaken, new: ProductInput, product_id: str) -> SkuTaken:
        """The same, naming what has the SKU: also a product that is sold no more, as orders name it."""
        for variant in new.variants:
            other = await self._store.product_by(self._work, "skus", variant.sku) if variant.sku else None
            if other is not None and other.id != product_id:
                return SkuTaken(
                    f"The SKU {variant.sku} belongs to “{other.title}” ({other.status}, {other.id})."
                    " Choose another one, or give that product's variant another one first.",
                    data={"sku": variant.sku, "product_id": other.id},
                )
        return taken

    async def _create(self, new: ProductInput) -> Product:
        new = model.check(new)
        async with self._work.begin() as tx:
            wanted = slugify(new.slug or new.title)
            if new.slug:
                await self._check_slug(tx, wanted)
            slug = await self._free_slug(Names(self._store, tx), wanted)
            bare = msgspec.structs.replace(self._unseen(tx, self._work.ids.new("prd"), slug), status=new.status)
            return await self._write(tx, bare, new, await self._ground(tx))

    @staticmethod
    def _unseen(tx: Transaction, product_id: str, slug: str) -> Product:
        """A new product without anything in it."""
        return Product(
            id=product_id, slug=slug, title="", description="", brand="", status="draft",
            category_ids=(), tags=(), attributes={}, options=(), variants=(), media=(),
            created_at=tx.now, updated_at=tx.now,
        )  # fmt: skip

    async def edit(self, product_id: str, new: ProductInput, version: int | None = None) -> Product:
        try:
            return await self._edit(product_id, new, version)
        except SkuTaken as taken:
            raise await self._named(taken, new, product_id) from None

    async def _edit(self, product_id: str, new: ProductInput, version: int | None) -> Product:
        new = model.check(new)
        async with self._work.begin() as tx:
            old = await self._current(tx, product_id, version)
            if new.slug and slugify(new.slug) != old.slug:
                await self._check_slug(tx, slugify(new.slug))
                await self._store.remember_slug(tx, old.slug, old.id)
                old = msgspec.structs.replace(old, slug=slugify(new.slug))
            status = old.status if new.status == old.status else model.STATES.move(old.status, new.status)
            return await self._write(tx, msgspec.structs.replace(old, status=status), new, await self._ground(tx))

    async def _ground(self, tx: Transaction) -> Ground:
        categories = await self._store.categories(tx)
        collections = await self._store.collections(tx)
        return Ground(
            categories=categories,
            by_slug={category.slug: category for category in categories},
            slugs={category.id: category.slug for category in categories},
            attributes=await self._store.attribute_types(tx),
            types={one.name: one for one in await self._store.product_types(tx)},
            ruled=[one for one in collections if one.kind == "rules"],
        )

    async def _write(self, tx: Transaction, old: Product, new: ProductInput, ground: Ground) -> Product:
        ids = iter(self._work.ids.many("var", len(new.variants) or len(model.all_combinations(new.options))))
        product = await self._composed(tx, old, new, ground, Names(self._store, tx), lambda _: next(ids))
        return (await self._keep(tx, [product], ground))[0]

    async def _composed(
        self, tx: Transaction, old: Product, new: ProductInput, ground: Ground, names: Names, new_id: NewId
    ) -> Product:
        """The product as it is to be written; what it is named is its own from now on. Raises Invalid."""
        if unknown := [slug for slug in new.categories if slug not in ground.by_slug]:
            raise Invalid.at("/categories", f"There is no category {', '.join(f'“{slug}”' for slug in unknown)}.")
        _check_type(new, ground)
        for attribute in attributes.check(new.attributes, ground.attributes):
            await self._store.write_attribute_type(tx, attribute)
            ground.attributes[attribute.name] = attribute
        variants = model.variants_of(new, old, new_id)
        product = msgspec.structs.replace(
            old,
            title=new.title.strip(),
            description=clean_html(new.description),
            brand=new.brand.strip(),
            category_ids=tuple(ground.by_slug[slug].id for slug in dict.fromkeys(new.categories)),
            tags=tuple(dict.fromkeys(tag.strip() for tag in new.tags if tag.strip())),
            attributes=new.attributes,
            options=model.options_of(new),
            variants=variants,
            removed=model.taken_out(old, variants),
            media=new.media,
            **new.tax_fields,
            type=new.type,
            seo_title=new.seo_title.strip(),
            seo_description=new.seo_description.strip(),
            publish_at=new.publish_at,
            source=new.source or old.source,
            source_digest=new.source_digest or old.source_digest,
            updated_at=tx.now,
            published_at=old.published_at or (tx.now if old.status == "published" else None),
        )
        product = await self._with_free_skus(names, product, {one.sku for one in new.variants})
        names.give(product, old)
        return product

    async def _keep(self, tx: Transaction, products: Sequence[Product], ground: Ground) -> list[Product]:
        """Write them, put them into the collections they belong to, and tell of them."""
        written = await self._store.write_products(tx, _placed(products, ground.categories))
        for collection in ground.ruled:
            for one in written:
                belongs = rules.belongs(collection, one, ground.slugs)
                await self._store.set_member(tx, collection.id, one.id, belongs=belongs)
        await self._tell(tx, written)
        return written

    @staticmethod
    async def _with_free_skus(names: Names, product: Product, given: set[str]) -> Product:
        """SKUs we made up give way to those that are there; given ones are taken as they are, or refused."""
        variants = []
        for variant in product.variants:
            sku = variant.sku
            for number in range(2, TRIES):
                if sku in given or await names.owner("skus", sku) in {"", product.id}:
                    break
                sku = f"{variant.sku}-{number}"
            variants.append(variant if sku == variant.sku else msgspec.structs.replace(variant, sku=sku))
        now = tuple(variants)
        return product if now == product.variants else msgspec.structs.replace(product, variants=now)

    async def _tell_again(self, tx: Transaction, product_id: str) -> None:
        """Something about a product that others show has changed, though it is in the same version."""
        await self._tell(tx, await self._store.products(tx, [product_id]))

    @staticmethod
    async def _tell(tx: Transaction, products: Sequence[Product]) -> None:
        await tx.tell(
            *(
                ProductPublished(product_id=one.id, version=one.version)
                if one.status == "published"
                else ProductRetired(product_id=one.id)
                for one in products
                if one.status == "published" or one.published_at is not None
            )
        )

    async def move(self, product_id: str, status: Status, version: int | None = None) -> Product:
        async with self._work.begin() as tx:
            old = await self._current(tx, product_id, version)
            if old.status == status:
                return old
            return (await self._move_many(tx, [(old, status)], await self._store.categories(tx)))[0]

    async def _move_many(
        self, tx: Transaction, moves: Sequence[tuple[Product, Status]], categories: Sequence[Category]
    ) -> list[Product]:
        """Nothing else of them changes that they are found by."""
        placed = _placed(model.moved(moves, tx.now), categories)
        written = await self._store.write_products(tx, placed, moved=True)
        await self._tell(tx, written)
        return written

    async def _current(self, tx: Transaction, product_id: str, version: int | None) -> Product:
        found = await self._store.products(tx, [product_id])
        if not found:
            raise Missing(f"There is no product {product_id}.")
        if version is not None and version != found[0].version:
            raise VersionConflict(
                f"The product is now in version {found[0].version}; you changed version {version}. Read it again."
            )
        return found[0]

    async def _check_slug(self, tx: Transaction, wanted: str) -> None:
        if await self._store.product_by(tx, "slug", wanted):
            raise SlugTaken(f"Another product has the address “{wanted}”.")

    async def _free_slug(self, names: Names, wanted: str) -> str:
        for number in range(1, TRIES):
            slug = wanted if number == 1 else f"{wanted}-{number}"
            if not await names.owner("slug", slug):
                return slug
        return f"{wanted}-{self._work.ids.secret(4)}"

    async def get(self, id_or_slug: str) -> Product:
        product = await self._memo.get(("get", id_or_slug), lambda: self._read(id_or_slug))
        if product is None:
            raise Missing(f"There is no product “{id_or_slug}”.")
        return product

    async def _read(self, id_or_slug: str) -> Product | None:
        found = await self._store.products(self._work, [id_or_slug]) if id_or_slug.startswith("prd_") else []
        if found:
            return found[0]
        # As it is, as it was, and as somebody typed it: in capitals, or with letters and marks apart.
        for slug in dict.fromkeys((id_or_slug, slugify(id_or_slug))):
            now = await self._store.product_by(self._work, "slug", slug)
            if found_now := now or await self._store.by_former_slug(self._work, slug):
                return found_now
        return None

    async def get_many(self, product_ids: Sequence[str]) -> list[Product]:
        async def read(ids: list[str]) -> dict[str, Product]:
            return {product.id: product for product in await self._store.products(self._work, ids)}

        found = await self._memo.many("product", product_ids, read)
        return [product for product in found.values() if product is not None]

    async def by_variant(self, variant_id_or_sku: str) -> Product:
        product = await self._memo.get(("variant", variant_id_or_sku), lambda: self._by_variant(variant_id_or_sku))
        if product is None:
            raise Missing(f"There is no variant “{variant_id_or_sku}”.")
        return product

    async def _by_variant(self, name: str) -> Product | None:
        if name.startswith("var_"):
            return await self._store.product_by(self._work, "variant_ids", name)
        found = await self._store.product_by(self._work, "skus", sku_form(name))
        return found or await self._store.product_by(self._work, "skus", name)  # as a version before kept it

    async def list_products(
        self, *, category: str = "", status: Status | None = None, text: str = "", after: str = "", limit: int = 24
    ) -> list[Product]:
        if text.strip():
            if category:
                raise Invalid.at("/category", "Look for products by words or by category.")
            return await self.get_many(await words_store.find(self._work, text, status, after, limit))
        category_id = ""
        if category:
            found = await self._store.category_by_slug(self._work, category)
            if found is None:
                raise Missing(f"There is no category “{category}”.")
            category_id = found[0].id
        return await self._store.list_products(self._work, category_id, status, after, limit)

    async def write_words(self) -> None:
        """A timer: products that a version before has written are found by staff as others are; some at a time."""
        for _ in range(WORDS_TIMES):
            until = await words_store.written_until(self._work)
            if until == words_store.END:
                return
            products = await self._store.list_products(self._work, "", None, until, WORDS_AT_ONCE)
            async with self._work.begin() as tx:
                await words_store.write_missing(tx, products)

    async def categories(self) -> list[Category]:
        return await self._memo.get("categories", self._tree)

    async def _tree(self) -> list[Category]:
        found = sorted(await self._store.categories(self._work), key=lambda one: (one.position, one.title))
        children: dict[str | None, list[Category]] = {}
        for category in found:
            children.setdefault(category.parent_id, []).append(category)
        ordered: list[Category] = []

        def walk(parent: str | None) -> None:
            for category in children.get(parent, []):
                ordered.append(category)
                walk(category.id)

        walk(None)
        return ordered

    async def put_category(
        self, slug: str, title: str, parent_slug: str = "", *, description: str = "", image: str = "", position: int = 0
    ) -> Category:
        async with self._work.begin() as tx:
            parent = await self._store.category_by_slug(tx, parent_slug) if parent_slug else None
            if parent_slug and parent is None:
                raise Invalid.at("/parent", f"There is no category “{parent_slug}”.")
            old, version = await self._store.category_by_slug(tx, slugify(slug)) or (None, 0)
            category = Category(
                id=old.id if old else self._work.ids.new("cat"),
                slug=slugify(slug),
                title=title.strip(),
                parent_id=parent[0].id if parent else None,
                position=position,
                description=description,
                image=image,
            )
            if category != old:
                await self._store.write_category(tx, category, version)
            return category

    async def attribute_types(self) -> Mapping[str, AttributeType]:
        return await self._memo.get("attributes", lambda: self._store.attribute_types(self._work))

    async def begin_upload(self) -> Upload:
        upload_id = self._work.ids.new("upl")
        url = await self._pictures.begin(upload_id)
        return Upload(id=upload_id, url=url, expires_at=self._work.now() + UPLOAD_LASTS)

    async def receive_upload(self, upload_id: str, data: bytes) -> None:
        await self._pictures.receive(upload_id, data)

    async def finish_upload(self, upload_id: str, alt: str) -> Media:
        return await self._pictures.finish(upload_id, alt)

    async def forget_uploads(self) -> None:
        """A timer: what was begun and never finished."""
        await self._pictures.forget(self._work.ids.at("upl", self._work.now() - UPLOAD_FORGOTTEN))

    async def original(self, digest: str) -> str | bytes:
        return await self._pictures.original(digest)

    async def add_media(self, data: bytes, alt: str, *, ours: bool = False) -> Media:
        return await self._pictures.add(data, alt, ours=ours)

    async def picture(self, digest: str, width: int, form: str) -> bytes:
        return await self._pictures.get(digest, width, form)


def _check_type(new: ProductInput, ground: Ground) -> None:
    if not new.type:
        return
    if new.type not in ground.types:
        raise Invalid.at("/type", f"There is no product type “{new.type}”.")
    attributes.check_type(new.attributes, ground.types[new.type], published=new.status in {"scheduled", "published"})


def _placed(products: Sequence[Product], categories: Sequence[Category]) -> list[tuple[Product, list[str]]]:
    """Each with its categories and all above them."""
    parents = {category.id: category.parent_id for category in categories}
    return [(one, _below(one, parents)) for one in products]


def _below(product: Product, parents: Mapping[str, str | None]) -> list[str]:
    found: dict[str, None] = {}
    for category_id in product.category_ids:
        current: str | None = category_id
        while current and current not in found:
            found[current] = None
            current = parents.get(current)
    return list(found)
