"""What is wrong with a line, in words and codes."""

from datetime import timedelta

from shopwright.kit.codes import check_coupon, coupon_form
from shopwright.kit.errors import Invalid
from shopwright.kit.money import Money, write
from shopwright.services.carts.contract import CartProblem
from shopwright.services.catalog.contract import Product

MOST_OF_ONE = 999
MOST_LINES = 100
MOST_CODES = 5
ABANDONED, FORSAKEN = timedelta(hours=4), timedelta(days=3)


def check_quantity(quantity: int, pointer: str = "/quantity", *, least: int = 1) -> int:
    """Raises Invalid outside of 1 … 999 (or 0, where that removes)."""
    if not least <= quantity <= MOST_OF_ONE:
        raise Invalid.at(pointer, f"A quantity is a whole number from {least} to {MOST_OF_ONE}.")
    return quantity


def check_codes(codes: tuple[str, ...]) -> tuple[str, ...]:
    """Coupon codes in their written form. Raises Invalid."""
    typed = enumerate(codes)
    clean = tuple(dict.fromkeys(check_coupon(code, f"/codes/{number}") for number, code in typed if coupon_form(code)))
    if len(clean) > MOST_CODES:
        raise Invalid.at("/codes", f"At most {MOST_CODES} codes can be used together.")
    return clean


def line_problems(
    line_id: str,
    product: Product | None,
    variant_id: str,
    quantity: int,
    available: int,
    seen: int,
    price: Money | None,
) -> list[CartProblem]:
    """Everything that has changed about a line since it was added."""
    variant = product.variant(variant_id) if product else None
    if product is None or product.status != "published" or variant is None or price is None:
        name = product.title if product else "One of the things in your cart"
        detail = f"{name} is not sold any more. Take it out to go on."
        return [CartProblem(code="not_found", detail=detail, line_id=line_id)]
    name = f"{product.title} ({variant.title})" if variant.options else product.title
    problems = []
    if available == 0:
        detail = f"{name} is sold out. Take it out to go on."
        problems.append(CartProblem(code="sold_out", detail=detail, line_id=line_id))
    elif available < quantity:
        detail = f"{name}: only {available} left. Change the quantity to go on."
        problems.append(CartProblem(code="fewer_left", detail=detail, line_id=line_id))
    if price.amount != seen:
        way = "more" if price.amount > seen else "less"
        detail = f"{name} now costs {way}: {write(price)} instead of {write(Money(seen, price.currency))}."
        problems.append(CartProblem(code="price_changed", detail=detail, line_id=line_id))
    return problems
