"""Rules of gift cards: codes, expiry, and where a refund goes. Pure functions."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from shopwright.kit.ids import ALPHABET
from shopwright.services.giftcards.contract import State

CODE_LENGTH, GROUP = 16, 4
# Crockford's base 32: characters that look alike are read as one.
ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})
CHARACTERS = frozenset(ALPHABET.upper())


class Validity(NamedTuple):
    """How long cards are valid in a country by default: years, or None if they may not expire; and what says so."""

    years: int | None
    source: str
    to_years_end: bool = False


# Where no law is known to us, cards do not expire. The owner's adviser must confirm it.
VALIDITY: Mapping[str, Validity] = {
    "AT": Validity(30, "ABGB § 1478"),
    "AU": Validity(3, "Australian Consumer Law, section 99B"),
    "CA": Validity(None, "provincial law, such as O. Reg. 17/05, section 25.3"),
    "CH": Validity(10, "OR Art. 127"),
    "DE": Validity(3, "BGB §§ 195, 199", to_years_end=True),
    "DK": Validity(3, "forældelsesloven § 3"),
    "IE": Validity(5, "Consumer Protection (Gift Vouchers) Act 2019"),
    "NZ": Validity(3, "Fair Trading (Gift Card Expiry) Amendment Act 2024"),
    "PH": Validity(None, "Republic Act No. 10962"),
    "US": Validity(5, "15 U.S.C. § 1693l-1"),
    "ZA": Validity(3, "Consumer Protection Act 68 of 2008, section 63"),
}
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
    rule = VALIDITY.get(country)
    if rule is None or rule.years is None:
        return None
    year = issued.year + rule.years
    if rule.to_years_end:
        return date(year, 12, 31)
    return date(year, 3, 1) if (issued.month, issued.day) == LEAP_DAY else issued.replace(year=year)


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
