"""A gift card is money: it is spent once, its balance is never negative, and only its recipient reads the code."""

import asyncio
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.kit.derived import KeyedHash
from shopwright.kit.errors import Conflict, IdempotencyConflict, Invalid, Missing, RateLimited, Refused, Unavailable
from shopwright.kit.money import Money
from shopwright.services.giftcards import hold_store, model
from shopwright.services.giftcards.contract import GiftCard, GiftCardRefused, NewGiftCard
from shopwright.services.giftcards.service import GiftCardService
from shopwright.web.privacy.gather import everything
from shopwright.web.privacy.lookup import of_person
from tests.builders.customers import confirm, sign_in
from tests.builders.gift_cards import has, issue, share


async def hold(shop: Shop, order_id: str, card: GiftCard, amount: int) -> None:
    await shop.giftcards.hold(order_id, [share(card, amount)], shop.clock.now() + timedelta(minutes=30))


@given(st.binary(min_size=16, max_size=16))
def test_a_code_is_found_however_it_is_typed(chance: bytes) -> None:
    code = model.written(chance)
    bare = code.replace("-", "")
    assert len(bare) == 16
    assert not set(bare) & set("ILOU")
    spoken = bare.lower().replace("0", "o").replace("1", "l")
    assert {model.read(one) for one in (code, bare, f" {code.lower()} ", code.replace("-", " "), spoken)} == {bare}


@pytest.mark.parametrize("typed", ["", "7K3M", "7K3M-Q2XV-0D4H-9TRAB", "7K3M-Q2XV-0D4H-9TRU", "é" * 16, "²" * 16])
def test_an_invalid_code_is_not_looked_up(typed: str) -> None:
    assert model.read(typed) == ""


@pytest.mark.parametrize(
    ("country", "issued", "last"),
    [
        ("DE", date(2026, 1, 1), date(2029, 12, 31)),
        ("DE", date(2026, 12, 31), date(2029, 12, 31)),
        ("US", date(2026, 3, 2), date(2031, 3, 2)),
        ("US", date(2028, 2, 29), date(2033, 3, 1)),
        ("AT", date(2026, 3, 2), date(2056, 3, 2)),
        ("AU", date(2028, 2, 29), date(2031, 3, 1)),
        ("CA", date(2026, 3, 2), None),
        ("CH", date(2026, 3, 2), date(2036, 3, 2)),
        ("IE", date(2026, 3, 2), date(2031, 3, 2)),
        ("FR", date(2026, 3, 2), None),
    ],
)
def test_the_validity_of_a_card_follows_the_country(country: str, issued: date, last: date | None) -> None:
    assert model.last_day(country, issued) == last


@given(st.lists(st.tuples(st.integers(0, 10_000).map(str), st.integers(0, 5_000)), min_size=1, max_size=4, unique_by=lambda one: one[0]), st.integers(1, 20_000))  # fmt: skip
def test_a_refund_is_split_to_the_cent(lines: list[tuple[str, int]], amount: int) -> None:
    found = model.shared_out(lines, amount)
    assert sum(found.values()) == amount
    if amount <= sum(paid for _, paid in lines):
        assert all(part <= dict(lines)[card_id] for card_id, part in found.items())


async def test_a_code_is_shown_once_and_stored_as_a_hash(shop: Shop) -> None:
    card = await issue(shop, recipient="grace@example.com")
    assert card.code.endswith(card.last4)
    assert (await shop.giftcards.card(card.id)).code == ""
    assert [one.code for one in await shop.giftcards.cards()] == [""]
    tables = ("cards", "movements", "codes", "facts", "guesses", "inbox")
    rows = [dict(row) for table in tables for row in await shop.databases["giftcards"].fetch(f"SELECT * FROM {table}")]
    for form in (card.code, card.code.replace("-", "")):
        assert form not in str(rows)
    assert (await shop.giftcards.find(card.code.lower())).id == card.id
    with pytest.raises(Missing):
        await shop.giftcards.find("7K3M-Q2XV-0D4H-9TRA")


