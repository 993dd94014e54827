"""Rules of collections. Pure functions."""

from collections.abc import Mapping

from shopwright.kit.errors import Invalid
from shopwright.kit.text import slugify
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog.contract import Collection, Condition, Product, Value

MOST_CONDITIONS = 20


def check(collection: Collection, most_by_hand: int) -> None:
    """Check a collection. Raises Invalid."""
    if not collection.title.strip() or not slugify(collection.slug):
        raise Invalid.at("/title", _("A collection needs a title and a slug."))
    if collection.kind == "rules" and not 1 <= len(collection.conditions) <= MOST_CONDITIONS:
        raise Invalid.at(
            "/conditions",
            _("A collection by rules has 1 to {most_conditions} conditions.", most_conditions=MOST_CONDITIONS),
        )
    if collection.kind == "manual" and collection.conditions:
        raise Invalid.at("/conditions", _("A manual collection has no conditions; set kind to rules."))
    if len(collection.product_ids) > most_by_hand:
        raise Invalid.at(
            "/product_ids",
            _("A collection chosen by hand has at most {most_by_hand} products.", most_by_hand=most_by_hand),
        )
    for number, one in enumerate(collection.conditions):
        if one.field == "attribute" and not one.name:
            raise Invalid.at(f"/conditions/{number}/name", _("Name the attribute."))
        if one.operator in {"at_least", "at_most"} and not _is_number(one.value):
            raise Invalid.at(
                f"/conditions/{number}/value", _("{operator} compares with a number.", operator=one.operator)
            )


def _is_number(value: Value | None) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def belongs(collection: Collection, product: Product, slugs: Mapping[str, str]) -> bool:
    """Whether the product is in the collection. `slugs`: of categories, by id."""
    if collection.kind == "manual":
        return product.id in collection.product_ids
    results = [meets(one, product, slugs) for one in collection.conditions]
    return all(results) if collection.match == "all" else any(results)


def meets(condition: Condition, product: Product, slugs: Mapping[str, str]) -> bool:
    """Whether the product meets the condition."""
    values = _values(condition, product, slugs)
    wanted = condition.value
    if condition.operator == "is_not":
        return not any(_same(value, wanted) for value in values)
    if condition.operator == "is":
        return any(_same(value, wanted) for value in values)
    if condition.operator == "contains":
        return any(str(wanted).casefold() in str(value).casefold() for value in values)
    numbers = [float(value) for value in values if _is_number(value)]
    if condition.operator == "at_least":
        return any(number >= float(wanted) for number in numbers)
    return any(number <= float(wanted) for number in numbers)


def _same(value: Value, wanted: Value) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return value.casefold() == wanted.casefold()
    return (type(value) is type(wanted) and value == wanted) or (
        _is_number(value) and _is_number(wanted) and value == wanted
    )


def _values(condition: Condition, product: Product, slugs: Mapping[str, str]) -> list[Value]:
    if condition.field == "attribute":
        found = product.attributes.get(condition.name)
        return [] if found is None else [found]
    known: Mapping[str, list[Value]] = {
        "title": [product.title],
        "brand": [product.brand],
        "tag": list(product.tags),
        "category": [slugs[one] for one in product.category_ids if one in slugs],
        "type": [product.type],
    }
    return known[condition.field]
