"""Spelling correction."""

import string
from collections.abc import Iterator

# Folded letters are replaced by letters of their own script.
ALPHABETS = (
    string.ascii_lowercase,
    "абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґў",
    "αβγδεζηθικλμνξοπρστυφχψω",
    "אבגדהוזחטיךכלםמןנסעףפץצקרשת",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
)


def edits(word: str) -> Iterator[str]:
    """Every word one edit away from `word` (Norvig, "How to Write a Spelling Corrector")."""
    splits = [(word[:n], word[n:]) for n in range(len(word) + 1)]
    letters = next((some for some in ALPHABETS if not set(word).isdisjoint(some)), "")
    for left, right in splits:
        if right:
            yield left + right[1:]
            yield from (left + letter + right[1:] for letter in letters)
        if len(right) > 1:
            yield left + right[1] + right[0] + right[2:]
        yield from (left + letter + right for letter in letters)
