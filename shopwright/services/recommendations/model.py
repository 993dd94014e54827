"""Scores of product similarity and co-purchases."""

import math
from collections.abc import Mapping, Sequence

from shopwright.services.catalog.contract import Product

WEIGHTS: Mapping[str, float] = {"category": 3.0, "attr": 1.5, "tag": 1.5, "brand": 1.0}


def features(product: Product) -> list[str]:
    """The comparable features of a product."""
    return [
        *(f"category:{category_id}" for category_id in product.category_ids),
        *(f"tag:{tag.casefold()}" for tag in product.tags),
        *(f"attr:{name}={value}" for name, value in product.attributes.items()),
        *([f"brand:{product.brand.casefold()}"] if product.brand else []),
    ]


def weight(feature: str, having: int) -> float:
    """The weight of a shared feature: by kind, and lower the more products have it (inverse document frequency)."""
    return WEIGHTS.get(feature.partition(":")[0], 1.0) / math.log2(1 + having)


def score_pair(together: int, own: int, other: int) -> float:
    """Cosine similarity of co-purchases, damped for small counts: one common order says little."""
    return together / math.sqrt(max(own, 1) * max(other, 1)) * (together / (together + 1))


def rank(scores: Mapping[str, float], without: Sequence[str], limit: int) -> list[str]:
    """The best products first, in a stable order."""
    left = [(score, product_id) for product_id, score in scores.items() if product_id not in without]
    return [product_id for score, product_id in sorted(left, key=lambda one: (-one[0], one[1]))[:limit]]
