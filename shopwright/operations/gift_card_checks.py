"""Doctor's checks of gift cards, against orders and books."""

from collections.abc import Mapping

from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.operations.findings import Finding, compared
from shopwright.operations.open_questions import OpenQuestion, OpenQuestions
from shopwright.operations.order_walk import OrderPage
from shopwright.operations.shop_snapshot import ShopSnapshot
from shopwright.services.books import statement_store
from shopwright.services.giftcards import hold_store, purchase_store
from shopwright.services.giftcards import store as giftcards_store
from shopwright.services.orders.contract import PAID, Order
from shopwright.services.orders.contract.gift_cards import has_cards, paid_by_cards, spent_of_cards

OWED = gettext_noop("the balances of gift cards equal their liability in the books")


class GiftCardsMatch:
    """Each order redeemed and refunded the gift cards it says."""

    name = gettext_noop("payments and refunds by gift card match the orders")

    def __init__(self, snapshot: ShopSnapshot) -> None:
        self._snapshot = snapshot
        self._found = OpenQuestions(self.name, snapshot.under_way)

    async def look(self, page: OrderPage) -> None:
        there = {one.row["id"]: one for one in page.orders}
        spending = await hold_store.spent_on(self._snapshot.of("giftcards"), list(there))
        buying = [name for name, one in there.items() if one.order is not None and has_cards(one.order)]
        made = await purchase_store.counts(self._snapshot.of("giftcards"), buying) if buying else {}
        for order_id, found in there.items():
            if found.order is not None:
                spent, back = spending.get(order_id, (0, 0))
                sentences = differs(found.order, spent, back, found.row["gift_cards"])
                sentences += not_as_bought(found.order, made.get(order_id, {}))
                self._found.say(*(OpenQuestion(one, order_id, frozenset({order_id})) for one in sentences))

    def finding(self) -> Finding:
        return self._found.finding()


def differs(order: Order, captured: int, back: int, charged: int) -> list[str]:
    """Differences between an order and its gift cards. `charged`: the deduction in the order's row."""
    paid, spent = paid_by_cards(order).amount, spent_of_cards(order).amount
    wrong = []
    if charged != paid:
        wrong.append(
            _(
                "Order {number}: gift cards pay {paid} of it, lists have {charged}.",
                number=order.number,
                paid=paid,
                charged=charged,
            )
        )
    if (order.status in PAID and captured != paid) or captured not in {0, paid}:
        wrong.append(
            _(
                "Order {number}: gift cards pay {paid} of it, but {captured} were taken from them.",
                number=order.number,
                paid=paid,
                captured=captured,
            )
        )
    elif captured - back != spent:
        wrong.append(
            _(
                "Order {number}: {spent} should be deducted from gift cards for it, but {captured} is.",
                number=order.number,
                spent=spent,
                captured=captured - back,
            )
        )
    return wrong


def not_as_bought(order: Order, made: Mapping[str, tuple[int, int]]) -> list[str]:
    """Differences between what an order buys and its cards. `made`: how many, and how many withdrawn, by variant."""
    wrong = []
    for line in order.lines:
        if not line.is_gift_card or not line.unit_price.amount or order.status not in {*PAID, "cancelled"}:
            continue
        there, withdrawn = made.get(line.variant_id, (0, 0))
        bought, back = (line.quantity, line.refunded) if order.status in PAID else (there, there)
        if (there, withdrawn) != (bought, back):
            wrong.append(
                _(
                    "Order {number} bought {bought} gift cards of {sku} and refunded {back}: {there} were made and {withdrawn} withdrawn.",
                    number=order.number,
                    bought=bought,
                    sku=line.sku,
                    back=back,
                    there=there,
                    withdrawn=withdrawn,
                )
            )
    return wrong


async def cards_are_owed(snapshot: ShopSnapshot) -> Finding:
    """Compare all balances with the ledger, without manual entries such as expired cards."""
    cards = await giftcards_store.balances(snapshot.of("giftcards"))
    owed = await statement_store.vouchers_owed(snapshot.of("books"))
    return compared(
        OWED,
        gettext_noop("Gift cards are worth {ours} {currency}, the books owe {booked}."),
        cards,
        owed,
        under_way=bool(snapshot.under_way),
    )
