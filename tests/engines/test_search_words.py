"""Words in both search engines: of every script, in every spelling."""

import itertools
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwright.engines.search import open_search, terms
from shopwright.engines.search.marking import marked
from shopwright.kit.folding import fold
from shopwright.kit.ports import Query, SearchIndex
from tests.builders.search_entries import goods

pytestmark = pytest.mark.slow

# Each finds the other.
SAME = [
    ("Ёлка", "елка"), ("Größe", "GROSSE"), ("Groß", "gross"), ("Łódź", "lodz"), ("Smørrebrød", "smorrebrod"),
    ("İstanbul", "istanbul"), ("ısı", "isi"), ("Æbleskiver", "aebleskiver"), ("ΤΆΞΗ", "ταξη"), ("ΤΆΞΗΣ", "τάξης"),
    ("سَلَام", "سلام"), ("أحمد", "احمد"), ("شجـــرة", "شجره"), ("کتابی", "كتابي"), ("שָׁלוֹם", "שלום"),
    ("ｶﾒﾗ", "カメラ"), ("かめら", "カメラ"), ("ﾄﾞｱ", "ドア"), ("ＡＢＣ", "abc"), ("٣٤٥", "345"), ("ﬁlter", "filter"),
    ("Schreib\u00adtisch", "Schreibtisch"), ("Schreib\u200btisch", "Schreibtisch"), ("word\u2060joiner", "wordjoiner"),
    ("\ufeffLampe", "Lampe"), ("cafe\u0301", "café"), ("и\u0306од", "йод"), ("Women's", "womens"), ("Women’s", "women"),
    ("Kettle™", "kettle"), ("T-Shirt", "tshirt"), ("T-Shirt", "t shirt"), ("AC/DC", "acdc"), ("500 ml", "500ml"),
    ("iPhone 15", "iphone15"), ("3,5 mm", "3.5mm"), ("10 × 20", "10x20"), ("アイス・クリーム", "アイスクリーム"),
    ("हिन्दी", "हिन्दी"), ("한국어", "한국어"),
]  # fmt: skip
APART = [
    ("йод", "иод"), ("їжак", "іжак"), ("東京", "京東"), ("かき", "がき"), ("東京都", "京東"), ("3.5", "35"), ("กา", "กิ"), ("का", "कि"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), [*SAME, *(pair[::-1] for pair in SAME)])
async def test_a_word_is_found_by_every_spelling_of_it(tmp_path: Path, one: str, other: str) -> None:
    index = open_search(f"tantivy://{tmp_path}")
    await index.write([goods(1, one), goods(2, "Something else")], [])
    assert (await index.search(Query(text=other, exact=True))).cards == (one,)
    assert await index.suggest(other, 5) == [one]


async def test_both_engines_find_every_spelling_and_no_other_word(index: SearchIndex) -> None:
    pairs = [*SAME, *(pair[::-1] for pair in SAME)]
    await index.write([goods(n, one) for n, (one, _) in enumerate(pairs)], [])
    for one, other in pairs:
        assert one in (await index.search(Query(text=other, exact=True, limit=100))).cards, (one, other)
    await index.write([goods(1000 + n, f"{one} apart") for n, (one, _) in enumerate(APART)], [])
    for one, other in APART:
        assert f"{one} apart" not in (await index.search(Query(text=other, exact=True, limit=100))).cards, (one, other)


UNSPACED = {
    "猫の置物": ("猫", "置物", "猫の置物", "の置", "猫 置物"),
    "東京タワーの模型": ("東京", "タワー", "東京タワー", "たわー", "模型"),
    "แมวน้อยสีดำ": ("แมว", "น้อย", "สีดำ", "แมวน้อยสีดำ"),
    "ແມວນ້ອຍ": ("ແມວ", "ນ້ອຍ"),
    "ឆ្មាតូច": ("ឆ្មា", "តូច"),
    "ကြောင်လေး": ("ကြောင်", "လေး"),
    "བོད་ཡིག": ("བོད", "ཡིག", "བོད་ཡིག"),
    "iPhone用ケース": ("iphone", "ケース", "用ケース", "iPhone用"),
}