async def test_a_request_that_is_repeated_issues_one_card(shop: Shop) -> None:
    new = NewGiftCard(amount=Money(500, "EUR"), why="goodwill")
    made = [await shop.giftcards.issue(new, SYSTEM, "once") for _ in range(3)]
    assert len({one.id for one in made}) == 1
    assert [bool(one.code) for one in made] == [True, False, False]
    for other in ({"amount": Money(50000, "EUR")}, {"recipient": "mallory@example.com"}, {"expires_on": None}):
        with pytest.raises(IdempotencyConflict, match="another gift card"):
            await shop.giftcards.issue(msgspec.structs.replace(new, **other), SYSTEM, "once")
    assert len(await shop.giftcards.cards()) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 0},
        {"amount": -1},
        {"currency": "USD"},
        {"amount": 2**62},
        {"expires_on": date(2020, 1, 1)},
        {"recipient": "nobody"},
    ],
)
async def test_an_impossible_card_is_refused(shop: Shop, wrong: dict) -> None:
    with pytest.raises(Invalid):
        await issue(shop, **wrong)
    assert await shop.giftcards.cards() == []


async def test_a_held_amount_is_spent_once_or_released(shop: Shop) -> None:
    card = await issue(shop)
    for _ in range(2):
        await hold(shop, "ord_1", card, 1500)
    assert await has(shop, card) == (2000, 1500)
    with pytest.raises(GiftCardRefused) as refused:
        await hold(shop, "ord_2", card, 501)
    assert refused.value.data["card_id"] == card.id
    assert [await shop.giftcards.redeem("ord_1") for _ in range(3)] == ["taken"] * 3
    assert await has(shop, card) == (500, 0)
    await hold(shop, "ord_2", card, 500)
    await shop.giftcards.release_hold("ord_2")
    assert await has(shop, card) == (500, 0)
    assert await shop.giftcards.redeem("ord_2") == "expired"
    assert [one.amount.amount for one in await shop.giftcards.movements(card.id)] == [-1500, 2000]
    assert await shop.giftcards.check_consistency() == []


async def test_all_cards_of_an_order_are_held_or_none(shop: Shop) -> None:
    full, thin = await issue(shop), await issue(shop, 100)
    with pytest.raises(GiftCardRefused):
        await shop.giftcards.hold("ord_1", [share(full, 2000), share(thin, 101)], shop.clock.now())
    assert await has(shop, full) == (2000, 0)
    assert await shop.giftcards.check_consistency() == []


async def test_another_selection_of_cards_replaces_the_holds_of_an_order(shop: Shop) -> None:
    one, other = await issue(shop, 2000), await issue(shop, 2000)
    until = shop.clock.now() + timedelta(minutes=30)
    await shop.giftcards.hold("ord_1", [share(one, 2000)], until)
    with pytest.raises(GiftCardRefused):
        await shop.giftcards.hold("ord_1", [share(one, 500), share(other, 2001)], until)
    assert (await has(shop, one), await has(shop, other)) == ((2000, 2000), (2000, 0))
    await shop.giftcards.hold("ord_1", [share(one, 500), share(other, 300)], until)
    assert (await has(shop, one), await has(shop, other)) == ((2000, 500), (2000, 300))
    await shop.giftcards.redeem("ord_1")
    await shop.giftcards.hold("ord_1", [share(one, 7)], until)
    assert (await has(shop, one), await has(shop, other)) == ((1500, 0), (1700, 0))
    assert await shop.giftcards.check_consistency() == []


async def test_an_expired_hold_is_released_and_can_be_made_again(shop: Shop, clock: HandClock) -> None:
    card = await issue(shop)
    await hold(shop, "ord_1", card, 2000)
    await shop.giftcards.extend_hold("ord_1", clock.now() + timedelta(hours=1))
    clock.move(minutes=31)
    await shop.giftcards.expire()
    assert await has(shop, card) == (2000, 2000)
    clock.move(minutes=30)
    await shop.giftcards.expire()
    assert await has(shop, card) == (2000, 0)
    await hold(shop, "ord_1", card, 2000)
    assert await shop.giftcards.redeem("ord_1") == "taken"


