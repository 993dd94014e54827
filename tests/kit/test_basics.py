"""Settings, ids, states, text and addresses."""

import unicodedata
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwright.engines.cache import open_cache
from shopwright.engines.database import open_database
from shopwright.kit.addresses import Address, address_form, check_address, check_email, check_phone
from shopwright.kit.clock import HandClock, from_micros, to_micros
from shopwright.kit.codes import visible
from shopwright.kit.countries import countries_posted_to
from shopwright.kit.derived import derived_key
from shopwright.kit.errors import Invalid
from shopwright.kit.ids import Ids, is_id
from shopwright.kit.pieces import joined, terms_of, words_and_terms_of, words_of
from shopwright.kit.settings import describe, mask, read
from shopwright.kit.states import IllegalMove, States
from shopwright.kit.text import CleanedTextCache, clean_html, is_key, name_key, plain_text, slugify
from shopwright.settings import Settings, complete


def test_an_unknown_setting_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(Invalid, match="Did you mean SHOPWRIGHT_DATABASE"):
        read(Settings, {"SHOPWRIGHT_DATABSE": "sqlite:///x"})


def test_a_setting_of_the_wrong_type_names_its_source() -> None:
    with pytest.raises(Invalid, match="SHOPWRIGHT_WRITES_PER_MINUTE"):
        read(Settings, {"SHOPWRIGHT_WRITES_PER_MINUTE": "many"})


def test_the_environment_overrides_the_file(tmp_path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text('shop_name = "From file"\ncurrency = "USD"\n')
    settings, origins = read(Settings, {"SHOPWRIGHT_CONFIG": str(file), "SHOPWRIGHT_CURRENCY": "EUR"})
    assert (settings.shop_name, settings.currency) == ("From file", "EUR")
    assert origins["shop_name"] == str(file)
    assert origins["currency"] == "SHOPWRIGHT_CURRENCY"
    assert origins["mail"] == "default"


def test_a_broken_settings_file_is_reported(tmp_path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text("currency = ")
    with pytest.raises(Invalid, match="cannot be read"):
        read(Settings, {"SHOPWRIGHT_CONFIG": str(file)})


def test_every_setting_has_a_description_and_secrets_are_masked() -> None:
    settings, origins = read(
        Settings,
        {"SHOPWRIGHT_OWNER_PASSWORD": "hunter2hunter2", "SHOPWRIGHT_DATABASE": "postgresql://shop:s3cret@db/shop"},
    )
    description = describe(settings, origins)
    assert all(one.meaning for one in description)
    text = str(description)
    assert "hunter2" not in text
    assert "s3cret" not in text
    assert mask("database", "postgresql://shop:s3cret@db:5432/shop") == "postgresql://shop:••••@db:5432/shop"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"currency": "EURO"}, "not a currency"),
        ({"country": "Germany"}, "write DE"),
        ({"url": "shop.example"}, "not a valid address of a site"),
    ],
)
def test_impossible_settings_are_refused(tmp_path, change: dict[str, str], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        complete(msgspec.structs.replace(Settings(data=str(tmp_path)), **change))


def test_an_unknown_engine_says_did_you_mean() -> None:
    with pytest.raises(Invalid, match="Did you mean postgresql:"):
        open_database("postgressql://x", "orders")
    with pytest.raises(Invalid, match="Known here: memory:"):
        open_cache("zeppelin://x")


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2999, 1, 1)))  # noqa: DTZ001 -- made aware below
def test_times_are_read_back_from_the_database(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)
    assert from_micros(to_micros(aware)) == aware


def test_ids_sort_by_time_and_have_a_prefix() -> None:
    clock = HandClock()
    ids = Ids(clock)
    first = ids.new("ord")
    clock.move(milliseconds=1)
    assert first.startswith("ord_")
    assert first < ids.new("ord")
    assert len({ids.new("ord") for _ in range(1000)}) == 1000


def test_ids_made_at_once_are_unique_and_in_order() -> None:
    ids = Ids(HandClock())
    before, later = ids.new("evt"), Ids(HandClock(datetime(2026, 3, 3, tzinfo=UTC))).new("evt")
    made = ids.many("evt", 1000)
    assert all(is_id(one, "evt") for one in made)
    assert [before, *made] == sorted({before, *made})
    assert made[-1] < ids.new("evt") < later < ids.many("evt", 1, after=later)[0]
    assert ids.many("evt", 0) == []


def test_an_illegal_transition_is_an_error() -> None:
    states = States("lamp", {"on": frozenset({"off"}), "off": frozenset()})
    assert states.move("on", "off") == "off"
    with pytest.raises(IllegalMove, match="nothing: it is over"):
        states.move("off", "on")
    with pytest.raises(ValueError, match="broken"):
        States("lamp", {"on": frozenset({"broken"})})


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        ("Crème Brûlée!", "creme-brulee"),
        ("  ", "item"),
        ("Чайник", "чайник"),
        ("が", "が"),
        ("हिन्दी बोली", "हिन्दी-बोली"),
        ("한국어", "한국어"),
        ("a/b\\c", "a-b-c"),
    ],
)
def test_titles_become_slugs(words: str, slug: str) -> None:
    assert slugify(words) == slug


