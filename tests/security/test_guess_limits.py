"""Guessing is slow for the guesser and for no other client; irreversible actions need the password again."""

import asyncio
import contextlib
import re
import threading

import httpx
import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import RateLimited
from shopwright.services.users.contract import SecondFactorNeeded
from shopwright.services.users.passwords import LONGEST_QUEUE, Passwords
from shopwright.services.users.second_factor import STEP_S
from shopwright.web.application import build
from tests.builders.customers import confirm, sign_in
from tests.builders.messages import email_text, send_all
from tests.builders.pages import csrf
from tests.builders.second_factor import PASSWORD, ada, guarded, shows
from tests.builders.shops import OWNER, make_settings

ADA = "ada@example.com"


class Counting(PasswordHasher):
    """Counts how often a password is hashed or compared."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.count = 0
        self._lock = threading.Lock()

    def _one_more(self) -> None:
        with self._lock:
            self.count += 1

    def hash(self, password, *, salt=None) -> str:
        self._one_more()
        return super().hash(password, salt=salt)

    def verify(self, hash, password) -> bool:  # noqa: A002 -- as it is called there
        self._one_more()
        return super().verify(hash, password)


@pytest.fixture
def hasher() -> Counting:
    return Counting()


@pytest.fixture
async def readable_messages_of_counted(counted: Shop) -> None:
    await counted.databases["notifications"].mark_demo()


@pytest.fixture
async def counted(data, clock: HandClock, hasher: Counting):
    made = Shop(make_settings(*data), clock=clock, hasher=hasher)
    async with made.running(deliver=False):
        yield made


async def wrong(shop: Shop, times: int, address: str = "10.0.0.9", email: str = ADA, device: str = "") -> list[str]:
    """The results of this many simultaneous wrong guesses."""
    tries = [shop.users.open_session(email, f"guess {n}", address, device) for n in range(times)]
    return [type(one).__name__ for one in await asyncio.gather(*tries, return_exceptions=True)]


async def test_of_sixty_simultaneous_guesses_a_handful_is_checked(counted: Shop, hasher: Counting) -> None:
    await ada(counted)
    before = hasher.count
    outcome = await wrong(counted, 60)
    assert outcome.count("WrongPassword") <= 5
    assert outcome.count("RateLimited") >= 55
    assert hasher.count - before <= 5


async def test_codes_are_counted_before_they_are_checked_too(shop: Shop) -> None:
    await guarded(shop)
    with pytest.raises(SecondFactorNeeded) as needed:
        await shop.users.open_session(ADA, PASSWORD, "10.0.0.9")
    ticket = needed.value.data["ticket"]
    tries = [shop.users.finish_sign_in(ticket, f"{n:06}", "10.0.0.9") for n in range(60)]
    outcome = [type(one).__name__ for one in await asyncio.gather(*tries, return_exceptions=True)]
    assert outcome.count("WrongPassword") <= 5


@pytest.mark.parametrize("known", ["address", "browser"])
async def test_a_known_customer_is_not_locked_out_by_guesses(shop: Shop, known: str) -> None:
    await ada(shop)
    there = ("10.0.0.1", "") if known == "address" else ("10.7.7.7", "a browser of hers")
    await shop.users.open_session(ADA, PASSWORD, "10.0.0.1", "a browser of hers")
    for _ in range(12):
        await wrong(shop, 20)
        shop.clock.move(minutes=1)
    with pytest.raises(RateLimited):
        await shop.users.open_session(ADA, PASSWORD, "10.0.0.2")
    assert await shop.users.open_session(ADA, PASSWORD, *there)


async def test_a_known_client_guesses_as_slowly_as_others(shop: Shop) -> None:
    await ada(shop)
    await shop.users.open_session(ADA, PASSWORD, "10.0.0.1", "stolen")
    assert (await wrong(shop, 60, "10.0.0.1", device="stolen")).count("WrongPassword") <= 5
    await shop.users.register("bea@example.com", PASSWORD, "Bea")
    outcome = await wrong(shop, 60, "10.0.0.1", "bea@example.com", "stolen")
    assert outcome.count("WrongPassword") <= 5, "known to one account is not known to another"


async def test_signing_in_to_an_own_account_allows_no_more_guesses_at_others(shop: Shop) -> None:
    await ada(shop)
    await shop.users.register("eve@example.com", PASSWORD, "Eve")
    done = 0
    for _ in range(10):
        done += (await wrong(shop, 10)).count("WrongPassword")
        await shop.users.open_session("eve@example.com", PASSWORD, "10.0.0.9")
    assert done <= 5


async def test_guesses_at_many_accounts_from_one_address_are_limited(shop: Shop) -> None:
    """A sign-in from an unknown address restores only its own attempt."""
    for n in range(4):
        await shop.users.register(f"eve{n}@example.com", PASSWORD, "Eve")
    done = 0
    for n in range(4):
        for other in range(30):
            done += (await wrong(shop, 1, email=f"nobody{n}-{other}@example.com")).count("WrongPassword")
        with contextlib.suppress(RateLimited):
            await shop.users.open_session(f"eve{n}@example.com", PASSWORD, "10.0.0.9")
    assert done <= 50


async def test_one_burst_blocks_its_neighbours_for_a_minute_at_most(shop: Shop) -> None:
    await ada(shop)
    for n in range(80):
        await wrong(shop, 2, email=f"nobody{n}@example.com")
    with pytest.raises(RateLimited) as waiting:
        await shop.users.open_session(ADA, PASSWORD, "10.0.0.9")
    assert waiting.value.data["retry_after"] <= 61
    shop.clock.move(seconds=waiting.value.data["retry_after"])
    assert await shop.users.open_session(ADA, PASSWORD, "10.0.0.9")


@pytest.mark.parametrize("hashed", [None, "", "no hash"])
async def test_an_unknown_account_costs_as_much_time_as_a_known_one(hashed: str | None) -> None:
    compared: list[str] = []

    class Watched(PasswordHasher):
        def verify(self, hash, password) -> bool:  # noqa: A002 -- as it is called there
            compared.append(hash)
            with pytest.raises(VerifyMismatchError):  # the full hash was computed, and it did not match
                super().verify(hash, password)
            return False

    hasher = Watched(time_cost=2, memory_cost=64, parallelism=1)
    assert not await Passwords(hasher).matches(hashed, PASSWORD)
    assert [extract_parameters(one) for one in compared] == [extract_parameters(hasher.hash(PASSWORD))]


async def test_unknown_clients_have_a_bounded_queue_of_their_own() -> None:
    held = threading.Event()

    class Slow(PasswordHasher):
        def verify(self, hash, password) -> bool:  # noqa: A002, ARG002 -- as it is called there
            held.wait(10)
            return True

    passwords = Passwords(Slow(time_cost=1, memory_cost=8, parallelism=1))
    guesses = [asyncio.create_task(passwords.matches("$argon2", "x")) for _ in range(LONGEST_QUEUE)]
    await asyncio.sleep(0.05)
    with pytest.raises(RateLimited):
        await passwords.matches("$argon2", "x")
    customer = asyncio.create_task(passwords.matches("$argon2", "x", known=True))
    await asyncio.sleep(0.05)
    held.set()
    assert await asyncio.wait_for(customer, 5)
    for one in guesses:
        one.cancel()
    await asyncio.gather(*guesses, return_exceptions=True)


async def test_a_browser_is_remembered_by_an_http_only_cookie(shop: Shop, api: httpx.AsyncClient) -> None:
    await ada(shop)
    fields = {"_csrf_token": await csrf(api, "/sign-in"), "email": ADA, "password": PASSWORD}
    answer = await api.post("/sign-in", data=fields)
    [device] = [one for one in answer.headers.get_list("set-cookie") if one.startswith("device=")]
    assert "HttpOnly" in device
    token = await csrf(api, "/account")
    await api.post("/sign-out", data={"_csrf_token": token})
    for _ in range(12):
        await wrong(shop, 20, "127.0.0.1")
        shop.clock.move(seconds=20)
    again = await api.post("/sign-in", data={**fields, "_csrf_token": await csrf(api, "/sign-in")})
    assert again.status_code == 303


# --- irreversible actions


STEPS = [("DELETE", "/v1/me"), ("POST", "/v1/me/second-factor"), ("DELETE", "/v1/me/second-factor")]


@pytest.mark.parametrize(("method", "path"), STEPS)
async def test_a_stolen_session_erases_nothing_and_changes_no_factor(
    shop: Shop, api: httpx.AsyncClient, method: str, path: str
) -> None:
    user = await ada(shop)
    me = await sign_in(api, ADA, PASSWORD)
    for body in (None, {}, {"password": ""}, {"password": "not this"}):
        answer = await api.request(method, path, headers=me, json=body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/password"), body
    outcome = [(await api.request(method, path, headers=me, json={"password": f"x{n}"})).status_code for n in range(9)]
    assert 429 in outcome
    assert (await shop.users.get(user.id)).email == ADA
    shop.clock.move(minutes=16)
    assert (
        await api.request(method, path, headers=await sign_in(api, ADA, PASSWORD), json={"password": PASSWORD})
    ).is_success


async def test_a_code_is_required_as_well_with_a_second_factor(shop: Shop, api: httpx.AsyncClient) -> None:
    user, secret, _ = await guarded(shop)
    body = {"email": ADA, "password": PASSWORD, "code": shows(shop, secret)}
    token = (await api.post("/v1/sessions", json=body)).json()["access_token"]
    me = {"Authorization": f"Bearer {token}"}
    for more in ({}, {"code": "000000"}):
        answer = await api.request("DELETE", "/v1/me", headers=me, json={"password": PASSWORD, **more})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/code")
    change = {"current_password": PASSWORD, "password": "morning at nine"}
    assert (await api.put("/v1/me/password", headers=me, json=change)).status_code == 422
    shop.clock.move(seconds=STEP_S)
    done = await api.request("DELETE", "/v1/me", headers=me, json={"password": PASSWORD, "code": shows(shop, secret)})
    assert done.status_code == 204
    assert await shop.users.by_email(user.email) is None


async def test_staff_are_added_by_an_owner_with_their_password(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    new = {"email": "bo@example.com", "name": "Bo", "role": "owner"}
    for more in ({}, {"own_password": "not this"}):
        answer = await api.post("/v1/staff", json={**new, **more}, headers=staff)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/own_password")
    assert (await api.post("/v1/staff", json={**new, "own_password": OWNER[1]}, headers=staff)).status_code == 201


async def test_a_message_reports_each_blocked_account(shop: Shop, readable_messages: None) -> None:
    user, secret, _ = await guarded(shop)
    assert "a code now" in await email_text(shop, "A second factor was turned on")
    caller = await shop.users.session(await shop.users.open_session_for(user.id))
    await shop.users.drop_second_factor(caller, PASSWORD, shows(shop, secret))
    assert "no code any more" in await email_text(shop, "Your second factor was turned off")
    await confirm(shop, ADA)
    await shop.users.erase(user.id)
    await send_all(shop)
    [last] = await shop.notifications.messages(text=ADA)
    assert (last.subject, last.state) == ("Your account was erased", "sent")
    shop.clock.move(hours=1, minutes=6)
    await shop.bus.settle()
    assert await shop.notifications.messages(text=ADA) == []


# --- existence of accounts


async def test_registering_answers_the_same_in_the_same_time_with_or_without_an_account(
    counted: Shop, hasher: Counting, readable_messages_of_counted: None
) -> None:
    transport = httpx.ASGITransport(app=build(counted, deliver=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as api:
        await ada(counted)
        answers, pages, work = [], [], []
        for email in (ADA, "new@example.com"):
            before = hasher.count
            new = {"email": email, "password": PASSWORD, "name": "Eve"}
            answers.append(await api.post("/v1/users", json=new))
            work.append(hasher.count - before)
        for email in (ADA, "other@example.com"):
            fields = {"email": email, "password": PASSWORD, "name": "Eve", "_csrf_token": await csrf(api, "/sign-in")}
            pages.append(await api.post("/register", data=fields))
        assert [one.status_code for one in answers] == [201, 201]
        assert next({**one.json(), "id": len(one.json()["id"]), "email": ""} for one in answers) == {
            **answers[1].json(),
            "id": len(answers[1].json()["id"]),
            "email": "",
        }
        assert work[0] == work[1] == 1
        texts = [one.text.replace(ADA, "X").replace("other@example.com", "X") for one in pages]
        assert next(re.sub(r'_csrf_token" value="\w+"', "", one) for one in texts) == re.sub(
            r'_csrf_token" value="\w+"', "", texts[1]
        )
        assert "set-cookie" not in pages[0].headers or "session" not in pages[0].headers["set-cookie"]
        assert "Sign in with it" in await email_text(counted, "You already have an account")
        assert (await counted.users.by_email(ADA)).name == "Ada"
        assert await counted.users.sign_in(ADA, PASSWORD)


async def test_the_owner_is_warned_at_most_once_a_minute(shop: Shop, api: httpx.AsyncClient) -> None:
    await ada(shop)
    for _ in range(9):
        await api.post("/v1/users", json={"email": ADA, "password": PASSWORD, "name": "http://evil.example"})
    await shop.bus.settle()
    subjects = [one.subject for one in await shop.notifications.messages(text=ADA)]
    assert subjects.count("You already have an account") == 1


@pytest.mark.parametrize("how", ["sign in", "reset"])
async def test_signing_in_and_resetting_take_the_same_time_with_or_without_an_account(
    counted: Shop, hasher: Counting, how: str
) -> None:
    await ada(counted)
    await counted.users.import_customer("imported@example.com", "Imported")
    work, outcome = [], []
    for email in (ADA, "imported@example.com", "nobody@example.com"):
        before = hasher.count
        if how == "sign in":
            [one] = await wrong(counted, 1, email=email)
        else:
            one = str(await counted.users.ask_reset(email))
        outcome.append(one)
        work.append(hasher.count - before)
        rows = await counted.databases["users"].fetch("SELECT count(*) AS n FROM letters_asked WHERE purpose = 'reset'")
        assert how == "sign in" or rows[0]["n"] == len(work)
    assert len(set(work)) == len(set(outcome)) == 1
    assert work[0] == (1 if how == "sign in" else 0)
