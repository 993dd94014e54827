"""An event without a subject is refused when it is declared, not when it is emitted."""

import pytest

from shopwright.kit.data.events import Event


def test_an_event_without_a_subject_is_refused_where_it_is_declared() -> None:
    with pytest.raises(TypeError, match="SUBJECT must name the field with the id"):

        class PointsAwarded(Event, frozen=True, kw_only=True):
            order_id: str

    assert "PointsAwarded" not in Event.types


def test_an_event_whose_subject_is_no_field_of_it_is_refused() -> None:
    with pytest.raises(TypeError, match="“oder_id”"):

        class PointsAwarded(Event, frozen=True, kw_only=True):
            SUBJECT = "oder_id"
            order_id: str
