"""Behind a gateway of another maker, which does not identify callers, each service asks `users` itself."""

from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from tests.builders.customers import sign_in
from tests.builders.environment import ON_SERVERS
from tests.builders.goods import sell
from tests.builders.shops import OWNER, QUICK, make_settings
from tests.builders.split_shop import apart

pytestmark = pytest.mark.slow


@pytest.mark.skipif(not ON_SERVERS, reason="parts apart share servers")
async def test_behind_a_gateway_without_access_checks_each_service_checks_by_itself(data: tuple[Path, str]) -> None:
    local_shop = Shop(make_settings(*data), hasher=QUICK)
    await local_shop.migrate()
    await local_shop.users.ensure_owner(*OWNER)
    await sell(local_shop)
    async with apart(local_shop, identifies=False, hasher=QUICK) as gateway:
        transport = httpx.ASGITransport(app=gateway)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            staff = await sign_in(client, *OWNER)
            assert (await client.get("/v1/me", headers=staff)).json()["email"] == OWNER[0]
            assert (await client.get("/v1/orders", headers=staff)).status_code == 200
            assert (await client.get("/v1/orders", headers={"Authorization": "Bearer x"})).status_code == 401
            forged = await client.get("/v1/coupons", headers={"Shopwright-Identity": "made up"})
            assert forged.status_code == 401
    await local_shop.close()
