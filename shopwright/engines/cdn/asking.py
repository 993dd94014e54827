"""How a CDN is asked over the network, and what its refusals mean."""

from collections.abc import Mapping
from typing import Any

import httpx

from shopwright.kit import outgoing
from shopwright.kit.errors import Unavailable

ANSWER_S = 5


class Asking:
    """A client of the purge API at `base`. `name` is said in errors; what is secret is in `headers` alone."""

    def __init__(self, name: str, base: str, headers: Mapping[str, str]) -> None:
        self._name = name
        self._client = outgoing.client(timeout_s=ANSWER_S, base_url=base)
        self._client.headers.update(headers)

    async def post(self, path: str, said: Any) -> Any:
        """The JSON it answers. Raises Unavailable, where it refuses, too: what was not dropped is tried again."""
        try:
            answer = await self._client.post(path, json=said)
        except httpx.HTTPError as error:
            raise Unavailable(f"{self._name} does not answer ({error!r}).") from None
        if not answer.is_success:
            raise Unavailable(f"{self._name} did not purge: it answered {answer.status_code}.")
        return answer.json()

    async def close(self) -> None:
        await self._client.aclose()
