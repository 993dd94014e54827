"""REST routes of variants, and of prices and stock in bulk."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from litestar import Response, delete, patch, post
from litestar.params import FromPath, JSONBody

from shopwright.kit.auth import staff
from shopwright.kit.bounds import SizeLimit
from shopwright.kit.codes import sku_form
from shopwright.kit.errors import Conflict, Invalid, Missing, ShopError
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import CurrentCaller, Dependency
from shopwright.kit.http.openapi_document import answers
from shopwright.kit.money import Money
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog.contract import Product, Variant
from shopwright.services.inventory.contract import Adjustment
from shopwright.services.pricing.contract import Price
from shopwright.web.product_view import write
from shopwright.web.product_view.answering import PRODUCT, IfMatch, answer, version_of
from shopwright.web.product_view.view import ProductView, ProductViews

Face = Dependency[ProductViews]
MOST = 5_000


class Offer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A variant by `sku` or `variant_id`, with changes to its price and stock."""

    sku: str = ""
    variant_id: str = ""
    price: Money | None = None
    compare_at: Money | msgspec.UnsetType | None = msgspec.UNSET
    on_hand: int | None = None


class Offers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Prices and stock of many variants."""

    items: Annotated[tuple[Offer, ...], SizeLimit(MOST)]


class VariantResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result for one of them; `detail`: why it was refused."""

    sku: str
    variant_id: str = ""
    status: Literal["done", "refused"]
    detail: str = ""


class VariantResults(msgspec.Struct, frozen=True, kw_only=True):
    """The results in order of the request."""

    done: int
    refused: int
    items: list[VariantResult]


def _named(product: Product, name: str) -> Variant:
    found = product.variant_named(name)
    if found is None:
        raise Missing(_("“{title}” has no variant “{name}”.", title=product.title, name=name))
    return found


