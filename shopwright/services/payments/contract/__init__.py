"""The contract of payments: values, events and operations."""

from shopwright.services.payments.contract.events import PaymentAuthorized as PaymentAuthorized
from shopwright.services.payments.contract.events import PaymentCaptured as PaymentCaptured
from shopwright.services.payments.contract.events import PaymentDisputed as PaymentDisputed
from shopwright.services.payments.contract.events import PaymentFailed as PaymentFailed
from shopwright.services.payments.contract.events import RefundRefused as RefundRefused
from shopwright.services.payments.contract.events import RefundSettled as RefundSettled
from shopwright.services.payments.contract.operations import Payments as Payments
from shopwright.services.payments.contract.values import PRETEND as PRETEND
from shopwright.services.payments.contract.values import NextAction as NextAction
from shopwright.services.payments.contract.values import NoPaymentProvider as NoPaymentProvider
from shopwright.services.payments.contract.values import Payment as Payment
from shopwright.services.payments.contract.values import PaymentChallenge as PaymentChallenge
from shopwright.services.payments.contract.values import PaymentDeclined as PaymentDeclined
from shopwright.services.payments.contract.values import PaymentMethod as PaymentMethod
from shopwright.services.payments.contract.values import PaymentRefund as PaymentRefund
from shopwright.services.payments.contract.values import PaymentSetup as PaymentSetup
from shopwright.services.payments.contract.values import ProviderConnection as ProviderConnection
from shopwright.services.payments.contract.values import ProviderExamination as ProviderExamination
from shopwright.services.payments.contract.values import ProviderKey as ProviderKey
from shopwright.services.payments.contract.values import RefundTooLarge as RefundTooLarge
from shopwright.services.payments.contract.values import Status as Status
from shopwright.services.payments.contract.values import UnknownPayment as UnknownPayment
