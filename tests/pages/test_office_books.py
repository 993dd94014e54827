"""The page of the books: a payout is booked once, with a known provider."""

import asyncio
import re
from datetime import date

import httpx

from shopwright.app import Shop
from shopwright.kit.money import Money
from shopwright.services.books import store
from shopwright.services.books.contract import Account, Posting
from tests.builders.ledger import MONTH, balances
from tests.builders.orders import kettles

BOOKS, PAYOUTS = "/office/books", "/office/books/payouts"


def form_in(page: str) -> dict[str, str]:
    """The hidden fields of the form for a payout."""
    form = page[page.index(f'action="{PAYOUTS}"') :].partition("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


def providers_in(page: str) -> list[str]:
    return re.findall(r"<option[^>]*>([^<]*)", page.partition('<select name="provider"')[2].partition("</select>")[0])


async def test_a_payout_sent_twice_at_once_or_again_is_booked_once(shop: Shop, office: httpx.AsyncClient) -> None:
    await kettles(shop)
    before = (await balances(shop))["clearing:pretend"]
    form = {**form_in((await office.get(BOOKS)).text), "provider": "pretend", "amount": "50.00"}
    both = await asyncio.gather(*(office.post(PAYOUTS, data=form) for _ in range(2)))
    again = await office.post(PAYOUTS, data=form, follow_redirects=True)
    assert [one.status_code for one in (*both, again)] == [303, 303, 200]
    assert "This form was already sent" in again.text
    assert (await balances(shop))["clearing:pretend"] == before - 5000
    assert form_in(again.text)["key"] != form["key"]
    other = await office.post(PAYOUTS, data={**form, **form_in(again.text)}, follow_redirects=True)
    assert "The payout is booked." in other.text
    assert (await balances(shop))["clearing:pretend"] == before - 10_000


async def test_a_refused_form_is_still_the_same_payout(shop: Shop, office: httpx.AsyncClient) -> None:
    await kettles(shop)
    form = {**form_in((await office.get(BOOKS)).text), "provider": "pretend", "amount": "much"}
    refused = await office.post(PAYOUTS, data=form)
    assert refused.status_code == 422
    assert form_in(refused.text)["key"] == form["key"]


async def test_a_payout_needs_a_known_provider(shop: Shop, office: httpx.AsyncClient) -> None:
    assert '<input name="provider"' in (await office.get(BOOKS)).text
    await kettles(shop)
    await shop.bus.settle()
    page = (await office.get(BOOKS)).text
    assert '<input name="provider"' not in page
    assert providers_in(page) == ["pretend"]
    assert providers_in((await office.get(f"{BOOKS}?month=2025-01")).text) == ["pretend"]
    async with shop.databases["books"].begin() as tx:  # of a provider the shop no longer uses
        lines: list[tuple[Account, int]] = [("bank", 100), ("clearing", -100)]
        postings = tuple(Posting(account=name, amount=Money(each, "EUR"), provider="card desk") for name, each in lines)
        new = store.NewEntry(kind="payout", text="x", day=date(2026, 3, 2), postings=postings, who="test")
        await store.write(tx, new)
    page = (await office.get(f"{BOOKS}?month={MONTH}")).text
    assert providers_in(page) == ["Choose one", "card desk", "pretend"]
