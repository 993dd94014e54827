"""Classes of goods that are taxed alike, as products say them."""

from typing import Literal, TypedDict, get_args

import msgspec

# Those that version 0.1.0 understands; any other is a `tax_class_name`, and standard for that version.
TaxClass = Literal["standard", "reduced", "zero"]
TAX_CLASSES: tuple[TaxClass, ...] = get_args(TaxClass)


class TaxFields(TypedDict):
    """What says a class."""

    tax_class: TaxClass
    tax_class_name: str


class Taxable(msgspec.Struct, frozen=True, kw_only=True):
    """What has a class of goods."""

    tax_class: TaxClass = "standard"
    tax_class_name: str = ""

    @property
    def taxed_as(self) -> str:
        """The class of goods."""
        return self.tax_class_name or self.tax_class

    @property
    def tax_fields(self) -> TaxFields:
        """What says the class, for another that is taxed alike."""
        return {"tax_class": self.tax_class, "tax_class_name": self.tax_class_name}


def tax_fields(name: str) -> TaxFields:
    """The fields of what is taxed as this class."""
    known = next((one for one in TAX_CLASSES if one == name), None)
    return {"tax_class": known or "standard", "tax_class_name": "" if known else name}
