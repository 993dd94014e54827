"""Behind a gateway that does not identify callers, as of another maker, each service asks `users` itself."""

from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from tests.apart.split_shop import apart
from tests.builders.customers import sign_in
from tests.builders.environment import ON_SERVERS
from tests.builders.goods import sell
from tests.builders.shops import OWNER, QUICK, make_settings

pytestmark = pytest.mark.slow


@pytest.mark.skipif(not ON_SERVERS, reason="parts apart share servers")
async def test_behind_a_gateway_that_does_not_ask_who_calls_each_part_asks_itself(data: tuple[Path, str]) -> None:
    whole = Shop(make_settings(*data), hasher=QUICK)
    await whole.migrate()
    await whole.users.ensure_owner(*OWNER)
    await sell(whole)
    async with apart(whole, identifies=False, hasher=QUICK) as gateway:
        transport = httpx.ASGITransport(app=gateway)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            staff = await sign_in(client, *OWNER)
            assert (await client.get("/v1/me", headers=staff)).json()["email"] == OWNER[0]
            assert (await client.get("/v1/orders", headers=staff)).status_code == 200
            assert (await client.get("/v1/orders", headers={"Authorization": "Bearer x"})).status_code == 401
            forged = await client.get("/v1/coupons", headers={"Shopwright-Identity": "made up"})
            assert forged.status_code == 401
    await whole.close()