async def test_in_scripts_without_spaces_every_part_finds_the_word(index: SearchIndex) -> None:
    await index.write([goods(n, title) for n, title in enumerate(UNSPACED)], [])
    for title, parts in UNSPACED.items():
        for part in parts:
            assert (await index.search(Query(text=part, exact=True))).cards == (title,), part
            assert await index.suggest(part, 5) == [title]
    assert (await index.search(Query(text="物置", exact=True))).total == 0
    assert (await index.search(Query(text="京東"))).total == 0


async def test_a_long_run_without_match_finds_the_closest(index: SearchIndex) -> None:
    await index.write([goods(1, "青い犬の絵"), goods(2, "猫の置物"), goods(3, "皿")], [])
    found = await index.search(Query(text="猫の置物セット"))
    assert (found.cards[0], "皿" in found.cards) == ("猫の置物", False)
    assert (await index.search(Query(text="猫の置物セット", exact=True))).total == 0


async def test_adjacent_words_rank_before_scattered_ones(index: SearchIndex) -> None:
    await index.write(
        [goods(9, "Black tea pot, lid steel"), goods(1, "Black steel pot"), goods(8, "Pot of steel, black")], []
    )
    assert (await index.search(Query(text="black steel pot"))).cards[0] == "Black steel pot"


SPELT = (
    "AB-123/4",
    "AB1234",
    "AB 123 4",
    "ab.123.4",
    "AB_123_4",
    "ab–1234",
    "ＡＢ１２３４",
    "AB\u00ad123\u200b4",
    "AB 1234",
    "AB123-4",
)


async def test_part_numbers_are_found_however_they_are_written(index: SearchIndex) -> None:
    await index.write([goods(n, f"Filter {one}") for n, one in enumerate(SPELT)], [])
    await index.write([goods(20 + n, "Bolt", words=f"Steel {one} zinc") for n, one in enumerate(SPELT)], [])
    await index.write([goods(50, "AB 99"), goods(51, "1234"), goods(52, "Cable AB 4 m, 123 pieces")], [])
    for one in SPELT:
        found = await index.search(Query(text=one, exact=True, limit=50))
        assert {*found.cards} - {"Cable AB 4 m, 123 pieces"} == {*(f"Filter {one}" for one in SPELT), "Bolt"}, one
        assert found.total - ("Cable AB 4 m, 123 pieces" in found.cards) == 2 * len(SPELT), one
        assert (await index.search(Query(text=f"filter {one}", exact=True))).total == len(SPELT), one
    assert (await index.search(Query(text="ab1234", exact=True, limit=50))).total == 2 * len(SPELT)
    assert (await index.search(Query(text="filter AB-12", exact=True))).total == len(SPELT)


async def test_two_letters_do_not_find_everything(index: SearchIndex) -> None:
    await index.write([goods(1, "Absinthe"), goods(2, "Tab"), goods(3, "Vitamin A and B")], [])
    assert (await index.search(Query(text="a b", exact=True))).cards == ("Vitamin A and B",)


@pytest.mark.parametrize("text", ["😀", "!!!", "***", "…", "\u200b", "👩‍👩‍👧", "+ - /", "_", "\x00\x01", "™", "\ud800"])
async def test_punctuation_alone_finds_nothing(index: SearchIndex, text: str) -> None:
    await index.write([goods(1, "Lamp 😀"), goods(2, "Chair")], [])
    found = await index.search(Query(text=text))
    assert (found.total, found.cards, found.counts) == (0, (), {})
    assert await index.suggest(text, 5) == []
    assert (await index.search(Query(text=f"lamp {text}", exact=True))).cards == ("Lamp 😀",)
    assert (await index.search(Query(text="  "))).total == 2


