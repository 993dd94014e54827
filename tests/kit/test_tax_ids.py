"""Tax ids in common spellings, and invalid ones."""

import pytest

from shopwright.kit.errors import Invalid
from shopwright.kit.tax_ids import member_of, read_iban, read_oss_id, read_tax_id


@pytest.mark.parametrize(
    ("text", "country", "found"),
    [
        ("ATU13585627", "", ("ATU13585627", "AT", True)),
        ("u 1358.5627", "AT", ("ATU13585627", "AT", True)),
        ("de 136 695 976", "FR", ("DE136695976", "DE", True)),
        ("\u202bDE136695976\u202c", "", ("DE136695976", "DE", True)),
        ("GR 094259216", "", ("EL094259216", "GR", True)),
        ("094259216", "GR", ("EL094259216", "GR", True)),
        ("BE697449992", "", ("BE0697449992", "BE", True)),
        ("40303265045", "FR", ("FR40303265045", "FR", True)),
        ("XI 980780684", "GB", ("XI980780684", "XI", True)),
        ("GB 980780684", "GB", ("980780684", "GB", False)),
        ("CHE-107.787.577 MWST", "CH", ("CHE107787577MWST", "CH", False)),
        ("91-1144442", "US", ("911144442", "US", False)),
        ("51 824 753 556", "AU", ("51824753556", "AU", False)),
        ("NO 995 525 828 MVA", "NO", ("995525828MVA", "NO", False)),
    ],
)
def test_a_tax_id_is_normalised(text: str, country: str, found: tuple) -> None:
    number = read_tax_id(text, country)
    assert (number.id, number.country, number.member) == found
    assert number.known


def test_for_a_country_without_known_rules_letters_and_digits_are_accepted() -> None:
    number = read_tax_id("ab-12 3", "AQ")
    assert (number.id, number.known, number.member) == ("AB123", False, False)


@pytest.mark.parametrize(
    ("text", "country", "why"),
    [
        ("ATU13585626", "", "“ATU13585626” is not a valid tax id of Austria: its check digits do not fit"),
        ("ATU1358562", "", "too few or too many characters"),
        ("136695977", "DE", "not a valid tax id of Germany"),
        ("980780685", "GB", "not a valid tax id of United Kingdom"),
        ("980780684", "", "has no country"),
        ("EU372022452", "", "has no country"),
        ("<script>", "AQ", "3 to 32 letters and digits"),
        ("", "DE", "up to 40"),
        ("1" * 41, "DE", "up to 40"),
        ("DE١٣٦٦٩٥٩٧٦", "", "not a valid tax id of Germany"),
    ],
)
def test_an_invalid_tax_id_is_refused_with_the_reason(text: str, country: str, why: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_tax_id(text, country)
    assert why in refused.value.detail
    assert refused.value.problems[0].pointer == "/tax_id"


def test_numbers_of_the_one_stop_shop_and_of_banks_are_checked() -> None:
    assert read_oss_id("EU 372 022 452", "/id") == "EU372022452"
    assert read_iban("de89 3704 0044 0532 0130 00") == "DE89370400440532013000"
    for read, text in ((read_oss_id, "EU37202245"), (read_iban, "DE89370400440532013001")):
        with pytest.raises(Invalid):
            read(text, "/x")


def test_monaco_and_northern_ireland_count_as_members_and_britain_does_not() -> None:
    assert [member_of(code) for code in ("MC", "XI", "EL", "GB", "CH", "")] == ["FR", "XI", "GR", "", "", ""]