async def test_of_a_hundred_orders_one_gets_the_last_euro(shop: Shop) -> None:
    card = await issue(shop, 100)
    results = await asyncio.gather(*(hold(shop, f"ord_{n}", card, 100) for n in range(100)), return_exceptions=True)
    assert sum(result is None for result in results) == 1
    assert all(result is None or isinstance(result, GiftCardRefused) for result in results)
    [won] = [n for n, result in enumerate(results) if result is None]
    assert await asyncio.gather(*(shop.giftcards.redeem(f"ord_{won}") for _ in range(20))) == ["taken"] * 20
    assert await has(shop, card) == (0, 0)
    back = Money(100, "EUR")
    await asyncio.gather(
        *(shop.giftcards.refund(f"ord_{won}", "rfd_1", back) for _ in range(10)),
    )
    assert await has(shop, card) == (100, 0)
    assert await shop.giftcards.check_consistency() == []


async def test_two_cards_in_two_orders_do_not_block_each_other(shop: Shop) -> None:
    """Each order names them in the opposite order."""
    one, other = await issue(shop, 5000), await issue(shop, 5000)
    until = shop.clock.now() + timedelta(minutes=30)
    pairs = [[share(one, 100), share(other, 100)], [share(other, 100), share(one, 100)]]
    await asyncio.gather(*(shop.giftcards.hold(f"ord_{n}", pairs[n % 2], until) for n in range(20)))
    await asyncio.gather(*(shop.giftcards.redeem(f"ord_{n}") for n in range(20)))
    assert (await has(shop, one), await has(shop, other)) == ((3000, 0), (3000, 0))


async def test_other_selections_of_cards_do_not_block_each_other(shop: Shop) -> None:
    """Released and new holds are locked together, in opposite order by each order."""
    one, other = await issue(shop, 9000), await issue(shop, 9000)
    for _ in range(10):
        choices = [[share(one, 100)], [share(other, 100)], [share(other, 50), share(one, 50)]]
        until = shop.clock.now() + timedelta(minutes=30)
        await asyncio.gather(
            *(shop.giftcards.hold(f"ord_{n}", choices[(n + k) % 3], until) for n in range(6) for k in range(3))
        )
    await asyncio.gather(*(shop.giftcards.redeem(f"ord_{n}", [share(one, 10)]) for n in range(6)))
    assert (await has(shop, one), await has(shop, other)) == ((8940, 0), (9000, 0))
    assert await shop.giftcards.check_consistency() == []


async def test_the_captured_amount_is_that_of_the_order(shop: Shop) -> None:
    """Another attempt to place the order, with another card, arrived a moment late."""
    one, other = await issue(shop, 5000), await issue(shop, 100)
    await hold(shop, "ord_1", one, 5000)
    await hold(shop, "ord_1", other, 1)
    assert await shop.giftcards.redeem("ord_1", [share(one, 5000)]) == "taken"
    assert (await has(shop, one), await has(shop, other)) == ((0, 0), (100, 0))
    await hold(shop, "ord_2", other, 1)
    with pytest.raises(GiftCardRefused):
        await shop.giftcards.redeem("ord_2", [share(one, 5000)])
    assert (await has(shop, one), await has(shop, other)) == ((0, 0), (100, 1))
    assert await shop.giftcards.check_consistency() == []


async def test_a_refund_goes_to_the_cards_that_paid(shop: Shop) -> None:
    one, other = await issue(shop, 500), await issue(shop, 2000)
    await shop.giftcards.hold("ord_1", [share(one, 500), share(other, 800)], shop.clock.now())
    await shop.giftcards.redeem("ord_1")
    for _ in range(2):
        back = await shop.giftcards.refund("ord_1", "rfd_1", Money(700, "EUR"))
        assert {(part.card_id, part.amount.amount) for part in back} == {(one.id, 500), (other.id, 200)}
    uses = await shop.giftcards.of_order("ord_1")
    assert (uses.taken, uses.refunds) == (1300, ("rfd_1",))
    await shop.giftcards.refund("ord_1", "off", Money(600, "EUR"))
    assert (await has(shop, one), await has(shop, other)) == ((500, 0), (2000, 0))


async def test_an_excess_credit_is_on_the_first_card(shop: Shop) -> None:
    card = await issue(shop, 500)
    await hold(shop, "ord_1", card, 500)
    await shop.giftcards.redeem("ord_1")
    await shop.giftcards.refund("ord_1", "rfd_1", Money(1900, "EUR"))
    assert await has(shop, card) == (1900, 0)
    assert await shop.giftcards.check_consistency() == []


