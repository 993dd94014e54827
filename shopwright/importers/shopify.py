"""Shopify's product export: rows of one handle form a product; later rows have more variants, or only a picture."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

import msgspec

from shopwright.importers.draft import (
    UNLIMITED,
    Draft,
    DraftImage,
    DraftVariant,
    FileInfo,
    ImportIssue,
    Row,
    RowError,
    RowGroup,
    Rows,
    split_list,
)
from shopwright.importers.meanings import SHOPIFY
from shopwright.importers.values import attribute_value, flag, noted, readable, refused, shown, unknown_word
from shopwright.kit.digits import is_number
from shopwright.kit.tax_classes import GIFT_CARD
from shopwright.kit.text import slugify
from shopwright.kit.translation import gettext as _

OPTIONS = ("1", "2", "3")
VALUE_OF = {n: f"option{n}_value" for n in OPTIONS}
NAME_OF = {n: f"option{n}_name" for n in OPTIONS}
DEFAULT = {"default title"}
PLACE, MARKET, ATTRIBUTE = "location: ", "market: ", "attribute: "
CONTINUES = {"continue": True, "deny": False, "": False}


class Shopify:
    """The importer."""

    format = SHOPIFY

    def group_rows(self, rows: Iterable[Row]) -> Iterator[tuple[Row, RowGroup | ImportIssue]]:
        current = ""
        for number, row in rows:
            handle = row.get("handle", "")
            if not handle and row.get("title"):
                handle = slugify(readable(row["title"]))
            handle = handle or current
            if handle:
                current = handle
                yield (number, row), RowGroup(handle)
            else:
                yield (number, row), refused(number, "", "has neither handle nor title, and no product stands above it")

    def product(self, group: Sequence[Row], rows: Rows, reading: FileInfo) -> Iterator[Draft | ImportIssue]:  # noqa: ARG002 -- its rows stand together
        head = next((row for _, row in group if row.get("title")), None)
        handle = next((row["handle"] for _, row in group if row.get("handle")), "")
        if head is None:
            yield from (refused(number, handle, "belongs to a product without a title", handle) for number, _ in group)
            return
        if not handle:
            handle = slugify(readable(head["title"]))
            yield noted(group[0][0], handle, "has no handle; one was made from its title")
        source = f"shopify/{handle}"
        names = yield from _option_names(handle, group)
        variants: dict[tuple[str, ...], DraftVariant] = {}
        rows_used: list[int] = []
        for number, row in group:
            if not _has_variant(row):
                rows_used.append(number)  # carries only an image, or text
                continue
            try:
                variant, issues = _variant(handle, number, row, names, reading)
            except RowError as doubt:
                yield refused(number, handle, f"{doubt}")
                continue
            key = tuple(variant.options.values())
            if key in variants:
                problem = f"is the same variant as row {variants[key].row}: {' / '.join(key) or 'no options'}"
                yield refused(number, handle, problem)
                continue
            variants[key] = variant
            rows_used.append(number)
            yield from issues
        if not variants:
            yield from (refused(number, handle, "has no variant that could be sold", source) for number, _ in group)
            return
        markets = (
            [value for key, value in head.items() if key.startswith(MARKET) and value] if reading.has(MARKET) else []
        )
        yield from _doubts_about_showing(group[0][0], handle, head, markets)
        draft = _draft(handle, head, group, rows_used, list(names.values()), list(variants.values()))
        yield msgspec.structs.replace(
            draft, published=_published(head, markets), attributes={**_attributes(group, reading), **draft.attributes}
        )

    def orphan(self, row: Row) -> ImportIssue:
        """The issue of a row whose product is missing."""
        return refused(row[0], "", "belongs to what is not in this file")


def _has_variant(row: Mapping[str, str]) -> bool:
    return bool(row.get("price") or row.get("sku") or any(row.get(key) for key in VALUE_OF.values()))


def _option_names(handle: str, group: Sequence[Row]) -> Generator[ImportIssue, None, dict[str, str]]:
    """The options by number. “Default Title” as the only value means none."""
    values = {n: {row[key] for _, row in group if row.get(key)} for n, key in VALUE_OF.items()}
    used = [n for n in OPTIONS if values[n]]
    if len(used) == 1 and {one.casefold() for one in values[used[0]]} == DEFAULT:
        return {}
    names: dict[str, str] = {}
    for n in used:
        name = next((readable(row[NAME_OF[n]]) for _, row in group if row.get(NAME_OF[n])), "")
        if not name:
            name = f"Option {n}"
            yield noted(group[0][0], handle, f"its option {n} has no name; it is called “{name}”")
        if name in names.values():
            yield noted(group[0][0], handle, f"two of its options are called “{name}”; one is called “{name} {n}”")
            name = f"{name} {n}"
        names[n] = name
    return names


def _variant(
    handle: str, number: int, row: Mapping[str, str], names: Mapping[str, str], reading: FileInfo
) -> tuple[DraftVariant, list[ImportIssue]]:
    """The variant of a row, with issues. Raises RowError."""
    numbers, issues = reading.numbers, []
    options = {name: readable(row.get(VALUE_OF[n], "")) for n, name in names.items()}
    if missing := [name for name, value in options.items() if not value]:
        raise RowError(_("does not say its {names}", names=", ".join(missing)))
    listed = numbers.price(row.get("price", ""))
    if listed is None:
        raise RowError(_("has no price, so it cannot be sold"))
    on_hand = _stock(row, reading)
    if on_hand is not None and on_hand < 0:
        issues.append(noted(number, handle, f"stock set to 0: the file says {on_hand}"))
        on_hand = 0
    compare_at, weight = None, 0
    try:
        compare_at = numbers.price(row.get("compare_at", ""))
    except RowError as doubt:
        issues.append(noted(number, handle, f"compare-at price left out: {doubt}"))
    try:
        weight = (
            numbers.grams(row["grams"], "g")
            if row.get("grams")
            else numbers.grams(row.get("weight", ""), row.get("weight_unit", "") or "kg")
        )
    except RowError as doubt:
        issues.append(noted(number, handle, f"weight left out: {doubt}"))
    cost, why = numbers.cost(row.get("cost", ""))
    if why:
        issues.append(noted(number, handle, why))
    return DraftVariant(
        row=number,
        sku=row.get("sku", "").lstrip("'"),
        options=options,
        price=listed,
        compare_at=compare_at if compare_at and compare_at.amount > listed.amount else None,
        cost=cost,
        on_hand=on_hand,
        backorder=UNLIMITED if _goes_on_selling(row, issues, number, handle) else 0,
        weight=weight,
        barcode=row.get("barcode", "").lstrip("'"),
        image=row.get("variant_image", ""),
    ), issues


def _goes_on_selling(row: Mapping[str, str], issues: list[ImportIssue], number: int, handle: str) -> bool:
    policy = row.get("policy", "").casefold()
    if policy in CONTINUES:
        return CONTINUES[policy]
    try:
        return bool(flag(policy))
    except RowError:
        issues.append(noted(number, handle, f"is not sold beyond its stock: “{policy}” is neither continue nor deny"))
        return False


def _stock(row: Mapping[str, str], reading: FileInfo) -> int | None:
    """The count, or None if not counted. Raises RowError."""
    locations = [row[key] for key in row if key.startswith(PLACE) and row[key]] if reading.has(PLACE) else []
    if locations:
        return sum(reading.numbers.count(one) or 0 for one in locations)
    counted = reading.numbers.count(row.get("stock", ""))
    tracked = bool(row.get("tracker")) or "tracker" not in reading.columns
    if counted is None:
        return reading.stock if tracked else None
    return counted if tracked or counted > 0 else None


def _published(head: Mapping[str, str], markets: Sequence[str]) -> bool:
    states = [shown(head.get(key, "")) for key in ("published", "status")]
    return False not in states and (not markets or any(shown(one) for one in markets))


def _attributes(group: Sequence[Row], reading: FileInfo) -> dict[str, str]:
    if not reading.has(ATTRIBUTE):
        return {}
    return {
        key.removeprefix(ATTRIBUTE): readable(attribute_value(value))
        for _, row in reversed(group)
        for key, value in row.items()
        if key.startswith(ATTRIBUTE) and value
    }


def _doubts_about_showing(
    number: int, handle: str, head: Mapping[str, str], markets: Sequence[str]
) -> Iterator[ImportIssue]:
    for key in ("published", "status"):
        if unknown_word(text := head.get(key, "")):
            yield noted(number, handle, f"is imported as a draft: nobody knows what {key} “{text[:40]}” is")
    if markets and not any(shown(one) for one in markets):
        yield noted(number, handle, "is in no market there; it is imported as a draft")


def _draft(
    handle: str,
    head: Mapping[str, str],
    group: Sequence[Row],
    rows_used: list[int],
    options: list[str],
    variants: list[DraftVariant],
) -> Draft:
    images: dict[str, DraftImage] = {}
    for _number, row in sorted(group, key=lambda one: _position(one[1])):
        for key in ("image", "variant_image"):
            if (url := row.get(key, "")).startswith(("http://", "https://")):
                images.setdefault(url, DraftImage(url, readable(row.get("image_alt", ""))))
    kind, taxonomy = readable(head.get("type", "")), readable(head.get("category", ""))
    path = (kind,) if kind else tuple(part.strip() for part in taxonomy.split(">") if part.strip())
    return Draft(
        source=f"shopify/{handle}",
        old_path=f"/products/{handle}",
        rows=tuple(rows_used),
        title=readable(head["title"]),
        slug=handle,
        description=head.get("description", ""),
        brand=readable(head.get("brand", "")),
        categories=(path,) if path else (),
        tags=tuple(readable(tag) for tag in split_list(head.get("tags", ""))),
        attributes={"Product category": taxonomy} if kind and taxonomy else {},
        options=tuple(options),
        variants=tuple(variants),
        images=tuple(images.values()),
        tax_class=_tax_class(head),
        seo_title=readable(head.get("seo_title", "")),
        seo_description=readable(head.get("seo_description", "")),
    )


def _tax_class(head: Mapping[str, str]) -> str:
    """The tax class of a product: that of gift cards, which are taxed when they are spent, or of goods."""
    if head.get("gift_card", "").casefold() not in {"", "false", "0", "no"}:
        return GIFT_CARD
    return "zero" if head.get("taxable", "").casefold() in {"false", "no", "0", "falsch"} else "standard"


def _position(row: Mapping[str, str]) -> int:
    text = row.get("image_position", "")
    return int(text) if is_number(text) else 999
