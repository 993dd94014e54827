"""Files that a command writes: the ending of the name says what is written, or the name is refused."""

from pathlib import Path
from typing import Any

import click


class WrittenFile(click.Path):
    """A file to be written, with one of these endings; "" is none at all. Another ending would say what the file is not."""

    def __init__(self, *endings: str, means: str) -> None:
        super().__init__(path_type=Path, dir_okay=False)
        self.endings = endings
        self.means = means

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(str(super().convert(value, param, ctx)))
        if path.suffix.lower() not in self.endings:
            self.fail(f"{path.name} cannot be written: {self.means}. Nothing was written.", param, ctx)
        return path
