"""Staff: invited, given another role, disabled, removed; and a shop that is never without an owner."""

import asyncio

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.auth import Caller
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Denied, Refused, Unauthenticated
from shopwright.services.users.contract import LastOwner, StaffChange
from tests.builders.customers import sign_in
from tests.builders.shops import OWNER, QUICK, make_settings
from tests.builders.staff import PASSWORD, staff_member

PROOF = {"own_password": OWNER[1]}
SUE = {"email": "sue@example.com", "name": "Sue", "role": "support"}


async def test_an_invited_person_chooses_a_password_and_verifies_the_mailbox(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    invited = await api.post("/v1/staff", json={**SUE, **PROOF}, headers=staff)
    assert (invited.status_code, invited.json()["role"]) == (201, "support")
    await shop.bus.settle()
    (message,) = await shop.notifications.messages(text="invited to the back office")
    assert message.recipient == "sue@example.com"
    token = await shop.users.invitation_token(invited.json()["id"])
    body = {"token": token, "password": PASSWORD}
    assert (await api.post("/v1/password-resets", json=body)).status_code == 202
    sue = await sign_in(api, "sue@example.com", PASSWORD)
    me = (await api.get("/v1/me", headers=sue)).json()
    assert (me["role"], me["verified"]) == ("support", True)
    assert (await api.post("/v1/password-resets", json=body)).status_code == 409


async def test_an_invitation_is_valid_for_three_days_and_can_be_sent_again(shop: Shop, clock: HandClock) -> None:
    user = await shop.users.invite_staff("sue@example.com", "Sue", "support")
    old = await shop.users.invitation_token(user.id)
    clock.move(days=3, seconds=1)
    with pytest.raises(Refused):
        await shop.users.reset_password(old, PASSWORD)
    assert (await shop.users.invite_staff("sue@example.com", "Sue", "orders")).id == user.id
    await shop.users.reset_password(await shop.users.invitation_token(user.id), PASSWORD)
    assert (await shop.users.get(user.id)).role == "orders"


async def test_an_account_registered_earlier_on_an_invited_address_gets_no_role(shop: Shop) -> None:
    impostor = await shop.users.register("sue@example.com", PASSWORD, "Eve")
    tokens = await shop.users.sign_in("sue@example.com", PASSWORD)
    invited = await shop.users.invite_staff("sue@example.com", "Sue", "owner")
    assert invited.id == impostor.id
    with pytest.raises(Unauthenticated):
        await shop.users.authenticate(tokens.access_token)
    with pytest.raises(Unauthenticated):
        await shop.users.sign_in("sue@example.com", PASSWORD)


async def test_a_verified_customer_keeps_the_password(shop: Shop) -> None:
    user = await shop.users.register("sue@example.com", PASSWORD, "Sue")
    await shop.users.verify_email(await shop.users.email_token(user.id, "verification"), user.id)
    await shop.users.invite_staff("sue@example.com", "Sue", "catalog")
    tokens = await shop.users.sign_in("sue@example.com", PASSWORD)
    assert (await shop.users.authenticate(tokens.access_token)).role == "catalog"


@pytest.mark.parametrize("change", [{"role": "catalog"}, {"disabled": True}])
async def test_a_change_ends_sessions_and_tokens_at_once_and_is_reported(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str], change: dict[str, object]
) -> None:
    user = await staff_member(shop)
    headers = await sign_in(api, user.email, PASSWORD)
    secret = await shop.users.open_session(user.email, PASSWORD)
    assert (await api.get("/v1/reviews", headers=headers)).status_code == 200
    answer = await api.patch(f"/v1/staff/{user.id}", json={**change, **PROOF}, headers=staff)
    assert answer.status_code == 200
    assert (await api.get("/v1/reviews", headers=headers)).status_code == 401
    assert await shop.users.session(secret) is None
    await shop.bus.settle()
    assert await shop.notifications.messages(text="Your access to the back office changed")


