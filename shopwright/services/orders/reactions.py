"""The life of an order, on one page: when this is heard, or time passes, do that."""

from datetime import timedelta

from shopwright.kit.data.events import Reaction, Timer
from shopwright.services.orders.contract.facts import OrderCancelled, OrderExpired
from shopwright.services.orders.service import OrderService
from shopwright.services.payments.contract import (
    PaymentAuthorized,
    PaymentCaptured,
    PaymentDisputed,
    PaymentFailed,
    RefundRefused,
    RefundSettled,
)
from shopwright.services.users.contract.facts import AddressErased, EmailVerified, UserErased


def reactions(orders: OrderService) -> list[Reaction]:
    """Money moved, or a guest turned out to be a customer: the order follows."""
    return [
        Reaction("orders.email_verified", EmailVerified, orders.hear_verified),
        Reaction("orders.user_erased", UserErased, orders.hear_erased),
        Reaction("orders.address_erased", AddressErased, orders.hear_address_erased),
        Reaction("orders.cancelled", OrderCancelled, orders.hear_off),
        Reaction("orders.expired", OrderExpired, orders.hear_off),
        Reaction("orders.payment_captured", PaymentCaptured, orders.hear_captured),
        Reaction("orders.payment_authorized", PaymentAuthorized, orders.hear_authorized),
        Reaction("orders.payment_failed", PaymentFailed, orders.hear_failed),
        Reaction("orders.refund_settled", RefundSettled, orders.hear_refund_settled),
        Reaction("orders.disputed", PaymentDisputed, orders.hear_disputed),
        Reaction("orders.refund_refused", RefundRefused, orders.hear_refund_refused),
    ]


def timers(orders: OrderService) -> list[Timer]:
    """Time passed: unpaid orders expire, refunds that got stuck are finished, addresses no longer needed are forgotten."""
    return [
        Timer("orders.expire", timedelta(seconds=15), orders.expire_unpaid),
        Timer("orders.clear_addresses", timedelta(minutes=1), orders.forgetting.clear_addresses),
        Timer("orders.guests", timedelta(hours=1), orders.forgetting.forget_old_guests),
        Timer("orders.guesses", timedelta(minutes=15), orders.forget_guesses),
        Timer("orders.unfinished", timedelta(minutes=1), orders.forget_unfinished),
        Timer("orders.terms", timedelta(seconds=10), orders.write_terms),
        Timer("orders.taxes", timedelta(seconds=10), orders.write_taxes),
        Timer("orders.tax_corrections", timedelta(seconds=10), orders.tax_corrections.correct_waiting),
        Timer("orders.refunds", timedelta(seconds=10), orders.finish_refunds),
        Timer("orders.cancelling", timedelta(minutes=1), orders.finish_cancelling),
    ]
