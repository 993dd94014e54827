"""What is personal is marked where it is declared: it is found, shown and erased however deep it lies."""

from typing import Annotated, Any

import msgspec
import pytest

from shopwright.kit.addresses import Address
from shopwright.kit.personal import ERASED, Personal, is_personal, personal_fields, personal_values, redacted

ADA = Address(name="Ada", line1="Torstraße 1", city="Berlin", postal_code="10119", country="DE", phone="+4930123")


class Ribbon(msgspec.Struct, frozen=True, kw_only=True):
    colour: str
    words: Personal[str] = ""


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    to: Address | None = None
    gift_message: Personal[Annotated[str, msgspec.Meta(max_length=20)]] = ""
    witnesses: Personal[tuple[str, ...]] = ()
    ribbons: tuple[Ribbon, ...] = ()
    by_day: dict[str, Ribbon] = {}
    notes: list[Personal[str]] = []
    nick: Personal[str | None] = None
    price: int = 0
    inner: "Parcel | None" = None


class Plain(msgspec.Struct, frozen=True):
    id: str
    next: "Plain | None" = None


FULL = Parcel(
    id="p1",
    to=ADA,
    gift_message="Dear Ada",
    witnesses=("Ada", "Bob"),
    ribbons=(Ribbon(colour="red", words="for Ada"),),
    by_day={"mon": Ribbon(colour="blue", words="from Bob")},
    notes=["Ada rang"],
    nick="Ada",
    price=3,
    inner=Parcel(id="p2", gift_message="Ada again"),
)


def test_nothing_personal_is_left_however_deep_it_lies() -> None:
    left = redacted(FULL)
    said = msgspec.json.encode(left).decode()
    assert not [one for one in ("Ada", "Bob", "Torstra", "Berlin", "10119", "4930123") if one in said]
    assert (left.id, left.price, left.ribbons[0].colour, left.by_day["mon"].colour) == ("p1", 3, "red", "blue")
    assert left.inner is not None
    assert left.inner.id == "p2"
    assert redacted(left) == left
    assert msgspec.json.decode(said, type=Parcel) == left


def test_what_stands_in_place_says_so_or_is_left_out_as_defaults_are() -> None:
    assert redacted(FULL).gift_message == ERASED
    assert (redacted(FULL).witnesses, redacted(FULL).nick) == ((), ERASED)
    assert redacted(Parcel(id="p3")).nick is None
    assert redacted(ADA) == Address(name=ERASED, line1=ERASED, country="DE")


def test_what_is_personal_is_told_by_the_field_that_holds_it() -> None:
    assert personal_fields(Parcel) == (
        "to", "gift_message", "witnesses", "ribbons", "by_day", "notes", "nick", "inner",
    )  # fmt: skip
    assert personal_values(FULL)["to"] == ADA
    assert personal_fields(Plain) == ()
    assert redacted(Plain("x")) == Plain("x")


@pytest.mark.parametrize(
    ("hint", "personal"),
    [
        (str, False),
        (Personal[str], True),
        (Address | None, True),
        (tuple[Address, ...], True),
        (dict[str, Personal[str]], True),
        (Plain, False),
    ],
)
def test_a_type_says_whether_it_has_something_personal(hint: Any, *, personal: bool) -> None:
    assert is_personal(hint) is personal


def test_limits_hold_on_a_marked_field() -> None:
    with pytest.raises(msgspec.ValidationError, match="length <= 20"):
        msgspec.json.decode(b'{"id": "p", "gift_message": "%s"}' % (b"x" * 21), type=Parcel)


def test_what_is_no_struct_declares_nothing() -> None:
    with pytest.raises(TypeError, match="no struct"):
        redacted("Ada")