async def test_disabled_staff_sign_in_again_only_when_enabled(shop: Shop) -> None:
    user = await staff_member(shop)
    await shop.users.change_staff(user.id, StaffChange(disabled=True))
    for attempt in (shop.users.sign_in(user.email, PASSWORD), shop.users.open_session(user.email, PASSWORD)):
        with pytest.raises(Denied, match="disabled"):
            await attempt
    with pytest.raises(Denied):
        await shop.users.open_session_for(user.id)
    with pytest.raises(Unauthenticated):
        await shop.users.sign_in(user.email, "not this password")
    await shop.users.reset_password(await shop.users.email_token(user.id, "reset"), "another one of mine")
    with pytest.raises(Denied):
        await shop.users.sign_in(user.email, "another one of mine")
    await shop.users.change_staff(user.id, StaffChange(disabled=False))
    await shop.users.sign_in(user.email, "another one of mine")


async def test_removed_staff_become_customers(shop: Shop, api: httpx.AsyncClient, staff: dict[str, str]) -> None:
    user = await staff_member(shop)
    assert (await api.request("DELETE", f"/v1/staff/{user.id}", json=PROOF, headers=staff)).status_code == 204
    assert (await shop.users.get(user.id)).role == ""
    headers = await sign_in(api, user.email, PASSWORD)
    assert (await api.get("/v1/reviews", headers=headers)).status_code == 403
    assert (await api.request("DELETE", f"/v1/staff/{user.id}", json=PROOF, headers=staff)).status_code == 404


async def test_the_last_owner_who_can_sign_in_stays(shop: Shop) -> None:
    (owner,) = await shop.users.staff()
    invited = await shop.users.invite_staff("bo@example.com", "Bo", "owner")  # has no password yet
    for change in (StaffChange(role="support"), StaffChange(disabled=True)):
        with pytest.raises(LastOwner):
            await shop.users.change_staff(owner.id, change)
    for attempt in (
        shop.users.remove_staff(owner.id),
        shop.users.erase(owner.id),
        shop.users.invite_staff(OWNER[0], "Me", "support"),
    ):
        with pytest.raises(LastOwner):
            await attempt
    await shop.users.reset_password(await shop.users.invitation_token(invited.id), PASSWORD)
    await shop.users.change_staff(owner.id, StaffChange(role="support"))
    with pytest.raises(LastOwner):
        await shop.users.change_staff(invited.id, StaffChange(disabled=True))


async def test_two_owners_who_demote_each_other_at_once_leave_one(shop: Shop) -> None:
    (owner,) = await shop.users.staff()
    other = await staff_member(shop, "bo@example.com", "owner")
    done = await asyncio.gather(
        *(shop.users.change_staff(one, StaffChange(role="support")) for one in (owner.id, other.id)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, LastOwner) for one in done) == 1
    assert [one.role for one in await shop.users.staff()].count("owner") == 1


@pytest.mark.parametrize(
    "body", [{}, {"own_password": "not this"}, {"own_password": OWNER[1], "role": "king"}, {**PROOF, "role": ""}]
)
async def test_nothing_changes_without_the_password_of_the_owner_or_with_an_unknown_role(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str], body: dict[str, str]
) -> None:
    user = await staff_member(shop)
    assert (await api.patch(f"/v1/staff/{user.id}", json={"role": "orders", **body}, headers=staff)).status_code == 422
    assert (await shop.users.get(user.id)).role == "support"


async def roles(data, clock, setting: str, *, demo: bool) -> Caller:
    shop = Shop(make_settings(*data, staff_second_factor=setting), clock=clock, hasher=QUICK)
    async with shop.running(deliver=False):
        if demo:
            for work in shop.databases.values():
                await work.mark_demo()
        return await shop.users.authenticate((await shop.users.sign_in(*OWNER)).access_token)


@pytest.mark.parametrize(
    ("setting", "demo", "role"),
    [("auto", False, ""), ("auto", True, "owner"), ("required", True, ""), ("optional", False, "owner")],
)
async def test_outside_a_demo_shop_staff_need_a_second_factor_unless_a_setting_says_otherwise(
    data, clock, setting: str, demo: bool, role: str
) -> None:
    assert (await roles(data, clock, setting, demo=demo)).role == role
