"""Validation and normalisation of tax rates, rules and classes."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import msgspec

from shopwright.kit.codes import class_form, place_form
from shopwright.kit.countries import check_country
from shopwright.kit.errors import Invalid, check_all
from shopwright.kit.money import BASIS_POINTS
from shopwright.kit.postcode_patterns import Patterns, check_patterns
from shopwright.kit.regions import check_region
from shopwright.kit.tax_classes import GIFT_CARD
from shopwright.kit.translation import gettext as _
from shopwright.kit.typed import per_cent
from shopwright.services.pricing import checks, dated
from shopwright.services.pricing.contract import TaxClass, TaxRate, TaxRule
from shopwright.services.pricing.contract.taxes import PPM
from shopwright.services.pricing.taxes import PPM_OF_A_BASIS_POINT, RULES, Key, clean_tax_rate, key_of

LONGEST_OF_A_RATE: Final = {"title": 80, "postcodes": 2_000, "authority": 60, "reason": 500, "why": 255}
CLASS_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
MOST_CLASSES: Final = 50


def tax_rate(one: TaxRate, classes: Collection[str]) -> TaxRate:
    """Return the normalised rate. Raises Invalid with all errors."""

    def tax_class() -> None:
        if one.tax_class:
            known_class(one.tax_class, classes, "/tax_class")

    def place() -> None:
        country = check_country(one.country)
        if one.region:
            check_region((country,), one.region)

    def texts() -> None:
        for name, most in LONGEST_OF_A_RATE.items():
            if len(getattr(one, name)) > most:
                raise Invalid.at(f"/{name}", _("This has at most {most} characters.", most=most))

    check_country(one.country)  # by which its regions and postcodes are read
    check_all(
        place,
        tax_class,
        lambda: _how_much(one),
        lambda: _category(one),
        lambda: check_patterns(place_form(one.country), one.postcodes, "/postcodes"),
        texts,
    )
    return clean_tax_rate(one)


def _how_much(one: TaxRate) -> None:
    if not 0 <= one.rate <= BASIS_POINTS:
        raise Invalid.at("/rate", _("A tax rate is in basis points: 1900 is 19 %, at most 10000."))
    if not 0 <= one.ppm <= PPM:
        raise Invalid.at("/rate_ppm", _("A tax rate is in millionths: 190000 is 19 %, at most 1000000."))
    if abs(one.ppm - one.rate * PPM_OF_A_BASIS_POINT) > PPM_OF_A_BASIS_POINT // 2:
        raise Invalid.at(
            "/rate_ppm",
            _(
                "rate is {rate} % and rate_ppm {ppm} %; send one of them.",
                rate=per_cent(one.rate * PPM_OF_A_BASIS_POINT),
                ppm=per_cent(one.ppm),
            ),
        )


def _category(one: TaxRate) -> None:
    """Check that a rate of 0 % has a reason, unless it is zero-rated."""
    if (one.meant == "S") != bool(one.ppm):
        right = "S, or leave it out" if one.ppm else "Z, E, AE, K, G or O"
        raise Invalid.at(
            "/category",
            _(
                "{meant} is not a category of {ppm} %; write {right}.",
                meant=one.meant,
                ppm=per_cent(one.ppm),
                right=right,
            ),
        )
    if one.meant not in {"S", "Z"} and not one.reason.strip():
        raise Invalid.at(
            "/reason", _("Enter why there is no tax, as the invoice shows it, such as: not in the VAT area of the EU.")
        )


class KnownRates:
    """The rates of a country while some are added, by key and by postcode."""

    def __init__(self, every: Sequence[TaxRate], now: datetime) -> None:
        self._rows: dict[Key, list[TaxRate]] = {}
        self._patterns: dict[tuple[str, ...], Patterns] = {}
        for one in every:
            self.rows_of(one).append(one)
        for one in dated.lasting(every):
            if one.valid_to is None or one.valid_to > now:
                self._patterns_of(one).add(one.postcodes)

    def rows_of(self, one: TaxRate) -> list[TaxRate]:
        """All rates of the same place, class and authority; new ones are added to the list."""
        return self._rows.setdefault(key_of(one), [])

    def take(self, one: TaxRate) -> None:
        """Check that no other rate covers a postcode as specifically. Raises Invalid."""
        patterns = self._patterns_of(one)
        if (found := patterns.overlap(one.postcodes)) is not None:
            same, others = found
            raise Invalid.at(
                "/postcodes", _("{same} has a rate already, with {others}; end that first.", same=same, others=others)
            )
        patterns.add(one.postcodes)

    def _patterns_of(self, one: TaxRate) -> Patterns:
        return self._patterns.setdefault((one.region, one.tax_class, one.authority), Patterns())


def known_class(text: str, classes: Collection[str], pointer: str) -> str:
    """Return the name of a tax class. Raises Invalid if there is none."""
    found = class_form(text)
    if found not in classes:
        raise Invalid.at(
            pointer, _("A tax class is one of {classes}, not “{text}”.", classes=", ".join(classes), text=text[:40])
        )
    return found


def tax_class(one: TaxClass, there: Sequence[TaxClass]) -> TaxClass:
    """Return the normalised class. Raises Invalid."""
    name = class_form(one.name)
    if name == GIFT_CARD:
        raise Invalid.at("/name", _("This class is for products that are gift cards. Choose another name."))
    if not CLASS_NAME.fullmatch(name):
        raise Invalid.at("/name", _("The name of a tax class has up to 40 letters, digits and dashes, such as books."))
    if len(one.title) > LONGEST_OF_A_RATE["title"]:
        raise Invalid.at(
            "/title",
            _("This has at most {longest_of_a_rate} characters.", longest_of_a_rate=LONGEST_OF_A_RATE["title"]),
        )
    if len(there) >= MOST_CLASSES and name not in {known.name for known in there}:
        raise Invalid.at(
            "/name",
            _("There are already {most_classes} tax classes, the maximum.", most_classes=MOST_CLASSES),
        )
    checks.position(one.position)
    return msgspec.structs.replace(one, name=name, title=one.title.strip() or name)


def tax_rule(one: TaxRule, classes: Collection[str]) -> TaxRule:
    """Return the normalised rule. Raises Invalid with all errors."""

    def value() -> None:
        kind, _unused, name = one.value.partition(":")
        if one.rule == "shipping" and kind == "class":
            known_class(name, classes, "/value")
        elif one.value not in RULES[one.rule]:
            raise Invalid.at(
                "/value",
                _(
                    "{rule} is one of {rules}, not “{value}”.",
                    rule=one.rule,
                    rules=", ".join(RULES[one.rule]),
                    value=one.value[:40],
                ),
            )

    def why() -> None:
        if len(one.why) > LONGEST_OF_A_RATE["why"]:
            raise Invalid.at(
                "/why",
                _("This has at most {longest_of_a_rate} characters.", longest_of_a_rate=LONGEST_OF_A_RATE["why"]),
            )

    check_all(lambda: check_country(one.country) if one.country else None, value, why)
    kind, sign, name = one.value.partition(":")
    return msgspec.structs.replace(one, country=place_form(one.country), value=f"{kind}{sign}{class_form(name)}")
