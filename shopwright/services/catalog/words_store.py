"""SQL for the staff's product search: a row of words per product, scanned."""

from collections.abc import Sequence
from functools import lru_cache

from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.pieces import is_unspaced, joined, words_and_terms_of, words_of
from shopwright.services.catalog.contract import Product, Status

END = "~"  # comes after every id
MOST = 100_000  # letters of a product with thousands of variants


async def write(tx: Transaction, products: Sequence[Product], *, moved: bool = False) -> None:
    """Write the words of products. `moved`: only the status changed."""
    if moved:
        await tx.run_many(
            "UPDATE product_words SET status = :status WHERE product_id = :id",
            [{"id": one.id, "status": one.status} for one in products],
        )
        return
    await tx.run_many(
        "INSERT INTO product_words (product_id, status, words) VALUES (:id, :status, :words)"
        " ON CONFLICT (product_id) DO UPDATE SET status = excluded.status, words = excluded.words",
        [{"id": one.id, "status": one.status, "words": _words(one)} for one in products],
    )


async def write_missing(tx: Transaction, products: Sequence[Product]) -> None:
    """Write the words of products that lack them, and how far this has come."""
    await tx.run_many(
        "INSERT INTO product_words (product_id, status, words) VALUES (:id, :status, :words)"
        " ON CONFLICT (product_id) DO NOTHING",
        [{"id": one.id, "status": one.status, "words": _words(one)} for one in products],
    )
    await tx.run(
        "INSERT INTO words_written (name, until) VALUES ('products', :until)"
        " ON CONFLICT (name) DO UPDATE SET until = excluded.until",
        until=products[-1].id if products else END,
    )


async def written_until(source: ServiceDatabase) -> str:
    """The id up to which all products have words."""
    row = await source.one("SELECT until FROM words_written WHERE name = 'products'")
    return row["until"] if row else ""


async def find(source: ServiceDatabase, text: str, status: Status | None, after: str, limit: int) -> list[str]:
    """Find products by id whose words begin with all of these, or with such a number."""
    chunks = words_of(text)
    if not chunks:
        return []
    every = {f"word{place}": _beginning(word) for place, word in enumerate(chunks)}
    rows = await source.fetch(
        "SELECT product_id FROM product_words WHERE product_id > :after AND (:status = '' OR status = :status)"
        f" AND (words LIKE :whole OR ({' AND '.join(f'words LIKE :{name}' for name in every)}))"
        " ORDER BY product_id LIMIT :limit",
        after=after,
        status=status or "",
        whole=f"% {joined(text)}%",
        limit=limit,
        **every,
    )
    return [row["product_id"] for row in rows]


def _beginning(word: str) -> str:
    """A prefix pattern that also matches the plural; a substring pattern for scripts without blanks."""
    if is_unspaced(word):
        return f"%{word}%"
    return f"% {word.removesuffix('s') if len(word) > 3 else word}%"  # noqa: PLR2004 -- as, bus, gas


@lru_cache(maxsize=2_000)
def _of_many(text: str) -> set[str]:
    """The words of a value that many products share: a brand, a tag."""
    return words_and_terms_of(text)


def _words(product: Product) -> str:
    found = words_and_terms_of(product.title).union(*map(_of_many, (product.brand, *product.tags)))
    found |= {joined(name) for one in product.variants for name in (one.sku, one.barcode)}
    return f" {' '.join(sorted(found - {''}))} "[:MOST]
