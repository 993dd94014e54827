"""Damage within a Tantivy index, which opens without reading everything and fails when a query meets it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import tantivy

from shopwright.kit.errors import Unavailable
from shopwright.kit.translation import gettext as _

log = logging.getLogger("shopwright.engines")
PANIC = "PanicException"  # of a library in Rust; it does not inherit from Exception


@contextmanager
def in_its_folder() -> Iterator[None]:
    """Report an inaccessible index folder as Unavailable; folder and cause are logged."""
    try:
        yield
    except OSError as error:
        log.error("the search index: %s", error)  # noqa: TRY400 -- once a second while it lasts
        raise Unavailable(_("The search index can be neither read nor written just now.")) from error


@contextmanager
def damaged_index(searcher: tantivy.Searcher, start_over: Callable[[object], Unavailable]) -> Iterator[None]:
    """Replace an unreadable index; a query that fails on an intact one does not cost it."""
    try:
        yield
    except ValueError as error:
        raise _reason(searcher, error, start_over) from error
    except BaseException as error:
        if type(error).__name__ != PANIC:
            raise
        raise _reason(searcher, error, start_over) from None


def _reason(
    searcher: tantivy.Searcher, error: BaseException, start_over: Callable[[object], Unavailable]
) -> Unavailable:
    return Unavailable(_("The search cannot answer that.")) if is_intact(searcher) else start_over(error)


def is_intact(searcher: tantivy.Searcher) -> bool:
    """Whether all documents, sort values and words can be read."""
    try:
        everything = tantivy.Query.all_query()
        found = searcher.search(everything, limit=max(searcher.num_docs, 1), order_by_field="sold").hits
        for _, address in found:
            searcher.doc(address)
        searcher.terms_with_prefix("plain", "")
    except (ValueError, OSError):
        return False
    except BaseException as error:
        if type(error).__name__ != PANIC:
            raise
        return False
    return True
