"""ISO 4217, list one: currencies and the decimals of their minor units.

CLDR says how many decimals people like to read (none for RSD); amounts are counted by the standard.
"""

from babel.core import get_global
from babel.numbers import get_currency_precision

from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _

BY_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW"
        " CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR"
        " ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV"
        " MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD"
        " SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}  # fmt: skip
DIGITS = {code: digits for digits, codes in BY_DIGITS.items() for code in codes.split()}
NO_MONEY = "XAD XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX"  # metals, funds of banks, tests


def minor_digits(currency: str) -> int:
    """The decimals of a currency: EUR 2, JPY 0, KWD 3. Raises Invalid if unknown.

    Former currencies, as in old orders, follow CLDR.
    """
    if (digits := DIGITS.get(currency)) is not None:
        return digits
    if currency in NO_MONEY.split() or currency not in get_global("all_currencies"):
        raise Invalid.at(
            "/currency", _("“{currency}” is not a currency. Use an ISO 4217 code such as EUR.", currency=currency[:20])
        )
    return digits_to_read(currency)


def digits_to_read(currency: str) -> int:
    """The decimals people like to read (CLDR); version 0.1.0 counted by it."""
    return int(get_currency_precision(currency))
