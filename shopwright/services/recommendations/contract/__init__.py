"""The contract of recommendations: values, events and operations."""

from shopwright.services.recommendations.contract.events import ProductsViewed as ProductsViewed
from shopwright.services.recommendations.contract.operations import Recommendations as Recommendations
from shopwright.services.recommendations.contract.values import Kind as Kind
from shopwright.services.recommendations.contract.values import Recommended as Recommended
