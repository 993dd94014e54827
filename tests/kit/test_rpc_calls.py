"""A service called in process and over HTTP: the same Protocol, values and errors; and what can go wrong between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Protocol

import httpx
import msgspec
import pytest

from shopwright.app import Shop
from shopwright.kit.errors import Invalid, Refused, ShopError, Unauthenticated, Unavailable
from shopwright.kit.http.rpc_endpoint import RpcEndpoint
from shopwright.kit.rpc import deadline
from shopwright.kit.rpc.calls import CALLER, FAILED, RpcServer, pack_error, rpc_client, unpack_error
from shopwright.kit.rpc.client import AT_ONCE, FAILURES, ResilientClient
from shopwright.kit.rpc.operations import idempotent
from shopwright.kit.rpc.service_tokens import CALL_LASTS_S, LASTS_S, LEEWAY_S, CallTokens, ServiceTokens
from shopwright.kit.rpc.transport import HttpTransport
from shopwright.registry import may_ask
from shopwright.services.inventory.contract import Adjustment, Inventory, SoldOut, Stock, VariantQuantity
from shopwright.services.users.contract import Users
from tests.builders.rpc import TOKENS, anyone_may, app_of, client_of, first_time, nothing
from tests.builders.server import free_port


@pytest.fixture(params=["in process", "over HTTP"])
async def inventory(request: pytest.FixtureRequest, shop: Shop) -> AsyncIterator[Inventory]:
    if request.param == "in process":
        yield shop.inventory
        return
    line = client_of(httpx.ASGITransport(app=app_of("inventory", Inventory, shop.inventory)), "inventory")
    yield rpc_client(Inventory, line)
    await line.close()


async def test_values_are_decoded_as_they_were_encoded(inventory: Inventory) -> None:
    found = await inventory.adjust([Adjustment(variant_id="var_lamp", on_hand=3, reason="counted")])
    assert found == {"var_lamp": Stock("var_lamp", 3, 0)}
    assert await inventory.stock(["var_lamp", "var_none"]) == {
        "var_lamp": Stock("var_lamp", 3, 0),
        "var_none": Stock("var_none", 0, 0),
    }
    moved = await inventory.movements("var_lamp", limit=5)
    assert [(one.delta, one.reason) for one in moved] == [(3, "counted")]
    assert moved[0].time.tzinfo is not None


async def test_errors_keep_their_type_text_and_data(inventory: Inventory, shop: Shop) -> None:
    later = shop.clock.now() + timedelta(minutes=30)
    await inventory.adjust([Adjustment(variant_id="var_lamp", on_hand=1, reason="counted")])
    with pytest.raises(SoldOut) as refused:
        await inventory.reserve("ord_1", [VariantQuantity("var_lamp", 2)], later)
    assert refused.value.data == {"left": {"var_lamp": 1}}
    with pytest.raises(Invalid) as wrong:
        await inventory.adjust([Adjustment(variant_id="var_lamp", reason="no number")])
    assert wrong.value.problems[0].pointer == "/0"


async def test_a_missing_service_is_unavailable() -> None:
    transport = HttpTransport(f"http://127.0.0.1:{free_port()}/internal/inventory/")
    line = ResilientClient("inventory", transport, lambda verb, body: TOKENS.sign("inventory", verb, body, "tests"))
    with pytest.raises(Unavailable, match="cannot be reached"):
        await rpc_client(Inventory, line).stock(["var_lamp"])
    await line.close()


LOOK = msgspec.msgpack.encode({"variant_ids": ["var_lamp"]})


def signed(
    *,
    service: str = "inventory",
    verb: str = "stock",
    body: bytes = LOOK,
    tokens: CallTokens = TOKENS,
    caller: str = "tests",
) -> str:
    return tokens.sign(service, verb, body, caller)


async def ask(app: RpcEndpoint, token: str, path: str = "inventory/stock", body: bytes = LOOK) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://inventory") as client:
        return await client.post(f"/internal/{path}", content=body, headers={CALLER: token})


async def test_a_call_is_accepted_only_as_it_was_signed(shop: Shop) -> None:
    app = app_of("inventory", Inventory, shop.inventory)
    assert (await ask(app, signed())).status_code == 200
    signature, _, mark = signed().rpartition(".")
    moment = signature.split(".")[1]
    for token, path in (
        ("", "inventory/stock"),
        ("...", "inventory/stock"),
        (signed(service="orders"), "inventory/stock"),
        (signed(verb="movements"), "inventory/stock"),
        (signed(), "inventory/adjust"),
        (signed(body=b"another"), "inventory/stock"),
        (signed(tokens=CallTokens("another secret")), "inventory/stock"),
        (signed(verb="check_consistency"), "inventory/check_consistency"),
        (signed(service="orders", verb="place"), "orders/place"),
        (f"{signature.replace('tests', 'web')}.{mark}", "inventory/stock"),
        (f"{signature.replace(moment, str(int(moment) + 5))}.{mark}", "inventory/stock"),
    ):
        refused = await ask(app, token, path)
        assert refused.status_code == FAILED, (token, path)
    assert (await ask(app, signed(), "../elsewhere")).status_code == 404


async def test_a_repeated_call_is_refused_by_every_process(shop: Shop) -> None:
    """A copied header is valid once for its call: it does not make an owner."""
    seen_calls: set[str] = set()

    async def once(nonce: str) -> bool:
        new = nonce not in seen_calls
        seen_calls.add(nonce)
        return new

    exposed = {"inventory": RpcServer(Inventory, shop.inventory)}
    one, two = (
        RpcEndpoint(nothing, exposed, CallTokens("the secret of this shop"), anyone_may, once) for _ in range(2)
    )
    body = msgspec.msgpack.encode({"adjustments": [{"variant_id": "var_lamp", "delta": 1, "reason": "came"}]})
    token = signed(verb="adjust", body=body)
    assert (await ask(one, token, "inventory/adjust", body)).status_code == 200
    for process in (one, two):
        assert (await ask(process, token, "inventory/adjust", body)).status_code == FAILED
    assert (await shop.inventory.stock(["var_lamp"]))["var_lamp"].on_hand == 1
    assert not RpcServer(Users, shop.users).may_repeat("register")


async def test_only_callers_in_the_manifest_are_answered(shop: Shop) -> None:
    exposed = {"inventory": RpcServer(Inventory, shop.inventory)}
    app = RpcEndpoint(nothing, exposed, TOKENS, may_ask, first_time)
    for caller in ("orders", "carts", "web", "catalog", "orders+reviews"):
        assert (await ask(app, signed(caller=caller))).status_code == 200, caller
    for caller in ("", "tests", "users", "notifications", "search", "reviews+insights", "Orders"):
        refused = await ask(app, signed(caller=caller))
        assert (refused.status_code, b"may not call inventory" in refused.content) == (FAILED, True), caller
    assert may_ask("web", "process")
    assert not may_ask("orders", "process")
    assert may_ask("insights", "users")  # all services call it to identify callers


def test_a_call_is_remembered_as_long_as_it_is_valid() -> None:
    now = 1_000_000.0
    tokens = CallTokens("secret", lambda: now)
    token = tokens.sign("a", "verb", b"", "orders")
    assert tokens.read("a", "verb", b"", token).caller == "orders"
    for passed in (1, CALL_LASTS_S - 1, 1, 1, 2 * CALL_LASTS_S, 5 * CALL_LASTS_S):
        now += passed
        with pytest.raises(Unauthenticated):
            tokens.read("a", "verb", b"", token)
    assert len(tokens._seen) + len(tokens._seen_before) <= 1
    late = tokens.sign("a", "verb", b"", "orders")
    now += CALL_LASTS_S + 1
    with pytest.raises(Unauthenticated, match="too old"):
        tokens.read("a", "verb", b"", late)


def test_a_token_is_valid_for_less_than_a_minute_and_one_purpose() -> None:
    now = 1_000_000.0
    tokens = ServiceTokens("secret", "callers", lambda: now)
    token = tokens.write("a", {"sub": "orders"})
    assert tokens.read("a", token)["sub"] == "orders"
    with pytest.raises(Unauthenticated):
        tokens.read("b", token)
    with pytest.raises(Unauthenticated):
        ServiceTokens("secret", "waiting room", lambda: now).read("a", token)
    now += LASTS_S + LEEWAY_S + 1
    with pytest.raises(Unauthenticated):
        tokens.read("a", token)
    assert LASTS_S + LEEWAY_S <= 60


class Verbs(Protocol):
    @idempotent
    async def look(self) -> int: ...

    async def change(self) -> int: ...


Answer = Callable[[int], httpx.Response]


class Failing(httpx.AsyncBaseTransport):
    """Answers as configured, by the number of the request."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self._answer(len(self.asked))


