"""Typed numbers are stored exactly, or refused with a valid example."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shopwright.kit import money, typed
from shopwright.kit.currencies import DIGITS
from shopwright.kit.errors import Invalid

numbers = st.decimals(-(10**9), 10**9, places=2, allow_nan=False)
STYLES = [
    (",", "."), (".", ","), (" ", ","), ("\u00a0", ","), ("\u202f", ","), ("'", "."), ("", "."), ("", ","),
]  # fmt: skip


def written(value: Decimal, thousands: str, point: str) -> str:
    return f"{value:,.2f}".replace(",", "T").replace(".", "D").replace("T", thousands).replace("D", point)


@given(numbers, st.sampled_from(STYLES), st.sampled_from(["", " ", "\u00a0"]))
def test_a_number_is_read_in_any_notation(value: Decimal, style: tuple[str, str], beside: str) -> None:
    assert typed.decimal(beside + written(value, *style) + beside) == value


@given(st.text(alphabet="0123456789.,' -+eE_%€$²½٣/", max_size=12))
@example("19 99")
@example("1e3")
@example("1_000")
@example("²")
@example("1.2.3")
@example("12,34.5")
def test_an_ambiguous_number_is_not_guessed(text: str) -> None:
    try:
        found = typed.decimal(text)
    except Invalid:
        return
    digits = "".join(sign for sign in text if sign.isdigit()).lstrip("0")
    assert "".join(sign for sign in f"{found:f}" if sign.isdigit()).lstrip("0").rstrip("0") == digits.rstrip("0")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "free",
        "1e3",
        "1_000",
        "NaN",
        "Infinity",
        "19 99",
        "1.2.3",
        "12,34.5",
        "1,2,3",
        "--5",
        "²",
        "5.",
        "9" * 30,
    ],
)
def test_an_invalid_number_is_refused(text: str) -> None:
    if text == "5.":
        assert typed.decimal(text) == Decimal(5)
        return
    with pytest.raises(Invalid):
        typed.decimal(text)


@given(
    st.sampled_from(sorted(DIGITS)),
    st.integers(0, 10**15),
    st.sampled_from(["{}", "{} {code}", "{code} {}", "{sign}{}"]),
)
def test_an_amount_of_any_currency_is_kept_exactly(code: str, amount: int, form: str) -> None:
    value = money.Money(amount, code)
    text = form.format(money.major(value), code=code, sign=money.symbol(code))
    assert money.parse(text, code) == value


@given(st.sampled_from(sorted(DIGITS)), st.decimals(0, 10**6, places=6))
def test_an_amount_finer_than_its_currency_is_refused_never_rounded(code: str, value: Decimal) -> None:
    try:
        found = money.parse(f"{value:f}", code)
    except Invalid:
        assert value != round(value, DIGITS[code])
    else:
        assert Decimal(found.amount).scaleb(-DIGITS[code]) == value


def test_an_ambiguous_number_is_refused_with_both_readings() -> None:
    with pytest.raises(Invalid, match=r"write 1234 or 1\.234"):
        money.parse("1,234", "KWD")
    assert money.parse("0,234", "KWD").amount == 234
    assert money.parse("1,234", "EUR").amount == 123400


@pytest.mark.parametrize("text", ["$5", "5 USD", "£5", "5 kr"])
def test_another_currency_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        money.parse(text, "EUR")


@given(st.decimals(0, 100, places=4))
def test_a_percentage_is_kept_to_a_hundredth_or_refused(value: Decimal) -> None:
    try:
        found = typed.basis_points(f"{value:f}%")
    except Invalid:
        assert value != round(value, 2)
    else:
        assert Decimal(found) == value * 100


@given(
    st.one_of(
        st.integers(-(10**14), 10**14).map(float),
        st.floats(-(10**9), 10**9, allow_nan=False).map(lambda one: round(one, 6)),
    )
)
def test_a_measure_is_shown_as_typed(value: float) -> None:
    assert typed.number(typed.write_number(value)) == value


@pytest.mark.parametrize("text", ["1.5", "-1", "1e2", "²", "", "12 3", "9" * 20])
def test_a_count_is_an_integer_within_its_bounds(text: str) -> None:
    with pytest.raises(Invalid, match="whole number from 0 to 10"):
        typed.whole_number(text, most=10)
