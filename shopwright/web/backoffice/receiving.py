"""Goods received and their costs, on a variant's stock page."""

from typing import Any

from litestar import Response, post
from litestar.params import FromPath
from litestar.response import Redirect

from shopwright.kit import money
from shopwright.kit.auth import staff
from shopwright.kit.errors import ShopError
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import CurrentCaller
from shopwright.kit.translation import gettext as _
from shopwright.kit.typed import whole_number
from shopwright.services.inventory.contract import MAIN, Receipt
from shopwright.web.backoffice.office_context import OfficeDep
from shopwright.web.backoffice.stock import MOST, variant_page
from shopwright.web.storefront.page_context import ShelfDep, Web, form_of


@post(
    "/office/stock/{variant_id:str}/receipts", opt=allow(staff("stock.write")), include_in_schema=False, status_code=200
)
async def receive(
    office: OfficeDep, request: Web, product_views: ShelfDep, caller: CurrentCaller, variant_id: FromPath[str]
) -> Response[bytes] | Redirect:
    """Receive goods, once per form. Costs require a permission."""
    form = await form_of(request)
    cost = form.get("unit_cost", "").strip()
    if cost:
        caller.require("costs.write")
    try:
        one = Receipt(
            variant_id=variant_id,
            quantity=whole_number(
                form.get("quantity", ""), "/quantity", _("Enter the quantity received"), least=1, most=MOST
            ),
            location=form.get("location", MAIN),
            unit_cost=money.parse(cost, product_views.currency, "/unit_cost") if cost else None,
            reference=form.get("reference", ""),
        )
        await product_views.inventory.receive([one], caller.signature, form.get("key", ""))
    except ShopError as error:
        return await variant_page(office, product_views, variant_id, error.detail, form)
    return Redirect(f"/office/stock/{variant_id}", status_code=303)


@post("/office/stock/{variant_id:str}/cost", opt=allow(staff("costs.write")), include_in_schema=False, status_code=200)
async def set_cost(
    office: OfficeDep, request: Web, product_views: ShelfDep, caller: CurrentCaller, variant_id: FromPath[str]
) -> Response[bytes] | Redirect:
    """Set the unit cost of stock without one."""
    form = await form_of(request)
    try:
        cost = money.parse(form.get("opening_cost", ""), product_views.currency, "/opening_cost")
        await product_views.inventory.set_cost(variant_id, cost, caller.signature, form.get("key", ""))
    except ShopError as error:
        return await variant_page(office, product_views, variant_id, error.detail, form)
    return Redirect(f"/office/stock/{variant_id}", status_code=303)


HANDLERS: list[Any] = [receive, set_cost]
