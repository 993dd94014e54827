"""Marks of contract operations."""

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
MARK = "__again__"


def idempotent(operation: F) -> F:
    """Mark an operation whose repetition with equal arguments changes nothing more, so that it may be retried."""
    setattr(operation, MARK, True)
    return operation


def may_ask_again(operation: Callable[..., Any]) -> bool:
    """Whether the operation is marked idempotent."""
    return getattr(operation, MARK, False)
