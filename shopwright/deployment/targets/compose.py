"""A compose file: every part and engine, with nginx in front, on one machine with containers."""

from typing import Any

from shopwright.deployment.targets.containers import GATEWAY_IMAGE, GATEWAY_PORT, PRIVATE, gateway
from shopwright.deployment.targets.system import PORT, DeploymentOptions, as_yaml, parts, settings
from shopwright.registry import PARTS

Service = dict[str, Any]
# Docker rotates container logs at this size.
LOGS = {"driver": "json-file", "options": {"max-size": "20m", "max-file": "5"}}


def _engine(image: str, where: str, check: str, **more: Any) -> Service:
    volume = f"{image.rpartition('/')[2].partition(':')[0]}:{where}"
    health = {"test": ["CMD-SHELL", check], "interval": "5s", "timeout": "5s", "retries": 30}
    return {"image": image, "volumes": [volume], "healthcheck": health, "restart": "unless-stopped", **more}


# One server of each: enough to run, and the first to replace for high availability.
ENGINES: dict[str, Service] = {
    "postgres": _engine(
        "postgres:15",
        "/var/lib/postgresql/data",
        "pg_isready -U shop -d shop",
        environment={
            "POSTGRES_USER": "shop",
            "POSTGRES_DB": "shop",
            "POSTGRES_PASSWORD": "${POSTGRES_PASSWORD:?fill in secrets.env}",
        },
        command=["postgres", "-c", "max_connections=400"],
    ),
    "redis": _engine(
        "redis:7",
        "/data",
        "redis-cli -a $$REDIS_PASSWORD ping | grep -q PONG",
        environment={"REDIS_PASSWORD": "${REDIS_PASSWORD:?fill in secrets.env}"},
        command=["sh", "-c", "exec redis-server --appendonly yes --requirepass $$REDIS_PASSWORD"],
    ),
    "rabbitmq": _engine(
        "rabbitmq:3.13",
        "/var/lib/rabbitmq",
        "rabbitmq-diagnostics -q ping",
        hostname="rabbitmq",  # its data belong to a name
        environment={
            "RABBITMQ_DEFAULT_USER": "shop",
            "RABBITMQ_DEFAULT_PASS": "${RABBITMQ_PASSWORD:?fill in secrets.env}",
        },
    ),
    "opensearch": _engine(
        "opensearchproject/opensearch:3.6.0",
        "/usr/share/opensearch/data",
        "curl -fs http://127.0.0.1:9200/",
        environment={
            "discovery.type": "single-node",
            "DISABLE_SECURITY_PLUGIN": "true",
            "OPENSEARCH_JAVA_OPTS": "-Xms512m -Xmx512m",
        },
    ),
    "mongodb": _engine(
        "mongodb/mongodb-community-server:8.0-ubi9",
        "/data/db",
        "mongosh --quiet --eval 'db.runCommand({ping: 1})'",
        volumes=["mongodb:/data/db"],
        environment={
            "MONGODB_INITDB_ROOT_USERNAME": "shop",
            "MONGODB_INITDB_ROOT_PASSWORD": "${MONGODB_PASSWORD:?fill in secrets.env}",
        },
    ),
    "s3": _engine(
        "versity/versitygw:latest",
        "/data",
        "wget -q -O /dev/null http://127.0.0.1:7070/health",
        volumes=["s3:/data"],
        environment={"ROOT_ACCESS_KEY": "shop", "ROOT_SECRET_KEY": "${S3_PASSWORD:?fill in secrets.env}"},
        entrypoint=["sh", "-c", "mkdir -p /data/media && exec versitygw --port :7070 --health /health posix /data"],
    ),
}


def files(wanted: DeploymentOptions) -> dict[str, str]:
    """Return texts by path. Raises Invalid."""
    wanted.check()
    return {
        "compose.yaml": as_yaml(_compose(wanted)),
        "nginx.conf": gateway(wanted),
        "secrets.env.example": "# Copy to secrets.env and fill in: openssl rand -hex 24 makes a value.\n"
        "POSTGRES_PASSWORD=\nREDIS_PASSWORD=\nRABBITMQ_PASSWORD=\nMONGODB_PASSWORD=\nS3_PASSWORD=\nSHOPWRIGHT_SECRET=\n"
        "SHOPWRIGHT_ENCRYPTION_KEY=\nSHOPWRIGHT_METRICS_TOKEN=\n"
        "SHOPWRIGHT_OWNER_EMAIL=owner@example.com\n",
    }


