"""At a terminal, an import asks about unknown columns; elsewhere it says how to configure them."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.builders.environment import ON_SERVERS, POSTGRES, bare_environment

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(POSTGRES) or ON_SERVERS, reason="what a terminal shows is the same"),
]
PATIENCE_S = 60
PRICES = "Ware;VK brutto;Im Netz;Farbe;Regalfach\nLampe;19,90;nein;Rot;A1\nTopf;9,90;ja;;\n"


@pytest.fixture
def folder(migrated: tuple[Path, str]) -> Path:
    return migrated[0]


def at_a_terminal(folder: Path, *command: str, answers: tuple[tuple[str, str], ...]) -> tuple[int, str]:
    """The output of a terminal in which a person answers each question."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "shopwright", command[0], "--data", str(folder), *command[1:]],
        stdin=theirs, stdout=theirs, stderr=theirs, env={**bare_environment(), "COLUMNS": "200"},
    )  # fmt: skip
    os.close(theirs)
    seen, left = b"", list(answers)
    ends = time.monotonic() + PATIENCE_S
    fresh = 0  # output since the last answer begins here
    while time.monotonic() < ends:
        if not select.select([ours], [], [], 0.2)[0]:
            if process.poll() is not None:
                break
            continue
        try:
            seen += os.read(ours, 4096)
        except OSError:  # it ended
            break
        if left and left[0][0].encode() in seen[fresh:]:
            fresh = len(seen)
            os.write(ours, left.pop(0)[1].encode() + b"\n")
    os.close(ours)
    if left:
        process.kill()
    code = process.wait(PATIENCE_S)
    assert not left, seen.decode()
    return code, seen.decode()


def table(tmp_path: Path, text: str, name: str = "list.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


QUESTIONS = (
    ("Ware (with Lampe, Topf) [-]:", "title"),
    ("VK brutto (with 19,90, 9,90) [-]:", "prize"),
    ("VK brutto (with 19,90, 9,90) [-]:", "price"),
    ("Im Netz (with nein, ja) [-]:", "published"),
    ("Farbe (with Rot) [-]:", "attribute: Farbe"),
    ("Regalfach (with A1) [-]:", ""),
)


@pytest.mark.parametrize("more", [(), ("--map", "ask")], ids=["by itself", "because it was told to"])
def test_columns_are_asked_about_until_the_import_is_possible(
    folder: Path, tmp_path: Path, more: tuple[str, ...]
) -> None:
    path = table(tmp_path, PRICES)
    code, seen = at_a_terminal(folder, "import", "table", str(path), "--dry-run", *more, answers=QUESTIONS)
    assert (code, "Of 2 rows read, 2 taken" in seen) == (0, True), seen
    assert "“VK brutto” to “prize”, which is unknown" in seen
    lines = [line.strip() for line in seen.replace("\r", "").splitlines() if line.strip().startswith('"')]
    assert lines == [
        '"Ware" = "title"', '"VK brutto" = "price"', '"Im Netz" = "published"', '"Farbe" = "attribute: Farbe"',
        '"Regalfach" = "-"',
    ]  # fmt: skip
    again = table(tmp_path, "\n".join(lines), "map.toml")
    code, seen = at_a_terminal(folder, "import", "table", str(path), "--dry-run", "--map", str(again), answers=())
    assert (code, "Of 2 rows read, 2 taken" in seen, "What do" in seen) == (0, True, False), seen


def test_a_column_that_could_hide_a_product_is_asked_about_before_any_import(folder: Path, tmp_path: Path) -> None:
    path = table(tmp_path, "ID,Type,Name,Regular price,Julkaistu\n1,simple,A,5,0\n2,simple,B,5,1\n")
    answers = (("Julkaistu (with 0, 1) [-]:", "published"),)
    code, seen = at_a_terminal(folder, "import", "woocommerce", str(path), "--dry-run", answers=answers)
    assert (code, "Of 2 rows read, 2 taken" in seen) == (0, True), seen


def test_a_table_of_another_shop_system_is_recognised_before_any_question(folder: Path, tmp_path: Path) -> None:
    path = table(tmp_path, "ID,Type,Name,Regular price\n1,simple,A,5\n")
    code, seen = at_a_terminal(folder, "import", "shopify", str(path), answers=())
    assert (code, "It looks like woocommerce" in seen, "What do" in seen) == (1, True, False), seen


def test_without_a_terminal_the_import_says_how_to_configure_columns(folder: Path, tmp_path: Path) -> None:
    for more, words in (((), "with --map FILE"), (("--map", "ask"), "Only at a terminal")):
        result = subprocess.run(
            [sys.executable, "-m", "shopwright", "import", "--data", str(folder), "table", str(table(tmp_path, PRICES)), "--dry-run", *more],
            env=bare_environment(), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert (result.returncode, words in result.stdout + result.stderr) == (1, True), result
