"""Products as search engines index them."""

from shopwright.kit.ports import IndexDocument


def goods(
    number: int, title: str, brand: str = "Ida", price: int = 1000, words: str = "", **terms: str
) -> IndexDocument:
    """A document for a product, of which more are sold the higher its number."""
    return IndexDocument(
        id=f"p{number}", title=title, brand=brand, words=words, price=price, rating=4.0, published=number, sold=number, card=title,
        terms=(f"brand={brand}", *(f"{name}={value}" for name, value in terms.items())),
    )  # fmt: skip
