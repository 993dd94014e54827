"""Pictures: originals are kept, and resized on demand to a bounded set of sizes at content-addressed URLs."""

import asyncio
import hashlib
import io
import re
from datetime import timedelta

from PIL import Image, ImageOps, UnidentifiedImageError

from shopwright.kit.errors import Invalid, Missing
from shopwright.kit.ports import Files
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog import drawing
from shopwright.services.catalog.contract import Media

WIDTHS = (160, 320, 480, 640, 800, 1200, 1600)
FORMS = {"webp": {"quality": 80, "method": 4}, "avif": {"quality": 60, "speed": 8}}
MOST_BYTES = 20_000_000
MOST_PIXELS = 50_000_000
DIGEST = re.compile(r"[0-9a-f]{32}")
ORIGINAL_LASTS = timedelta(minutes=1)
# Other decoders are never used: that of EPS would start a program.
READ = ("PNG", "JPEG", "WEBP", "AVIF", "GIF")
WIDEST = max(WIDTHS)
ORIENTATION, SIDEWAYS = 0x0112, (5, 6, 7, 8)  # of EXIF: a picture that is shown turned by a quarter


def address(digest: str, width: int = 1200, form: str = "webp") -> str:
    """The URL of a picture in one size."""
    return f"/media/{digest}/{width}.{form}"


class Pictures:
    """The catalog's pictures in a file store. Resizing runs in threads, two at a time."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._cutting = asyncio.Semaphore(2)

    async def add(self, data: bytes, alt: str, *, ours: bool = False) -> Media:
        """Store a picture. Foreign drawings are rasterised once, now; `ours` in each size on first use."""
        if len(data) > MOST_BYTES:
            raise Invalid.at("/media", _("A picture has at most {most_bytes} MB.", most_bytes=MOST_BYTES // 1000000))
        async with self._cutting:
            if drawing.is_drawing(data) and not ours:
                data = await asyncio.to_thread(drawing.draw, data, WIDEST)
            width, height = await asyncio.to_thread(_measure, data)
        digest = hashlib.sha256(data).hexdigest()[:32]
        await self._files.put(f"media/{digest}/original", data)
        return Media(url=address(digest), alt=alt, width=width, height=height)

    async def original(self, digest: str) -> str | bytes:
        if not DIGEST.fullmatch(digest):
            raise Missing(_("There is no such picture."))
        name = f"media/{digest}/original"
        if await self._files.size(name) is None:
            raise Missing(_("There is no such picture."))
        return await self._files.address("GET", name, ORIGINAL_LASTS) or await self._files.get(name) or b""

    async def get(self, digest: str, width: int, form: str) -> bytes:
        if not DIGEST.fullmatch(digest) or width not in WIDTHS or form not in FORMS:
            raise Missing(
                _(
                    "There is no such picture; widths are {str}, forms {forms}.",
                    str=", ".join(map(str, WIDTHS)),
                    forms=", ".join(FORMS),
                )
            )
        name = f"media/{digest}/{width}.{form}"
        if cut := await self._files.get(name):
            return cut
        original = await self._files.get(f"media/{digest}/original")
        if original is None:
            raise Missing(_("There is no such picture."))
        async with self._cutting:
            cut = await self._files.get(name)  # by another who waited, too
            if cut is None:
                cut = await asyncio.to_thread(_cut, original, width, form)
                await self._files.put(name, cut)
        return cut


def _measure(data: bytes) -> tuple[int, int]:
    if drawing.is_drawing(data):
        return drawing.measure(data)
    try:
        with Image.open(io.BytesIO(data), formats=READ) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise Invalid.at(
                    "/media",
                    _("A picture has at most {most_pixels} million pixels.", most_pixels=MOST_PIXELS // 1000000),
                )
            image.load()
            turned = image.getexif().get(ORIENTATION, 1) in SIDEWAYS
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise Invalid.at(
            "/media", _("This is not a picture we can read; use JPEG, PNG, WebP, AVIF, GIF or SVG.")
        ) from None
    return (height, width) if turned else (width, height)


def _cut(original: bytes, width: int, form: str) -> bytes:
    if drawing.is_drawing(original):
        original = drawing.draw(original, width)
    with Image.open(io.BytesIO(original), formats=READ) as opened:
        image = ImageOps.exif_transpose(opened)
        if image.mode not in {"RGB", "RGBA"}:
            image = image.convert("RGBA" if "transparency" in image.info else "RGB")
        if image.width > width:
            image = image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        image.save(out, form.upper(), **FORMS[form])
    return out.getvalue()
