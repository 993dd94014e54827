"""The whole journey in a real browser, with and without JavaScript, on a phone and at a desk.

SCREENSHOTS=folder keeps pictures of every page.
"""

import pytest

from tests.builders.chromium import guest_buys

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("size", "script"),
    [
        ("phone", True),
        ("desk", False),
        pytest.param("phone", False, marks=pytest.mark.soak),
        pytest.param("desk", True, marks=pytest.mark.soak),
    ],
)
async def test_a_guest_buys_in_a_browser(url: str, size: str, script: bool) -> None:
    await guest_buys(url, size, "ada@example.com", script=script)
