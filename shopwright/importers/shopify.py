"""Shopify's product export: rows of one handle are one product; rows that follow carry more variants or only an image."""

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

OPTIONS = (1, 2, 3)
DEFAULT = {"title", "default title", ""}
TRUE = {"true", "1", "yes", "active", ""}


class Shopify:
    """The importer."""

    needs = ("Handle", "Title", "Variant Price")

    def read(self, rows: Iterable[Row], currency: str) -> Iterator[Draft | Remark]:
        groups: dict[str, list[Row]] = {}
        current = ""
        for number, row in rows:
            handle = row.get("Handle", "").strip()
            if not handle and row.get("Title", "").strip():
                handle = row["Title"].strip().casefold().replace(" ", "-")
                yield Remark(number, handle, "noted", "has no handle; one was made from its title")
            handle = handle or current
            if not handle:
                yield Remark(number, "", "refused", "has neither handle nor title, and no product stands above it")
                continue
            current = handle
            groups.setdefault(handle, []).append((number, row))
        for handle, group in groups.items():
            yield from self._product(handle, group, currency)

    def _product(self, handle: str, group: list[Row], currency: str) -> Iterator[Draft | Remark]:
        head = next((row for _, row in group if row.get("Title", "").strip()), None)
        if head is None:
            for number, _ in group:
                yield Remark(number, handle, "refused", "belongs to a product without a title")
            return
        names = [head.get(f"Option{n} Name", "").strip() for n in OPTIONS]
        real = [name for name in names if name.casefold() not in DEFAULT]
        variants: dict[tuple[str, ...], DraftVariant] = {}
        for number, row in group:
            variant = None
            for made in self._variant(handle, number, row, names, currency):
                if isinstance(made, Remark):
                    yield made
                else:
                    variant = made
            if variant is None:
                continue
            key = tuple(variant.options.values())
            if key in variants:
                yield Remark(
                    number,
                    handle,
                    "refused",
                    f"is the same variant as row {variants[key].row}: {' / '.join(key) or 'no options'}",
                )
            else:
                variants[key] = variant
        if not variants:
            yield Remark(group[0][0], handle, "refused", "has no variant that could be sold")
            return
        yield self._draft(handle, head, group, real, list(variants.values()))

    @staticmethod
    def _draft(
        handle: str, head: Mapping[str, str], group: list[Row], options: list[str], variants: list[DraftVariant]
    ) -> Draft:
        images: dict[str, DraftImage] = {}
        for _, row in sorted(group, key=lambda one: _position(one[1])):
            for column in ("Image Src", "Variant Image"):
                if (url := row.get(column, "").strip()).startswith(("http://", "https://")):
                    images.setdefault(url, DraftImage(url, row.get("Image Alt Text", "").strip()))
        status = head.get("Status", "").strip().casefold()
        published = head.get("Published", "").strip().casefold() in TRUE and status in TRUE
        kind = head.get("Type", "").strip() or head.get("Product Category", "").rpartition(">")[2].strip()
        return Draft(
            source=f"shopify/{handle}",
            old_path=f"/products/{handle}",
            rows=tuple(number for number, _ in group),
            title=head["Title"].strip(),
            slug=handle,
            description=head.get("Body (HTML)", "") or head.get("Body HTML", ""),
            brand=head.get("Vendor", "").strip(),
            published=published,
            categories=((kind,),) if kind else (),
            tags=split_list(head.get("Tags", "")),
            options=tuple(options),
            variants=tuple(variants),
            images=tuple(images.values()),
        )

    def _variant(
        self, handle: str, number: int, row: Mapping[str, str], names: list[str], currency: str
    ) -> Iterator[DraftVariant | Remark]:
        """The variant of a row, with remarks on what was left out; only a remark where there is none."""
        values = {name: row.get(f"Option{n} Value", "").strip() for n, name in zip(OPTIONS, names, strict=True)}
        options = {name: value for name, value in values.items() if name.casefold() not in DEFAULT}
        says_price = row.get("Variant Price", "").strip()
        if not says_price and not row.get("Variant SKU", "").strip() and not any(values.values()):
            return  # carries only an image, or text
        if missing := [name for name, value in options.items() if not value]:
            yield Remark(number, handle, "refused", f"does not say its {', '.join(missing)}")
            return
        try:
            asked = price(says_price, currency)
        except Doubt as doubt:
            yield Remark(number, handle, "refused", f"{doubt}")
            return
        if asked is None:
            yield Remark(number, handle, "refused", "has no price, so it cannot be sold")
            return
        compare_at: Money | None = None
        weight, on_hand = 0, 0
        try:
            compare_at = price(row.get("Variant Compare At Price", ""), currency)
        except Doubt as doubt:
            yield Remark(number, handle, "noted", f"compare-at price left out: {doubt}")
        try:
            weight = grams(row.get("Variant Grams", ""), "g")
        except Doubt as doubt:
            yield Remark(number, handle, "noted", f"weight left out: {doubt}")
        try:
            on_hand = self._stock(row)
        except Doubt as doubt:
            yield Remark(number, handle, "noted", f"stock set to 0: {doubt}")
        yield DraftVariant(
            row=number,
            sku=row.get("Variant SKU", "").strip().lstrip("'"),
            options=options,
            price=asked,
            compare_at=compare_at if compare_at and compare_at > asked else None,
            on_hand=on_hand,
            weight=weight,
            barcode=row.get("Variant Barcode", "").strip().lstrip("'"),
            image=row.get("Variant Image", "").strip(),
        )

    @staticmethod
    def _stock(row: Mapping[str, str]) -> int:
        """The count where there is one; a variant nobody counts can always be had."""
        counted = count(row.get("Variant Inventory Qty", ""))
        tracked = bool(row.get("Variant Inventory Tracker", "").strip())
        if counted is not None and counted > 0:
            return counted
        if counted is not None and counted < 0 and tracked:
            raise Doubt(f"the file says {counted}")
        return 0 if tracked else UNTRACKED


def _position(row: Mapping[str, str]) -> int:
    text = row.get("Image Position", "").strip()
    return int(text) if text.isdigit() else 999