async def test_nothing_is_refunded_before_it_is_captured(shop: Shop) -> None:
    await hold(shop, "ord_1", await issue(shop), 500)
    with pytest.raises(Unavailable):
        await shop.giftcards.refund("ord_1", "rfd_1", Money(100, "EUR"), "ada@example.com")
    assert len(await shop.giftcards.cards()) == 1
    assert (await shop.giftcards.of_order("ord_1")).refunds == ()


async def test_yen_have_no_decimals(local_shop: Shop) -> None:
    """On paper: of 10,000 yen 3,300 are spent and 1,100 refunded; 7,800 are left."""
    shop = GiftCardService(
        local_shop.databases["giftcards"],
        KeyedHash("secret", "gift cards"),
        local_shop.vault,
        currency="JPY",
        country="JP",
    )
    card = await shop.issue(NewGiftCard(amount=Money(10_000, "JPY"), why="sold"), SYSTEM)
    assert card.expires_on is None
    await shop.hold("ord_1", [share(card, 3_300)], local_shop.clock.now() + timedelta(minutes=1))
    await shop.redeem("ord_1")
    await shop.refund("ord_1", "rfd_1", Money(1_100, "JPY"))
    assert (await shop.card(card.id)).balance == Money(7_800, "JPY")
    assert await shop.check_consistency() == []
    await local_shop.bus.settle()
    assert [one.postings[-1].amount for one in await local_shop.books.ledger()] == [Money(-10_000, "JPY")]


async def test_a_credit_for_an_order_without_cards_issues_one_for_its_buyer(shop: Shop) -> None:
    with pytest.raises(Refused, match="no e-mail address"):
        await shop.giftcards.refund("ord_1", "rfd_1", Money(1900, "EUR"))
    for _ in range(2):
        [back] = await shop.giftcards.refund("ord_1", "rfd_1", Money(1900, "EUR"), "ada@example.com")
    [card] = await shop.giftcards.cards()
    assert (card.id, card.why, card.balance.amount, card.order_id) == (back.card_id, "refund", 1900, "ord_1")
    assert await shop.giftcards.code_for_email(card.id)


async def test_a_refund_to_an_expired_card_makes_it_valid_again(shop: Shop, clock: HandClock) -> None:
    today = clock.now().date()
    card = await issue(shop, expires_on=today)
    await hold(shop, "ord_1", card, 2000)
    await shop.giftcards.redeem("ord_1")
    clock.move(days=2)
    assert (await shop.giftcards.card(card.id)).state == "expired"
    await shop.giftcards.refund("ord_1", "rfd_1", Money(2000, "EUR"))
    found = await shop.giftcards.card(card.id)
    assert (found.state, found.expires_on) == ("active", date(today.year + 3, 12, 31))


async def test_an_expired_or_disabled_card_pays_nothing(shop: Shop, clock: HandClock) -> None:
    short, off = await issue(shop, expires_on=clock.now().date()), await issue(shop)
    await shop.giftcards.set_disabled(off.id, disabled=True)
    clock.move(days=2)
    for number, card in enumerate((short, off)):
        with pytest.raises(GiftCardRefused):
            await hold(shop, f"ord_{number}", card, 100)
    await shop.giftcards.set_disabled(off.id, disabled=False)
    await hold(shop, "ord_3", off, 100)


def test_the_guide_lists_each_country_with_its_period_and_source() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "gift-cards.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in guide.splitlines() if line.startswith("| ")]
    listed = {row[0]: (row[1], row[2]) for row in rows if len(row[0]) == 2}
    assert {country: source for country, (_period, source) in listed.items()} == {
        country: rule.source for country, rule in model.VALIDITY.items()
    }
    for country, rule in model.VALIDITY.items():
        full = " full years, until the end of the year" if rule.to_years_end else " years"
        assert listed[country][0] == ("no expiry" if rule.years is None else f"{rule.years}{full}")


