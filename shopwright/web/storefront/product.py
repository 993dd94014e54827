"""The product page."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from shopwright.kit.auth import anyone, signed_in
from shopwright.kit.errors import ShopError
from shopwright.kit.http.access import allow
from shopwright.kit.http.problems import status_of
from shopwright.kit.money import major
from shopwright.kit.text import name_key
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.kit.typed import digits_or
from shopwright.services.catalog.contract import AttributeType, Media, written
from shopwright.services.reviews.contract import REVIEWS_A_PAGE, NewReview, Order
from shopwright.web import render
from shopwright.web.product_view.view import ProductView, VariantView
from shopwright.web.storefront.browse import cards_of
from shopwright.web.storefront.page_context import FrameDep, PageContext, complaints, form_of, needed

MOST_PAGES = 250
ORDERS: Mapping[Order, str] = {
    "helpful": gettext_noop("Most helpful"), "newest": gettext_noop("Newest"), "best": gettext_noop("Highest rating"), "worst": gettext_noop("Lowest rating"),
}  # fmt: skip


@get("/p/{slug:str}", opt=allow(anyone), include_in_schema=False)
async def product(frame: FrameDep, slug: FromPath[str]) -> Response[bytes] | Redirect:
    """Show a product, in the variant chosen by the URL."""
    return await show_product(frame, slug)


async def show_product(
    frame: PageContext, slug: str, more: Mapping[str, Any] | None = None, status: int = 200
) -> Response[bytes] | Redirect:
    """Show a product page. `more`: errors of a form on it (`at`) and the typed text."""
    request, product_views, recommendations = frame.request, frame.product_views, frame.recommendations
    view = await product_views.product(slug, drafts=frame.caller.may("catalog.write"))
    if view.slug != slug:
        return Redirect(f"/p/{view.slug}", status_code=301)
    together = await recommendations.recommend("bought_together", products=[view.id], limit=4)
    similar = await recommendations.recommend("similar", products=[view.id], limit=4)
    promised = ("", "") if view.gift_card else (await frame.free_shipping(), await frame.delivery_time())
    sent = (more or {}).get("typed", {}).get("variant", "")  # the choice that a form on this page was about
    wanted = {**({"variant": sent} if sent else {}), **request.query_params}
    types = await frame.catalog.attribute_types()
    return await frame.show(
        "product.html",
        {
            **_said(frame, view, types, wanted, promised),
            "reviews": await _reviews(frame, view),
            **(await _own(frame, view.id, frame.caller.user_id) if frame.caller.user_id else {}),
            "together": cards_of(await product_views.cards([one.product_id for one in together])),
            "similar": cards_of(await product_views.cards([one.product_id for one in similar])),
            **(more or {}),
        },
        status,
    )


async def _own(frame: PageContext, product_id: str, user_id: str) -> dict[str, Any]:
    """The visitor's own data: their review, and whether it is on their wishlist."""
    review = await frame.reviews.review_of(product_id, user_id)
    wished = any(wish.product_id == product_id for wish in await frame.carts.wishes(user_id))
    return {"own": render.plain(review) if review else None, "wished": wished}


def _said(
    frame: PageContext,
    view: ProductView,
    types: Mapping[str, AttributeType],
    wanted: dict[str, str],
    promised: tuple[str, str],
) -> dict[str, Any]:
    """The part of the page that is the same for everyone who views this variant."""
    chosen_one = choice(view, wanted.get("variant", ""), wanted, types)
    variant = chosen_one["variant"]
    facts = [
        {"name": title_of(name, types), "value": written(value, types.get(name))}
        for name, value in view.attributes.items()
    ]
    return {
        "product": named(view),
        "variant": variant,
        "options": bool(chosen_one["options"]),
        "gallery": render.fragment(
            "storefront/templates/gallery.html", title=view.title, media=pictures(view, variant)
        ),
        "offer": render.fragment(
            "storefront/templates/offer.html",
            brand=view.brand,
            title=view.title,
            stars=view.rating,
            variant=variant,
            options=chosen_one["options"],
        ),
        "details": render.fragment(
            "storefront/templates/details.html",
            description=view.description,
            free_shipping=promised[0],
            delivery=promised[1],
            gift_card=view.gift_card,
            facts=facts,
            sku=variant["sku"] if variant else "",
        ),
        "json_ld": json_ld(view, frame.settings.url),
    }


def title_of(name: str, types: Mapping[str, AttributeType]) -> str:
    """The title of an attribute: as defined, or made from its name."""
    return types[name].title if name in types else name.replace("_", " ").capitalize()


async def _reviews(frame: PageContext, view: ProductView) -> str:
    """Render a page of reviews in the requested order and rating."""
    parameters = frame.request.query_params
    order: Order = next((one for one in ORDERS if one == parameters.get("order")), "helpful")
    stars = next((n for n in range(1, 6) if str(n) == parameters.get("stars")), 0)
    page = parameters.get("page", "1")
    number = min(max(digits_or(page, 1), 1), MOST_PAGES)
    counts = (await frame.reviews.histogram(view.id)).counts
    total = counts[stars - 1] if stars else sum(counts)

    variant = [urlencode({"variant": parameters["variant"]})] if "variant" in parameters else []

    def at(**changed: object) -> str:
        filters = {"order": order if order != "helpful" else "", "stars": stars or "", "page": "", **changed}
        query = "&".join([*variant, *(f"{name}={value}" for name, value in filters.items() if value)])
        return f"/p/{view.slug}?{query}#reviews"

    return render.fragment(
        "storefront/templates/reviews.html",
        rating=view.rating,
        reviews=await frame.reviews.review_page(view.id, order, stars, number),
        histogram=[
            {
                "stars": n,
                "count": counts[n - 1],
                "share": round(100 * counts[n - 1] / max(sum(counts), 1)),
                "href": at(stars="" if n == stars else n),
                "chosen": n == stars,
            }
            for n in range(5, 0, -1)
        ],
        count=sum(counts),
        total=total,
        stars=stars,
        orders=[{"title": _(title), "href": at(order=one), "chosen": one == order} for one, title in ORDERS.items()],
        everything=at(stars=""),
        previous_page=at(page=number - 1) if number > 1 else "",
        next_page=at(page=number + 1) if number * REVIEWS_A_PAGE < total else "",
        signed_in=frame.caller.user_id is not None,
        shop=frame.settings.shop_name,
    )


