"""The category tree."""

from shopwright.kit.errors import Invalid
from shopwright.kit.text import slugify
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog.context import CatalogContext
from shopwright.services.catalog.contract import Category


class Categories:
    """The category tree."""

    def __init__(self, context: CatalogContext) -> None:
        self._work = context.work
        self._store = context.store
        self._memo = context.memo

    async def all(self) -> list[Category]:
        """Return the whole tree, parents before children, siblings by position."""
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

    async def put(
        self, slug: str, title: str, parent_slug: str = "", *, description: str = "", image: str = "", position: int = 0
    ) -> Category:
        """Create or update a category. Raises Invalid."""
        async with self._work.begin() as tx:
            parent = await self._store.category_by_slug(tx, parent_slug) if parent_slug else None
            if parent_slug and parent is None:
                raise Invalid.at("/parent", _("There is no category “{parent_slug}”.", parent_slug=parent_slug))
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
