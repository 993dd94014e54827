"""Cache times of CDNs, and keys in batches."""

from collections.abc import Iterable, Iterator

# In case a purge is lost, nothing is shown longer. Then stale responses are shown for a while during revalidation
# (RFC 5861, 3), and for a day while the shop does not answer (RFC 5861, 4).
KEPT_S, WHILE_FETCHED_S, WHEN_AWAY_S = 60, 30, 86_400
STALE = f"stale-while-revalidate={WHILE_FETCHED_S}, stale-if-error={WHEN_AWAY_S}"
# Not for browsers: they revalidate each time, so that no visitor sees a cached page from before signing in.
FOR_BROWSERS = (b"cache-control", b"private, no-cache")


def some(keys: Iterable[str], most: int) -> Iterator[list[str]]:
    """All keys in batches."""
    given = sorted(keys)
    for start in range(0, len(given), most):
        yield given[start : start + most]
