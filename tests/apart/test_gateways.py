"""Kong and Amazon API Gateway: every address to the part that answers it, as nginx has it, and documents they can read."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from click.testing import CliRunner

from shopwright.app import Shop
from shopwright.cli.main import main
from shopwright.deployment.gateway import aws, kong
from shopwright.deployment.gateway.routes import addresses
from shopwright.kit.errors import Invalid
from shopwright.registry import FACES, PARTS
from tests.apart.inside import apart
from tests.conftest import ON_SERVERS, OWNER, QUICK, make_settings, no_settings, sell, sign_in

pytestmark = pytest.mark.slow

EVERYWHERE = {part: [f"{part}-1:8000", f"{part}-2:8000"] for part in PARTS}
LISTENER = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2"


def door(**more: Any) -> kong.Door:
    return kong.Door(**{"servers": EVERYWHERE, "largest_body": 25_000_000} | more)


def test_kong_leads_every_address_to_the_one_part_that_answers_it() -> None:
    told = kong.configuration(door())
    routes = {service["name"]: service["routes"][0]["paths"] for service in told["services"]}
    assert routes.pop(FACES) == ["/"]
    closed = [path.removeprefix("~") for path in told["routes"][0]["paths"]]
    for one in addresses():
        asked = re.sub(r"\{[^}]+\}", "abc-1", one.path)
        # Kong binds an expression to the beginning of the path by itself.
        found = {part for part, some in routes.items() if any(re.match(path.removeprefix("~"), asked) for path in some)}
        assert found == (set() if one.part == FACES else {one.part}), one
        assert not any(re.match(path, asked) for path in closed)
    for path in ("/internal/orders/get", "/internal", "/metrics"):
        assert any(re.match(one, path) for one in closed)


def test_kong_drops_what_only_the_house_may_say_and_counts_in_redis() -> None:
    told = kong.configuration(
        door(cache="redis://:secret@cache:6380/2", origins=["https://app.example"], maintenance=True)
    )
    plugins = {one["name"]: one["config"] for one in told["plugins"]}
    assert set(plugins["request-transformer"]["remove"]["headers"]) == {
        "shopwright-identity", "shopwright-service", "shopwright-deadline-ms",
    }  # fmt: skip
    limit = plugins["rate-limiting"]
    assert (limit["policy"], limit["redis"]) == (
        "redis", {"host": "cache", "port": 6380, "database": 2, "password": "secret"},
    )  # fmt: skip
    assert plugins["cors"]["origins"] == ["https://app.example"]
    assert plugins["request-termination"]["status_code"] == 503
    assert plugins["request-size-limiting"]["allowed_payload_size"] == 25_000_000
    for service in told["services"]:
        assert service["retries"] == 0  # what may not be sent twice is not
    for upstream in told["upstreams"]:
        assert upstream["healthchecks"]["active"]["http_path"] == "/health/ready"
        assert len(upstream["targets"]) == 2
    alone = kong.configuration(door())
    assert {one["name"] for one in alone["plugins"]} == {
        "request-transformer", "correlation-id", "request-size-limiting", "rate-limiting",
    }  # fmt: skip


def test_amazons_document_is_valid_and_leads_every_address_to_its_part() -> None:
    told = aws.document(aws.Api(link="a1b2c3", listener=LISTENER, origins=["https://app.example"]))
    # `+` at a parameter's name is Amazon's own.
    plain = {**told, "paths": {path.replace("+}", "}"): one for path, one in told["paths"].items()}}
    from openapi_spec_validator import OpenAPIV30SpecValidator  # importing it builds forty grammars

    OpenAPIV30SpecValidator(plain).validate()
    paths = told["paths"]
    for one in addresses():
        if one.part == FACES:
            continue
        operations = next(found for path, found in paths.items() if path.replace("+}", "}") == one.path)
        for method in one.methods:
            sent = operations[method.lower()][aws.INTEGRATION]
            assert sent["requestParameters"]["overwrite:path"] == f"/{one.part}${{request.path}}"
            assert (sent["connectionType"], sent["connectionId"], sent["uri"]) == ("VPC_LINK", "a1b2c3", LISTENER)
            assert sent["requestParameters"]["remove:header.shopwright-identity"] == "''"
    assert {path for path in paths if "+}" in path} >= {"/{proxy+}"}
    assert not any(path.startswith(("/internal", "/metrics")) for path in paths)
    assert told[aws.CORS]["allowOrigins"] == ["https://app.example"]


def test_the_words_print_what_can_be_read_again() -> None:
    runner = CliRunner(env=no_settings())
    told = runner.invoke(main, ["kong", "all=10.0.0.1:8000", "orders=10.0.0.2:8000"])
    assert told.exit_code == 0, told.output
    read = yaml.safe_load(told.output)
    assert read["_format_version"] == "3.0"
    assert {one["name"]: one["targets"][0]["target"] for one in read["upstreams"]}[
        "orders.shopwright"
    ] == "10.0.0.2:8000"
    told = runner.invoke(main, ["aws", "--link", "a1b2c3", "--listener", LISTENER])
    assert told.exit_code == 0, told.output
    assert yaml.safe_load(told.output)["openapi"] == "3.0.1"


def test_what_could_not_work_is_not_written() -> None:
    for servers, words in (
        ({**EVERYWHERE, "orders": []}, "Nobody serves orders"),
        ({**EVERYWHERE, "orders": ["x"]}, "“x” is no address"),
    ):
        with pytest.raises(Invalid, match=words):
            kong.configuration(door(servers=servers))
    for link, listener in (("", LISTENER), ("a1", "http://example.com")):
        with pytest.raises(Invalid):
            aws.document(aws.Api(link=link, listener=listener))


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
