"""The audit log: every action of staff is a permanent entry, and a changed or missing one is found."""

import asyncio
import subprocess
import sys

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.audit import AuditFilter, StaffAction
from shopwright.kit.auth import StaffOnly
from shopwright.kit.clock import HandClock
from shopwright.kit.http.audit import MASK, is_audited, masked
from shopwright.operations import archive
from shopwright.web.application import routes_of, shape_of
from tests.builders.environment import bare_environment
from tests.builders.goods import sell
from tests.builders.health import wrong
from tests.builders.orders import fill_cart
from tests.builders.shops import QUICK, make_settings

COUPON = {"code": "LAST", "kind": "percentage", "value": 1000}


async def entries(api: httpx.AsyncClient, staff: dict[str, str], **wanted: str) -> list[dict]:
    answer = await api.get("/v1/audit", params=wanted, headers=staff)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_an_action_is_recorded_with_author_address_and_values_before_and_after(
    api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    await api.post("/v1/coupons", json=COUPON, headers=staff)
    answer = await api.post("/v1/coupons", json={**COUPON, "value": 2000}, headers=staff)
    assert answer.status_code == 201
    second, first = await entries(api, staff, subject="coupon LAST")
    assert first["act"]["action"] == "put_coupon"
    assert first["act"]["who"] == "Shop owner"
    assert first["act"]["role"] == "owner"
    assert first["act"]["address"] == "127.0.0.1"
    assert first["before"] == {}
    assert first["after"]["LAST"]["value"] == 1000
    assert (second["before"]["LAST"]["value"], second["after"]["LAST"]["value"]) == (1000, 2000)
    assert second["act"]["request_id"] == answer.headers["x-request-id"]
    assert second["status"] == 201


async def test_a_refused_action_is_recorded_as_refused(api: httpx.AsyncClient, staff: dict[str, str]) -> None:
    answer = await api.delete("/v1/coupons/NONE", headers=staff)
    (entry,) = await entries(api, staff, action="delete_coupon")
    assert entry["status"] == answer.status_code
    assert (entry["before"], entry["after"]) == ({}, {})


async def test_stock_orders_and_products_record_their_changes(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    kettle = await sell(shop, on_hand=5)
    body = {"sku": kettle.variants[0].sku, "delta": -2, "reason": "broken"}
    assert (await api.post("/v1/stock-adjustments", json=body, headers=staff)).status_code < 300
    (entry,) = await entries(api, staff, action="adjust_stock")
    assert next(iter(entry["before"].values()))["on_hand"] == 5
    assert next(iter(entry["after"].values()))["on_hand"] == 3
    cart = await fill_cart(shop, (kettle, 1))
    order = {"cart_id": cart.id, "expected_total": {"amount": cart.totals.total.amount, "currency": "EUR"}}
    placed = await api.post(
        "/v1/orders",
        json={**order, "payment": {"provider": "pretend", "token": "pretend_ok"}},
        headers={"Idempotency-Key": "k"},
    )
    await shop.bus.settle()
    order_id = placed.json()["id"]
    refund = {"amount": {"amount": 100, "currency": "EUR"}, "reason": "late"}
    headers = {**staff, "Idempotency-Key": "r"}
    assert (await api.post(f"/v1/orders/{order_id}/refunds", json=refund, headers=headers)).status_code == 201
    (entry,) = await entries(api, staff, subject=f"order {order_id}")
    assert entry["act"]["given"]["reason"] == "late"
    assert "refunds" in entry["after"]
    assert "ada@example.com" not in str(entry)


async def test_reading_a_message_or_the_event_log_is_recorded_too(
    api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    await api.get("/v1/events", headers=staff)
    (entry,) = await entries(api, staff, action="list_events")
    assert entry["status"] == 200


def test_every_route_for_staff_that_changes_something_is_recorded(shop: Shop) -> None:
    seen = 0
    for route in routes_of(shape_of(shop)).routes:
        for handler in getattr(route, "route_handlers", ()):
            for method in getattr(handler, "http_methods", ()):
                if isinstance(handler.opt.get("access"), StaffOnly) and method not in {"GET", "HEAD", "OPTIONS"}:
                    assert is_audited(handler.opt, method)
                    seen += 1
    assert seen > 40


def test_secrets_are_masked_everywhere_and_coupon_codes_are_not() -> None:
    fields = {
        "email": "a@b.c",
        "password": "pw-1",
        "code": "123456",
        "more": {"new_password": "pw-2", "api_token": "t"},
    }
    assert masked(fields) == {
        "email": "a@b.c", "password": MASK, "code": MASK, "more": {"new_password": MASK, "api_token": MASK},
    }  # fmt: skip
    assert masked({"role": "owner", "own_password": "pw", "code": "123456"})["code"] == MASK
    assert masked({"code": "LAST", "note": "n" * 1000})["code"] == "LAST"
    assert len(masked({"note": "n" * 1000})["note"]) < 400


async def test_only_permitted_staff_read_the_audit_log(shop: Shop, api: httpx.AsyncClient) -> None:
    for role, status in (("owner", 200), ("read-only", 403), ("support", 403)):
        user = await shop.users.register(f"{role}-too@example.com", "a-long-password", "Somebody", role)
        tokens = await shop.users.sign_in(user.email, "a-long-password")
        headers = {"Authorization": f"Bearer {tokens.access_token}"}
        assert (await api.get("/v1/audit", headers=headers)).status_code == status


async def test_the_log_is_read_page_by_page_and_by_time(
    api: httpx.AsyncClient, staff: dict[str, str], clock: HandClock
) -> None:
    for number in range(5):
        await api.post("/v1/coupons", json={**COUPON, "code": f"C{number}"}, headers=staff)
        clock.move(minutes=1)
    found, after = [], ""
    while True:
        page = (await api.get("/v1/audit", params={"limit": 2, "after": after}, headers=staff)).json()
        found += [entry["act"]["given"]["code"] for entry in page["items"]]
        if not (after := page["next"] or ""):
            break
    assert found == ["C4", "C3", "C2", "C1", "C0"]
    since = (clock.now().replace(microsecond=0)).isoformat()
    assert await entries(api, staff, since=since) == []
    assert (await api.get("/v1/audit", params={"after": "garbage"}, headers=staff)).status_code in {400, 422}


async def test_concurrent_actions_form_one_chain(shop: Shop) -> None:
    act = StaffAction(user_id="usr_1", who="Ada", role="owner", action="put_coupon")
    ids = await asyncio.gather(*(shop.users.begin_action(act, {}) for _ in range(20)))
    await asyncio.gather(*(shop.users.end_action(one, 200, {}) for one in ids))
    found = await shop.users.audit(AuditFilter(), limit=50)
    assert [entry.seq for entry in found] == list(range(20, 0, -1))
    assert await wrong(shop) == []


async def test_an_action_of_a_killed_process_is_recorded_as_interrupted(local_shop: Shop, clock: HandClock) -> None:
    act = StaffAction(user_id="usr_1", who="Ada", role="owner", action="refund_order")
    await local_shop.users.begin_action(act, {})
    await local_shop.users.log.close_unfinished()
    assert await local_shop.users.audit(AuditFilter()) == []
    clock.move(minutes=11)
    await local_shop.users.log.close_unfinished()
    (entry,) = await local_shop.users.audit(AuditFilter())
    assert (entry.status, entry.act.action) == (0, "refund_order")


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("DELETE FROM audit WHERE seq = 2", "the entries between are missing"),
        ("DELETE FROM audit WHERE seq = 3", "ends with entry 2"),
        ("DELETE FROM audit", "ends with entry 0"),
        ("UPDATE audit SET user_id = 'usr_other' WHERE seq = 2", "Entry 2"),
        ("UPDATE audit SET body = replace(body, 'Ada', 'Eve') WHERE seq = 1", "Entry 1"),
        ("UPDATE audit SET time = time + 1 WHERE seq = 3", "Entry 3"),
        ("UPDATE audit_head SET seq = 9", "9 were written"),
    ],
)
async def test_a_changed_or_removed_entry_is_found(local_shop: Shop, sql: str, expected: str) -> None:
    for _ in range(3):
        await local_shop.users.log.record(StaffAction(user_id="usr_1", who="Ada", role="owner", action="put_coupon"))
    assert await wrong(local_shop) == []
    async with local_shop.databases["users"].begin() as tx:
        await tx.run(sql)
    assert any(expected in sentence for sentence in await wrong(local_shop))


async def test_without_the_key_no_entry_can_be_forged(local_shop: Shop) -> None:
    from shopwright.services.users.audit import AuditLog

    await AuditLog(local_shop.databases["users"], b"a key of their own").record(
        StaffAction(user_id="usr_1", who="Ada", role="owner", action="put_coupon")
    )
    assert any("Entry 1" in sentence for sentence in await wrong(local_shop))


async def test_a_log_restored_from_an_archive_is_verified_as_complete(local_shop: Shop, data, tmp_path) -> None:
    for name in ("Ada", "Bo"):
        await local_shop.users.log.record(StaffAction(user_id="usr_1", who=name, role="owner", action="put_coupon"))
    written = await archive.write(local_shop, tmp_path / "a.zip")
    other = Shop(make_settings(tmp_path / "other", secret="another secret"), hasher=QUICK)
    await other.migrate()
    async with other.running(deliver=False):
        await archive.read(other, tmp_path / "a.zip")
        assert [one.act.who for one in await other.users.audit(AuditFilter())] == ["Bo", "Ada"]
        assert await other.users.log.check_consistency() == []
        assert await archive.checksum(other) == written.checksum
        async with other.databases["users"].begin() as tx:
            await tx.run("DELETE FROM audit WHERE seq = 1")
        assert await other.users.log.check_consistency()


@pytest.mark.slow
def test_commands_are_entries_too(tmp_path) -> None:
    environment = bare_environment()
    env = environment | {"SHOPWRIGHT_DATA": str(tmp_path / "data"), "SHOPWRIGHT_OWNER_PASSWORD": "owner-password"}

    def command(*words: str) -> int:
        return subprocess.run([sys.executable, "-m", "shopwright", *words], env=env, check=False).returncode

    assert command("init") == 0
    assert command("export", str(tmp_path / "a.zip")) == 0
    assert command("import", "shopify", str(tmp_path / "missing.csv")) == 1
    assert command("restore", str(tmp_path / "a.zip"), "--yes") == 0
    assert command("keys", "rotate") == 0

    async def recorded() -> list[tuple[str, str, int]]:
        shop = Shop(make_settings(tmp_path / "data", database=""), hasher=QUICK)
        try:
            found = await shop.users.audit(AuditFilter())
            assert await shop.users.log.check_consistency() == []
            return [(one.act.action, one.act.subject, one.status) for one in found]
        finally:
            await shop.close()

    assert asyncio.run(recorded()) == [("rotate keys", "", 200), ("restore", "file a.zip", 200)]
