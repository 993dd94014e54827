"""Product types and attribute definitions."""

from collections.abc import Mapping

from shopwright.kit.errors import Invalid
from shopwright.kit.text import is_key
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog import attributes
from shopwright.services.catalog.context import CatalogContext
from shopwright.services.catalog.contract import AttributeType, ProductType


class ProductTypes:
    """Product types and their attributes."""

    def __init__(self, context: CatalogContext) -> None:
        self._work = context.work
        self._store = context.store
        self._memo = context.memo

    async def all(self) -> list[ProductType]:
        """Return all product types by title."""
        return await self._memo.get("types", lambda: self._store.product_types(self._work))

    async def put(self, product_type: ProductType) -> ProductType:
        """Create or update a product type. Raises Invalid."""
        if not product_type.title.strip() or not is_key(product_type.name, "-"):
            raise Invalid.at("/name", _("A product type needs a title, and a name such as dining-chair."))
        if missing := set(product_type.required) - set(product_type.attributes):
            raise Invalid.at(
                "/required", _("Required, but not among its attributes: {missing}.", missing=", ".join(sorted(missing)))
            )
        async with self._work.begin() as tx:
            known = await self._store.attribute_types(tx)
            if unknown := [name for name in product_type.attributes if name not in known]:
                raise Invalid.at(
                    "/attributes", _("Add these attribute definitions first: {unknown}.", unknown=", ".join(unknown))
                )
            await self._store.write_product_type(tx, product_type)
        return product_type

    async def attribute_types(self) -> Mapping[str, AttributeType]:
        """Return all attribute definitions by name."""
        return await self._memo.get("attributes", lambda: self._store.attribute_types(self._work))

    async def put_attribute_type(self, attribute: AttributeType) -> AttributeType:
        """Create or update an attribute definition. Raises Invalid if existing values would not fit."""
        attributes.check_description(attribute)
        if attribute.name in await self._store.attribute_types(self._work):
            await self._check_values(attribute)
        async with self._work.begin() as tx:
            await self._store.write_attribute_type(tx, attribute)
        return attribute

    async def _check_values(self, attribute: AttributeType) -> None:
        """Check existing values against the definition. Raises Invalid."""
        async for product in self._store.every_product(self._work):
            value = product.attributes.get(attribute.name)
            if value is not None and not attributes.fits(value, attribute):
                raise Invalid.at(
                    "/kind",
                    _("“{title}” has “{value}”, which would no longer be valid.", title=product.title, value=value),
                )
