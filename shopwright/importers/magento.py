"""Magento 2's product export, and the plainer files of its sample data: simple products, and configurable ones of them."""

from collections.abc import Iterable, Iterator, Mapping

from shopwright.importers.draft import (
    UNTRACKED,
    Doubt,
    Draft,
    DraftImage,
    DraftVariant,
    Remark,
    Row,
    count,
    grams,
    price,
    split_list,
)
from shopwright.kit.money import Money

REFUSED = {
    "bundle": "is a bundle of other products, which are imported by themselves",
    "grouped": "is a group of other products, which are imported by themselves",
    "giftcard": "is a gift card",
}
OURS = {"has_options", "required_options", "activation_code"}
HIDDEN = {"not visible individually", "1"}
ROOT = "default category"


class Magento:
    """The importer."""

    needs = ("sku", "name", "price")

    def read(self, rows: Iterable[Row], currency: str) -> Iterator[Draft | Remark]:
        known: dict[str, Row] = {}
        for number, row in rows:
            sku = row.get("sku", "").strip()
            kind = row.get("product_type", "").strip() or "simple"
            if row.get("store_view_code", "").strip():
                yield Remark(number, sku, "noted", "is a translation for one store view, which is left out")
            elif not sku or not row.get("name", "").strip():
                yield Remark(number, sku, "refused", "has no SKU or no name")
            elif kind in REFUSED:
                yield Remark(number, sku, "refused", REFUSED[kind])
            elif sku in known:
                yield Remark(number, sku, "refused", f"has the same SKU as row {known[sku][0]}")
            else:
                if kind in {"downloadable", "virtual"}:
                    told = "its downloads stay behind; it is sold like something that is sent"
                    yield Remark(number, sku, "noted", told)
                known[sku] = (number, row)
        parts: set[str] = set()
        for number, row in known.values():
            if row.get("product_type") == "configurable":
                parts |= {choice["sku"] for choice in _variations(row)}
                yield from self._configurable(number, row, known, currency)
        for sku, (number, row) in known.items():
            if row.get("product_type") == "configurable" or sku in parts:
                continue
            yield from self._simple(number, row, currency)

    def _simple(self, number: int, row: Mapping[str, str], currency: str) -> Iterator[Draft | Remark]:
        hidden = row.get("visibility", "").strip().casefold() in HIDDEN
        if hidden:
            yield Remark(number, row["name"], "noted", "is not visible by itself there; it is imported as a draft")
        for made in _variant(number, row, {}, currency):
            if isinstance(made, Remark):
                yield made
            else:
                yield _draft(row, (number,), (), (made,), hidden=hidden)

    def _configurable(
        self, number: int, row: Mapping[str, str], known: Mapping[str, Row], currency: str
    ) -> Iterator[Draft | Remark]:
        name, rows = row["name"].strip(), [number]
        titles = dict(_pairs(row.get("configurable_variation_labels", "")))
        variants: dict[tuple[str, ...], DraftVariant] = {}
        names: tuple[str, ...] = ()
        for choice in _variations(row):
            sku = choice.pop("sku")
            if sku not in known:
                yield Remark(number, name, "noted", f"its variant {sku} is not in this file")
                continue
            options = {titles.get(key, key.replace("_", " ").capitalize()): value for key, value in choice.items()}
            names = names or tuple(options)
            at, part = known[sku]
            rows.append(at)
            if tuple(options) != names or tuple(options.values()) in variants:
                yield Remark(at, name, "refused", f"variant {sku} has no choice of its own")
                continue
            for made in _variant(at, part, options, currency):
                if isinstance(made, Remark):
                    yield made
                else:
                    variants[tuple(options.values())] = made
        if not variants:
            yield Remark(number, name, "refused", "has no variant that could be sold")
            return
        yield _draft(row, tuple(rows), names, tuple(variants.values()), hidden=False)


