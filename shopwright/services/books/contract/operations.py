"""The operations of books."""

from collections.abc import Mapping
from datetime import date
from typing import Protocol

from shopwright.kit.auth import Caller
from shopwright.kit.rpc.operations import idempotent
from shopwright.services.books.contract.documents import Documents
from shopwright.services.books.contract.values import (
    Balance,
    Correction,
    Entry,
    ExportedFile,
    ExportForm,
    Payout,
    Period,
    SalesDay,
    TaxStatement,
)


class Books(Documents, Protocol):
    """The operations of the books."""

    @idempotent
    async def ledger(
        self,
        *,
        start: date | None = None,
        end: date | None = None,
        account: str = "",
        after: str = "",
        limit: int = 100,
    ) -> list[Entry]:
        """List entries by day of their event, `end` included, then by number. Raises Invalid."""
        ...

    @idempotent
    async def trial_balance(self, start: str, end: str) -> list[Balance]:
        """Return all accounts for a range of months. Raises Invalid."""
        ...

    @idempotent
    async def tax_statement(self, start: str, end: str, country: str = "") -> TaxStatement:
        """Return the taxes of a range of months. Raises Invalid."""
        ...

    @idempotent
    async def sales_days(self, count: int = 30) -> list[SalesDay]:
        """Return the last days, oldest first, in the shop's currency."""
        ...

    @idempotent
    async def periods(self) -> list[Period]:
        """Return this month and all months with entries, newest first."""
        ...

    async def close_period(self, period: str, who: Caller) -> Period:
        """Close a month. Raises Invalid; Conflict if an earlier one is open or it has not ended."""
        ...

    async def add_payout(self, payout: Payout, who: Caller, key: str = "") -> Entry:
        """Record a payout, once per `key`. Raises Invalid, Conflict."""
        ...

    async def correct(self, correction: Correction, who: Caller) -> Entry:
        """Write a manual entry. Raises Invalid."""
        ...

    @idempotent
    async def export(self, form: ExportForm, start: str, end: str) -> ExportedFile:
        """Export the ledger of these months. Raises Invalid."""
        ...

    @idempotent
    async def account_numbers(self) -> dict[str, str]:
        """Return the shop's account numbers by purpose."""
        ...

    async def set_account_numbers(self, numbers: Mapping[str, str]) -> dict[str, str]:
        """Set account numbers; "" removes one. Raises Invalid."""
        ...
