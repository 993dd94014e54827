"""Messages on a machine without the right Python."""

import subprocess
import sys
from pathlib import Path

CHECK = Path(__file__).parents[2] / "tools" / "check_python.py"


def run_check(before: str) -> subprocess.CompletedProcess:
    program = f"import sys; {before}; exec(compile(open({str(CHECK)!r}).read(), 'check', 'exec'))"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


def test_a_good_python_passes() -> None:
    assert run_check("pass").returncode == 0


def test_an_old_python_is_refused_with_the_command_that_helps() -> None:
    result = run_check("sys.version_info = (3, 9, 2)")
    assert result.returncode == 1
    assert "this is 3.9" in result.stderr
    assert "apt-get install python3.11" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_python_without_venv_or_pip_is_refused() -> None:
    for module in ("venv", "ensurepip"):
        result = run_check(f"sys.modules[{module!r}] = None")
        assert result.returncode == 1
        assert "without venv or pip" in result.stderr
        assert "Traceback" not in result.stderr
