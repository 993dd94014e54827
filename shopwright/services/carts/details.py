"""Checkout details: contact, addresses, shipping, coupons and gift cards."""

from datetime import date
from functools import partial
from typing import Any, NoReturn

import msgspec

from shopwright.kit.addresses import Address, check_address, check_email
from shopwright.kit.changes import given
from shopwright.kit.days import day_of
from shopwright.kit.errors import Invalid, Missing, check_all
from shopwright.kit.tax_ids import check_reference
from shopwright.kit.translation import gettext as _
from shopwright.services.carts import model, store
from shopwright.services.carts.businesses import Businesses
from shopwright.services.carts.context import CartContext
from shopwright.services.carts.contract import BuyerNotes, Cart, CartChange, CheckoutStarted
from shopwright.services.carts.gift_cards import MOST_CARDS, CartGiftCards, checked_delivery, without
from shopwright.services.carts.quoting import CartQuotes, has_a_place

CLEANED = ("email", "shipping_address", "billing_address", "reference", "gift_delivery", *BuyerNotes.__struct_fields__)


class CartDetails:
    """Changes everything but the lines of a cart."""

    def __init__(
        self, context: CartContext, quoting: CartQuotes, businesses: Businesses, gift_cards: CartGiftCards
    ) -> None:
        self._context = context
        self._quoting = quoting
        self._businesses = businesses
        self._gift_cards = gift_cards
        self._work = context.work

    async def change(self, cart_id: str, change: CartChange) -> Cart:
        fields = given(change)
        stored = await self._context.read(cart_id) if fields.get("tax_id") else None
        today = day_of(self._work.now(), self._work.zone)
        checks = [partial(_clean, fields, name, today) for name in CLEANED]
        check_all(*checks, partial(self._businesses.read, fields, stored))
        await self._businesses.check(fields)
        async with self._work.begin() as tx:
            await self._context.open(tx, cart_id)
            stored = await store.read(tx, cart_id)
            if stored is None:
                raise Missing(_("There is no such cart."))
            changed = msgspec.structs.replace(stored, **fields)
            if fields.get("shipping_option_id"):
                has_a_place(changed)
            await store.set_details(tx, changed)
            if stored.shipping_address is None and fields.get("shipping_address"):
                await tx.emit(CheckoutStarted(cart_id=cart_id))
        if "business" not in fields:
            await self._businesses.ask_again(changed)
        cart = await self._quoting.get(cart_id)
        chosen = fields.get("shipping_option_id")
        if chosen and cart.quoted and cart.shipping_option_id != chosen:
            await self._refuse_shipping(cart_id)
        return cart

    async def _refuse_shipping(self, cart_id: str) -> NoReturn:
        """Reset a shipping choice that does not apply and raise Invalid."""
        async with self._work.begin() as tx:
            stored = await store.read(tx, cart_id)
            if stored is not None:
                await store.set_details(tx, msgspec.structs.replace(stored, shipping_option_id=None))
        raise Invalid.at(
            "/shipping_option_id", _("This cart cannot be shipped that way; GET …/shipping-options lists the ways.")
        )

    async def set_coupons(self, cart_id: str, codes: tuple[str, ...]) -> Cart:
        clean = model.check_codes(codes)
        tried = await self._quoting.worked_out(
            msgspec.structs.replace(await self._context.read(cart_id), coupons=clean)
        )
        async with self._work.begin() as tx:
            await self._context.open(tx, cart_id)
            if (stored := await store.read(tx, cart_id)) is not None:
                await store.set_details(tx, msgspec.structs.replace(stored, coupons=tried.coupons))
        cart = await self._quoting.get(cart_id)
        refused = tuple(problem for problem in tried.problems if problem.coupon)
        return msgspec.structs.replace(cart, problems=(*cart.problems, *refused))

    async def add_gift_card(self, cart_id: str, code: str, address: str = "") -> Cart:
        ids = await self._gift_cards.with_code(await self._context.read(cart_id), code, address)
        async with self._work.begin() as tx:
            await self._context.open(tx, cart_id)
            if (stored := await store.read(tx, cart_id)) is not None:
                every = tuple(dict.fromkeys((*stored.gift_cards, *ids)))[:MOST_CARDS]
                await store.set_details(tx, msgspec.structs.replace(stored, gift_cards=every))
        return await self._quoting.get(cart_id)

    async def remove_gift_card(self, cart_id: str, card_id: str) -> Cart:
        async with self._work.begin() as tx:
            await self._context.open(tx, cart_id)
            if (stored := await store.read(tx, cart_id)) is not None:
                await store.set_details(tx, without(stored, card_id))
        return await self._quoting.get(cart_id)


def _clean(given: dict[str, Any], name: str, today: date) -> None:
    """Normalise a given field. Raises Invalid."""
    if name == "email" and given.get(name):
        given[name] = check_email(given[name])
    elif isinstance(given.get(name), Address):
        given[name] = check_address(given[name], f"/{name}")
    elif name == "gift_delivery" and given.get(name):
        given[name] = checked_delivery(given[name], today)
    elif name == "reference" and given.get(name):
        given[name] = check_reference(given[name], f"/{name}")
    elif name in BuyerNotes.__struct_fields__ and isinstance(given.get(name), str):
        given[name] = given[name].replace("\r\n", "\n").strip()