@given(st.sampled_from(sorted(model.VALIDITY)), st.dates(date(2020, 1, 1), date(2040, 12, 31)))
def test_a_card_is_valid_for_at_least_the_years_of_its_country(country: str, issued: date) -> None:
    last, years = model.last_day(country, issued), model.VALIDITY[country].years
    assert (last is None) == (years is None)
    if last is not None and years is not None:
        assert (last.year - issued.year, (last.month, last.day) >= (issued.month, issued.day)) == (years, True)


async def test_a_card_with_a_lost_code_is_replaced_by_another(shop: Shop) -> None:
    old = await issue(shop, recipient="grace@example.com")
    await hold(shop, "ord_1", old, 300)
    new = await shop.giftcards.replace(old.id, SYSTEM)
    assert (await has(shop, old), await has(shop, new)) == ((300, 300), (1700, 0))
    assert new.code != old.code
    assert (await shop.giftcards.find(old.code)).state == "disabled"
    assert (new.recipient, new.expires_on) == (old.recipient, old.expires_on)
    with pytest.raises(Conflict, match="no balance left"):
        await shop.giftcards.replace(old.id, SYSTEM)
    assert await shop.giftcards.check_consistency() == []


async def test_a_hold_of_a_replaced_card_goes_to_the_new_one_when_it_is_released(shop: Shop, clock: HandClock) -> None:
    """Released, expired, or held again with the new card; captured amounts are those of the old one."""
    old = await issue(shop)
    for number, amount in enumerate((300, 400, 500, 600)):
        await hold(shop, f"ord_{number}", old, amount)
    new = await shop.giftcards.replace(old.id, SYSTEM)
    last = await shop.giftcards.replace(new.id, SYSTEM)
    assert await has(shop, last) == (200, 0)
    await shop.giftcards.release_hold("ord_0")
    assert (await has(shop, old), await has(shop, new), await has(shop, last)) == ((1500, 1500), (0, 0), (500, 0))
    await hold(shop, "ord_1", last, 900)
    assert (await has(shop, old), await has(shop, last)) == ((1100, 1100), (900, 900))
    assert await shop.giftcards.redeem("ord_2") == "taken"
    clock.move(hours=1)
    await shop.giftcards.expire()
    assert (await has(shop, old), await has(shop, last)) == ((0, 0), (1500, 0))
    await shop.giftcards.refund("ord_2", "rfd_1", Money(500, "EUR"))
    assert await has(shop, last) == (2000, 0)
    assert await shop.giftcards.check_consistency() == []


async def test_a_hold_of_a_replaced_card_stays_where_the_card_is_valid_again(shop: Shop) -> None:
    old = await issue(shop)
    await hold(shop, "ord_1", old, 300)
    new = await shop.giftcards.replace(old.id, SYSTEM)
    await shop.giftcards.set_disabled(old.id, disabled=False)
    await shop.giftcards.release_hold("ord_1")
    assert (await has(shop, old), await has(shop, new)) == ((300, 0), (1700, 0))


async def test_an_expired_card_is_not_replaced_whether_disabled_or_not(shop: Shop, clock: HandClock) -> None:
    cards = [await issue(shop, expires_on=clock.now().date()) for _ in range(2)]
    await shop.giftcards.set_disabled(cards[0].id, disabled=True)
    clock.move(days=2)
    for card in cards:
        with pytest.raises(Conflict, match="This gift card has expired"):
            await shop.giftcards.replace(card.id, SYSTEM)
        assert await has(shop, card) == (2000, 0)
    assert len(await shop.giftcards.cards()) == 2


async def test_with_another_secret_codes_are_refused_and_the_doctor_says_so_until_cards_are_replaced(
    shop: Shop,
) -> None:
    card, spent = await issue(shop), await issue(shop)
    await hold(shop, "ord_1", spent, 2000)
    await shop.giftcards.redeem("ord_1")
    other = GiftCardService(
        shop.databases["giftcards"], KeyedHash("another", "gift cards"), shop.vault, currency="EUR", country="DE"
    )
    await other.protect(anew=False)
    assert await shop.giftcards.check_consistency() == []
    with pytest.raises(Missing):
        await other.find(card.code)
    [sentence] = await other.check_consistency()
    assert sentence.startswith("Gift cards whose codes were made with another secret than the shop has now: 1.")
    new = await other.replace(card.id, SYSTEM)
    assert (await other.find(new.code)).balance.amount == 2000
    assert await other.check_consistency() == []
    assert len(await shop.giftcards.check_consistency()) == 1


