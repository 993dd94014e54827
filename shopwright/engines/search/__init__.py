"""Search engines: `tantivy:///folder` embedded, `opensearch://…` as a server."""

from pathlib import Path

from shopwright.kit.ports import SearchIndex
from shopwright.kit.settings import choose, client_of


def open_search(url: str) -> SearchIndex:
    """Open the search engine at `url`. Raises Invalid for an unknown scheme."""
    servers = dict.fromkeys(("opensearch", "opensearchs", "elasticsearch", "elasticsearchs"), _opensearch)
    return choose("search", url, {"tantivy": _tantivy, **servers})(url)


def _tantivy(url: str) -> SearchIndex:
    from shopwright.engines.search.tantivy import TantivyIndex

    return TantivyIndex(Path(url.removeprefix("tantivy://")))


def _opensearch(url: str) -> SearchIndex:
    with client_of("opensearch"):
        from shopwright.engines.search.opensearch import OpenSearchIndex

    return OpenSearchIndex(url)
