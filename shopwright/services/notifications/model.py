"""Message texts by event: subject, heading, lines and one action."""

from collections.abc import Callable
from urllib.parse import quote

from shopwright.kit.data.events import Event
from shopwright.kit.money import write
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import ngettext
from shopwright.services.giftcards.contract import GiftCardDue, GiftCardIssued
from shopwright.services.notifications import account_texts
from shopwright.services.notifications.gift_card_texts import (
    bought_gift_card,
    came,
    gift_card,
    goes_back,
    refund_heading,
    went,
)
from shopwright.services.notifications.outgoing_message import MASK, OutgoingMessage, Secret, order_link
from shopwright.services.orders.contract.events import (
    OrderCancelled,
    OrderDelivered,
    OrderExpired,
    OrderPaid,
    OrderPlaced,
    OrderRefunded,
    OrderShipped,
)
from shopwright.services.orders.contract.history_texts import HISTORY
from shopwright.services.users.contract.events import (
    EmailVerificationAsked,
    PasswordChanged,
    PasswordResetAsked,
    RegistrationRepeated,
    SecondFactorAdded,
    SecondFactorRemoved,
    StaffChanged,
    StaffInvited,
    UserRegistered,
)


def placed(event: OrderPlaced) -> OutgoingMessage:
    """The order was placed."""
    path, secret = order_link(event)
    return OutgoingMessage(
        topic="orders",
        recipient=event.email,
        account=event.customer_id or "",
        subject=_("We have your order {number}", number=event.number),
        heading=_("Thank you for your order"),
        lines=(
            _("Order {number} for {total} is with us.", number=event.number, total=write(event.total)),
            *([_("No tax is charged: {untaxed}.", untaxed=event.untaxed)] if event.untaxed else []),
            *([_("Estimated delivery: {arrives}.", arrives=event.arrives)] if event.arrives else []),
            _("We start packing as soon as the payment has arrived, and write again then."),
        ),
        path=path,
        secret=secret,
        action=_("See your order"),
    )


def paid(event: OrderPaid) -> OutgoingMessage:
    """The order is paid."""
    path, secret = order_link(event)
    items = tuple(f"{line.quantity} × {line.title}" for line in event.lines)
    return OutgoingMessage(
        topic="orders",
        recipient=event.email,
        account=event.customer_id or "",
        subject=_("Payment received for order {number}", number=event.number),
        heading=_("Your payment has arrived"),
        lines=(came(event), *items),
        path=path,
        secret=secret,
        action=_("See your order"),
    )


def _handed_over(event: OrderShipped) -> str:
    if not event.tracking_number:
        return _("We handed your parcel over to {carrier}.", carrier=event.carrier)
    return _(
        "We handed your parcel over to {carrier}, with the number {number}.",
        carrier=event.carrier,
        number=event.tracking_number,
    )


def shipped(event: OrderShipped) -> OutgoingMessage:
    """A parcel was shipped."""
    path, secret = order_link(event)
    item_words = tuple(
        f"{line.quantity} × {line.title}" + (f", {line.variant_title}" if line.variant_title else "")
        for line in event.lines
    )
    return OutgoingMessage(
        topic="parcels",
        recipient=event.email,
        account=event.customer_id or "",
        subject=_("Order {number} has shipped", number=event.number),
        heading=_("Your parcel has shipped"),
        lines=(
            _handed_over(event),
            *(() if event.complete else (_("The rest follows in another parcel."),)),
            *((_("In it:"), *item_words) if item_words else ()),
        ),
        path=path,
        secret=secret,
        action=_("Follow your parcel"),
        documents="invoice",
    )


def delivered(event: OrderDelivered) -> OutgoingMessage:
    """The order was delivered."""
    path, secret = order_link(event)
    return OutgoingMessage(
        topic="parcels",
        recipient=event.email,
        account=event.customer_id or "",
        subject=_("Order {number} has arrived", number=event.number),
        heading=_("Your order has arrived"),
        lines=(_("If something is not right, answer this message or open your order."),),
        path=path,
        secret=secret,
        action=_("See your order"),
    )


