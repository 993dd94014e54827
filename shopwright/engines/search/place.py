"""Search cursors: the sort values of the last product, encoded for URLs."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

import msgspec

from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop

WRONG = gettext_noop("This is not a valid cursor; use `next` of the previous response.")
Place = TypeVar("Place")


def written(place: object) -> str:
    """Encode a cursor."""
    return urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def read(cursor: str, kind: type[Place]) -> Place:
    """Decode a cursor. Raises Invalid for one of another engine."""
    try:
        return msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=kind)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        raise Invalid.at("/after", _(WRONG)) from None
