"""File responses."""

from litestar import Response


def file_answer(
    content: bytes, name: str, media_type: str, *, shown: bool = False, private: bool = False
) -> Response[bytes]:
    """Respond with a file to save, or `shown` in the browser; a `private` one must not be cached."""
    # The type is a header of its own: to a text the framework would add the encoding of its other answers.
    headers = {
        "content-type": media_type,
        "Content-Disposition": f'{"inline" if shown else "attachment"}; filename="{name}"',
    }
    if private:
        headers["Cache-Control"] = "private, no-store"
    return Response(content, media_type=media_type, headers=headers)
