"""The operations of giftcards."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

from shopwright.kit.auth import Caller
from shopwright.kit.money import Money
from shopwright.kit.rpc.operations import idempotent
from shopwright.services.giftcards.contract.values import (
    BoughtGiftCard,
    GiftCard,
    GiftCardMovement,
    GiftCardShare,
    NewGiftCard,
    NewPurchase,
    OrderGiftCards,
)


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