def one(_number: int) -> httpx.Response:
    return httpx.Response(200, content=msgspec.msgpack.encode(1))


def lost_once(number: int) -> httpx.Response:
    if number == 1:
        raise httpx.ReadError("the connection broke")
    return one(number)


def unreached_once(number: int) -> httpx.Response:
    if number == 1:
        raise httpx.ConnectError("nobody there")
    return one(number)


async def test_only_idempotent_calls_are_retried() -> None:
    failing = Failing(lost_once)
    assert await rpc_client(Verbs, client_of(failing, "things")).look() == 1
    assert len(failing.asked) == 2
    failing = Failing(lost_once)
    with pytest.raises(Unavailable):
        await rpc_client(Verbs, client_of(failing, "things")).change()
    assert len(failing.asked) == 1


async def test_a_call_that_was_never_sent_may_always_be_retried() -> None:
    failing = Failing(unreached_once)
    assert await rpc_client(Verbs, client_of(failing, "things")).change() == 1


async def test_a_failing_service_is_not_called_for_a_moment() -> None:
    well = False

    def answer(number: int) -> httpx.Response:
        if well:
            return one(number)
        raise httpx.ReadError("the connection broke")

    failing = Failing(answer)
    client = rpc_client(Verbs, client_of(failing, "things"))
    for _ in range(2 * FAILURES):
        with pytest.raises(Unavailable):
            await client.change()
    assert len(failing.asked) == FAILURES
    well = True
    await asyncio.sleep(1.1)
    assert await client.change() == 1


