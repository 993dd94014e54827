"""Amazon API Gateway (an HTTP API) as gateway: an OpenAPI 3.0 document with Amazon's extensions, to be imported.

Everything goes through one VPC link to the load balancer `front.haproxy` writes, which knows the parts by the first step of
the path. Headers only a gateway may set are dropped; each part asks `users` itself who calls. What the service does not let
one change: bodies of 10 MB and 30 seconds at most.
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from shopwright import __version__
from shopwright.deployment.gateway.kong import OURS
from shopwright.deployment.gateway.routes import MANY, PARAMETER, RouteAddress, addresses
from shopwright.kit.errors import Invalid
from shopwright.registry import FACES

LISTENER = re.compile(r"arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:listener/.+")
LINK = re.compile(r"[a-z0-9]+")
LONGEST_MS = 30_000
INTEGRATION, CORS = "x-amazon-apigateway-integration", "x-amazon-apigateway-cors"
REST = "proxy"


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """`link`: the id of the VPC link. `listener`: the ARN of the balancer's listener. `origins`: sites whose scripts may ask."""

    link: str
    listener: str
    origins: Sequence[str] = ()


def document(api: Api) -> dict[str, Any]:
    """The document. Raises Invalid."""
    if not LINK.fullmatch(api.link):
        raise Invalid(f"“{api.link}” is no id of a VPC link; it looks like a1b2c3.")
    if not LISTENER.fullmatch(api.listener):
        raise Invalid(f"“{api.listener}” is no ARN of a listener (arn:aws:elasticloadbalancing:…:listener/…).")
    paths = {_greedy(one): _operations(one, api) for one in addresses() if one.part != FACES}
    rest = {"x-amazon-apigateway-any-method": _operation(FACES, [REST], api)}
    root = {"x-amazon-apigateway-any-method": _operation(FACES, [], api)}
    cors = {
        "allowOrigins": list(api.origins),
        "allowMethods": ["GET", "POST", "PUT", "PATCH", "DELETE"],
        "allowHeaders": ["authorization", "content-type", "idempotency-key"],
        "maxAge": 3600,
    }
    return {
        "openapi": "3.0.1",
        "info": {"title": "Shopwright", "version": __version__},
        "paths": {**paths, "/": root, f"/{{{REST}+}}": rest},
        **({CORS: cors} if api.origins else {}),
    }


def _greedy(one: RouteAddress) -> str:
    """Its path; a last parameter that stands for several steps takes them all."""
    return re.sub(r"\}$", "+}", one.path) if MANY in one.pattern else one.path


def _operations(one: RouteAddress, api: Api) -> dict[str, Any]:
    names = [name.strip("{}") for name in PARAMETER.findall(one.path)]
    return {method.lower(): _operation(one.part, names, api) for method in one.methods}


def _operation(part: str, names: Sequence[str], api: Api) -> dict[str, Any]:
    parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    return {
        **({"parameters": parameters} if parameters else {}),
        "responses": {"default": {"description": "what the shop answers"}},
        INTEGRATION: {
            "type": "http_proxy",
            "httpMethod": "ANY",
            "connectionType": "VPC_LINK",
            "connectionId": api.link,
            "uri": api.listener,
            "payloadFormatVersion": "1.0",
            "timeoutInMillis": LONGEST_MS,
            "requestParameters": {
                "overwrite:path": f"/{part}${{request.path}}",
                **{f"remove:header.{name}": "''" for name in OURS},
            },
        },
    }
