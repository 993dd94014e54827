"""Event handlers and jobs of the books."""

from datetime import timedelta

from shopwright.kit.data.events import EventHandler, ScheduledJob
from shopwright.services.books.service import BookService
from shopwright.services.giftcards.contract import GiftCardIssued
from shopwright.services.inventory.contract import StockValued
from shopwright.services.orders.contract.events import (
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


def handlers(books: BookService) -> list[EventHandler]:
    """Return the event handlers; all but those for goods check the order."""
    return [
        *(EventHandler(f"books.{event.__name__}", event, books.on_event) for event in FOLLOWED),
        EventHandler("books.StockValued", StockValued, books.on_stock),
        EventHandler("books.GiftCardIssued", GiftCardIssued, books.on_gift_card),
        EventHandler("books.OrderErased", OrderErased, books.on_erased),
    ]


def jobs(books: BookService) -> list[ScheduledJob]:
    """Return the jobs: book older orders, issue waiting documents, delete documents after their retention."""
    return [
        ScheduledJob("books.take_in", timedelta(seconds=10), books.take_in),
        ScheduledJob("books.drop_documents", timedelta(hours=1), books.drop_documents),
    ]