async def test_cards_of_an_earlier_version_use_the_key_of_the_migration(shop: Shop) -> None:
    await issue(shop)
    async with shop.databases["giftcards"].begin() as tx:
        await tx.run("UPDATE cards SET code_key = ''")
    assert await shop.giftcards.check_consistency() == []
    await shop.protect()
    rows = await shop.databases["giftcards"].fetch("SELECT code_key FROM cards")
    assert all(row["code_key"] for row in rows)
    assert await shop.giftcards.check_consistency() == []


async def test_guessing_codes_is_slow(shop: Shop, clock: HandClock) -> None:
    card = await issue(shop)
    for _ in range(30):
        await shop.giftcards.find(card.code, "192.0.2.1")
    for _ in range(20):
        with pytest.raises(Missing):
            await shop.giftcards.find("7K3M-Q2XV-0D4H-9TRA", "192.0.2.1")
    with pytest.raises(RateLimited):
        await shop.giftcards.find(card.code, "192.0.2.1")
    await shop.giftcards.find(card.code, "192.0.2.2")
    clock.move(minutes=16)
    await shop.giftcards.find(card.code, "192.0.2.1")


async def test_the_recipient_of_a_card_is_erased_and_the_card_stays(shop: Shop) -> None:
    card = await issue(shop, recipient="Grace@example.com")
    other = await issue(shop, recipient="ada@example.com")
    assert [one.id for one in await shop.giftcards.cards(text="grace@example.com")] == [card.id]
    await shop.users.erase_address("grace@example.com")
    await shop.bus.settle()
    assert [one.recipient for one in await shop.giftcards.cards()] == [other.recipient, ""]
    with pytest.raises(Missing):
        await shop.giftcards.code_for_email(card.id)
    assert await shop.giftcards.code_for_email(other.id) == other.code
    issued = [
        event for event in await shop.databases["giftcards"].events_after("", 9) if event.type == "GiftCardIssued"
    ]
    assert [event.data.recipient for event in issued] == ["erased", "ada@example.com"]
    events = [bytes(one.data).decode() for one in await shop.insights.about([card.id, other.id])]
    assert "grace" not in str(events).lower()
    assert "ada@example.com" in str(events)
    assert await has(shop, card) == (2000, 0)


async def test_stored_data_of_a_recipient_is_listed(shop: Shop) -> None:
    await issue(shop, recipient="grace@example.com")
    stored = await of_person(shop, "Grace@example.com")
    assert {one["purpose"]: one["count"] for one in stored["kept"]}["orders"] == 1
    user = await shop.users.register("grace@example.com", "a-long-password-1", "Grace")
    assert (await everything(shop, user.id))["gift_cards"] == []
    await confirm(shop, "grace@example.com")
    [card] = (await everything(shop, user.id))["gift_cards"]
    assert (card.recipient, card.code) == ("grace@example.com", "")


async def test_the_code_for_the_email_is_stored_for_a_week(shop: Shop, clock: HandClock) -> None:
    card = await issue(shop, recipient="grace@example.com")
    clock.move(days=7)
    await shop.giftcards.forget()
    with pytest.raises(Missing):
        await shop.giftcards.code_for_email(card.id)
    assert await shop.databases["giftcards"].fetch("SELECT * FROM codes") == []


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ("UPDATE cards SET balance = balance + 1", "has 2001, but its movements add up to 2000"),
        ("DELETE FROM movements", "its movements add up to 0"),
        ("UPDATE cards SET held = held + 1", "301 are held, but open holds are of 300"),
        ("UPDATE holds SET state = 'taken'", "300 are held, but open holds are of 0"),
    ],
)
async def test_the_doctor_finds_a_card_that_does_not_add_up(shop: Shop, broken: str, expected: str) -> None:
    await hold(shop, "ord_1", await issue(shop), 300)
    assert await shop.giftcards.check_consistency() == []
    async with shop.databases["giftcards"].begin() as tx:
        await tx.run(broken)
    assert expected in " ".join(await shop.giftcards.check_consistency())


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["hold", "take", "release", "back", "expire", "replace", "disable", "enable"]),
        st.integers(0, 3),
        st.integers(1, 1200),
    ),
    max_size=25,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTIONS)
