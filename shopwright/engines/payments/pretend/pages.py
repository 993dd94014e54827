"""The hosted 3-D Secure page of the pretend provider."""

from typing import Any, Literal, Protocol

import msgspec
from litestar import MediaType, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from shopwright.engines.payments import PRETEND
from shopwright.engines.payments.pretend.provider import PretendProvider
from shopwright.kit.auth import anyone
from shopwright.kit.errors import Missing
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import Dependency
from shopwright.kit.http.routes import NO_FORM, Pages
from shopwright.kit.money import write
from shopwright.kit.translation import gettext as _

Service = Dependency[PretendProvider]


class PaymentPages(Protocol):
    """Knows the shop's providers."""

    async def setup(self) -> Any: ...


Payments = Dependency[PaymentPages]
STYLE = """body{font:17px/1.5 system-ui,sans-serif;margin:0;background:#f3f1ec;color:#1d1d1b;display:grid;place-items:center;min-height:100vh}
main{background:#fff;padding:32px;border-radius:12px;max-width:26rem;margin:16px;border:1px solid #dcd8cf}
h1{font-size:1.25rem;margin:0 0 8px}p{margin:0 0 24px}.sum{font-size:2rem;font-weight:600;margin:0 0 24px}
button{font:inherit;min-height:48px;padding:0 20px;border-radius:6px;border:1px solid #1d1d1b;cursor:pointer;width:100%;margin:0 0 12px}
.yes{background:#1d1d1b;color:#fff}.no{background:#fff}small{color:#5c5a55}"""


class Challenge(msgspec.Struct):
    """The shopper's answer."""

    answer: Literal["approve", "decline"]


async def _must_be_offered(payments: PaymentPages) -> None:
    """Raise Missing in shops without the pretend provider."""
    if PRETEND not in (await payments.setup()).providers:
        raise Missing(_("There is nothing at this address."))


@get("/pretend/3ds/{reference:str}", opt=allow(anyone) | NO_FORM, include_in_schema=False)
async def challenge(pretend: Service, payments: Payments, reference: FromPath[str]) -> Response[str]:
    """Show the bank's challenge."""
    await _must_be_offered(payments)
    payment = await pretend.look_up(reference)
    page = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Pretend Bank: confirm your payment</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="stylesheet" href="/pretend/style.css"></head><body><main>
<h1>Pretend Bank</h1><p>Did you ask for this payment?</p><p class="sum">{write(payment.amount)}</p>
<form method="post"><button class="yes" name="answer" value="approve">Confirm payment</button>
<button class="no" name="answer" value="decline">This was not me</button></form>
<small>No real bank, no real money: this page stands in for 3-D Secure.</small></main></body></html>"""
    return Response(page, media_type=MediaType.HTML)


@get("/pretend/style.css", opt=allow(anyone) | NO_FORM, include_in_schema=False, media_type=MediaType.CSS)
async def style(payments: Payments) -> str:
    """Serve its style sheet."""
    await _must_be_offered(payments)
    return STYLE


@post("/pretend/3ds/{reference:str}", opt=allow(anyone) | NO_FORM, include_in_schema=False)
async def answer(
    pretend: Service, payments: Payments, reference: FromPath[str], data: URLEncodedBody[Challenge]
) -> Redirect:
    """Record the answer and return to the shop."""
    await _must_be_offered(payments)
    return Redirect(await pretend.answer_challenge(reference, approved=data.answer == "approve"), status_code=303)


def routes() -> Pages:
    """Return all pages of the provider."""
    handlers: list[Any] = [challenge, style, answer]
    return Pages("/", route_handlers=handlers)
