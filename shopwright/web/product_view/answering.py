"""Product responses and their ETags."""

import hashlib
from typing import Annotated

import msgspec
from litestar import Response
from litestar.params import HeaderParameter

from shopwright.kit.errors import Invalid
from shopwright.kit.http.openapi_document import answers
from shopwright.kit.translation import gettext as _
from shopwright.kit.typed import digits_or
from shopwright.web.product_view.view import ProductView

PRODUCT = answers(ProductView, "The product.")
IfMatch = Annotated[
    str | None,
    HeaderParameter(name="If-Match", description="the ETag of the version you read; 412 if it has changed since"),
]


def version_of(if_match: str | None, newest: int) -> int:
    """The product version of an If-Match header, against lost updates. Prices and stock are guarded separately.

    Without the header, or with `*` (RFC 9110, 13.1.1), it is the newest version.
    """
    if if_match is None or if_match.strip() == "*":
        return newest
    bare = if_match.strip().removeprefix("W/").strip('"').partition("-")[0]
    version = digits_or(bare, None)
    if version is None:
        raise Invalid.at(
            "/headers/If-Match", _('If-Match is the ETag of the answer that was read, such as "3-9f86d081".')
        )
    return version


def answer(view: ProductView, status: int = 200) -> Response[bytes]:
    """Return a product with an ETag over its whole body."""
    body = msgspec.json.encode(view)
    digest = hashlib.sha256(body).hexdigest()[:12]
    return Response(
        body, status_code=status, media_type="application/json", headers={"ETag": f'"{view.version}-{digest}"'}
    )
