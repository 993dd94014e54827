"""The deployed system: its parts, their dependencies and engines, mostly derived from the code."""

import re

import msgspec
import yaml

from shopwright.kit.errors import Invalid
from shopwright.kit.http.access_log import How
from shopwright.kit.translation import gettext as _
from shopwright.registry import PARTS, asks

PORT = 8000
# Engine → port. All parts need these; others are below.
SHARED = {"database": 5432, "bus": 5672, "cache": 6379}
MORE = {
    "catalog": {"documents": 27017, "files": 443},
    "reviews": {"documents": 27017},
    "search": {"search": 9200},
    "notifications": {"mail": 587, "push": 443},
    "payments": {"provider": 443},
}
URL = re.compile(r"https?://[a-z0-9.:-]+", re.IGNORECASE)
IMAGE = re.compile(r"[a-z0-9][a-z0-9._/:@-]*")
# Secrets of a split shop: name → example.
SECRETS = {
    "SHOPWRIGHT_SECRET": "make one: openssl rand -hex 32",
    "SHOPWRIGHT_ENCRYPTION_KEY": "make another one: openssl rand -hex 32",
    "SHOPWRIGHT_METRICS_TOKEN": "make one more, which Prometheus is given, too (metrics.token): openssl rand -hex 32",
    "SHOPWRIGHT_DATABASE": "postgresql://shop:PASSWORD@postgres:5432/shop?connections=4",
    "SHOPWRIGHT_DOCUMENTS": "mongodb://shop:PASSWORD@mongodb:27017/shop",
    "SHOPWRIGHT_CACHE": "redis://:PASSWORD@redis:6379/0",
    "SHOPWRIGHT_BUS": "amqp://shop:PASSWORD@rabbitmq:5672/",
    "SHOPWRIGHT_SEARCH": "opensearch://opensearch:9200/shop",
    "SHOPWRIGHT_FILES": "s3://KEY:PASSWORD@media?endpoint=http://s3:7070&region=us-east-1",
    "SHOPWRIGHT_OWNER_EMAIL": "owner@example.com",
}


class DeploymentOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`url`: the public URL. `image`: for containers. `each`: processes per service.

    `access_log`: how much of client addresses logs keep.
    """

    url: str = "https://shop.example.com"
    image: str = "shopwright:latest"
    each: int = 2
    largest_body: int = 25_000_000
    access_log: How = "short"

    def check(self) -> None:
        """Raise Invalid for wrong options."""
        if not URL.fullmatch(self.url):
            raise Invalid(
                _("“{url}” is not a valid address of a shop; example: https://shop.example.com.", url=self.url)
            )
        if not IMAGE.fullmatch(self.image):
            raise Invalid(
                _("“{image}” is not a valid image; example: registry.example.com/shopwright:1.2.", image=self.image)
            )
        if self.each < 1:
            raise Invalid(_("{each} processes of a service: at least one is needed.", each=self.each))

    @property
    def host(self) -> str:
        """The host of the URL, without port."""
        return self.url.partition("://")[2].partition(":")[0]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """`asks`: parts it calls. `engines`: name → port."""

    name: str
    asks: tuple[str, ...]
    engines: dict[str, int]


def parts() -> list[Part]:
    """Return all parts in river order."""
    return [Part(name=name, asks=asks(name), engines=SHARED | MORE.get(name, {})) for name in PARTS]


def asked_by(name: str) -> tuple[str, ...]:
    """Return the parts that call this one."""
    return tuple(part.name for part in parts() if name in part.asks)


def settings(wanted: DeploymentOptions, services: str, proxies: str) -> dict[str, str]:
    """The non-secret settings of every process. `services`: where parts find each other."""
    return {
        "SHOPWRIGHT_DATA": "/data",
        "SHOPWRIGHT_URL": wanted.url,
        "SHOPWRIGHT_SERVICES": services,
        "SHOPWRIGHT_PROXIES": proxies,
        "SHOPWRIGHT_LARGEST_BODY": str(wanted.largest_body),
        "SHOPWRIGHT_ACCESS_LOG": wanted.access_log,
    }


def secrets_example() -> str:
    """A file to copy to secrets.env and fill in."""
    lines = "\n".join(f"{name}={value}" for name, value in SECRETS.items())
    return f"# Copy to secrets.env and fill in; it is read as it stands, and never committed.\n{lines}\n"


def as_yaml(*documents: object) -> str:
    """YAML with a note of its origin."""
    text: str = yaml.safe_dump_all(documents, sort_keys=False, width=110, allow_unicode=True)
    return f"# Written by `shopwright deploy`; change the wishes it is given, or lay a patch over it.\n{text}"
