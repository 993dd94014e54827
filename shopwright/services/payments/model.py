"""States of a payment and the accounts of the ledger."""

from datetime import timedelta

from shopwright.kit.money import Money
from shopwright.kit.states import States
from shopwright.services.payments.contract import Status

STATES: States[Status] = States(
    "payment",
    {
        "pending": frozenset({"requires_action", "authorized", "captured", "failed", "cancelled"}),
        "requires_action": frozenset({"pending", "authorized", "captured", "failed", "cancelled"}),
        "authorized": frozenset({"captured", "failed", "cancelled"}),
        "captured": frozenset({"part_refunded", "refunded", "disputed"}),
        "part_refunded": frozenset({"refunded", "disputed"}),
        "refunded": frozenset(),
        "failed": frozenset(),
        "cancelled": frozenset(),
        "disputed": frozenset({"captured", "refunded"}),
    },
)
PAID: frozenset[Status] = frozenset({"captured", "part_refunded", "refunded", "disputed"})
UNDECIDED: frozenset[Status] = frozenset({"pending", "requires_action", "authorized"})
# A bank's question nobody answers is taken back: the shopper has gone.
UNANSWERED = timedelta(hours=1)
FIRST_QUESTION = timedelta(seconds=10)
CALM = timedelta(minutes=5)


def capture_entry(provider: str, amount: Money) -> list[tuple[str, int]]:
    """Money received: the provider owes it to us, and we owe goods to the customer."""
    return [(f"provider:{provider}", amount.amount), ("customers", -amount.amount)]


def refund_entry(provider: str, amount: Money) -> list[tuple[str, int]]:
    """Money given back."""
    return [("customers", amount.amount), (f"provider:{provider}", -amount.amount)]


def after_refund(amount: Money, refunded: int) -> Status:
    """How a payment stands when so much of it has gone back."""
    return "refunded" if refunded >= amount.amount else "part_refunded"
