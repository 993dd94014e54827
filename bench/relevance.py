"""Search relevance: nDCG@10 on products and ratings of Chorus/Icecat, with time and size.

python bench/relevance.py [URL of a search engine; else Tantivy in a folder of its own]
"""

import asyncio
import csv
import gzip
import json
import math
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from shopwright.engines.search import open_search
from shopwright.kit.ports import IndexDocument, Query, SearchIndex

DATA = next(
    (
        found
        for above in Path(__file__).parents
        if (found := above / "shared" / "data" / "search-chorus-icecat").is_dir()
    ),
    Path(),
)
FIRST, BATCH, TIMES = 10, 1_000, 3


def products() -> list[IndexDocument]:
    """All there are."""
    with gzip.open(DATA / "products.jsonl.gz", "rt", encoding="utf-8") as file:
        return [_document(json.loads(line), number) for number, line in enumerate(file)]


def _document(product: Mapping[str, str], number: int) -> IndexDocument:
    texts = [str(value) for name, value in product.items() if name.startswith("attr_t")]
    texts += [product.get("short_description") or "", product.get("name") or ""]
    brand = product.get("supplier") or ""
    return IndexDocument(
        id=product["id"], title=product["title"] or "", brand=brand, words=" ".join(texts)[:4000], terms=(f"brand={brand}",),
        price=int(product.get("price") or 0), rating=4.0, published=number, sold=number % 97, card=product["id"],
    )  # fmt: skip


def judgements() -> dict[str, dict[str, int]]:
    """Query → product → 0 to 3; queries without fitting products are left out."""
    found: dict[str, dict[str, int]] = {}
    with gzip.open(DATA / "judgments.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["query"], {})[row["doc_id"]] = int(row["rating_0_3"])
    return {query: ratings for query, ratings in found.items() if any(ratings.values())}


def gain(ratings: Sequence[int]) -> float:
    """The discounted gain of the first ten."""
    return sum((2.0**one - 1) / math.log2(place + 2) for place, one in enumerate(ratings[:FIRST]))


async def measure(index: SearchIndex) -> None:
    """Fill the index, and rate its results."""
    known = products()

    async def batches() -> AsyncIterator[Sequence[IndexDocument]]:
        for start in range(0, len(known), BATCH):
            yield known[start : start + BATCH]

    began = time.process_time()
    await index.replace(batches())
    print(f"{len(known)} products written in {time.process_time() - began:.1f} s of CPU")
    judged, total = judgements(), 0.0
    for query, ratings in judged.items():
        cards = (await index.search(Query(text=query, limit=FIRST))).cards
        total += gain([ratings.get(card, 0) for card in cards]) / gain(sorted(ratings.values(), reverse=True))
    print(f"nDCG@{FIRST} of {len(judged)} queries: {total / len(judged):.3f} (what nobody judged counts as unfit)")
    began = time.process_time()
    for query in list(judged) * TIMES:
        await index.search(Query(text=query))
    print(f"{(time.process_time() - began) / TIMES / len(judged) * 1_000:.2f} ms of CPU a search")


async def run(url: str) -> None:
    """One engine."""
    index = open_search(url)
    await measure(index)
    await index.close()


def main() -> None:
    """The engine of the URL, or one in a temporary folder."""
    if len(sys.argv) > 1:
        asyncio.run(run(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(f"tantivy://{folder}"))
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
        print(f"{size / 1_000_000:.1f} MB")


if __name__ == "__main__":
    main()
