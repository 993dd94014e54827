"""Manual entries: payouts of providers, and corrections."""

from datetime import date

from shopwright.kit.auth import Caller
from shopwright.kit.data.unit_of_work import AlreadyDone, ServiceDatabase
from shopwright.kit.errors import Conflict, Invalid
from shopwright.kit.money import LARGEST, zero
from shopwright.kit.translation import gettext as _
from shopwright.services.books import model, statement_store, store
from shopwright.services.books.contract import Correction, Entry, Payout, Posting
from shopwright.services.books.periods import today
from shopwright.services.payments.contract import Payments

OLDEST_YEARS = 10  # as long as books are kept; a year that was mistyped would open all months since


class ManualEntries:
    """Writes manual entries with author and reason."""

    def __init__(self, work: ServiceDatabase, payments: Payments) -> None:
        self._work = work
        self._payments = payments

    async def add_payout(self, payout: Payout, who: Caller, key: str = "") -> Entry:
        currency = payout.amount.currency
        fee = payout.fee or zero(currency)
        if fee.currency != currency:
            raise Invalid.at("/fee", _("The fee is in the currency of the payout, {currency}.", currency=currency))
        if payout.amount.amount <= 0 or fee.amount < 0:
            raise Invalid.at("/amount", _("A payout is above 0, and its fee is 0 or more."))
        await self._check_provider(payout.provider, "/provider")
        postings = [
            Posting(account="bank", amount=payout.amount, provider=payout.provider),
            Posting(account="fees", amount=fee, provider=payout.provider),
            Posting(account="clearing", amount=-(payout.amount + fee), provider=payout.provider),
        ]
        text = payout.text.strip() or _("Paid out by {provider}", provider=payout.provider)
        return await self._by_hand(
            store.NewEntry(
                kind="payout",
                text=text,
                day=self._day(payout.day),
                postings=tuple(one for one in postings if one.amount.amount),
                who=who.signature,
            ),
            f"payout/{key}" if key else None,
        )

    async def correct(self, correction: Correction, who: Caller) -> Entry:
        if not correction.text.strip():
            raise Invalid.at("/text", _("Enter a reason; it is shown in the books."))
        if any(one.account == "tax" for one in correction.lines):
            raise Invalid.at("/lines", _("Taxes follow from sales and refunds; they are not booked by hand."))
        postings = tuple(
            Posting(account=one.account, amount=one.amount, provider=one.provider) for one in correction.lines
        )
        if not postings or any(not one.amount.amount for one in postings):
            raise Invalid.at(
                "/lines", _("Give at least two lines, each with an amount: debits above 0, credits below.")
            )
        if wrong := model.unbalanced(postings):
            currency, amount = next(iter(wrong.items()))
            raise Invalid.at(
                "/lines",
                _(
                    "The lines add up to {amount} minor units of {currency}, not to 0.",
                    amount=amount,
                    currency=currency,
                ),
            )
        for place, one in enumerate(correction.lines):
            if one.provider:
                await self._check_provider(one.provider, f"/lines/{place}/provider")
        return await self._by_hand(
            store.NewEntry(
                kind="correction",
                text=correction.text.strip(),
                day=self._day(correction.day),
                postings=postings,
                who=who.signature,
            )
        )

    def _day(self, given_day: date | None) -> date:
        now = today(self._work)
        if given_day is not None and given_day > now:
            raise Invalid.at("/day", _("{said} is still to come.", said=given_day))
        if given_day is not None and given_day.year < now.year - OLDEST_YEARS:
            raise Invalid.at("/day", _("{said} is more than {years} years ago.", said=given_day, years=OLDEST_YEARS))
        return given_day or now

    async def _check_provider(self, provider: str, pointer: str) -> None:
        """It is one that takes money here, or did. Raises Invalid."""
        known = await statement_store.providers(self._work)
        if provider not in known:
            known = sorted({*known, *(await self._payments.setup()).providers})
        if provider not in known:
            raise Invalid.at(
                pointer,
                _(
                    "There is no payment provider {provider}; there are {known}.",
                    provider=provider[:60],
                    known=", ".join(known) or _("none"),
                ),
            )

    async def _by_hand(self, new: store.NewEntry, once: str | None = None) -> Entry:
        if any(abs(one.amount.amount) > LARGEST for one in new.postings):
            raise Invalid.at("/", _("This is more than an amount may come to."))
        try:
            async with self._work.begin(dedup_key=once) as tx:
                seq = await store.write(tx, new)
                written = await store.entry(tx, seq)
        except AlreadyDone:
            raise Conflict(_("This payout is booked already.")) from None
        return written
