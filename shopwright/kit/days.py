"""Days in the shop: times are stored in UTC, and read and shown in the shop's time zone.

Times without a zone are the shop's. “Until 27 November” includes that day: ends are stored as the first moment after
it, and shown as the last day.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_skeleton, format_time, get_datetime_format

from shopwright.kit.clock import EPOCH
from shopwright.kit.errors import Invalid
from shopwright.kit.translation import date_locale
from shopwright.kit.translation import gettext as _

MOMENT_BEFORE = timedelta(microseconds=1)
FORM = "%Y-%m-%dT%H:%M"  # of a field for date and time


@lru_cache(maxsize=64)
def zone_named(name: str) -> ZoneInfo:
    """Return an IANA time zone. Raises Invalid."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid.at(
            "/time_zone", _("“{name}” is not a time zone; write one such as Europe/Berlin.", name=name)
        ) from None


@lru_cache(maxsize=256)
def zone_of_country(country: str) -> str:
    """The zone most people of a country live in: its first one (zone.tab of the IANA database)."""
    for line in files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8").splitlines():
        code, *rest = line.split("\t")
        if code == country:
            return rest[1]
    return "UTC"


def in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment in the zone; without a zone it is taken as local."""
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def aware(moment: datetime | None, zone: ZoneInfo, pointer: str = "") -> datetime | None:
    """The stored moment in UTC; without a zone it is the shop's."""
    try:
        return None if moment is None else in_zone(moment, zone).astimezone(UTC)
    except OverflowError:
        raise Invalid.at(pointer, _("This is too far away; write a day of this century.")) from None


def parse_moment(text: str, zone: ZoneInfo, pointer: str = "") -> datetime:
    """Parse 2026-11-27T10:00 or a day into UTC; without a zone it is the shop's. Raises Invalid."""
    try:
        return in_zone(datetime.fromisoformat(text.strip()), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid.at(
            pointer, _("“{text}” is not a time; write one such as 2026-11-27T10:00.", text=text[:40])
        ) from None


def parse_day(text: str, pointer: str = "") -> date:
    """Parse 2026-11-27. Raises Invalid."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid.at(pointer, _("“{text}” is not a day; write one such as 2026-11-27.", text=text[:40])) from None


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day in the zone, in UTC."""
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except OverflowError:
        raise Invalid(_("{day} is too far away.", day=day)) from None


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The first moment after a day in the zone, in UTC."""
    try:
        return start_of(day + timedelta(days=1), zone)
    except OverflowError:
        raise Invalid(_("{day} is too far away.", day=day)) from None


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The day of a moment in the zone."""
    return in_zone(moment, zone).date()


def day_number(day: date) -> int:
    """The day counted from 1970, as stored."""
    return (day - EPOCH.date()).days


def numbered_day(number: int) -> date:
    """The day with this number."""
    return EPOCH.date() + timedelta(days=number)


def last_day(end: datetime, zone: ZoneInfo) -> date:
    """The last day of a period that ends at this moment."""
    return day_of(end - MOMENT_BEFORE, zone)


def write_day(day: date | datetime) -> str:
    """Format a day: 27 November 2026."""
    return format_date(day, "long", locale=date_locale())


def write_day_of_year(day: date) -> str:
    """Format a day without its year: 27 November."""
    return format_skeleton("MMMMd", day, locale=date_locale())


def write_weekday(day: date) -> str:
    """Format a day of the week without its year: Friday 27 November."""
    return format_skeleton("MMMMEEEEd", day, locale=date_locale())


def write_weekday_shortly(day: date) -> str:
    """Write a day of a range shortly: Fri 27 Nov."""
    return format_skeleton("MMMEd", day, locale=date_locale())


def write_moment(moment: datetime, zone: ZoneInfo) -> str:
    """Format a moment: 27 November 2026, 10:00."""
    local, locale = in_zone(moment, zone), date_locale()
    time_of_day = format_time(local.time(), "short", locale=locale)
    return str(get_datetime_format("medium", locale=locale)).format(time_of_day, write_day(local.date()))


def write_start(moment: datetime, zone: ZoneInfo) -> str:
    """Format a start: the day, with the time unless it is midnight."""
    local = in_zone(moment, zone)
    return write_moment(moment, zone) if local.time() != time() else write_day(local.date())


def write_end(moment: datetime, zone: ZoneInfo) -> str:
    """Format an end: its last day, or the moment if it is within a day."""
    local = in_zone(moment, zone)
    return write_moment(moment, zone) if local.time() != time() else write_day(last_day(moment, zone))


def write_period(start: datetime | None, end: datetime | None, zone: ZoneInfo) -> str:
    """Format a period: from 27 November 2026 until 30 November 2026; “always” without ends."""
    if start and end:
        if day_of(start, zone) == last_day(end, zone) and _whole(start, zone) and _whole(end, zone):
            return _("on {day}", day=write_start(start, zone))
        return _("from {start} until {end}", start=write_start(start, zone), end=write_end(end, zone))
    if start:
        return _("from {start}", start=write_start(start, zone))
    return _("until {end}", end=write_end(end, zone)) if end else _("always")


def _whole(moment: datetime, zone: ZoneInfo) -> bool:
    return in_zone(moment, zone).time() == time()


def end_of_books(moment: datetime, years: int, zone: ZoneInfo) -> datetime:
    """The end of this many full years after the year of `moment`, as tax law counts retention."""
    local = moment.astimezone(zone)
    return datetime(local.year + years + 1, 1, 1, tzinfo=zone)
