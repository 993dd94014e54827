"""Places taxed differently from the country of their addresses. No advice: an adviser must confirm them.

Directive 2006/112/EC, article 6, lists the parts of member states outside its scope. Sales from such a place, or into
it from its own country, may follow other rules, which Shopwright never applies by itself.
"""

import msgspec

from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.pricing.contract import TaxPreset, TaxRate

AS_OF = "2026-01-01"
OUTSIDE = gettext_noop("Not in the VAT area of the EU (Directive 2006/112/EC, article 6)")
TERRITORIES = (
    ("canary-islands", gettext_noop("Canary Islands"), "ES", "35* 38*"),
    ("ceuta-melilla", gettext_noop("Ceuta and Melilla"), "ES", "51* 52*"),
    ("livigno", gettext_noop("Livigno"), "IT", "23041"),
    ("campione", gettext_noop("Campione d’Italia"), "IT", "22061"),
    ("helgoland", gettext_noop("Helgoland"), "DE", "27498"),
    ("buesingen", gettext_noop("Büsingen"), "DE", "78266"),
    ("aland", gettext_noop("Åland, in addresses of Finland"), "FI", "22*"),
    ("mount-athos", gettext_noop("Mount Athos"), "GR", "63086"),
    (
        "french-overseas",
        gettext_noop("French overseas departments and territories, in addresses of France"),
        "FR",
        "97* 986* 987* 988*",
    ),
)
PRESETS = tuple(
    TaxPreset(name=name, title=title, country=country, postcodes=postcodes, reason=OUTSIDE, as_of=AS_OF)
    for name, title, country, postcodes in TERRITORIES
)


def shown(one: TaxPreset, *, added: bool) -> TaxPreset:
    """A preset in the current language, and whether its rate is set."""
    return msgspec.structs.replace(one, title=_(one.title), reason=_(one.reason), added=added)


def rate_of(one: TaxPreset) -> TaxRate:
    """The rate a preset adds, for all goods."""
    return TaxRate(
        country=one.country,
        postcodes=one.postcodes,
        tax_class="",
        rate=0,
        title=_(one.title),
        category="O",
        reason=_(one.reason),
        why=_("preset as of {as_of}, to be confirmed by a tax adviser", as_of=one.as_of),
    )
