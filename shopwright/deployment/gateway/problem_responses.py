"""Error responses of gateways and balancers in the API's form (RFC 9457)."""

import msgspec

KIND = "application/problem+json"
AWAY = "This part of the shop does not answer at the moment. Try again."
CLOSED = "The shop is being looked after and opens again soon."


CROWDED = "Too many connections come from your address. Try again in a moment."
KINDS = {429: ("Too many requests", "rate_limited"), 503: ("Unavailable", "unavailable")}


def problem(status: int, detail: str) -> str:
    """The body of an error response."""
    title, code = KINDS[status]
    problem_details = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code}
    return msgspec.json.encode(problem_details).decode()


def unavailable(detail: str) -> str:
    """The body of a 503."""
    return problem(503, detail)
