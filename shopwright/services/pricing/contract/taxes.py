"""What others may know of taxes: their categories, what each authority takes, and what a country's rules say."""

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
    """What one authority takes of a line, of shipping or of a refund: net + tax = gross.

    Where several tax the same, each has a part, of the same net. `category`: why it is taxed so (UNTDID 5305, as EN 16931
    uses it: S at a rate, Z zero-rated, E exempt, AE reverse charge, K to a business of the EU, G export, O not subject
    to tax), in words in `reason`. `rate_ppm`: in millionths, 190,000 is 19 %. `class` is that of the goods. `lot`: units of
    one line may be taxed at the rates of several days; 0 is what is taxed as it was sold.
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
        """Both together, of one rate."""
        return msgspec.structs.replace(
            self, net=self.net + other.net, tax=self.tax + other.tax, gross=self.gross + other.gross
        )


def by_kind(parts: Sequence[TaxPart]) -> list[list[TaxPart]]:
    """Parts of the same net: of one class of goods at the rates of one day, where several authorities may tax it.

    Shipping may be taxed as several classes. Where no class is told (receipts of earlier versions), each rate has a net of its own.
    """
    if len(parts) == 1:  # nearly always
        return [[parts[0]]]
    found: dict[tuple[str, int, int], list[TaxPart]] = {}
    for part in parts:
        found.setdefault((part.tax_class, part.lot, 0 if part.tax_class else part.rate_ppm), []).append(part)
    return list(found.values())


def summed(parts: Iterable[TaxPart], key: Callable[[TaxPart], Hashable]) -> tuple[TaxPart, ...]:
    """The sums of parts that have a key in common, in the order the keys come in; what else differs is as in the last."""
    found: dict[Hashable, TaxPart] = {}
    for part in parts:
        before = found.get(name := key(part))
        found[name] = part if before is None else part.plus(before)
    return tuple(found.values())


def gross_of(parts: Sequence[TaxPart], currency: str) -> Money:
    """What parts of one thing come to."""
    nets = (kind[0].net for kind in by_kind(parts))
    return add_up(nets, currency) + add_up((part.tax for part in parts), currency)


def within(gross: Money, rates: Sequence[int]) -> list[Money]:
    """The taxes that an amount contains, one of each of these rates (millionths): rounded once, then split among them."""
    whole = sum(rates)
    return gross.share(whole, PPM + whole).split(rates) if whole else [zero(gross.currency) for _ in rates]


class TaxPreset(msgspec.Struct, frozen=True, kw_only=True):
    """Places that a law taxes in another way than their country, which one may add as rates: `added` where they are there.

    It is what the law said at `as_of`, and no advice: a merchant confirms it with their tax adviser.
    """

    name: str
    title: str
    country: str
    postcodes: str
    reason: str
    as_of: str
    added: bool = False


class TaxClass(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of goods that is taxed alike. Products and rates name it by `name`, which stays; shoppers see neither."""

    name: str
    title: str = ""
    position: int = 0


class TaxRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a country taxes beside its rates, from one moment to another; `country` "" is all that have no rule of their own.

    `shipping`: `main` (as the goods of the greatest value), `pro_rata` (as all goods, by their value), `class:NAME`, `none`.
    `shipping_of_untaxed`, whose goods are all at 0 %: `taxed` as always, or `untaxed`.
    `prices`: `gross` (what goods cost has the tax of the place in it), `net` (it is added), or `less_home_tax` (it is added
    to the price list less the tax of the shop's own country, which the list contains).
    `tax_at`: `supply` (a parcel is taxed at the rates of the day it leaves) or `order` (as it was ordered).
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
        """Does it apply at this moment?"""
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at < self.valid_to)


class UntaxedPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where orders went though no rate of tax was set for these goods there."""

    country: str
    region: str
    tax_class: str
    last: datetime


class TaxSettings(Protocol):
    """The verbs of classes, rules and presets."""

    @idempotent
    async def tax_presets(self) -> list[TaxPreset]:
        """Places that are known to be taxed in another way than their country."""

    @idempotent
    async def tax_classes(self) -> list[TaxClass]:
        """All kinds of goods there are rates for."""

    async def put_tax_class(self, one: TaxClass) -> TaxClass:
        """Make one, or change the title and position of the one with this name. Raises Invalid."""

    @idempotent
    async def tax_rules(self) -> list[TaxRule]:
        """All rules there ever were and those to come, with their `state`."""

    async def add_tax_rules(self, rules: Sequence[TaxRule], who: str = "") -> list[TaxRule]:
        """From `valid_from` on (none: now) these apply, all or none; those of the same country and kind end. Raises Invalid."""

    async def end_tax_rule(self, rule_id: str, who: str = "", why: str = "") -> None:
        """It applies no more; one that was to come never does, and what it would have ended goes on. Raises Missing, Refused."""

    @idempotent
    async def note_untaxed(self, country: str, region: str, tax_classes: Sequence[str]) -> None:
        """An order of these goods goes where there is no rate of tax for them."""
        ...

    @idempotent
    async def untaxed_places(self) -> list[UntaxedPlace]:
        """Where orders went without a rate, and there is none yet."""
        ...
