"""Rules of the catalog: slugs, clean text, variants that match their options, states."""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec

from shopwright.kit.codes import check_sku
from shopwright.kit.errors import Invalid, Problem
from shopwright.kit.states import States
from shopwright.kit.text import slugify
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog.contract import Option, Product, ProductInput, Status, Variant, VariantInput

STATES: States[Status] = States(
    "product",
    {
        "draft": frozenset({"scheduled", "published", "retired"}),
        "scheduled": frozenset({"draft", "published", "retired"}),
        "published": frozenset({"draft", "retired"}),
        "retired": frozenset({"draft", "scheduled", "published"}),
    },
)
MOST_VARIANTS = 2_048
MOST_OPTIONS = 5
LONGEST_TITLE = 255
LONGEST_TEXT = 100_000


def with_sku_forms(new: ProductInput) -> ProductInput:
    """Normalise SKUs. Raises Invalid."""
    skus = [check_sku(one.sku, f"/variants/{number}/sku") for number, one in enumerate(new.variants)]
    if all(one.sku == sku for one, sku in zip(new.variants, skus, strict=True)):
        return new
    variants = (msgspec.structs.replace(one, sku=sku) for one, sku in zip(new.variants, skus, strict=True))
    return msgspec.structs.replace(new, variants=tuple(variants))


def check(typed: ProductInput) -> ProductInput:
    """Return the normalised product. Raises Invalid with all errors."""
    new = with_sku_forms(typed)
    check_rest(new)
    return new


def check_rest(new: ProductInput) -> None:
    """Check a product with normalised SKUs. Raises Invalid with all errors."""
    problems = []
    if not new.title.strip():
        problems.append(Problem("/title", "required", _("A product needs a title.")))
    if len(new.title) > LONGEST_TITLE:
        problems.append(
            Problem(
                "/title", "too_long", _("A title has at most {longest_title} characters.", longest_title=LONGEST_TITLE)
            )
        )
    if len(new.description) > LONGEST_TEXT:
        problems.append(
            Problem(
                "/description",
                "too_long",
                _("A description has at most {longest_text} characters.", longest_text=LONGEST_TEXT),
            )
        )
    if len(new.options) > MOST_OPTIONS:
        problems.append(
            Problem(
                "/options", "too_many", _("A product has at most {most_options} options.", most_options=MOST_OPTIONS)
            )
        )
    if len(new.variants) > MOST_VARIANTS:
        problems.append(
            Problem(
                "/variants",
                "too_many",
                _("A product has at most {most_variants} variants.", most_variants=MOST_VARIANTS),
            )
        )
    if not new.variants and math.prod(len(option.values) for option in new.options) > MOST_VARIANTS:
        message = _(
            "These options make more than {most_variants} variants, which is the most a product has.",
            most_variants=MOST_VARIANTS,
        )
        problems.append(Problem("/options", "too_many", message))
    names = [option.name for option in new.options]
    if len(set(names)) < len(names):
        problems.append(Problem("/options", "duplicate", _("Two options have the same name.")))
    if new.status == "scheduled" and new.publish_at is None:
        problems.append(Problem("/publish_at", "required", _("Enter when the scheduled product is to be published.")))
    problems += _variant_problems(new, names)
    if problems:
        raise Invalid(" ".join(problem.detail for problem in problems), problems=tuple(problems))


def _variant_problems(new: ProductInput, names: Sequence[str]) -> list[Problem]:
    problems = []
    seen: dict[tuple[str, ...], int] = {}
    skus: dict[str, int] = {}
    for number, variant in enumerate(new.variants):
        pointer = f"/variants/{number}"
        if set(variant.options) != set(names):
            wanted = ", ".join(names) or "none"
            problems.append(
                Problem(
                    f"{pointer}/options",
                    "invalid",
                    _("Variant {number} needs {wanted}.", number=number + 1, wanted=wanted),
                )
            )
            continue
        values = tuple(variant.options[name] for name in names)
        if values in seen:
            problems.append(
                Problem(
                    pointer,
                    "duplicate",
                    _(
                        "Variants {first} and {second} are the same: {options}.",
                        first=seen[values] + 1,
                        second=number + 1,
                        options=" / ".join(values) or "no options",
                    ),
                )
            )
        if variant.sku and variant.sku in skus:
            problems.append(
                Problem(
                    f"{pointer}/sku",
                    "duplicate",
                    _(
                        "Variants {value} and {number} have the same SKU {sku}.",
                        value=skus[variant.sku] + 1,
                        number=number + 1,
                        sku=variant.sku,
                    ),
                )
            )
        if variant.weight < 0:
            problems.append(Problem(f"{pointer}/weight", "invalid", _("A weight is not negative (grams).")))
        seen[values] = number
        skus[variant.sku] = number
    return problems


def options_of(new: ProductInput) -> tuple[Option, ...]:
    """The options with all values used by variants, in order of appearance."""
    return tuple(
        Option(
            option.name,
            tuple(dict.fromkeys([*option.values, *(variant.options[option.name] for variant in new.variants)])),
        )
        for option in new.options
    )


def variants_of(new: ProductInput, old: Product, new_id: Callable[[Mapping[str, str]], str]) -> tuple[Variant, ...]:
    """Variants with ids: existing ones are matched by id, SKU or options; others get a `new_id`.

    A removed variant returns under its former id when its id or SKU does.
    """
    slug, before = old.slug, old.variants
    inputs = new.variants or tuple(all_combinations(new.options))
    by_id = {variant.id: variant for variant in (*old.removed, *before)}
    by_sku = {variant.sku: variant for variant in (*old.removed, *before)}
    by_options = {tuple(sorted(variant.options.items())): variant for variant in before}
    made = []
    for one in inputs:
        known = (
            by_id.get(one.id)
            or (by_sku.get(one.sku) if one.sku else None)
            or by_options.get(tuple(sorted(one.options.items())))
        )
        values = [one.options[option.name] for option in new.options]
        made.append(
            Variant(
                id=known.id if known else new_id(one.options),
                sku=one.sku or (known.sku if known else _make_sku(slug, values)),
                title=one.title or " / ".join(values) or new.title,
                options=one.options,
                barcode=one.barcode,
                weight=one.weight,
                media=one.media,
            )
        )
    return tuple(made)


def moved(moves: Sequence[tuple[Product, Status]], now: datetime) -> list[Product]:
    """Return the products in their new status. Raises IllegalMove."""
    return [
        msgspec.structs.replace(
            old,
            status=status if status == old.status else STATES.move(old.status, status),
            updated_at=now,
            published_at=old.published_at or (now if status == "published" else None),
        )
        for old, status in moves
    ]


def taken_out(old: Product, variants: Sequence[Variant]) -> tuple[Variant, ...]:
    """Former variants of the product, kept for ever, as stock and orders refer to them."""
    here = {variant.id for variant in variants}
    return tuple(one for one in (*old.removed, *old.variants) if one.id not in here)


def all_combinations(options: Sequence[Option]) -> list[VariantInput]:
    """A variant for each combination of option values."""
    names = [option.name for option in options]
    return [
        VariantInput(options=dict(zip(names, values, strict=True)))
        for values in itertools.product(*(o.values for o in options))
    ]


def _make_sku(slug: str, values: Sequence[str]) -> str:
    return "-".join(slugify(part) for part in (slug, *values)).upper()
