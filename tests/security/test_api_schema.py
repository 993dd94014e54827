"""The API matches its document: thousands of valid and invalid requests, alone and in sequence."""

from pathlib import Path

import pytest

from tests.builders.documented_api import answers_as_documented
from tests.builders.server import Server


@pytest.mark.slow
def test_no_request_crashes_the_api_or_is_answered_otherwise_than_documented(
    data: tuple[Path, str], tmp_path: Path
) -> None:
    server = Server(*data).start()
    try:
        answers_as_documented(server.url, tmp_path)
        assert "Traceback" not in server.log.read_text()
    finally:
        server.kill()