async def test_no_sequence_of_actions_makes_a_balance_negative(shop: Shop, actions) -> None:
    cards = [await issue(shop, amount) for amount in (100, 1500)]
    for number, (what, order, amount) in enumerate(actions):
        name, card = f"ord_{cards[0].id}_{order}", cards[amount % len(cards)]
        with suppress(Conflict, Refused, Unavailable):
            if what == "hold":
                shares = [share(card, amount), share(cards[0] if card is cards[-1] else cards[-1], 1 + amount // 2)]
                await shop.giftcards.hold(name, shares, shop.clock.now() + timedelta(minutes=order))
            elif what == "back":
                await shop.giftcards.refund(name, f"{name}/{number % 5}", Money(amount, "EUR"))
            elif what == "expire":
                shop.clock.move(minutes=2)
                await shop.giftcards.expire()
            elif what == "replace":
                cards.append(await shop.giftcards.replace(card.id, SYSTEM))
            elif what in {"disable", "enable"}:
                await shop.giftcards.set_disabled(card.id, disabled=what == "disable")
            else:
                await {"take": shop.giftcards.redeem, "release": shop.giftcards.release_hold}[what](name)  # fmt: skip
        assert await shop.giftcards.check_consistency() == []
    spending = await hold_store.spent_on(
        shop.databases["giftcards"], [f"ord_{cards[0].id}_{order}" for order in range(4)]
    )
    spent = sum(spent_on_order - back for spent_on_order, back in spending.values())
    assert sum([(await has(shop, one))[0] for one in cards]) == 1600 - spent


async def test_staff_issue_cards_and_anyone_checks_a_balance(shop: Shop, api: httpx.AsyncClient, staff) -> None:
    body = {"amount": {"amount": 2000, "currency": "EUR"}, "why": "sold"}
    made = await api.post("/v1/gift-cards", headers={**staff, "Idempotency-Key": "k1"}, json=body)
    assert made.status_code == 201, made.text
    code, card_id = made.json()["code"], made.json()["id"]
    again = await api.post("/v1/gift-cards", headers={**staff, "Idempotency-Key": "k1"}, json=body)
    assert again.json() == made.json()
    response = await api.post("/v1/gift-card-balances", json={"code": code.lower()})
    assert response.json()["balance"] == {"amount": 2000, "currency": "EUR"}
    assert response.json()["last4"] == code[-4:]
    assert "id" not in response.json()
    assert (await api.post("/v1/gift-card-balances", json={"code": "7K3M-Q2XV-0D4H-9TRA"})).status_code == 404
    for path, answer in (("", 200), (f"/{card_id}", 200), (f"/{card_id}/movements", 200)):
        found = await api.get(f"/v1/gift-cards{path}", headers=staff)
        assert found.status_code == answer
        assert code not in found.text
        assert (await api.get(f"/v1/gift-cards{path}")).status_code == 401
    for verb, state in (("disable", "disabled"), ("enable", "active")):
        assert (await api.post(f"/v1/gift-cards/{card_id}/{verb}", headers=staff)).json()["state"] == state
    new = await api.post(f"/v1/gift-cards/{card_id}/replace", headers=staff)
    assert new.json()["balance"]["amount"] == 2000


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [("orders", 200, 201), ("accounting", 200, 201), ("support", 200, 403), ("catalog", 403, 403)],
)
async def test_issuing_depends_on_the_role(
    shop: Shop, api: httpx.AsyncClient, role: str, reads: int, writes: int
) -> None:
    await shop.users.register("sam@example.com", "a-long-password-1", "Sam", role)
    sam = await sign_in(api, "sam@example.com", "a-long-password-1")
    assert (await api.get("/v1/gift-cards", headers=sam)).status_code == reads
    body = {"amount": {"amount": 100, "currency": "EUR"}, "why": "goodwill"}
    assert (await api.post("/v1/gift-cards", headers=sam, json=body)).status_code == writes
