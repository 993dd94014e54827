"""Templates: minijinja with autoescaping, and the filters pages need."""

import hashlib
import html
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import minijinja
import msgspec
from litestar import MediaType, Request, Response
from litestar.utils.scope.state import ScopeState

from shopwright.kit.address_lines import address_lines
from shopwright.kit.addresses import Address
from shopwright.kit.countries import country_title
from shopwright.kit.days import day_of, in_zone, write_day, write_moment
from shopwright.kit.http.app_context import current_app
from shopwright.kit.money import Money, write
from shopwright.kit.percent import percent
from shopwright.kit.regions import region_title
from shopwright.kit.translation import current_language, format_locale, translated
from shopwright.kit.working_days import Arrival, write_working_days
from shopwright.web.state_words import state_word, stored_text
from shopwright.web.translated_template import escaped, with_messages

HOME = Path(__file__).parent
STATIC = HOME / "storefront" / "static"
ASSETS = frozenset(path.name for path in STATIC.iterdir() if path.is_file())
OWN = re.compile(r"^/media/([0-9a-f]{32})/\d+\.webp$")
WIDTHS = (320, 480, 640, 800, 1200)


def money(value: Mapping[str, Any] | None) -> str:
    """Format an amount: €19.99."""
    return write(Money(value["amount"], value["currency"])) if value else ""


def _moment(value: str | datetime) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def zone() -> ZoneInfo:
    """The time zone of the shop."""
    found: ZoneInfo = current_app().shop.settings.zone
    return found


def day(value: str | date) -> str:
    """Format a date, or the date of a moment in the shop's zone: 2 March 2026."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return write_day(value)
    return write_day(day_of(_moment(value), zone()))


def moment(value: str | datetime) -> str:
    """Format a moment: 2 March 2026, 09:00."""
    return write_moment(_moment(value), zone())


def instant(value: str | datetime) -> str:
    """Format a moment as in logs, with its offset: 2026-03-02 10:00:12 +01:00."""
    return in_zone(_moment(value), zone()).isoformat(sep=" ", timespec="seconds")


def arrival(value: Mapping[str, str]) -> str:
    """Format a delivery period: Tue 1 Dec – Thu 3 Dec."""
    return str(msgspec.convert(value, Arrival))


def working_days(value: Mapping[str, int]) -> str:
    """Format delivery days: 2–4 working days."""
    return write_working_days(value["days_min"], value["days_max"])


def words(name: str) -> str:
    """Format an event name as words: Order paid."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


@lru_cache(maxsize=4096)
def sized(url: str, width: int) -> str:
    """The URL of our picture in another width; external URLs stay."""
    found = OWN.match(url)
    return minijinja.safe(f"/media/{found.group(1)}/{width}.webp" if found else html.escape(url))


@lru_cache(maxsize=4096)
def srcset(url: str, form: str = "webp") -> str:
    """All widths of our picture, for the browser to choose from."""
    found = OWN.match(url)
    return minijinja.safe(
        ", ".join(f"/media/{found.group(1)}/{width}.{form} {width}w" for width in WIDTHS) if found else ""
    )


@lru_cache(maxsize=32)
def asset(name: str) -> tuple[str, bytes]:
    """The content-addressed URL and bytes of a style sheet or script, or several joined by "+"."""
    content = b"\n".join((STATIC / part).read_bytes() for part in name.split("+"))
    return f"/assets/{hashlib.sha256(content).hexdigest()[:12]}/{name}", content


@cache
def assets_fingerprint() -> str:
    """A fingerprint of all templates, styles and scripts."""
    files = sorted(path for path in HOME.rglob("*") if path.is_file() and path.suffix != ".pyc")
    content = hashlib.sha256()
    for path in files:
        content.update(str(path.relative_to(HOME)).encode() + path.read_bytes())
    return content.hexdigest()


def _load(language: str, name: str) -> str | None:
    path = HOME / name
    return with_messages(path.read_text(encoding="utf-8"), language) if path.is_file() else None


def country_name(code: str) -> str:
    """The name of a country by code."""
    return country_title(code)


def region_name(code: str, country: str) -> str:
    """The name of a region by code."""
    return region_title(country, code, format_locale())


def lines_of(address: Mapping[str, str]) -> list[str]:
    """The lines of an address in its country's format, without the country."""
    return address_lines(msgspec.convert(address, Address), format_locale())


def _escaped(value: Any) -> str:
    return str(value) if hasattr(value, "__html__") else minijinja.escape(str(value))


def _translating(language: str) -> dict[str, Callable[..., str]]:
    """`_` and `ngettext` of templates, which return HTML with escaped values."""

    def ngettext(singular: str, plural: str, count: int, /, **values: Any) -> str:
        # As plain text: minijinja's markup would escape values itself if markupsafe is installed.
        text = escaped(translated(language, singular, plural, count))
        return minijinja.safe(text.format(**{name: _escaped(one) for name, one in {"count": count, **values}.items()}))

    return {"_": lambda message, /, **values: ngettext(message, "", 1, **values), "ngettext": ngettext}


@cache
def environment(language: str) -> minijinja.Environment:
    """The templates of all pages in a language: "storefront/templates/home.html"."""
    return minijinja.Environment(
        loader=partial(_load, language),
        filters={
            "arrival": arrival,
            "country": country_name,
            "region": region_name,
            "address_lines": lines_of,
            "money": money,
            "day": day,
            "instant": instant,
            "moment": moment,
            "rate": percent,
            "words": words,
            "state": state_word,
            "stored": stored_text,
            "working_days": working_days,
            "sized": sized,
            "srcset": srcset,
        },
        globals={"asset": lambda name: minijinja.safe(asset(name)[0]), "language": language, **_translating(language)},
        auto_escape_callback=lambda name: "html" if name.endswith(".html") else False,
        undefined_behavior="chainable",
        debug=False,  # its error messages would put every variable of the page, addresses too, into the log
        trim_blocks=True,
        lstrip_blocks=True,
    )


def cart_badge(count: int) -> str:
    """The cart count badge, hidden at 0."""
    return minijinja.safe(f"<b data-cart-count{'' if count else ' hidden'}>{count:d}</b>")


def csrf_token(request: Request[Any, Any, Any]) -> str:
    """The CSRF token of a form."""
    token = ScopeState.from_scope(request.scope).csrf_token
    return token if isinstance(token, str) else ""


def plain(value: Any) -> Any:
    """Structs as dictionaries, for templates."""
    return msgspec.to_builtins(value, builtin_types=(datetime,))


@lru_cache(maxsize=4096)
def _fragment(language: str, template: str, context: bytes) -> str:
    return minijinja.safe(environment(language).render_template(template, **msgspec.json.decode(context)))


def fragments(template: str, contexts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Render parts of a page, each cached by content: they must not depend on the viewer."""
    language = current_language()
    return [_fragment(language, template, msgspec.json.encode(one)) for one in contexts]


def fragment(template: str, **context: Any) -> str:
    """Render one such part."""
    return fragments(template, [context])[0]


def page(template: str, context: Mapping[str, Any], status: int = 200) -> Response[bytes]:
    """Render a page that must not be stored."""
    text = environment(current_language()).render_template(template, **context)
    return Response(
        text.encode(), status_code=status, media_type=MediaType.HTML, headers={"Cache-Control": "private, no-store"}
    )
