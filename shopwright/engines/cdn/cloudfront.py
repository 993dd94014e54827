"""Amazon CloudFront: `cloudfront://ACCESS-KEY:SECRET@DISTRIBUTION`, or without a key by the machine's role.

It purges paths instead of keys, for a fee: everything that could show a change is purged, twice a minute at most
(https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html). Its cache policy must include
the session cookie in the key, and follow the origin's `Cache-Control`.
"""

import asyncio
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from shopwright.engines.cdn.kept import KEPT_S, WHEN_AWAY_S
from shopwright.kit.errors import Unavailable
from shopwright.kit.settings import take_apart
from shopwright.kit.translation import gettext as _

PATHS = ("/", "/?*", "/c/*", "/collections/*", "/p/*", "/search*", "/v1/products*", "/v1/search*", "/v1/categories*")
REGION = "us-east-1"  # where CloudFront lives, wherever it is used


class CloudFront:
    """See `kit.ports.Cdn`. `?api=` replaces the API's address."""

    every = timedelta(seconds=30)

    def __init__(self, url: str) -> None:
        given = take_apart("cdn", url, ("api",))
        self._distribution = given.hosts[0][0]
        own = {"aws_access_key_id": given.user, "aws_secret_access_key": given.password} if given.user else {}
        self._client: Any = botocore.session.get_session().create_client(
            "cloudfront",
            region_name=REGION,
            endpoint_url=given.options.get("api") or None,
            config=Config(connect_timeout=5, read_timeout=10, retries={"max_attempts": 2}),
            **own,
        )

    def headers(self, keys: Iterable[str]) -> list[tuple[bytes, bytes]]:
        # No stale-while-revalidate: it passes headers on, and browsers would apply it, too.
        _ = keys
        cache_control = f"public, max-age=0, s-maxage={KEPT_S}, stale-if-error={WHEN_AWAY_S}"
        return [(b"cache-control", cache_control.encode())]

    async def purge(self, keys: Iterable[str]) -> None:  # noqa: ARG002 -- everything is purged
        batch = {"Paths": {"Quantity": len(PATHS), "Items": list(PATHS)}, "CallerReference": secrets.token_hex(16)}
        try:
            await asyncio.to_thread(
                self._client.create_invalidation, DistributionId=self._distribution, InvalidationBatch=batch
            )
        except (BotoCoreError, ClientError) as error:
            raise Unavailable(_("CloudFront did not purge: {error}.", error=type(error).__name__)) from None

    async def close(self) -> None:
        self._client.close()
