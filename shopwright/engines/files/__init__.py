"""File stores (media, invoices): `file:///folder`, or `s3://bucket` at any S3-compatible server."""

import re
from pathlib import Path

from shopwright.kit.errors import Invalid
from shopwright.kit.ports import Files
from shopwright.kit.settings import choose, client_of
from shopwright.kit.translation import gettext as _

# Written and deleted to test write access.
PROBE = "probe"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")


def open_files(url: str) -> Files:
    """Open the file store at `url`. Raises Invalid for an unknown scheme."""
    return choose("files", url, {"file": _disk, "s3": _s3})(url)


def is_name(name: str) -> bool:
    """Whether this is a relative path of lower-case words."""
    return bool(NAME.fullmatch(name)) and ".." not in name


def named(name: str) -> str:
    """Return the name. Raises Invalid if it is malformed."""
    if not is_name(name):
        raise Invalid(
            _("“{name}” is not a file name; use lower-case letters, digits, dots, dashes and slashes.", name=name)
        )
    return name


def _disk(url: str) -> Files:
    from shopwright.engines.files.disk import DiskFiles

    return DiskFiles(Path(url.removeprefix("file://")))


def _s3(url: str) -> Files:
    with client_of("s3"):
        from shopwright.engines.files.s3 import S3Files

    return S3Files(url)