def _variations(row: Mapping[str, str]) -> list[dict[str, str]]:
    """“sku=A-S,size=S|sku=A-M,size=M”, each as a dictionary."""
    found = [dict(_pairs(one)) for one in row.get("configurable_variations", "").split("|") if one.strip()]
    return [one for one in found if one.get("sku")]


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """“a=1,b=2,5” → (a, 1), (b, 2,5): a piece without “=” belongs to the one before."""
    name, value = "", ""
    for piece in text.split(","):
        key, sign, rest = piece.partition("=")
        if sign:
            if name:
                yield name, value
            name, value = key.strip(), rest.strip()
        elif name:
            value += f",{piece}"
    if name:
        yield name, value


def _variant(
    number: int, row: Mapping[str, str], options: dict[str, str], currency: str
) -> Iterator[DraftVariant | Remark]:
    name = row.get("name", "").strip()
    try:
        regular, special = price(row.get("price", ""), currency), price(row.get("special_price", ""), currency)
    except Doubt as doubt:
        yield Remark(number, name, "refused", f"{doubt}")
        return
    if regular is None:
        yield Remark(number, name, "refused", "has no price, so it cannot be sold")
        return
    if special is not None and row.get("special_price_to_date", "").strip():
        until = row["special_price_to_date"].strip()
        yield Remark(number, name, "noted", f"its special price until {until} is left out; make a promotion of it")
        special = None
    asked, before = _asked(regular, special)
    weight, on_hand = 0, UNTRACKED
    try:
        weight = grams(row.get("weight", ""), "lb")
        counted = count(row.get("qty", ""))
        tracked = row.get("manage_stock", "1").strip() != "0" or row.get("use_config_manage_stock", "").strip() == "1"
        if counted is not None and tracked:
            on_hand = max(counted, 0)
    except Doubt as doubt:
        yield Remark(number, name, "noted", f"left out: {doubt}")
    yield DraftVariant(
        row=number,
        sku=row["sku"].strip(),
        options=options,
        price=asked,
        compare_at=before,
        on_hand=on_hand,
        weight=weight,
        image=row.get("base_image", "").strip(),
    )


def _asked(regular: Money, special: Money | None) -> tuple[Money, Money | None]:
    return (special, regular) if special is not None and special < regular else (regular, None)


def _draft(
    row: Mapping[str, str],
    rows: tuple[int, ...],
    options: tuple[str, ...],
    variants: tuple[DraftVariant, ...],
    *,
    hidden: bool,
) -> Draft:
    name, key = row["name"].strip(), row.get("url_key", "").strip()
    pictures = [row.get("base_image", "").strip(), *split_list(row.get("additional_images", ""))]
    pictures += [variant.image for variant in variants]
    return Draft(
        source=f"magento/{row['sku'].strip()}",
        rows=rows,
        title=name,
        slug=key or name,
        description=row.get("description", "") or row.get("short_description", ""),
        brand=row.get("manufacturer", "").strip(),
        published=row.get("product_online", "1").strip() != "2" and not hidden,
        categories=_categories(row),
        tags=(),
        attributes=_attributes(row),
        options=options,
        variants=variants,
        images=tuple(DraftImage(url, name) for url in dict.fromkeys(pictures) if url and url != "no_selection"),
        old_path=f"/{key}.html" if key and " " not in key else "",
    )


def _categories(row: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    """“Default Category/Men/Tops,…” of an export; a name a line, the first above the second, of the sample data."""
    if text := row.get("categories", ""):
        paths = [tuple(part.strip() for part in path.split("/")) for path in split_list(text)]
    else:
        lines = [line.strip() for line in row.get("category", "").splitlines() if line.strip()]
        paths = [tuple(lines[:2])] if lines else []
    bare = [path[1:] if path[0].casefold() == ROOT else path for path in paths]
    return tuple(dict.fromkeys(path for path in bare if path))


PLAIN = frozenset({
    "category", "name", "sku", "price", "qty", "description", "special_price", "attribute_set", "url_key", "visibility",
    "weight", "short_description",
})  # fmt: skip


def _attributes(row: Mapping[str, str]) -> dict[str, str]:
    if "product_type" in row:
        pairs = dict(_pairs(row.get("additional_attributes", "")))
    else:
        pairs = {name: "|".join(value.splitlines()) for name, value in row.items() if name not in PLAIN}
    return {
        name: ", ".join(part.strip() for part in value.split("|") if part.strip())
        for name, value in pairs.items()
        if name not in OURS and value.strip()
    }
