"""Files (media, invoices): `file:///folder`."""

from pathlib import Path

from shopwright.kit.ports import Files
from shopwright.kit.settings import choose


def open_files(url: str) -> Files:
    """The file store behind `url`. Raises Invalid for a scheme nobody knows."""
    return choose("files", url, {"file": _disk})(url)


def _disk(url: str) -> Files:
    from shopwright.engines.files.disk import DiskFiles

    return DiskFiles(Path(url.removeprefix("file://")))
