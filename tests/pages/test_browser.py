"""The whole journey in a real browser, with and without JavaScript, on a phone and at a desk.

SCREENSHOTS=folder keeps pictures of every page.
"""

import pytest

from tests.builders.chromium import a_stranger_buys

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
async def test_a_stranger_buys_something_real(url: str, size: str, script: bool) -> None:
    await a_stranger_buys(url, size, "ada@example.com", script=script)
