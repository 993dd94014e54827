"""Carts as shown, built from stored data, products, stock and quote. Pure functions."""

from collections.abc import Sequence

from shopwright.kit.money import Money, add_up
from shopwright.kit.translation import gettext as _
from shopwright.services.carts import store
from shopwright.services.carts.contract import Cart, CartGiftCard, CartLine, CartProblem
from shopwright.services.catalog.contract import Product
from shopwright.services.pricing.contract import Quote, ShippingOption


def line_of(
    line: store.StoredLine,
    product: Product | None,
    available: int,
    price: Money,
    total: Money,
    problems: Sequence[CartProblem],
) -> CartLine:
    """A stored line at today's price and stock."""
    variant = product.variant(line.variant_id) if product else None
    return CartLine(
        id=line.id,
        product_id=line.product_id,
        slug=product.slug if product else "",
        variant_id=line.variant_id,
        sku=variant.sku if variant else "",
        title=product.title if product else _("No longer sold"),
        variant_title=variant.title if variant and variant.options else "",
        image=_image(product, line.variant_id),
        quantity=line.quantity,
        available=available,
        unit_price=price,
        total=total,
        problems=tuple(problem.code for problem in problems),
        gift_card=product is not None and product.is_gift_card,
    )


def _image(product: Product | None, variant_id: str) -> str:
    if product is None:
        return ""
    variant = product.variant(variant_id)
    return (variant.media if variant else "") or (product.media[0].url if product.media else "")


def cart_of(
    stored: store.StoredCart,
    lines: tuple[CartLine, ...],
    quote: Quote,
    problems: tuple[CartProblem, ...],
    option: ShippingOption | None,
    saved: tuple[CartLine, ...],
    gift_cards: tuple[CartGiftCard, ...],
) -> Cart:
    """The cart with its quote."""
    return Cart(
        id=stored.id,
        currency=stored.currency,
        lines=lines,
        saved=saved,
        totals=quote.totals,
        coupons=tuple(code for code in stored.coupons if code not in {problem.coupon for problem in problems}),
        unused_coupons=quote.unused,
        problems=problems,
        receipt=quote.receipt,
        email=stored.email,
        shipping_address=stored.shipping_address,
        billing_address=stored.billing_address,
        shipping_option_id=stored.shipping_option_id if option else None,
        shipping_option=option,
        customer_id=stored.customer_id,
        closed=stored.closed,
        next_id=stored.next_id,
        version=stored.version,
        quoted=quote.lines,
        shipping_tax_parts=quote.shipping_tax_parts,
        untaxed=quote.untaxed,
        tax_id=stored.business.tax_id if stored.business else "",
        tax_id_check=stored.business.check if stored.business else None,
        reference=stored.reference,
        sale=quote.sale,
        gift_cards=gift_cards,
        gift_delivery=stored.gift_delivery,
        to_pay=quote.totals.total - add_up((one.amount for one in gift_cards), stored.currency),
        **stored.buyer_notes,
    )
