"""A version of tomorrow, made from today's: every type that is sent, emitted or stored has one more field."""

import ast
import shutil
from pathlib import Path

import shopwright

SAID = (
    "services/*/contract/*.py",
    "kit/money.py",
    "kit/addresses.py",
    "kit/observability/process_admin.py",
)
MARK = "tomorrow"
NAMES = {"Channels", "Preferences"}  # whose fields name their subject


def today(folder: Path) -> None:
    """Copy the code into `folder`."""
    source = Path(shopwright.__file__).parent
    shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))


def tomorrow(folder: Path) -> int:
    """Write the code of tomorrow into `folder`; returns how many types have one more field."""
    today(folder)
    count = 0
    for pattern in SAID:
        for path in (folder / "shopwright").glob(pattern):
            lines = path.read_text().splitlines()
            # From below, so that earlier line numbers stay valid.
            for place, field in sorted(_more(ast.parse(path.read_text())), reverse=True):
                lines.insert(place, field)
                count += 1
            path.write_text("\n".join(lines) + "\n")
    return count


def _more(module: ast.Module) -> list[tuple[int, str]]:
    """The fields to insert, by the line they follow. Types that name fields of others stay unchanged."""
    found = []
    classes = [one for one in module.body if isinstance(one, ast.ClassDef)]
    below = {ast.unparse(base) for one in classes for base in one.bases}
    for one in classes:
        fields = [part for part in one.body if isinstance(part, ast.AnnAssign) and "ClassVar" not in ast.unparse(part)]
        bases = {ast.unparse(base) for base in one.bases}
        if (
            fields
            and "UNSET" not in ast.unparse(one)
            and one.name not in below | NAMES
            and bases & {"msgspec.Struct", "Event", "BuyerNotes"}
        ):
            omitted = any(keyword.arg == "omit_defaults" for keyword in one.keywords)
            value = f'msgspec.field(default_factory=lambda: "{MARK}")' if omitted else f'"{MARK}"'
            found.append((fields[-1].end_lineno or 0, f"    {MARK}: str = {value}"))
    return found
