"""What a shopper keeps for another day: lines saved for later, and a list of wishes."""

from shopwright.kit.errors import Invalid, Missing
from shopwright.services.carts import store
from shopwright.services.carts.contract import Cart, Wish
from shopwright.services.carts.service import Baskets

MOST_WISHES = 200


class Wishes(Baskets):
    """All verbs of `contract.Carts`."""

    async def save_for_later(self, cart_id: str, line_id: str, *, saved: bool = True) -> Cart:
        stored = await self._read(cart_id)
        line = next((one for one in stored.saved if one.id == line_id), None)
        if line is not None and not saved:
            await self._price(stored, line.variant_id, line.quantity)
        async with self._work.begin() as tx:
            await self._open(tx, cart_id)
            if not await store.set_saved(tx, cart_id, line_id, saved=saved):
                raise Missing("There is no such line in this cart.")
            self._counted_anew(tx, cart_id)
        return await self.get(cart_id)

    async def wishes(self, user_id: str) -> list[Wish]:
        return await store.wishes(self._work, user_id)

    async def wish(self, user_id: str, product_id: str) -> None:
        product = await self._catalog.get(product_id)
        if product.status != "published":
            raise Missing("This is not sold (any more).")
        async with self._work.begin() as tx:
            if await store.add_wish(tx, user_id, product.id) > MOST_WISHES:
                raise Invalid.at("/product_id", f"A list of wishes holds at most {MOST_WISHES} products.")

    async def unwish(self, user_id: str, product_id: str) -> None:
        async with self._work.begin() as tx:
            await store.remove_wish(tx, user_id, product_id)
