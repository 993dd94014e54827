"""Prices, stock and stock rules of imported variants: set for new ones, changed if the file changed them."""

from collections.abc import Mapping, Sequence

import msgspec

from shopwright.importers.draft import UNLIMITED, UNTRACKED, Draft, DraftVariant
from shopwright.importers.merging import fingerprint, key_of
from shopwright.kit.errors import Refused
from shopwright.kit.money import Money
from shopwright.services.catalog.contract import Product, Variant
from shopwright.services.inventory.contract import Adjustment, StockRule, VariantQuantity
from shopwright.services.pricing.contract import Price
from shopwright.web.product_view.view import ProductViews

USUAL = StockRule()


class ImportOffer(msgspec.Struct, frozen=True):
    """A variant here and in the file."""

    made: Variant
    file: DraftVariant

    @property
    def price(self) -> Price:
        return Price(self.made.id, self.file.price, self.file.compare_at)

    @property
    def on_hand(self) -> int:
        return UNTRACKED if self.file.on_hand is None else self.file.on_hand

    @property
    def cost(self) -> Money | None:
        """The unit cost, if stock is counted."""
        return None if self.file.on_hand is None or self.file.cost is msgspec.UNSET else self.file.cost

    @property
    def rule(self) -> StockRule:
        low_at = USUAL.low_at if self.file.low_at is None else self.file.low_at
        return StockRule(backorder=UNLIMITED if self.file.on_hand is None else self.file.backorder, low_at=low_at)

    @property
    def given(self) -> dict[str, str]:
        """Fingerprints of the file's values."""
        key = key_of(self.file.options)
        file_values = {"price": (self.file.price, self.file.compare_at), "stock": self.file.on_hand, "rule": self.rule}
        return {f"{field} of {key}".rstrip(): fingerprint(value) for field, value in file_values.items()}

    def changed(self, field: str, last: Mapping[str, str]) -> bool:
        """Whether the file changed the field since the last import."""
        name = f"{field} of {key_of(self.file.options)}".rstrip()
        return last.get(name) != self.given[name]


def offers_of(draft: Draft, product: Product) -> list[ImportOffer]:
    """The product's variants that are in the file."""
    file = {key_of(one.options): one for one in draft.variants}
    pairs = [
        (one, file.get(key_of({name: one.options.get(name, "") for name in draft.options}))) for one in product.variants
    ]
    return [ImportOffer(made, one) for made, one in pairs if one is not None]


async def set_offers(
    product_views: ProductViews, offers: Sequence[tuple[ImportOffer, Mapping[str, str], bool]]
) -> list[str]:
    """Set offers, each with its last fingerprints; returns variants whose stock could not be set."""
    new = {offer.made.id for offer, last, known in offers if not known or not last}
    changed = {
        field: [offer for offer, last, known in offers if not known or (last and offer.changed(field, last))]
        for field in ("price", "stock", "rule")
    }
    await product_views.pricing.set_prices([offer.price for offer in changed["price"]])
    # Opening stock is set once per variant: sold units must not return with the next run.
    opened = [VariantQuantity(offer.made.id, offer.on_hand) for offer in changed["stock"]]
    costs = {offer.made.id: cost for offer in changed["stock"] if (cost := offer.cost) is not None}
    await product_views.inventory.open_stock(opened, "imported", costs or None)
    if rules := {one.made.id: one.rule for one in changed["rule"] if one.made.id not in new or one.rule != USUAL}:
        await product_views.inventory.put_rules(rules)
    failed: list[str] = []
    again = [offer for offer, last, known in offers if known and last and offer.changed("stock", last)]
    for offer in again:
        try:
            await product_views.inventory.adjust(
                [Adjustment(variant_id=offer.made.id, on_hand=offer.on_hand, reason="imported")]
            )
        except Refused:
            failed.append(offer.made.id)
    return failed


async def kept_prices(
    product_views: ProductViews, offers: Sequence[tuple[ImportOffer, Mapping[str, str]]]
) -> list[str]:
    """Variants whose price differs from the file's unchanged one."""
    same = [offer for offer, last in offers if not last or not offer.changed("price", last)]
    now = await product_views.pricing.prices([offer.made.id for offer in same], product_views.currency)
    return [
        one.made.id for one in same if (found := now.get(one.made.id)) and (found.amount, found.compare_at) != (one.file.price, one.file.compare_at)
    ]  # fmt: skip
