"""Monitoring files: Prometheus' configuration and rules, and a Grafana dashboard."""

from typing import Any

import msgspec

from shopwright.deployment.targets.alerts import ANSWERED, IN_TIME, THEIRS, rules
from shopwright.deployment.targets.system import DeploymentOptions, as_yaml

JOB = "shopwright"
COLUMNS, WIDTH, HEIGHT = 3, 8, 7
Panel = tuple[str, str, tuple[tuple[str, str], ...]]  # title, unit of Grafana, (query, legend) of each line
ROUTE, SERVICE = "{{route}}", "{{service}}"
P99 = "histogram_quantile(0.99, sum by (le{0}) (rate(shopwright_{1}_seconds_bucket{2}[5m])))"

PANELS: tuple[Panel, ...] = (
    ("Requests per second", "reqps", ((f"sum(rate(shopwright_requests_total{{{THEIRS}}}[5m]))", "all"),)),
    (
        f"Requests without a server error (objective: {ANSWERED:.1%})",
        "percentunit",
        (("1 - shopwright:failed:ratio5m", "5 minutes"), ("1 - shopwright:failed:ratio1h", "1 hour")),
    ),
    (
        f"Requests within a second (objective: {IN_TIME:.0%})",
        "percentunit",
        (("1 - shopwright:late:ratio5m", "5 minutes"), ("1 - shopwright:late:ratio1h", "1 hour")),
    ),
    (
        "Orders and payments per hour",
        "short",
        tuple(
            (f'sum(increase(shopwright_events_total{{type="{kind}"}}[1h]))', kind)
            for kind in ("OrderPlaced", "OrderPaid", "PaymentFailed")
        ),
    ),
    ("Slowest routes (p99)", "s", ((f"topk(8, {P99.format(', route', 'request', f'{{{THEIRS}}}')})", ROUTE),)),
    (
        "Routes with errors",
        "reqps",
        ((f'sum by (route) (rate(shopwright_requests_total{{{THEIRS},status=~"5.."}}[5m]))', ROUTE),),
    ),
    (
        "Failed calls between services",
        "reqps",
        (('sum by (service, outcome) (rate(shopwright_calls_total{outcome!="answered"}[5m]))', f"{SERVICE} {{{{outcome}}}}"),),
    ),
    ("Calls between services (p99)", "s", ((P99.format(", service", "call", ""), SERVICE),)),
    ("Page cache hit ratio", "percentunit", (('sum(rate(shopwright_prepared_total{how=~"kept|shared"}[5m])) / sum(rate(shopwright_prepared_total[5m]))', "hits"),)),
    ("Events waiting", "short", (("max by (service) (shopwright_deliveries_waiting)", SERVICE),)),
    ("Event delay", "s", (("max by (service) (shopwright_delivery_lag_seconds)", SERVICE),)),
    ("Dead events", "short", (("max by (service) (shopwright_deliveries_dead)", SERVICE),)),
    ("Messages queued, given up, refused", "short", (("max by (state) (shopwright_messages)", "{{state}}"),)),
    (
        "Message delay",
        "s",
        (("max(shopwright_messages_late_seconds)", "late"), ("max(shopwright_messages_oldest_seconds)", "oldest")),
    ),
    ("Open reservations and pending payments", "short", (("max by (what) (shopwright_open)", "{{what}}"),)),
    ("Unavailable engines", "short", (("1 - min by (engine) (shopwright_engine_up) > 0", "{{engine}}"),)),
    (
        "Database connections in use",
        "short",
        (('sum by (service) (shopwright_database_connections{state="used"})', SERVICE),),
    ),
    ("Event loop lag", "s", (("max by (part) (shopwright_event_loop_lag_seconds)", "{{part}}"),)),
    ("Free bytes of the data disk", "bytes", (("min by (instance) (shopwright_disk_free_bytes)", "{{instance}}"),)),
    ("Clock behind the newest event", "s", (("max by (service) (shopwright_clock_behind_seconds)", SERVICE),)),
    ("Processes", "short", ((f'sum by (part) (up{{job="{JOB}"}})', "{{part}}"),)),
    ("Versions", "short", (("count by (version) (shopwright_info)", "{{version}}"),)),
)  # fmt: skip


def files(wanted: DeploymentOptions) -> dict[str, str]:
    """Return texts by path. Raises Invalid."""
    wanted.check()
    return {
        "prometheus.yml": as_yaml(_prometheus(_listed())),
        "prometheus.kubernetes.yml": as_yaml(_prometheus(_pods())),
        "rules.yml": as_yaml(rules()),
        "dashboard.json": msgspec.json.format(msgspec.json.encode(dashboard()), indent=1).decode() + "\n",
    }


def _prometheus(scraped: dict[str, Any]) -> dict[str, Any]:
    scraped = {**scraped, "authorization": {"credentials_file": "metrics.token"}}  # SHOPWRIGHT_METRICS_TOKEN
    return {
        "global": {"scrape_interval": "15s", "evaluation_interval": "15s"},
        "rule_files": ["rules.yml"],
        "scrape_configs": [scraped],
    }


def _listed() -> dict[str, Any]:
    """Targets from files: `cluster up` writes one (`targets`)."""
    return {"job_name": JOB, "file_sd_configs": [{"files": ["targets/*.json"]}]}


def _pods() -> dict[str, Any]:
    """Targets from Kubernetes pods."""
    own, of = "__meta_kubernetes_pod", "source_labels"
    return {
        "job_name": JOB,
        "kubernetes_sd_configs": [{"role": "pod"}],
        "relabel_configs": [
            {of: [f"{own}_label_app_kubernetes_io_part_of"], "action": "keep", "regex": JOB},
            {of: [f"{own}_annotation_prometheus_io_scrape"], "action": "keep", "regex": "true"},
            {of: [f"{own}_label_app_kubernetes_io_name"], "target_label": "part"},
        ],
    }


def targets(processes: dict[str, list[str]]) -> str:
    """A file for `file_sd_configs`. `processes`: part → host:port of each."""
    return msgspec.json.encode(
        [{"targets": where, "labels": {"part": part}} for part, where in processes.items()]
    ).decode()


def dashboard() -> dict[str, Any]:
    """Return the dashboard with three panels per row."""
    source = {"type": "prometheus", "uid": "${source}"}
    panels = [
        {
            "id": number + 1,
            "type": "timeseries",
            "title": title,
            "datasource": source,
            "gridPos": {
                "x": number % COLUMNS * WIDTH, "y": number // COLUMNS * HEIGHT, "w": WIDTH, "h": HEIGHT,
            },
            "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
            "targets": [
                {"refId": chr(ord("A") + n), "expr": expr, "legendFormat": legend, "datasource": source}
                for n, (expr, legend) in enumerate(lines)
            ],
        }
        for number, (title, unit, lines) in enumerate(PANELS)
    ]  # fmt: skip
    variable = {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    return {
        "uid": "shopwright",
        "title": "Shopwright",
        "schemaVersion": 39,
        "timezone": "browser",
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [variable]},
        "panels": panels,
    }
