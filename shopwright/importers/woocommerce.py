"""WooCommerce's product export: a variable product and its variations stand in rows of their own, joined by Parent."""

import re
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

UNIT = re.compile(r"Weight \((\w+)\)")
REFUSED = {
    "grouped": "is a group of other products, which are imported by themselves",
    "external": "is sold on another site",
}


class WooCommerce:
    """The importer."""

    needs = ("Type", "Name", "Regular price")

    def read(self, rows: Iterable[Row], currency: str) -> Iterator[Draft | Remark]:
        products: dict[str, tuple[Row, list[Row]]] = {}
        names: dict[str, str] = {}
        variations: list[Row] = []
        for number, row in rows:
            kinds = {kind.strip().casefold() for kind in row.get("Type", "").split(",")}
            name = row.get("Name", "").strip()
            if "variation" in kinds:
                variations.append((number, row))
            elif why := next((why for kind, why in REFUSED.items() if kind in kinds), None):
                yield Remark(number, name, "refused", why)
            elif not name:
                yield Remark(number, row.get("SKU", ""), "refused", "has no name")
            else:
                key = row.get("ID", "").strip() or row.get("SKU", "").strip() or name
                if key in products:
                    yield Remark(number, name, "refused", f"has the same ID as row {products[key][0][0]}")
                    continue
                if kinds & {"downloadable", "virtual"}:
                    yield Remark(
                        number, name, "noted", "its downloads stay behind; it is sold like something that is sent"
                    )
                products[key] = ((number, row), [])
                names |= {one: key for one in (row.get("SKU", "").strip(), f"id:{row.get('ID', '').strip()}") if one}
        for number, row in variations:
            parent = names.get(row.get("Parent", "").strip())
            if parent is None:
                yield Remark(
                    number, row.get("Name", ""), "refused", f"its parent “{row.get('Parent', '')}” is not in this file"
                )
            else:
                products[parent][1].append((number, row))
        for key, (head, below) in products.items():
            yield from self._product(key, head, below, currency)

    def _product(self, key: str, head: Row, below: list[Row], currency: str) -> Iterator[Draft | Remark]:
        number, row = head
        name = row["Name"].strip()
        attributes = _attributes(row)
        options = {title: values for title, values in attributes.items() if below}
        variants: dict[tuple[str, ...], DraftVariant] = {}
        for at, one in below or [head]:
            for made in self._variants(at, one, row, options, currency):
                if isinstance(made, Remark):
                    yield made
                elif (chosen := tuple(made.options.values())) in variants:
                    yield Remark(
                        at, name, "noted", f"{' / '.join(chosen)} stands in row {variants[chosen].row} already"
                    )
                else:
                    variants[chosen] = made
        if not variants:
            yield Remark(number, name, "refused", "has no variant that could be sold")
            return
        hidden = row.get("Visibility in catalog", "visible").strip() == "hidden"
        if hidden:
            yield Remark(number, name, "noted", "is hidden there; it is imported as a draft")
        yield Draft(
            source=f"woocommerce/{key}",
            rows=(number, *(at for at, _ in below)),
            title=name,
            slug=row.get("SKU", "").strip() or name,
            description=row.get("Description", "").replace("\\n", "<br>") or row.get("Short description", ""),
            brand=row.get("Brands", "").strip(),
            published=row.get("Published", "1").strip() == "1" and not hidden,
            categories=tuple(
                tuple(part.strip() for part in path.split(">")) for path in split_list(row.get("Categories", ""))
            ),
            tags=split_list(row.get("Tags", "")),
            attributes={} if below else {title: ", ".join(values) for title, values in attributes.items() if values},
            options=tuple(options),
            variants=tuple(variants.values()),
            images=tuple(
                DraftImage(url, name)
                for one in (row, *(b for _, b in below))
                for url in split_list(one.get("Images", ""))
            ),
        )

    def _variants(
        self,
        number: int,
        row: Mapping[str, str],
        parent: Mapping[str, str],
        options: Mapping[str, tuple[str, ...]],
        currency: str,
    ) -> Iterator[DraftVariant | Remark]:
        """A variation that leaves an attribute open stands for every value of it."""
        name = row.get("Name", "").strip()
        try:
            regular, sale = price(row.get("Regular price", ""), currency), price(row.get("Sale price", ""), currency)
        except Doubt as doubt:
            yield Remark(number, name, "refused", f"{doubt}")
            return
        asked = sale if sale is not None else regular
        if asked is None:
            yield Remark(number, name, "refused", "has no price, so it cannot be sold")
            return
        weight, on_hand = 0, UNTRACKED
        column = next((column for column in row if UNIT.match(column)), "")
        unit = UNIT.match(column)
        try:
            weight = grams(row.get(column, "") or parent.get(column, ""), unit.group(1) if unit else "kg")
        except Doubt as doubt:
            yield Remark(number, name, "noted", f"weight left out: {doubt}")
        try:
            counted = count(row.get("Stock", ""))
            on_hand = (
                max(counted, 0) if counted is not None else UNTRACKED if row.get("In stock?", "1").strip() != "0" else 0
            )
        except Doubt as doubt:
            yield Remark(number, name, "noted", f"stock set to {UNTRACKED}: {doubt}")
        own = _attributes(row)
        choices = _combinations({title: own.get(title) or values for title, values in options.items()})
        for at, chosen in enumerate(choices):
            yield DraftVariant(
                row=number,
                sku=row.get("SKU", "").strip()
                if len(choices) == 1
                else f"{row.get('SKU', '').strip()}-{at + 1}".lstrip("-"),
                options=chosen,
                price=asked,
                compare_at=regular if regular is not None and regular > asked else None,
                on_hand=on_hand,
                weight=weight,
                image=next(iter(split_list(row.get("Images", ""))), ""),
            )


def _attributes(row: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    number = 1
    while f"Attribute {number} name" in row:
        title = row[f"Attribute {number} name"].strip()
        if title:
            found[title] = split_list(row.get(f"Attribute {number} value(s)", ""))
        number += 1
    return found


def _combinations(options: Mapping[str, tuple[str, ...]]) -> list[dict[str, str]]:
    chosen: list[dict[str, str]] = [{}]
    for title, values in options.items():
        chosen = [{**one, title: value} for one in chosen for value in values]
    return chosen
