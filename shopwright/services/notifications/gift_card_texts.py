"""Texts about gift cards: for their recipients, and for orders paid with or refunded to cards."""

from shopwright.kit.days import write_day
from shopwright.kit.money import write, zero
from shopwright.kit.translation import gettext as _
from shopwright.services.giftcards.contract import GiftCardIssued
from shopwright.services.notifications.outgoing_message import MASK, OutgoingMessage, Secret
from shopwright.services.orders.contract.events import OrderCancelled, OrderPaid, OrderRefunded


def went(event: OrderRefunded) -> tuple[str, ...]:
    """Where the refunded money went."""
    on_cards = event.to_gift_cards or zero(event.amount.currency)
    stuck = event.on_disabled_cards or zero(event.amount.currency)
    by_bank, free = event.amount - on_cards, on_cards - stuck
    return (
        *((f"We sent {write(by_bank)} back to you. Banks take a few days to show it.",) if by_bank.amount else ()),
        *((f"{write(free)} is on your gift card and can be spent at once.",) if free.amount else ()),
        *(
            (f"{write(stuck)} is on a gift card that is disabled. Write to us, and we send you another one.",)
            if stuck.amount
            else ()
        ),
    )


def refund_heading(event: OrderRefunded) -> str:
    """What goes to a gift card is there, if the card can be used; banks take their time."""
    if event.to_gift_cards != event.amount:
        return _("Your refund is on its way")
    if event.on_disabled_cards == event.amount:
        return _("Your refund is on a gift card that is disabled")
    return _("Your refund is on gift cards") if event.on_disabled_cards else _("Your refund is on your gift card")


def came(event: OrderPaid) -> str:
    """What paid for the order."""
    on_cards = event.by_gift_cards or zero(event.total.currency)
    otherwise = event.total - on_cards
    if not on_cards.amount:
        return f"We received {write(otherwise)} for order {event.number} and are packing:"
    if not otherwise.amount:
        return f"{write(on_cards)} for order {event.number} was paid by gift card. We are packing:"
    return (
        f"We received {write(otherwise)} for order {event.number}, and {write(on_cards)} was paid by gift card."
        " We are packing:"
    )


def goes_back(event: OrderCancelled) -> tuple[str, ...]:
    """Where the money of a cancelled order goes."""
    if event.by_payment is None or event.to_gift_cards is None:
        return ("If you paid for it, the money goes back the way it came.",)
    by_bank, on_cards = event.by_payment, event.to_gift_cards
    return (
        *(
            (f"{write(by_bank)} is on its way back to you. Banks take a few days to show it.",)
            if by_bank.amount
            else ()
        ),
        *((f"{write(on_cards)} goes back to your gift card.",) if on_cards.amount else ()),
    )


def gift_card(event: GiftCardIssued) -> OutgoingMessage:
    """The message to a card's recipient; its code is added at delivery."""
    ends = (f"It can be used until {write_day(event.expires_on)}.",) if event.expires_on else ()
    first = {
        "refund": f"Your refund of {write(event.amount)} is on a gift card.",
        "replacement": f"Your gift card was replaced. {write(event.amount)} is on the new one; the old code is no longer valid.",
    }.get(event.why, f"We have a gift card for {write(event.amount)} for you.")
    return OutgoingMessage(
        topic="orders",
        recipient=event.recipient,
        subject=_("A gift card for {amount}", amount=write(event.amount)),
        heading=_("A gift card for {amount}", amount=write(event.amount)),
        lines=(
            first,
            _("Its code is {mask}. Enter it in your cart or at checkout. Anyone who knows it can spend it.", mask=MASK),
            *ends,
        ),
        path="/gift-card",
        action=_("See its balance"),
        secret=Secret("gift_card", event.card_id),
    )
