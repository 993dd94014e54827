"""All settings of a shop in one frozen structure; nearly all are URLs. `kit.settings` reads them."""

import secrets
from email.utils import formataddr
from functools import partial
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from shopwright.kit import setting_types as kinds
from shopwright.kit.days import zone_named, zone_of_country
from shopwright.kit.private import tighten
from shopwright.kit.setting_types import SettingType
from shopwright.kit.settings import require_right
from shopwright.kit.vault import kept_once

Folder = Annotated[str, SettingType(kinds.folder)]
Site = Annotated[str, SettingType(kinds.web)]
Sites = Annotated[str, SettingType(kinds.each(kinds.web), empty=True)]
RegisterUrl = Annotated[str, SettingType(partial(kinds.web, path=True), empty=True)]
ServicesUrl = Annotated[str, SettingType(kinds.services, empty=True)]
Networks = Annotated[str, SettingType(kinds.each(kinds.network), empty=True)]
Email = Annotated[str, SettingType(kinds.email)]
Sender = Annotated[str, SettingType(kinds.sender, empty=True)]
Password = Annotated[str, SettingType(kinds.password, empty=True)]
Secret = Annotated[str, SettingType(kinds.secret(kinds.LEAST_SECRET), empty=True)]
Secrets = Annotated[str, SettingType(kinds.several(kinds.secret(kinds.LEAST_SECRET)), empty=True)]
Token = Annotated[str, SettingType(kinds.secret(kinds.LEAST_TOKEN), empty=True)]
Title = Annotated[str, SettingType(kinds.title)]
Currency = Annotated[str, SettingType(kinds.currency)]
Country = Annotated[str, SettingType(kinds.country)]
Language = Annotated[str, SettingType(kinds.language)]
TimeZone = Annotated[str, SettingType(kinds.time_zone, empty=True)]
DatabaseUrl = Annotated[str, SettingType(kinds.engine(folders="sqlite", servers="postgresql postgres"), empty=True)]
DocumentsUrl = Annotated[str, SettingType(kinds.engine(bare="database", servers="mongodb mongodb+srv"))]
CACHES = "redis rediss redis+sentinel redis+cluster memcached"
CacheUrl = Annotated[str, SettingType(kinds.engine(bare="memory", servers=CACHES))]
HotReadsUrl = Annotated[str, SettingType(kinds.engine(bare="cache off", servers=CACHES))]
BusUrl = Annotated[str, SettingType(kinds.engine(bare="local", servers="amqp amqps"))]
SEARCH_SERVERS = "opensearch opensearchs elasticsearch elasticsearchs"
SearchUrl = Annotated[str, SettingType(kinds.engine(folders="tantivy", servers=SEARCH_SERVERS), empty=True)]
FilesUrl = Annotated[str, SettingType(kinds.engine(folders="file", servers="s3"), empty=True)]
MailUrl = Annotated[str, SettingType(kinds.engine(bare="viewer", servers="smtp smtps"))]
ViewerUrl = Annotated[str, SettingType(kinds.engine(bare="viewer"))]
PaymentUrls = Annotated[
    str, SettingType(kinds.each(kinds.engine(bare="pretend", accounts="stripe paypal")), empty=True)
]
CdnUrl = Annotated[str, SettingType(kinds.engine(bare="off", servers="varnish cloudflare fastly cloudfront"))]
TracesUrl = Annotated[str, SettingType(kinds.engine(bare="off", servers="otlp otlps"))]


def _means(text: str) -> msgspec.Meta:
    return msgspec.Meta(description=text)


