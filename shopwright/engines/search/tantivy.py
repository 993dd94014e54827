"""Search inside the process: Tantivy, an index in a folder, shared by all processes, written by one at a time.

Words match stemmed in title, brand and text; the last word also as a beginning. A word the shop does not know is taken
for the most frequent known word one edit away (insertion, deletion, replacement, transposition; Norvig's method).
Facets are tokens `name=value` in one field, so that one aggregation counts them all; the group a shopper chose from is
counted again without its own choice (disjunctive facets).
"""

import asyncio
import secrets
import shutil
import threading
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import tantivy
from tantivy import FieldType, Filter, Occur, Tokenizer

from shopwright.engines.search import place, tantivy_counts
from shopwright.engines.search.spelling import edits
from shopwright.engines.search.tantivy_damage import damaged_index, in_its_folder
from shopwright.kit.errors import Unavailable
from shopwright.kit.health import Health, room
from shopwright.kit.ports import Found, IndexDocument, Query
from shopwright.kit.private import make_folder

SHAPE = "v2"  # a new number builds a new index beside the old one
HEAP_BYTES = 64_000_000
# File systems note times no finer than their clock ticks: what is younger may have been written twice since.
TICK_NS = 50_000_000
WRITER_WAIT_S = 10.0
SWEPT_AFTER_S = 3_600
MANY = 1_000  # so many at once are worth a second thread
AT_ONCE = 2
LONGEST_TITLE = 1_000  # longer than any: a highlighted title is never cut
CORRECTABLE = 4  # shorter words are names and sizes more often than typos
SORTS: Mapping[str, tuple[str, tantivy.Order]] = {
    "price": ("price", tantivy.Order.Asc),
    "-price": ("price", tantivy.Order.Desc),
    "newest": ("published", tantivy.Order.Desc),
    "rating": ("rating", tantivy.Order.Desc),
    "bestselling": ("sold", tantivy.Order.Desc),
}
STEMMED = (
    tantivy.TextAnalyzerBuilder(Tokenizer.simple())
    .filter(Filter.lowercase())
    .filter(Filter.ascii_fold())
    .filter(Filter.stemmer("english"))
    .build()
)
PLAIN = tantivy.TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.lowercase()).filter(Filter.ascii_fold()).build()


def _schema() -> tantivy.Schema:
    build = tantivy.SchemaBuilder()
    build.add_text_field("id", tokenizer_name="raw", index_option="basic")
    build.add_text_field("title", stored=True, tokenizer_name="stemmed")
    build.add_text_field("brand", tokenizer_name="stemmed")
    build.add_text_field("words", tokenizer_name="stemmed")
    build.add_text_field("plain", tokenizer_name="plain", index_option="freq")
    build.add_text_field("terms", tokenizer_name="raw", index_option="basic", fast=True)
    for name in ("price", "rating", "published", "sold"):
        build.add_integer_field(name, indexed=True, fast=True)
    build.add_text_field("card", stored=True, tokenizer_name="raw", index_option="basic")
    return build.build()


def _open(schema: tantivy.Schema, home: Path) -> tantivy.Index:
    index = tantivy.Index(schema, path=str(home))
    index.register_tokenizer("stemmed", STEMMED)
    index.register_tokenizer("plain", PLAIN)
    index.config_reader("manual")
    return index


