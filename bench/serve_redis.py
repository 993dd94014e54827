"""Serve the value of a Redis key, read for each request: `python bench/serve_redis.py PORT REDIS KEY CONTENT_TYPE`."""

import sys
from typing import Any

import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server
from redis.asyncio import Redis

PORT, URL, KEY, CONTENT_TYPE = sys.argv[1:5]


def app() -> Any:
    """An ASGI app with a pool of connections."""
    client = Redis.from_url(URL, max_connections=20)

    async def answer(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            body = await client.get(KEY)
            headers = [(b"content-type", CONTENT_TYPE.encode()), (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    return answer


uvloop.run(Server(app(), address="127.0.0.1", port=int(PORT), interface=Interfaces.ASGI, log_enabled=False).serve())
