"""Tax classes as products declare them."""

from typing import Final, Literal, TypedDict, get_args

import msgspec

# Classes version 0.1.0 understands; others are a `tax_class_name`, and standard to that version.
TaxClass = Literal["standard", "reduced", "zero"]
TAX_CLASSES: tuple[TaxClass, ...] = get_args(TaxClass)
# Products of this class are gift cards: money for later, taxed when it is spent (a multi-purpose voucher).
GIFT_CARD: Final = "gift_card"


class TaxFields(TypedDict):
    """The fields that declare a class."""

    tax_class: TaxClass
    tax_class_name: str


class Taxable(msgspec.Struct, frozen=True, kw_only=True):
    """Something with a tax class."""

    tax_class: TaxClass = "standard"
    tax_class_name: str = ""

    @property
    def taxed_as(self) -> str:
        """The tax class."""
        return self.tax_class_name or self.tax_class

    @property
    def is_gift_card(self) -> bool:
        """Whether it is a gift card."""
        return self.taxed_as == GIFT_CARD

    @property
    def tax_fields(self) -> TaxFields:
        """The class fields, for something else taxed alike."""
        return {"tax_class": self.tax_class, "tax_class_name": self.tax_class_name}


def tax_fields(name: str) -> TaxFields:
    """The fields of this class."""
    known = next((one for one in TAX_CLASSES if one == name), None)
    return {"tax_class": known or "standard", "tax_class_name": "" if known else name}
