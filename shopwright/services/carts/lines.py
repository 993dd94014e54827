"""Lines of a cart: added, changed, saved for later."""

from shopwright.kit.errors import Invalid, Missing
from shopwright.kit.translation import gettext as _
from shopwright.services.carts import model, store
from shopwright.services.carts.context import CartContext
from shopwright.services.carts.contract import Cart, CartStarted
from shopwright.services.carts.quoting import CartQuotes


class CartLines:
    """Changes the lines of a cart."""

    def __init__(self, context: CartContext, quoting: CartQuotes) -> None:
        self._context = context
        self._quoting = quoting
        self._work = context.work

    async def add(self, cart_id: str, variant: str, quantity: int) -> Cart:
        model.check_quantity(quantity)
        product = await self._context.catalog.by_variant(variant)
        found = product.variant_named(variant)
        if product.status != "published" or found is None:
            raise Missing(_("This is not for sale."))
        price = await self._context.price(await self._context.read(cart_id), found.id, quantity)
        async with self._work.begin() as tx:
            await self._context.open(tx, cart_id)
            line = store.StoredLine(
                id=self._work.ids.new("cli"),
                product_id=product.id,
                variant_id=found.id,
                quantity=quantity,
                seen_amount=price.amount.amount,
            )
            model.check_quantity(await store.add_line(tx, cart_id, line))
            self._context.count_again(tx, cart_id)
            stored = await store.read(tx, cart_id)
            if stored is not None and len(stored.lines) > model.MOST_LINES:
                raise Invalid.at(
                    "", _("A cart holds at most {most_lines} different items.", most_lines=model.MOST_LINES)
                )
            if stored is not None and [one.id for one in stored.lines] == [line.id]:
                await tx.emit(CartStarted(cart_id=cart_id))
        return await self._quoting.get(cart_id)

    async def set_quantity(self, cart_id: str, line_id: str, quantity: int) -> Cart:
        model.check_quantity(quantity, least=0)
        stored = await self._context.read(cart_id)
        line = next((one for one in stored.lines if one.id == line_id), None)
        if line is not None and quantity > line.quantity:
            await self._context.price(stored, line.variant_id, quantity - line.quantity)
        async with self._work.begin() as tx:
            await self._context.open(tx, cart_id)
            if not await store.set_quantity(tx, cart_id, line_id, quantity):
                raise Missing(_("There is no such line in this cart."))
            self._context.count_again(tx, cart_id)
        return await self._quoting.get(cart_id)

    async def accept_prices(self, cart_id: str) -> Cart:
        cart = await self._quoting.get(cart_id)
        quoted = {line.line_id: line for line in cart.quoted}
        async with self._work.begin() as tx:
            for line in cart.lines:
                await store.set_seen(tx, line.id, (model.listed(quoted.get(line.id)) or line.unit_price).amount)
        return await self._quoting.get(cart_id)

    async def save_for_later(self, cart_id: str, line_id: str, *, saved: bool = True) -> Cart:
        stored = await self._context.read(cart_id)
        line = next((one for one in stored.saved if one.id == line_id), None)
        if line is not None and not saved:
            await self._context.price(stored, line.variant_id, line.quantity)
        async with self._work.begin() as tx:
            await self._context.open(tx, cart_id)
            if not await store.set_saved(tx, cart_id, line_id, saved=saved):
                raise Missing(_("There is no such line in this cart."))
            self._context.count_again(tx, cart_id)
        return await self._quoting.get(cart_id)
