"""Carts. What is stored is what the shopper chose; prices, stock and totals are asked for each time."""

from collections.abc import Mapping
from functools import partial
from typing import Any, NoReturn

import msgspec

from shopwright.kit.changes import given
from shopwright.kit.clock import to_micros
from shopwright.kit.errors import Invalid, Missing, check_all
from shopwright.kit.facts import ERASED, Heard
from shopwright.kit.money import zero
from shopwright.kit.noted import Noted
from shopwright.kit.places import Address, check_address, check_email, email_key
from shopwright.kit.tax_ids import check_reference
from shopwright.kit.work import Transaction, Work
from shopwright.services.carts import model, store, views
from shopwright.services.carts.businesses import Businesses
from shopwright.services.carts.closing import Closing
from shopwright.services.carts.contract import (
    Cart,
    CartAbandoned,
    CartChange,
    CartClosed,
    CartLine,
    CartProblem,
    CartStarted,
    CheckoutStarted,
    Paid,
)
from shopwright.services.carts.gift_cards import MOST_CARDS, CartGiftCards, without
from shopwright.services.catalog.contract import Catalog, Category, Product
from shopwright.services.giftcards.contract import GiftCards
from shopwright.services.inventory.contract import Inventory, Stock
from shopwright.services.pricing.contract import Item, Price, Pricing, Quote, QuoteRequest, ShippingOption, nothing


