"""Answers that are files."""

from litestar import Response


def file_answer(
    content: bytes, name: str, media_type: str, *, shown: bool = False, private: bool = False
) -> Response[bytes]:
    """A file of this name, to be saved, or `shown` by the browser; a `private` one is kept by nobody between."""
    # The type is a header of its own: to a text the framework would add the encoding of its other answers.
    headers = {
        "content-type": media_type,
        "Content-Disposition": f'{"inline" if shown else "attachment"}; filename="{name}"',
    }
    if private:
        headers["Cache-Control"] = "private, no-store"
    return Response(content, media_type=media_type, headers=headers)
