"""The contract of gift cards: values, events and operations."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import ClassVar, Literal, Protocol

import msgspec

from shopwright.kit.auth import Caller
from shopwright.kit.bounds import Email, Name, Note
from shopwright.kit.data.events import Event
from shopwright.kit.errors import Refused
from shopwright.kit.money import Money
from shopwright.kit.personal import Personal
from shopwright.kit.rpc.operations import idempotent

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


class GiftCards(Protocol):
    """The operations of gift cards."""

    async def issue(self, new: NewGiftCard, who: Caller, key: str = "") -> GiftCard:
        """Issue a card, once per `key`; only the first answer has its code. Raises Invalid, IdempotencyConflict."""
        ...

    @idempotent
    async def cards(self, *, text: str = "", after: str = "", limit: int = 50) -> list[GiftCard]:
        """List cards, newest first; `text`: last four characters of the code, or the recipient's address."""
        ...

    @idempotent
    async def card(self, card_id: str) -> GiftCard:
        """Return a card. Raises Missing."""
        ...

    @idempotent
    async def named(self, card_ids: Sequence[str], cart_id: str = "") -> dict[str, GiftCard]:
        """Return existing cards by id; what is held for an order of this cart counts as available."""
        ...

    @idempotent
    async def movements(self, card_id: str, limit: int = 100) -> list[GiftCardMovement]:
        """Return the newest movements of a card."""
        ...

    async def find(self, code: str, address: str = "") -> GiftCard:
        """Return the card with this code; `address`: the client's. Raises Missing; RateLimited after wrong tries."""
        ...

    @idempotent
    async def set_disabled(self, card_id: str, *, disabled: bool) -> GiftCard:
        """Disable or enable a card; what is held or redeemed stays. Raises Missing."""
        ...

    async def replace(self, card_id: str, who: Caller) -> GiftCard:
        """Move the available balance to a new card with a new code and disable this one. Raises Missing, Conflict."""
        ...

    @idempotent
    async def hold(
        self, order_id: str, shares: Sequence[GiftCardShare], expires_at: datetime, cart_id: str = ""
    ) -> None:
        """Hold all shares for an order (of this cart) or none. Raises GiftCardRefused.

        Safe to repeat; other shares replace those held before.
        """
        ...

    @idempotent
    async def extend_hold(self, order_id: str, expires_at: datetime) -> None:
        """Extend a hold until `expires_at`, if that is later."""
        ...

    @idempotent
    async def redeem(self, order_id: str, shares: Sequence[GiftCardShare] = ()) -> Literal["taken", "expired"]:
        """Redeem what is held for an order, once; "expired" if nothing is held any more.

        `shares`: the order's shares; if other cards are held, these are held first. Raises GiftCardRefused.
        """
        ...

    @idempotent
    async def release_hold(self, order_id: str) -> None:
        """Release what is held and not redeemed."""
        ...

    @idempotent
    async def refund(self, order_id: str, key: str, amount: Money, recipient: str = "") -> tuple[GiftCardShare, ...]:
        """Refund to the cards the order was paid with, or to a new one for `recipient`, once per `key`.

        A replaced card is represented by its successor. An expired card becomes valid again for as long as a new one; a
        disabled one stays disabled. Raises Unavailable while the cards' payment is not redeemed yet, Refused without
        card or recipient.
        """
        ...

    @idempotent
    async def plan_purchase(self, purchase: NewPurchase) -> None:
        """Keep which cards an order buys, until it is paid. Safe to repeat."""
        ...

    @idempotent
    async def issue_purchase(self, order_id: str) -> None:
        """Make the cards a paid order buys, once, and e-mail their codes now or on their day."""
        ...

    @idempotent
    async def withdraw_purchase(
        self, order_id: str, key: str, units: Mapping[str, int] | None = None, *, strict: bool = True
    ) -> None:
        """Disable unused cards bought with an order, once per `key`; `units` by variant, None: all, and those to come.

        Raises Conflict if not as many are unused; if not `strict`, withdraws those that are.
        """
        ...

    @idempotent
    async def restore_purchase(self, order_id: str, key: str) -> None:
        """Undo a withdrawal."""
        ...

    @idempotent
    async def purchased(self, order_id: str) -> list[BoughtGiftCard]:
        """Return the cards bought with an order."""
        ...

    async def send_again(self, card_id: str) -> None:
        """E-mail the code of a bought card again. Raises Missing, Conflict."""
        ...

    @idempotent
    async def of_order(self, order_id: str) -> OrderGiftCards:
        """Return what was redeemed for an order, and refunded."""
        ...

    @idempotent
    async def code_for_email(self, card_id: str) -> str:
        """Return the code for the recipient's e-mail. Raises Missing a week after it was issued."""
        ...
