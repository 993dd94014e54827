"""What others may know of taxes: their categories, what each authority takes, and what a country's rules say."""

from typing import Literal

import msgspec

from shopwright.kit.money import Money

TaxCategory = Literal["S", "Z", "E", "AE", "K", "G", "O"]


class TaxPart(msgspec.Struct, frozen=True, kw_only=True):
    """What one authority takes of a line, of shipping or of a refund: net + tax = gross.

    Where several tax the same, each has a part, of the same net. `category`: why it is taxed so (UNTDID 5305, as EN 16931
    uses it: S at a rate, Z zero-rated, E exempt, AE reverse charge, K to a business of the EU, G export, O not subject
    to tax), in words in `reason`. `rate_ppm`: in millionths, 190,000 is 19 %. `class` is that of the goods.
    """

    net: Money
    tax: Money
    gross: Money
    category: TaxCategory
    rate_ppm: int
    country: str
    region: str = ""
    tax_class: str = msgspec.field(name="class")
    authority: str = ""
    reason: str = ""
    rate_id: str = ""


class TaxPreset(msgspec.Struct, frozen=True, kw_only=True):
    """Places that a law taxes in another way than their country, which one may add as rates: `added` where they are there.

    It is what the law said at `as_of`, and no advice: a merchant confirms it with their tax adviser.
    """

    name: str
    title: str
    country: str
    postcodes: str
    reason: str
    as_of: str
    added: bool = False
