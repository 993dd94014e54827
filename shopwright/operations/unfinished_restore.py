"""Interrupted restores: while services are replaced one by one, part of the shop may be the archive's."""

from pathlib import Path

from shopwright.kit.errors import Refused
from shopwright.kit.private import make_file
from shopwright.kit.translation import gettext as _

NAME = "restore-unfinished"


def note_replacing(data: Path, archive: Path) -> None:
    """Record that the shop is being replaced. Raises OSError, before anything is replaced."""
    unfinished = data / f".{NAME}.new"  # a process may be killed between any two of these steps
    make_file(unfinished)
    unfinished.write_text(str(archive.absolute()), encoding="utf-8")
    unfinished.replace(data / NAME)


def forget_replacing(data: Path) -> None:
    """Record that the restore is complete."""
    (data / NAME).unlink(missing_ok=True)


def unfinished_restore(data: Path) -> str:
    """Describe the remedy of an interrupted restore; "" if there is none."""
    try:
        archive = (data / NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except OSError as error:
        return _("{data} cannot be read ({strerror}).", data=data / NAME, strerror=error.strerror)
    return _(
        "A restore of {archive} was broken off: a part of the shop may be as it was before. Finish it: `shopwright restore {archive}`. (It was kept as before-restore-….zip in {data}, if it was not empty.)",
        archive=archive,
        data=data,
    )


def require_finished(data: Path) -> None:
    """Raise Refused if a restore was interrupted."""
    if wrong := unfinished_restore(data):
        raise Refused(wrong)
