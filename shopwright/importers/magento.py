"""Magento 2's product export, and its sample data: simple products, and configurable ones made of them."""

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
    split_list,
)
from shopwright.importers.meanings import MAGENTO
from shopwright.importers.values import noted, on_sale, readable, refused, shown, tax_class, unknown_word
from shopwright.kit.translation import gettext as _

REFUSED = {
    "bundle": "is a bundle of other products, which are imported by themselves",
    "grouped": "is a group of other products, which are imported by themselves",
    "giftcard": "is a gift card: make a product of it here, with a variant for each amount",
}
OURS = {"has_options", "required_options", "activation_code"}
HIDDEN = {"not visible individually", "1"}
ROOT = "default category"


class Magento:
    """The importer."""

    format = MAGENTO

    def group_rows(self, rows: Iterable[Row]) -> Iterator[tuple[Row, RowGroup | ImportIssue]]:
        begun: dict[str, int] = {}
        for number, row in rows:
            sku, name, kind = row.get("sku", ""), readable(row.get("name", "")), _kind(row)
            source = f"magento/{sku}"
            if row.get("store_view"):
                yield (
                    (number, row),
                    refused(
                        number,
                        sku,
                        f"is a translation for the store view {row['store_view']}; translations are not taken",
                    ),
                )
            elif not sku or not name:
                yield (number, row), refused(number, sku or name, "has no SKU or no name")
            elif kind in REFUSED:
                yield (number, row), refused(number, sku, REFUSED[kind], source)
            elif sku in begun:
                yield (number, row), refused(number, sku, f"has the same SKU as row {begun[sku]}")
            else:
                begun[sku] = number
                parts = tuple(one["sku"] for one in _variations(row)) if kind == "configurable" else ()
                yield (number, row), RowGroup(sku, names=(sku,), takes=parts)

    def product(self, group: Sequence[Row], rows: Rows, reading: FileInfo) -> Iterator[Draft | ImportIssue]:
        number, row = group[0]
        kind, name, source = _kind(row), readable(row["name"]), f"magento/{row['sku']}"
        if kind in {"downloadable", "virtual"}:
            yield noted(number, name, "its downloads stay behind; it is sold like something that is sent")
        if unknown_word(row.get("visibility", "")) and row["visibility"] not in {"1", "2", "3", "4"}:
            yield noted(number, name, f"is imported as a draft: nobody knows what visibility “{row['visibility']}” is")
        if kind == "configurable":
            yield from _configurable(number, row, rows, reading, source)
            return
        if hidden := row.get("visibility", "").casefold() in HIDDEN:
            yield noted(number, name, "is not visible by itself there; it is imported as a draft")
        try:
            variant, issues = _variant(number, row, {}, reading)
        except RowError as doubt:
            yield refused(number, name, f"{doubt}", source)
            return
        yield from issues
        yield _draft(row, (number,), (), (variant,), hidden=hidden)

    def orphan(self, row: Row) -> ImportIssue:
        """The issue of a row whose product is missing."""
        return refused(row[0], "", "belongs to what is not in this file")


def _kind(row: Mapping[str, str]) -> str:
    return row.get("kind", "").casefold() or ("configurable" if row.get("variations") else "simple")


def _configurable(
    number: int, row: Mapping[str, str], rows: Rows, reading: FileInfo, source: str
) -> Iterator[Draft | ImportIssue]:
    name, rows_used = readable(row["name"]), [number]
    titles = dict(_pairs(row.get("variation_labels", "")))
    variants: dict[tuple[str, ...], DraftVariant] = {}
    names: tuple[str, ...] = ()
    for choice in _variations(row):
        sku = choice.pop("sku")
        part = rows.named(sku)
        if not part:
            yield noted(number, name, f"its variant {sku} is not in this file, or was refused")
            continue
        options = {
            titles.get(key, key.replace("_", " ").capitalize()): readable(value) for key, value in choice.items()
        }
        names = names or tuple(options)
        at, found = part[0]
        if tuple(options) != names or tuple(options.values()) in variants:
            yield refused(at, name, f"variant {sku} has no choice of its own")
            continue
        try:
            variant, issues = _variant(at, found, options, reading)
        except RowError as doubt:
            yield refused(at, name, f"{doubt}")
            continue
        yield from issues
        rows_used.append(at)
        variants[tuple(options.values())] = variant
    if not variants:
        yield refused(number, name, "has no variant that could be sold", source)
        return
    yield _draft(row, tuple(dict.fromkeys(rows_used)), names, tuple(variants.values()), hidden=False)


