"""Files in a folder. A file appears whole or not at all, and is on disk when `put` returns."""

import asyncio
import os
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Literal

from shopwright.engines.files import PROBE, is_name, named
from shopwright.kit.errors import Unavailable
from shopwright.kit.observability.health import Health, room
from shopwright.kit.private import make_folder
from shopwright.kit.translation import gettext as _


class DiskFiles:
    """Names are relative paths of lower-case words; nothing outside `folder` can be named."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, name: str) -> Path:
        return self._folder / named(name)

    async def put(self, name: str, data: bytes) -> None:
        await asyncio.to_thread(self._write, self._path(name), data)

    @staticmethod
    def _write(path: Path, data: bytes) -> None:
        try:
            make_folder(path.parent)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(file.name).replace(path)
        except OSError as error:
            raise Unavailable(_("{path} cannot be written: {strerror}.", path=path, strerror=error.strerror)) from error

    async def get(self, name: str) -> bytes | None:
        path = self._path(name)
        return await asyncio.to_thread(lambda: path.read_bytes() if path.is_file() else None)

    async def delete(self, name: str) -> None:
        path = self._path(name)
        await asyncio.to_thread(lambda: path.unlink(missing_ok=True))

    async def names(self, below: str = "") -> list[str]:
        return await asyncio.to_thread(self._names, self._path(below) if below else self._folder)

    async def size(self, name: str) -> int | None:
        path = self._path(name)
        return await asyncio.to_thread(lambda: path.stat().st_size if path.is_file() else None)

    async def address(self, _verb: Literal["GET", "PUT"], _name: str, _lasting: timedelta) -> str | None:
        return None

    async def examine(self) -> Health:
        await self.put(PROBE, b"")
        await self.delete(PROBE)
        return Health(_("the folder {folder}", folder=self._folder), room(self._folder))

    def _names(self, below: Path) -> list[str]:
        found = (str(path.relative_to(self._folder)) for path in below.rglob("*") if path.is_file())
        return sorted(name for name in found if is_name(name))
