"""The operations of orders."""

from typing import Protocol

from shopwright.kit.auth import GUEST, Caller
from shopwright.kit.rpc.operations import idempotent
from shopwright.services.giftcards.contract import BoughtGiftCard
from shopwright.services.orders.contract.buyers import GuestProof, RetainedBuyer
from shopwright.services.orders.contract.past import OrderSource, PastOrder
from shopwright.services.orders.contract.values import (
    NewRefund,
    NewShipment,
    Order,
    OrderFilter,
    OrderSummary,
    PaymentChoice,
    PlaceOrder,
)


class Orders(Protocol):
    """The operations of orders."""

    async def capture(self, order_id: str, who: Caller) -> Order:
        """Capture the authorised payment of an order, which is then paid. Raises Missing, Conflict, Unavailable."""

    async def import_order(self, past: PastOrder) -> tuple[str, bool]:
        """Import an order of an earlier shop. Returns its id and whether it is new.

        Raises Invalid if its sums disagree.
        """

    @idempotent
    async def place(self, request: PlaceOrder, key: str, who: Caller) -> Order:
        """Place the order of a cart, once per `key`, and open its payment.

        Raises IdempotencyConflict, and any obstacle.
        """

    async def pay(self, order_id: str, choice: PaymentChoice, who: Caller = GUEST) -> Order:
        """Retry the payment of a placed order; a decline leaves it unchanged. Raises Conflict, RateLimited."""

    @idempotent
    async def payment_returned(self, order_id: str) -> Order:
        """Look up the payment after the browser has returned from the provider."""

    @idempotent
    async def get(self, order_id: str) -> Order:
        """Return an order by id or number. Raises Missing."""

    async def link_key(self, order_id: str) -> str:
        """Return the key for an e-mail link to the order. Raises Missing."""

    async def for_guest(
        self, order_id: str, proof: GuestProof, address: str = "", *, change: bool = False, by_number: bool = False
    ) -> Order:
        """Return the order to a guest; `change`: they want to do more than read it. Raises Missing, RateLimited."""

    @idempotent
    async def search(
        self, *, customer_id: str = "", status: str = "", text: str = "", after: str = "", limit: int = 24
    ) -> list[OrderSummary]:
        """List orders, newest first.

        `text`: a number, words of name or place, else a part of name or address (last 50,000).
        """

    @idempotent
    async def of_guest(self, email: str) -> list[Order]:
        """List the orders placed with this e-mail address and without an account, oldest first."""

    @idempotent
    async def count(self, status: OrderFilter) -> int:
        """Count orders by status; `to_ship`: not fully shipped, `authorised`: to be captured, `unpaid`: neither."""

    async def ship(self, order_id: str, shipment: NewShipment, who: Caller) -> Order:
        """Record a shipment. Raises Conflict if the order is not paid, Invalid if more is shipped than was bought."""

    async def deliver(self, order_id: str, who: Caller) -> Order:
        """Mark all parcels as delivered."""

    async def cancel(self, order_id: str, reason: str, who: Caller) -> Order:
        """Cancel an order before anything is shipped: payments are refunded, goods return to stock."""

    async def refund(self, order_id: str, refund: NewRefund, key: str, who: Caller) -> Order:
        """Refund lines or an amount, once per `key`; see `refund` of the result. Raises RefundNotPossible, Invalid."""

    async def cancel_refund(self, order_id: str, refund_id: str, reason: str, who: Caller) -> Order:
        """Cancel a pending refund. Raises Missing, Unavailable; Conflict if the provider may have accepted it."""

    @idempotent
    async def bought_gift_cards(self, order_id: str) -> list[BoughtGiftCard]:
        """Return the gift cards bought with an order. Raises Missing."""

    async def send_gift_card(self, order_id: str, card_id: str, who: Caller) -> list[BoughtGiftCard]:
        """E-mail the code of a gift card bought with this order again. Raises Missing, Conflict."""

    @idempotent
    async def retained_buyer(self, order_id: str) -> RetainedBuyer:
        """Return name and addresses of an erased buyer, for accounting. Raises Missing."""

    async def forget_buyer(self, order_id: str) -> None:
        """Erase the buyer of an order (id or number) with neither e-mail address nor account. Raises Missing, Conflict."""

    @idempotent
    async def source(self, order_id: str) -> OrderSource:
        """Return the rows of the file an order was imported from, for staff. Raises Missing if none are kept."""

    async def claim_guest_orders(self, cart_id: str, customer_id: str) -> list[Order]:
        """Assign orders placed from a guest's cart to their new account; the secret cart id is the proof."""

    @idempotent
    async def has_bought(self, customer_id: str, product_id: str) -> bool:
        """Whether this customer has bought, and paid for, this product."""