class Baskets:
    """The verbs of `contract.Carts`."""

    def __init__(
        self,
        work: Work,
        counts: Noted,
        *,
        catalog: Catalog,
        inventory: Inventory,
        pricing: Pricing,
        giftcards: GiftCards,
        currency: str,
        stop_untaxed: bool = False,
    ) -> None:
        self._work = work
        self._counts = counts
        self._catalog = catalog
        self._inventory = inventory
        self._pricing = pricing
        self._currency = currency
        self._stop_untaxed = stop_untaxed
        self._businesses = Businesses(work, pricing)
        self._gift_cards = CartGiftCards(giftcards)
        self._closing = Closing(work, currency, self._counted_anew)

    async def create(self, customer_id: str | None = None, after: str = "") -> Cart:
        async with self._work.begin() as tx:
            cart_id = await self._closing.open(tx, customer_id, after)
        return await self.get(cart_id)

    async def get(self, cart_id: str) -> Cart:
        return await self._worked_out(await self._read(cart_id))

    async def check(self, cart_id: str, user_id: str | None) -> None:
        if not await store.may_use(self._work, cart_id, user_id):
            raise Missing("There is no such cart.")

    async def count(self, cart_id: str) -> int:
        return await self._counts.get(cart_id, partial(store.count, self._work, cart_id))

    def _counted_anew(self, tx: Transaction, *cart_ids: str) -> None:
        """How many things are in these is another number once this is committed."""

        async def tell(_work: Work) -> None:
            for cart_id in cart_ids:
                await self._counts.changed(cart_id)

        tx.afterwards(tell)

    async def _worked_out(self, stored: store.Stored) -> Cart:
        every = (*stored.lines, *stored.saved)
        products = {p.id: p for p in await self._catalog.get_many([line.product_id for line in every])}
        stock = await self._inventory.stock([line.variant_id for line in every]) if every else {}
        request = await self._request(stored, products)
        quote = await self._pricing.quote(request) if stored.lines or stored.coupons else nothing(stored.currency)
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
        gift_cards, refused = await self._gift_cards.of(stored, quote.totals.total)
        return views.cart_of(stored, tuple(lines), quote, (*problems, *refused), option, saved, gift_cards)

    async def _saved(
        self, stored: store.Stored, products: Mapping[str, Product], stock: Mapping[str, Stock]
    ) -> tuple[CartLine, ...]:
        """What is kept for later, at today's prices."""
        prices = await self._pricing.prices([line.variant_id for line in stored.saved], stored.currency)
        lines = []
        for line in stored.saved:
            price = prices[line.variant_id].amount if line.variant_id in prices else zero(stored.currency)
            product, available = products.get(line.product_id), stock[line.variant_id].available
            lines.append(views.line_of(line, product, available, price, price * line.quantity, ()))
        return tuple(lines)

    @staticmethod
    def _above(product: Product, categories: Mapping[str, Category]) -> tuple[str, ...]:
        """The product's categories and all above them."""
        found: list[str] = []
        for one in product.category_ids:
            current = categories.get(one)
            while current is not None and current.id not in found:
                found.append(current.id)
                current = categories.get(current.parent_id or "")
        return tuple(found)

    async def _request(self, stored: store.Stored, products: dict[str, Product]) -> QuoteRequest:
        categories = {one.id: one for one in await self._catalog.categories()}

        def item(line: store.Line) -> Item:
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
        """The way to ship that was chosen, if it (still) fits this cart."""
        if request.shipping_rate_id is None or not quote.lines:
            return None
        if quote.shipping_option is not msgspec.UNSET:
            return quote.shipping_option
        options = await self._pricing.shipping_options(request)  # of 0.1.0, which does not tell it with the quote
        return next((option for option in options if option.id == request.shipping_rate_id), None)

    async def add(self, cart_id: str, variant: str, quantity: int) -> Cart:
        model.check_quantity(quantity)
        product = await self._catalog.by_variant(variant)
        found = product.variant_named(variant)
        if product.status != "published" or found is None:
            raise Missing("This is not sold (any more).")
        price = await self._price(await self._read(cart_id), found.id, quantity)
        async with self._work.begin() as tx:
            await self._open(tx, cart_id)
            line = store.Line(
                id=self._work.ids.new("cli"),
                product_id=product.id,
                variant_id=found.id,
                quantity=quantity,
                seen_amount=price.amount.amount,
            )
            model.check_quantity(await store.add_line(tx, cart_id, line))
            self._counted_anew(tx, cart_id)
            stored = await store.read(tx, cart_id)
            if stored is not None and len(stored.lines) > model.MOST_LINES:
                raise Invalid.at("", f"A cart holds at most {model.MOST_LINES} different things.")
            if stored is not None and [one.id for one in stored.lines] == [line.id]:
                await tx.tell(CartStarted(cart_id=cart_id))
        return await self.get(cart_id)

    async def _read(self, cart_id: str) -> store.Stored:
        stored = await store.read(self._work, cart_id)
        if stored is None:
            raise Missing("There is no such cart.")
        return stored

    async def _price(self, stored: store.Stored, variant_id: str, more: int) -> Price:
        """What one costs, if so many more of it may be in this cart. Raises Missing, Invalid."""
        wanted = {line.variant_id: line.quantity for line in stored.lines}
        wanted[variant_id] = wanted.get(variant_id, 0) + more
        prices = await self._pricing.prices(list(wanted), self._currency)
        if variant_id not in prices:
            raise Missing(f"This has no price in {self._currency} yet, so it cannot be bought.")
        if more > 0:
            model.check_sum(wanted, prices, variant_id)
        return prices[variant_id]

    @staticmethod
    async def _open(tx: Transaction, cart_id: str) -> None:
        row = await store.touch(tx, cart_id)
        if row is None:
            raise Missing("There is no such cart.")
        if row["closed"]:
            raise CartClosed("This cart has become an order. Start a new one.")

    async def set_quantity(self, cart_id: str, line_id: str, quantity: int) -> Cart:
        model.check_quantity(quantity, least=0)
        stored = await self._read(cart_id)
        line = next((one for one in stored.lines if one.id == line_id), None)
        if line is not None and quantity > line.quantity:
            await self._price(stored, line.variant_id, quantity - line.quantity)
        async with self._work.begin() as tx:
            await self._open(tx, cart_id)
            if not await store.set_quantity(tx, cart_id, line_id, quantity):
                raise Missing("There is no such line in this cart.")
            self._counted_anew(tx, cart_id)
        return await self.get(cart_id)

    async def change(self, cart_id: str, change: CartChange) -> Cart:
        told = given(change)
        stored = await self._read(cart_id) if told.get("tax_id") else None
        checks = [partial(_clean, told, name) for name in ("email", "shipping_address", "billing_address", "reference")]
        check_all(*checks, partial(self._businesses.read, told, stored))
        await self._businesses.check(told)
        async with self._work.begin() as tx:
            await self._open(tx, cart_id)
            stored = await store.read(tx, cart_id)
            if stored is None:
                raise Missing("There is no such cart.")
            changed = msgspec.structs.replace(stored, **told)
            if told.get("shipping_option_id"):
                _has_a_place(changed)
            await store.set_details(tx, changed)
            if stored.shipping_address is None and told.get("shipping_address"):
                await tx.tell(CheckoutStarted(cart_id=cart_id))
        if "business" not in told:
            await self._businesses.ask_again(changed)
        cart = await self.get(cart_id)
        chosen = told.get("shipping_option_id")
        if chosen and cart.quoted and cart.shipping_option_id != chosen:
            await self._ship_no_way(cart_id)
        return cart

    async def _ship_no_way(self, cart_id: str) -> NoReturn:
        """What was chosen does not fit."""
        async with self._work.begin() as tx:
            stored = await store.read(tx, cart_id)
            if stored is not None:
                await store.set_details(tx, msgspec.structs.replace(stored, shipping_option_id=None))
        raise Invalid.at(
            "/shipping_option_id", "This cart cannot be shipped that way; GET …/shipping-options lists the ways."
        )

    async def set_coupons(self, cart_id: str, codes: tuple[str, ...]) -> Cart:
        clean = model.check_codes(codes)
        tried = await self._worked_out(msgspec.structs.replace(await self._read(cart_id), coupons=clean))
        async with self._work.begin() as tx:
            await self._open(tx, cart_id)
            if (stored := await store.read(tx, cart_id)) is not None:
                await store.set_details(tx, msgspec.structs.replace(stored, coupons=tried.coupons))
        cart = await self.get(cart_id)
        refused = tuple(problem for problem in tried.problems if problem.coupon)
        return msgspec.structs.replace(cart, problems=(*cart.problems, *refused))

    async def add_gift_card(self, cart_id: str, code: str, address: str = "") -> Cart:
        ids = await self._gift_cards.with_code(await self._read(cart_id), code, address)
        async with self._work.begin() as tx:
            await self._open(tx, cart_id)
            if (stored := await store.read(tx, cart_id)) is not None:
                every = tuple(dict.fromkeys((*stored.gift_cards, *ids)))[:MOST_CARDS]
                await store.set_details(tx, msgspec.structs.replace(stored, gift_cards=every))
        return await self.get(cart_id)

    async def remove_gift_card(self, cart_id: str, card_id: str) -> Cart:
        async with self._work.begin() as tx:
            await self._open(tx, cart_id)
            if (stored := await store.read(tx, cart_id)) is not None:
                await store.set_details(tx, without(stored, card_id))
        return await self.get(cart_id)

    async def shipping_options(self, cart_id: str) -> list[ShippingOption]:
        stored = await self._read(cart_id)
        _has_a_place(stored)
        products = {p.id: p for p in await self._catalog.get_many([line.product_id for line in stored.lines])}
        return await self._pricing.shipping_options(await self._request(stored, products))

    async def merge(self, guest_cart_id: str | None, customer_id: str) -> str | None:
        return await self._closing.merge(guest_cart_id, customer_id)

    async def accept_prices(self, cart_id: str) -> Cart:
        cart = await self.get(cart_id)
        quoted = {line.line_id: line for line in cart.quoted}
        async with self._work.begin() as tx:
            for line in cart.lines:
                await store.set_seen(tx, line.id, (model.listed(quoted.get(line.id)) or line.unit_price).amount)
        return await self.get(cart_id)

    async def close(self, cart_id: str, paid: Paid | None = None) -> None:
        await self._closing.close(cart_id, paid)

    async def of_customer(self, customer_id: str) -> Cart | None:
        known = await store.of_customer(self._work, customer_id)
        return await self.get(known) if known else None

    async def tell_abandoned(self) -> None:
        """A timer: carts nobody has touched for some hours."""
        now = self._work.now()
        since, until = to_micros(now - model.FORSAKEN), to_micros(now - model.ABANDONED)
        for cart_id, customer_id in await store.left_alone(self._work, since, until):
            with self._work.aside.guard("abandoned cart", cart_id):
                count = await store.count(self._work, cart_id)
                async with self._work.begin() as tx:
                    if await store.mark_reminded(tx, cart_id):
                        await tx.tell(CartAbandoned(cart_id=cart_id, customer_id=customer_id, count=count))

    async def hear_erased(self, heard: Heard) -> None:
        """UserErased: their carts go with them, also those they filled without their account, where their address was proved."""
        async with self._work.begin(once=heard.key) as tx:
            self._counted_anew(tx, *await store.delete_of(tx, heard.event.user_id))
            if heard.event.verified:
                await self._forget_guest(tx, heard.event.email)

    async def hear_address_erased(self, heard: Heard) -> None:
        """AddressErased: what was filled under it without an account."""
        async with self._work.begin(once=heard.key) as tx:
            await self._forget_guest(tx, heard.event.email)

    async def _forget_guest(self, tx: Transaction, email: str) -> None:
        if email != ERASED:
            ids = await store.of_guest(tx, email)
            await store.delete(tx, ids)
            self._counted_anew(tx, *ids)

    async def count_of_guest(self, email: str) -> int:
        return len(await store.of_guest(self._work, email))


def _clean(given: dict[str, Any], name: str) -> None:
    """What was given in its normal form. Raises Invalid."""
    if name == "email" and given.get(name):
        given[name] = check_email(given[name])
    elif isinstance(given.get(name), Address):
        given[name] = check_address(given[name], f"/{name}")
    elif name == "reference" and given.get(name):
        given[name] = check_reference(given[name], f"/{name}")


def _has_a_place(stored: store.Stored) -> None:
    if stored.shipping_address is None:
        raise Invalid.at("/shipping_address", "Set the shipping address first: the ways to ship depend on it.")
