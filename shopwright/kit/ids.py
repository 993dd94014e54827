"""Ids that state their kind and sort by creation time: `ord_01jq…` (ULID: 48 bits time, 80 bits random)."""

import secrets
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from shopwright.kit.clock import Clock, to_micros

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
LENGTH = 26
LOW = (1 << 40) - 1
# Ids of these kinds grant access, so they never appear in logs.
BEARERS = ("crt",)


class Ids:
    """Generates ids from an injected clock and random source (bytes by count)."""

    def __init__(self, clock: Clock, chance: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._clock = clock
        self._chance = chance
        self._last = 0

    def new(self, prefix: str, after: str = "") -> str:
        """Return a new id such as `ord_01jq8x4e9zq5k0v7n3c2t1m8wd`, unguessable with 80 random bits.

        It sorts after `after`, an id another process may have made in the same millisecond.
        """
        now = to_micros(self._clock.now()) // 1000
        self._last = max(self._last, _value(after) if after else 0)
        # In the same millisecond, or after time ran back, later ids still sort later, by a random step of 64 bits,
        # which may carry into the next millisecond.
        if now <= self._last >> 80:
            value = self._last + 1 + int.from_bytes(self._chance(8), "big")
        else:
            value = now << 80 | int.from_bytes(self._chance(10), "big")
        self._last = value
        return _written(prefix, value)

    def many(self, prefix: str, count: int, after: str = "") -> list[str]:
        """Return many ids, faster than one by one."""
        if not count:
            return []
        first = self.new(prefix, after)
        steps = self._chance(8 * (count - 1))
        values = [self._last]
        for start in range(0, len(steps), 8):
            values.append(values[-1] + 1 + int.from_bytes(steps[start : start + 8], "big"))
        self._last = values[-1]
        return [first, *(_written(prefix, value) for value in values[1:])]

    def go_on_after(self, made: str) -> None:
        """Make later ids sort after this one of another process, even if the clock was set back."""
        self._last = max(self._last, _value(made))

    def at(self, prefix: str, moment: datetime) -> str:
        """The first possible id of that moment; earlier ids sort before it."""
        return _written(prefix, (to_micros(moment) // 1000) << 80)

    def secret(self, size: int = 32) -> str:
        """A random token of `size` bytes in hexadecimal."""
        return self._chance(size).hex()


def is_id(text: str, prefix: str) -> bool:
    """Whether the text has the form of such an id."""
    kind, _, number = text.partition("_")
    return kind == prefix and len(number) == LENGTH and not set(number) - set(ALPHABET)


def _written(prefix: str, value: int) -> str:
    high, low = (value >> 40) & LOW, value & LOW  # small numbers are quick to take apart
    return (
        f"{prefix}_{_beginning(value >> 80)}"
        f"{PAIRS[high >> 30]}{PAIRS[high >> 20 & 1023]}{PAIRS[high >> 10 & 1023]}{PAIRS[high & 1023]}"
        f"{PAIRS[low >> 30]}{PAIRS[low >> 20 & 1023]}{PAIRS[low >> 10 & 1023]}{PAIRS[low & 1023]}"
    )


@lru_cache(maxsize=16)
def _beginning(milliseconds: int) -> str:
    """The common prefix of all ids of one moment."""
    return "".join([PAIRS[(milliseconds >> shift) & 1023] for shift in range(40, -1, -10)])


def _value(made: str) -> int:
    """The number an id encodes."""
    value = 0
    for character in made.rpartition("_")[2]:
        value = value << 5 | ALPHABET.index(character)
    return value
