"""Countries as people and programs write them: DE, Germany, Deutschland, Allemagne."""

import functools
from collections.abc import Mapping

from babel import Locale

from shopwright.kit.codes import place_form
from shopwright.kit.errors import Invalid
from shopwright.kit.places import countries_posted_to

LANGUAGES = (
    "en",
    "de",
    "fr",
    "es",
    "it",
    "nl",
    "pl",
    "pt",
    "ru",
    "tr",
    "ja",
    "sv",
    "da",
    "fi",
    "nb",
    "cs",
    "zh",
    "ar",
    "el",
    "hu",
)
ALSO = {
    "usa": "US", "u.s.a.": "US", "u.s.": "US", "united states of america": "US", "america": "US", "uk": "GB", "u.k.": "GB",
    "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB", "holland": "NL",
    "the netherlands": "NL", "brd": "DE", "czech republic": "CZ", "russian federation": "RU", "korea": "KR",
    "republic of korea": "KR", "ivory coast": "CI", "macedonia": "MK", "viet nam": "VN", "republic of ireland": "IE",
}  # fmt: skip


@functools.cache
def _codes() -> frozenset[str]:
    """Every country there is, as ISO 3166-1 alpha-2."""
    return frozenset(countries_posted_to())


@functools.cache
def _names() -> Mapping[str, str]:
    found = dict(ALSO)
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if code in _codes():  # others are parts of the world
                found.setdefault(name.casefold(), code)
    return found


def country_code(text: str) -> str:
    """Two letters (ISO 3166-1); "" for what is no country."""
    bare = " ".join(text.split())
    if bare.upper() in _codes():
        return bare.upper()
    return _names().get(bare.casefold(), "")


def check_country(text: str, pointer: str = "/country") -> str:
    """The country as it is kept: DE of “de”. Raises Invalid for what is none, saying which code is meant where that is plain."""
    code = place_form(text)
    if code in _codes():
        return code
    meant = country_code(text)
    right = f"write {meant}" if meant else "use two letters of ISO 3166-1, such as DE"
    raise Invalid.at(pointer, f"“{text[:60]}” is not the code of a country; {right}.")