async def test_words_are_corrected_in_their_own_script(index: SearchIndex) -> None:
    await index.write([goods(1, "Чайник"), goods(2, "Τσαγιέρα"), goods(3, "猫の置物")], [])
    for typo, right in (("чайнек", "чайник"), ("ЧАЙНК", "чайник"), ("τσαγιερρα", "τσαγιερα")):
        assert (await index.search(Query(text=typo))).corrected == right
    assert (await index.search(Query(text="猫の置"))).corrected is None


async def test_a_query_is_bounded(index: SearchIndex) -> None:
    await index.write([goods(1, "Lamp"), goods(2, "x" * 300 + " Chair", words="y" * 5_000)], [])
    for text in ("lamp " * 1_000, "z" * 100_000, "猫" * 1_000, "1 " * 1_000, "a-" * 1_000):
        await index.search(Query(text=text))
        await index.suggest(text, 5)
    assert (await index.search(Query(text="x" * 300, exact=True))).total == 1


@pytest.mark.parametrize(
    ("title", "text", "html"),
    [
        ("Ёлка & Шар", "елка", "<mark>Ёлка</mark> &amp; Шар"),
        ("猫の置物", "置物", "猫の<mark>置物</mark>"),
        ("猫と置物", "の置物", ""),
        ("Filter AB-123/4", "ab1234", "Filter <mark>AB-123/4</mark>"),
        ("Filter AB1234", "AB 123 4", "Filter <mark>AB1234</mark>"),
        ("Schreib\u00adtisch", "schreibtisch", "<mark>Schreib\u00adtisch</mark>"),
        ("Größe L", "grosse", "<mark>Größe</mark> L"),
        ("ｶﾞﾗｽ", "ガラス", "<mark>ｶﾞﾗｽ</mark>"),
        ("Blue T-shirts", "tshirt", ""),
        ("Enamel kettles", "kettle enam", "<mark>Enamel</mark> <mark>kettles</mark>"),
        ("<b>", "lamp", ""),
    ],
)
def test_matches_are_marked_in_their_original_spelling(title: str, text: str, html: str) -> None:
    assert marked(title, terms.of_query(text)) == html


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    terms.of_document(text, text, text)
    marked(text, terms.of_query(text))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_title_finds_itself(text: str) -> None:
    (title, _, _), plain = terms.of_document(text, "", "")
    stems = [terms.stem(one) for one in title.split()]
    for word in terms.of_query(text):
        parts = [terms.stem(one) for one in word.parts]
        positions = range(len(stems))
        assert any(stems[n : n + len(parts)] == parts for n in positions) or word.text in plain.split(), word.text


PARTS = st.lists(
    st.text(string.ascii_uppercase, min_size=1, max_size=3) | st.text(string.digits, min_size=1, max_size=4),
    min_size=2,
    max_size=3,
)
JOINTS = ("", "-", "/", ".", "_", "–", "\u00ad", "\u200b", "-/")


@given(PARTS, st.lists(st.sampled_from(JOINTS), min_size=4, max_size=4))
def test_every_spelling_of_a_part_number_is_the_same_number(parts: list[str], joints: list[str]) -> None:
    part_number = "".join(parts)
    if not any(part.isdigit() for part in parts) or terms.DECIMAL.fullmatch(
        fold("".join(itertools.chain(*zip(parts, joints, strict=False))).rstrip("-/._–"))
    ):
        return
    spelt = "".join(itertools.chain(*zip(parts, joints, strict=False)))[
        : None if not joints[len(parts) - 1] else -len(joints[len(parts) - 1])
    ]
    for written, looked_for in ((part_number, spelt), (spelt, part_number), (" ".join(parts), part_number)):
        _, plain = terms.of_document(written, "", "")
        (title, _, _), _ = terms.of_document(written, "", "")
        for word in terms.of_query(looked_for):
            has = any(f" {' '.join(one)} " in f" {title} " for one in (word.parts, *word.phrases))
            assert has or {word.text, *word.joins} & {*plain.split()}, (written, looked_for)
