"""Customers of an earlier shop: accounts without a password, which they choose by e-mail on first use.

One mechanism for all shops, which differ in column names.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from shopwright.importers.addresses import imported_address
from shopwright.importers.draft import ImportIssue, Row
from shopwright.kit.addresses import Address
from shopwright.kit.bounds import NAME
from shopwright.kit.errors import Invalid, Refused
from shopwright.kit.translation import gettext as _
from shopwright.services.users.contract import Users

# Our field → the names of earlier shops.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "email": ("Email", "email", "user_email", "billing_email", "customer_email"),
    "first": ("First Name", "firstname", "first_name", "billing_first_name"),
    "last": ("Last Name", "lastname", "last_name", "billing_last_name"),
    "name": ("Name", "name", "display_name"),
    "company": ("Default Address Company", "Company", "billing_company", "_address_company"),
    "line1": ("Default Address Address1", "Address1", "billing_address_1", "street", "_address_street"),
    "line2": ("Default Address Address2", "Address2", "billing_address_2"),
    "city": ("Default Address City", "City", "billing_city", "city", "_address_city"),
    "region": ("Default Address Province Code", "Province Code", "billing_state", "region", "Region", "_address_region"),
    "postal_code": ("Default Address Zip", "Zip", "billing_postcode", "postcode", "Postal code", "_address_postcode"),
    "country": ("Default Address Country Code", "Country Code", "billing_country", "country_id", "Country", "_address_country_id"),
    "phone": ("Default Address Phone", "Phone", "billing_phone", "telephone", "_address_telephone"),
}  # fmt: skip
PLACE = ("line1", "line2", "city", "postal_code")
PRODUCT_COLUMNS = {"Handle", "sku", "SKU", "Regular price", "Variant Price"}


def are_people(columns: Sequence[str]) -> bool:
    """Whether this is a table of customers."""
    return any(name in columns for name in COLUMNS["email"]) and not PRODUCT_COLUMNS & set(columns)


class CustomerImporter:
    """Imports customers."""

    def __init__(self, users: Users, how: Literal["take", "try", "undo"], country: str) -> None:
        if how == "undo":
            raise Refused(_("Customers cannot be undone by an import. They can erase their own accounts."))
        self._users = users
        self._country = country
        self._writes = how == "take"

    async def import_rows(self, rows: Iterable[Row]) -> AsyncIterator[ImportIssue]:
        """Iterate over the result of every row; existing customers stay."""
        for number, row in rows:
            fields = {name: _first(row, columns) for name, columns in COLUMNS.items()}
            email = fields["email"]
            if not email:
                yield ImportIssue(number, fields["name"], "refused", _("has no e-mail address"))
                continue
            if await self._users.by_email(email) is not None:
                yield ImportIssue(number, email, "unchanged")
                continue
            name = f"{fields['first']} {fields['last']}".strip() or fields["name"] or email.partition("@")[0]
            too_long = len(name) > NAME.longest
            known_as = email.partition("@")[0] if too_long else name
            try:
                user_id = (await self._users.import_customer(email, known_as)).id if self._writes else ""
            except Invalid as error:
                yield ImportIssue(number, email, "refused", error.detail)
                continue
            yield ImportIssue(number, email, "taken")
            if too_long:
                note = f"its name has more than {NAME.longest} characters, so the account is named {known_as}"
                yield ImportIssue(number, email, "noted", note)
            if not _has_address(row, fields):
                continue
            address, odd = self._address(name, fields)
            if user_id:
                await self._users.save_address(user_id, address, as_written=True)
            if odd:
                note = f"its address comes in, with what is to be mended as it is written: {'; '.join(odd)}"
                yield ImportIssue(number, email, "noted", note)

    def _address(self, name: str, fields: Mapping[str, str]) -> tuple[Address, list[str]]:
        line1, line2 = _street(fields["line1"], fields["line2"])
        complete = {**fields, "name": name, "line1": line1, "line2": line2}
        address, problems = imported_address(complete, self._country)
        odd = list(problems.values())
        if not fields["country"]:
            odd.append(f"country: none is given, so it is one of {self._country}, the shop's own")
        return address, odd


def _has_address(row: Mapping[str, str], fields: Mapping[str, str]) -> bool:
    """Whether there is an address; tables without streets only have cities."""
    return any(column in row for column in COLUMNS["line1"]) and any(fields[name] for name in PLACE)


def _first(row: Mapping[str, str], columns: Sequence[str]) -> str:
    return next((row[column].strip() for column in columns if row.get(column, "").strip()), "").lstrip("'")


def _street(line1: str, line2: str) -> tuple[str, str]:
    """The street lines; Magento writes them as a list: ["6146 Honey Bluff Parkway",""]."""
    try:
        lines = [*msgspec.json.decode(line1, type=list[str]), "", ""] if line1.startswith("[") else [line1, line2]
    except msgspec.DecodeError:
        lines = [line1, line2]
    return lines[0], lines[1]
