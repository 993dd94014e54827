"""Stripe's errors as the shop's."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import stripe

from shopwright.kit.digits import is_number
from shopwright.kit.errors import Refused, Unavailable
from shopwright.kit.translation import gettext as _

log = logging.getLogger("shopwright.stripe")
RETRY_S = 5


def _unavailable(retry_after: int = RETRY_S) -> Unavailable:
    return Unavailable(
        _("Stripe does not answer as it should. Nothing is charged twice; please try again shortly."),
        data={"retry_after": retry_after},
    )


@contextmanager
def as_shop_errors() -> Iterator[None]:
    """Raise Refused for a final refusal, Unavailable if the same request may be repeated.

    Messages of declined cards are written for shoppers. Others name parameters or keys, and only go to the log.
    """
    try:
        yield
    except stripe.CardError as error:
        raise Refused(error.user_message or _("The card was declined.")) from None
    except stripe.RateLimitError as error:
        seconds = (error.headers or {}).get("retry-after", "")
        raise _unavailable(int(seconds) if is_number(seconds) else RETRY_S) from None
    except (stripe.AuthenticationError, stripe.PermissionError):
        log.warning("Stripe refuses the key of this shop; check it in Settings, Payments")
        raise _unavailable() from None
    except stripe.IdempotencyError as error:
        log.warning("Stripe knows this payment with other parameters: request %s", error.request_id)
        raise _unavailable() from None
    except stripe.InvalidRequestError as error:
        log.warning("Stripe refused a request: %s %s, request %s", error.code, error.param, error.request_id)
        raise Refused(_("Stripe did not accept this payment.")) from None
    except (stripe.StripeError, ValueError) as error:  # no connection, 5xx, answers that are no JSON
        log.warning("Stripe did not answer: %s", type(error).__name__)
        raise _unavailable() from None
