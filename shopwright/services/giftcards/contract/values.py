"""The values of giftcards: what operations take and return, and errors."""

from datetime import date, datetime
from typing import Literal

import msgspec

from shopwright.kit.bounds import Email, Name, Note
from shopwright.kit.errors import Refused
from shopwright.kit.money import Money
from shopwright.kit.personal import Personal

# Sold outside the shop, given as goodwill, made for a refund, or a replacement.
Why = Literal["sold", "goodwill", "refund", "replacement"]

State = Literal["active", "spent", "expired", "disabled"]

MovementKind = Literal["issued", "taken", "given_back", "moved"]


class GiftDelivery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Recipient and day of the e-mail with a cart's bought gift cards; by default the buyer, as soon as they are paid.

    `send_on`: a day in the shop's time zone. `message`: from the buyer, in the e-mail.
    """

    recipient: Personal[Email] = ""
    message: Personal[Note] = ""
    send_on: date | None = None


class BoughtUnits(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a gift card product in an order, at the amount of one."""

    variant_id: str
    quantity: int
    amount: Money


class NewPurchase(msgspec.Struct, frozen=True, kw_only=True):
    """Gift cards to be made when their order is paid."""

    order_id: str
    units: tuple[BoughtUnits, ...]
    buyer: Personal[Email]
    customer_id: str = ""
    buyer_name: Personal[Name] = ""
    delivery: GiftDelivery = GiftDelivery()


class BoughtGiftCard(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A gift card that was bought with an order. `send_at`: when its code is e-mailed, `sent`: how often it was.

    `message`: until a week after its day. `unused`: nothing was spent of it, so that it can be refunded. `cancelled`: it was refunded, or its order cancelled.
    """

    id: str
    last4: str
    variant_id: str
    amount: Money
    recipient: Personal[str] = ""
    message: Personal[str] = ""
    send_at: datetime
    sent: int = 0
    unused: bool = False
    cancelled: bool = False


class NewGiftCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request to issue a card. `expires_on`: its last day; if unset, the rule of the shop's country applies.

    `why`: `sold` if it was paid for outside the shop. `recipient`: who gets the code by e-mail.
    """

    amount: Money
    why: Literal["sold", "goodwill"]
    recipient: Email = ""
    expires_on: date | msgspec.UnsetType | None = msgspec.UNSET


class GiftCard(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A gift card. `held`: the part of its balance held for orders being paid.

    `code` is returned once, when the card is issued; only a hash is stored. `order_id`: of a card made for a refund, or
    bought with an order.
    `expired`: past its last day, whatever its state.
    """

    id: str
    last4: str
    why: Why
    state: State
    issued: Money
    balance: Money
    held: Money
    issued_at: datetime
    issued_by: str
    expires_on: date | None = None
    disabled: bool = False
    expired: bool = False
    recipient: str = ""
    order_id: str = ""
    code: str = ""

    @property
    def available(self) -> Money:
        """The amount available for an order."""
        return self.balance - self.held


class GiftCardMovement(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the append-only record; the balance is the sum of its entries."""

    id: str
    kind: MovementKind
    amount: Money
    time: datetime
    who: str
    order_id: str = ""


class GiftCardShare(msgspec.Struct, frozen=True, kw_only=True):
    """The part of an order that a card pays, or of a refund that it receives."""

    card_id: str
    last4: str
    amount: Money


class OrderGiftCards(msgspec.Struct, frozen=True, kw_only=True):
    """The gift card payments of an order, in minor units. `refunds`: keys of refunds to cards."""

    taken: int = 0
    refunds: tuple[str, ...] = ()


class GiftCardRefused(Refused):
    """A card cannot pay: spent, expired, disabled, or of another currency; `data["card_id"]` says which."""

    code = "gift_card_refused"
