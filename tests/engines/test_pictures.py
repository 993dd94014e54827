"""Pictures: a bounded set of sizes, made from an upload."""

import io

import pytest
from PIL import Image

from shopwright.app import Shop
from shopwright.kit.errors import Invalid, Missing


async def test_pictures_are_resized_to_a_bounded_set_of_sizes(shop: Shop) -> None:
    out = io.BytesIO()
    Image.new("RGB", (900, 600), "red").save(out, "PNG")
    media = await shop.catalog.add_media(out.getvalue(), "red")
    digest = media.url.split("/")[2]
    assert (media.width, media.height) == (900, 600)
    for form in ("webp", "avif"):
        with Image.open(io.BytesIO(await shop.catalog.picture(digest, 320, form))) as cut:
            assert (cut.size, cut.format) == ((320, 213), form.upper())
    for width, form in ((321, "webp"), (320, "gif")):
        with pytest.raises(Missing):
            await shop.catalog.picture(digest, width, form)
    for data in (b"", b"GIF89a not really", b"<svg viewBox='oops'>", b"\x89PNG\r\n\x1a\n broken"):
        with pytest.raises(Invalid):
            await shop.catalog.add_media(data, "")


async def test_a_drawing_is_served_as_a_picture(shop: Shop) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 100"><rect width="80" height="100" fill="#c00"/></svg>'
    media = await shop.catalog.add_media(svg, "")
    cut = await shop.catalog.picture(media.url.split("/")[2], 160, "webp")
    assert cut[:4] == b"RIFF"
