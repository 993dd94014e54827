"""WooCommerce's product export: variable products and variations are separate rows, linked by Parent."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

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
)
from shopwright.importers.meanings import WOOCOMMERCE
from shopwright.importers.values import flag, noted, on_sale, readable, refused, shown, tax_class, unknown_word
from shopwright.kit.translation import gettext as _

REFUSED = {
    "grouped": "is a group of other products, which are imported by themselves",
    "external": "is sold on another site",
}
DOWNLOADS = "its downloads stay behind; it is sold like something that is sent"
COMMA = re.compile(r"(?<!\\),")
BETWEEN_ADDRESSES = re.compile(r"(?<!\\),\s*(?=https?://)")


class WooCommerce:
    """The importer."""

    format = WOOCOMMERCE

    def group_rows(self, rows: Iterable[Row]) -> Iterator[tuple[Row, RowGroup | ImportIssue]]:
        begun: dict[str, int] = {}
        for number, row in rows:
            kinds, name = _kinds(row), readable(row.get("title", ""))
            key = row.get("id") or row.get("sku") or name
            why = next((why for kind, why in REFUSED.items() if kind in kinds), "")
            if "variation" in kinds:
                yield (number, row), RowGroup(row.get("parent", ""), part=True)
            elif why or not name:
                yield (
                    (number, row),
                    refused(number, name or row.get("sku", ""), why or "has no name", f"woocommerce/{key}"),
                )
            elif key in begun:
                yield (number, row), refused(number, name, f"has the same ID as row {begun[key]}")
            else:
                begun[key] = number
                names = tuple(one for one in (row.get("sku", ""), f"id:{row.get('id', '')}") if one)
                yield (number, row), RowGroup(f"product {key}", names=names)

    def product(self, group: Sequence[Row], rows: Rows, reading: FileInfo) -> Iterator[Draft | ImportIssue]:
        number, row = group[0]
        name, key = readable(row["title"]), row.get("id") or row.get("sku") or readable(row["title"])
        source = f"woocommerce/{key}"
        below = rows.below([one for one in (row.get("sku", ""), f"id:{row.get('id', '')}") if one])
        if _kinds(row) & {"downloadable", "virtual"}:
            yield noted(number, name, DOWNLOADS)
        shares = sum(1 for _, one in below if one.get("stock", "").casefold() == "parent")
        options, facts = _options(row, [one for _, one in below])
        variants: dict[tuple[str, ...], DraftVariant] = {}
        rows_used = [number]
        for at, one in below or [(number, row)]:
            try:
                found, issues = _variants(at, one, row, options, reading, shares)
            except RowError as doubt:
                yield refused(at, name, f"{doubt}", "" if below else source)
                continue
            yield from (noted(at, name, issue) for issue in issues)
            fresh = [made for made in found if tuple(made.options.values()) not in variants]
            for made in found:
                chosen = tuple(made.options.values())
                if made not in fresh and fresh:
                    yield noted(at, name, f"{' / '.join(chosen)} stands in row {variants[chosen].row} already")
            if not fresh:
                chosen = tuple(found[0].options.values()) if found else ()
                problem = (
                    f"is the same variant as row {variants[chosen].row}: {' / '.join(chosen)}"
                    if found
                    else "has no value of its own"
                )
                yield refused(at, name, problem)
                continue
            variants |= {tuple(made.options.values()): made for made in fresh}
            rows_used.append(at)
        if not variants:
            if below:
                yield refused(number, name, "has no variant that could be sold", source)
            return
        yield from _doubts(number, name, row)
        yield _draft(
            source, row, tuple(dict.fromkeys(rows_used)), facts, tuple(options), tuple(variants.values()), below
        )

    def orphan(self, row: Row) -> ImportIssue:
        """The issue of a variation whose product is missing."""
        problem = f"its parent “{row[1].get('parent', '')}” is not in this file, or was refused"
        return refused(row[0], readable(row[1].get("title", "")), problem)


def _kinds(row: Mapping[str, str]) -> set[str]:
    return {kind.strip().casefold() for kind in row.get("kind", "").split(",")}


def _values(text: str) -> tuple[str, ...]:
    r"""Split values at commas; commas within values are escaped as \,."""
    parts = (readable(part.replace("\\,", ",")) for part in COMMA.split(text))
    return tuple(dict.fromkeys(part for part in parts if part))


def _addresses(text: str) -> tuple[str, ...]:
    """Split picture URLs, which may contain commas."""
    parts = BETWEEN_ADDRESSES.split(text) if "://" in text else COMMA.split(text)
    return tuple(dict.fromkeys(part.replace("\\,", ",").strip() for part in parts if part.strip()))


def _attributes(row: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    numbers = sorted(int(key[9:-5]) for key in row if key.startswith("attribute") and key.endswith("_name"))
    for number in numbers:
        title = readable(row.get(f"attribute{number}_name", "")).removeprefix("pa_")
        if title:
            found[title] = _values(row.get(f"attribute{number}_values", ""))
    return found


def _options(
    row: Mapping[str, str], below: Sequence[Mapping[str, str]]
) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Options and plain attributes: an attribute named by a variation is an option."""
    own = _attributes(row)
    named = {title.casefold(): title for one in below for title in _attributes(one)}
    chosen = (
        {title: values for title, values in own.items() if title.casefold() in named} if named else own if below else {}
    )
    missing = {title: () for key, title in named.items() if key not in {one.casefold() for one in chosen}}
    facts = {title: ", ".join(values) for title, values in own.items() if title not in chosen and values}
    return chosen | missing, facts


