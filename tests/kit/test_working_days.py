"""A delivery is promised for working days: never for a weekend or a holiday of the country of the shop."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwright.kit.working_days import Arrival, WorkingDays, write_working_days

BERLIN = ZoneInfo("Europe/Berlin")
moments = st.datetimes(datetime(2024, 1, 1), datetime(2034, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- hypothesis wants them bare


@given(moments, st.integers(0, 20), st.integers(0, 20), st.sampled_from(["DE", "FR", "US", "JP", "XX"]))
def test_parcels_leave_and_arrive_on_working_days(moment: datetime, least: int, more: int, country: str) -> None:
    days = WorkingDays(country, BERLIN, 14)
    promised = days.arrival(moment, least, least + more)
    leaves = days.leaves(moment)
    known = holidays.country_holidays(country) if country != "XX" else {}
    for day in (leaves, promised.first, promised.last):
        assert day.weekday() < 5
        assert day not in known
    between = [leaves + timedelta(days=n) for n in range(1, (promised.last - leaves).days + 1)]
    assert sum(one.weekday() < 5 and one not in known for one in between) == least + more
    local = moment.astimezone(BERLIN)
    assert leaves >= local.date()
    if local.hour >= 14:
        assert leaves > local.date()


@pytest.mark.parametrize(
    ("ordered", "first", "last"),
    [
        (datetime(2026, 11, 27, 12, 59, tzinfo=UTC), date(2026, 12, 1), date(2026, 12, 3)),  # Friday 13:59 in Berlin
        (
            datetime(2026, 11, 27, 13, 0, tzinfo=UTC),
            date(2026, 12, 2),
            date(2026, 12, 4),
        ),  # Friday 14:00: it leaves on Monday
        (datetime(2026, 11, 28, 9, 0, tzinfo=UTC), date(2026, 12, 2), date(2026, 12, 4)),  # Saturday
        (datetime(2026, 12, 23, 9, 0, tzinfo=UTC), date(2026, 12, 28), date(2026, 12, 30)),  # Christmas between
        (datetime(2026, 12, 30, 23, 30, tzinfo=UTC), date(2027, 1, 5), date(2027, 1, 7)),  # already the 31st in Berlin
    ],
)
def test_the_cut_off_time_weekends_and_holidays_apply(ordered: datetime, first: date, last: date) -> None:
    assert WorkingDays("DE", BERLIN, 14).arrival(ordered, 2, 4) == Arrival(first, last)


def test_a_country_has_its_own_weekend() -> None:
    sunday = date(2026, 11, 29)
    assert WorkingDays("IL", BERLIN, 14).is_one(sunday)
    assert not WorkingDays("DE", BERLIN, 14).is_one(sunday)


def test_one_wording() -> None:
    assert (write_working_days(2, 4), write_working_days(1, 1), write_working_days(3, 3)) == (
        "2–4 working days", "1 working day", "3 working days",
    )  # fmt: skip
    assert str(Arrival(date(2026, 12, 1), date(2026, 12, 3))) == "Tue 1 Dec – Thu 3 Dec"
    assert str(Arrival(date(2026, 12, 1), date(2026, 12, 1))) == "Tuesday 1 December"
