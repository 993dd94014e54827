"""Personal data is marked where it is declared: it is found, shown and erased at any depth."""

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


def test_no_personal_data_remains_at_any_depth() -> None:
    left = redacted(FULL)
    encoded = msgspec.json.encode(left).decode()
    assert not [one for one in ("Ada", "Bob", "Torstra", "Berlin", "10119", "4930123") if one in encoded]
    assert (left.id, left.price, left.ribbons[0].colour, left.by_day["mon"].colour) == ("p1", 3, "red", "blue")
    assert left.inner is not None
    assert left.inner.id == "p2"
    assert redacted(left) == left
    assert msgspec.json.decode(encoded, type=Parcel) == left


def test_redacted_fields_have_a_placeholder_or_their_default() -> None:
    assert redacted(FULL).gift_message == ERASED
    assert (redacted(FULL).witnesses, redacted(FULL).nick) == ((), ERASED)
    assert redacted(Parcel(id="p3")).nick is None
    assert redacted(ADA) == Address(name=ERASED, line1=ERASED, country="DE")


def test_a_field_declares_whether_it_is_personal() -> None:
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
def test_a_type_knows_whether_it_contains_personal_data(hint: Any, *, personal: bool) -> None:
    assert is_personal(hint) is personal


def test_limits_apply_to_a_personal_field() -> None:
    with pytest.raises(msgspec.ValidationError, match="length <= 20"):
        msgspec.json.decode(b'{"id": "p", "gift_message": "%s"}' % (b"x" * 21), type=Parcel)


def test_another_type_declares_nothing() -> None:
    with pytest.raises(TypeError, match="no struct"):
        redacted("Ada")
