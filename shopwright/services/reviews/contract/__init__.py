"""The contract of reviews: values, events and operations."""

from shopwright.services.reviews.contract.events import ReviewPublished as ReviewPublished
from shopwright.services.reviews.contract.operations import Reviews as Reviews
from shopwright.services.reviews.contract.values import REVIEWS_A_PAGE as REVIEWS_A_PAGE
from shopwright.services.reviews.contract.values import Histogram as Histogram
from shopwright.services.reviews.contract.values import NewReview as NewReview
from shopwright.services.reviews.contract.values import NotABuyer as NotABuyer
from shopwright.services.reviews.contract.values import Order as Order
from shopwright.services.reviews.contract.values import Review as Review
from shopwright.services.reviews.contract.values import Status as Status
