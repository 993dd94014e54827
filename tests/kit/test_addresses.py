"""Addresses as customers write them: one form for each spelling, by the rules of each country."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwright.kit.address_lines import address_lines
from shopwright.kit.addresses import (
    Address,
    address_form,
    check_address,
    check_email,
    check_phone,
    email_key,
    read_address,
)
from shopwright.kit.countries import countries_posted_to
from shopwright.kit.errors import Invalid
from shopwright.kit.postcodes import normal_postal_code, postal_rules
from shopwright.kit.regions import find_region, region_choices, region_form, region_title, region_written, regions_of
from shopwright.kit.text import tidy_line

POSTED = [country for country in countries_posted_to() if postal_rules(country).pattern is not None]


@pytest.mark.parametrize(
    ("country", "typed", "expected"),
    [
        ("NL", "1012ab", "1012 AB"), ("NL", "NL-1012 AB", "1012 AB"), ("NL", "nl 1012  ab", "1012 AB"),
        ("IE", "d02 af30", "D02 AF30"), ("IE", "D02AF30", "D02 AF30"), ("IE", "", ""),
        ("DE", "D-10115", "10115"), ("DE", "10 115", "10115"), ("FR", "F-75001", "75001"), ("FR", "75 001", "75001"),
        ("CH", "CH 8001", "8001"), ("LU", "L-1234", "1234"), ("AT", "A-1010", "1010"), ("LI", "FL-9490", "9490"),
        ("GB", "ＳＷ１Ａ１ＡＡ", "SW1A 1AA"), ("GB", "gb sw1a-1aa", "SW1A 1AA"), ("GB", "e16an", "E1 6AN"),
        ("CA", "k1a0b1", "K1A 0B1"), ("CA", "K1A-0B1", "K1A 0B1"), ("JP", "〒1500001", "150-0001"),
        ("JP", "１５０－０００１", "150-0001"), ("JP", "150ー0001", "150-0001"), ("PL", "00950", "00-950"), ("PT", "1000205", "1000-205"),
        ("BR", "01310100", "01310-100"), ("BR", "CEP 01310-100", "01310-100"), ("SE", "11455", "114 55"), ("SE", "SE-114 55", "114 55"),
        ("CZ", "11000", "110 00"), ("SK", "81101", "811 01"), ("GR", "15124", "151 24"), ("US", "100271234", "10027-1234"),
        ("US", "10027 1234", "10027-1234"), ("KR", "0 3 0 5 1", "03051"), ("AD", "ad500", "AD500"), ("BN", "bt 2328", "BT2328"),
        ("BM", "hm12", "HM 12"), ("MT", "vct1753", "VCT 1753"), ("GG", "gy11aa", "GY1 1AA"), ("JE", "je2-3ab", "JE2 3AB"),
        ("IM", "im11aa", "IM1 1AA"), ("LV", "1073", "LV-1073"), ("LV", "lv1073", "LV-1073"), ("SV", "1101", "CP 1101"),
        ("OM", "PC 133", "133"), ("AI", "ai-2640", "2640"), ("IN", "११०००१", "110001"), ("EG", "١١٥١١", "11511"),
        ("IR", "۱۱۹۳۶۱۲۳۴۵", "11936-12345"), ("PE", "lima23", "LIMA 23"), ("KY", "ky11100", "KY1-1100"), ("AX", "AX-22150", "22150"),
        ("NL", "1012 A8", ""), ("NL", "１０１２é", ""), ("DE", "PL-10115", ""), ("DE", "1011", ""), ("GB", "SW1A 1AAfoo", ""),
        ("US", "1002", ""), ("CA", "K1A 0O1", ""),
    ],
)  # fmt: skip
def test_a_postal_code_has_the_form_of_its_country_or_is_refused(country: str, typed: str, expected: str) -> None:
    assert normal_postal_code(country, typed) == expected


def test_the_examples_of_every_country_stay_unchanged() -> None:
    for country in POSTED:
        for example in postal_rules(country).examples:
            assert normal_postal_code(country, example) == example, country


WIDE = {ord("0") + n: 0xFF10 + n for n in range(10)} | {ord("A") + n: 0xFF21 + n for n in range(26)}
DIGITS = {name: {ord("0") + n: first + n for n in range(10)} for name, first in (("arabic", 0x660), ("hindi", 0x966))}


@st.composite
def codes(draw: Any, *, spelled: bool) -> tuple[str, str, str]:
    """A country, a postal code of it, and another spelling of that (`spelled`) or the code again."""
    country = draw(st.sampled_from(POSTED))
    rules = postal_rules(country)
    code = draw(
        st.sampled_from(rules.examples)
        | st.from_regex(rules.pattern, fullmatch=True, alphabet=st.characters(max_codepoint=127))
    )
    if not spelled:
        return country, code, code
    between = st.sampled_from(["", "", " ", "-", "\u00a0", "–", "\u3000", "\u200b"])
    bare = re.sub(r"[ -]", "", code)
    other = "".join(sign + draw(between) for sign in bare)
    other = draw(st.sampled_from([other, other.lower(), other.upper().translate(WIDE)]))
    other = other.translate(draw(st.sampled_from([{}, *DIGITS.values()])))
    return country, code, draw(st.sampled_from(["", f"{country}-", f"{country.lower()} ", " "])) + other


@given(codes(spelled=False))
def test_a_normalised_code_stays_unchanged(drawn: tuple[str, str, str]) -> None:
    country, code, _ = drawn
    normal = normal_postal_code(country, code)
    assert normal
    assert normal_postal_code(country, normal) == normal


@given(codes(spelled=True))
def test_every_spelling_of_a_code_is_normalised(drawn: tuple[str, str, str]) -> None:
    country, code, other = drawn
    assert normal_postal_code(country, other) == normal_postal_code(country, code)


@given(st.sampled_from(POSTED), st.text(max_size=300))
def test_any_typed_code_is_a_code_of_the_country_or_refused(country: str, text: str) -> None:
    normal = normal_postal_code(country, text)
    assert not normal or postal_rules(country).pattern.fullmatch(normal)


@pytest.mark.parametrize(
    ("country", "typed", "code"),
    [
        ("US", "us-ny", "NY"), ("US", "ny", "NY"), ("US", "New York", "NY"), ("US", "NEW YORK STATE", "NY"), ("US", "ＮＹ", "NY"),
        ("US", "Kansas City", ""), ("US", "Atlantis", ""), ("JP", "東京都", "東京都"), ("JP", "東京", "東京都"), ("JP", "Tokyo", "東京都"),
        ("JP", "tōkyō", "東京都"), ("JP", "JP-13", "東京都"), ("JP", "JP13", "東京都"), ("JP", "Osaka-fu", "大阪府"),
        ("JP", "Kyoto Prefecture", "京都府"), ("RU", "Московская область", "Московская область"),
        ("RU", "московская обл.", "Московская область"), ("RU", "Moskovskaya oblast", "Московская область"), ("RU", "RU-MOW", "Москва"),
        ("CA", "Québec", "QC"), ("CA", "quebec", "QC"), ("CA", "Colombie-Britannique", "BC"), ("IE", "Dublin", "Co. Dublin"),
        ("IE", "county dublin", "Co. Dublin"), ("IE", "D", "Co. Dublin"), ("HK", "九龍", "Kowloon"), ("IN", "andaman & nicobar", "Andaman and Nicobar Islands"),
        ("IN", "महाराष्ट्र", "Maharashtra"), ("IT", "Palermo", "PA"), ("IT", "pa", "PA"), ("MX", "MX-BCN", "B.C."), ("MX", "baja california", "B.C."),
        ("TW", "臺北市", "台北市"), ("TW", "Hsinchu", ""), ("TW", "Hsinchu County", "新竹縣"), ("KR", "서울시", "서울특별시"), ("KR", "Seoul", "서울특별시"),
        ("AE", "dubai", "إمارة دبيّ"), ("AE", "دبي", "إمارة دبيّ"), ("BR", "Sao Paulo", "SP"), ("ES", "Bizkaia", "BI"), ("TR", "adiyaman", "Adıyaman"),
        ("VN", "Da Nang", "Đà Nẵng"), ("EG", "Cairo", "القاهرة"), ("JM", "Saint Andrew", "St. Andrew"), ("TH", "bangkok", "กรุงเทพมหานคร"),
        ("HK", "Hong Kong", ""), ("US", "Columbia", ""), ("US", "District of Columbia", "DC"), ("US", "State of New York", "NY"), ("AR", "Provincia de Córdoba", "Córdoba"), ("MX", "México", "Méx."),
        ("MX", "Ciudad de México", "CDMX"), ("IE", "County of Cork", "Co. Cork"), ("IT", "provincia di Roma", ""), ("CA", "Province of Ontario", "ON"),
        ("DE", "Bayern", ""), ("XX", "x", ""), ("..", "x", ""),
    ],
)  # fmt: skip
def test_a_region_is_found_by_code_local_and_latin_name(country: str, typed: str, code: str) -> None:
    assert find_region(country, typed) == code


def test_every_name_the_library_has_for_a_region_means_that_region() -> None:
    for country in countries_posted_to():
        known = regions_of(country)
        for code in known.codes if known else ():
            for name in {code, known.latin[code], *(titles.get(code, code) for titles in known.titles.values())}:
                assert find_region(country, name) == code, (country, name)
                assert find_region(country, f" {name.upper()}\u200b") == code, (country, name)


KNOWN = [
    (country, code)
    for country in countries_posted_to()
    for known in [regions_of(country)]
    if known
    for code in known.codes
]


@given(st.sampled_from(KNOWN), st.data())
def test_a_region_is_recognised_whatever_separates_its_letters(one: tuple[str, str], data: Any) -> None:
    country, code = one
    known = regions_of(country)
    name = data.draw(
        st.sampled_from(
            [code, known.latin[code], *(titles[code] for titles in known.titles.values() if code in titles)]
        )
    )
    change = data.draw(
        st.sampled_from(
            [str.upper, str.lower, str.title, lambda text: text.replace(" ", "-"), lambda text: text.replace(" ", "")]
        )
    )
    around = data.draw(st.sampled_from(["{}", " {}\u3000", "\u200b{}.", "({})"]))
    assert find_region(country, around.format(change(name))) == code


def test_without_known_regions_a_rate_is_found_by_the_typed_name() -> None:
    assert (region_form("DE", " by"), region_form("JP", "Tokyo"), region_form("US", "")) == ("BY", "東京都", "")


@pytest.mark.parametrize(
    ("country", "language", "some"),
    [
        ("JP", "en", ("東京都", "Tokyo")), ("JP", "de", ("東京都", "Tokyo")), ("JP", "ja", ("東京都", "東京都")),
        ("CA", "fr", ("QC", "Québec")), ("CA", "fr_CA", ("QC", "Québec")), ("CA", "en", ("QC", "Quebec")), ("HK", "zh-Hant", ("Kowloon", "九龍")),
        ("HK", "de", ("Kowloon", "Kowloon")), ("RU", "en", ("Москва", "Moskva")), ("RU", "ru", ("Москва", "Москва")),
        ("IN", "hi", ("Maharashtra", "महाराष्ट्र")), ("ES", "eu", ("BI", "Bizkaia")), ("US", "ja", ("NY", "New York")),
    ],
)  # fmt: skip
def test_regions_are_offered_in_the_language_of_the_page(country: str, language: str, some: tuple[str, str]) -> None:
    choices = region_choices(country, language)
    assert some in choices
    assert [code for code, _ in choices].count(some[0]) == 1
    assert len(choices) == len(regions_of(country).codes)
    assert region_title(country, *some[:1], language) == some[1]


def test_regions_in_another_script_are_sorted_by_its_alphabet() -> None:
    assert [title for _, title in region_choices("JP", "en")][:3] == ["Aichi", "Akita", "Aomori"]
    assert [title for _, title in region_choices("JP", "ja")][:2] == ["北海道", "青森県"]


def address(**fields: str) -> Address:
    return Address(**{"name": "Ada Lovelace", "line1": "Some street 1", "city": "Town", **fields})


@pytest.mark.parametrize(
    "fields",
    [
        {"country": "IE"}, {"country": "HK", "region": "Kowloon", "city": ""}, {"country": "AE", "region": "Dubai", "city": ""},
        {"country": "IE", "region": ""}, {"country": "JP", "region": "Tokyo", "postal_code": "1500001", "city": ""},
        {"country": "SG", "postal_code": "546080", "city": ""}, {"country": "CL"}, {"country": "CO", "region": "Bogotá", "city": ""},
        {"country": "KY", "region": "Grand Cayman", "city": ""}, {"country": "DE", "postal_code": "10115"},
        {"country": "CN", "region": "Beijing", "city": "Beijing", "postal_code": "100096"},  # no city of the library's list
        {"country": "AE", "region": "Dubai", "postal_code": "00000"}, {"country": "ＮＬ", "postal_code": "1012ab"},
    ],
)  # fmt: skip
def test_fields_a_country_does_not_need_are_optional(fields: dict[str, str]) -> None:
    assert not read_address(address(**fields))[1]


def test_an_empty_field_that_the_form_marks_as_required_is_refused() -> None:
    for country in countries_posted_to():
        form = address_form(country)
        _, problems = read_address(Address(name="", line1="", country=country))
        assert {problem.pointer[1:] for problem in problems} == form.required, country


@pytest.mark.parametrize(
    ("fields", "pointer", "expected"),
    [
        ({"country": "NL", "postal_code": "1012"}, "/postal_code", "example: 1234 AB"),
        ({"country": "SE", "postal_code": "1145"}, "/postal_code", "example: 114 55"),
        ({"country": "US", "region": "NY", "postal_code": "90210"}, "/postal_code", "is not one of New York"),
        ({"country": "KR", "region": "Seoul", "city": "강남구", "postal_code": "03051"}, "/postal_code", "is not one of 강남구"),
        ({"country": "US", "region": "Califronia", "postal_code": "90210"}, "/region", "example: California"),
        ({"country": "JP", "region": "", "postal_code": "150-0001"}, "/region", "Prefecture is needed"),
        ({"country": "JP", "region": "Atlantis", "postal_code": "150-0001"}, "/region", "“Atlantis”; example: Aichi"),
        ({"country": "Atlantis"}, "/country", "“Atlantis” is not the code of a country"), ({"country": "ZZ"}, "/country", "is not the code of a country"), ({"country": "Germany", "postal_code": "10115"}, "/country", "write DE"),
        ({"country": "DE", "postal_code": "10115", "line2": "x" * 201}, "/line2", "longer than 200"),
        ({"country": "DE", "postal_code": "10115", "phone": "call me"}, "/phone", "is not a phone number"),
    ],
)  # fmt: skip
def test_an_invalid_field_is_reported_with_a_valid_example_and_stays_unchanged(
    fields: dict[str, str], pointer: str, expected: str
) -> None:
    read, problems = read_address(address(**fields))
    assert [(problem.pointer, expected in problem.detail) for problem in problems] == [(pointer, True)], problems
    assert getattr(read, pointer[1:]) == fields[pointer[1:]]
    with pytest.raises(Invalid) as refused:
        check_address(address(**fields), "/shipping_address")
    assert refused.value.problems[0].pointer == f"/shipping_address{pointer}"


def test_a_normalised_address_stays_unchanged() -> None:
    typed = address(
        country="jp", region="tokyo", postal_code="〒１５００００１", city="", phone="03 3210 7000", name="Ａｄａ\u200b"
    )
    checked = check_address(typed)
    assert (checked.name, checked.region, checked.postal_code, checked.phone) == (
        "Ada",
        "東京都",
        "150-0001",
        "+81332107000",
    )
    assert check_address(checked) == checked


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Ａｄａ　Ｌｏｖｅｌａｃｅ", "Ada Lovelace"), ("ｶﾞｷﾞ", "ガギ"), ("Ada\u200b\u00adL", "AdaL"), (" a \u00a0 b\t", "a b"), ("№ 5 ½", "№ 5 ½"),
        ("علی\u200cرضا", "علی\u200cرضا"), ("क्\u200dष", "क्\u200dष"), ("A\u200db", "Ab"), ("\u202a+49\u202c", "+49"), ("\u3000\u200b", ""),
    ],
)  # fmt: skip
def test_a_line_is_stored_without_invisible_characters_and_in_usual_width(typed: str, expected: str) -> None:
    assert tidy_line(typed) == expected


@given(st.text())
def test_a_normalised_line_stays_unchanged(text: str) -> None:
    assert tidy_line(tidy_line(text)) == tidy_line(text)


def test_an_address_is_formatted_as_in_its_country_in_readable_letters() -> None:
    tokyo = check_address(address(country="JP", region="Tokyo", postal_code="1500001", city="", line2="3F"))
    assert address_lines(tokyo, "en") == ["Ada Lovelace", "Some street 1", "3F, Tokyo", "150-0001"]
    assert address_lines(tokyo, "ja") == ["〒150-0001", "東京都", "Some street 1", "3F", "Ada Lovelace"]
    york = check_address(address(country="US", region="new york", postal_code="10027", company="ACME"))
    assert address_lines(york, "en") == ["Ada Lovelace", "ACME", "Some street 1", "Town, NY 10027"]
    kowloon = Address(name="Ada", line1="1 Nathan Road", country="HK", region="Kowloon")
    assert address_lines(kowloon, "de") == ["Ada", "1 Nathan Road", "Kowloon"]
    odd = Address(
        name="Ada", line1="1 Deep Street", city="Poseidonis", postal_code="x", country="Atlantis", region="Sea"
    )
    assert address_lines(odd, "en") == ["Ada", "1 Deep Street", "x Poseidonis", "Sea"]
    assert (region_written("AE", "إمارة دبيّ", "en"), region_written("ES", "M", "en")) == ("Dubai", "Madrid")


def test_a_street_in_the_second_line_alone_is_moved_to_the_first() -> None:
    checked = check_address(address(country="DE", postal_code="10119", line1="\u200b", line2="Torstraße 1"))
    assert (checked.line1, checked.line2) == ("Torstraße 1", "")


@given(st.sampled_from(countries_posted_to()), st.sampled_from(["en", "ja", "ar"]))
def test_every_part_of_an_address_is_in_its_lines(country: str, language: str) -> None:
    address = Address(
        name="N1", company="O1", line1="A1", line2="A2", city="C1", region="S1", postal_code="Z1", country=country
    )
    written = "\n".join(address_lines(address, language))
    assert all(part in written for part in ("N1", "O1", "A1", "A2", "C1", "S1", "Z1")), written


@pytest.mark.parametrize(
    ("country", "typed", "expected"),
    [
        ("DE", "030 901820", "+4930901820"), ("DE", "+49 (0)30 901820", "+4930901820"), ("DE", "0049-30-901820", "+4930901820"),
        ("DE", "030/90 18 20", "+4930901820"), ("DE", "０３０　９０１８２０", "+4930901820"), ("DE", "٠٣٠٩٠١٨٢٠", "+4930901820"),
        ("DE", "\u200b030\u00ad 901820", "+4930901820"), ("", "tel:+49-30-901820", "+4930901820"), ("US", "(212) 555-0123", "+12125550123"),
        ("RU", "8 (495) 123-45-67", "+74951234567"), ("JP", "03-3210-7000", "+81332107000"), ("FR", "+49 30 901820", "+4930901820"),
    ],
)  # fmt: skip
def test_a_phone_number_is_read_in_common_spellings(country: str, typed: str, expected: str) -> None:
    assert check_phone(typed, country) == expected


def test_a_phone_number_without_country_is_refused_with_a_valid_example() -> None:
    with pytest.raises(Invalid, match=r"with that of its country, like \+49"):
        check_phone("030 901820", "")


@pytest.mark.parametrize(
    "typed", [" Ada@Example.com", "ａｄａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "ada\u200b@example.com", "ADA@EXAMPLE.COM\u00a0"]
)
def test_an_email_address_is_the_same_however_it_is_typed(typed: str) -> None:
    assert email_key(check_email(typed)) == email_key(typed) == "ada@example.com"
