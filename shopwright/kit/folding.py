"""Folding: one spelling for all spellings of a text, for searching.

`fold` equates what readers equate: case, width, diacritics of Latin, Greek, Cyrillic, Hebrew and Arabic, equivalent
letters (ß ss, ø o, ё е, ة ه), hiragana and katakana, digits of all scripts. Invisible characters are removed. Distinct
letters stay: й, ї, ў, ґ and が are not и, і, у, г and か, and vowel signs of Indic scripts, Thai, Lao, Khmer and Burmese
matter as much as consonants.
"""

import re
import unicodedata
from functools import cache

# Not covered by Unicode normalisation: letters with strokes, ligatures that are letters, alternative spellings.
LETTERS = str.maketrans(
    {
        "ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ŀ": "l", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d",
        "ə": "e", "ة": "ه", "ى": "ي", "ی": "ي", "ک": "ك", "ٱ": "ا", "ـ": "", "×": "x",
    }
    | {chr(letter): chr(letter + 0x60) for letter in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
)  # fmt: skip
# Signs beside a name that are not its letters; NFKC would expand them into letters.
SIGNS = str.maketrans(dict.fromkeys("™®©℠℗", " "))
# Invisible: soft hyphens, joiners, zero-width blanks, directions, variation selectors, tags.
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Marks on и, у, і, г and к (as in й, ў, ї, ѓ, ќ) make different letters.
MARKS = re.compile("([иу]\u0306|[і]\u0308|[гк]\u0301)|[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2"
    "\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0711"
    "\u0730-\u074a\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")  # fmt: skip
DIGIT = re.compile(r"(?![0-9])\d")


def fold(text: str) -> str:
    """The folded text. Idempotent."""
    if text.isascii():
        return UNREADABLE.sub(" ", text).lower()
    while (folded := _fold(text)) != text:
        text = folded
    return text


def _fold(text: str) -> str:
    text = UNREADABLE.sub(" ", UNSEEN.sub("", text.translate(SIGNS)))
    text = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    text = MARKS.sub(lambda found: found[1] or "", text)
    text = unicodedata.normalize("NFC", text).translate(LETTERS)
    return DIGIT.sub(lambda found: str(unicodedata.digit(found[0])), text)


@cache
def marks() -> str:
    """The marks that combine with the preceding letter, as ranges of a regular expression."""
    ranges: list[list[int]] = []
    for letter in (*range(0x300, 0x1E00), *range(0x20D0, 0x2100), *range(0x3099, 0x309B), *range(0xA66F, 0xAC00),
                   *range(0x10A00, 0x12000)):  # fmt: skip
        if unicodedata.category(chr(letter))[0] == "M":
            if ranges and ranges[-1][1] == letter - 1:
                ranges[-1][1] = letter
            else:
                ranges.append([letter, letter])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
