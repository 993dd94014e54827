"""Overriding classes are built, or refused."""

from pathlib import Path

import pytest

from shopwright.app import Shop
from shopwright.services.orders.refunds import Refunds
from shopwright.services.orders.service import OrderService
from shopwright.services.orders.unpaid_limits import UnpaidLimits
from shopwright.simulation.faults import Faults
from tests.builders.shops import make_settings


class Other(OrderService):
    """A class that overrides a service of the shop."""


@pytest.mark.parametrize("own", [UnpaidLimits, Faults])
def test_a_class_that_builds_no_service_cannot_be_replaced(tmp_path: Path, own: type) -> None:
    with pytest.raises(LookupError, match=f"No service is built from {own.__name__}"):
        Shop(make_settings(tmp_path), overrides={own: Other})


def test_a_class_that_builds_a_service_is_replaced(tmp_path: Path) -> None:
    assert type(Shop(make_settings(tmp_path), overrides={OrderService: Other}).orders) is Other


def test_a_part_of_a_service_is_replaced(tmp_path: Path) -> None:
    class Others(Refunds):
        """A class that overrides a service of the shop."""

    assert Shop(make_settings(tmp_path), overrides={Refunds: Others}).orders
