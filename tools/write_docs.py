"""Write docs/map.md from the services' labels, docs/settings.md from the settings, the list of decisions, and deploy/. `--check` only compares."""

import importlib
import re
import sys
from pathlib import Path

from shopwright.deployment.targets import compose, systemd, watch
from shopwright.deployment.targets.containers import gateway
from shopwright.deployment.targets.system import DeploymentOptions, secrets_example
from shopwright.kit.data.events import Event
from shopwright.kit.manifest import ServiceManifest
from shopwright.kit.settings import describe
from shopwright.retention import EVERYWHERE, own_retention
from shopwright.services import FLOW, READERS, RIVER, SOURCES
from shopwright.services.specs import specs
from shopwright.settings import Settings

HOME = Path(__file__).parents[1]
DOCS, DEPLOY = HOME / "docs", HOME / "deploy"


def the_map() -> str:
    """Who owns, asks, hears and tells."""
    labels: dict[str, ServiceManifest] = {}
    words: dict[str, str] = {}
    for spec in specs():
        labels[spec.name] = spec.manifest
        words[spec.name] = (importlib.import_module(spec.package).__doc__ or "").strip()
    lines = [
        "# The map",
        "",
        "Made by `python tools/write_docs.py` from the labels in `shopwright/services/*/__init__.py`; a test keeps it true.",
        "Requests go up the river, events come down.",
        "",
        "```",
        f"sources   {'   '.join(SOURCES)}",
        f"flow      {' → '.join(FLOW)}",
        f"readers   {'  '.join(READERS)}",
        "faces     shelf  person  storefront  backoffice  docs",
        "```",
        "",
        "| service | what it is | owns | asks | hears | tells |",
        "|---|---|---|---|---|---|",
    ]
    for name, label in labels.items():
        hears = "everything" if label.handles == ("*",) else ", ".join(label.handles) or "–"
        cells = [
            f"**{name}**",
            words[name],
            label.owns,
            ", ".join(label.asks) or "–",
            hears,
            ", ".join(label.emits) or "–",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "## Events", "", "| event | emitted by | meaning |", "|---|---|---|"]
    for name, kind in sorted(Event.types.items()):
        if kind.SUBJECT and kind.__module__.startswith("shopwright.services."):
            lines.append(
                f"| {name} | {kind.__module__.split('.')[2]} | {(kind.__doc__ or '').strip().splitlines()[0]} |"
            )
    return "\n".join(lines) + "\n"


def settings() -> str:
    """Every setting with its default and meaning."""
    lines = [
        "# Settings",
        "",
        "Made by `python tools/write_docs.py`; a test keeps it true. Set them in the environment, or in a TOML file (names in lower case",
        "without the prefix) that `SHOPWRIGHT_CONFIG` names; the environment goes before the file. `shopwright settings` prints what holds.",
        "",
        "| setting | default | means |",
        "|---|---|---|",
    ]
    shown = Settings()
    lines += [
        f"| `{one.name}` | {f'`{one.value}`' if one.value else '(in the data folder, or empty)'} | {one.meaning} |"
        for one in describe(shown, dict.fromkeys(shown.__struct_fields__, "default"))
    ]
    return "\n".join(lines) + "\n"


def data() -> str:
    """Every table: what is in it, with what it grows, and what ends its rows."""
    lines = [
        "# What is kept, and for how long",
        "",
        "Made by `python tools/write_docs.py` from `retention.py` of each service; tests keep it true. A job of each service,",
        "`….tidy`, runs every hour and ends what is old, 500 rows at a time. A clock that is ahead ends at most a day's rows with",
        "each run. What is made of books (orders, payments, the ledger) is kept for good; who bought is erased with the account.",
        "What tells of a person says for which purpose; the office's page *Personal data* and `GET /v1/personal-data` explain them.",
        "Messages from before 0.2 keep their links to unsubscribe.",
        "",
        "SQLite gives much free space (a quarter of a file, and 8 MiB at least) back to the disk every hour; a file of 0.1 uses its",
        "free pages again and gives none back until it is written anew by `shopwright backup` and `shopwright restore`. Its log",
        "(`-wal`) is cut back to 16 MiB. PostgreSQL does both by autovacuum.",
        "",
        "How much an order takes, and how a shop grows to a million orders: [speed.md](speed.md), *What an order leaves behind*.",
    ]
    for service in ("", *RIVER, "pretend"):
        rules = own_retention(service) if service else EVERYWHERE
        if rules:
            lines += [
                "",
                f"## {service or 'In every database'}",
                "",
                "| table | a row is | grows with | tells of a person | ends | by |",
                "|---|---|---|---|---|---|",
            ]
        for rule in rules:
            jobs = [*([f"{service or '…'}.tidy"] if rule.expiries else []), *([rule.job] if rule.job else [])]
            lines.append(
                f"| `{rule.table}` | {rule.rows} | {rule.grows} | {rule.personal or '–'} | {rule.ends()} | {', '.join(jobs) or '–'} |"
            )
    return "\n".join(lines) + "\n"


def decisions() -> str:
    """Every decision with its date, the latest first."""
    found = []
    for page in sorted((DOCS / "decisions").glob("*.md")):
        title, _, date = page.read_text().split("\n", 3)[:3]
        if page.name != "index.md":
            if not re.fullmatch(r"\*\d{4}-\d{2}-\d{2}\*", date):
                raise SystemExit(
                    f"{page.name}: the line after the title is to be the day of the decision, as *2026-11-29*"
                )
            found.append((date.strip("*"), f"[{title.removeprefix('# ')}]({page.name})"))
    lines = [
        "# Decisions",
        "",
        "Made by `python tools/write_docs.py` from the pages beside it; a test keeps it true. Each page is a rule that others follow,",
        "and says why. A decision that replaces another says so and takes its place here.",
        "",
        "| date | decision |",
        "|---|---|",
    ]
    lines += [f"| {date} | {link} |" for date, link in sorted(found, key=lambda one: one[0], reverse=True)]
    return "\n".join(lines) + "\n"


def deploy() -> dict[Path, str]:
    """What `shopwright deploy` writes by default, and the files of deploy/kubernetes that are not written by hand."""
    kinds = {"compose": compose.files, "systemd": systemd.files, "watch": watch.files}
    written = {
        DEPLOY / kind / name: text for kind, make in kinds.items() for name, text in make(DeploymentOptions()).items()
    }
    return written | {
        DEPLOY / "kubernetes" / "nginx.conf": gateway(DeploymentOptions()),
        DEPLOY / "kubernetes-example" / "secrets.env.example": secrets_example(),
    }


def main() -> int:
    """Write, or with --check answer 1 where a page is not as it would be written."""
    pages = {
        DOCS / "map.md": the_map(),
        DOCS / "settings.md": settings(),
        DOCS / "data.md": data(),
        DOCS / "decisions" / "index.md": decisions(),
        **deploy(),
    }
    if "--check" in sys.argv:
        stale = [path.name for path, text in pages.items() if not path.is_file() or path.read_bytes() != text.encode()]
        if stale:
            sys.stderr.write(f"{', '.join(stale)}: run python tools/write_docs.py\n")
        return 1 if stale else 0
    for path, text in pages.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, newline="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