# The options of `move`.
MOVABLE = ("database", "documents", "search", "files")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`SHOPWRIGHT_DATABASE=…` sets `database`, and so on."""

    data: Annotated[Folder, _means("data folder: everything the embedded engines store")] = "./var"
    url: Annotated[Site, _means("public address of the shop, used in messages and payment return links")] = (
        "http://127.0.0.1:8000"
    )
    database: Annotated[DatabaseUrl, _means("relational engine: sqlite:///folder or postgresql://…")] = ""
    documents: Annotated[
        DocumentsUrl, _means("document engine: database: (documents in the relational database) or mongodb://…")
    ] = "database:"
    cache: Annotated[
        CacheUrl, _means("cache engine: memory:, redis://…, redis+sentinel://…, redis+cluster://… or memcached://…")
    ] = "memory:"
    hot_reads: Annotated[
        HotReadsUrl,
        _means(
            "page cache shared by processes: cache: (the cache engine, if it is Redis), memcached://…, redis://… or off:"
        ),
    ] = "cache:"
    bus: Annotated[BusUrl, _means("message bus for events: local: or amqp://…")] = "local:"
    search: Annotated[SearchUrl, _means("search engine: tantivy:///folder or opensearch://…")] = ""
    files: Annotated[FilesUrl, _means("media storage: file:///folder or s3://bucket")] = ""
    mail: Annotated[
        MailUrl, _means("e-mail transport: smtp://…, smtps://… or viewer: (shown in the back office, not sent)")
    ] = "viewer:"
    mail_from: Annotated[Sender, _means("sender of e-mails; empty: the shop's name at the host of SHOPWRIGHT_URL")] = ""
    messages_per_hour: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=1_000_000,
            description="messages to one recipient within an hour, with the same number again for account security; further ones are held back until staff send them",
        ),
    ] = 60
    sms: Annotated[ViewerUrl, _means("text message transport: viewer:")] = "viewer:"
    push: Annotated[ViewerUrl, _means("push message transport: viewer:")] = "viewer:"
    payments: Annotated[
        PaymentUrls,
        _means(
            "payment providers, separated by commas: stripe://, paypal:// (their keys are entered in the back office), pretend: (moves no money). Empty: none, or pretend: in a demo shop"
        ),
    ] = ""
    return_origins: Annotated[
        Sites,
        _means(
            "origins besides SHOPWRIGHT_URL that payment providers may return a browser to, separated by commas: https://app.example.com"
        ),
    ] = ""
    services: Annotated[
        ServicesUrl,
        _means("address of services that run in other processes: http://{service}.shop.internal:8000"),
    ] = ""
    cdn: Annotated[
        CdnUrl,
        _means(
            "CDN or reverse proxy cache to invalidate: off:, varnish://…, cloudflare://…, fastly://…, cloudfront://…"
        ),
    ] = "off:"
    proxies: Annotated[
        Networks, _means("addresses of trusted load balancers, separated by commas; their X-Forwarded-For is used")
    ] = ""
    carry: Annotated[
        Literal["here", "elsewhere"],
        _means(
            "here: processes that serve requests also deliver events and run scheduled jobs; elsewhere: only `shopwright work` does"
        ),
    ] = "here"
    events_kept: Annotated[
        int,
        msgspec.Meta(
            ge=2,
            le=3660,
            description="days of events kept in the event log (`GET /v1/events`) for apps that read from a cursor; totals derived from them are kept",
        ),
    ] = 7
    messages_kept: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=3660,
            description="days after which a sent message is deleted; messages that could not be sent are deleted after 30",
        ),
    ] = 7
    books_years: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=30,
            description="full years after the year of a sale for which the name and address of an erased buyer are retained for accounting; ask your tax adviser",
        ),
    ] = 10
    guest_days: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=36_600,
            description="days after which the buyer of a guest order is erased, as with an erased account; 0: never",
        ),
    ] = 1095
    stop_grace: Annotated[
        int, msgspec.Meta(ge=1, le=600, description="seconds that running requests get to finish when a server stops")
    ] = 30
    owner_email: Annotated[Email, _means("e-mail address of the owner of a new shop")] = "owner@example.com"
    owner_password: Annotated[
        Password,
        _means(
            "password of the owner of a new shop; empty: generated and shown once, only at a terminal (`shopwright password` sets another)"
        ),
    ] = ""
    staff_second_factor: Annotated[
        Literal["auto", "optional", "required"],
        _means(
            "required: staff must turn on a second factor before using the back office; auto: required except in a demo shop"
        ),
    ] = "auto"
    secret: Annotated[
        Secret,
        _means(
            "signs forms, links and calls between services, and hashes gift card codes: with another secret every gift card code is refused. Empty: generated and stored in the data folder (secret.key); keep a copy with your archives, which do not include it"
        ),
    ] = ""
    encryption_key: Annotated[
        Secrets,
        _means(
            "encrypts signing keys and second factors in the database; several, newest first, separated by commas. Empty: SHOPWRIGHT_SECRET if set, else encryption.key in the data folder"
        ),
    ] = ""
    metrics_token: Annotated[
        Token,
        _means(
            "bearer token required for /metrics and the details of /health/ready; empty: only direct requests from this machine are allowed"
        ),
    ] = ""
    shop_name: Annotated[Title, _means("name of the shop")] = "Northlight"
    currency: Annotated[Currency, _means("currency of all prices, ISO 4217")] = "EUR"
    country: Annotated[
        Country, _means("country of the shop, ISO 3166-1 alpha-2; its taxes apply until an address is known")
    ] = "DE"
    language: Annotated[
        Language,
        _means("language of pages and messages, one with a catalogue; en-XA is a pseudo-locale for translators"),
    ] = "en"
    time_zone: Annotated[
        TimeZone,
        _means(
            "time zone of the shop, such as Europe/Berlin: decides when a day begins and ends, and how times are shown and entered; empty: the most populous one of SHOPWRIGHT_COUNTRY"
        ),
    ] = ""
    cut_off: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=24,
            description="hour (0 to 24, in the shop's time zone) before which orders on a working day ship the same day; delivery estimates count working days from then, without weekends and holidays of SHOPWRIGHT_COUNTRY",
        ),
    ] = 14
    prices_include_tax: Annotated[bool, _means("whether prices are stored and shown with tax included")] = True
    untaxed_places: Annotated[
        Literal["warn", "stop"],
        _means(
            "orders to a destination without a tax rate (a rate of 0 % with a reason counts as one): warn shows staff a warning on the back office home page; stop refuses them"
        ),
    ] = "warn"
    vies: Annotated[
        RegisterUrl,
        _means(
            "address of the EU VAT id register: https://ec.europa.eu/taxation_customs/vies/rest-api. Empty: only the format and check digits are verified"
        ),
    ] = ""
    reverse_charge: Annotated[
        Literal["checked", "format", "off"],
        _means(
            "when a business elsewhere in the EU buys without tax: checked: its VAT id was found valid at SHOPWRIGHT_VIES; format: its format and check digits are right, unless VIES says it is invalid; off: never"
        ),
    ] = "checked"
    capture: Annotated[
        Literal["automatic", "manual"],
        _means("automatic: payments are captured at once; manual: payments are authorised, and staff capture them"),
    ] = "automatic"
    unpaid_orders: Annotated[
        int,
        msgspec.Meta(ge=1, le=1_000_000, description="open unpaid orders per e-mail address"),
    ] = 5
    unpaid_orders_at_address: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=1_000_000,
            description="open unpaid orders per client address, which may be that of a whole company",
        ),
    ] = 100
    unpaid_units: Annotated[
        int,
        msgspec.Meta(ge=1, le=1_000_000_000, description="unpaid units per cart, e-mail address or client address"),
    ] = 500
    unpaid_value: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=1_000_000_000_000,
            description="total of unpaid orders per cart, e-mail address or client address, in minor units of the shop's currency",
        ),
    ] = 5_000_000
    unpaid_share: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=100,
            description="percent of a variant's stock that one buyer may hold unpaid; 10 units are always allowed",
        ),
    ] = 50
    payment_attempts: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=1_000,
            description="failed payment attempts per order before the next must wait, longer each time; twice as many per e-mail address or card, ten times as many per client address",
        ),
    ] = 5
    log: Annotated[Literal["text", "json"], _means("text: lines for people; json: one JSON object per line")] = "text"
    access_log: Annotated[
        Literal["off", "short", "full"],
        _means(
            "one line per request, without query values: short: shortened client address (IPv4 /24, IPv6 /48); full: full client address"
        ),
    ] = "short"
    traces: Annotated[
        TracesUrl, _means("trace collector: off: or otlp://collector:4318?share=0.1 (otlps: with TLS)")
    ] = "off:"
    limits: Annotated[
        Literal["on", "off"], _means("rate limits; off for load tests (the delay after failed sign-ins stays)")
    ] = "on"
    writes_per_minute: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=1_000_000,
            description="write requests per minute from one address, pages and API together; ten times as many reads, twice as many searches, a fifth for passwords, codes, coupons, documents and exports of the ledger, a tenth for requests that send messages",
        ),
    ] = 300
    pages: Annotated[
        Literal["prepared", "fresh"],
        _means("prepared: storefront pages are cached until their content changes; fresh: rendered for each request"),
    ] = "prepared"
    largest_body: Annotated[
        int,
        msgspec.Meta(
            ge=1024,
            le=10_000_000_000,
            description="largest file upload in bytes (forms are limited to 64 KB, JSON to 1 MB)",
        ),
    ] = 25_000_000

    @property
    def zone(self) -> ZoneInfo:
        """The shop's time zone."""
        return zone_named(self.time_zone or zone_of_country(self.country))


def complete(settings: Settings) -> Settings:
    """Return complete settings with the data folder's secret, created if missing. Raises Invalid, Unavailable."""
    return with_secret(filled(settings))


def with_secret(settings: Settings) -> Settings:
    """Return the settings with the data folder's secret if none is set; closes the folder to others."""
    data = Path(settings.data)
    secret = settings.secret or kept_once(data / "secret.key", secrets.token_hex(32))
    tighten(data)
    return msgspec.structs.replace(settings, secret=secret)


def filled(settings: Settings) -> Settings:
    """Return the settings with embedded engines in the data folder, creating nothing. Raises Invalid."""
    require_right(settings, ("currency", "country", "time_zone", "url", "data", *MOVABLE))
    data = Path(settings.data).resolve()
    return msgspec.structs.replace(
        settings,
        data=str(data),
        encryption_key=settings.encryption_key or settings.secret,
        url=settings.url.rstrip("/"),
        mail_from=settings.mail_from
        or formataddr((settings.shop_name, f"shop@{urlsplit(settings.url).hostname or 'localhost'}")),
        database=settings.database or f"sqlite://{data}",
        search=settings.search or f"tantivy://{data}/search",
        files=settings.files or f"file://{data}/files",
    )
