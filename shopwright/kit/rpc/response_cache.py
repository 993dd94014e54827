"""The cache of another service's answers, valid while its database is unchanged.

It uses the versions of the page cache (`VersionStore`): writers mark a change just before and right after the commit,
so an answer is never older than an acknowledged change. Without a version every call is made.
"""

import time
from collections import OrderedDict
from collections.abc import Collection

from shopwright.kit.data.unit_of_work import VersionStore, this_request
from shopwright.kit.rpc.calls import Channel

MOST_BYTES = 16_000_000
LONGEST_S = 30.0  # should a mark have been lost
DONE = 200
Key = tuple[str, bytes]


class RpcResponseCache:
    """The client of a service whose answers to these `operations` depend on its database only.

    `looking`: read-only operations; others may change the versions read in this request.
    """

    def __init__(
        self,
        channel: Channel,
        service: str,
        versions: VersionStore,
        operations: Collection[str],
        looking: Collection[str] = (),
    ) -> None:
        self._channel = channel
        self._service = service
        self._versions = versions
        self._operations = frozenset(operations)
        self._looking = frozenset(looking)
        self._kept: OrderedDict[Key, tuple[str, float, bytes]] = OrderedDict()
        self._bytes = 0

    async def ask(self, operation: str, body: bytes, *, again: bool) -> tuple[int, bytes]:
        if operation not in self._operations:
            try:
                return await self._channel.ask(operation, body, again=again)
            finally:
                if operation not in self._looking and (request := this_request()) is not None:
                    request.versions = None
        versions = await self._versions.versions((self._service,))
        if versions is None:
            return await self._channel.ask(operation, body, again=again)
        key = (operation, body)
        found = self._kept.get(key)
        if found is not None and found[0] == versions[0] and time.monotonic() < found[1] + LONGEST_S:
            self._kept.move_to_end(key)
            return DONE, found[2]
        status, answer = await self._channel.ask(operation, body, again=again)
        if status == DONE:
            self._keep(key, versions[0], answer)
        return status, answer

    def _keep(self, key: Key, version: str, answer: bytes) -> None:
        self._drop(key)
        self._kept[key] = (version, time.monotonic(), answer)
        self._bytes += len(key[1]) + len(answer)
        while self._bytes > MOST_BYTES:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        if key in self._kept:
            self._bytes -= len(key[1]) + len(self._kept.pop(key)[2])
