"""A service behind its RPC endpoint, in one process."""

from collections.abc import Mapping
from typing import Any

import httpx

from shopwright.kit.http.rpc_endpoint import RpcEndpoint
from shopwright.kit.rpc.calls import RpcServer
from shopwright.kit.rpc.client import ResilientClient
from shopwright.kit.rpc.service_tokens import CallTokens

TOKENS = CallTokens("the secret of this shop")


async def nothing(_scope: Any, _receive: Any, send: Any) -> None:
    """An app that answers 404."""
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def first_time(_nonce: str) -> bool:
    """Accept every call as the first with its nonce."""
    return True


def anyone_may(_caller: str, _service: str) -> bool:
    """Every service may call every other."""
    return True


def client_of(transport: httpx.AsyncBaseTransport, service: str) -> ResilientClient:
    """A client of a service behind this transport."""
    in_process = InProcessTransport(transport, f"http://{service}/internal/{service}/")
    return ResilientClient(service, in_process, lambda operation, body: TOKENS.sign(service, operation, body, "tests"))


def app_of(service: str, contract: type, inner: object) -> RpcEndpoint:
    """The RPC endpoint of a service."""
    return RpcEndpoint(nothing, {service: RpcServer(contract, inner)}, TOKENS, anyone_may, first_time)


class InProcessTransport:
    """A `Transport` into an ASGI app or another HTTP transport."""

    def __init__(self, transport: httpx.AsyncBaseTransport, base: str) -> None:
        self._client = httpx.AsyncClient(transport=transport, base_url=base, timeout=10)

    async def post(self, operation: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        try:
            answer = await self._client.post(operation, content=body, headers=headers)
        except httpx.ConnectError as error:
            raise ConnectionRefusedError(str(error)) from error
        except httpx.HTTPError as error:
            raise ConnectionError(str(error)) from error
        return answer.status_code, answer.content

    async def close(self) -> None:
        await self._client.aclose()
