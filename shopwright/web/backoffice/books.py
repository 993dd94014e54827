"""The books by month: accounts, taxes, documents and manual entries."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect

from shopwright.kit import money
from shopwright.kit.auth import staff
from shopwright.kit.days import day_of, parse_day
from shopwright.kit.errors import Conflict, Invalid, ShopError
from shopwright.kit.http.access import allow, audited
from shopwright.kit.http.app_context import current_app
from shopwright.kit.http.dependency import CurrentCaller
from shopwright.kit.http.files import file_answer
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop, translated_values
from shopwright.services.books.contract import TITLES, Account, Balance, Books, Entry, ExportForm, Payout, TaxStatement
from shopwright.services.books.contract.margin import Margin, margins
from shopwright.web import render
from shopwright.web.backoffice.office_context import OfficeContext, OfficeDep
from shopwright.web.documents import BooksDep, shown
from shopwright.web.storefront.page_context import SettingsDep, Web, form_of

PAGE = 50
KINDS = {
    "sale": gettext_noop("Sale"),
    "return": gettext_noop("Return"),
    "payment": gettext_noop("Payment"),
    "payout": gettext_noop("Payout"),
    "correction": gettext_noop("Correction"),
    "stock": gettext_noop("Stock"),
}
BOOKED_BEFORE = gettext_noop("This form was already sent and booked once. Use the form below for another payout.")
READ, WRITE = allow(staff("books.read")), allow(staff("books.write"))
FILES = allow(staff("books.read"), "document")


def account_title(account: Account, provider: str) -> str:
    """The title of an account, with the payment provider of a clearing account."""
    title = _(TITLES[account])
    return f"{title}: {provider}" if provider else title


def _account(one: Balance) -> dict[str, Any]:
    return {**render.plain(one), "title": account_title(one.account, one.provider), "name": one.account}


def _margin(one: Margin) -> list[dict[str, Any]]:
    """The margin as a sum with signed rows."""
    rows = (
        (_(TITLES["revenue"]), one.revenue),
        (_(TITLES["discounts"]), -one.discounts),
        (_(TITLES["returns"]), -one.returns),
        (_(TITLES["cost_of_goods"]), -one.cost_of_goods),
        (_("Gross margin"), one.margin),
    )
    return [{"title": title, "amount": render.plain(amount)} for title, amount in rows]


def _providers(balances: Sequence[Balance]) -> list[str]:
    """Providers with a clearing account."""
    return sorted({one.provider for one in balances if one.account == "clearing" and one.provider})


def _entry(one: Entry) -> dict[str, Any]:
    lines = [
        {
            "title": account_title(posting.account, posting.provider),
            "debit": render.plain(posting.amount) if posting.amount.amount > 0 else None,
            "credit": render.plain(-posting.amount) if posting.amount.amount < 0 else None,
            "tax": render.plain(posting.tax) if posting.tax else None,
        }
        for posting in one.postings
        if posting.amount.amount
    ]
    return {**render.plain(one), "title": _(KINDS[one.kind]), "lines": lines}


def _statement(one: TaxStatement) -> dict[str, Any]:
    return {
        "lines": render.plain(one.lines),
        "regions": render.plain(one.regions),
        "threshold": render.plain(one.threshold),
    }


@get("/office/books", opt=READ, include_in_schema=False)
async def overview(
    office: OfficeDep, books: BooksDep, settings: SettingsDep, month: FromQuery[str] = "", said: FromQuery[str] = ""
) -> Response[bytes]:
    """Show a month."""
    return await _overview(office, books, settings.currency, month, said=said)


async def _overview(
    office: OfficeContext,
    books: Books,
    currency: str,
    month: str,
    *,
    said: str = "",
    problem: str = "",
    typed: dict[str, str] | None = None,
) -> Response[bytes]:
    periods = await books.periods()
    newest = periods[0].period
    chosen = month or newest
    typed = typed or {}
    balances = await books.trial_balance(chosen, chosen)
    context = {
        "month": chosen,
        "periods": render.plain(periods),
        "closed": next((one.closed for one in periods if one.period == chosen and one.closed), None),
        "is_now": chosen >= day_of(current_app().shop.clock.now(), office.settings.zone).strftime("%Y-%m"),
        "balances": [_account(one) for one in balances],
        "margins": [_margin(one) for one in margins(balances)],
        "providers": _providers(balances if chosen == newest else await books.trial_balance(newest, newest)),
        "key": typed.get("key") or current_app().shop.ids.secret(16),
        "taxes": _statement(await books.tax_statement(chosen, chosen)),
        "papers": [shown(one) for one in await books.documents(limit=10)],
        "currency": currency,
        "said": said,
        "problem": problem,
        "typed": typed,
    }
    return office.show("books.html", context, 422 if problem else 200)


@get("/office/books/entries", opt=READ, include_in_schema=False)
async def entry_list(
    office: OfficeDep,
    books: BooksDep,
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
    account: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Response[bytes]:
    """Show ledger entries."""
    problem, found = "", []
    try:
        found = await books.ledger(
            start=parse_day(since, "/since") if since else None,
            end=parse_day(until, "/until") if until else None,
            account=account if account in TITLES else "",
            after=after,
            limit=PAGE + 1,
        )
    except Invalid as error:
        problem = error.detail
    context = {
        "entries": [_entry(one) for one in found[:PAGE]],
        "next": found[PAGE - 1].place if len(found) > PAGE else "",
        "filters": {"since": since, "until": until, "account": account},
        "accounts": translated_values(TITLES),
        "problem": problem,
    }
    return office.show("ledger.html", context, 422 if problem else 200)


@get("/office/books/export", opt=audited(FILES), include_in_schema=False)
async def export(books: BooksDep, form: FromQuery[ExportForm], month: FromQuery[str]) -> Response[bytes]:
    """Export a month."""
    found = await books.export(form, month, month)
    return file_answer(found.content, found.name, found.media_type)


@post("/office/books/close", opt=WRITE, include_in_schema=False, status_code=200)
async def close_month(
    office: OfficeDep, request: Web, books: BooksDep, settings: SettingsDep, caller: CurrentCaller
) -> Response[bytes] | Redirect:
    """Close a month."""
    form = await form_of(request)
    month = form.get("month", "")
    try:
        closed = await books.close_period(month, caller)
    except ShopError as error:
        return await _overview(office, books, settings.currency, "", problem=error.detail)
    return Redirect(
        f"/office/books?month={closed.period}&said={quote(_('{month} is closed.', month=closed.period))}",
        status_code=303,
    )


@post("/office/books/payouts", opt=WRITE, include_in_schema=False, status_code=200)
async def add_payout(
    office: OfficeDep, request: Web, books: BooksDep, settings: SettingsDep, caller: CurrentCaller
) -> Response[bytes] | Redirect:
    """Record a payout; a form sent twice is booked once."""
    form = await form_of(request)
    try:
        day = form.get("day", "")
        fee = form.get("fee", "").strip()
        payout = Payout(
            provider=form.get("provider", "").strip(),
            amount=money.parse(form.get("amount", ""), settings.currency, "/amount"),
            fee=money.parse(fee, settings.currency, "/fee") if fee else None,
            day=parse_day(day, "/day") if day else None,
            text=form.get("text", ""),
        )
        entry = await books.add_payout(payout, caller, form.get("key", ""))
    except Conflict:
        return Redirect(f"/office/books?said={quote(_(BOOKED_BEFORE))}", status_code=303)
    except ShopError as error:
        return await _overview(office, books, settings.currency, "", problem=error.detail, typed=form)
    return Redirect(f"/office/books?month={entry.period}&said={quote(_('The payout is booked.'))}", status_code=303)


HANDLERS: list[Any] = [
    overview,
    export,
    entry_list,
    close_month,
    add_payout,
]
