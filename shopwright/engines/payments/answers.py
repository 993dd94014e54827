"""Answers of providers that decide nothing."""

from shopwright.kit.digits import is_number
from shopwright.kit.errors import Unavailable
from shopwright.kit.translation import gettext as _

RETRY_S = 5


def unavailable(provider: str, retry_after: str = "") -> Unavailable:
    """The error for an answer after which the same request may be repeated. `retry_after`: the provider's header."""
    return Unavailable(
        _(
            "{provider} does not answer as it should. Nothing is charged twice; please try again shortly.",
            provider=provider,
        ),
        data={"retry_after": int(retry_after) if is_number(retry_after) else RETRY_S},
    )
