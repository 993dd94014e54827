"""Write requirements/*.txt, every package with its version and hashes: run (the shop), extras (engine clients), dev, docs."""

import subprocess
import sys
import tomllib
from pathlib import Path

HOME = Path(__file__).parents[1]
OUT = HOME / "requirements"


def compile_lock(name: str, wanted: list[str], *constraints: str) -> None:
    """Resolve `wanted` into requirements/NAME.txt, at the versions in the files named in `constraints`.

    Package indexes and folders of this machine are not recorded.
    """
    source = OUT / f"{name}.in"
    source.write_text("\n".join([*(f"-c {one}.txt" for one in constraints), *wanted]) + "\n")
    command = [
        sys.executable, "-m", "piptools", "compile", "--quiet", "--generate-hashes", "--allow-unsafe", "--strip-extras",
        "--no-header", "--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-find-links", "--no-annotate",
        "--upgrade", "--output-file", f"{name}.txt", source.name,
    ]  # fmt: skip
    subprocess.run(command, cwd=OUT, check=True)
    source.unlink()


def main() -> None:
    """All locks; neither extras nor development tools ever change a package of the shop itself."""
    project = tomllib.loads((HOME / "pyproject.toml").read_text())
    OUT.mkdir(exist_ok=True)
    compile_lock("run", [*project["project"]["dependencies"], *project["build-system"]["requires"]])
    extras = [one for group in project["project"]["optional-dependencies"].values() for one in group]
    compile_lock("extras", extras, "run")
    compile_lock("dev", project["dependency-groups"]["dev"], "run", "extras")
    compile_lock("docs", project["dependency-groups"]["docs"], "run", "extras", "dev")


main()