def _compose(wanted: DeploymentOptions) -> dict[str, Any]:
    environment = settings(wanted, f"http://{{service}}:{PORT}", PRIVATE) | _engine_settings()
    built = {"context": "../..", "dockerfile": "deploy/Dockerfile"}
    services: dict[str, Service] = {
        "gateway": {
            "image": GATEWAY_IMAGE,
            "command": ["nginx", "-c", "/etc/shopwright/nginx.conf", "-g", "daemon off;"],
            "ports": [f"127.0.0.1:{GATEWAY_PORT}:{GATEWAY_PORT}"],
            "volumes": ["./nginx.conf:/etc/shopwright/nginx.conf:ro"],
            "depends_on": {part: {"condition": "service_healthy"} for part in PARTS},
            "restart": "unless-stopped",
        },
        "migrate": {
            "image": wanted.image,
            "build": built,
            "command": ["migrate", "--init"],
            "environment": environment,
            "tmpfs": ["/data"],
            "depends_on": {name: {"condition": "service_healthy"} for name in ("postgres", "rabbitmq")},
        },
        **{part.name: _part(part.name, wanted, environment) for part in parts()},
        **ENGINES,
    }
    for service in services.values():
        service["logging"] = LOGS
    volumes: dict[str, Service] = {
        name: {} for name in ("postgres", "redis", "rabbitmq", "opensearch", "mongodb", "s3")
    }
    return {"name": "shopwright", "services": services, "volumes": volumes}


def _part(name: str, wanted: DeploymentOptions, environment: dict[str, str]) -> Service:
    probe = f"import urllib.request as u; u.urlopen('http://127.0.0.1:{PORT}/health/live', timeout=3)"
    return {
        "image": wanted.image,
        "command": ["serve", name, "--host", "0.0.0.0", "--port", str(PORT)],  # noqa: S104 -- of the container alone
        "environment": environment,
        "read_only": True,
        "tmpfs": ["/data", "/tmp"],  # noqa: S108 -- the container's own
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "depends_on": {"migrate": {"condition": "service_completed_successfully"}},
        "healthcheck": {
            "test": ["CMD", "python", "-c", probe],
            "interval": "5s",
            "timeout": "5s",
            "start_period": "60s",
        },
        "stop_grace_period": "45s",
        "deploy": {"replicas": wanted.each},
        "restart": "unless-stopped",
    }


def _engine_settings() -> dict[str, str]:
    return {
        "SHOPWRIGHT_SECRET": "${SHOPWRIGHT_SECRET:?copy secrets.env.example and fill it in}",
        "SHOPWRIGHT_ENCRYPTION_KEY": "${SHOPWRIGHT_ENCRYPTION_KEY:?copy secrets.env.example and fill it in}",
        "SHOPWRIGHT_METRICS_TOKEN": "${SHOPWRIGHT_METRICS_TOKEN:?copy secrets.env.example and fill it in}",
        "SHOPWRIGHT_OWNER_EMAIL": "${SHOPWRIGHT_OWNER_EMAIL}",
        "SHOPWRIGHT_DATABASE": "postgresql://shop:${POSTGRES_PASSWORD}@postgres:5432/shop?connections=4",
        "SHOPWRIGHT_DOCUMENTS": "mongodb://shop:${MONGODB_PASSWORD}@mongodb:27017/shop?authSource=admin",
        "SHOPWRIGHT_CACHE": "redis://:${REDIS_PASSWORD}@redis:6379/0",
        "SHOPWRIGHT_BUS": "amqp://shop:${RABBITMQ_PASSWORD}@rabbitmq:5672/",
        "SHOPWRIGHT_SEARCH": "opensearch://opensearch:9200/shop",
        "SHOPWRIGHT_FILES": "s3://shop:${S3_PASSWORD}@media?endpoint=http://s3:7070&region=us-east-1",
    }