def _variants(
    number: int,
    row: Mapping[str, str],
    parent: Mapping[str, str],
    options: Mapping[str, tuple[str, ...]],
    reading: FileInfo,
    shares: int,
) -> tuple[list[DraftVariant], list[str]]:
    """The variants of a variation; an open attribute stands for every value. Raises RowError."""
    numbers, issues = reading.numbers, []
    if row is not parent and row.get("published", "1") == "0" and parent.get("published", "1") == "1":
        raise RowError(_("is switched off there"))
    period = (row.get("sale_from", ""), row.get("sale_to", ""))
    listed = on_sale(numbers.price(row.get("price", "")), numbers.price(row.get("sale_price", "")), period, reading.now)
    if listed is None:
        raise RowError(_("has no price, so it cannot be sold"))
    if listed.remark:
        issues.append(listed.remark)
    on_hand, backorder = _stock(row, parent, reading, shares, issues)
    weight = 0
    try:
        weight = numbers.grams(row.get("weight", "") or parent.get("weight", ""), reading.weight_unit or "kg")
    except RowError as doubt:
        issues.append(f"weight left out: {doubt}")
    cost, why = numbers.cost(row.get("cost", "") or parent.get("cost", ""))
    issues += [why] if why else []
    own = {title.casefold(): values for title, values in _attributes(row).items()}
    choices = _combinations({title: own.get(title.casefold()) or values for title, values in options.items()})
    sku = row.get("sku", "").lstrip("'")
    low = row.get("low_stock", "")
    return [
        DraftVariant(
            row=number,
            sku=sku if len(choices) == 1 else f"{sku}-{at + 1}".lstrip("-"),
            options=chosen,
            price=listed.price,
            compare_at=listed.compare_at,
            cost=cost,
            on_hand=on_hand,
            backorder=backorder,
            low_at=numbers.count(low) if low else None,
            weight=weight,
            barcode=row.get("barcode", "").lstrip("'"),
            image=next(iter(_addresses(row.get("images", ""))), ""),
        )
        for at, chosen in enumerate(choices)
    ], issues


def _stock(
    row: Mapping[str, str], parent: Mapping[str, str], reading: FileInfo, shares: int, issues: list[str]
) -> tuple[int | None, int]:
    """Units in stock (None: not counted) and the backorder limit. Raises RowError."""
    quantity, there = row.get("stock", ""), row.get("in_stock", "").casefold()
    if quantity.casefold() == "parent":
        parent_stock = max(reading.numbers.count(parent.get("stock", "")) or 0, 0)
        counted: int | None = parent_stock // max(shares, 1)
        issues.append(f"{shares} variants share {parent_stock} units there; each has {counted} here")
    else:
        counted = reading.numbers.count(quantity)
    if counted is not None and counted < 0:
        issues.append(f"stock set to 0: the file says {counted}")
    if counted is None and there not in {"", "backorder"}:
        counted = None if flag(there) else 0
    elif counted is None and "stock" not in reading.columns and not there:
        counted = reading.stock
    backorder_mode = (row.get("backorders", "") or parent.get("backorders", "")).casefold()
    more = (
        there == "backorder"
        or backorder_mode in {"notify", "1", "yes", "true"}
        or (backorder_mode != "parent" and bool(flag(backorder_mode)))
    )
    return (max(counted, 0) if counted is not None else None), UNLIMITED if more else 0


def _combinations(options: Mapping[str, tuple[str, ...]]) -> list[dict[str, str]]:
    chosen: list[dict[str, str]] = [{}]
    for title, values in options.items():
        chosen = [{**one, title: value} for one in chosen for value in values]
    return chosen


def _tax(row: Mapping[str, str]) -> str:
    if row.get("tax_status", "taxable").casefold() in {"none", "shipping"}:
        return "zero"
    return tax_class(row.get("tax_class", ""))


def _doubts(number: int, name: str, row: Mapping[str, str]) -> Iterator[ImportIssue]:
    visible = row.get("visibility", "").casefold()
    if visible == "hidden":
        yield noted(number, name, "is hidden there; it is imported as a draft")
    elif visible in {"catalog", "search"}:
        yield noted(number, name, f"is shown only in the {visible} there; here it is shown everywhere")
    elif unknown_word(visible):
        yield noted(number, name, f"is imported as a draft: nobody knows what visibility “{visible}” is")


def _text(row: Mapping[str, str], key: str) -> str:
    r"""Unescape: \n is a line end, and \\n literal text."""
    return re.sub(r"(?<!\\)\\n", "\n", row.get(key, "")).replace("\\\\n", "\\n")


def _description(row: Mapping[str, str]) -> str:
    text = _text(row, "description") or _text(row, "short_description")
    return text if re.search(r"<(p|br|div|ul|table|h\d)\b", text) else text.replace("\n", "<br>")


def _draft(
    source: str,
    row: Mapping[str, str],
    rows_used: tuple[int, ...],
    facts: Mapping[str, str],
    options: tuple[str, ...],
    variants: tuple[DraftVariant, ...],
    below: Sequence[Row],
) -> Draft:
    name = readable(row["title"])
    paths = (
        tuple(readable(part) for part in path.split(">") if part.strip()) for path in _values(row.get("categories", ""))
    )
    return Draft(
        source=source,
        rows=rows_used,
        title=name,
        slug=row.get("sku", "") or name,
        description=_description(row),
        brand=readable(row.get("brand", "")),
        published=row.get("published", "1") in {"1", ""} and shown(row.get("visibility", "")) is not False,
        categories=tuple(path for path in paths if path),
        tags=_values(row.get("tags", "")),
        attributes=facts,
        options=options,
        variants=variants,
        images=tuple(
            DraftImage(url, name) for one in (row, *(b for _, b in below)) for url in _addresses(one.get("images", ""))
        ),
        tax_class=_tax(row),
        seo_title=readable(row.get("seo_title", "")),
        seo_description=readable(row.get("seo_description", "")),
    )
