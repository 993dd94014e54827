"""Gift cards of a cart: it stores their ids and reads their balances each time. Codes are never stored."""

from datetime import date, timedelta

import msgspec

from shopwright.kit.addresses import check_email
from shopwright.kit.errors import Conflict, Invalid
from shopwright.kit.money import Money, write, zero
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.carts import store
from shopwright.services.carts.contract import CartGiftCard, CartProblem
from shopwright.services.giftcards.contract import GiftCard, GiftCardRefused, GiftCards, GiftDelivery

MOST_CARDS = 5
LONGEST_AHEAD = timedelta(days=366)
WHY = {
    "spent": gettext_noop("has nothing left on it"),
    "expired": gettext_noop("has expired"),
    "disabled": gettext_noop("cannot be used any more"),
}


class CartGiftCards:
    """Finds cards by code and calculates what a cart's cards pay."""

    def __init__(self, giftcards: GiftCards) -> None:
        self._giftcards = giftcards

    async def with_code(self, stored: store.StoredCart, code: str, address: str) -> tuple[str, ...]:
        """Return the cart's cards plus this code's. Raises Missing, RateLimited, GiftCardRefused, Conflict."""
        found = await self._giftcards.find(code, address)
        known = await self._giftcards.named([found.id], stored.id)
        card = known.get(found.id, found)
        if why := refusal(card, stored.currency):
            raise GiftCardRefused(
                _("The gift card ending in {last4} {why}.", last4=card.last4, why=why), data={"last4": card.last4}
            )
        ids = tuple(dict.fromkeys((*stored.gift_cards, card.id)))
        if len(ids) > MOST_CARDS:
            raise Conflict(_("At most {most_cards} gift cards can pay for an order together.", most_cards=MOST_CARDS))
        return ids

    async def of(
        self, stored: store.StoredCart, total: Money
    ) -> tuple[tuple[CartGiftCard, ...], tuple[CartProblem, ...]]:
        """Return what each card pays of this total, without the gift cards that are bought, and why others cannot."""
        if not stored.gift_cards:
            return (), ()
        known = await self._giftcards.named(stored.gift_cards, stored.id)
        cards = [known[one] for one in stored.gift_cards if one in known]
        return paid_by(cards, total), tuple(
            CartProblem(
                code="gift_card_refused",
                detail=_("The gift card ending in {last4} {why}. Remove it to continue.", last4=one.last4, why=why),
                gift_card=one.id,
            )
            for one in cards
            if (why := refusal(one, total.currency))
        )


def refusal(card: GiftCard, currency: str) -> str:
    """Why a card cannot pay, or ""."""
    if card.issued.currency != currency:
        return _(
            "is in {currency}, and pays nothing in {other_currency}",
            currency=card.issued.currency,
            other_currency=currency,
        )
    if card.state != "active":
        return _(WHY[card.state])
    if card.available.amount <= 0:
        return _(
            "pays for another order just now: its {balance} are held until that is paid or given up",
            balance=write(card.balance),
        )
    return ""


def paid_by(cards: list[GiftCard], total: Money) -> tuple[CartGiftCard, ...]:
    """Return the payment of each card, one after the other, up to its balance."""
    left, found = total, []
    for one in cards:
        usable = zero(total.currency) if refusal(one, total.currency) else one.available
        amount = max(min(usable, left), zero(total.currency))
        left -= amount
        found.append(CartGiftCard(card_id=one.id, last4=one.last4, balance=one.available, amount=amount))
    return tuple(found)


def checked_delivery(wanted: GiftDelivery, today: date) -> GiftDelivery | None:
    """The normalised delivery of bought gift cards; None: to the buyer. Raises Invalid."""
    recipient = check_email(wanted.recipient, "/gift_delivery/recipient") if wanted.recipient.strip() else ""
    if wanted.send_on is not None and not today <= wanted.send_on <= today + LONGEST_AHEAD:
        raise Invalid.at("/gift_delivery/send_on", _("Choose a day from today, at most a year ahead."))
    message = wanted.message.replace("\r\n", "\n").strip()
    found = GiftDelivery(recipient=recipient, message=message, send_on=wanted.send_on)
    return None if found == GiftDelivery() else found


def without(stored: store.StoredCart, card_id: str) -> store.StoredCart:
    """The cart without this card."""
    return msgspec.structs.replace(stored, gift_cards=tuple(one for one in stored.gift_cards if one != card_id))
