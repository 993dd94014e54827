"""Output files whose extension decides what is written, and is checked."""

from pathlib import Path
from typing import Any

import click

from shopwright.kit.translation import gettext as _


class WrittenFile(click.Path):
    """An output file with one of these extensions; "" means none."""

    def __init__(self, *endings: str, means: str) -> None:
        super().__init__(path_type=Path, dir_okay=False)
        self.endings = endings
        self.means = means

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(str(super().convert(value, param, ctx)))
        if path.suffix.lower() not in self.endings:
            self.fail(
                _("{name} cannot be written: {means}. Nothing was written.", name=path.name, means=self.means),
                param,
                ctx,
            )
        return path
