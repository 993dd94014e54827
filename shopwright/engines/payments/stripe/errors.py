"""Stripe's errors as the shop's."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import stripe

from shopwright.engines.payments.answers import unavailable
from shopwright.kit.errors import Refused
from shopwright.kit.translation import gettext as _

log = logging.getLogger("shopwright.stripe")
NAME = "Stripe"


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
        raise unavailable(NAME, (error.headers or {}).get("retry-after", "")) from None
    except (stripe.AuthenticationError, stripe.PermissionError):
        log.warning("Stripe refuses the key of this shop; check it in Settings, Payments")
        raise unavailable(NAME) from None
    except stripe.IdempotencyError as error:
        log.warning("Stripe knows this payment with other parameters: request %s", error.request_id)
        raise unavailable(NAME) from None
    except stripe.InvalidRequestError as error:
        log.warning("Stripe refused a request: %s %s, request %s", error.code, error.param, error.request_id)
        raise Refused(_("Stripe did not accept this payment.")) from None
    except (stripe.StripeError, ValueError) as error:  # no connection, 5xx, answers that are no JSON
        log.warning("Stripe did not answer: %s", type(error).__name__)
        raise unavailable(NAME) from None
