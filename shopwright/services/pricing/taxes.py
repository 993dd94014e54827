"""Which rate of tax applies, and what each line and the shipping keep of it. Pure functions, exact to the minor unit.

A tax is rounded once for an order and a rate, and then split over what it applies to.
"""

from collections.abc import Sequence

import msgspec

from shopwright.kit.codes import class_form, place_form
from shopwright.kit.money import BASIS_POINTS, Money, add_up, write, zero
from shopwright.kit.regions import region_form
from shopwright.services.pricing.contract import Step, TaxPart, TaxRate

PPM = 1_000_000
PPM_OF_A_BASIS_POINT = PPM // BASIS_POINTS
NO_RATE = "No tax rate is set for this place."


def tax_rate(rates: Sequence[TaxRate], country: str, region: str, tax_class: str) -> TaxRate | None:
    """The rate for a class of goods at a place: the region's before the country's."""
    found = {(rate.country, rate.region, rate.tax_class): rate for rate in rates}
    country, tax_class = place_form(country), class_form(tax_class)
    region = region_form(country, region)
    return found.get((country, region, tax_class)) or found.get((country, "", tax_class))


def clean_tax_rate(rate: TaxRate) -> TaxRate:
    """With its country, region and class as they are kept and looked for."""
    country = place_form(rate.country)
    return msgspec.structs.replace(
        rate, country=country, region=region_form(country, rate.region), tax_class=class_form(rate.tax_class)
    )


class Taxed(msgspec.Struct, frozen=True, kw_only=True):
    """Where tax is reckoned, by which rates, and whether what things cost has it in it (`included`)."""

    country: str
    region: str
    rates: Sequence[TaxRate]
    included: bool

    def parts(self, classes: Sequence[str], amounts: Sequence[Money], receipt: list[Step]) -> list[tuple[TaxPart, ...]]:
        """The parts of each amount, whose class of goods is at the same place; what is taken is told on the receipt."""
        rates: dict[TaxRate | None, list[int]] = {}
        for number, tax_class in enumerate(classes):
            found = tax_rate(self.rates, self.country, self.region, tax_class)
            rates.setdefault(found, []).append(number)
        parts: list[tuple[TaxPart, ...]] = [() for _ in amounts]
        for rate, numbers in rates.items():
            taxes = self._taxes(rate, [amounts[n] for n in numbers], receipt)
            for number, tax in zip(numbers, taxes, strict=True):
                parts[number] = (self._part(rate, amounts[number], tax, classes[number]),)
        return parts

    def _taxes(self, rate: TaxRate | None, amounts: Sequence[Money], receipt: list[Step]) -> Sequence[Money]:
        currency = amounts[0].currency
        base = add_up(amounts, currency)
        part = rate.rate if rate else 0
        tax = base.share(part, BASIS_POINTS + part if self.included else BASIS_POINTS)
        if rate is None or not tax.amount:
            return [zero(currency) for _ in amounts]
        how = "in it" if self.included else "added"
        receipt.append(Step("tax", f"{rate.title} {rate.rate / 100:g} % of {write(base)}, {how}", tax))
        return tax.split([one.amount for one in amounts])

    def _part(self, rate: TaxRate | None, amount: Money, tax: Money, tax_class: str) -> TaxPart:
        net = amount - tax if self.included else amount
        return TaxPart(
            net=net,
            tax=tax,
            gross=net + tax,
            category="O" if rate is None else "S" if rate.rate else "Z",
            rate_ppm=rate.rate * PPM_OF_A_BASIS_POINT if rate else 0,
            country=rate.country if rate else place_form(self.country),
            region=rate.region if rate else "",
            tax_class=class_form(tax_class),
            reason="" if rate else NO_RATE,
        )
