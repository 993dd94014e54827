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
from shopwright.kit.setting_types import Kind
from shopwright.kit.settings import require_right
from shopwright.kit.vault import kept_once

Folder = Annotated[str, Kind(kinds.folder)]
Site = Annotated[str, Kind(kinds.web)]
Sites = Annotated[str, Kind(kinds.each(kinds.web), empty=True)]
RegisterUrl = Annotated[str, Kind(partial(kinds.web, path=True), empty=True)]
ServicesUrl = Annotated[str, Kind(kinds.services, empty=True)]
Networks = Annotated[str, Kind(kinds.each(kinds.network), empty=True)]
Email = Annotated[str, Kind(kinds.email)]
Sender = Annotated[str, Kind(kinds.sender, empty=True)]
Password = Annotated[str, Kind(kinds.password, empty=True)]
Secret = Annotated[str, Kind(kinds.secret(kinds.LEAST_SECRET), empty=True)]
Secrets = Annotated[str, Kind(kinds.several(kinds.secret(kinds.LEAST_SECRET)), empty=True)]
Token = Annotated[str, Kind(kinds.secret(kinds.LEAST_TOKEN), empty=True)]
Title = Annotated[str, Kind(kinds.title)]
Currency = Annotated[str, Kind(kinds.currency)]
Country = Annotated[str, Kind(kinds.country)]
Language = Annotated[str, Kind(kinds.language)]
TimeZone = Annotated[str, Kind(kinds.time_zone, empty=True)]
DatabaseUrl = Annotated[str, Kind(kinds.engine(folders="sqlite", servers="postgresql postgres"), empty=True)]
DocumentsUrl = Annotated[str, Kind(kinds.engine(bare="database", servers="mongodb mongodb+srv"))]
CACHES = "redis rediss redis+sentinel redis+cluster memcached"
CacheUrl = Annotated[str, Kind(kinds.engine(bare="memory", servers=CACHES))]
HotReadsUrl = Annotated[str, Kind(kinds.engine(bare="cache off", servers=CACHES))]
BusUrl = Annotated[str, Kind(kinds.engine(bare="local", servers="amqp amqps"))]
SEARCH_SERVERS = "opensearch opensearchs elasticsearch elasticsearchs"
SearchUrl = Annotated[str, Kind(kinds.engine(folders="tantivy", servers=SEARCH_SERVERS), empty=True)]
FilesUrl = Annotated[str, Kind(kinds.engine(folders="file", servers="s3"), empty=True)]
MailUrl = Annotated[str, Kind(kinds.engine(bare="viewer", servers="smtp smtps"))]
ViewerUrl = Annotated[str, Kind(kinds.engine(bare="viewer"))]
PaymentUrls = Annotated[str, Kind(kinds.each(kinds.engine(bare="pretend")), empty=True)]
CdnUrl = Annotated[str, Kind(kinds.engine(bare="off", servers="varnish cloudflare fastly cloudfront"))]
TracesUrl = Annotated[str, Kind(kinds.engine(bare="off", servers="otlp otlps"))]


def _means(text: str) -> msgspec.Meta:
    return msgspec.Meta(description=text)


