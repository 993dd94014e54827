"""What others may know of gift cards."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar, Literal, Protocol

import msgspec

from shopwright.kit.auth import Caller
from shopwright.kit.bounds import Email
from shopwright.kit.data.events import Event
from shopwright.kit.errors import Refused
from shopwright.kit.money import Money
from shopwright.kit.personal import Personal
from shopwright.kit.rpc.operations import idempotent

# Why there is a card: it was sold outside of the shop, given as a kindness, made for a refund, or in place of another card.
Why = Literal["sold", "goodwill", "refund", "replacement"]
State = Literal["active", "spent", "expired", "disabled"]
MovementKind = Literal["issued", "taken", "given_back", "moved"]


class NewGiftCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What issuing takes. `expires_on`: the last day it can be used; left out, it follows the rule of the shop's country.

    `why`: `sold` where the shop was paid for it in another way. `recipient`: who is sent the code.
    """

    amount: Money
    why: Literal["sold", "goodwill"]
    recipient: Email = ""
    expires_on: date | msgspec.UnsetType | None = msgspec.UNSET


class GiftCard(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A gift card. `held` of its balance is set aside for orders that are being paid.

    `code` is told once, when the card is issued: what is kept is a hash. `order_id`: of a card that was made for a refund.
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
    recipient: str = ""
    order_id: str = ""
    code: str = ""

    @property
    def available(self) -> Money:
        """What an order could be paid with."""
        return self.balance - self.held


class GiftCardMovement(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the append-only record: the balance is the sum of these."""

    id: str
    kind: MovementKind
    amount: Money
    time: datetime
    who: str
    order_id: str = ""


class GiftCardShare(msgspec.Struct, frozen=True, kw_only=True):
    """What a card pays of an order, or gets back of it."""

    card_id: str
    last4: str
    amount: Money


class OrderGiftCards(msgspec.Struct, frozen=True, kw_only=True):
    """What gift cards know of an order, in minor units. `refunds`: the keys of what went back to cards."""

    taken: int = 0
    refunds: tuple[str, ...] = ()


class GiftCardRefused(Refused):
    """A card cannot pay what it should: it is spent, expired, disabled, or of another currency; `data["card_id"]` says which."""

    code = "gift_card_refused"


class GiftCardIssued(Event, frozen=True, kw_only=True):
    """There is a new gift card. Its code is asked for with `letter_code`, where there is a recipient."""

    SUBJECT: ClassVar[str] = "card_id"
    card_id: str
    last4: str
    amount: Money
    why: Why
    recipient: Personal[str] = ""
    expires_on: date | None = None


class GiftCardErased(Event, frozen=True, kw_only=True):
    """Whose card this is has been forgotten; the card stays."""

    SUBJECT: ClassVar[str] = "card_id"
    FORGETS: ClassVar[bool] = True
    card_id: str


class GiftCards(Protocol):
    """The verbs of gift cards."""

    async def issue(self, new: NewGiftCard, who: Caller, key: str = "") -> GiftCard:
        """Issue a card, once for each `key`; the first answer alone has its code. Raises Invalid, IdempotencyConflict."""
        ...

    @idempotent
    async def cards(self, *, text: str = "", after: str = "", limit: int = 50) -> list[GiftCard]:
        """The newest first; `text`: the last four characters of the code, or the recipient's address."""
        ...

    @idempotent
    async def card(self, card_id: str) -> GiftCard:
        """One card. Raises Missing."""
        ...

    @idempotent
    async def named(self, card_ids: Sequence[str], cart_id: str = "") -> dict[str, GiftCard]:
        """Those of these that there are, by id; what is held for an order of this cart counts as free."""
        ...

    @idempotent
    async def movements(self, card_id: str, limit: int = 100) -> list[GiftCardMovement]:
        """The newest movements of a card."""
        ...

    async def find(self, code: str, address: str = "") -> GiftCard:
        """The card with this code, for who asks from this address. Raises Missing; RateLimited after wrong tries."""
        ...

    @idempotent
    async def set_disabled(self, card_id: str, *, disabled: bool) -> GiftCard:
        """From now on it can be used, or not. What is held or taken of it stays so. Raises Missing."""
        ...

    async def replace(self, card_id: str, who: Caller) -> GiftCard:
        """A new card with another code takes over what is not held; the old one is disabled. Raises Missing, Conflict."""
        ...

    @idempotent
    async def hold(
        self, order_id: str, shares: Sequence[GiftCardShare], expires_at: datetime, cart_id: str = ""
    ) -> None:
        """Set all shares aside for an order (of this cart), or none. Repeating it changes nothing; others take their place. Raises GiftCardRefused."""
        ...

    @idempotent
    async def keep(self, order_id: str, expires_at: datetime) -> None:
        """What is held for an order stays so until then, if that is longer."""
        ...

    @idempotent
    async def take(self, order_id: str, shares: Sequence[GiftCardShare] = ()) -> Literal["taken", "expired"]:
        """What is held for an order is spent, once; "expired" where nothing is held any more.

        `shares`: what the order says: where other cards are held, these are first. Raises GiftCardRefused.
        """
        ...

    @idempotent
    async def release(self, order_id: str) -> None:
        """What is held, and not taken, may be spent otherwise."""
        ...

    @idempotent
    async def give_back(self, order_id: str, key: str, amount: Money, recipient: str = "") -> tuple[GiftCardShare, ...]:
        """A refund goes to the cards the order was paid with, or to a new one for `recipient`; once for each `key`.

        A card that was replaced stands for the one that took its place. One that has expired is good again, for as long as a
        new one; a disabled one stays disabled. Raises Unavailable
        while what they should pay is not taken yet, Refused where there is neither a card nor a recipient.
        """
        ...

    @idempotent
    async def of_order(self, order_id: str) -> OrderGiftCards:
        """What was taken for an order, and what went back."""
        ...

    @idempotent
    async def letter_code(self, card_id: str) -> str:
        """The code for the e-mail to its recipient. Raises Missing a week after it was issued."""
        ...
