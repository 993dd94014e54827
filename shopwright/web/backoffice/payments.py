"""Payment providers: connecting them with keys, which are never shown again, and examining these."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shopwright.kit.auth import staff
from shopwright.kit.errors import Invalid
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import CurrentCaller
from shopwright.services.payments.contract import ProviderExamination
from shopwright.web import render
from shopwright.web.backoffice.office_context import OfficeContext, OfficeDep, PaymentsDep
from shopwright.web.storefront.page_context import Web, form_of

TITLES = {"stripe": "Stripe", "paypal": "PayPal", "pretend": "Pretend"}
RULE = allow(staff("payments.write"))


async def _page(
    office: OfficeContext,
    payments: PaymentsDep,
    *,
    saved: str = "",
    errors: dict[str, dict[str, str]] | None = None,
    examined: tuple[str, ProviderExamination] | None = None,
    status: int = 200,
) -> Response[bytes]:
    setup = await payments.setup()
    providers = [
        {
            **render.plain(one),
            "title": TITLES.get(one.name, one.name),
            "errors": (errors or {}).get(one.name, {}),
            "examined": render.plain(examined[1]) if examined and examined[0] == one.name else None,
            "webhook": f"{office.settings.url}/v1/payment-webhooks/{one.name}",
        }
        for one in await payments.connections()
    ]
    context = {"providers": providers, "demo": setup.demo, "saved": saved}
    return office.show("payments.html", context, status)


@get("/office/payments", opt=RULE, include_in_schema=False)
async def payment_page(office: OfficeDep, payments: PaymentsDep, saved: FromQuery[str] = "") -> Response[bytes]:
    """List the providers of the shop's setting."""
    return await _page(office, payments, saved=TITLES.get(saved, ""))


@post("/office/payments/{provider:str}", opt=RULE, include_in_schema=False, status_code=200)
async def connect(
    request: Web, office: OfficeDep, payments: PaymentsDep, caller: CurrentCaller, provider: FromPath[str]
) -> Response[bytes] | Redirect:
    """Store keys; empty fields keep theirs. Typed keys are not shown again, not even with an error."""
    form = await form_of(request)
    keys = {name.removeprefix("key."): value for name, value in form.items() if name.startswith("key.")}
    try:
        await payments.connect(provider, keys, caller.user_id or "")
    except Invalid as error:
        wrong = {one.pointer.rpartition("/")[2]: one.detail for one in error.problems}
        return await _page(office, payments, errors={provider: wrong}, status=422)
    return Redirect(f"/office/payments?saved={provider}", status_code=303)


@post("/office/payments/{provider:str}/examine", opt=RULE, include_in_schema=False, status_code=200)
async def examine(office: OfficeDep, payments: PaymentsDep, provider: FromPath[str]) -> Response[bytes]:
    """Ask the provider whether the keys work."""
    return await _page(office, payments, examined=(provider, await payments.examine(provider)))


@post("/office/payments/{provider:str}/disconnect", opt=RULE, include_in_schema=False, status_code=200)
async def disconnect(
    request: Web, office: OfficeDep, payments: PaymentsDep, provider: FromPath[str]
) -> Response[bytes] | Redirect:
    """Delete the keys, if that was confirmed."""
    if (await form_of(request)).get("sure") != "yes":
        return await _page(office, payments, status=422)
    await payments.disconnect(provider)
    return Redirect("/office/payments", status_code=303)


HANDLERS: list[Any] = [payment_page, connect, examine, disconnect]
