"""Days are those of the shop: each time is on one day of its zone, and a period ends with its last day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwright.kit import days
from shopwright.kit.errors import Invalid

ZONES = [ZoneInfo(name) for name in ("Europe/Berlin", "America/St_Johns", "Pacific/Kiritimati", "Asia/Kolkata", "UTC")]
dates = st.dates(date(1990, 1, 1), date(2200, 1, 1))


@given(dates, st.sampled_from(ZONES), st.integers(0, 86_399))
def test_a_day_lasts_until_its_end(day: date, zone: ZoneInfo, second: int) -> None:
    start, end = days.start_of(day, zone), days.end_of(day, zone)
    assert days.day_of(start, zone) == days.last_day(end, zone) == day
    assert days.day_of(end, zone) == day + timedelta(days=1)
    moment = start + timedelta(seconds=second)
    assert (days.day_of(moment, zone) == day) == (moment < end)
    assert days.write_end(end, zone) == days.write_day(day)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-27T10:00", datetime(2026, 11, 27, 9, tzinfo=UTC)),
        ("2026-07-27 10:00", datetime(2026, 7, 27, 8, tzinfo=UTC)),
        ("2026-11-27", datetime(2026, 11, 26, 23, tzinfo=UTC)),
        ("2026-11-27T10:00Z", datetime(2026, 11, 27, 10, tzinfo=UTC)),
        ("2026-11-27T10:00+05:30", datetime(2026, 11, 27, 4, 30, tzinfo=UTC)),
    ],
)
def test_a_time_without_a_zone_is_in_the_zone_of_the_shop(text: str, utc: datetime) -> None:
    assert days.parse_moment(text, ZONES[0]) == utc


@pytest.mark.parametrize("text", ["yesterday", "", "2026-13-01", "27.11.2026", "0001-01-01T00:00+14:00"])
def test_an_invalid_time_is_refused_with_a_valid_example(text: str) -> None:
    with pytest.raises(Invalid, match="2026-11-27T10:00"):
        days.parse_moment(text, ZONES[0], "/since")


def test_a_period_is_shown_in_days() -> None:
    berlin = ZONES[0]
    start, end = days.start_of(date(2026, 11, 27), berlin), days.end_of(date(2026, 11, 27), berlin)
    assert days.write_period(start, end, berlin) == "on 27 November 2026"
    later = days.end_of(date(2026, 11, 30), berlin)
    assert days.write_period(start, later, berlin) == "from 27 November 2026 until 30 November 2026"
    noon = start + timedelta(hours=12)
    assert days.write_period(None, noon, berlin) == "until 27 November 2026, 12:00"
    assert days.write_period(None, None, berlin) == "always"


@pytest.mark.parametrize(("country", "zone"), [("DE", "Europe/Berlin"), ("US", "America/New_York"), ("XX", "UTC")])
def test_a_country_has_the_zone_most_people_live_in(country: str, zone: str) -> None:
    assert days.zone_of_country(country) == zone
