"""Money, numbers, rates, days and countries are written as Babel knows for the language; English dates are British."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from shopwright.kit.countries import country_title
from shopwright.kit.days import write_day, write_day_of_year, write_moment, write_period, write_weekday
from shopwright.kit.money import Money, write
from shopwright.kit.percent import percent
from shopwright.kit.translation import PSEUDO, in_language
from shopwright.kit.working_days import Arrival
from shopwright.web.storefront.addresses import countries

BERLIN = ZoneInfo("Europe/Berlin")
MOMENT = datetime(2026, 11, 29, 9, 5, tzinfo=UTC)
THIN, FIXED = "\u202f", "\xa0"


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", ("€1,234.50", "-€0.99", "¥1,234", "8.875 %", "29 November 2026", "29 November 2026, 10:05")),
        (PSEUDO, ("€1,234.50", "-€0.99", "¥1,234", "8.875 %", "29 November 2026", "29 November 2026, 10:05")),
        (
            "de",
            (f"1.234,50{FIXED}€", f"-0,99{FIXED}€", f"1.234{FIXED}¥", f"8,875{FIXED}%", "29. November 2026", "29. November 2026, 10:05"),
        ),
        (
            "fr",
            (f"1{THIN}234,50{FIXED}€", f"-0,99{FIXED}€", f"1{THIN}234{FIXED}JPY", f"8,875{FIXED}%", "29 novembre 2026", "29 novembre 2026, 10:05"),
        ),
    ],
)  # fmt: skip
def test_money_rates_and_days_are_written_in_the_form_of_the_language(language: str, written: tuple[str, ...]) -> None:
    with in_language(language):
        found = (
            write(Money(123_450, "EUR")), write(Money(-99, "EUR")), write(Money(1234, "JPY")), percent(88_750),
            write_day(date(2026, 11, 29)), write_moment(MOMENT, BERLIN),
        )  # fmt: skip
    assert found == written


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", ("29 November", "Sunday 29 November", "Sun 29 Nov – Mon 30 Nov")),
        ("de", ("29. November", "So., 29. November", "So., 29. Nov. – Mo., 30. Nov.")),
    ],
)
def test_parts_of_a_day_are_written_in_the_form_of_the_language(language: str, written: tuple[str, ...]) -> None:
    day = date(2026, 11, 29)
    with in_language(language):
        arrival = str(Arrival(day, date(2026, 11, 30)))
        assert (write_day_of_year(day), write_weekday(day), arrival) == written


def test_countries_are_named_and_sorted_in_the_language() -> None:
    with in_language("de"):
        assert country_title("DE") == "Deutschland"
        assert next(one["title"] for one in countries() if one["code"] == "AT") == "Österreich"
    assert country_title("DE") == "Germany"


def test_a_period_is_one_message_in_each_of_its_forms() -> None:
    start, end = datetime(2026, 11, 26, 23, tzinfo=UTC), datetime(2026, 11, 29, 23, tzinfo=UTC)
    assert write_period(start, end, BERLIN) == "from 27 November 2026 until 29 November 2026"
    with in_language(PSEUDO):
        assert write_period(start, None, BERLIN).startswith("[")
        assert write_period(None, None, BERLIN).startswith("[")
