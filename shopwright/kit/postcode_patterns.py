"""Patterns of postal codes: codes (27498), prefixes (35*) and ranges (10000...19999), separated by blanks or commas."""

import re

from shopwright.kit.codes import visible
from shopwright.kit.errors import Invalid
from shopwright.kit.postcodes import normal_postal_code, postal_rules
from shopwright.kit.translation import gettext as _

RANGE = re.compile(r"([0-9]+)\.{3}([0-9]+)")
ZIP = 5  # digits of a code of the US, before those of the street


def bare_postcode(country: str, text: str) -> str:
    """Letters and digits only, for comparison; US codes without the street part."""
    bare = "".join(one for one in visible(text).upper() if one.isalnum())
    return bare[:ZIP] if country == "US" else bare


def clean_patterns(country: str, text: str) -> str:
    """The normalised patterns, sorted and unique. A code with a blank (H2X 1Y4) is one."""
    return " ".join(sorted({_clean(country, one) for one in _each(country, text)}))


def _each(country: str, text: str) -> list[str]:
    pieces = [piece.strip() for piece in re.split(r"[,;\n]+", text)]
    return [one for piece in pieces for one in ([piece] if _code(country, piece) else piece.split())]


def _clean(country: str, text: str) -> str:
    if RANGE.fullmatch(text):
        return text
    return _code(country, text) or bare_postcode("", text) + ("*" if text.endswith("*") else "")


def _code(country: str, text: str) -> str:
    """A whole code of the country, bare; "" if it is none."""
    try:
        return bare_postcode(country, normal_postal_code(country, text)) if text and not text.endswith("*") else ""
    except ValueError:  # an unknown country is reported by another check
        return ""


def _begins(country: str, start: str) -> bool:
    """Whether a code of the country can begin so: with the rest of an example it is one."""
    rules = postal_rules(country)
    examples = [bare_postcode(country, one) for one in rules.examples]
    if rules.pattern is None or not examples:
        return bool(start)
    return bool(start) and any(_code(country, start + one[len(start) :]) for one in examples if len(start) <= len(one))


def check_patterns(country: str, text: str, pointer: str) -> None:
    """Raise Invalid for malformed patterns and foreign codes."""
    for one in _each(country, text):
        if (found := RANGE.fullmatch(one)) is not None:
            right = len(found[1]) == len(found[2]) and found[1] <= found[2]
            right = right and bool(_code(country, found[1]) and _code(country, found[2]))
        elif one.endswith("*"):
            right = one.count("*") == 1 and _begins(country, bare_postcode("", one))
        else:
            right = bool(_code(country, one))
        if not right:
            example = next(iter(postal_rules(country).examples), "27498")
            hint = f"write whole codes ({example}), beginnings (35*) or ranges (10000...19999)"
            raise Invalid.at(
                pointer,
                _(
                    "“{one}” is not a valid postcode pattern of {country}; {said}.",
                    one=one[:40],
                    country=country,
                    said=hint,
                ),
            )


def closeness(pattern: str, code: str) -> int:
    """How specifically a pattern covers this code; 0 if not at all."""
    if (found := RANGE.fullmatch(pattern)) is not None:
        first, last = found[1], found[2]
        within = code.isdecimal() and len(code) == len(first) and first <= code <= last
        return 1 + 2 * _common(first, last) if within else 0
    if pattern.endswith("*"):
        return 2 * len(pattern) if code.startswith(pattern[:-1]) else 0
    return 3 + 2 * len(code) if pattern == code else 0


def _common(first: str, last: str) -> int:
    """The length of the common prefix."""
    return next((n for n, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))


class Patterns:
    """Patterns with the set each was added with, to find codes that two sets cover equally specifically.

    Patterns that may do so are grouped, and each group is small, so look-ups do not grow with the total.
    """

    def __init__(self) -> None:
        self._kin: dict[tuple[int, str], dict[str, set[str]]] = {}

    def add(self, patterns: str) -> None:
        """Add a set of patterns."""
        for one in patterns.split():
            self._kin.setdefault(_kin(one), {}).setdefault(one, set()).add(patterns)

    def overlap(self, patterns: str) -> tuple[str, str] | None:
        """Return a pattern that conflicts with another set, and that set; None if there is none."""
        for mine in patterns.split():
            for its, added in self._kin.get(_kin(mine), {}).items():
                if (others := added - {patterns}) and _alike(mine, its):
                    return mine, min(others)
        return None


def _kin(pattern: str) -> tuple[int, str]:
    """The group key, equal for patterns that may conflict: code length and common prefix for ranges."""
    found = RANGE.fullmatch(pattern)
    return (0, pattern) if found is None else (len(found[1]), found[1][: _common(found[1], found[2])])


def _alike(mine: str, its: str) -> bool:
    first, second = RANGE.fullmatch(mine), RANGE.fullmatch(its)
    if first is None or second is None or len(first[1]) != len(second[1]):
        return mine == its
    meet = max(first[1], second[1]) <= min(first[2], second[2])
    return meet and _common(first[1], first[2]) == _common(second[1], second[2])
