"""Texts about gift cards: for their recipients, and for orders paid with or refunded to cards."""

from shopwright.kit.days import write_day
from shopwright.kit.money import write, zero
from shopwright.kit.personal import ERASED
from shopwright.kit.translation import gettext as _
from shopwright.services.giftcards.contract import GiftCardDue, GiftCardIssued
from shopwright.services.notifications.outgoing_message import MASK, OutgoingMessage, Secret
from shopwright.services.orders.contract.events import OrderCancelled, OrderPaid, OrderRefunded


def went(event: OrderRefunded) -> tuple[str, ...]:
    """Describe the destinations of a refund."""
    on_cards = event.to_gift_cards or zero(event.amount.currency)
    stuck = event.on_disabled_cards or zero(event.amount.currency)
    by_bank, free = event.amount - on_cards, on_cards - stuck
    return (
        *(
            (_("We sent {by_bank} back to you. Banks take a few days to show it.", by_bank=write(by_bank)),)
            if by_bank.amount
            else ()
        ),
        *((_("{free} is on your gift card and can be spent at once.", free=write(free)),) if free.amount else ()),
        *(
            (
                _(
                    "{stuck} is on a gift card that is disabled. Write to us, and we send you another one.",
                    stuck=write(stuck),
                ),
            )
            if stuck.amount
            else ()
        ),
    )


def refund_heading(event: OrderRefunded) -> str:
    """The heading of a refund e-mail: gift cards have the money at once, banks take days."""
    if event.to_gift_cards != event.amount:
        return _("Your refund has been issued")
    if event.on_disabled_cards == event.amount:
        return _("Your refund is on a gift card that is disabled")
    return _("Your refund is on gift cards") if event.on_disabled_cards else _("Your refund is on your gift card")


def came(event: OrderPaid) -> str:
    """Describe the means of payment of an order."""
    on_cards = event.by_gift_cards or zero(event.total.currency)
    otherwise = event.total - on_cards
    if not event.to_ship:
        return _(
            "We received {otherwise} for order {number} and send its gift cards by e-mail:",
            otherwise=write(otherwise),
            number=event.number,
        )
    if not on_cards.amount:
        return _(
            "We received {otherwise} for order {number} and are packing:",
            otherwise=write(otherwise),
            number=event.number,
        )
    if not otherwise.amount:
        return _(
            "{on_cards} for order {number} was paid by gift card. We are packing:",
            on_cards=write(on_cards),
            number=event.number,
        )
    return _(
        "We received {otherwise} for order {number}, and {on_cards} was paid by gift card. We are packing:",
        otherwise=write(otherwise),
        number=event.number,
        on_cards=write(on_cards),
    )


def goes_back(event: OrderCancelled) -> tuple[str, ...]:
    """Describe the destinations of a cancelled order's money."""
    if event.by_payment is None or event.to_gift_cards is None:
        return (_("If you paid for it, the amount is refunded to your payment method."),)
    by_bank, on_cards = event.by_payment, event.to_gift_cards
    return (
        *(
            (
                _(
                    "{by_bank} is refunded to your payment method. It can take a few days to appear on your statement.",
                    by_bank=write(by_bank),
                ),
            )
            if by_bank.amount
            else ()
        ),
        *((_("{on_cards} is refunded to your gift card.", on_cards=write(on_cards)),) if on_cards.amount else ()),
    )


def bought_gift_card(event: GiftCardDue) -> OutgoingMessage:
    """The message to the recipient of a bought card; its code is added at delivery."""
    amount = write(event.amount)
    sender = "" if event.sender == ERASED else event.sender
    first = _("{sender} sends you a gift card for {amount}.", sender=sender, amount=amount) if sender else ""
    ends = (
        (_("It can be used until {expires_on}.", expires_on=write_day(event.expires_on)),) if event.expires_on else ()
    )
    said = () if event.message in {"", ERASED} else tuple(one for one in event.message.split("\n") if one.strip())
    return OutgoingMessage(
        topic="orders",
        recipient=event.recipient,
        subject=_("A gift card for {amount}", amount=amount),
        heading=_("A gift card for {amount}", amount=amount),
        lines=(
            first or _("Here is your gift card for {amount}.", amount=amount),
            *said,
            _("Its code is {mask}. Enter it in your cart or at checkout. Anyone who knows it can spend it.", mask=MASK),
            *ends,
        ),
        path="/gift-card",
        action=_("See its balance"),
        secret=Secret("gift_card", event.card_id),
    )


def gift_card(event: GiftCardIssued) -> OutgoingMessage:
    """The message to a card's recipient; its code is added at delivery."""
    ends = (
        (_("It can be used until {expires_on}.", expires_on=write_day(event.expires_on)),) if event.expires_on else ()
    )
    first = {
        "refund": _("Your refund of {amount} is on a gift card.", amount=write(event.amount)),
        "replacement": _(
            "Your gift card was replaced. {amount} is on the new one; the old code is no longer valid.",
            amount=write(event.amount),
        ),
    }.get(event.why, _("We have a gift card for {amount} for you.", amount=write(event.amount)))
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
