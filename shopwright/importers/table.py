"""Any other product table, once its columns are known: a product per row, or several rows with options."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from shopwright.importers.draft import (
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
from shopwright.importers.meanings import TABLE
from shopwright.importers.values import noted, readable, refused, shown, unknown_word
from shopwright.kit.translation import gettext as _

OPTIONS = tuple(str(number) for number in range(1, 6))


class TableImporter:
    """The importer."""

    format = TABLE

    def group_rows(self, rows: Iterable[Row]) -> Iterator[tuple[Row, RowGroup | ImportIssue]]:
        for number, row in rows:
            if key := _key(row):
                yield (number, row), RowGroup(key)
            else:
                yield (number, row), refused(number, "", "has no title, SKU or other name")

    def product(self, group: Sequence[Row], rows: Rows, reading: FileInfo) -> Iterator[Draft | ImportIssue]:  # noqa: ARG002 -- its rows stand together
        number, head = group[0]
        key, title = _key(head), readable(head.get("title", ""))
        source = f"table/{key}"
        if not title:
            yield from (refused(at, key, "has no title", source) for at, _ in group)
            return
        names = {n: next((row[f"option{n}_name"] for _, row in group if row.get(f"option{n}_name")), f"Option {n}")
                 for n in OPTIONS if any(row.get(f"option{n}_value") for _, row in group)}  # fmt: skip
        variants: dict[tuple[str, ...], DraftVariant] = {}
        rows_used: list[int] = []
        for at, row in group:
            options = {readable(name): readable(row.get(f"option{n}_value", "")) for n, name in names.items()}
            chosen = tuple(options.values())
            if chosen in variants:
                yield refused(at, title, f"is the same product as row {variants[chosen].row}")
                continue
            try:
                variants[chosen] = _variant(at, row, options, reading)
            except RowError as doubt:
                yield refused(at, title, f"{doubt}", "" if len(group) > 1 else source)
                continue
            if why := reading.numbers.cost(row.get("cost", ""))[1]:
                yield noted(at, title, why)
            rows_used.append(at)
        if not variants:
            return
        for cell in ("published", "visibility", "status"):
            if unknown_word(head.get(cell, "")):
                yield noted(number, title, f"is imported as a draft: nobody knows what {cell} “{head[cell][:40]}” is")
        yield _draft(source, head, tuple(rows_used), tuple(names.values()), tuple(variants.values()))

    def orphan(self, row: Row) -> ImportIssue:
        """The issue of a row whose product is missing."""
        return refused(row[0], "", "belongs to what is not in this file")


def _key(row: Mapping[str, str]) -> str:
    return next((row[key] for key in ("parent", "handle", "id", "sku", "title") if row.get(key)), "")


def _variant(number: int, row: Mapping[str, str], options: dict[str, str], reading: FileInfo) -> DraftVariant:
    """The variant of a row. Raises RowError."""
    numbers = reading.numbers
    if missing := [name for name, value in options.items() if not value]:
        raise RowError(_("does not say its {names}", names=", ".join(missing)))
    if (currency := row.get("currency", "").upper()) and currency != numbers.currency:
        raise RowError(
            _(
                "is priced in {currency}, and this shop sells in {own_currency}",
                currency=currency,
                own_currency=numbers.currency,
            )
        )
    listed, before = numbers.price(row.get("price", "")), numbers.price(row.get("compare_at", ""))
    if listed is None:
        raise RowError(_("has no price, so it cannot be sold"))
    counted = numbers.count(row.get("stock", ""))
    return DraftVariant(
        row=number,
        sku=row.get("sku", "").lstrip("'"),
        options=options,
        price=listed,
        compare_at=before if before and before.amount > listed.amount else None,
        cost=numbers.cost(row.get("cost", ""))[0],
        on_hand=reading.stock if counted is None else max(counted, 0),
        weight=numbers.grams(row.get("weight", ""), reading.weight_unit or "kg"),
        barcode=row.get("barcode", "").lstrip("'"),
        image=next(iter(_addresses(row)), ""),
    )


def _addresses(row: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(part.strip() for part in re.split(r"[,;|\s]+(?=https?://)", row.get("images", "")) if part.strip())


def _draft(
    source: str,
    row: Mapping[str, str],
    rows: tuple[int, ...],
    options: tuple[str, ...],
    variants: tuple[DraftVariant, ...],
) -> Draft:
    title = readable(row["title"])
    paths = [
        re.split(r"\s*>\s*|\s*/\s*", path) for path in re.split(r"[;|]", row.get("categories", "")) if path.strip()
    ]
    text = row.get("description", "") or row.get("short_description", "")
    return Draft(
        source=source,
        rows=rows,
        title=title,
        slug=row.get("handle", "") or title,
        description=text if "<" in text else text.replace("\n", "<br>"),
        brand=readable(row.get("brand", "")),
        published=False not in [shown(row.get(key, "")) for key in ("published", "visibility", "status")],
        categories=tuple(dict.fromkeys(tuple(readable(part) for part in path if part.strip()) for path in paths)),
        tags=split_list(row.get("tags", "")),
        attributes={key.removeprefix("attribute: "): readable(value) for key, value in row.items() if key.startswith("attribute: ") and value},
        options=tuple(readable(name) for name in options),
        variants=variants,
        images=tuple(DraftImage(url, title) for url in _addresses(row)),
        seo_title=readable(row.get("seo_title", "")),
        seo_description=readable(row.get("seo_description", "")),
    )  # fmt: skip
