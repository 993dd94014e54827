"""Imported addresses in their country's form; unusual fields stay as written and are reported."""

from collections.abc import Mapping

from shopwright.kit.addresses import Address, read_address
from shopwright.kit.countries import country_code

FIELDS = ("name", "company", "line1", "line2", "city", "region", "postal_code", "phone")
LONGEST_SHOWN = 40


def imported_address(fields: Mapping[str, str], home: str) -> tuple[Address, dict[str, str]]:
    """Return the address of a row, and its problems by field. Without a country it is the shop's (`home`)."""
    written = fields["country"]
    country = country_code(written) or written or home
    address, problems = read_address(Address(country=country, **{name: fields[name] for name in FIELDS}))
    given = {**fields, "country": written}
    return address, {(name := one.pointer[1:]): _odd(name, given, one.detail) for one in problems}


def _odd(field: str, given: Mapping[str, str], detail: str) -> str:
    text = given[field]
    excerpt = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
    reason = detail.rstrip(".")
    return f"{field} “{excerpt}”: {reason}" if text else f"{field}: {reason}"
