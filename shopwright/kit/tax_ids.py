"""Tax ids of sellers and buyers: form and check digits by each country's rules (python-stdnum)."""

import re
from typing import TYPE_CHECKING, Final

import msgspec
from stdnum import iban
from stdnum.de import leitweg
from stdnum.eu import oss, vat
from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError
from stdnum.util import get_cc_module

from shopwright.kit.codes import place_form, visible
from shopwright.kit.countries import country_title
from shopwright.kit.errors import Invalid
from shopwright.kit.text import tidy_line
from shopwright.kit.translation import gettext as _

if TYPE_CHECKING:
    from stdnum.util import NumberValidationModule

LONGEST: Final = 40
LONGEST_REFERENCE: Final = 100
NORTHERN_IRELAND: Final = (
    "XI"  # goods there are taxed by the rules of the EU; its numbers are British ones with these letters
)
MEMBERS: Final = frozenset(code.upper() for code in vat.MEMBER_STATES) - {NORTHERN_IRELAND}
# Countries whose business numbers stdnum has under a name other than “vat”.
OTHER_NAMES: Final = {"US": "ein"}
SEPARATORS: Final = re.compile(r"[\s./_-]")
UNKNOWN: Final = re.compile(r"[0-9A-Z]{3,32}")


class TaxNumber(msgspec.Struct, frozen=True):
    """A normalised tax id. `known`: its country's rules were applied; `member`: it can be checked in the EU register."""

    id: str
    country: str
    known: bool = True
    member: bool = False


def check_reference(text: str, pointer: str = "/reference") -> str:
    """Return a buyer's invoice reference on one line. Raises Invalid."""
    found = tidy_line(text)
    if len(found) > LONGEST_REFERENCE:
        raise Invalid.at(
            pointer, _("A reference has at most {longest_reference} characters.", longest_reference=LONGEST_REFERENCE)
        )
    return found


def is_leitweg_id(text: str) -> bool:
    """Whether it is a German authority's Leitweg-ID with valid check digits."""
    return "-" in text and bool(leitweg.is_valid(text))


def member_of(country: str) -> str:
    """The EU member state code under which tax ids are filed; "" for others. Monaco counts as France."""
    code = {"MC": "FR", "EL": "GR"}.get(country, country)
    return code if code in MEMBERS or code == NORTHERN_IRELAND else ""


def prefix_of(member: str) -> str:
    """The prefix of a member state's VAT ids: EL for Greece."""
    return "EL" if member == "GR" else member


def read_tax_id(text: str, country: str = "", pointer: str = "/tax_id") -> TaxNumber:
    """Parse a tax id of `country`, or of the member state in its prefix. Raises Invalid with the reason."""
    written = visible(text).upper()
    bare, home = SEPARATORS.sub("", written), place_form(country)
    if not bare or len(bare) > LONGEST:
        raise Invalid.at(
            pointer, _("A tax id has up to {longest} letters and digits, such as ATU13585627.", longest=LONGEST)
        )
    own, member, at_home = _module(home), member_of(bare[:2]), member_of(home)
    problem: ValidationError | None = None
    for place, candidate in ((member, bare), (at_home, prefix_of(at_home) + bare)):
        if place:
            try:
                return TaxNumber(_with_letters(place, candidate), place, member=True)
            except ValidationError as error:
                problem = problem or error
    if own is not None and not at_home:
        try:
            return TaxNumber(own.validate(written), home)
        except ValidationError as error:
            problem = problem or error
    if problem is not None:
        where = country_title(home if own is not None and not member else _country(member or at_home))
        raise Invalid.at(
            pointer,
            _(
                "“{text}” is not a valid tax id of {where}: {problem}.",
                text=text[:LONGEST],
                where=where,
                problem=_why(problem),
            ),
        )
    if not home:
        raise Invalid.at(
            pointer,
            _(
                "“{text}” has no country: write a VAT id with its letters, such as ATU13585627.",
                text=text[:LONGEST],
            ),
        )
    if not UNKNOWN.fullmatch(bare):
        raise Invalid.at(
            pointer, _("“{text}” is not a valid tax id: it has 3 to 32 letters and digits.", text=text[:LONGEST])
        )
    return TaxNumber(bare, home, known=False)


def read_oss_id(text: str, pointer: str) -> str:
    """Parse a One-Stop-Shop number of no member state (EU372022452, IM…). Raises Invalid."""
    try:
        return str(oss.validate(visible(text).upper()))
    except ValidationError as error:
        raise Invalid.at(
            pointer,
            _("“{text}” is not a valid number of the One-Stop-Shop: {error}.", text=text[:LONGEST], error=_why(error)),
        ) from None


def read_iban(text: str, pointer: str = "/bank") -> str:
    """Return a normalised IBAN. Raises Invalid."""
    try:
        return str(iban.validate(visible(text)))
    except ValidationError as error:
        raise Invalid.at(
            pointer, _("“{text}” is not a valid IBAN: {error}.", text=text[:LONGEST], error=_why(error))
        ) from None


def _module(country: str) -> "NumberValidationModule | None":
    if not re.fullmatch(r"[A-Z]{2}", country):
        return None
    return get_cc_module(country.lower(), OTHER_NAMES.get(country, "vat"))


def _with_letters(member: str, bare: str) -> str:
    """As filed: in capitals, with its prefix."""
    letters = prefix_of(member)
    found = str(vat.validate(letters + bare.removeprefix(letters).removeprefix(member)))
    return letters + found.removeprefix(letters)


def _country(member: str) -> str:
    return "GB" if member == NORTHERN_IRELAND else member


def _why(error: ValidationError) -> str:
    if isinstance(error, InvalidChecksum):
        return _("its check digits do not fit, so a character is wrong or missing")
    if isinstance(error, InvalidLength):
        return _("it has too few or too many characters")
    return _("those are written in another way")
