"""The contract of inventory: values, events and operations."""

from shopwright.services.inventory.contract.events import BackInStock as BackInStock
from shopwright.services.inventory.contract.events import StockChanged as StockChanged
from shopwright.services.inventory.contract.events import StockRanLow as StockRanLow
from shopwright.services.inventory.contract.events import StockValued as StockValued
from shopwright.services.inventory.contract.operations import Inventory as Inventory
from shopwright.services.inventory.contract.values import MAIN as MAIN
from shopwright.services.inventory.contract.values import Adjustment as Adjustment
from shopwright.services.inventory.contract.values import Location as Location
from shopwright.services.inventory.contract.values import Movement as Movement
from shopwright.services.inventory.contract.values import Receipt as Receipt
from shopwright.services.inventory.contract.values import SoldOut as SoldOut
from shopwright.services.inventory.contract.values import Stock as Stock
from shopwright.services.inventory.contract.values import StockRule as StockRule
from shopwright.services.inventory.contract.values import StockValue as StockValue
from shopwright.services.inventory.contract.values import ValueCause as ValueCause
from shopwright.services.inventory.contract.values import VariantQuantity as VariantQuantity
