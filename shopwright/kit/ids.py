"""Ids say what they are and sort by when they were made: `ord_01jq…` (the layout of ULID: 48 bits time, 80 bits chance)."""

import secrets
from collections.abc import Callable

from shopwright.kit.clock import Clock, to_micros

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
LENGTH = 26


class Ids:
    """Makes ids from an injected clock and an injected source of chance (bytes, by count)."""

    def __init__(self, clock: Clock, chance: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._clock = clock
        self._chance = chance
        self._last = 0

    def new(self, prefix: str) -> str:
        """A new id such as `ord_01jq8x4e9zq5k0v7n3c2t1m8wd`; not guessable: 80 of its bits are chance."""
        value = (to_micros(self._clock.now()) // 1000) << 80 | int.from_bytes(self._chance(10), "big")
        if (
            value >> 80 <= self._last >> 80
        ):  # the same millisecond: later ids sort later all the same, by a step of chance
            value = self._last + 1 + int.from_bytes(self._chance(5), "big")
        self._last = value
        return prefix + "_" + "".join([PAIRS[(value >> shift) & 1023] for shift in range(120, -1, -10)])

    def secret(self, size: int = 32) -> str:
        """An unguessable token of `size` bytes, in hexadecimal."""
        return self._chance(size).hex()