@given(st.text(st.characters(max_codepoint=127, exclude_characters="_"), max_size=20))
def test_unaccented_letters_are_folded_beside_others(text: str) -> None:
    words = "" if slugify(f"é {text}") == "e" else slugify(text)
    assert slugify(f"é {text}") == f"e-{words}".rstrip("-")
    assert visible(f"é {text}") == f"é {visible(text)}".rstrip()
    assert words_and_terms_of(f"é {text}") == {"e", *words_of(text), *terms_of(text)}
    assert joined(f"é {text}") == "e" + joined(text)


def test_executable_html_is_removed() -> None:
    dirty = '<p onclick="x()">Good<script>alert(1)</script><a href="javascript:x">bad</a><img src=x onerror=y></p>'
    clean = clean_html(dirty)
    assert clean == '<p>Good<a rel="noopener nofollow">bad</a></p>'
    assert plain_text("<p>One</p><p>two &amp; three</p>") == "One two & three"


def test_addresses_follow_the_rules_of_their_country() -> None:
    good = check_address(
        Address(name="Ada", line1="Torstraße 1", city="Berlin", postal_code="10119", country="de", phone="030 901820")
    )
    assert (good.country, good.phone, good.city) == ("DE", "+4930901820", "Berlin")
    with pytest.raises(Invalid) as refused:
        check_address(Address(name=" ", line1="", city="Berlin", postal_code="1011", country="DE"), "/shipping_address")
    assert {problem.pointer for problem in refused.value.problems} == {
        f"/shipping_address/{name}" for name in ("name", "line1", "postal_code")
    }
    assert "example: " in refused.value.detail


def test_address_forms_differ_by_country() -> None:
    assert address_form("US").postal_label == "ZIP code"
    assert ("CA", "California") in address_form("US").regions
    assert "region" not in address_form("DE").fields
    assert {"DE", "US", "JP"} <= set(countries_posted_to())


def test_phones_and_mail_are_checked_by_libraries() -> None:
    assert check_phone("+49 30 901820", "DE") == "+4930901820"
    with pytest.raises(Invalid, match="is not a phone number, like"):
        check_phone("call me", "DE")
    assert check_email(" Ada@Example.COM ") == "Ada@example.com"
    with pytest.raises(Invalid):
        check_email("ada@")


def test_a_manual_clock_advances() -> None:
    clock = HandClock()
    before = clock.now()
    clock.move(minutes=1)
    assert clock.now() - before == timedelta(minutes=1)


def test_each_purpose_has_a_key_of_its_own() -> None:
    keys = {derived_key("a secret", purpose) for purpose in ("between processes", "order links", "audit log")}
    assert len(keys) == 3
    assert derived_key("a secret", "audit log") in keys
    assert derived_key("another", "audit log") not in keys


def test_different_names_never_share_a_key() -> None:
    names = ["Größe", "Género", "Grosse", "Размер", "大小", "サイズ", "C++", "C#", "C", "Seat height", "Seat-height", "3D", "3-D", "★", "♥", "हिन्दी", "हिन्द", "й", "и", "x" * 60, "x" * 61]  # fmt: skip
    keys = [name_key(name) for name in names]
    assert len(set(keys)) == len(names)
    assert all(is_key(key) for key in keys), keys
    assert keys[:3] == ["größe", "género", "grosse"]
    assert (keys[3], keys[4], keys[9], name_key("seat_height")) == ("размер", "大小", "seat_height", "seat_height")
    assert name_key("Gro\u0308ße ") == name_key("GRÖßE")


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_key_is_one_for_each_name(one: str, other: str) -> None:
    def bare(name: str) -> str:
        return unicodedata.normalize("NFC", " ".join(name.replace("_", " ").split()).lower())

    assert is_key(name_key(one))
    assert (name_key(one) == name_key(other)) == (bare(one) == bare(other))
    assert slugify(slugify(one)) == slugify(one)


def test_cached_clean_texts_are_bounded_by_their_length() -> None:
    known = CleanedTextCache(most=10)
    for text in ("<p>a</p>", "bb", "bb", "", "ccc"):
        known.add(text)
    assert ["<p>a</p>" in known, "bb" in known, "" in known, "ccc" in known] == [False, True, True, True]
    known.add("d" * 11)
    assert "d" * 11 not in known
    dirty = "<h1>Mug</h1><p onclick='x()'>Fine & blue</p>"
    assert clean_html(clean_html(dirty)) == clean_html(dirty) == "<h2>Mug</h2><p>Fine &amp; blue</p>"
    # Only output is cached: the same text in another form is cleaned.
    assert clean_html(dirty) != dirty
