"""For how long answers are kept near shoppers, and keys in lists of a size a CDN takes."""

from collections.abc import Iterable, Iterator

# Should a purge be lost: nothing is shown longer than that. Then for a little while what is old is shown while the new is
# fetched (RFC 5861, 3), and for a day where the shop does not answer (RFC 5861, 4).
KEPT_S, WHILE_FETCHED_S, WHEN_AWAY_S = 60, 30, 86_400
STALE = f"stale-while-revalidate={WHILE_FETCHED_S}, stale-if-error={WHEN_AWAY_S}"
# What a CDN says for itself is not for browsers: they ask it each time, so that who signs in does not see the page of before.
FOR_BROWSERS = (b"cache-control", b"private, no-cache")


def some(keys: Iterable[str], most: int) -> Iterator[list[str]]:
    """All keys, so many at a time."""
    given = sorted(keys)
    for start in range(0, len(given), most):
        yield given[start : start + most]
