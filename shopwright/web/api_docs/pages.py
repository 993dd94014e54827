"""/docs: the OpenAPI document as a page, without third-party scripts."""

from typing import Any

from litestar import Response, get

from shopwright.kit.auth import anyone
from shopwright.kit.http import openapi_document as openapi
from shopwright.kit.http.access import allow
from shopwright.kit.http.routes import Pages
from shopwright.web import render
from shopwright.web.storefront.page_context import SettingsDep, Web


@get("/docs", opt=allow(anyone), include_in_schema=False)
async def docs(request: Web, settings: SettingsDep) -> Response[bytes]:
    """Show every path by subject."""
    document = openapi.document(request.app.state.api())
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if not isinstance(operation, dict) or "operationId" not in operation:
                continue
            entry = {
                "path": path,
                "method": method.upper(),
                "text": operation.get("description") or operation.get("summary", ""),
                "parameters": [f"{one['name']} ({one['in']})" for one in operation.get("parameters", [])],
            }
            groups.setdefault((operation.get("tags") or ["more"])[0], []).append(entry)
    return render.page(
        "api_docs/templates/docs.html",
        {"groups": groups, "shop": settings.shop_name, "version": document["info"]["version"]},
    )


def routes() -> Pages:
    """Return the page."""
    return Pages("/", route_handlers=[docs])
