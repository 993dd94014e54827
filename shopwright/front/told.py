"""What a gateway or balancer says by itself, as the API would (RFC 9457)."""

import msgspec

KIND = "application/problem+json"
AWAY = "This part of the shop does not answer at the moment. Try again."
CLOSED = "The shop is being looked after and opens again soon."


def unavailable(detail: str) -> str:
    """The body of a 503."""
    problem = {"type": "about:blank", "title": "Unavailable", "status": 503, "detail": detail, "code": "unavailable"}
    return msgspec.json.encode(problem).decode()
