"""The contract of search: values, events and operations."""

from shopwright.services.search.contract.events import SearchesMade as SearchesMade
from shopwright.services.search.contract.operations import Search as Search
from shopwright.services.search.contract.values import CHOICES as CHOICES
from shopwright.services.search.contract.values import MOST_CHOICES as MOST_CHOICES
from shopwright.services.search.contract.values import MOST_FACETS as MOST_FACETS
from shopwright.services.search.contract.values import Card as Card
from shopwright.services.search.contract.values import Facet as Facet
from shopwright.services.search.contract.values import FacetValue as FacetValue
from shopwright.services.search.contract.values import Rating as Rating
from shopwright.services.search.contract.values import Results as Results
from shopwright.services.search.contract.values import SearchRequest as SearchRequest
from shopwright.services.search.contract.values import Sort as Sort
from shopwright.services.search.contract.values import chosen as chosen