def _variations(row: Mapping[str, str]) -> list[dict[str, str]]:
    """Parse “sku=A-S,size=S|sku=A-M,size=M” into dictionaries."""
    found = [dict(_pairs(one)) for one in re.split(r"\|(?=\s*sku=)", row.get("variations", "")) if one.strip()]
    return [one for one in found if one.get("sku")]


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Parse “a=1,b=2,5” into (a, 1), (b, 2,5): a part without “=” continues the last value; values may be quoted."""
    if text.startswith('"') and text.endswith('"') and '","' in text:  # each pair in quotation marks of its own
        pieces = [piece.replace('""', '"') for piece in text[1:-1].split('","')]
        yield from ((name.strip(), value.strip()) for name, _, value in (piece.partition("=") for piece in pieces))
        return
    name, value = "", ""
    for piece in text.split(","):
        key, sign, rest = piece.partition("=")
        if sign and (not name or re.fullmatch(r"\s*\w[\w .-]*", key)):
            if name:
                yield name, value
            name, value = key.strip(), rest.strip()
        elif name:
            value += f",{piece}"
    if name:
        yield name, value


def _variant(
    number: int, row: Mapping[str, str], options: dict[str, str], reading: FileInfo
) -> tuple[DraftVariant, list[ImportIssue]]:
    """The variant of a row, with issues. Raises RowError."""
    numbers, name = reading.numbers, readable(row.get("name", ""))
    period = (row.get("special_from", ""), row.get("special_to", ""))
    listed = on_sale(
        numbers.price(row.get("price", "")), numbers.price(row.get("special_price", "")), period, reading.now
    )
    if listed is None:
        raise RowError(_("has no price, so it cannot be sold"))
    issues = [noted(number, name, listed.remark)] if listed.remark else []
    weight = 0
    try:
        weight = numbers.grams(row.get("weight", ""), reading.weight_unit or "lb")
    except RowError as doubt:
        issues.append(noted(number, name, f"weight left out: {doubt}"))
    counted = numbers.count(row.get("qty", ""))
    if counted is not None and counted < 0:
        issues.append(noted(number, name, f"stock set to 0: the file says {counted}"))
    tracked = row.get("manage_stock", "1") != "0" or row.get("config_manage_stock", "") == "1"
    if counted is None and "qty" not in reading.columns and tracked:
        counted = reading.stock
    if row.get("in_stock") == "0" and tracked:
        counted = 0
    more = row.get("backorders", "") in {"1", "2"} or row.get("backorders", "").casefold().startswith("allow")
    cost, why = numbers.cost(row.get("cost", ""))
    issues += [noted(number, name, why)] if why else []
    low = row.get("low_stock", "")
    return DraftVariant(
        row=number,
        sku=row["sku"],
        options=options,
        price=listed.price,
        compare_at=listed.compare_at,
        cost=cost,
        on_hand=max(counted, 0) if counted is not None and tracked else None,
        backorder=UNLIMITED if more else 0,
        low_at=int(numbers.number(low) or 0) if low else None,
        weight=weight,
        image=row.get("image", ""),
    ), issues


def _draft(
    row: Mapping[str, str],
    rows: tuple[int, ...],
    options: tuple[str, ...],
    variants: tuple[DraftVariant, ...],
    *,
    hidden: bool,
) -> Draft:
    name, key = readable(row["name"]), row.get("url_key", "")
    pictures = [row.get("image", ""), *split_list(row.get("images", "")), *(variant.image for variant in variants)]
    visible = row.get("visibility", "")
    online = row.get("online", "1").casefold() in {"1", "enabled", "yes", ""}
    return Draft(
        source=f"magento/{row['sku']}",
        rows=rows,
        title=name,
        slug=key or name,
        description=row.get("description", "") or row.get("short_description", ""),
        brand=readable(row.get("brand", "")),
        published=online and not hidden and (visible in {"2", "3", "4"} or shown(visible) is not False),
        categories=_categories(row),
        tags=(),
        attributes=_attributes(row),
        options=options,
        variants=variants,
        images=tuple(DraftImage(url, name) for url in dict.fromkeys(pictures) if url and url != "no_selection"),
        tax_class=tax_class(row.get("tax_class", "")),
        seo_title=readable(row.get("seo_title", "")),
        seo_description=readable(row.get("seo_description", "")),
        old_path=f"/{key}.html" if key and " " not in key else "",
    )


def _categories(row: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    """Parse “Default Category/Men/Tops,…” of an export, or a path of one name per line in sample data."""
    if text := row.get("categories", ""):
        root = text.split("/")[0]
        ends = re.split(
            rf",(?={re.escape(root)}(?:/|,|$))", text
        )  # a name may have a comma; a path begins with the root
        paths = [tuple(readable(part.replace("\\/", "/")) for part in re.split(r"(?<!\\)/", path)) for path in ends]
    else:
        lines = [line.strip() for line in row.get("category", "").splitlines() if line.strip()]
        paths = [tuple(lines[:2])] if lines else []
    bare = [path[1:] if path[0].casefold() == ROOT else path for path in paths]
    return tuple(dict.fromkeys(path for path in bare if path))


def _attributes(row: Mapping[str, str]) -> dict[str, str]:
    """Attributes from one cell of an export, or from columns of plain files."""
    pairs = dict(_pairs(row.get("attributes", "")))
    pairs |= {
        key.removeprefix("? "): "|".join(value.splitlines()) for key, value in row.items() if key.startswith("? ")
    }
    pairs |= {key.removeprefix("attribute: "): value for key, value in row.items() if key.startswith("attribute: ")}
    return {
        name: ", ".join(readable(part) for part in value.split("|") if part.strip())
        for name, value in pairs.items()
        if name not in OURS and value.strip()
    }
