"""The API against its own document, by Schemathesis."""

import subprocess
import sys
from pathlib import Path

import httpx

from tests.builders.environment import SOAK
from tests.builders.shops import OWNER

# Operations that would end the session of the client.
LEFT_OUT = ("sign_out", "sign_out_everywhere", "end_session", "erase_me", "change_password")


def answers_as_documented(url: str, folder: Path, examples: int = 20 if SOAK else 4) -> None:
    """Check that Schemathesis finds no error. `folder`: where it may write; `examples`: at most for each operation."""
    email, password = OWNER
    tokens = httpx.post(f"{url}/v1/sessions", json={"email": email, "password": password}, trust_env=False)
    command = [
        str(Path(sys.executable).parent / "schemathesis"),
        "run",
        f"{url}/openapi.json",
        "--phases=coverage,fuzzing,stateful",
        f"--max-examples={examples}",
        *([] if SOAK else ["--seed=1", "--generation-deterministic"]),
        "--continue-on-failure",
        "--checks=not_a_server_error,response_schema_conformance,content_type_conformance,status_code_conformance",
        f"--header=Authorization: Bearer {tokens.json()['access_token']}",
        *(f"--exclude-operation-id={name}" for name in LEFT_OUT),
    ]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=500)
    assert ran.returncode == 0, ran.stdout[-6000:]
