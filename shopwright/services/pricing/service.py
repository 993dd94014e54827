"""Pricing: prices, coupons, rates and totals."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from shopwright.kit.caching.memo import Memo
from shopwright.kit.codes import coupon_form
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.derived import KeyedHash
from shopwright.kit.errors import Missing
from shopwright.kit.money import add_up
from shopwright.kit.ports import TaxRegister
from shopwright.kit.tax_classes import GIFT_CARD
from shopwright.kit.translation import gettext as _
from shopwright.kit.working_days import WorkingDays
from shopwright.services.pricing import checks, model, schemes, store
from shopwright.services.pricing.contract import (
    Coupon,
    CouponRefused,
    CouponUsed,
    ExchangeRate,
    Price,
    PriceChanged,
    Pricing,
    Promotion,
    Quote,
    QuoteRequest,
    SaleTerms,
    Seller,
    ShippingOption,
    ShippingRate,
    TaxClass,
    TaxIdCheck,
    TaxPreset,
    TaxRate,
    TaxRule,
    UntaxedPlace,
)
from shopwright.services.pricing.market import LESS_HOME_TAX, in_market
from shopwright.services.pricing.sellers import SellerBook
from shopwright.services.pricing.tax_settings import Taxes

CUT_OFF = 14
LAST = 1_000  # behind the classes of the shop


class PricingService(Pricing):
    """The operations of pricing."""

    def __init__(
        self,
        work: ServiceDatabase,
        hashed: KeyedHash,
        *,
        currency: str,
        home_country: str,
        prices_include_tax: bool,
        cut_off: int = CUT_OFF,
        register: TaxRegister | None = None,
        reverse_charge: schemes.ReverseCharge = "checked",
    ) -> None:
        self._work = work
        self._hashed = hashed
        self._memo = Memo(work)
        self._currency = currency
        self._home_country = home_country
        self._prices_include_tax = prices_include_tax
        self._reverse_charge: schemes.ReverseCharge = reverse_charge
        self._taxes = Taxes(work, self._memo)
        self._sellers = SellerBook(work, self._memo, register)
        self._working_days = WorkingDays(home_country, work.zone, cut_off)

    async def prices(self, variant_ids: Sequence[str], currency: str) -> dict[str, Price]:
        found = await self._memo.many(currency, variant_ids, lambda ids: store.prices(self._work, ids, currency))
        return {variant_id: price for variant_id, price in found.items() if price is not None}

    async def set_prices(self, prices: Sequence[Price]) -> None:
        for number, price in enumerate(prices):
            checks.price(price, number, self._currency)
        async with self._work.begin() as tx:
            before = await store.asked(tx, [price.variant_id for price in prices])
            new = [
                price
                for price in sorted(prices, key=lambda price: price.variant_id)
                if before.get((price.variant_id, price.amount.currency)) != (price.amount, price.compare_at)
            ]
            await store.set_prices(tx, new, self._work.ids.many("prc", len(new)))
            await tx.emit(
                *(
                    PriceChanged(variant_id=price.variant_id, price=price.amount, compare_at=price.compare_at)
                    for price in new
                )
            )

    async def quote(self, request: QuoteRequest) -> Quote:
        parties = await self._parties(request)
        basis = await self._basis(request, parties)
        found = model.quote(request, basis)
        option = found.shipping_option
        return msgspec.structs.replace(
            found,
            shipping_option=self._dated(option) if isinstance(option, ShippingOption) else option,
            sale=await self._terms(parties, found, basis),
        )

    async def _parties(self, request: QuoteRequest) -> schemes.Parties:
        return schemes.Parties(
            seller=await self._sellers.at(),
            home=self._home_country,
            reverse_charge=self._reverse_charge,
            request=request,
            now=self._work.now(),
        )

    async def _terms(self, parties: schemes.Parties, found: Quote, basis: model.QuoteInputs) -> SaleTerms:
        """The sale context of a quote."""
        filing = parties.seller.filing_currency if parties.seller else ""
        return schemes.terms(
            parties,
            found.lines,
            included=model.place_of(parties.request, basis).included,
            filing=await self._sellers.filing_rate(parties.request.currency, filing),
            time_zone=self._work.zone.key,
        )

    def _dated(self, option: ShippingOption) -> ShippingOption:
        """The option with its delivery days if ordered now; an e-mail has none."""
        if option.id == model.BY_EMAIL:
            return option
        arrives = self._working_days.arrival(self._work.now(), option.days_min, option.days_max)
        return msgspec.structs.replace(option, arrives=arrives)

    async def _basis(self, request: QuoteRequest, parties: schemes.Parties) -> model.QuoteInputs:
        buyer = self._buyer(request.customer, *request.customer_also)
        rules = await self._taxes.all_rules()
        places_to_quote = [request.country or self._home_country]
        relief = parties.relief()
        if (relief or any(rule.value == LESS_HOME_TAX for rule in rules)) and self._home_country not in places_to_quote:
            places_to_quote.append(self._home_country)
        basis = model.QuoteInputs(
            prices=await self.prices([item.variant_id for item in request.items], request.currency),
            coupons={code: await store.coupon(self._work, code, buyer) for code in request.codes},
            tax_rates=[rate for place in places_to_quote for rate in await self._taxes.of(place)],
            tax_rules=rules,
            shipping_rates=await self.shipping_rates(),
            home_country=self._home_country,
            prices_include_tax=self._prices_include_tax,
            now=self._work.now(),
            promotions=await self.promotions(),
            zone=self._work.zone,
            relief=relief,
        )
        return in_market(request, basis)

    async def shipping_options(self, request: QuoteRequest) -> list[ShippingOption]:
        basis = await self._basis(request, await self._parties(request))
        bare = model.quote(msgspec.structs.replace(request, shipping_rate_id=None), basis)
        classes = {item.line_id: item.tax_class for item in request.items}
        goods = add_up(
            (line.total - line.discount for line in bare.lines if classes[line.line_id] != GIFT_CARD), request.currency
        )
        return [self._dated(one) for one in model.offered(request, basis, goods, free=bare.free_shipping)]

    async def redeem(
        self, order_id: str, codes: Sequence[str], customer: str, customer_also: tuple[str, ...] = ()
    ) -> None:
        if not codes:
            return
        buyer = self._buyer(customer, *customer_also)
        async with self._work.begin() as tx:
            for code in sorted(set(codes)):
                if not await store.use_coupon(tx, order_id, code, buyer):
                    raise CouponRefused(_("The code {code} has been used up.", code=code), data={"coupon": code})
                await tx.emit(CouponUsed(order_id=order_id, coupon=code))

    def _buyer(self, *names: str) -> store.Buyer:
        known = tuple(dict.fromkeys(name for name in names if name))
        return store.Buyer(known, tuple(self._hashed.of("customer", name) for name in known))

    async def release_coupons(self, order_id: str) -> None:
        async with self._work.begin() as tx:
            await store.unuse_coupons(tx, order_id)

    async def put_coupon(self, coupon: Coupon) -> Coupon:
        clean = checks.coupon(coupon, self._currency, self._work.zone)
        async with self._work.begin() as tx:
            await store.put_coupon(tx, clean)
        return clean

    async def coupons(self) -> list[Coupon]:
        return await store.coupons(self._work)

    async def delete_coupon(self, code: str) -> None:
        async with self._work.begin() as tx:
            if not await store.delete_coupon(tx, coupon_form(code)):
                raise Missing(_("There is no coupon {code}.", code=code))

    async def put_promotion(self, promotion: Promotion) -> Promotion:
        clean = checks.promotion(promotion, self._currency, self._work.zone)
        known = msgspec.structs.replace(clean, id=clean.id or self._work.ids.new("pmo"))
        async with self._work.begin() as tx:
            await store.put_promotion(tx, known)
        return known

    async def promotions(self) -> list[Promotion]:
        return await self._memo.get("promotions", lambda: store.promotions(self._work))

    async def delete_promotion(self, promotion_id: str) -> None:
        async with self._work.begin() as tx:
            if not await store.delete_promotion(tx, promotion_id):
                raise Missing(_("There is no such promotion."))

    async def add_tax_rates(self, rates: Sequence[TaxRate], who: str = "") -> list[TaxRate]:
        return await self._taxes.add(rates, who)

    async def put_tax_rate(self, rate: TaxRate) -> None:
        await self._taxes.add([rate], "")

    async def tax_rates(self, at: str = "") -> list[TaxRate]:
        return await self._taxes.current(at)

    async def tax_rate_history(self) -> list[TaxRate]:
        return await self._taxes.history()

    async def tax_presets(self) -> list[TaxPreset]:
        return await self._taxes.presets()

    async def add_tax_presets(self, names: Sequence[str], who: str = "") -> list[TaxRate]:
        return await self._taxes.add_presets(names, who)

    async def tax_classes(self) -> list[TaxClass]:
        last = TaxClass(name=GIFT_CARD, title=_("Gift card: not taxed when sold"), position=LAST)
        return [*await self._taxes.classes(), last]

    async def put_tax_class(self, one: TaxClass) -> TaxClass:
        return await self._taxes.put_class(one)

    async def tax_rules(self) -> list[TaxRule]:
        return await self._taxes.rules()

    async def add_tax_rules(self, rules: Sequence[TaxRule], who: str = "") -> list[TaxRule]:
        return await self._taxes.add_rules(rules, who)

    async def end_tax_rule(self, rule_id: str, who: str = "", why: str = "") -> None:
        await self._taxes.end_rule(rule_id, who, why)

    async def supply_rates(
        self, country: str, region: str, postcode: str, classes: Sequence[str], at: datetime
    ) -> dict[str, tuple[TaxRate, ...]]:
        return await self._taxes.of_supply(country, region, postcode, classes, at)

    async def note_untaxed(self, country: str, region: str, tax_classes: Sequence[str]) -> None:
        await self._taxes.note_untaxed(country, region, tax_classes)

    async def untaxed_places(self) -> list[UntaxedPlace]:
        return await self._taxes.untaxed_places()

    async def set_seller(self, seller: Seller, who: str = "") -> Seller:
        return await self._sellers.put(seller, who)

    async def seller(self, at: datetime | None = None) -> Seller | None:
        return await self._sellers.at(at)

    async def seller_named(self, seller_id: str) -> Seller | None:
        return await self._sellers.named(seller_id)

    async def sellers(self) -> list[Seller]:
        return await self._sellers.every()

    async def check_tax_id(self, tax_id: str, country: str = "") -> TaxIdCheck:
        return await self._sellers.check(tax_id, country)

    async def add_exchange_rates(self, rates: Sequence[ExchangeRate], who: str = "") -> list[ExchangeRate]:
        return await self._sellers.add_rates(rates, who)

    async def exchange_rates(self, to: str = "") -> list[ExchangeRate]:
        return await self._sellers.rates(to)

    async def put_shipping_rate(self, rate: ShippingRate) -> ShippingRate:
        clean = checks.shipping_rate(rate, self._currency)
        known = msgspec.structs.replace(clean, id=clean.id or self._work.ids.new("shr"))
        async with self._work.begin() as tx:
            await store.put_shipping_rate(tx, known)
        return known

    async def shipping_rates(self) -> list[ShippingRate]:
        return await self._memo.get("shipping", lambda: store.shipping_rates(self._work))

    async def delete_tax_rate(self, country: str, region: str, tax_class: str, who: str = "", why: str = "") -> None:
        named = TaxRate(country=country, region=region, tax_class=tax_class, rate=0)
        await self._taxes.end_current(named, who, why)

    async def end_tax_rate(self, rate_id: str, who: str = "", why: str = "") -> None:
        await self._taxes.end(rate_id, who, why)

    async def delete_shipping_rate(self, rate_id: str) -> None:
        async with self._work.begin() as tx:
            if not await store.delete_shipping_rate(tx, rate_id):
                raise Missing(_("There is no such shipping rate."))
