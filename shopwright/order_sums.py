"""What the doctor looks at in each order: does it add up, and is each unit counted once?"""

from collections import Counter
from collections.abc import Sequence

from shopwright.app import Shop
from shopwright.kit.errors import ShopError
from shopwright.kit.versions import understood
from shopwright.services.orders import refund_parts
from shopwright.services.orders.contract import Order
from shopwright.services.orders.taxes import Kept
from shopwright.services.pricing.contract import TaxPart
from shopwright.services.pricing.contract.taxes import gross_of

MANY = 1_000  # orders looked at together
UNREAD = "Their receipts are being read."


async def orders_add_up(shop: Shop) -> list[str]:
    """What is wrong with the sums of orders, and with the counts of their lines."""
    wrong = []
    for row in await shop.works["orders"].fetch("SELECT id, number, total FROM orders ORDER BY id"):
        try:
            order = await shop.orders.get(row["id"])
        except ShopError as error:
            wrong.append(f"Order {row['number']} cannot be read: {error.detail}")
            continue
        totals = order.totals
        lines = sum(line.total.amount for line in order.lines)
        whole = totals.subtotal.amount - totals.discount.amount + totals.shipping.amount + totals.tax.amount
        if lines != totals.subtotal.amount:
            wrong.append(
                f"Order {order.number}: its lines add up to {lines}, its subtotal says {totals.subtotal.amount}."
            )
        if whole != totals.total.amount or row["total"] != totals.total.amount:
            wrong.append(
                f"Order {order.number}: its parts add up to {whole}, its total says {totals.total.amount} (asked: {row['total']})."
            )
        if order.payment is not None and order.payment.amount != totals.total:
            wrong.append(
                f"Order {order.number}: {totals.total.amount} is its total, {order.payment.amount.amount} was asked for."
            )
        wrong += mistaxed(order) + misrefunded(order) + miscounted(order)
    return wrong


def mistaxed(order: Order) -> list[str]:
    """Parts of the tax of a line or of shipping that do not come to what was paid for it, or to the tax of the order."""
    if order.taxes_unknown or not order.tax_parts:
        return []
    wrong = []
    taxed = sum(part.tax.amount for part in order.tax_parts)
    said = order.totals.tax.amount + order.totals.included_tax.amount
    if taxed != said:
        wrong.append(f"Order {order.number}: the tax of its parts adds up to {taxed}, its totals say {said}.")
    for line in order.lines:
        parts = whole(line.tax_parts)
        paid = line.total.amount - line.discount.amount + line.tax.amount
        given = sum(one.amount.amount for one in line.discounts)
        if line.discounts and given != line.discount.amount:
            wrong.append(
                f"Order {order.number}: {line.discount.amount} were taken off {line.sku}, its discounts add up to {given}."
            )
        if parts != paid:
            wrong.append(
                f"Order {order.number}: {paid} was paid for {line.sku}, the parts of its tax add up to {parts}."
            )
    if order.shipping is not None and order.shipping.tax_parts:
        paid = order.totals.total.amount - sum(whole(line.tax_parts) for line in order.lines)
        if whole(order.shipping.tax_parts) != paid:
            wrong.append(
                f"Order {order.number}: {paid} was paid for shipping, the parts of its tax add up to"
                f" {whole(order.shipping.tax_parts)}."
            )
    return wrong


def misrefunded(order: Order) -> list[str]:
    """Refunds whose parts do not come to their sum, or whose taxes do not come to their parts."""
    wrong = []
    for refund in order.refunds:
        said = f"Order {order.number}: its refund {refund.id} is of {refund.amount.amount}, "
        parts = sum(part.amount.amount for part in refund.parts)
        if refund.parts and parts != refund.amount.amount:
            wrong.append(f"{said}its parts add up to {parts}.")
        taxed = [part for part in refund.parts if part.tax_parts and whole(part.tax_parts) != part.amount.amount]
        wrong += [
            f"{said}{whole(part.tax_parts)} of a part of {part.amount.amount} is told by its taxes." for part in taxed
        ]
    if not order.tax_parts:  # of an earlier shop, whose discounts are not told by line
        return wrong
    left = refund_parts.left_of(order)
    waits = any(refund.status == "asked" for refund in order.refunds)  # it may be refused yet
    if not waits and (below := [one for one in left.values() if one.amount.amount < 0]):
        wrong.append(
            f"Order {order.number}: {-below[0].amount.amount} more than was paid has gone back of a part of it."
        )
    if all(refund.parts for refund in order.refunds):
        sold = by_rate(order.tax_parts)
        back = [part for refund in order.refunds for part in refund.parts]
        gone = by_rate([one for part in (*back, *refund_parts.everything(left)) for one in part.tax_parts])
        wrong += [
            f"Order {order.number}: at {ppm} millionths {sold.get(ppm, 0)} of tax were sold, {gone.get(ppm, 0)} are refunded or left."
            for ppm in sorted(sold.keys() | gone.keys())
            if sold.get(ppm, 0) != gone.get(ppm, 0)
        ]
    return wrong


def by_rate(parts: Sequence[TaxPart]) -> dict[int, int]:
    """The tax of each rate."""
    found = Counter[int]()
    for part in parts:
        found[part.rate_ppm] += part.tax.amount
    return {rate: tax for rate, tax in found.items() if tax}


def whole(parts: Sequence[TaxPart]) -> int:
    """What parts of one thing come to."""
    return gross_of(parts, parts[0].net.currency).amount if parts else 0


async def untold_taxes(shop: Shop) -> list[str]:
    """Why the tax of some orders is not known in parts, and of how many."""
    found: dict[str, list[int]] = {}
    last = 0
    while rows := await shop.works["orders"].fetch(
        "SELECT number, taxes FROM orders WHERE number > :last ORDER BY number LIMIT :many", last=last, many=MANY
    ):
        last = rows[-1]["number"]
        for row in rows:
            why = understood(row["taxes"], Kept).unknown if row["taxes"] else UNREAD
            if why:
                found.setdefault(why, []).append(row["number"])
    return [f"{len(numbers)} orders, such as {numbers[0]}: {why}" for why, numbers in found.items()]


def miscounted(order: Order) -> list[str]:
    """Lines whose units are not each to ship, shipped, or refunded before they left."""
    sent, refunded = Counter[str](), Counter[str]()
    for parcel in order.shipments:
        sent.update({one.line_id: one.quantity for one in parcel.lines})
    for refund in order.refunds:
        refunded.update({one.line_id: one.quantity for one in refund.lines})
    wrong = []
    for line in order.lines:
        said = f"Order {order.number}: of {line.quantity} × {line.sku}, {line.shipped} were shipped"
        if line.to_ship < 0:
            wrong.append(f"{said} and {line.cancelled} refunded before they left.")
        if not line.cancelled <= line.refunded <= line.cancelled + line.shipped:
            wrong.append(f"{said}, {line.refunded} refunded, {line.cancelled} of these before they left.")
        if order.shipments and sent[line.id] != line.shipped:  # an earlier shop's parcels are not known
            wrong.append(f"{said}, and its parcels hold {sent[line.id]}.")
        if refunded[line.id] != line.refunded:
            wrong.append(f"{said} and {line.refunded} refunded, and its refunds are for {refunded[line.id]}.")
        if order.status in {"shipped", "delivered"} and line.to_ship > 0:
            wrong.append(f"{said}, {line.to_ship} are left, and it is {order.status}.")
    return wrong
