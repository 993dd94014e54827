"""States of a payment and the accounts of the ledger."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Literal

import msgspec

from shopwright.kit.money import Money, write
from shopwright.kit.provider import ProviderPayment
from shopwright.kit.states import States
from shopwright.services.payments.contract import Payment, Status

STATES: States[Status] = States(
    "payment",
    {
        "pending": frozenset({"requires_action", "authorized", "captured", "failed", "cancelled"}),
        "requires_action": frozenset({"pending", "authorized", "captured", "failed", "cancelled"}),
        "authorized": frozenset({"captured", "failed", "cancelled"}),
        "captured": frozenset({"part_refunded", "refunded", "disputed"}),
        # A bank may send back what was given back.
        "part_refunded": frozenset({"captured", "refunded", "disputed"}),
        "refunded": frozenset({"captured", "part_refunded", "disputed"}),
        "failed": frozenset(),
        "cancelled": frozenset(),
        "disputed": frozenset({"captured", "part_refunded", "refunded"}),
    },
)
PAID: frozenset[Status] = frozenset({"captured", "part_refunded", "refunded", "disputed"})
UNDECIDED: frozenset[Status] = frozenset({"pending", "requires_action", "authorized"})
NOBODY = "none"  # the provider of a payment of nothing
# A bank's question nobody answers is taken back: the shopper has gone.
UNANSWERED = timedelta(hours=1)
FIRST_QUESTION = timedelta(seconds=10)
CALM = timedelta(minutes=5)
# A buyer may dispute a payment for four months, and a bank takes its time. It is looked up an hour after it was made, and then
# each time it has grown older by a third: some twenty-five times.
LOOKED_UP_FOR = timedelta(days=180)
FIRST_LOOK, SHARE_OF_AGE = timedelta(hours=1), 3
LONGEST_WAIT = timedelta(hours=6)  # of a refund that waits, between two questions
UNDER_WAY = timedelta(seconds=30)  # a question to a provider has arrived by then, or never does


Who = Literal["order", "email", "address", "card"]
# Beside what an order may: a person may have several orders, a client address may be that of a whole company.
TIMES_AS_MANY: Mapping[Who, int] = {"order": 1, "email": 2, "card": 2, "address": 10}
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=12)


class Tries(msgspec.Struct, frozen=True):
    """How many tries to pay were in vain, and when the last was; those of a day are counted."""

    COUNTED: ClassVar[timedelta] = timedelta(days=1)
    number: int
    last: datetime | None


def pause(tries: Tries, free: int, now: datetime) -> float:
    """Seconds until the next try: none while some are free, then a minute after the last, and twice as long each time."""
    if tries.last is None or tries.number < free:
        return 0.0
    doubled = 2.0 ** min(tries.number - free, 20)
    return (tries.last + min(FIRST_PAUSE * doubled, LONGEST_PAUSE) - now).total_seconds()


def capture_entry(provider: str, amount: Money) -> list[tuple[str, int]]:
    """Money received: the provider owes it to us, and we owe goods to the customer."""
    return [(f"provider:{provider}", amount.amount), ("customers", -amount.amount)]


def refund_entry(provider: str, amount: Money) -> list[tuple[str, int]]:
    """Money given back."""
    return [("customers", amount.amount), (f"provider:{provider}", -amount.amount)]


def returned_entry(provider: str, amount: Money) -> list[tuple[str, int]]:
    """Money given back that came back: the buyer's bank could not take it."""
    return capture_entry(provider, amount)


def after_refund(amount: Money, refunded: int) -> Status:
    """How a payment that was received stands when so much of it has gone back."""
    if not refunded:
        return "captured"
    return "refunded" if refunded >= amount.amount else "part_refunded"


def differences(paid: Payment, told: ProviderPayment) -> list[str]:
    """Where a payment that was received differs from what its provider says, in words."""
    said = f"Payment {paid.id} of order {paid.order_id}"
    wrong = []
    if told.status != "captured" or told.amount != paid.amount:
        wrong.append(
            f"{said} was received over {write(paid.amount)}; {paid.provider} has it as {told.status} over {write(told.amount)}."
        )
    ours = sum(one.amount.amount for one in paid.refunds if one.state == "settled" and one.reference)
    theirs = sum(one.amount.amount for one in told.refunds if one.status == "settled")
    unnamed = sum(one.amount.amount for one in paid.refunds if one.state == "settled" and not one.reference)
    if not ours <= theirs <= ours + unnamed:  # an earlier version kept no references
        there = write(Money(theirs, paid.amount.currency))
        wrong.append(f"{said}: {write(paid.refunded)} were refunded; {paid.provider} has refunded {there}.")
    if told.dispute != paid.dispute:
        wrong.append(
            f"{said}: its dispute is {paid.dispute or 'not known'}; at {paid.provider} it is {told.dispute or 'none'}."
        )
    return wrong


def next_look(made: datetime, now: datetime) -> datetime | None:
    """When a payment that was received is looked up again; None where a bank can change nothing of it any more."""
    over = made + LOOKED_UP_FOR
    return min(now + max(FIRST_LOOK, (now - made) / SHARE_OF_AGE), over) if now < over else None


def refund_pause(age: timedelta) -> timedelta:
    """How long a refund that waits is left alone before the provider is asked again."""
    return max(FIRST_QUESTION, min(age / 4, LONGEST_WAIT))
