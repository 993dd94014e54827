"""The contract of notifications: values, events and operations."""

from shopwright.services.notifications.contract.operations import Notifications as Notifications
from shopwright.services.notifications.contract.values import AttachedDocument as AttachedDocument
from shopwright.services.notifications.contract.values import Channel as Channel
from shopwright.services.notifications.contract.values import Channels as Channels
from shopwright.services.notifications.contract.values import DeliveryReport as DeliveryReport
from shopwright.services.notifications.contract.values import MessageSummary as MessageSummary
from shopwright.services.notifications.contract.values import MessageView as MessageView
from shopwright.services.notifications.contract.values import Outcome as Outcome
from shopwright.services.notifications.contract.values import Preferences as Preferences
from shopwright.services.notifications.contract.values import ResendResult as ResendResult
from shopwright.services.notifications.contract.values import State as State
from shopwright.services.notifications.contract.values import Topic as Topic
