"""Rules of gift cards: codes, expiry, and where a refund goes. Pure functions."""

from collections.abc import Mapping, Sequence
from datetime import date

from shopwright.kit.ids import ALPHABET
from shopwright.services.giftcards.contract import State

CODE_LENGTH, GROUP = 16, 4
# Crockford's base 32: characters that look alike are read as one.
ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})
CHARACTERS = frozenset(ALPHABET.upper())
# When cards may expire, by country: (years, at the end of the year). The owner's adviser must confirm it.
# Germany: BGB sections 195 and 199. United States: 15 U.S.C. 1693l-1, which states may extend.
YEARS: Mapping[str, tuple[int, bool]] = {"DE": (3, True), "US": (5, False)}
LEAP_DAY = (2, 29)


def written(chance: bytes) -> str:
    """Format a code from 16 bytes, using 5 bits of each: 7K3M-Q2XV-0D4H-9TRA."""
    characters = "".join(ALPHABET[byte % len(ALPHABET)] for byte in chance[:CODE_LENGTH]).upper()
    return "-".join(characters[start : start + GROUP] for start in range(0, CODE_LENGTH, GROUP))


def read(typed: str) -> str:
    """Normalise a typed code; "" if it cannot be one."""
    bare = "".join(one for one in typed.upper().translate(ALIKE) if one.isalnum())
    return bare if len(bare) == CODE_LENGTH and set(bare) <= CHARACTERS else ""


def last_day(country: str, issued: date) -> date | None:
    """The last day a card issued that day can be used; None if it never expires."""
    if country not in YEARS:
        return None
    years, to_years_end = YEARS[country]
    if to_years_end:
        return date(issued.year + years, 12, 31)
    if (issued.month, issued.day) == LEAP_DAY:
        return date(issued.year + years, 3, 1)
    return issued.replace(year=issued.year + years)


def has_expired(expires_on: date | None, today: date) -> bool:
    """Whether the last day has passed."""
    return expires_on is not None and expires_on < today


def state(*, disabled: bool, expires_on: date | None, balance: int, today: date) -> State:
    """The state of a card today."""
    if disabled:
        return "disabled"
    if has_expired(expires_on, today):
        return "expired"
    return "active" if balance else "spent"


def last_of(successors: Mapping[str, str], card_id: str) -> str:
    """The final successor of a card."""
    while card_id in successors:
        card_id = successors[card_id]
    return card_id


def shared_out(lines: Sequence[tuple[str, int]], amount: int) -> dict[str, int]:
    """Split a refund over an order's cards: to each what it paid less refunds, in order; any excess to the first.

    `lines`: cards, and what each can still get back.
    """
    found: dict[str, int] = {}
    left = amount
    for card_id, paid in lines:
        if part := min(paid, left):
            found[card_id] = part
            left -= part
    if left and lines:
        found[lines[0][0]] = found.get(lines[0][0], 0) + left
    return found