def named(view: ProductView) -> dict[str, Any]:
    """The product data that the page frame uses."""
    return {
        "id": view.id,
        "slug": view.slug,
        "title": view.title,
        "brand": view.brand,
        "categories": render.plain(view.categories[:1]),
        "seo_title": view.seo_title,
        "seo_description": view.seo_description,
    }


def pictures(view: ProductView, variant: dict[str, Any] | None) -> list[Media]:
    """The pictures, the chosen variant's first."""
    own = variant.get("media", "") if variant else ""
    return sorted(view.media, key=lambda media: bool(own) and media.url != own)


def choice(
    view: ProductView, variant_id: str, wanted: dict[str, str], types: Mapping[str, AttributeType]
) -> dict[str, Any]:
    """The chosen variant, and for each option value its URL, marked if unavailable."""
    variants = view.variants
    chosen_one = next((one for one in variants if one.id == variant_id), None)
    if chosen_one is None:
        fits = [
            one
            for one in variants
            if all(one.options.get(name) == wanted[name] for name in one.options if name in wanted)
        ]
        pool = fits or variants
        chosen_one = next((one for one in pool if one.available > 0), pool[0] if pool else None)
    options = []
    for option in view.options:
        values = []
        known = types.get(name_key(option.name))
        for value in option.values:
            target = {**(chosen_one.options if chosen_one else {}), option.name: value}
            exact = next((one for one in variants if one.options == target), None)
            near = exact or next((one for one in variants if one.options.get(option.name) == value), None)
            values.append(
                {
                    "title": value,
                    "swatch": known.swatches.get(value, "") if known else "",
                    "selected": chosen_one is not None and chosen_one.options.get(option.name) == value,
                    "href": f"/p/{view.slug}?variant={near.id}" if near else "",
                    "available": near is not None and near.available > 0,
                }
            )
        options.append({"name": option.name, "values": values, "colour": option.name.casefold() in {"color", "colour"}})
    variant = render.plain(chosen_one) if chosen_one else None
    if chosen_one and variant is not None:
        variant["on_shelf"] = chosen_one.available - chosen_one.backorder
    return {"variant": variant, "options": options}


def json_ld(view: ProductView, url: str) -> str:
    """The product for search engines (schema.org Product); "<" is escaped so that it cannot end the script."""
    page = f"{url}/p/{quote(view.slug)}"
    offers = [
        {
            "@type": "Offer",
            "sku": variant.sku,
            "price": major(variant.price),
            "priceCurrency": variant.price.currency,
            "availability": f"https://schema.org/{_availability(variant)}",
            "url": f"{page}?variant={variant.id}",
        }
        for variant in view.variants
        if variant.price
    ]
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": view.title,
        "brand": {"@type": "Brand", "name": view.brand},
        "image": [url + media.url if media.url.startswith("/") else media.url for media in view.media],
        "offers": offers,
    }
    if view.rating.count:
        data["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": view.rating.average,
            "reviewCount": view.rating.count,
        }
    return msgspec.json.encode(data).decode().replace("<", "\\u003c")


def _availability(variant: VariantView) -> str:
    if not variant.available:
        return "OutOfStock"
    return "BackOrder" if variant.backorder == variant.available else "InStock"


@post("/p/{slug:str}/reviews", opt=allow(signed_in), include_in_schema=False, status_code=200)
async def review(frame: FrameDep, slug: FromPath[str]) -> Response[bytes] | Redirect:
    """Review a purchased product."""
    reviews, caller = frame.reviews, frame.caller
    form = await form_of(frame.request)
    if errors := needed(form, {"rating": gettext_noop("Your rating"), "title": gettext_noop("Title of your review")}):
        return await show_product(frame, slug, {"at": "review", "errors": errors, "typed": form}, 422)
    rating = form["rating"]
    new = NewReview(rating=digits_or(rating, 0), title=form.get("title", ""), body=form.get("body", ""))
    try:
        await reviews.write(form.get("product_id", ""), new, caller)
    except ShopError as error:
        errors = complaints(error) or {"": error.detail}
        return await show_product(frame, slug, {"at": "review", "errors": errors, "typed": form}, status_of(error)[0])
    return Redirect(f"/p/{slug}#reviews", status_code=303)


@post("/p/{slug:str}/votes", opt=allow(signed_in), include_in_schema=False, status_code=200)
async def vote(frame: FrameDep, slug: FromPath[str]) -> Redirect:
    """Mark a review as helpful."""
    form = await form_of(frame.request)
    await frame.reviews.vote(form.get("review", ""), frame.caller)
    return Redirect(f"/p/{slug}#reviews", status_code=303)


HANDLERS: list[Any] = [product, review, vote]
