"""What a contract says of its verbs beyond their words."""

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
MARK = "__again__"


def idempotent(verb: F) -> F:
    """Asked once more with the same arguments it does the same or nothing: who got no answer may ask again by itself."""
    setattr(verb, MARK, True)
    return verb


def may_ask_again(verb: Callable[..., Any]) -> bool:
    """Was this verb marked so?"""
    return getattr(verb, MARK, False)
