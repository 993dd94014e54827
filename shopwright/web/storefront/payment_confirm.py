"""The page on which a shopper confirms a payment with their bank (3-D Secure), by the provider's own script."""

from typing import Any
from urllib.parse import urlsplit

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Redirect

from shopwright.kit.auth import anyone
from shopwright.kit.errors import Conflict
from shopwright.kit.http.access import sensitive
from shopwright.kit.http.content_policy import content_policy
from shopwright.web import render
from shopwright.web.storefront.page_context import FrameDep

# Where the script of Stripe opens frames and sends requests (docs.stripe.com/security/guide, Content security policy).
FRAMES = ("https://*.js.stripe.com", "https://js.stripe.com", "https://hooks.stripe.com")
API = "https://api.stripe.com"


@get("/payments/{payment_id:str}/confirm", opt=sensitive(anyone), include_in_schema=False)
async def confirm(frame: FrameDep, payment_id: FromPath[str]) -> Response[bytes] | Redirect:
    """Show the page, or return to the order if there is nothing to confirm."""
    try:
        challenge = await frame.payments.challenge(payment_id)
    except Conflict as error:
        return Redirect(error.data.get("return_url") or "/", status_code=303)
    page = await frame.show("payment_confirm.html", {"challenge": render.plain(challenge), "checkout": True})
    split = urlsplit(challenge.script)
    origin = f"{split.scheme}://{split.netloc}"
    policy = {"script-src": (origin,), "frame-src": FRAMES, "connect-src": (origin, API)}
    page.headers["Content-Security-Policy"] = content_policy(policy)
    return page


HANDLERS: list[Any] = [confirm]
