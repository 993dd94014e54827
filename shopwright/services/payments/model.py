"""States of a payment, ledger accounts, limits and pauses."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Literal

import msgspec

from shopwright.kit.money import Money, write
from shopwright.kit.provider import ProviderPayment
from shopwright.kit.states import States
from shopwright.kit.translation import gettext as _
from shopwright.services.payments.contract import Payment, Status

STATES: States[Status] = States(
    "payment",
    {
        "pending": frozenset({"requires_action", "authorized", "captured", "failed", "cancelled"}),
        "requires_action": frozenset({"pending", "authorized", "captured", "failed", "cancelled"}),
        "authorized": frozenset({"captured", "failed", "cancelled"}),
        "captured": frozenset({"part_refunded", "refunded", "disputed"}),
        # A bank may return a refund.
        "part_refunded": frozenset({"captured", "refunded", "disputed"}),
        "refunded": frozenset({"captured", "part_refunded", "disputed"}),
        "failed": frozenset(),
        "cancelled": frozenset(),
        "disputed": frozenset({"captured", "part_refunded", "refunded"}),
    },
)
PAID: frozenset[Status] = frozenset({"captured", "part_refunded", "refunded", "disputed"})
UNDECIDED: frozenset[Status] = frozenset({"pending", "requires_action", "authorized"})
NO_PROVIDER = "none"  # the provider of a payment of nothing
# An unanswered challenge is voided: the shopper has left.
UNANSWERED = timedelta(hours=1)
FIRST_QUESTION = timedelta(seconds=10)
CALM = timedelta(minutes=5)
# A buyer may dispute a payment for four months, and a bank takes its time. It is looked up after an hour, and then
# whenever its age has grown by a third: some twenty-five times.
LOOKED_UP_FOR = timedelta(days=180)
FIRST_LOOK, SHARE_OF_AGE = timedelta(hours=1), 3
LONGEST_WAIT = timedelta(hours=6)  # of a refund that waits, between two questions
NOTICES_KEPT = timedelta(days=90)  # Stripe repeats one for three days, PayPal too
UNDER_WAY = timedelta(seconds=30)  # a question to a provider has arrived by then, or never does


Who = Literal["order", "email", "address", "card"]
# On top of an order's limit: a person may have several orders, a client address may belong to a whole company.
TIMES_AS_MANY: Mapping[Who, int] = {"order": 1, "email": 2, "card": 2, "address": 10}
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=12)


class FailedAttempts(msgspec.Struct, frozen=True):
    """The number of failed attempts within a day, and the time of the last."""

    COUNTED: ClassVar[timedelta] = timedelta(days=1)
    number: int
    last: datetime | None


def pause(tries: FailedAttempts, free: int, now: datetime) -> float:
    """Seconds until the next attempt: none while some are free, then a minute, doubled each time."""
    if tries.last is None or tries.number < free:
        return 0.0
    doubled = 2.0 ** min(tries.number - free, 20)
    return (tries.last + min(FIRST_PAUSE * doubled, LONGEST_PAUSE) - now).total_seconds()


def capture_entry(provider: str, amount: Money) -> list[tuple[str, int]]:
    """Received: the provider owes it to us, and we owe goods to the customer."""
    return [(f"provider:{provider}", amount.amount), ("customers", -amount.amount)]


def refund_entry(provider: str, amount: Money) -> list[tuple[str, int]]:
    """Refunded."""
    return [("customers", amount.amount), (f"provider:{provider}", -amount.amount)]


def returned_entry(provider: str, amount: Money) -> list[tuple[str, int]]:
    """Refunded but returned: the buyer's bank could not accept it."""
    return capture_entry(provider, amount)


def after_refund(amount: Money, refunded: int) -> Status:
    """The status of a received payment after this much was refunded."""
    if not refunded:
        return "captured"
    return "refunded" if refunded >= amount.amount else "part_refunded"


def differences(paid: Payment, at_provider: ProviderPayment) -> list[str]:
    """Describe where a received payment differs from its provider's record."""
    wrong = []
    if at_provider.status != "captured" or at_provider.amount != paid.amount:
        wrong.append(
            _(
                "Payment {id} of order {order_id} was received over {amount}; {provider} has it as {status} over {theirs}.",
                id=paid.id,
                order_id=paid.order_id,
                provider=paid.provider,
                amount=write(paid.amount),
                status=at_provider.status,
                theirs=write(at_provider.amount),
            )
        )
    ours = sum(one.amount.amount for one in paid.refunds if one.state == "settled" and one.reference)
    theirs = sum(one.amount.amount for one in at_provider.refunds if one.status == "settled")
    unnamed = sum(one.amount.amount for one in paid.refunds if one.state == "settled" and not one.reference)
    if not ours <= theirs <= ours + unnamed:  # an earlier version kept no references
        wrong.append(
            _(
                "Payment {id} of order {order_id}: {ours} were refunded; {provider} has refunded {theirs}.",
                id=paid.id,
                order_id=paid.order_id,
                provider=paid.provider,
                ours=write(paid.refunded),
                theirs=write(Money(theirs, paid.amount.currency)),
            )
        )
    if at_provider.dispute != paid.dispute:
        wrong.append(
            _(
                "Payment {id} of order {order_id}: its dispute is {ours}; at {provider} it is {theirs}.",
                id=paid.id,
                order_id=paid.order_id,
                provider=paid.provider,
                ours=paid.dispute or _("not known"),
                theirs=at_provider.dispute or _("none"),
            )
        )
    return wrong


def next_look(made: datetime, now: datetime) -> datetime | None:
    """The next look-up of a received payment; None once a bank can no longer change it."""
    over = made + LOOKED_UP_FOR
    return min(now + max(FIRST_LOOK, (now - made) / SHARE_OF_AGE), over) if now < over else None


def refund_pause(age: timedelta) -> timedelta:
    """The pause before a pending refund is asked about again."""
    return max(FIRST_QUESTION, min(age / 4, LONGEST_WAIT))
