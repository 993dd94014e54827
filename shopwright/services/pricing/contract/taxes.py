"""Taxes in the contract: categories, tax parts, classes and rules."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from shopwright.kit.money import Money, add_up, zero
from shopwright.kit.rpc.operations import idempotent

TaxCategory = Literal["S", "Z", "E", "AE", "K", "G", "O"]
RuleName = Literal["shipping", "shipping_of_untaxed", "prices", "tax_at"]
State = Literal["", "current", "coming", "ended"]
PPM = 1_000_000


class TaxPart(msgspec.Struct, frozen=True, kw_only=True):
    """The tax of one authority on a line, on shipping or on a refund: net + tax = gross.

    If several authorities tax the same goods, each has a part with the same net. `category`: UNTDID 5305 as used by EN
    16931 (S standard, Z zero-rated, E exempt, AE reverse charge, K intra-community supply, G export, O outside the
    scope of tax), with its explanation in `reason`. `rate_ppm`: parts per million, 190,000 is 19 %. `class`: the tax
    class of the goods. `lot`: units of a line may be taxed at the rates of several days; 0 is the day of the order.
    """

    net: Money
    tax: Money
    gross: Money
    category: TaxCategory
    rate_ppm: int
    country: str
    region: str = ""
    tax_class: str = msgspec.field(name="class")
    authority: str = ""
    reason: str = ""
    rate_id: str = ""
    lot: int = 0

    def plus(self, other: "TaxPart") -> "TaxPart":
        """The sum of two parts of one rate."""
        return msgspec.structs.replace(
            self, net=self.net + other.net, tax=self.tax + other.tax, gross=self.gross + other.gross
        )


def by_kind(parts: Sequence[TaxPart]) -> list[list[TaxPart]]:
    """Group parts that share a net: one tax class at the rates of one day, possibly of several authorities.

    Shipping may be taxed as several classes. Without a class (receipts of earlier versions) each rate has its own net.
    """
    if len(parts) == 1:  # nearly always
        return [[parts[0]]]
    found: dict[tuple[str, int, int], list[TaxPart]] = {}
    for part in parts:
        found.setdefault((part.tax_class, part.lot, 0 if part.tax_class else part.rate_ppm), []).append(part)
    return list(found.values())


def summed(parts: Iterable[TaxPart], key: Callable[[TaxPart], Hashable]) -> tuple[TaxPart, ...]:
    """Sum parts by key, in order of first appearance; fields that differ are taken from the last part."""
    found: dict[Hashable, TaxPart] = {}
    for part in parts:
        before = found.get(name := key(part))
        found[name] = part if before is None else part.plus(before)
    return tuple(found.values())


def gross_of(parts: Sequence[TaxPart], currency: str) -> Money:
    """The gross total of these parts."""
    nets = (kind[0].net for kind in by_kind(parts))
    return add_up(nets, currency) + add_up((part.tax for part in parts), currency)


def within(gross: Money, rates: Sequence[int]) -> list[Money]:
    """The taxes contained in an amount, one for each rate (parts per million): rounded once, then split."""
    total_rate = sum(rates)
    return (
        gross.share(total_rate, PPM + total_rate).split(rates) if total_rate else [zero(gross.currency) for _ in rates]
    )


class TaxPreset(msgspec.Struct, frozen=True, kw_only=True):
    """A place that is taxed differently from its country, offered as a rate; `added` if the shop has it.

    It states the law as of `as_of` and is no advice: merchants confirm it with their tax adviser.
    """

    name: str
    title: str
    country: str
    postcodes: str
    reason: str
    as_of: str
    added: bool = False


class TaxClass(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A class of goods taxed alike. Products and rates refer to its permanent `name`; shoppers see neither."""

    name: str
    title: str = ""
    position: int = 0


class TaxRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tax rule of a country with its period; `country` "" applies to countries without a rule of their own.

    `shipping`: `main` (as the goods of the greatest value), `pro_rata` (as all goods, by value), `class:NAME`, `none`.
    `shipping_of_untaxed` (all goods at 0 %): `taxed` as usual, or `untaxed`. `prices`: `gross` (they include the tax of
    the destination), `net` (tax is added), or `less_home_tax` (tax is added to the list price less the tax of the
    shop's own country). `tax_at`: `supply` (the rates of the day of shipping) or `order`.
    """

    country: str = ""
    rule: RuleName
    value: str
    id: str = ""
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    who: str = ""
    why: str = ""
    created: datetime | None = None
    ended_by: str = ""
    ended_why: str = ""
    state: State = ""

    def holds(self, at: datetime) -> bool:
        """Whether the rule applies at this moment."""
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at < self.valid_to)


class UntaxedPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A destination of orders whose goods have no tax rate there."""

    country: str
    region: str
    tax_class: str
    last: datetime


class TaxSettings(Protocol):
    """Operations for tax classes, rules and presets."""

    @idempotent
    async def tax_presets(self) -> list[TaxPreset]:
        """Return known places that are taxed differently from their country."""

    @idempotent
    async def tax_classes(self) -> list[TaxClass]:
        """Return all tax classes."""

    async def put_tax_class(self, one: TaxClass) -> TaxClass:
        """Create a tax class, or change title and position of an existing one. Raises Invalid."""

    @idempotent
    async def tax_rules(self) -> list[TaxRule]:
        """Return all past, current and future rules with their `state`."""

    async def add_tax_rules(self, rules: Sequence[TaxRule], who: str = "") -> list[TaxRule]:
        """Add rules from `valid_from` (default: now), all or none; they end those they replace. Raises Invalid."""

    async def end_tax_rule(self, rule_id: str, who: str = "", why: str = "") -> None:
        """End a rule now, or withdraw a future one. Raises Missing, Refused."""

    @idempotent
    async def note_untaxed(self, country: str, region: str, tax_classes: Sequence[str]) -> None:
        """Record an order whose goods have no tax rate at its destination."""
        ...

    @idempotent
    async def untaxed_places(self) -> list[UntaxedPlace]:
        """Return destinations of orders that still have no tax rate."""
        ...
