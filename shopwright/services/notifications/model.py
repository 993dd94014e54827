"""Message texts by event: subject, heading, lines and one action."""

from collections.abc import Callable
from urllib.parse import quote

from shopwright.kit.data.events import Event
from shopwright.kit.money import write
from shopwright.kit.translation import gettext as _
from shopwright.services.giftcards.contract import GiftCardIssued
from shopwright.services.notifications.gift_card_texts import came, gift_card, goes_back, refund_heading, went
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
from shopwright.services.users.contract.events import (
    EmailVerificationAsked,
    PasswordChanged,
    PasswordResetAsked,
    RegistrationRepeated,
    SecondFactorAdded,
    SecondFactorRemoved,
    StaffChanged,
    StaffInvited,
    UserErased,
    UserRegistered,
)


def welcome(event: UserRegistered) -> OutgoingMessage:
    """To a new customer."""
    return OutgoingMessage(
        topic="account",
        recipient=event.email,
        account=event.user_id,
        subject=_("Your account is ready"),
        heading="Welcome",
        lines=(
            _("Your orders, addresses and reviews are now in one place."),
            _("Please confirm that this address is yours; orders you placed with it as a guest are then there, too."),
        ),
        path=f"/confirm-email?token={MASK}",
        action=_("Confirm this address"),
        secret=Secret("verification", event.user_id),
    )


def registered_again(event: RegistrationRepeated) -> OutgoingMessage:
    """To the owner of an existing account; the person who tried to register learns nothing."""
    return OutgoingMessage(
        topic="account",
        recipient=event.email,
        account=event.user_id,
        subject=_("You already have an account"),
        heading=_("You already have an account"),
        lines=(
            _("Someone, probably you, wanted to make an account with your address, but you have one."),
            _("Sign in with it, or choose a new password."),
            _("If it was not you, do nothing."),
        ),
        path="/forgot-password",
        action=_("Choose a new password"),
    )


def verification(event: EmailVerificationAsked) -> OutgoingMessage:
    """To someone who has yet to verify the address."""
    return OutgoingMessage(
        topic="account",
        recipient=event.email,
        account=event.user_id,
        subject=_("Confirm your e-mail address"),
        heading=_("Is this your address?"),
        lines=(_("Confirm it within a day. If you did not ask for this, do nothing."),),
        path=f"/confirm-email?token={MASK}",
        action=_("Confirm this address"),
        secret=Secret("verification", event.user_id),
    )


def reset(event: PasswordResetAsked) -> OutgoingMessage:
    """To someone who requested a password reset."""
    return OutgoingMessage(
        topic="account",
        recipient=event.email,
        account=event.user_id,
        subject=_("Choose a new password"),
        heading=_("A new password"),
        lines=(
            _("Someone, probably you, asked for a new password for your account. The link is valid for one hour."),
            _("If it was not you, do nothing: your password stays as it is."),
        ),
        path=f"/new-password?token={MASK}",
        action=_("Choose a new password"),
        secret=Secret("reset", event.user_id),
    )


def password_changed(event: PasswordChanged) -> OutgoingMessage:
    """Warns the owner of a password change."""
    return OutgoingMessage(
        topic="account",
        recipient=event.email,
        account=event.user_id,
        subject=_("Your password was changed"),
        heading=_("Your password was changed"),
        lines=(_("You are signed out everywhere else. If this was not you, choose a new password at once."),),
        path="/forgot-password",
        action=_("It was not me"),
    )


def factor_added(event: SecondFactorAdded) -> OutgoingMessage:
    """Warns the owner of a new second factor."""
    return OutgoingMessage(
        topic="account",
        recipient=event.email,
        account=event.user_id,
        subject=_("A second factor was turned on"),
        heading=_("Your account asks for a code now"),
        lines=(_("Signing in asks for your password and a code. If this was not you, choose a new password at once."),),
        path="/forgot-password",
        action=_("It was not me"),
    )


def factor_removed(event: SecondFactorRemoved) -> OutgoingMessage:
    """Warns the owner of a removed second factor."""
    return OutgoingMessage(
        topic="account",
        recipient=event.email,
        account=event.user_id,
        subject=_("Your second factor was turned off"),
        heading=_("Your account asks for no code any more"),
        lines=(_("The password alone is asked for. If this was not you, choose a new password at once."),),
        path="/forgot-password",
        action=_("It was not me"),
    )


