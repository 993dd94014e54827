"""Places that a law taxes in another way than the country of their addresses. No advice: to be confirmed by an adviser.

Directive 2006/112/EC, article 6, names the parts of member states in which it does not apply. Who sells from such a place,
or into it from its own country, may have other rules: Shopwright applies none of these by itself.
"""

from shopwright.kit.translation import gettext as _
from shopwright.services.pricing.contract import TaxPreset, TaxRate

AS_OF = "2026-01-01"
OUTSIDE = "Not in the VAT area of the EU (Directive 2006/112/EC, article 6)"
PLACES = (
    ("canary-islands", "Canary Islands", "ES", "35* 38*"),
    ("ceuta-melilla", "Ceuta and Melilla", "ES", "51* 52*"),
    ("livigno", "Livigno", "IT", "23041"),
    ("campione", "Campione d’Italia", "IT", "22061"),
    ("helgoland", "Helgoland", "DE", "27498"),
    ("buesingen", "Büsingen", "DE", "78266"),
    ("aland", "Åland, in addresses of Finland", "FI", "22*"),
    ("mount-athos", "Mount Athos", "GR", "63086"),
    (
        "french-overseas",
        "French overseas departments and territories, in addresses of France",
        "FR",
        "97* 986* 987* 988*",
    ),
)
PRESETS = tuple(
    TaxPreset(name=name, title=title, country=country, postcodes=postcodes, reason=OUTSIDE, as_of=AS_OF)
    for name, title, country, postcodes in PLACES
)


def rate_of(one: TaxPreset) -> TaxRate:
    """The rate a preset adds, for all goods."""
    return TaxRate(
        country=one.country,
        postcodes=one.postcodes,
        tax_class="",
        rate=0,
        title=one.title,
        category="O",
        reason=one.reason,
        why=_("preset as of {as_of}, to be confirmed by a tax adviser", as_of=one.as_of),
    )
