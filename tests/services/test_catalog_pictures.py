"""Pictures: few bounded formats are read, and a drawing references nothing but itself."""

import io
import time

import httpx
import pytest
from PIL import Image

from shopwright.app import Shop
from shopwright.kit.errors import Invalid
from shopwright.services.catalog import drawing

OPEN = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 40 50"'
PLAIN = f'{OPEN}><rect width="40" height="50" fill="red"/></svg>'


def svg(inner: str) -> bytes:
    return f"{OPEN}>{inner}</svg>".encode()


def picture(form: str, size: tuple[int, int] = (40, 50), **more) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, form, **more)
    return out.getvalue()


async def stored(shop: Shop, data: bytes) -> bytes:
    """The picture that the shop stores."""
    media = await shop.catalog.add_media(data, "a picture")
    found = await shop.catalog.original(media.url.split("/")[2])
    if isinstance(found, str):  # where files are elsewhere
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(found)).content
    return found


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "AVIF", "GIF"])
async def test_a_picture_is_decoded_and_resized(local_shop: Shop, form: str) -> None:
    media = await local_shop.catalog.add_media(picture(form), "a picture")
    assert (media.width, media.height) == (40, 50)
    cut = await local_shop.catalog.picture(media.url.split("/")[2], 160, "webp")
    assert Image.open(io.BytesIO(cut)).size == (40, 50)


@pytest.mark.parametrize("form", ["EPS", "TIFF", "BMP", "PPM", "ICO", "TGA", "PDF", "SGI", "PCX"])
async def test_no_other_decoder_is_used(local_shop: Shop, form: str) -> None:
    with pytest.raises(Invalid, match="use JPEG, PNG, WebP, AVIF, GIF or SVG"):
        await local_shop.catalog.add_media(picture(form, (32, 32)), "x")


async def test_of_an_animation_the_first_frame_is_shown(local_shop: Shop) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    media = await local_shop.catalog.add_media(out.getvalue(), "x")
    cut = Image.open(io.BytesIO(await local_shop.catalog.picture(media.url.split("/")[2], 160, "webp")))
    assert getattr(cut, "n_frames", 1) == 1
    assert cut.convert("RGB").getpixel((5, 5))[0] > 200


async def test_a_rotated_picture_has_the_size_it_is_shown_in(local_shop: Shop) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    media = await local_shop.catalog.add_media(picture("JPEG", (40, 50), exif=exif), "x")
    assert (media.width, media.height) == (50, 40)


async def test_a_picture_with_too_many_pixels_is_refused(local_shop: Shop) -> None:
    bomb = io.BytesIO()
    Image.new("1", (8_000, 8_000)).save(bomb, "PNG")
    assert len(bomb.getvalue()) < 1_000_000
    with pytest.raises(Invalid, match="million pixels"):
        await local_shop.catalog.add_media(bomb.getvalue(), "x")


async def test_a_truncated_picture_is_refused_on_upload(local_shop: Shop) -> None:
    picture_bytes = picture("JPEG", (400, 400))
    with pytest.raises(Invalid):
        await local_shop.catalog.add_media(picture_bytes[: len(picture_bytes) // 2], "x")


async def test_an_uploaded_drawing_is_rasterised_once_and_not_stored(local_shop: Shop) -> None:
    found = await stored(local_shop, PLAIN.encode())
    drawn = Image.open(io.BytesIO(found))
    assert drawn.format == "PNG"
    assert drawn.size[0] == 1600


@pytest.mark.parametrize(
    "inner",
    [
        '<image href="/etc/passwd" width="9" height="9"/>',
        '<image xlink:href="file:///etc/passwd" width="9" height="9"/>',
        '<image href="http://127.0.0.1/x.png" width="9" height="9"/>',
        '<image href="//elsewhere/x.png" width="9" height="9"/>',
        '<image href=" \n/etc/passwd" width="9" height="9"/>',
        '<image href="&#x2f;etc/passwd" width="9" height="9"/>',
        '<use href="other.svg#part"/>',
        '<image href="data:image/svg+xml;base64,AAAA" width="9" height="9"/>',
        '<rect width="9" height="9" fill="url(file:///etc/passwd)"/>',
        '<rect width="9" height="9" style="fill: url( \'x.svg#a\')"/>',
        "<style>@import 'http://127.0.0.1/x.css';</style>",
        "<style>rect { fill: url(http://127.0.0.1/x) }</style>",
        "<script>1</script>",
        '<foreignObject><iframe src="/x"/></foreignObject>',
    ],
)
async def test_a_drawing_references_only_itself(local_shop: Shop, inner: str) -> None:
    with pytest.raises(Invalid, match="This drawing"):
        await local_shop.catalog.add_media(svg(inner), "x")


@pytest.mark.parametrize(
    "text",
    [
        f'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>{PLAIN}',
        f'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>{PLAIN}',
        f'<?xml version="1.0"?><?xml-stylesheet href="/etc/passwd"?>{PLAIN}',
        PLAIN.replace("</svg>", ""),
        PLAIN.replace('viewBox="0 0 40 50"', 'viewBox="0 0 1 99999"'),
        PLAIN.replace('viewBox="0 0 40 50"', ""),
        f"{OPEN}>{'<g>' * 200}{'</g>' * 200}</svg>",
        f"{OPEN}>{'<g/>' * 30_000}</svg>",
    ],
)
async def test_a_drawing_declares_no_entities_and_is_bounded(local_shop: Shop, text: str) -> None:
    with pytest.raises(Invalid):
        await local_shop.catalog.add_media(text.encode(), "x")


def test_references_within_a_drawing_are_rasterised() -> None:
    fine = svg(
        '<defs><linearGradient id="a"><stop offset="0"/></linearGradient></defs><rect fill="url(#a)" width="9" height="9"/>'
    )
    assert drawing.draw(fine, 160).startswith(b"\x89PNG")


@pytest.mark.slow
def test_a_drawing_that_needs_too_much_time_or_memory_is_aborted() -> None:
    nested = "".join(
        f'<filter id="f{n}"><feTurbulence baseFrequency="0.9" numOctaves="200"/></filter>' for n in range(3)
    )
    slow = svg(nested + '<rect width="40" height="50" filter="url(#f0)"/>' * 400)
    began = time.monotonic()
    with pytest.raises(Invalid, match="takes too long"):
        drawing.draw(slow, 1600)
    assert time.monotonic() - began < 30
