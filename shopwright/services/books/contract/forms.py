"""Forms of documents (PDF, CII, UBL …), and why a document may not fit one."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from shopwright.kit.currencies import minor_digits
from shopwright.kit.errors import Conflict, Missing
from shopwright.kit.tax_ids import is_leitweg_id, member_of
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.books.contract.documents import OF_SALES, Document, DocumentBody, DocumentForm, Party


class Form(msgspec.Struct, frozen=True):
    """Title, media type and file extension of a form."""

    title: str
    media_type: str
    ending: str

    def file_of(self, document: str) -> str:
        """The file name for a document number."""
        return f"{document}{self.ending}"


FORMS: Mapping[DocumentForm, Form] = {
    "pdf": Form("PDF", "application/pdf", ".pdf"),
    "xml": Form("EN 16931 (CII)", "application/xml", ".xml"),
    "ubl": Form("EN 16931 (UBL)", "application/xml", "-ubl.xml"),
    "xrechnung": Form("XRechnung", "application/xml", "-xrechnung.xml"),
    "peppol": Form("Peppol", "application/xml", "-peppol.xml"),
}
OUTSIDE: Final = "O"  # not subject to tax
MOST_DECIMALS: Final = 2
GONE = gettext_noop("The content of this document was deleted at the end of its retention.")
NO_INVOICE = gettext_noop("This is no invoice, and can be had as PDF alone.")
NOT_ELECTRONIC = gettext_noop(
    "This document cannot be an electronic invoice: each of its lines needs one rate of tax, none or all are outside tax, and the currency has no thousandths."
)
FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # by XML 1.0, section 2.2
LEITWEG_SCHEME: Final = "0204"
# Electronic addresses by VAT id: codes of the European Commission's EAS list.
VAT_SCHEMES: Mapping[str, str] = {
    "AT": "9914", "BE": "9925", "BG": "9926", "CY": "9928", "CZ": "9929", "DE": "9930", "DK": "0198", "EE": "9931",
    "ES": "9920", "FI": "0213", "FR": "9957", "GR": "9933", "HR": "9934", "HU": "9910", "IE": "9935", "IT": "0211",
    "LT": "9937", "LU": "9938", "LV": "9939", "MT": "9943", "NL": "9944", "PL": "9945", "PT": "9946", "RO": "9947",
    "SE": "9955", "SI": "9949", "SK": "9950",
}  # fmt: skip
# Peppol requires national numbers and wording of sellers there.
OWN_RULES: Final = frozenset({"DK", "GR", "IS", "IT", "NL", "NO", "SE"})


def form_named(text: str) -> DocumentForm:
    """Return the form with this name. Raises Missing."""
    for form in FORMS:
        if form == text:
            return form
    raise Missing(_("A document is available as {forms}.", forms=", ".join(FORMS)))


def address_of(party: Party, reference: str = "") -> tuple[str, str] | None:
    """The electronic address of a party as scheme and id: its Leitweg-ID, else its VAT id."""
    if is_leitweg_id(reference):
        return LEITWEG_SCHEME, reference
    home = member_of(party.address.country)
    ids = [one for one in party.tax_ids if not one.scheme and member_of(one.country) in VAT_SCHEMES]
    ids.sort(key=lambda one: member_of(one.country) != home)
    return (VAT_SCHEMES[member_of(ids[0].country)], ids[0].id) if ids else None


def refusal(document: Document, form: DocumentForm) -> str:
    """Why a document does not fit a form, as a sentence; "" if it does."""
    body = document.body
    if body is None:
        return _(GONE)
    if form == "pdf":
        return ""
    if document.kind in OF_SALES:
        return _(NO_INVOICE)
    if not _is_electronic(body):
        return _(NOT_ELECTRONIC)
    lacking = [*_lacking(document, body, form)]
    return _("{title} needs {names}.", title=FORMS[form].title, names=", ".join(lacking)) if lacking else ""


def body_for(document: Document, form: DocumentForm) -> DocumentBody:
    """Return the content of a document that fits this form. Raises Conflict."""
    if (why := refusal(document, form)) or document.body is None:
        raise Conflict(why)
    return writable(document.body)


def writable(body: DocumentBody) -> DocumentBody:
    """Remove characters that XML forbids, which texts of earlier versions may contain."""
    return msgspec.convert(_writable(msgspec.to_builtins(body)), DocumentBody)


def _writable(part: Any) -> Any:
    if isinstance(part, str):
        return FORBIDDEN.sub("", part)
    if isinstance(part, dict):
        return {name: _writable(one) for name, one in part.items()}
    return [_writable(one) for one in part] if isinstance(part, list | tuple) else part


def is_electronic(document: Document) -> bool:
    """Whether it can be an electronic invoice of EN 16931."""
    return not refusal(document, "xml")


def _is_electronic(body: DocumentBody) -> bool:
    """Not with several authorities on a line, thousandths (BR-DEC), or goods outside tax beside others (BR-O-11)."""
    if minor_digits(body.currency) > MOST_DECIMALS:
        return False
    if not body.lines or any(len(line.tax_parts) != 1 for line in body.lines):
        return False
    return len({part.category == OUTSIDE for line in body.lines for part in line.tax_parts}) == 1


def _lacking(document: Document, body: DocumentBody, form: DocumentForm) -> list[str]:
    """List the missing data that XRechnung and Peppol require beyond EN 16931."""
    found: dict[str, bool] = {}
    germans = body.seller.address.country == body.buyer.address.country == "DE"
    if form in {"xrechnung", "peppol"}:
        found[_("the reference of the buyer (such as a purchase order or a Leitweg-ID)")] = bool(body.reference)
        found[_("a Leitweg-ID or a VAT id of the buyer, as its electronic address")] = bool(
            address_of(body.buyer, body.reference)
        )
    if form == "xrechnung" or (form == "peppol" and germans):
        seller = body.seller
        found[_("contact, phone and e-mail of the seller")] = bool(seller.contact and seller.phone and seller.email)
        places = (seller.address, body.buyer.address, body.ship_to)
        found[_("city and postal code in each address")] = all(one.city and one.postal_code for one in places)
    if form == "peppol":
        found[_("a VAT id of the seller, as its electronic address")] = bool(address_of(body.seller))
        found[_("more of sellers in {country} than the shop knows", country=body.seller.address.country)] = (
            body.seller.address.country not in OWN_RULES
        )
        found[_("seller and buyer in Germany for a corrected invoice")] = document.kind != "correction" or germans
    return [what for what, there in found.items() if not there]
