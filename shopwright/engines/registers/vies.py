"""VIES: whether an EU VAT id exists, as asked of its member state.

It answers `isValid: false` also if the member state is unavailable; `userError` tells the difference.
"""

import asyncio
import logging
from urllib.parse import quote

import httpx
import msgspec

from shopwright.kit.errors import Unavailable
from shopwright.kit.ports import RegisterAnswer
from shopwright.kit.translation import gettext as _

log = logging.getLogger("shopwright")
WAITS_S = 4.0  # a buyer waits meanwhile
ANSWERED = {"", "VALID", "INVALID"}
LONGEST = 200
UNNAMED = "---"  # written by member states that disclose no names


class _Answer(msgspec.Struct, frozen=True, rename="camel"):
    is_valid: bool
    user_error: str | None = None
    name: str | None = None
    request_identifier: str | None = None


class Vies:
    """See `TaxRegister`; `url`: of its REST API."""

    def __init__(self, url: str, outside: httpx.AsyncClient) -> None:
        self._url = url
        self._outside = outside

    async def ask(self, tax_id: str, requester: str) -> RegisterAnswer:
        given = {"requesterMemberStateCode": requester[:2], "requesterNumber": requester[2:]} if requester else {}
        address = f"{self._url}/ms/{tax_id[:2]}/vat/{quote(tax_id[2:], safe='')}"
        try:
            async with asyncio.timeout(WAITS_S):  # all of it: a limit of the client's is one for each of its steps
                response = await self._outside.get(address, params=given)
            found = msgspec.json.decode(response.raise_for_status().content, type=_Answer)
        except (httpx.HTTPError, TimeoutError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            log.info("VIES did not answer: %s", type(error).__name__)
            raise Unavailable(_("The register of VAT ids cannot be asked at the moment.")) from None
        if (found.user_error or "") not in ANSWERED:
            log.info("VIES did not answer: %.40r", found.user_error)
            raise Unavailable(_("The register of VAT ids cannot be asked at the moment."))
        name = (found.name or "").strip()
        return RegisterAnswer(
            valid=found.is_valid,
            name="" if name == UNNAMED else name[:LONGEST],
            reference=(found.request_identifier or "")[:LONGEST],
        )
