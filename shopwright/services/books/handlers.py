"""What changes the books: everything that is told of money and of orders."""

from datetime import timedelta

from shopwright.kit.data.events import EventHandler, ScheduledJob
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


def handlers(books: BookService) -> list[EventHandler]:
    """Each has the order looked at, but for what is told of goods."""
    return [
        *(EventHandler(f"books.{event.__name__}", event, books.on_event) for event in FOLLOWED),
        EventHandler("books.StockValued", StockValued, books.on_stock),
        EventHandler("books.GiftCardIssued", GiftCardIssued, books.on_gift_card),
        EventHandler("books.OrderErased", OrderErased, books.on_erased),
    ]


def jobs(books: BookService) -> list[ScheduledJob]:
    """Orders of before the books and documents that wait are taken in; documents end."""
    return [
        ScheduledJob("books.take_in", timedelta(seconds=10), books.take_in),
        ScheduledJob("books.drop_documents", timedelta(hours=1), books.drop_documents),
    ]
