"""Everything for a shop on one server: systemd, Caddy in front, and backups that are copied and tested.

The scripts are for a current Debian; elsewhere use units and Caddyfile as they are.
"""

from pathlib import Path

from shopwright.deployment.gateway import problem_responses
from shopwright.deployment.gateway.logs import of_caddy
from shopwright.deployment.targets.system import DeploymentOptions
from shopwright.deployment.targets.systemd import ALIVE, KEPT, PIECES, sandbox

HOME, ETC, BACKUPS = "/opt/shopwright", "/etc/shopwright", "/var/backups/shopwright"
PORT = 8000
SECRETS = {
    "SHOPWRIGHT_SECRET": "",
    "SHOPWRIGHT_OWNER_EMAIL": "",
    "SHOPWRIGHT_MAIL": "smtp://USER:PASSWORD@mail.example.com:587",
    "SHOPWRIGHT_PAYMENTS": "",
}


def files(wanted: DeploymentOptions) -> dict[str, str]:
    """Return texts by path. Raises Invalid."""
    wanted.check()
    environment = {
        "SHOPWRIGHT_DATA": KEPT,
        "SHOPWRIGHT_URL": wanted.url,
        "SHOPWRIGHT_PROXIES": "127.0.0.1",
        "SHOPWRIGHT_LARGEST_BODY": str(wanted.largest_body),
        "SHOPWRIGHT_ACCESS_LOG": wanted.access_log,
    }
    return {
        "shopwright.service": _service(wanted.each),
        "shopwright-backup.service": _job("an archive of the shop, and its copy elsewhere", "backup.sh"),
        "shopwright-backup.timer": _timer("an archive every night", "*-*-* 02:30", "20min"),
        "shopwright-drill.service": _job("the newest archive restored beside the shop", "drill.sh"),
        "shopwright-drill.timer": _timer("an archive tried every month", "*-*-01 04:00", "2h"),
        "shopwright-check.service": _job("does all add up", "check.sh"),
        "shopwright-check.timer": _timer("a look every hour", "hourly", "5min"),
        "shopwright-report@.service": _report(),
        "settings.env": "".join(f"{name}={value}\n" for name, value in environment.items()),
        "secrets.env.example": "".join(f"{name}={value}\n" for name, value in SECRETS.items()),
        **{piece.name: _filled(piece, wanted) for piece in sorted(PIECES.iterdir())},
    }


def _filled(piece: Path, wanted: DeploymentOptions) -> str:
    text = piece.read_text(encoding="utf-8")
    secure = wanted.url.startswith("https:")
    values = {
        "HOME": HOME, "KEPT": KEPT, "ETC": ETC, "BACKUPS": BACKUPS, "PORT": str(PORT), "HOST": wanted.host,
        "SITE": wanted.host if secure else f"http://{wanted.host}",
        **of_caddy(wanted.access_log),
        "LARGEST": str(wanted.largest_body), "KIND": problem_responses.KIND, "UNAVAILABLE": problem_responses.unavailable(problem_responses.AWAY),
    }  # fmt: skip
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text


def _common(what: str, may_write: str) -> str:
    return f"""{sandbox(what)}
UMask=0077
StateDirectoryMode=0700
ReadWritePaths={may_write}"""


def _service(workers: int) -> str:
    return f"""[Unit]
Description=Shopwright: the shop
After=network-online.target
Wants=network-online.target
OnFailure=shopwright-report@%n.service
StartLimitIntervalSec=10min
StartLimitBurst=20

[Service]
{_common("notify", KEPT)}
{ALIVE}
ExecStart={HOME}/current/bin/shopwright serve --host 127.0.0.1 --port {PORT} --workers {workers}
Restart=always
RestartSec=1
TimeoutStopSec=45

[Install]
WantedBy=multi-user.target
"""


def _job(what: str, script: str) -> str:
    return f"""[Unit]
Description=Shopwright: {what}
After=shopwright.service
OnFailure=shopwright-report@%n.service

[Service]
{_common("oneshot", f"{KEPT} {BACKUPS}")}
EnvironmentFile=-{ETC}/offsite.env
ExecStart=/bin/sh {ETC}/{script}
Nice=19
IOSchedulingClass=idle
"""


def _timer(what: str, when: str, within: str) -> str:
    return f"""[Unit]
Description=Shopwright: {what}

[Timer]
OnCalendar={when}
RandomizedDelaySec={within}
Persistent=yes

[Install]
WantedBy=timers.target
"""


def _report() -> str:
    return f"""[Unit]
Description=Shopwright: tell the owner that %i failed

[Service]
{_common("oneshot", KEPT)}
SupplementaryGroups=systemd-journal
ExecStart=/bin/sh -c 'journalctl --no-pager --lines=40 --unit="$$1" | {HOME}/current/bin/shopwright report "$$1 failed"' report %i
"""