async def test_retries_have_a_budget_so_that_a_failing_service_is_not_overloaded() -> None:
    def answer(number: int) -> httpx.Response:
        if number % 2:
            raise httpx.ReadError("the connection broke")
        return one(number)

    failing = Failing(answer)
    client = rpc_client(Verbs, client_of(failing, "things"))
    results = [await asyncio.gather(client.look(), return_exceptions=True) for _ in range(100)]
    assert len(failing.asked) <= 100 + 10 + 10 + 1
    assert results


async def test_deadlines_shrink_with_each_call_and_expired_calls_are_not_run() -> None:
    left: list[float] = []

    class Slow:
        async def look(self) -> int:
            left.append(deadline.left())
            await asyncio.sleep(30)
            return 1

    line = client_of(httpx.ASGITransport(app=app_of("things", Verbs, Slow())), "things")
    with deadline.within(0.3), pytest.raises(Unavailable):
        await rpc_client(Verbs, line).look()
    assert 0 < left[0] <= 0.3
    assert deadline.left() == deadline.PATIENCE_S
    await line.close()


async def test_a_circuit_is_not_opened_by_callers_without_time() -> None:
    class Slow:
        async def look(self) -> int:
            await asyncio.sleep(0.05)
            return 1

    line = client_of(httpx.ASGITransport(app=app_of("things", Verbs, Slow())), "things")
    client = rpc_client(Verbs, line)
    for _ in range(2 * FAILURES):
        with deadline.within(0.01), pytest.raises(Unavailable):
            await client.look()
    assert await client.look() == 1
    await line.close()


async def test_concurrent_calls_of_one_service_are_limited() -> None:
    working = most = 0

    class Counting:
        async def look(self) -> int:
            nonlocal working, most
            working += 1
            most = max(most, working)
            await asyncio.sleep(0.01)
            working -= 1
            return 1

    line = client_of(httpx.ASGITransport(app=app_of("things", Verbs, Counting())), "things")
    client = rpc_client(Verbs, line)
    assert sum(await asyncio.gather(*(client.look() for _ in range(3 * AT_ONCE)))) == 3 * AT_ONCE
    assert most <= AT_ONCE
    await line.close()


class OldValue(msgspec.Struct):
    name: str


