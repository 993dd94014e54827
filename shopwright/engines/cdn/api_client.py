"""Requests to a CDN's purge API."""

from collections.abc import Mapping
from typing import Any

import httpx

from shopwright.kit import outgoing
from shopwright.kit.errors import Unavailable
from shopwright.kit.translation import gettext as _

ANSWER_S = 5


class CdnClient:
    """A client of the API at `base`. `name` appears in errors; secrets are in `headers` only."""

    def __init__(self, name: str, base: str, headers: Mapping[str, str]) -> None:
        self._name = name
        self._client = outgoing.client(timeout_s=ANSWER_S, base_url=base)
        self._client.headers.update(headers)

    async def post(self, path: str, body: Any) -> Any:
        """Return the JSON answer. Raises Unavailable, also for refusals, so that purges are retried."""
        try:
            answer = await self._client.post(path, json=body)
        except httpx.HTTPError as error:
            raise Unavailable(_("{name} does not answer ({error}).", name=self._name, error=f"{error!r}")) from None
        if not answer.is_success:
            raise Unavailable(
                _("{name} did not purge: it answered {status_code}.", name=self._name, status_code=answer.status_code)
            )
        return answer.json()

    async def close(self) -> None:
        await self._client.aclose()
