"""Index entries from products and offers, and facets from counted tokens."""

from collections.abc import Mapping, Sequence

import msgspec

from shopwright.kit.money import Money
from shopwright.kit.ports import IndexDocument, SearchFound
from shopwright.kit.text import name_key, plain_text
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import ngettext
from shopwright.services.catalog.contract import AttributeType, Category, Product, written
from shopwright.services.search.contract import Card, Facet, FacetValue, Rating, SearchRequest

STARS = (4, 3, 2, 1)
MOST_VALUES = 40
COLOUR_NAMES = {"color", "colour", "farbe"}


class IndexEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A product without its frequently changing data."""

    id: str
    slug: str
    title: str
    brand: str
    words: str
    terms: tuple[str, ...]
    image: str
    image_alt: str
    second_image: str
    swatches: tuple[str, ...]
    colours: tuple[str, ...] = ()
    variant_id: str
    published: int


class IndexOffer(msgspec.Struct, frozen=True, kw_only=True):
    """Price and availability of a variant."""

    price: Money | None
    compare_at: Money | None
    available: int


def option_name(name: str) -> str:
    """The facet name of an option or attribute: "Seat height" → "seat_height"."""
    return name_key(name)


def entry(
    product: Product, above: Sequence[Category], collections: Sequence[str], types: Mapping[str, AttributeType]
) -> IndexEntry:
    """The index entry. `above`: the product's categories and their ancestors; `collections`: slugs."""
    options = {option_name(option.name): option.values for option in product.options}
    attributes = {name: (written(value, types.get(name)),) for name, value in product.attributes.items()}
    narrowing = {name: values for name, values in attributes.items() if name not in types or types[name].filterable}
    terms = [f"category={category.slug}" for category in above]
    terms += [f"collection={slug}" for slug in collections]
    terms += [f"brand={product.brand}"] if product.brand else []
    terms += [f"attr.{name}={value}" for name, values in (narrowing | options).items() for value in values]
    coloured, colours = next(((name, values) for name, values in options.items() if name in COLOUR_NAMES), ("", ()))
    swatches = types[coloured].swatches if coloured in types else {}
    pictures = product.media
    return IndexEntry(
        id=product.id,
        slug=product.slug,
        title=product.title,
        brand=product.brand,
        words=" ".join(
            [
                *(category.title for category in above),
                *product.tags,
                *(value for values in (attributes | options).values() for value in values),
                *(variant.sku for variant in product.variants),
                plain_text(product.description)[:4000],
            ]
        ),
        terms=tuple(dict.fromkeys(terms)),
        image=pictures[0].url if pictures else "",
        image_alt=pictures[0].alt if pictures else "",
        second_image=pictures[1].url if len(pictures) > 1 else "",
        swatches=tuple(colours),
        colours=tuple(swatches[one] for one in colours if one in swatches),
        variant_id=product.variants[0].id if len(product.variants) == 1 else "",
        published=int(product.published_at.timestamp()) if product.published_at else 0,
    )


def card(known: IndexEntry, offers: Sequence[IndexOffer], rating: Rating) -> Card:
    """The card of a product: the lowest price of available variants, else of all."""
    priced = [offer for offer in offers if offer.price is not None]
    can_be_had = [offer for offer in priced if offer.available > 0] or priced
    best = min(can_be_had, key=lambda offer: offer.price.amount if offer.price else 0, default=None)
    return Card(
        id=known.id,
        slug=known.slug,
        title=known.title,
        brand=known.brand,
        price=best.price if best else None,
        compare_at=best.compare_at if best else None,
        in_stock=any(offer.available > 0 for offer in offers),
        image=known.image,
        image_alt=known.image_alt,
        second_image=known.second_image,
        swatches=known.swatches,
        colours=known.colours,
        rating=rating,
        variant_id=known.variant_id,
        price_varies=len({offer.price for offer in priced}) > 1,
    )


def document(known: IndexEntry, card: Card, sold: int) -> IndexDocument:
    """The document the engine stores."""
    terms = list(known.terms)
    if card.in_stock:
        terms.append("in_stock=true")
    terms += [f"rating={stars}" for stars in STARS if card.rating.count and card.rating.average >= stars]
    return IndexDocument(
        id=known.id,
        title=known.title,
        brand=known.brand,
        words=known.words,
        terms=tuple(terms),
        price=card.price.amount if card.price else 0,
        rating=card.rating.average,
        published=known.published,
        sold=sold,
        card=msgspec.json.encode(card).decode(),
    )


def facets(
    request: SearchRequest, found: SearchFound, categories: Sequence[Category], attributes: Mapping[str, AttributeType]
) -> tuple[Facet, ...]:
    """Facets from counted tokens: category, brand, price, rating, availability, then attributes."""
    counts: dict[str, dict[str, int]] = {}
    for token, count in found.counts.items():
        name, _unused, value = token.partition("=")
        counts.setdefault(name, {})[value] = count
    for name, values in request.chosen.items():
        for value in values:
            counts.setdefault(name, {}).setdefault(value, 0)

    def terms(name: str, title: str, titles: Mapping[str, str], swatches: Mapping[str, str] = {}) -> Facet | None:
        chosen = request.chosen.get(name, ())
        ranked = sorted(counts.get(name, {}).items(), key=lambda item: (item[0] not in chosen, -item[1], item[0]))
        if not ranked:
            return None
        values = tuple(
            FacetValue(value, titles.get(value, value), count, value in chosen, swatches.get(value, ""))
            for value, count in ranked[:MOST_VALUES]
        )
        return Facet(name=name, title=title, kind="terms", values=values)

    made = [
        terms("category", _("Category"), {one.slug: one.title for one in categories}),
        terms("brand", _("Brand"), {}),
    ]
    if found.price_low is not None and found.price_low != found.price_high:
        made.append(Facet(name="price", title=_("Price"), kind="range", low=found.price_low, high=found.price_high))
    if stars := counts.get("rating"):
        levels = tuple(
            FacetValue(
                str(n),
                ngettext("{count} star and up", "{count} stars and up", n),
                stars[str(n)],
                request.rating_min == n,
            )
            for n in STARS
            if str(n) in stars
        )
        made.append(Facet(name="rating_min", title=_("Rating"), kind="terms", values=levels))
    if available := counts.get("in_stock"):
        yes = FacetValue("true", _("In stock"), available.get("true", 0), bool(request.chosen.get("in_stock")))
        made.append(Facet(name="in_stock", title=_("Availability"), kind="boolean", values=(yes,)))
    for name in sorted(name for name in counts if name.startswith("attr.")):
        known = attributes.get(name.removeprefix("attr."))
        title = known.title if known else name.removeprefix("attr.").replace("_", " ").capitalize()
        made.append(terms(name, title, {}, known.swatches if known else {}))
    return tuple(facet for facet in made if facet is not None)
