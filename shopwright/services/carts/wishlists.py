"""Wishlists."""

from shopwright.kit.errors import Invalid, Missing
from shopwright.kit.translation import gettext as _
from shopwright.services.carts import store
from shopwright.services.carts.context import CartContext
from shopwright.services.carts.contract import Wish

MOST_WISHES = 200


class Wishlists:
    """Wishlists of customers."""

    def __init__(self, context: CartContext) -> None:
        self._context = context
        self._work = context.work

    async def wishes(self, user_id: str) -> list[Wish]:
        return await store.wishes(self._work, user_id)

    async def add_wish(self, user_id: str, product_id: str) -> None:
        product = await self._context.catalog.get(product_id)
        if product.status != "published":
            raise Missing(_("This is not for sale."))
        async with self._work.begin() as tx:
            if await store.add_wish(tx, user_id, product.id) > MOST_WISHES:
                raise Invalid.at(
                    "/product_id", _("A wishlist holds at most {most_wishes} products.", most_wishes=MOST_WISHES)
                )

    async def remove_wish(self, user_id: str, product_id: str) -> None:
        async with self._work.begin() as tx:
            await store.remove_wish(tx, user_id, product_id)
