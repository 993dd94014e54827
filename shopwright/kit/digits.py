"""Text that may be passed to int().

`"²".isdigit()` is true but int("²") fails; `"١".isdecimal()` is true and int("١") is 1, which already has a spelling;
and int() of thousands of digits fails, too.
"""

MOST_DIGITS = 18  # fits 64 bits


def is_number(text: str) -> bool:
    """Whether the text is a whole number of ASCII digits that fits 64 bits."""
    return text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
