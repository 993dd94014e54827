"""PHP's serialize() format, in which WordPress stores lists: texts, numbers, booleans and arrays.

Objects are not read, so foreign data create nothing. No maintained library exists (phpserialize: last released in
2016).
"""

import re
from typing import Any

DEEPEST = 20
SCALAR = re.compile(rb"([ibd]):([^;]{1,40});|(N);")
SIZED = re.compile(rb"([sa]):(\d{1,9}):")


def unserialized(text: str) -> Any:
    """Decode a value; None if malformed."""
    try:
        return _value(text.encode(), 0, 0)[0]
    except ValueError:
        return None


def _value(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    """Decode the value at a position, and return its end. Raises ValueError."""
    if depth > DEEPEST:
        raise ValueError("too deep")
    if found := SCALAR.match(data, at):
        kind, text = found[1], (found[2] or b"").decode()
        return (None if kind is None else float(text) if kind == b"d" else int(text)), found.end()
    head = SIZED.match(data, at)
    if head is None:
        raise ValueError("neither a text nor a number nor an array")
    size, at = int(head[2]), head.end()
    if head[1] == b"s":
        if data[at : at + 1] != b'"' or data[at + 1 + size : at + 3 + size] != b'";':
            raise ValueError("a text has another length than it says")
        return data[at + 1 : at + 1 + size].decode(), at + 3 + size
    if data[at : at + 1] != b"{":
        raise ValueError("an array does not begin")
    array: dict[Any, Any] = {}
    at += 1
    for _ in range(size):
        key, at = _value(data, at, depth + 1)
        value, at = _value(data, at, depth + 1)
        if isinstance(key, (str, int)):  # no other is one in PHP
            array[key] = value
    if data[at : at + 1] != b"}":
        raise ValueError("an array does not end")
    return array, at + 1
