"""The contract of carts: values, events and operations."""

from shopwright.services.carts.contract.events import CartAbandoned as CartAbandoned
from shopwright.services.carts.contract.events import CartStarted as CartStarted
from shopwright.services.carts.contract.events import CheckoutStarted as CheckoutStarted
from shopwright.services.carts.contract.operations import Carts as Carts
from shopwright.services.carts.contract.values import BuyerNotes as BuyerNotes
from shopwright.services.carts.contract.values import Cart as Cart
from shopwright.services.carts.contract.values import CartChange as CartChange
from shopwright.services.carts.contract.values import CartClosed as CartClosed
from shopwright.services.carts.contract.values import CartGiftCard as CartGiftCard
from shopwright.services.carts.contract.values import CartLine as CartLine
from shopwright.services.carts.contract.values import CartProblem as CartProblem
from shopwright.services.carts.contract.values import PaidUnits as PaidUnits
from shopwright.services.carts.contract.values import QueuePlaces as QueuePlaces
from shopwright.services.carts.contract.values import WaitingRoom as WaitingRoom
from shopwright.services.carts.contract.values import Wish as Wish
