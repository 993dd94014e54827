"""All routes of the storefront, its assets and error pages."""

from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from litestar import Response, get
from litestar.di import Provide
from litestar.exceptions import PermissionDeniedException
from litestar.params import FromPath
from litestar.response import Redirect

from shopwright.kit.auth import anyone
from shopwright.kit.errors import Missing, Unauthenticated
from shopwright.kit.http import problems
from shopwright.kit.http.access import allow
from shopwright.kit.http.app_context import current_app
from shopwright.kit.http.routes import NO_FORM, Pages
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.web import render
from shopwright.web.storefront import (
    account,
    addresses,
    browse,
    cart,
    checkout,
    gift_cards,
    payment_confirm,
    privacy,
    product,
    recently_viewed,
    second_factor,
    security,
    status,
    wishlist,
)
from shopwright.web.storefront.page_context import CatalogDep, SettingsDep, Web, provide_frame

OLD_FORM = gettext_noop("Please send this form again")
STALE_FORM = gettext_noop(
    "This form was open for too long or came from another site, so it was not sent. Go back, reload the page and send it again."
)
TYPES = {"css": "text/css", "js": "text/javascript"}
UNEXPECTED = gettext_noop("Something went wrong")
HEADINGS = {
    401: gettext_noop("Please sign in"),
    403: gettext_noop("You don’t have permission to do this"),
    404: gettext_noop("Page not found"),
    429: gettext_noop("Too many requests"),
    503: gettext_noop("We’ll be back in a moment"),
}


@get("/assets/{digest:str}/{name:str}", opt=allow(anyone) | NO_FORM, include_in_schema=False)
async def assets(digest: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """Serve style sheets and scripts at content-addressed URLs."""
    parts = name.split("+")
    if len(set(parts)) < len(parts) or not set(parts) <= render.ASSETS:
        raise Missing(_("There is no such file."))
    address, content = render.asset(name)
    if address != f"/assets/{digest}/{name}":
        raise Missing(_("There is no such version of this file."))
    kind = TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    return Response(content, media_type=kind, headers={"Cache-Control": "public, max-age=31536000, immutable"})


@get("/robots.txt", opt=allow(anyone) | NO_FORM, include_in_schema=False, media_type="text/plain")
async def robots(settings: SettingsDep) -> str:
    """Serve robots.txt."""
    return f"User-agent: *\nDisallow: /checkout\nDisallow: /account\nDisallow: /cart\nDisallow: /office\nSitemap: {settings.url}/sitemap.xml\n"


@get("/sitemap.xml", opt=allow(anyone) | NO_FORM, include_in_schema=False)
async def sitemap(settings: SettingsDep, catalog: CatalogDep) -> Response[str]:
    """Serve the sitemap (the first 5,000 products)."""
    addresses = [f"/c/{category.slug}" for category in await catalog.categories()]
    addresses += [f"/collections/{collection.slug}" for collection in await catalog.collections()]
    addresses += [f"/p/{product.slug}" for product in await catalog.list_products(status="published", limit=5_000)]
    body = "".join(f"<url><loc>{settings.url}{quote(address)}</loc></url>" for address in ["/", *addresses])
    text = f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{body}</urlset>'
    return Response(text, media_type="application/xml")


@get("/{path:path}", opt=allow(anyone), include_in_schema=False)
async def elsewhere(catalog: CatalogDep, path: FromPath[Path]) -> Redirect:
    """Redirect URLs of an earlier shop; all others are 404."""
    target = await catalog.redirect(str(path))
    if target is None:
        raise Missing(_("There is no such page."))
    return Redirect(target, status_code=301)


def error_page(request: Web, error: Exception) -> Response[bytes] | Redirect:
    """Show an error in plain words, with a next step and a reference."""
    problem = problems.describe(error, request.scope.get("state", {}).get("request_id", ""))
    if isinstance(error, Unauthenticated) and request.method == "GET":
        return Redirect("/sign-in?" + urlencode({"next": request.url.path}), status_code=303)
    old = isinstance(error, PermissionDeniedException)
    settings = current_app().shop.settings
    context: dict[str, Any] = {
        "shop": settings.shop_name,
        "url": settings.url,
        "csrf": "",
        "menu": [],
        "bare": True,
        "heading": _(OLD_FORM if old else HEADINGS.get(problem.status, UNEXPECTED)),
        "detail": _(STALE_FORM) if old else problem.detail,
        "reference": problem.instance,
    }
    page = render.page("storefront/templates/error.html", context, problem.status)
    page.headers.update(problems.when_again(problem))
    return page


def routes() -> Pages:
    """Return all storefront pages."""
    handlers = [
        *browse.HANDLERS,
        *product.HANDLERS,
        *cart.HANDLERS,
        *gift_cards.HANDLERS,
        *checkout.HANDLERS,
        *payment_confirm.HANDLERS,
        *account.HANDLERS,
        *addresses.HANDLERS,
        *security.HANDLERS,
        *second_factor.HANDLERS,
        *privacy.HANDLERS,
        *recently_viewed.HANDLERS,
        *wishlist.HANDLERS,
        *status.HANDLERS,
        assets,
        robots,
        sitemap,
        elsewhere,
    ]
    return Pages("/", route_handlers=handlers, dependencies={"frame": Provide(provide_frame, sync_to_thread=False)})
