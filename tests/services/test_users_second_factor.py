"""Sign-in with a second factor, sessions, and the security log."""

import asyncio
import json
import logging

import httpx
import pytest

from shopwright.app import Shop
from shopwright.cli.serving import set_up_logging
from shopwright.kit.errors import Conflict, Invalid, RateLimited, Unauthenticated
from shopwright.kit.observability import security_log
from shopwright.services.users.contract import SecondFactorNeeded, WrongPassword
from shopwright.services.users.second_factor import STEP_S
from shopwright.web.application import build
from tests.builders.customers import sign_in
from tests.builders.second_factor import PASSWORD, ada, guarded, shows
from tests.builders.shops import OWNER, QUICK, make_settings


async def test_a_code_is_required_once_the_authenticator_is_confirmed(shop: Shop) -> None:
    user = await ada(shop)
    factor = await shop.users.begin_second_factor(user.id, "North & Light")
    assert factor.uri.startswith("otpauth://totp/North%20%26%20Light%3Aada%40example.com?secret=")
    assert await shop.users.sign_in("ada@example.com", PASSWORD)
    with pytest.raises(Invalid, match="not the code"):
        await shop.users.confirm_second_factor(user.id, "000000")
    assert len(await shop.users.confirm_second_factor(user.id, shows(shop, factor.secret))) == 8
    with pytest.raises(SecondFactorNeeded):
        await shop.users.sign_in("ada@example.com", PASSWORD)
    with pytest.raises(Conflict):
        await shop.users.begin_second_factor(user.id, "x")


@pytest.mark.parametrize("later", [-STEP_S, 0, STEP_S])
async def test_a_code_of_the_current_or_neighbouring_step_is_valid_once(shop: Shop, later: int) -> None:
    _, secret, _ = await guarded(shop)
    shop.clock.move(seconds=STEP_S)
    code = shows(shop, secret, later)
    assert await shop.users.sign_in("ada@example.com", PASSWORD, code=code)
    with pytest.raises(WrongPassword):
        await shop.users.sign_in("ada@example.com", PASSWORD, code=code)


async def test_old_wrong_and_invalid_codes_are_refused_ever_slower(shop: Shop) -> None:
    _, secret, _ = await guarded(shop)
    for wrong in (shows(shop, secret, -300), shows(shop, secret, 300), "12345", "", "١٢٣٤٥٦", "x" * 500):
        with pytest.raises((WrongPassword, SecondFactorNeeded)):
            await shop.users.sign_in("ada@example.com", PASSWORD, code=wrong)
    with pytest.raises(RateLimited):
        for _ in range(8):
            with pytest.raises(WrongPassword):
                await shop.users.sign_in("ada@example.com", PASSWORD, code="000000")


async def test_a_code_sent_twice_at_once_opens_one_session(shop: Shop) -> None:
    _, secret, _ = await guarded(shop)
    code = shows(shop, secret)
    tries = [shop.users.sign_in("ada@example.com", PASSWORD, code=code) for _ in range(5)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(one, Exception) for one in done) == 1


async def test_a_recovery_code_works_once_instead_of_the_authenticator(shop: Shop) -> None:
    _, _, codes = await guarded(shop)
    assert await shop.users.sign_in("ada@example.com", PASSWORD, code=f" {codes[3].upper()} ")
    with pytest.raises(WrongPassword):
        await shop.users.sign_in("ada@example.com", PASSWORD, code=codes[3])


async def test_browsers_get_a_ticket_that_expires_and_belongs_to_one_account(shop: Shop) -> None:
    user, secret, _ = await guarded(shop)
    with pytest.raises(SecondFactorNeeded) as needed:
        await shop.users.open_session("ada@example.com", PASSWORD)
    ticket = needed.value.data["ticket"]
    caller = await shop.users.session(await shop.users.finish_sign_in(ticket, shows(shop, secret)))
    assert caller is not None
    assert caller.user_id == user.id
    for wrong in (ticket[:-1], "", "0" * 64):
        with pytest.raises(Unauthenticated):
            await shop.users.finish_sign_in(wrong, shows(shop, secret))
    shop.clock.move(minutes=6)
    with pytest.raises(Unauthenticated, match="too long"):
        await shop.users.finish_sign_in(ticket, shows(shop, secret))


