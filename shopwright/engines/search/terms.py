"""Words as all search engines use them: for indexing products and for queries.

Both are folded here (`kit/folding.py`); engines split at blanks only. In scripts without blanks each letter is a word,
and queries are phrases: 猫 finds 猫の置物, but 東京 not 京東. Part numbers are found with and without separators: those with
several parts are indexed joined, too.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache, cached_property, lru_cache
from itertools import islice, pairwise

import tantivy
from tantivy import Filter, Tokenizer

from shopwright.kit.folding import fold, marks
from shopwright.kit.pieces import SIMPLE, is_unspaced, piece, run

LONGEST = 64  # a longer word is cut; engines have limits of their own
MOST_WORDS = 40
MOST_CHUNKS = 4  # a part number has at most this many words
MOST_GAPS = 40  # between numbers of one text: SKUs come first, and tables in a description are not looked for
SHORT = 3  # letters of a piece that may belong to a number: AB 1234, 500 ml
COMPOUND = 5  # letters of two words that may be written as one: t shirt
# The weight of a word in each field.
FIELDS = (("title", 6.0), ("brand", 3.0), ("words", 1.0))
JOINED, BEGUN = 1.0, 0.5  # how much it counts where it is written joined, and where it is a beginning alone
NEAR, APART = 1.0, 1  # how much more where the title has them all beside each other, or with one word between

POSSESSIVE = re.compile(r"(?<=\w)['\u2019\u02bc]s(?!\w)")
DECIMAL = re.compile(r"\W*(\d{1,4})[.,](\d{1,2})([a-z]*)\W*")  # 3.5 is not 35
DIGIT = re.compile(r"\d")
AROUND = ".,;:!?()[]\"'/-_"
NUMBERS = re.compile(r"\d\s+(?=\d)")
TITLE_NUMBERS = re.compile(r"(?:\d|\b\w{1,3})\s+(?=\d|\w{1,3}\b)")
STEMMED = tantivy.TextAnalyzerBuilder(Tokenizer.whitespace()).filter(Filter.stemmer("english")).build()


Chunk = tuple[str, Sequence[str]]  # what stands between two blanks, and the words in it


class QueryWord:
    """A query word: its `parts` in sequence, or joined as `text`.

    `joins`: spellings joined with its neighbours; `begins`: words it may be a prefix of.
    """

    def __init__(self, text: str, parts: Sequence[str] = (), *, is_unspaced: bool = False) -> None:
        self.text = text
        self.parts = tuple(parts) or (text,)
        self.is_unspaced = is_unspaced
        self.joins: tuple[str, ...] = ()
        self.begins: tuple[str, ...] = ()

    @cached_property
    def stem(self) -> str:
        """The word as indexed."""
        return stem(self.text)

    @property
    def phrases(self) -> Collection[Sequence[str]]:
        """The ways to write it in parts: as typed, or split between letters and digits."""
        numbers = [one for one in (self.text, *self.joins) if len(one) > 1 and DIGIT.search(one)]
        readings = [self.parts, *(tuple(_alike().findall(one)) for one in numbers if not self.is_unspaced)]
        return dict.fromkeys(reading for reading in readings if len(reading) > 1)

    @property
    def written_joined(self) -> tuple[str, ...]:
        """The ways to write it joined, other than the word itself."""
        return (self.text, *self.joins) if len(self.parts) > 1 and not self.is_unspaced else self.joins

    @property
    def may_be_misspelt(self) -> bool:
        """Whether it consists of letters only, of a script with blanks."""
        return not self.is_unspaced and DIGIT.search(self.text) is None

    def instead(self, text: str) -> "QueryWord":
        """Another word in its place."""
        word = QueryWord(text)
        word.begins = (text,) if self.begins else ()
        return word


def of_query(text: str) -> list[QueryWord]:
    """The words of a query."""
    chunks = _chunks(text)
    found: list[QueryWord] = []
    owners: list[list[QueryWord]] = []
    for chunk, pieces in chunks:
        owners.append(_words(chunk, pieces))
        found += owners[-1]
    for first, last, join in _windows(["" if is_unspaced(chunk) else chunk for chunk, _ in chunks]):
        letters = DIGIT.search(join) is None
        if letters and (last - first > 1 or len(join) < COMPOUND):
            continue
        for word in (word for some in owners[first : last + 1] for word in some):
            word.joins += (join,)
            if last == len(chunks) - 1 and not letters:
                word.begins += (join,)
    if found and not found[-1].is_unspaced and len(found[-1].text) > 1:
        found[-1].begins += (found[-1].text,)
    return found[:MOST_WORDS]


def _words(chunk: str, pieces: Sequence[str]) -> list[QueryWord]:
    """The words of a chunk between blanks: a part number, letters of a script without blanks, or words."""
    if is_unspaced(chunk):
        return [QueryWord("".join(pieces), pieces, is_unspaced=True)]
    if DIGIT.search(chunk):
        return [QueryWord(_joined(chunk)[:LONGEST], [part for piece in pieces for part in _alike().findall(piece)])]
    words = [QueryWord(piece) for piece in pieces]
    if len(pieces) > 1:
        for word in words:
            word.joins = (_joined(chunk)[:LONGEST],)
    return words


def any_of(words: Sequence[QueryWord]) -> list[QueryWord]:
    """Alternatives if nothing matches all: each word, and letter pairs of long runs without blanks."""
    return [
        one
        for word in words
        for one in (
            [QueryWord("".join(pair), pair, is_unspaced=True) for pair in pairwise(word.parts)]
            if word.is_unspaced and len(word.parts) > 1
            else [word]
        )
    ]


def of_document(title: str, brand: str, words: str) -> tuple[list[str], str]:
    """The words of each field in order, and those for prefix search including joined spellings."""
    written, plain = [], []
    for text in (title, brand, words):
        folded = _folded(text)
        pieces = (SIMPLE if folded.isascii() else piece()).findall(folded)
        if len(folded) > LONGEST:
            pieces = [one[:LONGEST] for one in pieces]
        written.append(" ".join(pieces))
        plain += pieces if folded.isascii() else [one for one in pieces if not is_unspaced(one)]
        several = {bare for chunk in folded.split() if not (bare := chunk.strip(AROUND)).isalnum()}
        plain += [_joined(chunk)[:LONGEST] for chunk in several if not is_unspaced(chunk)]
        plain += _numbers(folded, TITLE_NUMBERS if text is title else NUMBERS)
    return written, " ".join(plain)


def _numbers(folded: str, beside: re.Pattern[str]) -> set[str]:
    """Joined spellings of what may be one number written with blanks.

    A search for AB1234 also finds AB 1234; longer sequences need two adjacent numbers. In titles, which are short, few
    letters count as well (AB CD 12).
    """
    found = set()
    for gap in islice(beside.finditer(folded), MOST_GAPS):
        before = folded[max(0, gap.start() - LONGEST) : gap.end()].split()[1 - MOST_CHUNKS :]
        after = folded[gap.end() : gap.end() + LONGEST].split()[: MOST_CHUNKS - 1]
        short = [chunk if _is_short(chunk) else "" for chunk in (*before, *after)]
        found |= {join for first, last, join in _windows(short) if first < len(before) <= last and DIGIT.search(join)}
    return found


def _is_short(chunk: str) -> bool:
    """Whether it may be part of a number written with blanks."""
    return (len(chunk) <= SHORT or DIGIT.search(chunk) is not None) and not is_unspaced(chunk)


def _windows(chunks: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Sequences of adjacent chunks with their joined spelling; none across an empty chunk."""
    for first, some in enumerate(chunks):
        for last in range(first + 1, min(first + MOST_CHUNKS, len(chunks)) if some else 0):
            some += chunks[last]  # noqa: PLW2901
            if not chunks[last] or len(join := _joined(some)) > LONGEST:
                break
            yield first, last, join


def _folded(text: str) -> str:
    """The folded text with blanks around runs of scripts without blanks."""
    folded = POSSESSIVE.sub("", fold(text))
    return folded if folded.isascii() else run().sub(r" \g<0> ", folded)


def _chunks(text: str) -> list[Chunk]:
    """The chunks between blanks with their words."""
    folded = _folded(text)
    words = SIMPLE if folded.isascii() else piece()
    return [(chunk, [one[:LONGEST] for one in words.findall(chunk)]) for chunk in folded.split() if words.search(chunk)]


def _joined(chunk: str) -> str:
    if number := DECIMAL.fullmatch(chunk):
        return f"{number[1]}.{number[2]}{number[3]}"
    return "".join((SIMPLE if chunk.isascii() else piece()).findall(chunk))


@lru_cache(10_000)
def stem(word: str) -> str:
    """The stem of an English word; others unchanged."""
    return (STEMMED.analyze(word) or [word])[0]


@cache
def _alike() -> re.Pattern[str]:
    return re.compile(f"\\d+|(?:[^\\W\\d_][{marks()}]*)+")
