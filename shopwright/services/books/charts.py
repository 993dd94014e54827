"""Default account numbers of charts of accounts, which the shop can override. An adviser must confirm them."""

from collections.abc import Iterator, Mapping

from shopwright.kit.tax_ids import MEMBERS
from shopwright.services.books.contract import Posting, TaxKind

# DATEV's SKR 03. 8400, 8300, 8120, 8125 and 8320 imply their tax; 10000 stands for all customers together.
SKR03: Mapping[str, str] = {
    "receivables": "10000", "clearing": "1360", "bank": "1200", "revenue": "8200", "revenue/DE/190000": "8400",
    "revenue/DE/70000": "8300", "revenue/oss": "8320", "revenue/G": "8120", "revenue/K": "8125", "revenue/E": "8100",
    "discounts": "8700", "returns": "8700", "tax": "1700", "tax/DE": "1770", "vouchers": "1604", "fees": "4970", "disputes": "1590",
    "rounding": "4905", "exchange": "2150", "stock": "3980", "cost_of_goods": "3200", "between": "1590",
    "payables": "1600", "opening": "9000", "stock_differences": "3960",
}  # fmt: skip
# Plan comptable général (France).
PCG: Mapping[str, str] = {
    "receivables": "411000", "clearing": "580000", "bank": "512000", "revenue": "707000", "shipping": "708500",
    "discounts": "709700", "returns": "709000", "tax": "445710", "vouchers": "419700", "fees": "627800",
    "disputes": "467000", "rounding": "658000", "exchange": "666000", "stock": "370000", "cost_of_goods": "607000",
    "payables": "408100", "opening": "890000", "stock_differences": "603700",
}  # fmt: skip
FRENCH: Mapping[str, str] = {
    "receivables": "Clients", "clearing": "Virements internes", "bank": "Banque", "revenue": "Ventes de marchandises",
    "shipping": "Ports et frais accessoires facturés", "discounts": "Rabais, remises et ristournes accordés",
    "returns": "Retours et avoirs", "tax": "TVA collectée", "vouchers": "Clients - Avoirs à établir",
    "fees": "Frais et commissions", "disputes": "Autres comptes débiteurs", "rounding": "Charges diverses",
    "exchange": "Pertes de change", "stock": "Stocks de marchandises", "cost_of_goods": "Achats de marchandises",
    "payables": "Fournisseurs - Factures non parvenues", "opening": "Bilan d'ouverture",
    "stock_differences": "Variation des stocks de marchandises",
}  # fmt: skip
CONSULTANT, CLIENT = "datev/consultant", "datev/client"  # numbers of DATEV, not of a chart
EXTRA = frozenset((CONSULTANT, CLIENT))
OSS = "revenue/oss"  # sold to consumers of other countries of the EU


def number(own: Mapping[str, str], chart: Mapping[str, str], one: Posting) -> str:
    """The number of a posting's account: the shop's before the chart's, the most specific first."""
    return lookup(own, chart, *_names(one.account, one.provider, one.tax))


def revenue_number(own: Mapping[str, str], chart: Mapping[str, str], kind: TaxKind, home: str) -> tuple[str, bool]:
    """The revenue account of a rate: domestic, another EU country, or elsewhere.

    Also returns whether the account implies the tax contained in its bookings, for this rate or the One-Stop-Shop.
    """
    abroad = kind.country in MEMBERS and kind.country != home and kind.category == "S"
    first, *others = _names("revenue", "", kind)
    knowing = [*([first] if kind.country else []), *([OSS] if abroad else [])]
    name = _name(own, chart, *dict.fromkeys((*knowing, first, *others)))
    return lookup(own, chart, name), name in knowing


def tax_number(own: Mapping[str, str], chart: Mapping[str, str], kind: TaxKind) -> str:
    """The account of a tax booked by itself."""
    return lookup(own, chart, f"tax/{kind.country}/{kind.rate_ppm}", f"tax/{kind.country}", "tax")


def lookup(own: Mapping[str, str], chart: Mapping[str, str], *names: str) -> str:
    """The number of the first of these names that has one, the shop's before the chart's; "" if none has."""
    name = _name(own, chart, *names)
    return own.get(name) or chart.get(name, "")


def _name(own: Mapping[str, str], chart: Mapping[str, str], *names: str) -> str:
    return next((one for known in (own, chart) for one in names if one in known), "")


def _names(account: str, provider: str, kind: TaxKind | None) -> list[str]:
    def made() -> Iterator[str]:
        if provider:
            yield f"{account}/{provider}"
        if kind is not None and kind.country:
            yield f"{account}/{kind.country}/{kind.rate_ppm}"
        if kind is not None:
            yield f"{account}/{kind.category}"
        yield account

    return list(made())
