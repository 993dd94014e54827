"""Pictures to upload."""

import io

from PIL import Image


def picture(colour: str = "red") -> bytes:
    """A small PNG of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (40, 40), colour).save(out, "PNG")
    return out.getvalue()
