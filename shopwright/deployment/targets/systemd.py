"""systemd units for one machine, or several that each run some parts.

A part is a template unit whose instance is its port: `shopwright-orders@8107`. The distribution's HAProxy and nginx
stand in front with the files written here.
"""

from pathlib import Path

from shopwright.deployment.gateway.haproxy import AWAY, Balancer
from shopwright.deployment.gateway.haproxy import configuration as balanced
from shopwright.deployment.gateway.nginx import GatewayConfig, configuration
from shopwright.deployment.targets.system import DeploymentOptions, secrets_example, settings
from shopwright.registry import PARTS
from shopwright.web.application import session_cookie

PIECES = Path(__file__).parent / "server_files"
HOME, FIRST, STEP, BEHIND = "/opt/shopwright", 8101, 100, 8100
KEPT = "/var/lib/shopwright"
HARD = """NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictSUIDSGID=yes
LockPersonality=yes
CapabilityBoundingSet=
SystemCallFilter=@system-service"""
# A server notifies when it is ready, however long it waits for engines, and that its event loop runs.
ALIVE = """NotifyAccess=all
TimeoutStartSec=infinity
WatchdogSec=60"""


def files(wanted: DeploymentOptions) -> dict[str, str]:
    """Return texts by path. Raises Invalid."""
    wanted.check()
    ports = {part: [FIRST + n + STEP * k for k in range(wanted.each)] for n, part in enumerate(PARTS)}
    servers = {part: [f"127.0.0.1:{port}" for port in some] for part, some in ports.items()}
    environment = settings(wanted, f"http://127.0.0.1:{BEHIND}/{{service}}", "127.0.0.1")
    certificates = f"/etc/letsencrypt/live/{wanted.host}" if wanted.url.startswith("https:") else ""
    environment["SHOPWRIGHT_DATA"] = KEPT
    return {
        **{f"shopwright-{part}@.service": _part(part) for part in PARTS},
        "shopwright-migrate.service": _migrate(),
        "shopwright.target": _target(ports),
        "settings.env": "".join(f"{name}={value}\n" for name, value in environment.items()),
        "secrets.env.example": secrets_example(),
        "haproxy.cfg": balanced(
            Balancer(
                servers=servers,
                listen=f"127.0.0.1:{BEHIND}",
                socket=Path("/run/haproxy/shopwright.sock"),
                away=Path("/etc/haproxy/shopwright-away.http"),
                access_log=wanted.access_log,
            )
        ),
        "shopwright-away.http": AWAY,
        **{
            name: (PIECES / name).read_text(encoding="utf-8").replace("@KEPT@", KEPT)
            for name in ("journal.conf", "logrotate")
        },
        "nginx.conf": configuration(
            GatewayConfig(
                balancer=f"127.0.0.1:{BEHIND}",
                listen="0.0.0.0:443" if certificates else "0.0.0.0:80",
                folder=Path("/var/lib/nginx"),
                user="www-data",
                session_cookie=session_cookie(wanted.url),
                largest_body=wanted.largest_body,
                certificate=f"{certificates}/fullchain.pem" if certificates else "",
                key=f"{certificates}/privkey.pem" if certificates else "",
                access_log=wanted.access_log,
                logs="/var/log/nginx",
            )
        ),
    }


def sandbox(what: str) -> str:
    """The common section of all units. `what`: the service type."""
    return f"""Type={what}
User=shopwright
Group=shopwright
StateDirectory=shopwright
WorkingDirectory=/var/lib/shopwright
EnvironmentFile=/etc/shopwright/settings.env
EnvironmentFile=/etc/shopwright/secrets.env
{HARD}"""


def _part(part: str) -> str:
    return f"""[Unit]
Description=Shopwright: {part} at port %i
After=network-online.target shopwright-migrate.service
Wants=network-online.target
Requires=shopwright-migrate.service
PartOf=shopwright.target

[Service]
{sandbox("notify")}
{ALIVE}
ExecStart={HOME}/bin/shopwright serve {part} --port %i
Restart=always
RestartSec=1
TimeoutStopSec=45

[Install]
WantedBy=shopwright.target
"""


def _migrate() -> str:
    return f"""[Unit]
Description=Shopwright: its databases at this version
After=network-online.target
Wants=network-online.target

[Service]
{sandbox("oneshot")}
ExecStart={HOME}/bin/shopwright migrate --init
RemainAfterExit=yes
Restart=on-failure
RestartSec=5
"""


def _target(ports: dict[str, list[int]]) -> str:
    wants = "\n".join(f"Wants=shopwright-{part}@{port}.service" for part, some in ports.items() for port in some)
    return f"""[Unit]
Description=Shopwright: the whole shop, apart
{wants}

[Install]
WantedBy=multi-user.target
"""
