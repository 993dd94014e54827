"""A wire into an ASGI app, or into what answers in place of one."""

from collections.abc import Mapping

import httpx


class Through:
    """See `kit.wire.Wire`."""

    def __init__(self, transport: httpx.AsyncBaseTransport, base: str) -> None:
        self._client = httpx.AsyncClient(transport=transport, base_url=base, timeout=10)

    async def post(self, verb: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        try:
            answer = await self._client.post(verb, content=body, headers=headers)
        except httpx.ConnectError as error:
            raise ConnectionRefusedError(str(error)) from error
        except httpx.HTTPError as error:
            raise ConnectionError(str(error)) from error
        return answer.status_code, answer.content

    async def close(self) -> None:
        await self._client.aclose()
