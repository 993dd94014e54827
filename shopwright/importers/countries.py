"""Countries as people and programs write them: DE, Germany, Deutschland, Allemagne."""

import functools
from collections.abc import Mapping

from babel import Locale

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
def _names() -> Mapping[str, str]:
    found = dict(ALSO)
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha():  # noqa: PLR2004 -- ISO 3166-1 alpha-2; longer ones are parts of the world
                found.setdefault(name.casefold(), code)
    return found


def country_code(text: str) -> str:
    """Two letters (ISO 3166-1); "" for what is no country."""
    bare = " ".join(text.split())
    if len(bare) == 2 and bare.upper() in Locale("en").territories:  # noqa: PLR2004 -- a code already
        return "GB" if bare.upper() == "UK" else bare.upper()
    return _names().get(bare.casefold(), "")
