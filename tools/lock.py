"""Write requirements/run.txt and requirements/dev.txt: every package with its version and hashes."""

import subprocess
import sys
import tomllib
from pathlib import Path

HOME = Path(__file__).parents[1]
OUT = HOME / "requirements"


def compile_lock(name: str, wanted: list[str], constraint: Path | None) -> None:
    """Resolve `wanted` into requirements/NAME.txt."""
    source = OUT / f"{name}.in"
    source.write_text("\n".join(([f"-c {constraint.name}"] if constraint else []) + wanted) + "\n")
    command = [
        sys.executable, "-m", "piptools", "compile", "--quiet", "--generate-hashes", "--allow-unsafe", "--strip-extras",
        "--no-header", "--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-find-links", "--no-annotate", "--upgrade",
        "--output-file", f"{name}.txt", source.name,
    ]  # fmt: skip
    subprocess.run(command, cwd=OUT, check=True)
    source.unlink()


def main() -> None:
    """Both locks; development tools never move a package the shop runs on."""
    project = tomllib.loads((HOME / "pyproject.toml").read_text())
    OUT.mkdir(exist_ok=True)
    compile_lock("run", [*project["project"]["dependencies"], *project["build-system"]["requires"]], None)
    extras = [one for group in project["project"]["optional-dependencies"].values() for one in group]
    compile_lock("dev", [*extras, *project["dependency-groups"]["dev"]], OUT / "run.txt")


main()