@post(
    "/v1/products/{product:str}/variants",
    opt=allow(staff("catalog.write")),
    tags=["catalog"],
    operation_id="create_variant",
    responses=answers(ProductView, "The product.", 201),
)
async def create_variant(
    product_views: Face,
    caller: CurrentCaller,
    product: FromPath[str],
    data: JSONBody[write.VariantWrite],
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Add a variant. A removed one returns by its SKU, with its stock."""
    old = await product_views.catalog.get(product)
    if old.variant_named(data.sku or data.id) is not None:
        raise Conflict(
            _("“{title}” has a variant {value} already; PATCH changes it.", title=old.title, value=data.sku or data.id)
        )
    written = await write.as_written(product_views, old)
    new = msgspec.structs.replace(written, variants=(*written.variants, data))
    made = await write.replace(
        product_views,
        old.id,
        new,
        version_of(if_match, old.version),
        f"set by {caller.signature}",
    )
    return answer(await product_views.view(made), 201)


@patch(
    "/v1/products/{product:str}/variants/{variant:str}",
    opt=allow(staff("catalog.write")),
    tags=["catalog"],
    operation_id="change_variant",
    responses=PRODUCT,
)
async def change_variant(
    product_views: Face,
    caller: CurrentCaller,
    product: FromPath[str],
    variant: FromPath[str],
    data: JSONBody[write.VariantPatch],
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Change fields of a variant by id or SKU; omitted fields and other variants stay."""
    old = await product_views.catalog.get(product)
    found = _named(old, variant)
    if data.id not in {msgspec.UNSET, found.id}:
        raise Invalid.at("/id", _("The id of a variant stays: it is {id}.", id=found.id))
    change = write.ProductPatch(variants=(msgspec.structs.replace(data, id=found.id),))
    made = await write.patch(
        product_views, old, change, version_of(if_match, old.version), f"set by {caller.signature}"
    )
    return answer(await product_views.view(made))


@delete(
    "/v1/products/{product:str}/variants/{variant:str}",
    opt=allow(staff("catalog.write")),
    tags=["catalog"],
    operation_id="remove_variant",
)
async def remove_variant(
    product_views: Face, caller: CurrentCaller, product: FromPath[str], variant: FromPath[str], if_match: IfMatch = None
) -> None:
    """Remove a variant from sale. It returns by its SKU, with its stock."""
    old = await product_views.catalog.get(product)
    found = _named(old, variant)
    written = await write.as_written(product_views, old)
    left = tuple(one for one in written.variants if one.id != found.id)
    if not left:
        raise Conflict(_("“{title}” has no other variant; retire the product instead.", title=old.title))
    await write.replace(
        product_views,
        old.id,
        msgspec.structs.replace(written, variants=left),
        version_of(if_match, old.version),
        f"set by {caller.signature}",
    )


@post(
    "/v1/offers",
    opt=allow(staff("catalog.write")),
    tags=["catalog"],
    operation_id="set_offers",
    status_code=200,
)
async def set_offers(product_views: Face, caller: CurrentCaller, data: JSONBody[Offers]) -> VariantResults:
    """Set prices and stock of up to 5,000 variants; each has its own result, and refusals stop no others."""
    reason = f"set by {caller.signature}"
    ids: list[str] = []
    met: dict[str, str] = {}
    refused: dict[int, str] = {}
    for number, one in enumerate(data.items):
        ids.append("")
        try:
            ids[number] = await _meant(product_views, one, met)
        except ShopError as error:
            refused[number] = error.detail
    known = await product_views.pricing.prices([variant_id for variant_id in ids if variant_id], product_views.currency)
    planned: dict[int, PlannedWrite] = {}
    for number, one in enumerate(data.items):
        if number in refused:
            continue
        try:
            planned[number] = _planned(product_views, one, ids[number], known, reason)
        except ShopError as error:
            refused[number] = error.detail
    try:
        await _set(product_views, list(planned.values()))
    except ShopError:  # of one of them: which one is seen when each is set by itself
        for number, alone in planned.items():
            try:
                await _set(product_views, [alone])
            except ShopError as error:
                refused[number] = error.detail
    items = [
        VariantResult(sku=one.sku or one.variant_id, status="refused", detail=refused[number])
        if number in refused
        else VariantResult(sku=one.sku or one.variant_id, variant_id=ids[number], status="done")
        for number, one in enumerate(data.items)
    ]
    return VariantResults(done=len(items) - len(refused), refused=len(refused), items=items)


class PlannedWrite(NamedTuple):
    """A planned write of a variant."""

    price: Price | None
    stock: Adjustment | None


async def _meant(product_views: ProductViews, one: Offer, met: dict[str, str]) -> str:
    """The variant's id; `met`: ids by SKU and id already read. Raises Invalid, Missing."""
    if bool(one.sku) == bool(one.variant_id):
        raise Invalid.at("/sku", _("Name the variant either by sku or by variant_id."))
    if one.price is None and one.on_hand is None and one.compare_at is msgspec.UNSET:
        raise Invalid.at("/price", _("Give what changes: price, compare_at or on_hand."))
    name = sku_form(one.sku) or one.variant_id
    if name not in met:
        product = await product_views.catalog.by_variant(name)
        met |= {key: variant.id for variant in product.variants for key in (sku_form(variant.sku), variant.id)}
    return met[name]


def _planned(
    product_views: ProductViews, one: Offer, variant_id: str, known: dict[str, Price], reason: str
) -> PlannedWrite:
    """Plan the write; `known`: prices by then. Raises Invalid."""
    before = known.get(variant_id)
    price = one.price or (before.amount if before else None)
    if one.compare_at is not msgspec.UNSET:
        compare_at = one.compare_at
    else:
        compare_at = write.still_above(before.compare_at, price) if before and price else None
    write.check_money(
        (write.VariantWrite(price=price, compare_at=compare_at, on_hand=one.on_hand),), product_views.currency
    )
    stock = None if one.on_hand is None else Adjustment(variant_id=variant_id, on_hand=one.on_hand, reason=reason)
    if one.price is None and one.compare_at is msgspec.UNSET:
        return PlannedWrite(None, stock)
    if price is None:
        raise Invalid.at("/price", _("It has no price yet: give one as well."))
    known[variant_id] = Price(variant_id, price, compare_at)
    return PlannedWrite(known[variant_id], stock)


async def _set(product_views: ProductViews, planned: Sequence[PlannedWrite]) -> None:
    if prices := [one.price for one in planned if one.price is not None]:
        await product_views.pricing.set_prices(prices)
    if counts := [one.stock for one in planned if one.stock is not None]:
        await product_views.inventory.adjust(counts)


HANDLERS: list[Any] = [create_variant, change_variant, remove_variant, set_offers]