class TantivyIndex:
    """The index in `folder`.

    A small file names the subfolder that is the index now. An index that is damaged (a process was killed while it
    wrote) or replaced is left for a new subfolder; every process follows the name. What should be in it is known to the
    service, which brings it back.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / SHAPE
        self._name = self._folder / "current"
        self._schema = _schema()
        self._opened: tuple[str, tantivy.Index] | None = None
        self._vocabulary: tuple[int, Mapping[str, int]] = (-1, {})
        self._writing = threading.Lock()
        self._naming = threading.Lock()
        self._reading = asyncio.Semaphore(AT_ONCE)
        self._seen: tuple[int, int] | None = None

    def _current(self) -> str:
        try:
            return self._name.read_text(encoding="ascii")
        except FileNotFoundError:
            return "first"

    def _open_current(self) -> tuple[str, tantivy.Index]:
        """The index that is current, and its name. Another thread or process may replace or remove it at any moment."""
        while True:
            current = self._current()
            home = self._folder / current
            opened = self._opened
            if opened is not None and opened[0] == current and home.is_dir():
                return opened
            make_folder(home)
            try:
                opened = (current, _open(self._schema, home))
            except ValueError as error:
                if self._current() == current:
                    raise self._start_over(current, error) from error
                continue
            if self._current() == current:  # else this may have made a folder that was just removed
                self._opened = opened
                return opened

    def _start_over(self, before: str, reason: object) -> Unavailable:
        """Leave the index of this name for an empty one, unless another has taken its place already."""
        with self._naming:
            if self._current() != before:
                return Unavailable("The search index was begun anew.")
            make_folder(self._folder)
            self._point_to(secrets.token_hex(8))
        shutil.rmtree(self._folder / before, ignore_errors=True)
        return Unavailable(f"The search index was damaged ({reason}) and is being built again.")

    def _generation(self) -> tuple[int, int] | None:
        """Changes with what was committed last, by whichever process; None just after a commit, when nobody can tell."""

        def changed(path: Path) -> int:
            try:
                return path.stat().st_mtime_ns
            except FileNotFoundError:
                return 0

        now = time.time_ns()  # before it is looked
        times = changed(self._name), changed(self._folder / self._current() / "meta.json")
        return times if max(times) < now - TICK_NS else None

    @in_its_folder()
    def _searcher(self) -> tuple[str, tantivy.Searcher]:
        """What was committed last, by whichever process, and the name of the index it is in."""
        generation = self._generation()
        current, index = self._open_current()
        if generation is None or generation != self._seen:
            try:
                index.reload()
            except ValueError as error:
                raise self._start_over(current, error) from error
            self._seen = generation
        return current, index.searcher()

    async def write(self, documents: Sequence[IndexDocument], removed: Sequence[str]) -> None:
        await asyncio.to_thread(self._write, documents, removed)

    @in_its_folder()
    def _write(self, documents: Sequence[IndexDocument], removed: Sequence[str]) -> None:
        with self._writing:
            before = self._current()
            writer = self._writer(threads=2 if len(documents) > MANY else 1)
            try:
                for gone in removed:
                    writer.delete_documents_by_term("id", gone)
                for document in documents:
                    writer.delete_documents_by_term("id", document.id)
                    writer.add_document(self._document(document))
                writer.commit()
                writer.wait_merging_threads()
            except ValueError as error:
                raise self._start_over(before, error) from error
            if self._current() != before:
                raise Unavailable("The search index was begun anew while it was written.")

    def _writer(self, threads: int) -> tantivy.IndexWriter:
        """The one writer there may be on this machine; another process gives it back after its batch."""
        deadline = time.monotonic() + WRITER_WAIT_S
        while True:
            try:
                return self._open_current()[1].writer(heap_size=HEAP_BYTES, num_threads=threads)
            except ValueError as error:
                if time.monotonic() > deadline:
                    raise Unavailable(f"The search index is being written by another process: {error}.") from error
                time.sleep(0.05)

    @staticmethod
    def _document(document: IndexDocument) -> tantivy.Document:
        made = tantivy.Document()
        made.add_text("id", document.id)
        made.add_text("title", document.title)
        made.add_text("brand", document.brand)
        made.add_text("words", document.words)
        made.add_text("plain", f"{document.title} {document.brand} {document.words}")
        for term in document.terms:
            made.add_text("terms", term)
        made.add_integer("price", document.price)
        made.add_integer("rating", round(document.rating * 100))
        made.add_integer("published", document.published)
        made.add_integer("sold", document.sold)
        made.add_text("card", document.card)
        return made

    async def search(self, query: Query) -> Found:
        """In a thread, a few at a time: one that takes long keeps nobody else from being answered."""
        async with self._reading:
            current, searcher = self._searcher()
            with damaged_index(searcher, partial(self._start_over, current)):
                return await asyncio.to_thread(self._search, searcher, query)

    def _search(self, searcher: tantivy.Searcher, query: Query) -> Found:
        words = [token for token in PLAIN.analyze(query.text) if token]
        corrected = None if query.exact else self._correct(searcher, words)
        told = corrected or words
        text = self._text(told, Occur.Must)
        hits = self._hits(searcher, query, text)
        if hits.count == 0 and len(told) > 1 and not query.exact:
            text = self._text(told, Occur.Should)
            hits = self._hits(searcher, query, text)
        counts, low, high = tantivy_counts.count(searcher, query, self._all_of([text, *self._within(query)]))
        found = [searcher.doc(address) for _, address in hits.hits]
        deep = self._offset(searcher, query) + len(found)
        return Found(
            cards=tuple(document["card"][0] for document in found),
            highlights=self._highlights(searcher, text, found) if told else (),
            total=hits.count or 0,
            counts=counts,
            price_low=low,
            price_high=high,
            corrected=" ".join(corrected) if corrected else None,
            next=place.written(deep) if found and deep < (hits.count or 0) else "",
        )

    @staticmethod
    def _offset(searcher: tantivy.Searcher, query: Query) -> int:
        """It has no other way into the depth of a list than to count; it keeps room for as many as it is told to skip."""
        return max(0, min(place.read(query.after, int), searcher.num_docs)) if query.after else query.offset

    def _highlights(
        self, searcher: tantivy.Searcher, text: tantivy.Query, found: Sequence[tantivy.Document]
    ) -> tuple[str, ...]:
        """Titles with the words that were met; Tantivy escapes them, and writes <b>."""
        generator = tantivy.SnippetGenerator.create(searcher, text, self._schema, "title")
        generator.set_max_num_chars(LONGEST_TITLE)
        return tuple(
            generator.snippet_from_doc(document).to_html().replace("<b>", "<mark>").replace("</b>", "</mark>")
            for document in found
        )

    def _hits(self, searcher: tantivy.Searcher, query: Query, text: tantivy.Query) -> Any:
        whole = self._all_of([text, *self._filters(query)])
        by, order = SORTS.get(query.sort, SORTS["bestselling"])
        return searcher.search(
            whole,
            limit=max(query.limit, 1),
            offset=self._offset(searcher, query),
            order_by_field=None if query.sort == "relevance" and query.text else by,
            order=order,
        )

    def _text(self, words: Sequence[str], joined: Occur) -> tantivy.Query:
        if not words:
            return tantivy.Query.all_query()
        clauses = [(joined, self._word(word, last=number == len(words) - 1)) for number, word in enumerate(words)]
        return tantivy.Query.boolean_query(clauses)

    def _word(self, word: str, *, last: bool) -> tantivy.Query:
        stem = (STEMMED.analyze(word) or [word])[0]
        term = tantivy.Query.term_query
        ways = [
            tantivy.Query.boost_query(term(self._schema, "title", stem), 6.0),
            tantivy.Query.boost_query(term(self._schema, "brand", stem), 3.0),
            term(self._schema, "words", stem),
        ]
        if last and len(word) > 1:
            beginning = tantivy.Query.fuzzy_term_query(self._schema, "plain", word, distance=0, prefix=True)
            ways.append(tantivy.Query.boost_query(beginning, 0.5))
        return tantivy.Query.disjunction_max_query(ways, 0.1)

    def _within(self, query: Query) -> list[tantivy.Query]:
        """Where is looked, whatever one chooses."""
        filters = [tantivy.Query.term_query(self._schema, "terms", token) for token in query.within]
        return [tantivy.Query.const_score_query(one, 0.0) for one in filters]

    def _filters(self, query: Query) -> list[tantivy.Query]:
        filters = [
            tantivy.Query.term_set_query(self._schema, "terms", list(tokens))
            for tokens in query.groups.values()
            if tokens
        ]
        if query.price_min is not None or query.price_max is not None:
            filters.append(self._range("price", query.price_min, query.price_max))
        if query.rating_min is not None:
            filters.append(self._range("rating", round(query.rating_min * 100), None))
        return [*self._within(query), *(tantivy.Query.const_score_query(one, 0.0) for one in filters)]

    def _range(self, field: str, low: int | None, high: int | None) -> tantivy.Query:
        return tantivy.Query.range_query(self._schema, field, FieldType.Integer, low, high)

    @staticmethod
    def _all_of(queries: Sequence[tantivy.Query]) -> tantivy.Query:
        return queries[0] if len(queries) == 1 else tantivy.Query.boolean_query([(Occur.Must, one) for one in queries])

    def _correct(self, searcher: tantivy.Searcher, words: Sequence[str]) -> list[str] | None:
        """The words with each unknown one replaced by its likeliest neighbour; None where nothing changes."""
        corrected = [self._neighbour(searcher, word, last=n == len(words) - 1) for n, word in enumerate(words)]
        return corrected if corrected != list(words) else None

    def _neighbour(self, searcher: tantivy.Searcher, word: str, *, last: bool) -> str:
        stem = (STEMMED.analyze(word) or [word])[0]
        known = any(searcher.doc_freq(field, stem) for field in ("title", "brand", "words"))
        if len(word) < CORRECTABLE or known or word.isdigit():
            return word
        if last and searcher.terms_with_prefix("plain", word, limit=1):
            return word
        vocabulary = self._known_words(searcher)
        best = max(edits(word), key=lambda near: (vocabulary.get(near, 0), near))
        return best if best in vocabulary else word

    def _known_words(self, searcher: tantivy.Searcher) -> Mapping[str, int]:
        size, words = self._vocabulary
        if size != searcher.num_docs:
            words = dict(searcher.terms_with_prefix("plain", ""))
            self._vocabulary = (searcher.num_docs, words)
        return words

    async def suggest(self, text: str, limit: int) -> list[str]:
        words = PLAIN.analyze(text)
        if not words:
            return []
        current, searcher = self._searcher()
        with damaged_index(searcher, partial(self._start_over, current)):
            hits = searcher.search(self._text(words, Occur.Must), limit=limit, count=False).hits
            if not hits and (corrected := self._correct(searcher, words)):
                hits = searcher.search(self._text(corrected, Occur.Must), limit=limit, count=False).hits
            return [searcher.doc(address)["card"][0] for _, address in hits]

    async def replace(self, batches: AsyncIterator[Sequence[IndexDocument]]) -> None:
        """Into a subfolder of its own, which is then named the index."""
        fresh = secrets.token_hex(8)
        home = self._folder / fresh
        try:
            with in_its_folder():
                await asyncio.to_thread(make_folder, home)
                writer = _open(self._schema, home).writer(heap_size=HEAP_BYTES, num_threads=1)
                async for batch in batches:
                    await asyncio.to_thread(self._add, writer, batch)
                await asyncio.to_thread(self._take_over, writer, fresh)
        except BaseException:
            shutil.rmtree(home, ignore_errors=True)
            raise

    def _add(self, writer: tantivy.IndexWriter, documents: Sequence[IndexDocument]) -> None:
        for document in documents:
            writer.add_document(self._document(document))

    def _take_over(self, writer: tantivy.IndexWriter, fresh: str) -> None:
        writer.commit()
        writer.wait_merging_threads()
        with self._writing, self._naming:
            self._point_to(fresh)
        with suppress(OSError):  # another process sweeps, too; what is left is swept next time
            self._sweep(fresh)

    def _sweep(self, current: str) -> None:
        """The one before it is read from for a moment, others are being filled: only what is old goes."""
        for other in self._folder.iterdir():
            if other.is_dir() and other.name != current and other.stat().st_mtime < time.time() - SWEPT_AFTER_S:
                shutil.rmtree(other, ignore_errors=True)

    def _point_to(self, subfolder: str) -> None:
        name = self._name.with_name(f"current-{secrets.token_hex(4)}")
        name.write_text(subfolder, encoding="ascii")
        name.replace(self._name)
        self._opened = None

    async def count(self) -> int:
        return self._searcher()[1].num_docs

    async def examine(self) -> Health:
        await self.count()
        return Health(f"Tantivy {version('tantivy')}", room(self._folder))

    async def close(self) -> None:
        """Its files are closed with the process."""
