"""What is a number and may be given to int().

`"²".isdigit()` is true and int("²") an error; `"١".isdecimal()` is true and int("١") is 1, which is another way to write what
has one; and int() of thousands of digits is an error again.
"""

MOST_DIGITS = 18  # fits 64 bits


def is_number(text: str) -> bool:
    """Is this a whole number of 0 to 9 alone, that fits 64 bits?"""
    return text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
