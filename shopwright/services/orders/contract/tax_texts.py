"""Sentences stored in orders about unknown taxes. They are stored in English; pages show them in their language."""

from shopwright.kit.translation import gettext_noop

EARLIER_SHOP = gettext_noop("An earlier shop told one sum of tax, without its rates.")
EARLIER_RATES = gettext_noop(
    "An earlier shop told its taxes by rate, not by line; what each rate was taken of is worked out from the tax."
)
UNREADABLE = gettext_noop("The receipt does not tell the rates of the tax.")
UNSHARED = gettext_noop(
    "The receipt can be read in more than one way: which line was taxed at which rate is not known."
)
NO_TAX = gettext_noop("The receipt tells no tax: whether it was exempt, zero-rated or outside tax is not known.")
BY_RATE = gettext_noop("The taxes of this order are not known by rate.")
TAX_TEXTS = (EARLIER_SHOP, EARLIER_RATES, UNREADABLE, UNSHARED, NO_TAX, BY_RATE)
