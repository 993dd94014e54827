"""When something arrives: working days of the shop's country, from the day it leaves, which a cut-off hour decides.

Holidays are those of `holidays`, weekends those of the country; a country it does not know has Saturdays and Sundays off.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_date

from shopwright.kit.days import in_zone

DAY = timedelta(days=1)
WEEKEND = frozenset({5, 6})
MOST_DAYS = 365
UNTIL_YEAR = 9_990  # dates end soon after


class Arrival(msgspec.Struct, frozen=True):
    """The first and the last day on which something is expected."""

    first: date
    last: date

    def __str__(self) -> str:
        """Tuesday 1 December, or Tue 1 December – Thu 3 December."""
        if self.first == self.last:
            return format_date(self.first, "EEEE d MMMM", locale="en")
        return " – ".join(format_date(day, "EEE d MMMM", locale="en") for day in (self.first, self.last))


@lru_cache(maxsize=16)
def _holidays(country: str) -> tuple[Mapping[date, str], frozenset[int]]:
    try:
        # Imported where the first date is told: it takes a third of a second.
        found: Any = import_module("holidays").country_holidays(country)
    except NotImplementedError:
        return {}, WEEKEND
    return found, frozenset(found.weekend)


class WorkingDays:
    """Of a shop in this country and zone; what is ordered before `cut_off` o'clock leaves the same day."""

    def __init__(self, country: str, zone: ZoneInfo, cut_off: int) -> None:
        self._country = country
        self._zone = zone
        self._cut_off = cut_off

    def is_one(self, day: date) -> bool:
        """Does the shop, and who carries its parcels, work that day?"""
        off, weekend = _holidays(self._country)
        return day.weekday() not in weekend and day not in off

    def after(self, day: date, count: int) -> date:
        """So many working days later; 0: the day itself, or the next working day."""
        found = day
        while not self.is_one(found) and found.year < UNTIL_YEAR:
            found += DAY
        for _ in range(min(count, MOST_DAYS)):
            found += DAY
            while not self.is_one(found) and found.year < UNTIL_YEAR:
                found += DAY
        return found

    def leaves(self, moment: datetime) -> date:
        """The day on which what is ordered at this moment is handed over."""
        local = in_zone(moment, self._zone)
        today = local.date()
        late = not self.is_one(today) or local.hour >= self._cut_off
        return self.after(today + DAY if late else today, 0)

    def arrival(self, moment: datetime, days_min: int, days_max: int) -> Arrival:
        """When what is ordered at this moment arrives, with so many working days on its way."""
        leaves = self.leaves(moment)
        return Arrival(self.after(leaves, days_min), self.after(leaves, max(days_min, days_max)))


def write_working_days(days_min: int, days_max: int) -> str:
    """2–4 working days, as pages, e-mails and the API say it."""
    if days_max <= days_min:
        return f"{days_min} working day{'' if days_min == 1 else 's'}"
    return f"{days_min}–{days_max} working days"
