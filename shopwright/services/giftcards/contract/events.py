"""The events of giftcards."""

from datetime import date
from typing import ClassVar

from shopwright.kit.data.events import Event
from shopwright.kit.money import Money
from shopwright.kit.personal import Personal
from shopwright.services.giftcards.contract.values import Why


class GiftCardIssued(Event, frozen=True, kw_only=True):
    """A gift card was issued. If it has a recipient, `code_for_email` returns its code for the e-mail.

    `order_id`: of a card bought with an order; its code is e-mailed when `GiftCardDue` says so.
    """

    SUBJECT: ClassVar[str] = "card_id"
    card_id: str
    last4: str
    amount: Money
    why: Why
    recipient: Personal[str] = ""
    expires_on: date | None = None
    order_id: str = ""


class GiftCardDue(Event, frozen=True, kw_only=True):
    """The code of a bought gift card is to be e-mailed, for the first time or again."""

    SUBJECT: ClassVar[str] = "card_id"
    card_id: str
    order_id: str
    last4: str
    amount: Money
    recipient: Personal[str]
    sender: Personal[str] = ""
    message: Personal[str] = ""
    expires_on: date | None = None


class GiftCardErased(Event, frozen=True, kw_only=True):
    """The recipient was erased; the card stays."""

    SUBJECT: ClassVar[str] = "card_id"
    FORGETS: ClassVar[bool] = True
    card_id: str
