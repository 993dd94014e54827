"""Drawings (SVG): checked, then rasterised in a separate process."""

import io
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from xml.parsers import expat

from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _

RASTERIZE = Path(__file__).with_name("rasterize.py")
PATIENCE_S = 10
LARGEST = 2_000_000
MOST_ELEMENTS = 20_000
DEEPEST = 100
LARGEST_SIDE = 20_000
VIEW_BOX = re.compile(r"\s*0[\s,]+0[\s,]+(\d{1,5})(?:\.\d+)?[\s,]+(\d{1,5})(?:\.\d+)?\s*")
# Allowed references: parts of the drawing and embedded pictures. Nothing is loaded from elsewhere.
WITHIN = re.compile(r"\s*(#[^\s]*|data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*)\s*")
POINTS = re.compile(r"url\(\s*['\"]?\s*(?!#)", re.IGNORECASE)
NOT_ALLOWED = frozenset({"script", "foreignobject", "iframe", "object", "embed", "handler", "listener"})


def is_drawing(data: bytes) -> bool:
    """Whether the data begins like an SVG."""
    start = data[:1_000].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith((b"<svg", b"<?xml", b"<!--", b"<!DOCTYPE svg"))


def _refuse(why: str) -> Invalid:
    return Invalid.at("/media", _("This drawing (SVG) {why}. Save it as PNG, or as a plain SVG without it.", why=why))


class _Reader:
    """Checks each element while parsing."""

    def __init__(self) -> None:
        self.elements = self.depth = 0
        self.size: tuple[int, int] | None = None

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self.elements += 1
        self.depth += 1
        bare = name.rpartition(":")[2].lower()
        if self.elements > MOST_ELEMENTS or self.depth > DEEPEST:
            raise _refuse(
                _(
                    "has more than {most} elements, or is nested deeper than {deepest}",
                    most=MOST_ELEMENTS,
                    deepest=DEEPEST,
                )
            )
        if bare in NOT_ALLOWED:
            raise _refuse(_("holds the element “{bare}”", bare=bare))
        for given, value in attributes.items():
            if given.rpartition(":")[2].lower() in {"href", "src"} and not WITHIN.fullmatch(value):
                raise _refuse(_("points to something outside of itself"))
            self.words(value)
        if self.elements == 1:
            found = VIEW_BOX.fullmatch(attributes.get("viewBox", ""))
            if bare != "svg" or found is None:
                raise Invalid.at("/media", _("A drawing (SVG) needs a viewBox that starts with 0 0."))
            self.size = int(found[1]), int(found[2])

    def end(self, _name: str) -> None:
        self.depth -= 1

    @staticmethod
    def words(text: str) -> None:
        """Check text for references: style sheets and attributes can name files, too."""
        if POINTS.search(text) or "@import" in text.lower():
            raise _refuse(_("points to something outside of itself"))

    @staticmethod
    def doctype(*_about: object) -> None:
        raise _refuse(_("has a document type, in which entities could be declared"))

    @staticmethod
    def instruction(*_about: object) -> None:
        raise _refuse(_("has a processing instruction"))


def measure(data: bytes) -> tuple[int, int]:
    """Return width and height. Raises Invalid for external references and oversized drawings."""
    if len(data) > LARGEST:
        raise Invalid.at("/media", _("A drawing (SVG) has at most {largest} MB.", largest=LARGEST // 1000000))
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.words
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.ProcessingInstructionHandler = reader.instruction
    parser.buffer_text = True
    try:
        parser.ParseFile(io.BytesIO(data))
    except (expat.ExpatError, ValueError) as error:
        raise Invalid.at("/media", _("This drawing (SVG) cannot be read: {error}.", error=error)) from None
    width, height = reader.size or (0, 0)
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE and height <= 20 * width):
        raise Invalid.at(
            "/media",
            _(
                "A drawing (SVG) is 1 to {largest_side} wide and high, and not 20 times as high as wide.",
                largest_side=LARGEST_SIDE,
            ),
        )
    return width, height


def draw(data: bytes, width: int) -> bytes:
    """Rasterise to PNG of this width; blocks a thread. Raises Invalid if it takes too much time or memory."""
    measure(data)
    command = [sys.executable, "-I", str(RASTERIZE), str(width)]
    try:
        made = subprocess.run(  # noqa: S603 -- our own program; what strangers give comes by its input
            command, input=data, capture_output=True, timeout=PATIENCE_S, check=True, cwd="/"
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        raise Invalid.at(
            "/media", _("This drawing (SVG) cannot be rendered, or takes too long. Save it as PNG.")
        ) from None
    return made.stdout
