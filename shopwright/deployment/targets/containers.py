"""Common parts of container deployments: a network of names, and nginx in its own container."""

from pathlib import Path

from shopwright.deployment.gateway.nginx import GatewayConfig, configuration
from shopwright.deployment.targets.system import PORT, DeploymentOptions
from shopwright.registry import PARTS
from shopwright.web.application import session_cookie

GATEWAY_PORT = 8080
GATEWAY_IMAGE = "nginxinc/nginx-unprivileged:1.28"
PRIVATE = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"


def gateway(wanted: DeploymentOptions) -> str:
    """Its nginx.conf; TLS ends before it."""
    return configuration(
        GatewayConfig(
            servers={part: [f"{part}:{PORT}"] for part in PARTS},
            listen=f"0.0.0.0:{GATEWAY_PORT}",
            folder=Path("/tmp"),  # noqa: S108 -- the container's own
            session_cookie=session_cookie(wanted.url),
            largest_body=wanted.largest_body,
            trusted=PRIVATE.split(","),
            access_log=wanted.access_log,
        )
    )