async def test_the_second_factor_is_turned_off_with_the_password_and_deleted_with_the_account(shop: Shop) -> None:
    user, secret, _ = await guarded(shop)
    caller = await shop.users.session(await shop.users.open_session_for(user.id))
    assert caller is not None
    shop.clock.move(seconds=STEP_S)
    for password, code in (("wrong", shows(shop, secret)), (PASSWORD, ""), (PASSWORD, "000000")):
        with pytest.raises(Invalid):
            await shop.users.drop_second_factor(caller, password, code)
    await shop.users.drop_second_factor(caller, PASSWORD, shows(shop, secret))
    assert await shop.users.sign_in("ada@example.com", PASSWORD)
    factor = await shop.users.begin_second_factor(user.id, "x")
    await shop.users.confirm_second_factor(user.id, shows(shop, factor.secret))
    await shop.users.erase(user.id)
    for table in ("second_factors", "recovery_codes", "half_signed_in"):
        assert await shop.databases["users"].fetch(f"SELECT * FROM {table}") == []


async def test_pages_ask_for_the_code_and_show_the_key_and_recovery_codes(api: httpx.AsyncClient, shop: Shop) -> None:
    await ada(shop)

    async def send(page: str, action: str, **fields: str) -> httpx.Response:
        token = (await api.get(page)).text.split('name="_csrf_token" value="')[1].split('"')[0]
        return await api.post(action, data={"_csrf_token": token, **fields})

    credentials = {"email": "ada@example.com", "password": PASSWORD}
    await send("/sign-in", "/sign-in", **credentials)
    assert 'name="secret"' not in (await api.get("/account/second-factor")).text
    refused = await send("/account/second-factor", "/account/second-factor", password="not this")
    assert (refused.status_code, 'name="secret"' in refused.text) == (422, False)
    page = (await send("/account/second-factor", "/account/second-factor", password=PASSWORD)).text
    secret = page.split('name="secret" value="')[1].split('"')[0]
    wrong = await send("/account/second-factor", "/account/second-factor/confirm", code="123", secret=secret, uri="x")
    assert wrong.status_code == 422
    page = (await send("/account/second-factor", "/account/second-factor", password=PASSWORD)).text
    secret = page.split('name="secret" value="')[1].split('"')[0]
    token = page.split('name="_csrf_token" value="')[1].split('"')[0]
    done = await api.post("/account/second-factor/confirm", data={"_csrf_token": token, "code": shows(shop, secret)})
    assert done.text.count("<li><code>") == 8
    assert "Turn it off" in (await api.get("/account/security")).text
    api.cookies.delete("session")
    shop.clock.move(seconds=STEP_S)
    response = await send("/sign-in", "/sign-in", **credentials)
    assert "One more step" in response.text
    assert "session" not in api.cookies
    ticket = response.text.split('name="ticket" value="')[1].split('"')[0]
    refused = await send("/sign-in", "/sign-in/code", ticket=ticket, code="000000")
    assert refused.status_code == 422
    assert (await send("/sign-in", "/sign-in/code", ticket=ticket, code=shows(shop, secret))).status_code == 303
    assert (await api.get("/account")).status_code == 200


async def test_a_program_signs_in_with_its_code(api: httpx.AsyncClient, shop: Shop) -> None:
    _, secret, _ = await guarded(shop)
    body = {"email": "ada@example.com", "password": PASSWORD}
    response = await api.post("/v1/sessions", json=body)
    assert (response.status_code, response.json()["code"]) == (401, "second_factor_required")
    assert (await api.post("/v1/sessions", json={**body, "code": shows(shop, secret)})).status_code == 201


@pytest.mark.parametrize(("role", "days"), [("", 14), ("support", 0.5)])
async def test_an_idle_session_ends_and_a_used_one_does_not(shop: Shop, role: str, days: float) -> None:
    user = await shop.users.register("eve@example.com", PASSWORD, "Eve", role)
    used, unused = [await shop.users.open_session_for(user.id) for _ in range(2)]
    tokens = await shop.users.sign_in("eve@example.com", PASSWORD)
    for _ in range(4):
        shop.clock.move(days=days / 4, minutes=1)
        assert await shop.users.session(used)
    assert await shop.users.session(unused) is None
    with pytest.raises(Unauthenticated):
        await shop.users.refresh(tokens.refresh_token)


async def test_a_session_ends_however_often_it_is_used(shop: Shop) -> None:
    user = await shop.users.register("eve@example.com", PASSWORD, "Eve")
    used = await shop.users.open_session_for(user.id)
    ends_at = next(one.expires_at for one in await shop.users.sessions(user.id))
    while shop.clock.now() < ends_at:
        assert await shop.users.session(used)
        shop.clock.move(days=1)
    assert await shop.users.session(used) is None


