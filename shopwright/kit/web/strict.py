"""A body is what the API document says of it: "1" is no number, and 1 no text."""

from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import ClientException, ValidationException


class StrictRequest(Request[Any, Any, Any]):
    """Reads a JSON body as the type its route asks for, without bending values to fit."""

    async def json(self) -> Any:
        field = self.route_handler.parsed_data_field
        wanted = field.annotation if field is not None else Any
        try:
            return msgspec.json.decode(await self.body() or b"null", type=wanted)
        except msgspec.ValidationError as error:
            raise ValidationException(str(error)) from None
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise ClientException(f"JSON is malformed: {error}") from None
