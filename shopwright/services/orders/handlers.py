"""Event handlers and scheduled jobs of orders."""

from datetime import timedelta

from shopwright.kit.data.events import EventHandler, ScheduledJob
from shopwright.services.orders.contract.events import OrderCancelled, OrderExpired
from shopwright.services.orders.service import OrderService
from shopwright.services.payments.contract import (
    PaymentAuthorized,
    PaymentCaptured,
    PaymentDisputed,
    PaymentFailed,
    RefundRefused,
    RefundSettled,
)
from shopwright.services.users.contract.events import AddressErased, EmailVerified, UserErased


def handlers(orders: OrderService) -> list[EventHandler]:
    """Return the event handlers: payments, and guests who become customers."""
    return [
        EventHandler("orders.email_verified", EmailVerified, orders.on_verified),
        EventHandler("orders.user_erased", UserErased, orders.on_erased),
        EventHandler("orders.address_erased", AddressErased, orders.on_address_erased),
        EventHandler("orders.cancelled", OrderCancelled, orders.on_order_closed),
        EventHandler("orders.expired", OrderExpired, orders.on_order_closed),
        EventHandler("orders.payment_captured", PaymentCaptured, orders.on_captured),
        EventHandler("orders.payment_authorized", PaymentAuthorized, orders.on_authorized),
        EventHandler("orders.payment_failed", PaymentFailed, orders.on_failed),
        EventHandler("orders.refund_settled", RefundSettled, orders.on_refund_settled),
        EventHandler("orders.disputed", PaymentDisputed, orders.on_disputed),
        EventHandler("orders.refund_refused", RefundRefused, orders.on_refund_refused),
    ]


def jobs(orders: OrderService) -> list[ScheduledJob]:
    """Return the scheduled jobs: expire unpaid orders, finish stuck refunds, clear addresses, and the like."""
    return [
        ScheduledJob("orders.expire", timedelta(seconds=15), orders.expire_unpaid),
        ScheduledJob("orders.clear_addresses", timedelta(minutes=1), orders.forgetting.clear_addresses),
        ScheduledJob("orders.guests", timedelta(hours=1), orders.forgetting.forget_old_guests),
        ScheduledJob("orders.guesses", timedelta(minutes=15), orders.forget_guesses),
        ScheduledJob("orders.unfinished", timedelta(minutes=1), orders.forget_unfinished),
        ScheduledJob("orders.terms", timedelta(seconds=10), orders.write_terms),
        ScheduledJob("orders.taxes", timedelta(seconds=10), orders.write_taxes),
        ScheduledJob("orders.tax_corrections", timedelta(seconds=10), orders.tax_corrections.correct_waiting),
        ScheduledJob("orders.missed_parcels", timedelta(minutes=5), orders.tax_corrections.find_missed),
        ScheduledJob("orders.refunds", timedelta(seconds=10), orders.finish_refunds),
        ScheduledJob("orders.cancelling", timedelta(minutes=1), orders.finish_cancelling),
    ]
