"""The resilient client of a remote service: deadlines, retries, circuit breaker and bulkhead.

- The rest of the caller's deadline is passed on, and nothing waits longer.
- A call that was never sent is retried; one without an answer only if its operation is idempotent (`kit.rpc.operations`),
  after a random pause, and at most one in ten (SRE Book, “Handling Overload”: retry budget).
- After ten consecutive failures no call is made for a second (Nygard, “Release It!”: circuit breaker); the number of
  concurrent calls is limited (bulkhead), so that a slow service cannot exhaust another.
"""

import asyncio
import random
import time
from collections.abc import Callable

from circuitbreaker import CircuitBreaker

from shopwright.kit.errors import Unavailable
from shopwright.kit.observability import tracing
from shopwright.kit.rpc import deadline
from shopwright.kit.rpc.calls import CALLER, DEADLINE, Called
from shopwright.kit.rpc.transport import Transport
from shopwright.kit.translation import gettext as _

TRIES = 3
FIRST_PAUSE_S = 0.02
BUDGET, SHARE = 10.0, 0.1
FAILURES, RESTS_S = 10, 1
AT_ONCE = 64
FAIR_S = 1.0
AWAY = frozenset({502, 503, 504})  # a load balancer without an available process


class ConnectFailed(Unavailable):
    """The call was never sent."""


class DeadlineTooShort(Unavailable):
    """The deadline was too short to count as a failure of the service."""


def _to_blame(_kind: type[BaseException], error: BaseException) -> bool:
    return isinstance(error, Unavailable) and not isinstance(error, DeadlineTooShort)


class ResilientClient:
    """The client of one service. `sign`: signs each attempt. `called`: is notified of each call."""

    def __init__(
        self,
        name: str,
        transport: Transport,
        sign: Callable[[str, bytes], str],
        called: Called = lambda _name, _outcome, _seconds: None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._name = name
        self._transport = transport
        self._sign = sign
        self._called = called
        self._chance = chance
        self._budget = BUDGET
        self._breaker = CircuitBreaker(
            failure_threshold=FAILURES, recovery_timeout=RESTS_S, expected_exception=_to_blame, name=name
        )
        self._free = asyncio.Semaphore(AT_ONCE)

    async def ask(self, operation: str, body: bytes, *, again: bool) -> tuple[int, bytes]:
        self._budget = min(BUDGET, self._budget + SHARE)
        for number in range(1, TRIES + 1):
            if self._breaker.opened:
                self._called(self._name, "not asked", 0.0)
                raise Unavailable(_("{name} did not answer a moment ago.", name=self._name))
            try:
                with self._breaker:
                    return await self._counted(operation, body)
            except Unavailable as error:
                if number == TRIES or self._budget < 1 or not (again or isinstance(error, ConnectFailed)):
                    raise
            self._budget -= 1
            await asyncio.sleep(FIRST_PAUSE_S * 2**number * self._chance())
        raise AssertionError

    async def _counted(self, operation: str, body: bytes) -> tuple[int, bytes]:
        began, outcome = time.perf_counter(), "answered"
        try:
            with tracing.span(f"{self._name}.{operation}", "client"):
                return await self._once(operation, body)
        except Unavailable as error:
            outcome = "unreached" if isinstance(error, ConnectFailed) else "unanswered"
            raise
        finally:
            self._called(self._name, outcome, time.perf_counter() - began)

    async def _once(self, operation: str, body: bytes) -> tuple[int, bytes]:
        left_s = deadline.left()
        try:
            async with asyncio.timeout(left_s), self._free:
                headers = {
                    CALLER: self._sign(operation, body),
                    DEADLINE: str(int(deadline.left() * 1000)),
                    **tracing.handed_on(),
                }
                status, answer = await self._transport.post(operation, body, headers)
        except ConnectionRefusedError as error:
            raise ConnectFailed(_("{name} cannot be reached.", name=self._name)) from error
        except (ConnectionError, TimeoutError) as error:
            kind = DeadlineTooShort if left_s < FAIR_S and isinstance(error, TimeoutError) else Unavailable
            raise kind(f"{self._name} does not answer within {left_s:.1f} seconds.") from error
        if status in AWAY:
            raise Unavailable(_("{name} cannot be reached ({status}).", name=self._name, status=status))
        return status, answer

    async def close(self) -> None:
        await self._transport.close()
