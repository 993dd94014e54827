"""The contract of giftcards: values, events and operations."""

from shopwright.services.giftcards.contract.events import GiftCardDue as GiftCardDue
from shopwright.services.giftcards.contract.events import GiftCardErased as GiftCardErased
from shopwright.services.giftcards.contract.events import GiftCardIssued as GiftCardIssued
from shopwright.services.giftcards.contract.operations import GiftCards as GiftCards
from shopwright.services.giftcards.contract.values import BoughtGiftCard as BoughtGiftCard
from shopwright.services.giftcards.contract.values import BoughtUnits as BoughtUnits
from shopwright.services.giftcards.contract.values import GiftCard as GiftCard
from shopwright.services.giftcards.contract.values import GiftCardMovement as GiftCardMovement
from shopwright.services.giftcards.contract.values import GiftCardRefused as GiftCardRefused
from shopwright.services.giftcards.contract.values import GiftCardShare as GiftCardShare
from shopwright.services.giftcards.contract.values import GiftDelivery as GiftDelivery
from shopwright.services.giftcards.contract.values import MovementKind as MovementKind
from shopwright.services.giftcards.contract.values import NewGiftCard as NewGiftCard
from shopwright.services.giftcards.contract.values import NewPurchase as NewPurchase
from shopwright.services.giftcards.contract.values import OrderGiftCards as OrderGiftCards
from shopwright.services.giftcards.contract.values import State as State
from shopwright.services.giftcards.contract.values import Why as Why
