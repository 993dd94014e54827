"""Texts of histories and reasons of orders, translated where they are shown."""

from shopwright.kit.stored_texts import StoredTexts
from shopwright.kit.translation import gettext_noop

HISTORY = StoredTexts(
    (
        gettext_noop("Order placed"),
        gettext_noop("Payment authorised"),
        gettext_noop("Payment received"),
        gettext_noop("Payment failed: {reason}"),
        gettext_noop("Payment captured"),
        gettext_noop("The money is taken"),  # stored by earlier versions
        gettext_noop("Shipped with {parcel}"),
        gettext_noop("Delivered"),
        gettext_noop("Gift cards issued"),
        gettext_noop("Gift card ••••{last4} sent again"),
        gettext_noop("Cancelled: {reason}"),
        gettext_noop("Expired: {reason}"),
        gettext_noop("No reason given"),
        gettext_noop("Cancelled by the buyer."),
        gettext_noop("The order is cancelled"),
        gettext_noop("The order was placed again from the same cart."),
        gettext_noop("It was not paid in time."),
        gettext_noop("The goods were sold to others while the payment was written down; it is refunded."),
        gettext_noop("The gift card was spent while the payment was written down; it is refunded."),
        gettext_noop("The payment came after the goods were sold to others; it is refunded."),
        gettext_noop("The payment came after its coupon was used by others; it is refunded."),
        gettext_noop("The payment came after its gift card was spent, or had ended; it is refunded."),
        gettext_noop("Refund of {amount}: {reason}"),
        gettext_noop("Refund of {amount} was refused: it is not paid"),
        gettext_noop("Refund of {amount} will not be paid"),
        gettext_noop("refunded as returned"),
        gettext_noop("Goods of the refused refund were sold meanwhile"),
        gettext_noop("{amount}: Refunded at the payment provider"),
        gettext_noop("{amount}: Lost in a dispute: the buyer's bank took it"),
        gettext_noop("Refunded at the payment provider"),
        gettext_noop("Lost in a dispute: the buyer's bank took it"),
        gettext_noop("{amount} more than was paid has gone back: they are booked as disputed"),
        gettext_noop("The dispute of {amount} was withdrawn"),
        gettext_noop("The buyer disputes {amount} at their bank"),
        gettext_noop("The dispute of {amount} was won: the shop keeps the money"),
        gettext_noop("The dispute of {amount} was lost: the buyer has the money back"),
        gettext_noop("Money went back to gift card ••••{last4}, which is disabled"),
        gettext_noop("Taken over from an earlier shop, where it was order {number}"),
        gettext_noop("Refunded by the earlier shop"),
        gettext_noop("Tax of the day of supply: {description}, {after} instead of {before}"),
    )
)
