"""The contract of catalog: values, events and operations."""

from shopwright.services.catalog.contract.events import ProductPublished as ProductPublished
from shopwright.services.catalog.contract.events import ProductRetired as ProductRetired
from shopwright.services.catalog.contract.operations import Catalog as Catalog
from shopwright.services.catalog.contract.values import AttributeType as AttributeType
from shopwright.services.catalog.contract.values import Bringing as Bringing
from shopwright.services.catalog.contract.values import Category as Category
from shopwright.services.catalog.contract.values import Collection as Collection
from shopwright.services.catalog.contract.values import Condition as Condition
from shopwright.services.catalog.contract.values import ImportedProduct as ImportedProduct
from shopwright.services.catalog.contract.values import Kind as Kind
from shopwright.services.catalog.contract.values import Media as Media
from shopwright.services.catalog.contract.values import Option as Option
from shopwright.services.catalog.contract.values import Product as Product
from shopwright.services.catalog.contract.values import ProductInput as ProductInput
from shopwright.services.catalog.contract.values import ProductType as ProductType
from shopwright.services.catalog.contract.values import Release as Release
from shopwright.services.catalog.contract.values import SkuTaken as SkuTaken
from shopwright.services.catalog.contract.values import SlugTaken as SlugTaken
from shopwright.services.catalog.contract.values import Status as Status
from shopwright.services.catalog.contract.values import Upload as Upload
from shopwright.services.catalog.contract.values import Value as Value
from shopwright.services.catalog.contract.values import Variant as Variant
from shopwright.services.catalog.contract.values import VariantInput as VariantInput
from shopwright.services.catalog.contract.values import written as written
