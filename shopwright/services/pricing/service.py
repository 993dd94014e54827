"""Pricing: prices, coupons, rates, and what it all comes to."""

from collections.abc import Sequence

import msgspec

from shopwright.kit.errors import Invalid
from shopwright.kit.memo import Memo
from shopwright.kit.money import BASIS_POINTS, LIMIT, add_up, minor_digits
from shopwright.kit.work import Work
from shopwright.services.pricing import model, store
from shopwright.services.pricing.contract import (
    Coupon,
    CouponRefused,
    CouponUsed,
    Price,
    PriceChanged,
    Quote,
    QuoteRequest,
    ShippingOption,
    ShippingRate,
    TaxRate,
)


class Reckoner:
    """The verbs of `contract.Pricing`."""

    def __init__(self, work: Work, *, home_country: str, prices_include_tax: bool) -> None:
        self._work = work
        self._memo = Memo(work)
        self._home_country = home_country
        self._prices_include_tax = prices_include_tax

    async def prices(self, variant_ids: Sequence[str], currency: str) -> dict[str, Price]:
        found = await self._memo.many(currency, variant_ids, lambda ids: store.prices(self._work, ids, currency))
        return {variant_id: price for variant_id, price in found.items() if price is not None}

    async def set_prices(self, prices: Sequence[Price]) -> None:
        for number, price in enumerate(prices):
            minor_digits(price.amount.currency)
            if not 0 <= price.amount.amount <= LIMIT // BASIS_POINTS:
                raise Invalid.at(f"/{number}/amount", "A price is not negative, and can be counted in 64 bits.")
            if price.compare_at is not None and price.compare_at.currency != price.amount.currency:
                raise Invalid.at(f"/{number}/compare_at", "The price it is reduced from is in the same currency.")
        async with self._work.begin() as tx:
            for price in sorted(prices, key=lambda price: price.variant_id):
                before = (await store.prices(tx, [price.variant_id], price.amount.currency)).get(price.variant_id)
                if before == price:
                    continue
                await store.set_price(tx, price)
                await store.record_price(tx, self._work.ids.new("prc"), price)
                await tx.tell(
                    PriceChanged(variant_id=price.variant_id, price=price.amount, compare_at=price.compare_at)
                )

    async def quote(self, request: QuoteRequest) -> Quote:
        return model.quote(request, await self._basis(request))

    async def _basis(self, request: QuoteRequest) -> model.Basis:
        return model.Basis(
            prices=await self.prices([item.variant_id for item in request.items], request.currency),
            coupons={code: await store.coupon(self._work, code, request.customer) for code in request.codes},
            tax_rates=await self.tax_rates(),
            shipping_rates=await self.shipping_rates(),
            home_country=self._home_country,
            prices_include_tax=self._prices_include_tax,
            now=self._work.now(),
        )

    async def shipping_options(self, request: QuoteRequest) -> list[ShippingOption]:
        basis = await self._basis(request)
        bare = model.quote(msgspec.structs.replace(request, shipping_rate_id=None), basis)
        weight = sum(item.weight * item.quantity for item in request.items)
        free = any(
            found is not None and found.kind == "free_shipping" and code not in {one.code for one in bare.refused}
            for code, (found, _) in basis.coupons.items()
        )
        goods = add_up((line.total - line.discount for line in bare.lines), request.currency)
        return model.options(basis.shipping_rates, request.country, goods, weight, free=free)

    async def redeem(self, order_id: str, codes: Sequence[str], customer: str) -> None:
        if not codes:
            return
        async with self._work.begin() as tx:
            for code in sorted(set(codes)):
                if not await store.use_coupon(tx, order_id, code, customer):
                    raise CouponRefused(f"The code {code} has been used up.", data={"coupon": code})
                await tx.tell(CouponUsed(order_id=order_id, coupon=code))

    async def unredeem(self, order_id: str) -> None:
        async with self._work.begin() as tx:
            await store.unuse_coupons(tx, order_id)

    async def put_coupon(self, coupon: Coupon) -> Coupon:
        clean = msgspec.structs.replace(coupon, code=coupon.code.strip().upper())
        if not clean.code:
            raise Invalid.at("/code", "A coupon needs a code.")
        if clean.kind == "percentage" and not 0 < clean.value <= BASIS_POINTS:
            raise Invalid.at("/value", "A percentage is given in basis points: 1000 is 10 %, at most 10000.")
        if clean.kind == "fixed" and (clean.value <= 0 or not clean.currency):
            raise Invalid.at("/value", "A fixed coupon needs an amount in minor units above zero, and its currency.")
        if min(clean.minimum, clean.limit_total, clean.limit_per_customer) < 0:
            raise Invalid.at("/minimum", "Minimum and limits are not negative; 0 is none.")
        async with self._work.begin() as tx:
            await store.put_coupon(tx, clean)
        return clean

    async def coupons(self) -> list[Coupon]:
        return await store.coupons(self._work)

    async def put_tax_rate(self, rate: TaxRate) -> None:
        if not 0 <= rate.rate <= BASIS_POINTS:
            raise Invalid.at("/rate", "A tax rate is in basis points: 1900 is 19 %.")
        async with self._work.begin() as tx:
            await store.put_tax_rate(tx, rate)

    async def tax_rates(self) -> list[TaxRate]:
        return await self._memo.get("tax", lambda: store.tax_rates(self._work))

    async def put_shipping_rate(self, rate: ShippingRate) -> ShippingRate:
        if rate.price.amount < 0:
            raise Invalid.at("/price/amount", "Shipping does not cost less than nothing.")
        minor_digits(rate.price.currency)
        known = msgspec.structs.replace(rate, id=rate.id or self._work.ids.new("shr"))
        async with self._work.begin() as tx:
            await store.put_shipping_rate(tx, known)
        return known

    async def shipping_rates(self) -> list[ShippingRate]:
        return await self._memo.get("shipping", lambda: store.shipping_rates(self._work))
