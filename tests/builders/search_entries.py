"""Products, as a search engine receives them."""

from shopwright.kit.ports import IndexDocument


def goods(
    number: int, title: str, brand: str = "Ida", price: int = 1000, words: str = "", **terms: str
) -> IndexDocument:
    """One of each kind; the best seller has the highest number."""
    return IndexDocument(
        id=f"p{number}", title=title, brand=brand, words=words, price=price, rating=4.0, published=number, sold=number, card=title,
        terms=(f"brand={brand}", *(f"{name}={value}" for name, value in terms.items())),
    )  # fmt: skip