def staff_invited(event: StaffInvited) -> OutgoingMessage:
    """To invited staff."""
    return OutgoingMessage(
        topic="account",
        recipient=event.email,
        account=event.user_id,
        subject=_("You are invited to the back office"),
        heading=_("Welcome to the team"),
        lines=(
            _("You may work here with the role “{role}”.", role=event.role),
            _("Choose a password with this link within three days; if you have one already, sign in with it."),
        ),
        path=f"/new-password?token={MASK}",
        action=_("Choose a password"),
        secret=Secret("invitation", event.user_id),
    )


def staff_changed(event: StaffChanged) -> OutgoingMessage:
    """To staff whose access changed."""
    if event.disabled:
        line = "Your account was disabled: you cannot sign in any more."
    elif event.role:
        line = f"Your role is now “{event.role}”. You were signed out; sign in again to go on."
    else:
        line = "You have no access to the back office any more. Your account stays, as that of a customer."
    return OutgoingMessage(
        topic="account",
        recipient=event.email,
        account=event.user_id,
        subject=_("Your access to the back office changed"),
        heading=_("Your access changed"),
        lines=(line, _("If you did not expect this, ask an owner of the shop.")),
    )


def erased(event: UserErased) -> OutgoingMessage:
    """The final message, deleted once sent."""
    return OutgoingMessage(
        topic="account",
        recipient=event.email,
        subject=_("Your account was erased"),
        heading=_("Your account is erased"),
        lines=(
            _("Your profile, addresses and messages are gone; orders stay in our books without your name."),
            _("If this was not you, write to us at once."),
        ),
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
    things = tuple(f"{line.quantity} × {line.title}" for line in event.lines)
    return OutgoingMessage(
        topic="orders",
        recipient=event.email,
        account=event.customer_id or "",
        subject=_("Payment received for order {number}", number=event.number),
        heading=_("Your payment has arrived"),
        lines=(came(event), *things),
        path=path,
        secret=secret,
        action=_("See your order"),
    )


def shipped(event: OrderShipped) -> OutgoingMessage:
    """A parcel was shipped."""
    path, secret = order_link(event)
    how = f"with {event.carrier}" + (f", number {event.tracking_number}" if event.tracking_number else "")
    things = tuple(
        f"{line.quantity} × {line.title}" + (f", {line.variant_title}" if line.variant_title else "")
        for line in event.lines
    )
    rest = "" if event.complete else " The rest follows in another parcel."
    return OutgoingMessage(
        topic="parcels",
        recipient=event.email,
        account=event.customer_id or "",
        subject=_("Order {number} is on its way", number=event.number),
        heading=_("Your parcel is on its way"),
        lines=(
            _("We handed your parcel over {how}.{rest}", how=how, rest=rest),
            *((_("In it:"), *things) if things else ()),
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
            *((_("Reason: {reason}", reason=event.reason),) if event.by_shop else ()),
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
            *((_("Reason: {reason}", reason=event.reason),) if event.reason else ()),
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
    things = "One thing is" if count == 1 else f"{count} things are"
    return OutgoingMessage(
        topic="carts",
        recipient=email,
        account=account,
        subject=_("Your cart is waiting"),
        heading=_("Your cart is as you left it"),
        lines=(_("{things} still in it. Nothing is reserved for you until you order.", things=things),),
        path="/cart",
        action=_("Go to your cart"),
    )


MESSAGES_BY_EVENT: dict[type[Event], Callable[..., OutgoingMessage]] = {
    UserRegistered: welcome,
    RegistrationRepeated: registered_again,
    EmailVerificationAsked: verification,
    PasswordResetAsked: reset,
    PasswordChanged: password_changed,
    SecondFactorAdded: factor_added,
    SecondFactorRemoved: factor_removed,
    StaffInvited: staff_invited,
    StaffChanged: staff_changed,
    OrderPlaced: placed,
    OrderPaid: paid,
    OrderShipped: shipped,
    OrderDelivered: delivered,
    OrderCancelled: cancelled,
    OrderExpired: expired,
    OrderRefunded: refunded,
    GiftCardIssued: gift_card,
}
