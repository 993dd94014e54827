"""A code is the same however it is typed, when it is created and when it is used."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shopwright.kit import codes
from shopwright.kit.errors import Invalid

BESIDE = ["", " ", "\t", "\u00a0", "\u200b", "\ufeff", "\u2060", "\u00ad", "\u200e", " \u200b \n"]
FORMS = [codes.coupon_form, codes.sku_form, codes.place_form, codes.class_form, codes.visible]


@given(st.text(max_size=60), st.sampled_from(FORMS))
@example("ŉ \u200b", codes.coupon_form)
@example("Straße", codes.coupon_form)
@example("ΐ", codes.coupon_form)
def test_a_normalised_code_is_found_by_itself(text: str, form) -> None:
    assert form(form(text)) == form(text)


@given(st.text(max_size=60), st.sampled_from(BESIDE), st.sampled_from(BESIDE), st.sampled_from(FORMS))
def test_invisible_characters_beside_a_code_are_ignored(text: str, before: str, after: str, form) -> None:
    assert form(before + form(text) + after) == form(text)


@given(st.text(max_size=60))
def test_a_coupon_can_be_typed_in_any_case(text: str) -> None:
    try:
        made = codes.check_coupon(text)
    except Invalid as error:
        right = error.detail.rpartition(" ")[2].rstrip(".")
        assert codes.check_coupon(right) == right
    else:
        for typed in (made, made.lower(), f"\u200b{made} "):
            assert codes.coupon_form(codes.check_coupon(typed)) == codes.coupon_form(typed)
        assert codes.check_coupon(made) == made


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("ｓｐａｒ１０", "SPAR10"), (" spar10\u200b", "SPAR10"), ("größe-5", "GRÖSSE-5"), ("СКИДКА", "СКИДКА")],
)
def test_a_coupon_code_is_normalised(typed: str, expected: str) -> None:
    assert codes.check_coupon(typed) == expected


@pytest.mark.parametrize("typed", ["SPAR 10", "10 %", "A/B", "-X", "", "\u200b", "A" * 41])
def test_an_unusable_code_is_refused_with_a_valid_example(typed: str) -> None:
    with pytest.raises(Invalid, match="such as"):
        codes.check_coupon(typed)


def test_a_sku_that_looks_like_an_id_is_refused() -> None:
    for typed in ("var_1", "VAR_x", "prd_7", "\u200b"):
        with pytest.raises(Invalid):
            codes.check_sku(typed)
    assert codes.check_sku("  AB\u00a0 12\ufeff") == "AB 12"
