"""The contract of insights: values, events and operations."""

from shopwright.services.insights.contract.operations import Insights as Insights
from shopwright.services.insights.contract.values import Day as Day
from shopwright.services.insights.contract.values import FunnelStep as FunnelStep
from shopwright.services.insights.contract.values import Logged as Logged
from shopwright.services.insights.contract.values import Step as Step
from shopwright.services.insights.contract.values import TopProduct as TopProduct
from shopwright.services.insights.contract.values import TopSearch as TopSearch
from shopwright.services.insights.contract.values import TopView as TopView
