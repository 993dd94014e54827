"""Quoting a cart at today's prices, stock and taxes."""

from collections.abc import Mapping

import msgspec

from shopwright.kit.addresses import email_key
from shopwright.kit.errors import Invalid
from shopwright.kit.money import add_up, zero
from shopwright.kit.translation import gettext as _
from shopwright.services.carts import model, store, views
from shopwright.services.carts.context import CartContext
from shopwright.services.carts.contract import Cart, CartLine, CartProblem
from shopwright.services.carts.gift_cards import CartGiftCards
from shopwright.services.catalog.contract import Category, Product
from shopwright.services.inventory.contract import Stock
from shopwright.services.pricing.contract import Item, Quote, QuoteRequest, ShippingOption, nothing


class CartQuotes:
    """Asks catalog, inventory, pricing and gift cards."""

    def __init__(self, context: CartContext, gift_cards: CartGiftCards, stop_untaxed: bool) -> None:
        self._context = context
        self._gift_cards = gift_cards
        self._stop_untaxed = stop_untaxed

    async def get(self, cart_id: str) -> Cart:
        """Return a quoted cart. Raises Missing."""
        return await self.worked_out(await self._context.read(cart_id))

    async def worked_out(self, stored: store.StoredCart) -> Cart:
        """Quote a stored cart, with its problems."""
        every = (*stored.lines, *stored.saved)
        products = {p.id: p for p in await self._context.catalog.get_many([line.product_id for line in every])}
        stock = await self._context.inventory.stock([line.variant_id for line in every]) if every else {}
        request = await self._request(stored, products)
        quote = (
            await self._context.pricing.quote(request) if stored.lines or stored.coupons else nothing(stored.currency)
        )
        quoted = {line.line_id: line for line in quote.lines}
        problems: list[CartProblem] = []
        lines = []
        for line in stored.lines:
            known = quoted.get(line.id)
            price = known.unit_price if known else None
            product, available = products.get(line.product_id), stock[line.variant_id].available
            found = model.line_problems(
                line.id, product, line.variant_id, line.quantity, available, line.seen_amount, model.listed(known),
                beyond=line.id in quote.beyond,
            )  # fmt: skip
            problems += found
            total = known.total if known else zero(stored.currency)
            lines.append(views.line_of(line, product, available, price or zero(stored.currency), total, found))
        problems += [
            CartProblem(code="coupon_refused", detail=f"{one.code}: {one.detail}", coupon=one.code)
            for one in quote.refused
        ]
        if self._stop_untaxed and stored.shipping_address and quote.untaxed:
            problems.append(model.untaxed_place(stored.shipping_address.country))
        option = await self._option(request, quote)
        saved = await self._saved(stored, products, stock) if stored.saved else ()
        bought = add_up((line.total for line in lines if line.gift_card), stored.currency)
        gift_cards, refused = await self._gift_cards.of(stored, quote.totals.total - bought)
        return views.cart_of(stored, tuple(lines), quote, (*problems, *refused), option, saved, gift_cards)

    async def _saved(
        self, stored: store.StoredCart, products: Mapping[str, Product], stock: Mapping[str, Stock]
    ) -> tuple[CartLine, ...]:
        """The items saved for later, at today's prices."""
        prices = await self._context.pricing.prices([line.variant_id for line in stored.saved], stored.currency)
        lines = []
        for line in stored.saved:
            price = prices[line.variant_id].amount if line.variant_id in prices else zero(stored.currency)
            product, available = products.get(line.product_id), stock[line.variant_id].available
            lines.append(views.line_of(line, product, available, price, price * line.quantity, ()))
        return tuple(lines)

    @staticmethod
    def _above(product: Product, categories: Mapping[str, Category]) -> tuple[str, ...]:
        """The product's categories and their ancestors."""
        found: list[str] = []
        for one in product.category_ids:
            current = categories.get(one)
            while current is not None and current.id not in found:
                found.append(current.id)
                current = categories.get(current.parent_id or "")
        return tuple(found)

    async def _request(self, stored: store.StoredCart, products: dict[str, Product]) -> QuoteRequest:
        categories = {one.id: one for one in await self._context.catalog.categories()}

        def item(line: store.StoredLine) -> Item:
            product = products.get(line.product_id)
            variant = product.variant(line.variant_id) if product else None
            return Item(
                line_id=line.id,
                variant_id=line.variant_id,
                quantity=line.quantity,
                weight=variant.weight if variant else 0,
                tax_class=product.taxed_as if product else "standard",
                product_id=line.product_id,
                category_ids=self._above(product, categories) if product else (),
            )

        place = stored.shipping_address
        return QuoteRequest(
            items=tuple(item(line) for line in stored.lines),
            currency=stored.currency,
            country=place.country if place else "",
            region=place.region if place else "",
            postcode=place.postal_code if place else "",
            codes=stored.coupons,
            shipping_rate_id=stored.shipping_option_id,
            customer=stored.customer_id or email_key(stored.email),
            customer_also=(email_key(stored.email),),
            tax_id=stored.business.tax_id if stored.business else "",
            tax_id_member=stored.business.member if stored.business else "",
            tax_id_check=stored.business.check if stored.business else None,
        )

    async def _option(self, request: QuoteRequest, quote: Quote) -> ShippingOption | None:
        """The chosen shipping option, if it still applies to this cart."""
        if request.shipping_rate_id is None or not quote.lines:
            return None
        if quote.shipping_option is not msgspec.UNSET:
            return quote.shipping_option
        options = await self._context.pricing.shipping_options(
            request
        )  # of 0.1.0, which does not return it with the quote
        return next((option for option in options if option.id == request.shipping_rate_id), None)

    async def shipping_options(self, cart_id: str) -> list[ShippingOption]:
        stored = await self._context.read(cart_id)
        has_a_place(stored)
        products = {p.id: p for p in await self._context.catalog.get_many([line.product_id for line in stored.lines])}
        return await self._context.pricing.shipping_options(await self._request(stored, products))


def has_a_place(stored: store.StoredCart) -> None:
    """Raise Invalid if the cart has no shipping address."""
    if stored.shipping_address is None:
        raise Invalid.at("/shipping_address", _("Set the shipping address first: the ways to ship depend on it."))
