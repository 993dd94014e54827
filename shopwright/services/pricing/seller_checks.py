"""Validation and normalisation of sellers and exchange rates."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from shopwright.kit.addresses import check_address, check_email, check_phone
from shopwright.kit.codes import place_form
from shopwright.kit.countries import check_country
from shopwright.kit.currencies import minor_digits
from shopwright.kit.errors import Invalid, check_all
from shopwright.kit.tax_ids import MEMBERS, member_of, read_iban, read_oss_id, read_tax_id
from shopwright.kit.text import tidy_line
from shopwright.kit.translation import gettext as _
from shopwright.services.pricing.contract import ExchangeRate, Seller, TaxId
from shopwright.services.pricing.dated import period_of

LONGEST: Final = {"legal_name": 200, "small_business": 500, "register": 200, "contact": 200, "why": 255}
MOST_TAX_IDS: Final = 40
RATE: Final = re.compile(r"\d{1,12}(\.\d{1,12})?")


def seller(one: Seller) -> Seller:
    """Return the normalised seller. Raises Invalid with all errors."""
    clean: dict[str, object] = {name: tidy_line(getattr(one, name)) for name in LONGEST}

    def texts() -> None:
        if not clean["legal_name"]:
            raise Invalid.at(
                "/legal_name", _("Write the name of the company or person who sells, as invoices need it.")
            )
        for name, most in LONGEST.items():
            if len(getattr(one, name)) > most:
                raise Invalid.at(f"/{name}", _("This has at most {most} characters.", most=most))

    def place() -> None:
        clean["address"] = check_address(one.address, "/address")

    def tax_ids() -> None:
        if len(one.tax_ids) > MOST_TAX_IDS:
            raise Invalid.at("/tax_ids", _("A seller has at most {most_tax_ids} tax ids.", most_tax_ids=MOST_TAX_IDS))
        clean["tax_ids"] = tuple(_tax_id(each, number) for number, each in enumerate(one.tax_ids))

    def currency() -> None:
        clean["filing_currency"] = _currency(one.filing_currency, "/filing_currency")

    def bank() -> None:
        clean["bank"] = read_iban(one.bank) if one.bank.strip() else ""

    def ship_from() -> None:
        clean["ship_from"] = check_country(one.ship_from, "/ship_from") if one.ship_from else ""

    check_all(
        texts,
        place,
        tax_ids,
        currency,
        lambda: clean.update(_contact(one)),
        bank,
        ship_from,
        lambda: _one_stop_shop(one),
    )
    return msgspec.structs.replace(one, **clean)


def _contact(one: Seller) -> dict[str, str]:
    """Contact data for questions about invoices. Raises Invalid."""
    return {
        "email": check_email(one.email, "/email") if one.email else "",
        "phone": check_phone(one.phone, one.address.country) if one.phone.strip() else "",
    }


def _one_stop_shop(one: Seller) -> None:
    if one.oss and one.small_business.strip():
        raise Invalid.at("/oss", _("A small business that charges no tax cannot use the One-Stop-Shop."))
    if one.oss and not member_of(place_form(one.ship_from or one.address.country)):
        raise Invalid.at("/oss", _("The One-Stop-Shop is for goods sent from a country of the EU."))


def _tax_id(one: TaxId, number: int) -> TaxId:
    pointer = f"/tax_ids/{number}/id"
    country = check_country(one.country, f"/tax_ids/{number}/country")
    if one.scheme and place_form(one.id)[:2] in {"EU", "IM"}:
        return TaxId(country=country, id=read_oss_id(one.id, pointer), scheme=one.scheme)
    found = read_tax_id(one.id, country, pointer)
    own = found.country if found.country in MEMBERS else country  # the letters of a VAT id say its country
    return TaxId(country=own, id=found.id, scheme=one.scheme)


def _currency(text: str, pointer: str) -> str:
    currency = place_form(text)
    try:
        minor_digits(currency)
    except Invalid as error:
        raise Invalid.at(pointer, error.detail) from None
    return currency


def start_of(valid_from: datetime | None, now: datetime, zone: ZoneInfo) -> datetime:
    """The start of a seller's period; today means now. Raises Invalid for the past."""
    return period_of(valid_from, None, now, zone)[0]


def says_the_same(one: Seller, other: Seller) -> bool:
    """Whether two sellers are equal, apart from author and time."""
    own = {"id": "", "valid_from": None, "who": "", "why": "", "created": None}
    return msgspec.structs.replace(one, **own) == msgspec.structs.replace(other, **own)


def vat_id_of(one: Seller | None) -> str:
    """The seller's VAT id for trade within the EU: of the shipping country, else the first; "" for none."""
    ids = [each for each in one.tax_ids if not each.scheme and member_of(each.country)] if one else []
    return next((each.id for each in ids if one and each.country == one.sends_from), ids[0].id if ids else "")


def exchange_rate(one: ExchangeRate, number: int, today: date) -> ExchangeRate:
    """Return the normalised exchange rate. Raises Invalid with all errors."""
    at = f"/{number}"
    clean: dict[str, object] = {"source": tidy_line(one.source)}

    def pair() -> None:
        clean["from_"], clean["to"] = _currency(one.from_, f"{at}/from"), _currency(one.to, f"{at}/to")
        if clean["from_"] == clean["to"]:
            raise Invalid.at(f"{at}/to", _("A rate is between two currencies."))

    def rate() -> None:
        if not RATE.fullmatch(one.rate) or not Decimal(one.rate):
            raise Invalid.at(f"{at}/rate", _("“{rate}” is not a valid rate; example: 0.0061.", rate=one.rate[:40]))

    def day() -> None:
        if one.day > today:
            raise Invalid.at(f"{at}/day", _("{day} is in the future; a rate is of today or earlier.", day=one.day))

    def source() -> None:
        if not clean["source"] or len(one.source) > LONGEST["why"]:
            raise Invalid.at(f"{at}/source", _("Enter who published it, such as ECB, in at most 255 characters."))

    check_all(pair, rate, day, source)
    return msgspec.structs.replace(one, **clean)
