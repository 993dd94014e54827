"""S3 and compatible servers (MinIO, Ceph, R2, versitygw) through obstore, with signature version 4.

    s3://bucket/prefix?region=eu-central-1                               keys from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
    s3://key:secret@bucket?endpoint=https://minio.example&region=us-east-1&ca=/etc/ssl/our-ca.pem

Large files are sent in parts. The content of a name never changes (media are named by hash), so it may be cached for
good.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from shopwright.engines.files import PROBE, is_name, named
from shopwright.kit.errors import Invalid, Unavailable
from shopwright.kit.observability.health import Health
from shopwright.kit.settings import take_apart
from shopwright.kit.translation import gettext as _

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config

FOR_GOOD = "public, max-age=31536000, immutable"
TRIES = 3
PATIENCE = timedelta(seconds=10)


@contextmanager
def translated() -> Iterator[None]:
    """Translate the client's errors, whose messages contain the address."""
    try:
        yield
    except (BaseError, OSError, TimeoutError) as error:
        raise Unavailable(_("S3 does not do what was asked of it ({error}).", error=type(error).__name__)) from error


def _client(endpoint: str, ca: str) -> "ClientConfig":
    options: ClientConfig = {
        "allow_http": endpoint.startswith("http://"),
        "connect_timeout": "3s",
        "timeout": "30s",
    }
    if ca:
        try:
            options["root_certificate"] = Path(ca).read_bytes()
        except OSError as error:
            raise Invalid(
                _(
                    "SHOPWRIGHT_FILES names the authority {ca}, which cannot be read: {strerror}.",
                    ca=ca,
                    strerror=error.strerror,
                )
            ) from None
    return options


@lru_cache(maxsize=8)
def _store(bucket: str, prefix: str, config: tuple[tuple[str, str], ...], ca: str) -> S3Store:
    """The client of a bucket, cached, as each reads the machine's certificate authorities."""
    given = cast("S3Config", dict(config))
    return S3Store(
        bucket,
        prefix=prefix or None,
        config=given,
        client_options=_client(given.get("endpoint", ""), ca),
        retry_config={"max_retries": TRIES, "retry_timeout": PATIENCE},
    )


class S3Files:
    """Objects of a bucket with a prefix."""

    def __init__(self, url: str) -> None:
        parts = take_apart("files", url, ("endpoint", "region", "ca"))
        if len(parts.hosts) > 1 or parts.hosts[0][1]:
            raise Invalid(_("SHOPWRIGHT_FILES names one bucket: s3://bucket?endpoint=https://host:port."))
        endpoint = parts.options.get("endpoint", "")
        if endpoint and not endpoint.startswith(("http://", "https://")):
            raise Invalid(_("The endpoint in SHOPWRIGHT_FILES starts with http:// or https://."))
        if bool(parts.user) != bool(parts.password):
            raise Invalid(_("SHOPWRIGHT_FILES names a key or a secret; both are needed: s3://key:secret@bucket."))
        config = {"region": parts.options.get("region", "us-east-1")}
        if endpoint:
            config["endpoint"] = endpoint
        if parts.user:
            config["access_key_id"], config["secret_access_key"] = parts.user, parts.password
        self._store = _store(parts.hosts[0][0], parts.path, tuple(config.items()), parts.options.get("ca", ""))

    async def put(self, name: str, data: bytes) -> None:
        attributes: dict[str, str] = {"Cache-Control": FOR_GOOD}
        if kind := guess_type(name)[0]:
            attributes["Content-Type"] = kind
        with translated():
            await obstore.put_async(self._store, named(name), data, attributes=attributes)

    async def get(self, name: str) -> bytes | None:
        named(name)
        with translated():
            try:
                found = await obstore.get_async(self._store, name)
                return bytes(await found.bytes_async())
            except FileNotFoundError:
                return None

    async def delete(self, name: str) -> None:
        named(name)
        with translated():
            try:
                await obstore.delete_async(self._store, name)
            except FileNotFoundError:
                return

    async def size(self, name: str) -> int | None:
        named(name)
        with translated():
            try:
                return (await obstore.head_async(self._store, name))["size"]
            except FileNotFoundError:
                return None

    async def address(self, verb: Literal["GET", "PUT"], name: str, lasting: timedelta) -> str | None:
        with translated():
            return await obstore.sign_async(self._store, verb, named(name), lasting)

    async def names(self, below: str = "") -> list[str]:
        found: list[str] = []
        with translated():
            async for batch in obstore.list(self._store, below or None):
                found += [one["path"] for one in batch]
        return sorted(name for name in found if is_name(name))

    async def examine(self) -> Health:
        await self.put(PROBE, b"")
        with translated():
            attributes = (await obstore.get_async(self._store, PROBE)).attributes
        await self.delete(PROBE)
        wrong = (
            ()
            if attributes.get("Cache-Control") == FOR_GOOD
            else (_("The server does not keep Cache-Control of objects."),)
        )
        return Health("S3", wrong)
