"""Embedded search: Tantivy with an index in a folder, shared by all processes, written by one at a time.

Words (`terms.py`) match stemmed in title, brand and text; the last word also as a prefix. An unknown word is replaced
by the most frequent known word one edit away (insertion, deletion, replacement, transposition; Norvig's method). Facets
are tokens `name=value` in one field, counted by one aggregation; chosen facets are counted again without their own
choice (disjunctive facets).
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

from shopwright.engines.search import place, tantivy_counts, terms
from shopwright.engines.search import tantivy_query as queries
from shopwright.engines.search.marking import marked
from shopwright.engines.search.spelling import edits
from shopwright.engines.search.tantivy_damage import damaged_index, in_its_folder
from shopwright.engines.search.terms import QueryWord
from shopwright.kit.errors import Unavailable
from shopwright.kit.memory import release_memory
from shopwright.kit.observability.health import Health, room
from shopwright.kit.ports import NOTHING, IndexDocument, Query, SearchFound
from shopwright.kit.private import make_folder
from shopwright.kit.translation import gettext as _

SHAPE = "v3"  # a new number builds a new index beside the old one
HEAP_BYTES = 64_000_000
# File times have the resolution of clock ticks: a newer file may have been written twice since.
TICK_NS = 50_000_000
WRITER_WAIT_S = 10.0
SWEPT_AFTER_S = 3_600
AT_ONCE = 2
CORRECTABLE = 4  # shorter words are names and sizes more often than typos
UNSPLIT = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()


def _open(home: Path) -> tantivy.Index:
    index = tantivy.Index(queries.SCHEMA, path=str(home))
    index.register_tokenizer("stemmed", terms.STEMMED)
    index.register_tokenizer("plain", UNSPLIT)
    index.config_reader("manual")
    return index


class TantivyIndex:
    """The index in `folder`.

    A small file names the current subfolder. A damaged index (a process was killed while writing) or a replaced one is
    left for a new subfolder, and all processes follow the name. The service restores the content.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / SHAPE
        self._name = self._folder / "current"
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
        """Open the current index, which others may replace or delete at any moment."""
        while True:
            current = self._current()
            home = self._folder / current
            opened = self._opened
            if opened is not None and opened[0] == current and home.is_dir():
                return opened
            make_folder(home)
            try:
                opened = (current, _open(home))
            except ValueError as error:
                if self._current() == current:
                    raise self._start_over(current, error) from error
                continue
            if self._current() == current:  # else this may have made a folder that was just removed
                self._opened = opened
                return opened

    def _start_over(self, before: str, reason: object) -> Unavailable:
        """Replace this index by an empty one, unless another has already."""
        with self._naming:
            if self._current() != before:
                return Unavailable(_("The search index was replaced."))
            make_folder(self._folder)
            self._point_to(secrets.token_hex(8))
        shutil.rmtree(self._folder / before, ignore_errors=True)
        return Unavailable(_("The search index was damaged ({reason}) and is being built again.", reason=reason))

    def _generation(self) -> tuple[int, int] | None:
        """A value that changes with every commit by any process; None just after a commit."""

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
        """A searcher of the last commit by any process, and the index's name."""
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
            writer = self._writer()
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
                raise Unavailable(_("The search index was replaced while it was written."))
        release_memory()  # the writer had threads of its own

    def _writer(self) -> tantivy.IndexWriter:
        """The only writer on this machine; other processes release it after each batch."""
        deadline = time.monotonic() + WRITER_WAIT_S
        while True:
            try:
                return self._open_current()[1].writer(heap_size=HEAP_BYTES, num_threads=1)
            except ValueError as error:
                if time.monotonic() > deadline:
                    raise Unavailable(
                        _("The search index is being written by another process: {error}.", error=error)
                    ) from error
                time.sleep(0.05)

    @staticmethod
    def _document(document: IndexDocument) -> tantivy.Document:
        made = tantivy.Document()
        (title, brand, words), plain = terms.of_document(document.title, document.brand, document.words)
        made.add_text("id", document.id)
        made.add_text("title", title)
        made.add_text("brand", brand)
        made.add_text("words", words)
        made.add_text("plain", plain)
        for term in document.terms:
            made.add_text("terms", term)
        made.add_integer("price", document.price)
        made.add_integer("rating", round(document.rating * 100))
        made.add_integer("published", document.published)
        made.add_integer("sold", document.sold)
        made.add_bytes("shown", document.title.encode())
        made.add_bytes("card", document.card.encode())
        return made

    async def search(self, query: Query) -> SearchFound:
        """Search in a few threads, so that a slow one delays no other."""
        async with self._reading:
            current, searcher = self._searcher()
            with damaged_index(searcher, partial(self._start_over, current)):
                return await asyncio.to_thread(self._search, searcher, query)

    def _search(self, searcher: tantivy.Searcher, query: Query) -> SearchFound:
        words = terms.of_query(query.text)
        if query.text.strip() and not words:
            return NOTHING
        corrected = None if query.exact else self._correct(searcher, words)
        understood = corrected or words
        text = queries.text(understood)
        hits = self._hits(searcher, query, text)
        if hits.count == 0 and not query.exact and len(either := terms.any_of(understood)) > 1:
            understood, text = either, queries.text(either, every=False)
            hits = self._hits(searcher, query, text)
        counts, low, high = tantivy_counts.count(searcher, query, queries.all_of([text, *queries.within(query)]))
        found = [searcher.doc(address) for _, address in hits.hits]
        deep = self._offset(searcher, query) + len(found)
        return SearchFound(
            cards=tuple(document["card"][0].decode() for document in found),
            highlights=tuple(marked(document["shown"][0].decode(), understood) for document in found)
            if understood
            else (),
            total=hits.count or 0,
            counts=counts,
            price_low=low,
            price_high=high,
            corrected=" ".join(word.text for word in corrected) if corrected else None,
            next=place.written(deep) if found and deep < (hits.count or 0) else "",
        )

    @staticmethod
    def _offset(searcher: tantivy.Searcher, query: Query) -> int:
        """The offset of a page: Tantivy has no cursors, and allocates for skipped results."""
        return max(0, min(place.read(query.after, int), searcher.num_docs)) if query.after else query.offset

    def _hits(self, searcher: tantivy.Searcher, query: Query, text: tantivy.Query) -> Any:
        by, order = queries.SORTS.get(query.sort, queries.SORTS["bestselling"])
        return searcher.search(
            queries.all_of([text, *queries.filters(query)]),
            limit=max(query.limit, 1),
            offset=self._offset(searcher, query),
            order_by_field=None if query.sort == "relevance" and query.text else by,
            order=order,
        )

    def _correct(self, searcher: tantivy.Searcher, words: Sequence[QueryWord]) -> list[QueryWord] | None:
        """Replace unknown words by their likeliest neighbours; None if nothing changes."""
        corrected = [self._neighbour(searcher, word) for word in words]
        return corrected if corrected != list(words) else None

    def _neighbour(self, searcher: tantivy.Searcher, word: QueryWord) -> QueryWord:
        if len(word.text) < CORRECTABLE or not word.may_be_misspelt:
            return word
        known = any(searcher.doc_freq(field, word.stem) for field in ("title", "brand", "words"))
        if known or any(searcher.doc_freq("plain", join) for join in word.joins):
            return word
        if any(searcher.terms_with_prefix("plain", one, limit=1) for one in word.begins):
            return word
        vocabulary = self._known_words(searcher)
        best = max(edits(word.text), key=lambda near: (vocabulary.get(near, 0), near))
        return word.instead(best) if best in vocabulary else word

    def _known_words(self, searcher: tantivy.Searcher) -> Mapping[str, int]:
        size, words = self._vocabulary
        if size != searcher.num_docs:
            words = dict(searcher.terms_with_prefix("plain", ""))
            self._vocabulary = (searcher.num_docs, words)
        return words

    async def suggest(self, text: str, limit: int) -> list[str]:
        words = terms.of_query(text)
        if not words:
            return []
        current, searcher = self._searcher()
        with damaged_index(searcher, partial(self._start_over, current)):
            hits = searcher.search(queries.text(words), limit=limit, count=False).hits
            if not hits and (corrected := self._correct(searcher, words)):
                hits = searcher.search(queries.text(corrected), limit=limit, count=False).hits
            return [searcher.doc(address)["card"][0].decode() for _, address in hits]

    async def replace(self, batches: AsyncIterator[Sequence[IndexDocument]]) -> None:
        """Fill a new subfolder, then make it current."""
        fresh = secrets.token_hex(8)
        home = self._folder / fresh
        try:
            with in_its_folder():
                await asyncio.to_thread(make_folder, home)
                writer = _open(home).writer(heap_size=HEAP_BYTES, num_threads=1)
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
        release_memory()
        with self._writing, self._naming:
            self._point_to(fresh)
        with suppress(OSError):  # another process sweeps, too; what is left is swept next time
            self._sweep(fresh)

    def _sweep(self, current: str) -> None:
        """Delete old subfolders only, as the previous one is still read for a moment and others are being filled."""
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
        """Files are closed with the process."""
