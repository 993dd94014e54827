"""Product search: `tantivy:///folder` is embedded."""

from pathlib import Path

from shopwright.kit.ports import SearchIndex
from shopwright.kit.settings import choose


def open_search(url: str) -> SearchIndex:
    """The search engine behind `url`. Raises Invalid for a scheme nobody knows."""
    return choose("search", url, {"tantivy": _tantivy})(url)


def _tantivy(url: str) -> SearchIndex:
    from shopwright.engines.search.tantivy import TantivyIndex

    return TantivyIndex(Path(url.removeprefix("tantivy://")))
