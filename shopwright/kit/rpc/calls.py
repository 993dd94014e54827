"""Calls between services: direct within a process; between processes the same Protocol over HTTP with msgpack.

`RpcServer` answers a contract's operations at POST /internal/SERVICE/OPERATION; `rpc_client(contract, line)` has the
same operations and calls there. Arguments, results and errors arrive as they were. Unknown fields are dropped and new
ones have defaults, so processes of two versions understand each other. Results that contain raw JSON (`msgspec.Raw`)
are sent as JSON.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Any, Protocol, TypeVar, cast, get_args, get_type_hints

import msgspec

from shopwright.kit.data.compatibility import Codec, decode_tolerant
from shopwright.kit.errors import Invalid, Problem, ShopError, Unavailable
from shopwright.kit.rpc.operations import may_ask_again
from shopwright.kit.translation import gettext as _

T = TypeVar("T")
PREFIX = "/internal/"  # of the addresses at which processes of the shop ask each other
FAILED = 599
Called = Callable[[str, str, float], None]  # service, outcome, seconds
CALLER, DEADLINE = "shopwright-service", "shopwright-deadline-ms"


class Failure(msgspec.Struct):
    """A ShopError on the wire. `codes`: of its class and ancestors."""

    codes: tuple[str, ...]
    detail: str
    problems: tuple[Problem, ...]
    data: dict[str, Any]


class Channel(Protocol):
    """The connection to a service."""

    async def ask(self, operation: str, body: bytes, *, again: bool) -> tuple[int, bytes]:
        """Return status and body; `again`: may be retried without an answer. Raises Unavailable."""
        ...


class Operation:
    """A method of a contract, and the encoding of its arguments and result."""

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        hints = get_type_hints(function)
        self.name = name
        self.again = may_ask_again(function)
        self.result = hints.pop("return", None) or type(None)
        self._words: Codec = msgspec.json if _holds_json(self.result) else msgspec.msgpack
        self.parameters = list(inspect.signature(function).parameters.values())[1:]
        fields = [
            (parameter.name, hints[parameter.name])
            if parameter.default is parameter.empty
            else (parameter.name, hints[parameter.name], parameter.default)
            for parameter in self.parameters
        ]
        self.arguments = msgspec.defstruct(f"{name}_arguments", fields, kw_only=True)

    def pack(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bytes:
        named = dict(zip((parameter.name for parameter in self.parameters), args, strict=False))
        try:
            return msgspec.msgpack.encode(self.arguments(**named, **kwargs))
        except OverflowError:  # within one process it would be refused by the service
            raise Invalid(_("A time in this is too far away, or a number is too large.")) from None

    async def perform(self, service: Any, body: bytes) -> bytes:
        try:
            arguments = msgspec.structs.asdict(decode_tolerant(body, self.arguments, msgspec.msgpack))
        except msgspec.MsgspecError as error:
            raise Unavailable(
                _("A call to {name} could not be decoded: {error}.", name=self.name, error=error)
            ) from None
        positional = [arguments.pop(p.name) for p in self.parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        answer: bytes = self._words.encode(await getattr(service, self.name)(*positional, **arguments))
        return answer

    def unpack(self, body: bytes) -> Any:
        """Decode the result. Raises MsgspecError."""
        return decode_tolerant(body, self.result, self._words)


def _holds_json(kind: Any, above: frozenset[Any] = frozenset()) -> bool:
    """Whether the type contains raw JSON."""
    if kind is msgspec.Raw:
        return True
    parts = [part for part in get_args(kind) if part is not kind]
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in above:
        parts += get_type_hints(kind).values()
        above |= {kind}
    return any(_holds_json(part, above) for part in parts)


@cache
def operations(contract: type) -> Mapping[str, Operation]:
    """The public operations of a Protocol."""
    functions = inspect.getmembers(contract, inspect.iscoroutinefunction)
    return {name: Operation(name, function) for name, function in functions if not name.startswith("_")}


class RpcServer:
    """Answers the operations of a contract by a service of this process."""

    def __init__(self, contract: type, service: object) -> None:
        self._name = contract.__name__
        self._operations = operations(contract)
        self._service = service

    def may_repeat(self, name: str) -> bool:
        """Whether the operation is idempotent."""
        return name in self._operations and self._operations[name].again

    async def answer(self, name: str, body: bytes) -> tuple[int, bytes]:
        """Return status and body."""
        operation = self._operations.get(name)
        try:
            if operation is None:
                raise Unavailable(_("{name} has no operation {operation}.", name=self._name, operation=name))
            return 200, await operation.perform(self._service, body)
        except ShopError as error:
            return FAILED, pack_error(error)


def pack_error(error: ShopError) -> bytes:
    """Encode an error."""
    return msgspec.msgpack.encode(Failure(error.wire_codes(), error.detail, error.problems, error.data))


def unpack_error(body: bytes) -> ShopError:
    """Decode an error. Raises MsgspecError."""
    failure = decode_tolerant(body, Failure, msgspec.msgpack)
    return ShopError.of_wire_codes(failure.codes)(failure.detail, problems=failure.problems, data=failure.data)


def rpc_client(contract: type[T], channel: Channel) -> T:
    """Return an object with the operations of `contract` that calls the service behind `way`."""

    def asking(operation: Operation) -> Callable[..., Awaitable[Any]]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            status, body = await channel.ask(operation.name, operation.pack(args, kwargs), again=operation.again)
            if status == FAILED:
                raise unpack_error(body)
            try:
                return operation.unpack(body)
            except msgspec.MsgspecError as error:
                raise Unavailable(
                    _("The response of {name} could not be decoded: {error}.", name=contract.__name__, error=error)
                ) from None

        return call

    found = {name: staticmethod(asking(operation)) for name, operation in operations(contract).items()}  # type: ignore[arg-type]  # classes are hashable
    return cast("T", type(f"Remote{contract.__name__}", (), found)())
