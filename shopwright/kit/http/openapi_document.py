"""The OpenAPI document: Litestar's schema with the common error responses."""

from typing import Any

import msgspec
from litestar import Litestar
from litestar.openapi.datastructures import ResponseSpec

from shopwright.kit.http.problems import ProblemDetails

REFERENCE = "#/components/schemas/{name}"
ERROR = {
    "description": "What was wrong, and what would be right (RFC 9457).",
    "content": {"application/problem+json": {"schema": {"$ref": REFERENCE.format(name="ProblemDetails")}}},
}


def answers(kind: Any, meaning: str, status: int = 200) -> dict[int, ResponseSpec]:
    """The response specification of a route that writes its bytes itself."""
    return {status: ResponseSpec(data_container=kind, description=meaning, generate_examples=False)}


def document(app: Litestar) -> dict[str, Any]:
    """Return the document as served."""
    schema: dict[str, Any] = app.openapi_schema.to_schema()
    _, components = msgspec.json.schema_components([ProblemDetails], ref_template=REFERENCE)
    schema["components"].setdefault("schemas", {}).update(components)
    for path in schema["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"].pop("400", None)
                operation["responses"]["default"] = ERROR
    return schema