# The options of `move`.
MOVABLE = ("database", "documents", "search", "files")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`SHOPWRIGHT_DATABASE=…` sets `database`, and so on."""

    data: Annotated[Folder, _means("the folder everything embedded lives in")] = "./var"
    url: Annotated[Site, _means("the address shoppers see, for links in messages and payment returns")] = (
        "http://127.0.0.1:8000"
    )
    database: Annotated[DatabaseUrl, _means("relational engine: sqlite:///folder or postgresql://…")] = ""
    documents: Annotated[DocumentsUrl, _means("document engine: database: keeps them in the database; mongodb://…")] = (
        "database:"
    )
    cache: Annotated[
        CacheUrl, _means("cache engine: memory:, redis://…, redis+sentinel://…, redis+cluster://… or memcached://…")
    ] = "memory:"
    hot_reads: Annotated[
        HotReadsUrl,
        _means(
            "where pages one process has made are kept for the others: cache: (if that is Redis), memcached://…, redis://… or off:"
        ),
    ] = "cache:"
    bus: Annotated[BusUrl, _means("how facts travel: local:, amqp://…")] = "local:"
    search: Annotated[SearchUrl, _means("search engine: tantivy:///folder or opensearch://…")] = ""
    files: Annotated[FilesUrl, _means("where media live: file:///folder or s3://bucket")] = ""
    mail: Annotated[
        MailUrl, _means("where e-mail goes: smtp://…, smtps://…, or viewer: which shows it in the back office")
    ] = "viewer:"
    mail_from: Annotated[Sender, _means("whom e-mail is from; the shop at the host of its address if empty")] = ""
    messages_per_hour: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=1_000_000,
            description="messages one recipient gets within an hour, and as many again about the safety of an account; more are held back, and can be sent by staff",
        ),
    ] = 60
    sms: Annotated[ViewerUrl, _means("where text messages go: viewer:")] = "viewer:"
    push: Annotated[ViewerUrl, _means("where push messages go: viewer:")] = "viewer:"
    payments: Annotated[
        PaymentUrls,
        _means(
            "who takes the money, one or several, separated by commas: pretend: (moves none). Empty: nobody, and in a demo shop pretend:"
        ),
    ] = ""
    return_origins: Annotated[
        Sites,
        _means(
            "origins beside SHOPWRIGHT_URL that payment providers may send a browser back to, separated by commas: https://app.example.com"
        ),
    ] = ""
    services: Annotated[
        ServicesUrl,
        _means("where services are that this process does not serve itself: http://{service}.shop.internal:8000"),
    ] = ""
    cdn: Annotated[
        CdnUrl,
        _means(
            "cache in front, which is told what changes: off:, varnish://…, cloudflare://…, fastly://…, cloudfront://…"
        ),
    ] = "off:"
    proxies: Annotated[
        Networks, _means("addresses of load balancers in front, separated by commas: their X-Forwarded-For is believed")
    ] = ""
    carry: Annotated[
        Literal["here", "elsewhere"],
        _means("here: processes that answer also carry facts and keep timers; elsewhere: `shopwright work` does"),
    ] = "here"
    events_kept: Annotated[
        int,
        msgspec.Meta(
            ge=2,
            le=3660,
            description="days the log of events (`GET /v1/events`) goes back, for apps that read on from a cursor; what it adds up to is kept",
        ),
    ] = 7
    books_years: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=30,
            description="full years after that of a sale for which name and address of an erased buyer are kept for the books; ask your tax adviser",
        ),
    ] = 10
    guest_days: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=36_600,
            description="days after an order placed without an account until its buyer is forgotten as one who erases an account is; 0: never",
        ),
    ] = 1095
    stop_grace: Annotated[
        int, msgspec.Meta(ge=1, le=600, description="seconds a server that is told to stop lets requests end")
    ] = 30
    owner_email: Annotated[Email, _means("e-mail address of the owner of a new shop")] = "owner@example.com"
    owner_password: Annotated[
        Password,
        _means(
            "password of the owner of a new shop; made up if empty, and shown once, at a terminal alone (`shopwright password` sets another)"
        ),
    ] = ""
    staff_second_factor: Annotated[
        Literal["auto", "optional", "required"],
        _means(
            "required: staff may do nothing in the back office before they turned on a second factor; auto: so but in a demo shop"
        ),
    ] = "auto"
    secret: Annotated[
        Secret,
        _means(
            "signs forms, links and calls between services, and hashes codes of gift cards: with another one every code is refused. Made up and kept in the data folder (secret.key) if empty; keep a copy beside your archives, which do not hold it"
        ),
    ] = ""
    encryption_key: Annotated[
        Secrets,
        _means(
            "encrypts signing keys and second factors in the database; several, newest first, separated by commas. Empty: SHOPWRIGHT_SECRET if that is set, or encryption.key in the data folder"
        ),
    ] = ""
    metrics_token: Annotated[
        Token,
        _means(
            "whoever asks for /metrics and the details of /health/ready sends it (Authorization: Bearer); empty: only this machine may ask, directly"
        ),
    ] = ""
    shop_name: Annotated[Title, _means("what the shop is called")] = "Northlight"
    currency: Annotated[Currency, _means("currency of all prices, ISO 4217")] = "EUR"
    country: Annotated[Country, _means("where the shop is, ISO 3166-1 alpha-2: taxes before an address is known")] = (
        "DE"
    )
    language: Annotated[
        Language,
        _means(
            "language of pages and messages: one there is a catalogue for; en-XA is a pseudo-locale for those who translate"
        ),
    ] = "en"
    time_zone: Annotated[
        TimeZone,
        _means(
            "the shop's time zone, such as Europe/Berlin: days begin and end in it, and times are read and shown in it; empty: that of SHOPWRIGHT_COUNTRY, where most people live"
        ),
    ] = ""
    cut_off: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=24,
            description="the hour (0 to 24, in the shop's time zone) before which what is ordered on a working day leaves the same day; deliveries are promised from then on in working days, without weekends and holidays of SHOPWRIGHT_COUNTRY",
        ),
    ] = 14
    prices_include_tax: Annotated[bool, _means("are prices shown and stored with tax")] = True
    untaxed_places: Annotated[
        Literal["warn", "stop"],
        _means(
            "an order to a place for which no tax rate is set, not even one of 0 % with its reason: warn tells staff on the first page of the back office; stop takes no such order"
        ),
    ] = "warn"
    vies: Annotated[
        RegisterUrl,
        _means(
            "where VAT ids of the EU are looked up: https://ec.europa.eu/taxation_customs/vies/rest-api. Empty: their form and check digits alone are checked"
        ),
    ] = ""
    reverse_charge: Annotated[
        Literal["checked", "format", "off"],
        _means(
            "when a business elsewhere in the EU buys without tax: checked: its VAT id was found valid at SHOPWRIGHT_VIES; format: its form and check digits are right, unless VIES says no; off: never"
        ),
    ] = "checked"
    capture: Annotated[
        Literal["automatic", "manual"],
        _means("automatic: a payment takes the money; manual: it sets the money aside until staff take it"),
    ] = "automatic"
    unpaid_orders: Annotated[
        int,
        msgspec.Meta(
            ge=1, le=1_000_000, description="orders one e-mail address may have open without having paid for them"
        ),
    ] = 5
    unpaid_orders_at_address: Annotated[
        int,
        msgspec.Meta(
            ge=1, le=1_000_000, description="the same for one client address, which may be that of a whole company"
        ),
    ] = 100
    unpaid_units: Annotated[
        int,
        msgspec.Meta(
            ge=1, le=1_000_000_000, description="units one cart, e-mail address or client address may hold unpaid"
        ),
    ] = 500
    unpaid_value: Annotated[
        int,
        msgspec.Meta(
            ge=1, le=1_000_000_000_000, description="what these may come to, in minor units of the shop's currency"
        ),
    ] = 5_000_000
    unpaid_share: Annotated[
        int,
        msgspec.Meta(ge=1, le=100, description="percent of a variant's stock these may be; 10 units always may"),
    ] = 50
    payment_attempts: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=1_000,
            description="tries to pay for an order that may be in vain before the next must wait, longer each time; twice as many for an e-mail address or a card, ten times as many for a client address",
        ),
    ] = 5
    log: Annotated[Literal["text", "json"], _means("lines for people, or one JSON object an event")] = "text"
    access_log: Annotated[
        Literal["off", "short", "full"],
        _means(
            "a line for each request, without values of its query: short: with a shortened client address (IPv4 /24, IPv6 /48), full: with the whole one"
        ),
    ] = "short"
    traces: Annotated[
        TracesUrl, _means("where traces go: off:, or otlp://collector:4318?share=0.1 (otlps: with TLS)")
    ] = "off:"
    limits: Annotated[Literal["on", "off"], _means("rate limits; off for load tests (the login delay stays)")] = "on"
    writes_per_minute: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=1_000_000,
            description="requests a minute from one address that write, pages and API together; ten times as many that read, twice that search, a fifth that guess (passwords, codes, coupons) or make a file of a document or the ledger, a tenth that send messages",
        ),
    ] = 300
    pages: Annotated[
        Literal["prepared", "fresh"],
        _means(
            "prepared: the storefront's pages are kept until something on them changes; fresh: made for each request"
        ),
    ] = "prepared"
    largest_body: Annotated[
        int,
        msgspec.Meta(
            ge=1024,
            le=10_000_000_000,
            description="largest file that is sent, in bytes (forms end at 64 KB, JSON at 1 MB)",
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