class NewValue(msgspec.Struct):
    name: str
    colour: str = "none"


class OldContract(Protocol):
    async def keep(self, value: OldValue) -> OldValue: ...


class NewContract(Protocol):
    async def keep(self, value: NewValue, *, twice: bool = False) -> NewValue: ...

    async def drop(self) -> None: ...


async def test_processes_of_two_versions_understand_each_other() -> None:
    class Old:
        async def keep(self, value: OldValue) -> OldValue:
            return OldValue(value.name.upper())

    class New:
        async def keep(self, value: NewValue, *, twice: bool = False) -> NewValue:
            return NewValue(value.name.upper() * (1 + twice), value.colour)

    to_old = client_of(httpx.ASGITransport(app=app_of("things", OldContract, Old())), "things")
    to_new = client_of(httpx.ASGITransport(app=app_of("things", NewContract, New())), "things")
    assert await rpc_client(NewContract, to_old).keep(NewValue("lamp", "red"), twice=True) == NewValue("LAMP")
    assert await rpc_client(OldContract, to_new).keep(OldValue("lamp")) == OldValue("LAMP")
    with pytest.raises(Unavailable, match="has no operation drop"):
        await rpc_client(NewContract, to_old).drop()
    for line in (to_old, to_new):
        await line.close()


class Found(msgspec.Struct):
    cards: tuple[msgspec.Raw, ...]
    total: int
    known: bytes = b"\xff"


class Page(msgspec.Struct):
    inner: dict[str, list[Found | None]]


class Finds(Protocol):
    async def find(self) -> Found: ...

    async def pages(self) -> Page: ...

    async def count(self) -> int: ...


class Finder:
    async def find(self) -> Found:
        return Found((msgspec.Raw(b'{"title":"Lamp"}'), msgspec.Raw(b"1")), 2)

    async def pages(self) -> Page:
        return Page({"first": [await self.find(), None]})

    async def count(self) -> int:
        return 2


async def test_raw_json_is_passed_on_unchanged() -> None:
    line = client_of(httpx.ASGITransport(app=app_of("finds", Finds, Finder())), "finds")
    finds = rpc_client(Finds, line)
    found = await finds.find()
    assert [bytes(card) for card in found.cards] == [b'{"title":"Lamp"}', b"1"]
    assert (found.total, found.known) == (2, b"\xff")
    inner = (await finds.pages()).inner["first"]
    assert inner[0] is not None
    assert bytes(inner[0].cards[0]) == b'{"title":"Lamp"}'
    assert await finds.count() == 2
    await line.close()


def test_every_error_of_the_family_can_be_sent() -> None:
    for code, kind in ShopError.by_wire_code.items():
        assert unpack_error(pack_error(kind("words"))).__class__ is kind, code


def test_an_error_is_recognised_by_its_code_wherever_its_class_is() -> None:
    assert b"sold_out" in pack_error(SoldOut("none left"))
    assert b"shopwright" not in pack_error(SoldOut("none left"))


def test_an_error_known_only_to_a_newer_process_becomes_its_parent() -> None:
    body = msgspec.msgpack.encode(
        {"codes": ["tomorrow", "sold_out", "refused", "error"], "detail": "none left", "problems": [], "data": {}}
    )
    assert type(unpack_error(body)) is SoldOut


def test_an_error_without_its_own_code_becomes_its_parent() -> None:
    class TooLong(Invalid):
        """An error that only this process knows."""

    assert type(unpack_error(pack_error(TooLong("words")))) is Invalid


def test_two_errors_do_not_share_a_code_between_processes() -> None:
    with pytest.raises(TypeError, match="SoldOut has the code sold_out"):
        type("Another", (Refused,), {"code": "sold_out"})


async def test_a_value_that_cannot_be_encoded_is_refused_and_not_sent() -> None:
    class Counter(Protocol):
        async def count(self, since: datetime, most: int) -> int: ...

    line = client_of(httpx.ASGITransport(app=app_of("inventory", Inventory, None)), "inventory")
    far = datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=9)))
    for since, most in ((far, 1), (datetime.now(UTC), 2**70)):
        with pytest.raises(Invalid, match="too far away"):
            await rpc_client(Counter, line).count(since, most)
    await line.close()