async def test_only_the_owner_lists_staff_and_signs_them_out(
    api: httpx.AsyncClient, shop: Shop, staff: dict[str, str]
) -> None:
    support = await shop.users.register("sue@example.com", PASSWORD, "Sue", "support")
    sue = await sign_in(api, "sue@example.com", PASSWORD)
    assert (await api.get("/v1/staff", headers=sue)).status_code == 403
    listed = (await api.get("/v1/staff", headers=staff)).json()["items"]
    assert [one["email"] for one in listed] == [OWNER[0], "sue@example.com"]
    assert (await api.delete(f"/v1/users/{support.id}/sessions", headers=sue)).status_code == 403
    assert (await api.delete(f"/v1/users/{support.id}/sessions", headers=staff)).status_code == 204
    assert (await api.get("/v1/me", headers=sue)).status_code == 401
    assert (await api.delete("/v1/users/usr_nobody/sessions", headers=staff)).status_code == 404


async def test_staff_are_listed_invited_changed_and_removed_in_the_back_office(
    api: httpx.AsyncClient, shop: Shop
) -> None:
    api.cookies.set("session", await shop.users.open_session(*OWNER))

    async def send(**fields: str) -> httpx.Response:
        page = (await api.get("/office/staff")).text
        token = page.split('name="_csrf_token" value="')[1].split('"')[0]
        return await api.post("/office/staff", data={"_csrf_token": token, **fields})

    new = {"name": "Sue", "email": "sue@example.com", "role": "orders"}
    assert (await send(**new)).status_code == 422
    new["own_password"] = OWNER[1]
    refused = await send(**{**new, "role": "king"})
    assert refused.status_code == 422
    assert 'value="sue@example.com"' in refused.text
    assert OWNER[1] not in refused.text
    assert (await send(**new)).status_code == 303
    sue = next(one for one in await shop.users.staff() if one.email == "sue@example.com")
    await shop.users.open_session_for(sue.id)
    assert (await send(end=sue.id)).status_code == 303
    assert await shop.users.sessions(sue.id) == []
    again = {"user_id": sue.id, "own_password": OWNER[1]}
    for act, more in (("role", {"role": "support"}), ("disable", {}), ("enable", {}), ("remove", {})):
        assert (await send(act=act, user_id=sue.id, **more)).status_code == 422
        assert (await send(act=act, **again, **more)).status_code == 303
    assert [one.email for one in await shop.users.staff()] == [OWNER[0]]


async def test_sign_ins_and_refusals_are_logged_individually_without_names(
    api: httpx.AsyncClient, shop: Shop, tmp_path, staff: dict[str, str]
) -> None:
    handlers = {name: logging.getLogger(name).handlers[:] for name in ("shopwright.access", "shopwright.security")}
    set_up_logging(str(tmp_path), "text", quiet=True)
    try:
        (owner,) = await shop.users.staff()
        user = await ada(shop)
        headers = await sign_in(api, "ada@example.com", PASSWORD)
        await api.post("/v1/sessions", json={"email": "ada@example.com", "password": "not this"})
        await api.post("/v1/sessions", json={"email": "nobody@example.com", "password": "not this"})
        await api.get("/v1/events", headers=headers)
        await api.delete(f"/v1/users/{user.id}/sessions", headers=staff)
    finally:
        for opened in security_log.log.handlers:
            opened.close()
        for name, before in handlers.items():
            logging.getLogger(name).handlers[:] = before
        security_log.log.propagate = True
    text = (tmp_path / "security.log").read_text()
    events = [json.loads(line)["event"] for line in text.splitlines()]
    assert [(one["event"], one.get("user")) for one in events] == [
        ("signed in", user.id),
        ("wrong password", user.id),
        ("wrong password", None),
        ("refused", user.id),
        ("sessions ended by staff", user.id),
        ("act recorded", owner.id),
    ]
    assert events[3]["path"] == "/v1/events"
    for secret in ("ada@", "nobody@", "not this", PASSWORD):
        assert secret not in text


async def test_staff_without_a_required_second_factor_may_do_nothing(data, clock) -> None:
    shop = Shop(make_settings(*data, staff_second_factor="required"), clock=clock, hasher=QUICK)
    transport = httpx.ASGITransport(app=build(shop, deliver=False))
    async with shop.running(deliver=False), httpx.AsyncClient(transport=transport, base_url="http://shop.test") as api:
        headers = await sign_in(api, *OWNER)
        assert (await api.get("/v1/staff", headers=headers)).status_code == 403
        secret = await shop.users.open_session(*OWNER)
        api.cookies.set("session", secret)
        assert (await api.get("/office")).headers["location"] == "/account/second-factor"
        owner = await shop.users.session(secret)
        assert owner is not None
        factor = await shop.users.begin_second_factor(owner.user_id or "", "x")
        await shop.users.confirm_second_factor(owner.user_id or "", shows(shop, factor.secret))
        assert (await api.get("/v1/staff", headers=headers)).status_code == 200
        assert (await api.get("/office")).status_code == 200
