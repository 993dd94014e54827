"""The one place where errors become HTTP: problem details (RFC 9457)."""

import logging
import re
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException
from litestar.types import Scope, Send

from shopwright.kit.errors import (
    Conflict,
    Damaged,
    Denied,
    Invalid,
    Malformed,
    Missing,
    Problem,
    RateLimited,
    Refused,
    ShopError,
    TooLarge,
    TooSlow,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
    VersionConflict,
)
from shopwright.kit.http.pagination import NO_CURSOR
from shopwright.kit.outages import NOT_NOW, NOT_UNTIL_REPAIRED
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop

log = logging.getLogger("shopwright.web")

STATUS: tuple[tuple[type[ShopError], int, str], ...] = (
    (Missing, 404, "Not found"),
    (TooLarge, 413, "Too large"),
    (TooSlow, 408, "Too slow"),
    (UnsupportedMediaType, 415, "Not a kind that is taken here"),
    (Malformed, 400, "The request cannot be read"),
    (Invalid, 422, "The request is not valid"),
    (VersionConflict, 412, "Changed meanwhile"),
    (Conflict, 409, "Conflict"),
    (RateLimited, 429, "Too many requests"),
    (Unauthenticated, 401, "Sign in first"),
    (Denied, 403, "Not allowed"),
    (Unavailable, 503, "Not available just now"),
    (Refused, 409, "Refused"),
    (ShopError, 500, "Something went wrong"),
)
USUALLY_S = 60  # after which one may come back to what does not say when
CODES = {
    400: "invalid",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "rate_limited",
    503: "unavailable",
}
PHRASES = frozenset(status.phrase for status in HTTPStatus)
# What Litestar says by the phrase of the status alone.
FRAMEWORK = {
    404: gettext_noop("There is nothing at this address."),
    405: gettext_noop("This address does not allow that method."),
}
# A path of the machine within a sentence.
PATH = re.compile(r"(?:^|\s|“)(?:/[\w.-]+){2,}|[A-Z]:\\")
PLACE = re.compile(r" - at `(?:key in )?\$([^`]*)`$")
UNKNOWN = re.compile(r"Object contains unknown field `([^`]*)`")
MISSING = re.compile(r"Object missing required field `([^`]*)`")


class ProblemDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of every error response."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str = ""
    errors: tuple[Problem, ...] = ()
    data: dict[str, Any] = {}


def status_of(error: ShopError) -> tuple[int, str]:
    """Return the HTTP status and title of an error."""
    return next((status, title) for kind, status, title in STATUS if isinstance(error, kind))


def describe(error: Exception, request_id: str = "") -> ProblemDetails:
    """Return any exception as problem details. Unexpected ones reveal nothing; the log has the details."""
    if isinstance(error, ShopError):
        status, title = status_of(error)
        kind = f"urn:shopwright:problem:{error.code}"
        if isinstance(error, Damaged) or (isinstance(error, Unavailable) and PATH.search(error.detail)):
            log.error("request %s: %s", request_id, error.detail)
            detail = _(NOT_UNTIL_REPAIRED if isinstance(error, Damaged) else NOT_NOW)
            return ProblemDetails(kind, title, status, detail, error.code, request_id)
        return ProblemDetails(kind, title, status, error.detail, error.code, request_id, error.problems, error.data)
    if isinstance(error, HTTPException):
        code = CODES.get(error.status_code, "error")
        problems = tuple(_problem(extra) for extra in error.extra or []) if isinstance(error.extra, list) else ()
        if not problems and (found := _from_message(error.detail)):
            problems = (found,)
        of_framework = FRAMEWORK.get(error.status_code) if error.detail in PHRASES else None
        detail = " ".join(problem.detail for problem in problems) or (_(of_framework) if of_framework else error.detail)
        kind = f"urn:shopwright:problem:{code}"
        return ProblemDetails(
            kind,
            CODES.get(error.status_code, "Error").replace("_", " ").capitalize(),
            422 if _of_query(error) else error.status_code,
            detail,
            code,
            request_id,
            problems,
        )
    log.error("unexpected error in request %s", request_id, exc_info=error)
    detail = _("Something went wrong on our side. It has been written down under {request_id}.", request_id=request_id)
    return ProblemDetails("urn:shopwright:problem:error", "Something went wrong", 500, detail, "error", request_id)


def _of_query(error: HTTPException) -> bool:
    """Whether only parameters of a valid request are wrong."""
    extra = error.extra if isinstance(error.extra, list) else []
    return bool(extra) and all(isinstance(one, dict) and one.get("source") in {"query", "path"} for one in extra)


def _problem(extra: Any) -> Problem:
    """Convert one of Litestar's errors; its key is a dotted place in the body, or a parameter's name."""
    key = str(extra.get("key", ""))
    place = "" if key == "data" else "/" + key.replace(".", "/") if key else ""
    if key == "after" and extra.get("source") == "query":
        return Problem(place, "invalid", _(NO_CURSOR))
    found = _from_message(str(extra.get("message", "")), place)
    return found or Problem(place, "invalid", f"{key}: {extra.get('message', '')}")


def _from_message(message: str, within: str = "") -> Problem | None:
    """Convert a msgspec message ("Expected `int`, got `str` - at `$.lines[0].quantity`") with its pointer."""
    if not message.startswith(("Expected", "Object", "Invalid", "JSON is malformed")):
        return None
    place = PLACE.search(message)
    pointer = within + re.sub(r"\[(\w+|\.\.\.)\]", r"/\1", place.group(1)).replace(".", "/") if place else within
    text = PLACE.sub("", message)
    if found := UNKNOWN.search(text):
        return Problem(
            f"{pointer}/{found.group(1)}", "unknown_field", _("There is no field “{group}” here.", group=found.group(1))
        )
    if found := MISSING.search(text):
        return Problem(
            f"{pointer}/{found.group(1)}", "required", _("The field “{group}” is required.", group=found.group(1))
        )
    return Problem(pointer, "invalid", f"{pointer.lstrip('/') or _('The body')}: {text}.")


def when_again(details: ProblemDetails) -> dict[str, str]:
    """Headers about when to retry (RFC 9110, 10.2.3), and about rate limits."""
    limited = details.status == 429  # noqa: PLR2004
    again_s = details.data.get("retry_after") or (USUALLY_S if limited else 0)
    if not again_s:
        return {}
    again = {"Retry-After": str(again_s)}
    if limited:
        limit = str(details.data.get("limit", 1))
        again |= {"RateLimit-Limit": limit, "RateLimit-Remaining": "0", "RateLimit-Reset": str(again_s)}
    return again


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The exception handler of the API."""
    details = describe(error, request.scope.get("state", {}).get("request_id", ""))
    headers = when_again(details)
    if details.status == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = "Bearer"
    if details.status == 405 and isinstance(error, HTTPException):  # noqa: PLR2004
        headers |= dict(error.headers or {})
    return Response(
        msgspec.json.encode(details), status_code=details.status, media_type="application/problem+json", headers=headers
    )


async def refuse(scope: Scope, send: Send, error: ShopError, *headers: tuple[bytes, bytes]) -> None:
    """Send the API's error response from a middleware."""
    details = describe(error, str(scope.get("state", {}).get("request_id", "")))
    again = [(name.lower().encode(), value.encode()) for name, value in when_again(details).items()]
    given = [(b"content-type", b"application/problem+json"), *again, *headers]
    await send({"type": "http.response.start", "status": details.status, "headers": given})
    await send({"type": "http.response.body", "body": msgspec.json.encode(details), "more_body": False})


JSON = MediaType.JSON
