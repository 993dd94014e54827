"""Rules of cart lines, and their problems in words and codes."""

from collections.abc import Mapping
from datetime import timedelta

from shopwright.kit.codes import check_coupon, coupon_form
from shopwright.kit.countries import country_title
from shopwright.kit.errors import Invalid
from shopwright.kit.money import LARGEST, Money, write
from shopwright.kit.translation import gettext as _
from shopwright.services.carts.contract import CartProblem
from shopwright.services.catalog.contract import Product
from shopwright.services.pricing.contract import Price, QuoteLine

MOST_OF_ONE = 999
MOST_LINES = 100
MOST_CODES = 5
ABANDONED, FORSAKEN = timedelta(hours=4), timedelta(days=3)


def check_quantity(quantity: int, pointer: str = "/quantity", *, least: int = 1) -> int:
    """Check a quantity: 1 to 999 (or 0, if that removes). Raises Invalid."""
    if not least <= quantity <= MOST_OF_ONE:
        raise Invalid.at(
            pointer,
            _("A quantity is a whole number from {least} to {most_of_one}.", least=least, most_of_one=MOST_OF_ONE),
        )
    return quantity


def check_codes(codes: tuple[str, ...]) -> tuple[str, ...]:
    """Return normalised coupon codes. Raises Invalid."""
    typed = enumerate(codes)
    clean = tuple(dict.fromkeys(check_coupon(code, f"/codes/{number}") for number, code in typed if coupon_form(code)))
    if len(clean) > MOST_CODES:
        raise Invalid.at("/codes", _("At most {most_codes} codes can be used together.", most_codes=MOST_CODES))
    return clean


def check_sum(wanted: Mapping[str, int], prices: Mapping[str, Price], variant_id: str) -> None:
    """Check that the cart stays within the largest order total; blames this variant. Raises Invalid."""
    amounts = [prices[one].amount.amount * quantity for one, quantity in wanted.items() if one in prices]
    if sum(amounts) > LARGEST and variant_id in prices:
        price = prices[variant_id].amount
        raise Invalid.at(
            "/quantity",
            _(
                "{wanted} × {price} is more than one order can come to, which is {largest} of goods. Order fewer, or in several orders.",
                wanted=wanted[variant_id],
                price=write(price),
                largest=write(Money(LARGEST, price.currency)),
            ),
        )


def listed(line: QuoteLine | None) -> Money | None:
    """The list price of a line, regardless of the market."""
    return (line.list_price or line.unit_price) if line else None


def line_problems(
    line_id: str,
    product: Product | None,
    variant_id: str,
    quantity: int,
    available: int,
    seen: int,
    price: Money | None,
    *,
    beyond: bool = False,
) -> list[CartProblem]:
    """Everything that changed about a line since it was added."""
    variant = product.variant(variant_id) if product else None
    if beyond and product is not None:
        detail = _("With {title} this is more than one order can come to. Order fewer to go on.", title=product.title)
        return [CartProblem(code="invalid", detail=detail, line_id=line_id)]
    if product is None or product.status != "published" or variant is None or price is None:
        name = product.title if product else _("An item in your cart")
        detail = _("{name} is not sold any more. Take it out to go on.", name=name)
        return [CartProblem(code="not_found", detail=detail, line_id=line_id)]
    name = f"{product.title} ({variant.title})" if variant.options else product.title
    problems = []
    if available == 0:
        detail = _("{name} is sold out. Take it out to go on.", name=name)
        problems.append(CartProblem(code="sold_out", detail=detail, line_id=line_id))
    elif available < quantity:
        detail = _("{name}: only {available} left. Change the quantity to go on.", name=name, available=available)
        problems.append(CartProblem(code="fewer_left", detail=detail, line_id=line_id))
    if price.amount != seen:
        before = write(Money(seen, price.currency))
        if price.amount > seen:
            detail = _(
                "{name} now costs more: {price} instead of {before}.", name=name, price=write(price), before=before
            )
        else:
            detail = _(
                "{name} now costs less: {price} instead of {before}.", name=name, price=write(price), before=before
            )
        problems.append(CartProblem(code="price_changed", detail=detail, line_id=line_id))
    return problems


def untaxed_place(country: str) -> CartProblem:
    """The problem of a destination whose taxes are not set: nothing is sold there."""
    return CartProblem(
        code="untaxed_place",
        detail=_(
            "This shop cannot sell to {country} yet: how this is taxed there is not set. Choose another address, or ask the shop.",
            country=country_title(country),
        ),
    )
