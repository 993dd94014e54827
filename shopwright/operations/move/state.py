"""The progress of a move, in a file of the data folder, so that an interrupted one continues."""

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from shopwright.kit.errors import Refused, Unavailable
from shopwright.kit.translation import gettext as _


class MoveState(msgspec.Struct, kw_only=True):
    """`way`: origin and target. `after`: the last copied key by service/table. `whole`: completed tables."""

    way: str
    after: dict[str, list[Any]] = {}
    whole: list[str] = []


class MoveStateFile:
    """The file."""

    def __init__(self, data: Path, source: str, target: str) -> None:
        self._path = data / "moving.json"
        self._way = hashlib.sha256(f"{source} {target}".encode()).hexdigest()  # URLs hold passwords
        self.notes = MoveState(way=self._way)

    @property
    def is_there(self) -> bool:
        """Whether a move is unfinished."""
        return self._path.exists()

    def read(self) -> None:
        """Continue a move. Raises Refused if another one was begun."""
        try:
            self.notes = msgspec.json.decode(self._path.read_bytes(), type=MoveState)
        except (OSError, msgspec.DecodeError) as error:
            raise Unavailable(_("{path} cannot be read: {error}.", path=self._path, error=error)) from None
        if self.notes.way != self._way:
            raise Refused(
                _(
                    "A move to somewhere else was begun and not ended ({path}). Go on with that one, or give it up with `shopwright move --release`.",
                    path=self._path,
                )
            )

    def write(self) -> None:
        unfinished = self._path.with_suffix(".new")
        unfinished.write_bytes(msgspec.json.encode(self.notes))
        unfinished.replace(self._path)

    def close(self) -> None:
        self._path.unlink(missing_ok=True)
