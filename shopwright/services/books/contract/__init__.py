"""The contract of books: values, events and operations."""

from shopwright.services.books.contract.operations import Books as Books
from shopwright.services.books.contract.values import TITLES as TITLES
from shopwright.services.books.contract.values import Account as Account
from shopwright.services.books.contract.values import Balance as Balance
from shopwright.services.books.contract.values import Correction as Correction
from shopwright.services.books.contract.values import CorrectionLine as CorrectionLine
from shopwright.services.books.contract.values import Entry as Entry
from shopwright.services.books.contract.values import EntryKind as EntryKind
from shopwright.services.books.contract.values import ExportedFile as ExportedFile
from shopwright.services.books.contract.values import ExportForm as ExportForm
from shopwright.services.books.contract.values import Payout as Payout
from shopwright.services.books.contract.values import Period as Period
from shopwright.services.books.contract.values import Posting as Posting
from shopwright.services.books.contract.values import RegionLine as RegionLine
from shopwright.services.books.contract.values import SalesDay as SalesDay
from shopwright.services.books.contract.values import TaxKind as TaxKind
from shopwright.services.books.contract.values import TaxLine as TaxLine
from shopwright.services.books.contract.values import TaxStatement as TaxStatement
from shopwright.services.books.contract.values import Threshold as Threshold
