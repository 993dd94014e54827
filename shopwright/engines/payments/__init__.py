"""Payment providers: `stripe://`, `paypal://` and `pretend:`, one or several.

`pretend:` is our simulator: it approves, declines, delays, asks 3-D Secure and loses webhooks. It moves no money, and
exists only in demo shops or if the setting names it. The keys of others are stored encrypted by the service of payments
and read when needed, so connecting needs no restart. `?api=http://127.0.0.1:PORT` names a stand-in of a provider's API.
"""

import ipaddress
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlsplit

from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import Invalid
from shopwright.kit.provider import Keys, Provider
from shopwright.kit.settings import choose, client_of, listed
from shopwright.kit.translation import gettext as _

PRETEND = "pretend"
LOCALHOST = "localhost"
KeysOf = Callable[[str], Keys]


def open_providers(urls: str, shop: str, pretend: Provider, keys_of: KeysOf) -> Mapping[str, Provider]:
    """Open the providers of a setting. Raises Invalid with “did you mean” for an unknown scheme."""
    found: dict[str, Provider] = {}
    for url in listed(urls):
        name = url.partition(":")[0]
        known: dict[str, Callable[[], Provider]] = {
            PRETEND: lambda: pretend,
            "stripe": lambda url=url, name=name: _stripe(shop, keys_of(name), _api(url)),  # type: ignore[misc]
            "paypal": lambda url=url, name=name: _paypal(shop, keys_of(name), _api(url)),  # type: ignore[misc]
        }
        found[name] = choose("payments", url, known)()
    return found


def _stripe(shop: str, keys: Keys, api: str) -> Provider:
    with client_of("stripe"):
        from shopwright.engines.payments.stripe.provider import StripeProvider

    return StripeProvider(shop, keys, api)


def _paypal(shop: str, keys: Keys, api: str) -> Provider:
    from shopwright.engines.payments.paypal.provider import PayPalProvider

    return PayPalProvider(shop, keys, api)


def _api(url: str) -> str:
    """The address of a stand-in. Raises Invalid for one on another machine, which would receive the keys."""
    split = urlsplit(url)
    if split.netloc or split.path.strip("/"):
        raise Invalid(
            _(
                "SHOPWRIGHT_PAYMENTS has something after {scheme}://; keys are entered in the back office.",
                scheme=split.scheme,
            )
        )
    options = dict(parse_qsl(split.query, keep_blank_values=True))
    if unknown := options.keys() - {"api"}:
        raise Invalid(_("SHOPWRIGHT_PAYMENTS has the option “{option}”. Known here: api.", option=min(unknown)))
    api = options.get("api", "")
    host = urlsplit(api).hostname or ""
    if api and not (host == LOCALHOST or _is_loopback(host)):
        raise Invalid(_("SHOPWRIGHT_PAYMENTS names an api on another machine; a stand-in runs on 127.0.0.1."))
    return api


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class ShopProviders:
    """The providers of a shop: those named; otherwise the pretend one in a demo shop."""

    def __init__(
        self, named: Mapping[str, Provider], pretend: Provider, work: ServiceDatabase, keys_of: KeysOf
    ) -> None:
        self._named = named
        self._in_a_demo = {PRETEND: pretend}
        self._work = work
        self._keys_of = keys_of

    def named(self) -> Mapping[str, Provider]:
        return self._named

    async def __call__(self) -> Mapping[str, Provider]:
        if not self._named and await self._work.is_demo():
            return self._in_a_demo
        return {
            name: one
            for name, one in self._named.items()
            if not one.offer.fields or one.offer.is_connected(await self._keys_of(name)())
        }
