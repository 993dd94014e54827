"""The family of errors.

    ShopError
    ├── Missing      there is no such thing (or the caller may not know)
    ├── Invalid      the input is wrong; `problems` points at each field (Malformed: it cannot be parsed)
    ├── Conflict     valid, but the state has changed
    ├── Refused      the rules of the shop forbid it
    ├── Denied       the caller may not do this
    └── Unavailable  a dependency does not answer; retrying may help (Damaged: it will not)

Services subclass these in their contracts with a stable `code`. Errors cross processes by code (`kit.rpc.calls`), so
classes can move, and become HTTP problem details (RFC 9457) in one place (`kit.http.problems`).
"""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """One error of an input: where (JSON pointer, RFC 6901), a stable code, and what would be right."""

    pointer: str
    code: str
    detail: str


class ShopError(Exception):
    """The root of the family. `detail` is a sentence for the caller."""

    code: ClassVar[str] = "error"
    wire_code: ClassVar[str] = "error"
    by_wire_code: ClassVar[dict[str, type["ShopError"]]] = {}

    def __init__(self, detail: str, *, problems: tuple[Problem, ...] = (), data: dict[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = problems
        self.data = data or {}

    def __init_subclass__(cls, *, wire_code: str = "", **kwargs: Any) -> None:
        """`wire_code` names the class between processes if its code is another class's.

        A class without either crosses as its parent. Raises TypeError for a code in use.
        """
        super().__init_subclass__(**kwargs)
        name = wire_code or vars(cls).get("code", "")
        if not name:
            return
        if name in ShopError.by_wire_code:
            raise TypeError(f"{cls.__qualname__}: {ShopError.by_wire_code[name].__qualname__} has the code {name}")
        cls.wire_code = name
        ShopError.by_wire_code[name] = cls

    @classmethod
    def wire_codes(cls) -> tuple[str, ...]:
        """The codes of this class and its ancestors, most specific first."""
        lineage = (one.wire_code for one in cls.__mro__ if issubclass(one, ShopError))
        return tuple(dict.fromkeys(lineage))

    @staticmethod
    def of_wire_codes(codes: Iterable[str]) -> type["ShopError"]:
        """The first of these classes that this version knows."""
        return next((ShopError.by_wire_code[one] for one in codes if one in ShopError.by_wire_code), ShopError)


class Missing(ShopError):
    """There is no such thing."""

    code = "not_found"


class Invalid(ShopError):
    """The input is wrong; `problems` says where, and what would be right."""

    code = "invalid"

    @classmethod
    def at(cls, pointer: str, detail: str, code: str = "invalid") -> "Invalid":
        return cls(detail, problems=(Problem(pointer, code, detail),))


def check_all(*checks: Callable[[], object]) -> None:
    """Run all checks and raise Invalid with the problems of all of them."""
    found: list[Problem] = []
    for check in checks:
        try:
            check()
        except Invalid as error:
            found += error.problems or (Problem("", error.code, error.detail),)
    if found:
        raise Invalid(" ".join(problem.detail for problem in found), problems=tuple(found))


class Malformed(Invalid, wire_code="malformed"):
    """The request cannot be parsed."""


class TooLarge(Malformed):
    """The body, or something in it, exceeds its limit."""

    code = "too_large"


class TooSlow(Malformed):
    """The body does not arrive in time."""

    code = "too_slow"


class UnsupportedMediaType(Malformed):
    """The media type of the body is not supported."""

    code = "unsupported_media_type"


class Conflict(ShopError):
    """Valid in itself, but not in the current state."""

    code = "conflict"


class VersionConflict(Conflict):
    """The object was changed by someone else since it was read."""

    code = "version_conflict"


class IdempotencyConflict(Conflict):
    """The Idempotency-Key was used with another body."""

    code = "idempotency_conflict"


class Refused(ShopError):
    """The rules of the shop forbid it."""

    code = "refused"


class Denied(ShopError):
    """The caller is known and may not do this."""

    code = "forbidden"


class Unauthenticated(Denied):
    """The caller is unknown; signing in may help."""

    code = "unauthenticated"


class RateLimited(Refused):
    """Too many requests; `data["retry_after"]` says when to retry, in seconds."""

    code = "rate_limited"


class Unavailable(ShopError):
    """A dependency does not answer."""

    code = "unavailable"


class Damaged(Unavailable, wire_code="damaged"):
    """Stored data is damaged, so retrying does not help. The detail names the place to operators only."""
