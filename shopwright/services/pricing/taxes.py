"""Which tax rates apply, and the tax of each line and of shipping. Pure functions, exact to the minor unit.

A tax is rounded once per order and rate, then split over what it applies to. If several authorities tax the same goods,
each takes its part of the same net; for prices that include tax the net is gross × 10⁶ / (10⁶ + the sum of the rates).
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import msgspec

from shopwright.kit.codes import class_form, place_form, visible
from shopwright.kit.money import Money, add_up, write, zero
from shopwright.kit.postcode_patterns import bare_postcode, clean_patterns, closeness
from shopwright.kit.regions import region_form
from shopwright.kit.tax_classes import GIFT_CARD
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.kit.typed import per_cent
from shopwright.services.pricing.contract import Step, TaxPart, TaxRate, TaxRule
from shopwright.services.pricing.contract.taxes import PPM, RuleName, within

PPM_OF_A_BASIS_POINT = PPM // 10_000
RULES: dict[RuleName, tuple[str, ...]] = {
    "shipping": ("main", "pro_rata", "none", "class:NAME"),
    "shipping_of_untaxed": ("taxed", "untaxed"),
    "prices": ("gross", "net", "less_home_tax"),
    "tax_at": ("supply", "order"),
}
NO_TAX_ON_SHIPPING = gettext_noop("Shipping is not taxed here.")
UNTAXED = None  # in place of a class of goods: what is not taxed whatever the rates
NO_RATE = gettext_noop("No tax rate is set for this place.")
TAXED_WHEN_SPENT = gettext_noop("A gift card is taxed when it is spent.")
WHY_NOT: dict[str | None, str] = {UNTAXED: NO_TAX_ON_SHIPPING, GIFT_CARD: TAXED_WHEN_SPENT}
Rates = tuple[TaxRate, ...]
Key = tuple[str, str, str, str, str]


def clean_tax_rate(rate: TaxRate) -> TaxRate:
    """Normalise country, region, postcodes and class, and set the rate in both units."""
    country = place_form(rate.country)
    return msgspec.structs.replace(
        rate,
        country=country,
        region=region_form(country, rate.region),
        postcodes=clean_patterns(country, rate.postcodes),
        tax_class=class_form(rate.tax_class),
        authority=visible(rate.authority),
        rate=basis_points(rate.ppm),
        rate_ppm=rate.ppm,
        category=rate.meant,
    )


def basis_points(ppm: int) -> int:
    """Basis points of parts per million, rounded: 888 for 88,750."""
    return (ppm + PPM_OF_A_BASIS_POINT // 2) // PPM_OF_A_BASIS_POINT


def key_of(rate: TaxRate) -> Key:
    """The key of a rate; of each key at most one rate applies at a time."""
    return rate.country, rate.region, rate.postcodes, rate.tax_class, rate.authority


class TaxationPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A place and time of taxation with its rates; `included`: whether prices include tax."""

    country: str
    region: str
    rates: Sequence[TaxRate]
    included: bool
    at: datetime
    postcode: str = ""
    rules: Sequence[TaxRule] = ()

    def rule(self, name: RuleName) -> TaxRule | None:
        """The current rule of this country, else the general one."""
        country = place_form(self.country)
        found = {one.country: one for one in self.rules if one.rule == name and one.holds(self.at)}
        return found.get(country) or found.get("")

    def shipped(
        self, classes: Sequence[str], goods: Sequence[Money], shipping: Money
    ) -> list[tuple[str | None, Money]]:
        """The tax classes of shipping, with the amount taxed as each."""
        rule, of_untaxed = self.rule("shipping"), self.rule("shipping_of_untaxed")
        kind, _, name = (rule.value if rule else "class:standard").partition(":")
        worth: dict[str, int] = {}
        for tax_class, amount in zip(classes, goods, strict=True):
            if tax_class == GIFT_CARD:  # sent by e-mail
                continue
            worth[tax_class] = worth.get(tax_class, 0) + amount.amount
        if of_untaxed and of_untaxed.value == "untaxed" and not any(self._ppm(one) for one in worth):
            return [(UNTAXED, shipping)]
        if kind == "none":
            return [(UNTAXED, shipping)]
        if kind == "class" or not any(worth.values()):
            return [(name or "standard", shipping)]
        if kind == "main":
            return [(max(worth, key=lambda one: (worth[one], self._ppm(one), one)), shipping)]
        return list(zip(worth, shipping.split(list(worth.values())), strict=True))

    def _ppm(self, tax_class: str) -> int:
        return sum(rate.ppm for rate in self.applicable(tax_class))

    def here(self) -> "TaxationPoint":
        """Return the taxes reduced to the rates of this place and moment, for repeated use."""
        near = self._nearness()
        return msgspec.structs.replace(self, rates=tuple(rate for rate in self.rates if near(rate)))

    def _nearness(self) -> Callable[[TaxRate], int]:
        """How specifically a rate covers this place, by postcodes, then region; 0 if it does not apply here and now."""
        country = place_form(self.country)
        region, code = region_form(country, self.region), bare_postcode(country, self.postcode)

        def near(rate: TaxRate) -> int:
            if rate.country != country or rate.region not in {"", region} or not rate.holds(self.at):
                return 0
            if not rate.postcodes:
                return 2 if rate.region else 1
            found = max(closeness(one, code) for one in rate.postcodes.split())
            return found and 2 * found + 1 + bool(rate.region)

        return near

    def applicable(self, tax_class: str | None) -> Rates:
        """The rate of each authority for a tax class: the most specific for place and goods."""
        if tax_class is UNTAXED or tax_class == GIFT_CARD:
            return ()
        kind, nearness = class_form(tax_class), self._nearness()
        best: dict[str, tuple[tuple[int, bool], TaxRate]] = {}
        for rate in self.rates:
            if rate.tax_class not in {"", kind} or not (near := nearness(rate)):
                continue
            rank = (near, bool(rate.tax_class))
            if rate.authority not in best or rank > best[rate.authority][0]:
                best[rate.authority] = (rank, rate)
        return tuple(best[name][1] for name in sorted(best))

    def untaxed(self, classes: Iterable[str]) -> tuple[str, ...]:
        """The tax classes without a rate here."""
        return tuple(one for one in dict.fromkeys(classes) if one != GIFT_CARD and not self.applicable(one))

    def parts(
        self, classes: Sequence[str | None], amounts: Sequence[Money], receipt: list[Step]
    ) -> list[tuple[TaxPart, ...]]:
        """The tax parts of each amount, whose class has the same index; the breakdown lists the taxes."""
        known = {tax_class: self.applicable(tax_class) for tax_class in dict.fromkeys(classes)}
        found = [known[tax_class] for tax_class in classes]
        taken = self._within(found, amounts, receipt) if self.included else self._on_top(found, amounts, receipt)
        return [
            self._parts(rates, amount, taxes, tax_class)
            for rates, amount, taxes, tax_class in zip(found, amounts, taken, classes, strict=True)
        ]

    def _within(self, found: Sequence[Rates], amounts: Sequence[Money], receipt: list[Step]) -> list[dict[str, Money]]:
        """The taxes contained in the amounts, by rate: the total of all authorities is split among them."""
        taxes: list[dict[str, Money]] = [{} for _ in amounts]
        for rates in dict.fromkeys(found):
            numbers = [n for n, its in enumerate(found) if its == rates]
            base = add_up((amounts[n] for n in numbers), amounts[0].currency)
            for rate, part in zip(rates, within(base, [rate.ppm for rate in rates]), strict=True):
                self._spread(rate, part, base, numbers, amounts, taxes, receipt)
        return taxes

    def _on_top(self, found: Sequence[Rates], amounts: Sequence[Money], receipt: list[Step]) -> list[dict[str, Money]]:
        """The taxes added to the amounts, by rate."""
        taxes: list[dict[str, Money]] = [{} for _ in amounts]
        for rate in dict.fromkeys(one for rates in found for one in rates):
            numbers = [n for n, its in enumerate(found) if rate in its]
            base = add_up((amounts[n] for n in numbers), amounts[0].currency)
            self._spread(rate, base.share(rate.ppm, PPM), base, numbers, amounts, taxes, receipt)
        return taxes

    def _spread(
        self,
        rate: TaxRate,
        tax: Money,
        base: Money,
        numbers: Iterable[int],
        amounts: Sequence[Money],
        taxes: list[dict[str, Money]],
        receipt: list[Step],
    ) -> None:
        """Split the tax of one rate over what it applies to, and list it in the breakdown."""
        if not tax.amount:
            return
        numbers = list(numbers)
        for number, part in zip(numbers, tax.split([amounts[n].amount for n in numbers]), strict=True):
            taxes[number][rate.authority] = part
        how = "in it" if self.included else "added"
        receipt.append(Step("tax", f"{rate.title} {per_cent(rate.ppm)} % of {write(base)}, {how}", tax))

    def _parts(
        self, rates: Rates, amount: Money, taxes: dict[str, Money], tax_class: str | None
    ) -> tuple[TaxPart, ...]:
        none = zero(amount.currency)
        net = amount - add_up(taxes.values(), amount.currency) if self.included else amount
        if not rates:
            return (
                TaxPart(
                    net=net,
                    tax=none,
                    gross=net,
                    category="O",
                    rate_ppm=0,
                    country=place_form(self.country),
                    tax_class=class_form(tax_class or ""),
                    reason=_(WHY_NOT.get(tax_class, NO_RATE)),
                ),
            )
        return tuple(
            TaxPart(
                net=net,
                tax=taxes.get(rate.authority, none),
                gross=net + taxes.get(rate.authority, none),
                category=rate.meant,
                rate_ppm=rate.ppm,
                country=rate.country,
                region=rate.region,
                tax_class=class_form(tax_class or ""),
                authority=rate.authority,
                reason=rate.reason,
                rate_id=rate.id,
            )
            for rate in rates
        )
