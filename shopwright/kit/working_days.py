"""Delivery dates: working days of the shop's country from the day of dispatch, which a cut-off hour decides.

Holidays come from the library `holidays`, weekends from the country; unknown countries have Saturdays and Sundays off.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from shopwright.kit.days import in_zone, write_weekday, write_weekday_shortly
from shopwright.kit.translation import ngettext

DAY = timedelta(days=1)
WEEKEND = frozenset({5, 6})
MOST_DAYS = 365
UNTIL_YEAR = 9_990  # dates end soon after


class Arrival(msgspec.Struct, frozen=True):
    """The first and last expected delivery day."""

    first: date
    last: date

    def __str__(self) -> str:
        """Tuesday 1 December, or Tue 1 Dec – Thu 3 Dec."""
        if self.first == self.last:
            return write_weekday(self.first)
        return " – ".join(write_weekday_shortly(day) for day in (self.first, self.last))


@lru_cache(maxsize=16)
def _holidays(country: str) -> tuple[Mapping[date, str], frozenset[int]]:
    try:
        # Imported with the first date, as it takes a third of a second.
        found: Any = import_module("holidays").country_holidays(country)
    except NotImplementedError:
        return {}, WEEKEND
    return found, frozenset(found.weekend)


class WorkingDays:
    """The working days of a shop; orders before `cut_off` o'clock are dispatched the same day."""

    def __init__(self, country: str, zone: ZoneInfo, cut_off: int) -> None:
        self._country = country
        self._zone = zone
        self._cut_off = cut_off

    def is_one(self, day: date) -> bool:
        """Whether shop and carriers work that day."""
        off, weekend = _holidays(self._country)
        return day.weekday() not in weekend and day not in off

    def after(self, day: date, count: int) -> date:
        """This many working days later; 0: the day itself or the next working day."""
        found = day
        while not self.is_one(found) and found.year < UNTIL_YEAR:
            found += DAY
        for _ in range(min(count, MOST_DAYS)):
            found += DAY
            while not self.is_one(found) and found.year < UNTIL_YEAR:
                found += DAY
        return found

    def leaves(self, moment: datetime) -> date:
        """The day of dispatch of an order placed at this moment."""
        local = in_zone(moment, self._zone)
        today = local.date()
        late = not self.is_one(today) or local.hour >= self._cut_off
        return self.after(today + DAY if late else today, 0)

    def arrival(self, moment: datetime, days_min: int, days_max: int) -> Arrival:
        """When an order placed at this moment arrives, with this many working days in transit."""
        leaves = self.leaves(moment)
        return Arrival(self.after(leaves, days_min), self.after(leaves, max(days_min, days_max)))


def write_working_days(days_min: int, days_max: int) -> str:
    """Format delivery days: 2–4 working days."""
    if days_max <= days_min:
        return ngettext("{count} working day", "{count} working days", days_min)
    return ngettext("{first}–{count} working days", "{first}–{count} working days", days_max, first=days_min)
