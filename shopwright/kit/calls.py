"""Calls between services: in one process a call is a call; apart, the same Protocol over HTTP with msgpack.

`expose(contract, service)` answers the verbs of a contract at POST /internal/{verb}; `remote(contract, client)` is an
object with the same verbs that asks there. Arguments, results and errors come out as they went in.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar, cast, get_type_hints

import httpx
import msgspec

from shopwright.kit.errors import Problem, ShopError, Unavailable

T = TypeVar("T")
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
FAILED = 599


class Failure(msgspec.Struct):
    """A ShopError on the wire."""

    kind: str
    detail: str
    problems: tuple[Problem, ...]
    data: dict[str, Any]


class Verb:
    """One method of a contract: how its arguments and its result are written."""

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        hints = get_type_hints(function)
        self.name = name
        self.result = hints.pop("return", None) or type(None)
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
        return msgspec.msgpack.encode(self.arguments(**named, **kwargs))

    async def perform(self, service: Any, body: bytes) -> bytes:
        arguments = msgspec.structs.asdict(msgspec.msgpack.decode(body, type=self.arguments))
        positional = [arguments.pop(p.name) for p in self.parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        return msgspec.msgpack.encode(await getattr(service, self.name)(*positional, **arguments))


def verbs(contract: type) -> dict[str, Verb]:
    """The public verbs of a Protocol."""
    functions = inspect.getmembers(contract, inspect.iscoroutinefunction)
    return {name: Verb(name, function) for name, function in functions if not name.startswith("_")}


def expose(contract: type, service: object) -> Callable[[Mapping[str, Any], Receive, Send], Awaitable[None]]:
    """An ASGI app that answers the verbs of `contract` by `service`."""
    known = verbs(contract)

    async def app(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        verb = known.get(scope["path"].rpartition("/")[2])
        try:
            if verb is None:
                raise Unavailable(f"{contract.__name__} has no verb at {scope['path']}.")
            status, answer = 200, await verb.perform(service, bytes(body))
        except ShopError as error:
            status, answer = FAILED, msgspec.msgpack.encode(_pack_error(error))
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/msgpack")]}
        )
        await send({"type": "http.response.body", "body": answer})

    return app


def _pack_error(error: ShopError) -> Failure:
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    return Failure(kind, error.detail, error.problems, error.data)


def _unpack_error(body: bytes) -> ShopError:
    failure = msgspec.msgpack.decode(body, type=Failure)
    kind = ShopError.kinds.get(failure.kind, ShopError)
    return kind(failure.detail, problems=failure.problems, data=failure.data)


def remote(contract: type[T], client: httpx.AsyncClient) -> T:
    """An object with the verbs of `contract` that asks the service behind `client`."""

    def ask(verb: Verb) -> Callable[..., Awaitable[Any]]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            try:
                response = await client.post(f"/internal/{verb.name}", content=verb.pack(args, kwargs))
            except httpx.HTTPError as error:
                raise Unavailable(f"{contract.__name__} does not answer: {error}.") from error
            if response.status_code == FAILED:
                raise _unpack_error(response.content)
            if response.status_code != httpx.codes.OK:
                raise Unavailable(f"{contract.__name__} answered {response.status_code}.")
            return msgspec.msgpack.decode(response.content, type=verb.result)

        return call

    return cast(
        "T",
        type(
            f"Remote{contract.__name__}", (), {name: staticmethod(ask(verb)) for name, verb in verbs(contract).items()}
        )(),
    )
