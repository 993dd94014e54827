"""Splitting folded text: words, letters of scripts without blanks, and search terms."""

import re
from functools import cache
from itertools import pairwise

from shopwright.kit.folding import fold, marks

LONGEST = 64
MOST_TERMS = 12  # of what is looked for
# Han, kana, bopomofo, Yi; Thai, Lao, Tibetan, Burmese, Khmer, Tai, Balinese, Javanese.
UNSPACED = (
    "\u3005-\u3007\u303b\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf"
    "\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff\u0e01-\u0e5b\u0e81-\u0edf\u0f00-\u0fbc\u1000-\u109f"
    "\u1780-\u17dd\u1950-\u19df\u1a20-\u1aad\u1b00-\u1b7f\ua980-\ua9df\ua9e0-\ua9fe\uaa60-\uaaff"
)
JOINTS = "\u0f0b\u0f0c\u30fb"  # between syllables of Tibetan, and words of katakana, where others write nothing
SIMPLE = re.compile(r"[^\W_]+")


def _letter() -> str:
    return f"(?=[^\\W\\d_])[{UNSPACED}][{marks()}]*"


@cache
def _unspaced() -> re.Pattern[str]:
    return re.compile(_letter())


@cache
def run() -> re.Pattern[str]:
    """A run of letters of a script without blanks."""
    return re.compile(f"{_letter()}(?:[{JOINTS}]?{_letter()})*")


@cache
def piece() -> re.Pattern[str]:
    """A word, or a letter of a script without blanks."""
    return re.compile(f"{_letter()}|(?:(?![{UNSPACED}])[^\\W_][{marks()}]*)+")


def is_unspaced(text: str) -> bool:
    """Whether it starts with a letter of a script without blanks."""
    return not text.isascii() and _unspaced().match(text) is not None


def joined(text: str) -> str:
    """Letters and digits only: one spelling of a number, however punctuated."""
    folded = fold(text)
    return "".join(_pieces_in(folded).findall(folded))[:LONGEST]


def terms_of(text: str) -> set[str]:
    """The search terms of a text: words, joined chunks between blanks, and letter pairs in scripts without blanks."""
    return _terms(_chunks(text))


def words_of(text: str) -> list[str]:
    """The chunks between blanks, joined; all of a text without blanks."""
    return _words(_chunks(text))


def words_and_terms_of(text: str) -> set[str]:
    """Both, for what is found by either."""
    chunks = _chunks(text)
    return {*_words(chunks), *_terms(chunks)}


def _terms(chunks: list[list[str]]) -> set[str]:
    found: set[str] = set()
    for chunk in chunks:
        found.update(chunk, _together(chunk))
    return {one[:LONGEST] for one in found}


def _words(chunks: list[list[str]]) -> list[str]:
    return list(dict.fromkeys("".join(chunk)[:LONGEST] for chunk in chunks))[:MOST_TERMS]


def looked_for(text: str) -> list[list[str]]:
    """The alternative sets of terms that match a text; all terms of one set are required."""
    chunks = _chunks(text)
    readings = (
        [joined(text)],
        [term for chunk in chunks for term in _together(chunk)],
        [term for chunk in chunks for term in (_together(chunk) if is_unspaced(chunk[0]) else chunk)],
    )
    return list(
        map(
            list,
            dict.fromkeys(
                tuple(dict.fromkeys(one[:LONGEST] for one in reading))[:MOST_TERMS]
                for reading in readings
                if all(reading) and reading
            ),
        )
    )


def _chunks(text: str) -> list[list[str]]:
    """The words of each chunk between blanks."""
    folded = fold(text)
    spaced = folded if folded.isascii() else run().sub(r" \g<0> ", folded)
    found = _pieces_in(folded).findall
    return [pieces for chunk in spaced.split() if (pieces := found(chunk))]


def _pieces_in(folded: str) -> re.Pattern[str]:
    return SIMPLE if folded.isascii() else piece()


def _together(chunk: list[str]) -> list[str]:
    if len(chunk) > 1 and is_unspaced(chunk[0]):
        return [one + other for one, other in pairwise(chunk)]
    return ["".join(chunk)]
