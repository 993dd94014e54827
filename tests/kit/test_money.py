"""Money: exact, in the minor unit of each currency."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwright.kit import money
from shopwright.kit.errors import Invalid
from shopwright.kit.money import Money

amounts = st.integers(-(10**15), 10**15)
weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(lambda found: sum(found) > 0)


@given(amounts, weights)
def test_a_split_loses_nothing_and_is_never_further_off_than_one_unit(amount: int, found: list[int]) -> None:
    parts = Money(amount, "EUR").split(found)
    assert sum(part.amount for part in parts) == amount
    for part, weight in zip(parts, found, strict=True):
        assert abs(part.amount * sum(found) - amount * weight) < sum(found)


@given(amounts, st.integers(1, 10_000))
def test_a_share_and_its_rest_are_the_whole(amount: int, rate: int) -> None:
    total = Money(amount, "EUR")
    assert total.share(rate, 10_000) + (total - total.share(rate, 10_000)) == total
    assert total.share(-rate, 10_000) == -total.share(rate, 10_000)


@given(st.sampled_from(["EUR", "USD", "JPY", "KWD", "CLP", "TND"]), st.integers(0, 10**12))
def test_an_amount_written_for_a_form_is_read_back(currency: str, amount: int) -> None:
    assert money.parse(money.major(Money(amount, currency)), currency) == Money(amount, currency)


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("19.99", "EUR", 1999),
        ("19,99", "EUR", 1999),
        ("1,299.00", "EUR", 129900),
        ("1.299,00", "EUR", 129900),
        ("1,299", "EUR", 129900),
        ("500", "JPY", 500),
        ("1.234", "KWD", 1234),
        ("€ 5", "EUR", 500),
    ],
)
def test_amounts_are_read_in_common_spellings(text: str, currency: str, amount: int) -> None:
    assert money.parse(text, currency) == Money(amount, currency)


@pytest.mark.parametrize("text", ["", "free", "1.999", "1e400", "NaN", "--5", "9999999999999999999999"])
def test_an_invalid_amount_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        money.parse(text, "EUR", "/price")
    assert refused.value.problems[0].pointer == "/price"


def test_currencies_do_not_mix_and_must_exist() -> None:
    with pytest.raises(Invalid):
        Money(1, "EUR") + Money(1, "USD")
    with pytest.raises(Invalid):
        money.minor_digits("EURO")


def test_money_is_formatted_for_readers() -> None:
    assert money.write(Money(1999, "EUR")) == "€19.99"
    assert money.write(Money(1999, "JPY")) == "¥1,999"
