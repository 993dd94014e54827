"""Classes in place of our own are built, or it is said that they are not."""

from pathlib import Path

import pytest

from shopwright.app import Shop
from shopwright.services.orders.refunds import Refunds
from shopwright.services.orders.service import OrderService
from shopwright.services.orders.unpaid_limits import UnpaidLimits
from shopwright.simulation.faults import Faults
from tests.builders.shops import make_settings


class Other(OrderService):
    """In place of ours."""


@pytest.mark.parametrize("own", [UnpaidLimits, Faults])
def test_a_class_that_no_service_is_built_from_cannot_be_replaced(tmp_path: Path, own: type) -> None:
    with pytest.raises(LookupError, match=f"No service is built from {own.__name__}"):
        Shop(make_settings(tmp_path), overrides={own: Other})


def test_one_that_is_built_is_replaced(tmp_path: Path) -> None:
    assert type(Shop(make_settings(tmp_path), overrides={OrderService: Other}).orders) is Other


def test_a_part_of_a_service_is_replaced(tmp_path: Path) -> None:
    class Others(Refunds):
        """In place of ours."""

    assert Shop(make_settings(tmp_path), overrides={Refunds: Others}).orders
