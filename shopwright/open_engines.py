"""Opening the engines of a process, each chosen by the URL in its setting."""

import logging
from collections.abc import Mapping
from pathlib import Path

import httpx

from shopwright.engines.cache import open_cache, open_shared_pages, open_versions
from shopwright.engines.cdn import open_cdn
from shopwright.engines.documents import open_documents
from shopwright.engines.files import open_files
from shopwright.engines.messaging import open_transport
from shopwright.engines.payments import KeysOf, ShopProviders, open_providers
from shopwright.engines.registers import open_register
from shopwright.engines.search import open_search
from shopwright.kit import outgoing
from shopwright.kit.caching.cached_counter import CachedCounter
from shopwright.kit.data.database import Database
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.ports import MessageTransport, TaxRegister
from shopwright.kit.provider import Provider
from shopwright.kit.settings import listed
from shopwright.kit.vault import Vault, keys_in
from shopwright.settings import Settings

log = logging.getLogger("shopwright")
ENCRYPTION_KEY = "encryption.key"
TIMEOUT_S = 10


class EngineDecorator:
    """A hook between a shop and its engines, used to make them fail."""

    def database(self, _name: str, database: Database) -> Database:
        return database

    def provider(self, provider: Provider) -> Provider:
        return provider


class Engines:
    """All engines except databases, which belong to services, and the bus, which needs the handlers."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.versions = open_versions(settings.cache)
        self.documents = open_documents(settings.documents)
        self.cache = open_cache(settings.cache)
        # Redis only: Memcached costs as much as it saves.
        self.cart_counts = CachedCounter(self.cache if self.versions is not None else None, "cart")
        self.shared_pages = open_shared_pages(settings.hot_reads, self.cache, settings.cache)
        self.caches = {"cache": self.cache}
        if self.shared_pages is not None and self.shared_pages is not self.cache:
            self.caches["hot reads"] = self.shared_pages
        self.files = open_files(settings.files)
        self.cdn = open_cdn(settings.cdn)
        self.index = open_search(settings.search)
        self.outside = outgoing.client(timeout_s=TIMEOUT_S)
        self.transports: dict[str, MessageTransport] = {}
        self.providers: Mapping[str, Provider] = {}
        self.vault = open_vault(settings)

    def open_transports(self, work: ServiceDatabase) -> dict[str, MessageTransport]:
        """Open the message transports by channel."""
        settings = self._settings
        self.transports |= {
            "email": open_transport("mail", settings.mail, work, settings.mail_from),
            "sms": open_transport("sms", settings.sms, work, settings.shop_name),
            "push": open_transport("push", settings.push, work, settings.shop_name),
        }
        return self.transports

    def tax_register(self) -> TaxRegister | None:
        """Return the register of tax ids, or None."""
        return open_register(self._settings.vies, self.outside)

    def open_providers(self, pretend: Provider, work: ServiceDatabase, keys_of: KeysOf) -> ShopProviders:
        """Open the payment providers. Raises Invalid for an unknown one."""
        self.providers = open_providers(self._settings.payments, self._settings.url, pretend, keys_of)
        return ShopProviders(self.providers, pretend, work, keys_of)

    async def post_webhook(self, provider: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Send a payment webhook to the shop over the network, like a provider."""
        url = f"{self._settings.url}/v1/payment-webhooks/{provider}"
        try:
            answer = await self.outside.post(url, content=body, headers=dict(headers))
        except httpx.HTTPError as error:
            log.info("a webhook was rejected: %r", error)
            return False
        return answer.is_success

    async def close(self) -> None:
        """Close every engine."""
        for transport in self.transports.values():
            await transport.close()
        for provider in self.providers.values():
            await provider.close()
        await self.index.close()
        await self.documents.close()
        for cache in self.caches.values():
            await cache.close()
        if self.versions is not None:
            await self.versions.close()
        await self.outside.aclose()
        if self.cdn is not None:
            await self.cdn.close()


def open_vault(settings: Settings) -> Vault:
    """Open the vault for secrets."""
    if settings.encryption_key:
        return Vault(lambda: listed(settings.encryption_key))
    path = Path(settings.data) / ENCRYPTION_KEY
    return Vault(lambda: keys_in(path))
