"""What changes the books: everything that is told of money and of orders."""

from datetime import timedelta

from shopwright.kit.data.events import Reaction, Timer
from shopwright.services.books.service import BookService
from shopwright.services.giftcards.contract import GiftCardIssued
from shopwright.services.inventory.contract import StockValued
from shopwright.services.orders.contract.facts import (
    OrderCancelled,
    OrderErased,
    OrderPaid,
    OrderRefunded,
    OrderRefundRefused,
    OrderTaxCorrected,
)
from shopwright.services.payments.contract import PaymentCaptured, PaymentDisputed, RefundRefused, RefundSettled

FOLLOWED = (
    OrderPaid,
    OrderCancelled,
    OrderRefunded,
    OrderRefundRefused,
    OrderTaxCorrected,
    PaymentCaptured,
    RefundSettled,
    RefundRefused,
    PaymentDisputed,
)


def reactions(books: BookService) -> list[Reaction]:
    """Each has the order looked at, but for what is told of goods."""
    return [
        *(Reaction(f"books.{event.__name__}", event, books.hear) for event in FOLLOWED),
        Reaction("books.StockValued", StockValued, books.hear_stock),
        Reaction("books.GiftCardIssued", GiftCardIssued, books.hear_gift_card),
        Reaction("books.OrderErased", OrderErased, books.hear_erased),
    ]


def timers(books: BookService) -> list[Timer]:
    """Orders of before the books and documents that wait are taken in; documents end."""
    return [
        Timer("books.take_in", timedelta(seconds=10), books.take_in),
        Timer("books.drop_documents", timedelta(hours=1), books.drop_documents),
    ]