def cancelled(event: OrderCancelled) -> OutgoingMessage:
    """The order was cancelled."""
    path, secret = order_link(event)
    return OutgoingMessage(
        topic="orders",
        recipient=event.email,
        account=event.customer_id or "",
        subject=_("Order {number} is cancelled", number=event.number),
        heading=_("Your order is cancelled"),
        lines=(
            *((_("Reason: {reason}", reason=HISTORY.shown(event.reason)),) if event.by_shop else ()),
            *goes_back(event),
        ),
        path=path,
        secret=secret,
        action=_("See your order"),
        documents="credit_note",
    )


def expired(event: OrderExpired) -> OutgoingMessage:
    """The order was not paid."""
    return OutgoingMessage(
        topic="orders",
        recipient=event.email,
        account=event.customer_id or "",
        subject=_("Order {number} was not paid", number=event.number),
        heading=_("We could not keep your order"),
        lines=(_("No payment arrived in time, so the goods are free for others again. Nothing was charged."),),
        path="/",
        action=_("Go to the shop"),
    )


def refunded(event: OrderRefunded) -> OutgoingMessage:
    """A refund was made; none is announced if the buyer's bank took the money back."""
    path, secret = order_link(event)
    return OutgoingMessage(
        topic="orders",
        recipient="" if event.dispute else event.email,
        account=event.customer_id or "",
        subject=_("Refund for order {number}", number=event.number),
        heading=refund_heading(event),
        lines=(
            *went(event),
            *((_("Reason: {reason}", reason=HISTORY.shown(event.reason)),) if event.reason else ()),
        ),
        path=path,
        secret=secret,
        action=_("See your order"),
        documents="credit_note",
    )


def confirm_alert(email: str, title: str, variant_id: str) -> OutgoingMessage:
    """To an unverified address for which an alert was requested."""
    return OutgoingMessage(
        topic="stock",
        recipient=email,
        subject=_("Shall we write when {title} is back?", title=title),
        heading=_("One more click"),
        lines=(
            _("Someone, probably you, asked us to write to you when {title} is back in stock.", title=title),
            _("Confirm it within a day. If it was not you, do nothing: we do not write then."),
        ),
        path=f"/confirm-alert?token={MASK}",
        action=_("Yes, write to me"),
        secret=Secret("alert", variant_id),
    )


def back_in_stock(email: str, title: str, slug: str) -> OutgoingMessage:
    """To someone who requested an alert."""
    return OutgoingMessage(
        topic="stock",
        recipient=email,
        subject=_("{title} is back", title=title),
        heading=_("It is here again"),
        lines=(_("You asked us to write when {title} is back in stock. It is, for as long as it lasts.", title=title),),
        path=f"/p/{quote(slug)}",
        action=_("See it"),
    )


def abandoned(email: str, account: str, count: int) -> OutgoingMessage:
    """To a customer who left items in the cart and wants reminders."""
    return OutgoingMessage(
        topic="carts",
        recipient=email,
        account=account,
        subject=_("Your cart is waiting"),
        heading=_("Your cart is as you left it"),
        lines=(
            ngettext("{count} item is still in it.", "{count} items are still in it.", count),
            _("Nothing is reserved for you until you order."),
        ),
        path="/cart",
        action=_("Go to your cart"),
    )


MESSAGES_BY_EVENT: dict[type[Event], Callable[..., OutgoingMessage]] = {
    UserRegistered: account_texts.welcome,
    RegistrationRepeated: account_texts.registered_again,
    EmailVerificationAsked: account_texts.verification,
    PasswordResetAsked: account_texts.reset,
    PasswordChanged: account_texts.password_changed,
    SecondFactorAdded: account_texts.factor_added,
    SecondFactorRemoved: account_texts.factor_removed,
    StaffInvited: account_texts.staff_invited,
    StaffChanged: account_texts.staff_changed,
    OrderPlaced: placed,
    OrderPaid: paid,
    OrderShipped: shipped,
    OrderDelivered: delivered,
    OrderCancelled: cancelled,
    OrderExpired: expired,
    OrderRefunded: refunded,
    GiftCardIssued: gift_card,
    GiftCardDue: bought_gift_card,
}
