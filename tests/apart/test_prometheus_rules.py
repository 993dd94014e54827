"""The configuration of Prometheus: valid rules, existing metrics, and every alert seen to fire and to stay silent."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from shopwright.deployment.targets import watch
from shopwright.deployment.targets.alerts import RUNBOOKS, alerts, rules
from shopwright.kit.observability.metrics import Metrics
from tests.builders.environment import need
from tests.builders.prometheus import written

HOME = Path(__file__).parents[2]
ROUTE = 'route="/v1/products"'
# Alert → series at which it fires, one value a minute, and series at which it is silent.
PART = 'up{job="shopwright",part="orders",instance="a"}'
PLACED = 'shopwright_events_total{type="OrderPlaced"}'
Series = dict[str, str]


def requests(good: str, bad: str) -> Series:
    """`good` and `bad`: series of the counters, in the notation of promtool."""
    base = f'shopwright_requests_total{{method="GET",{ROUTE},status='
    return {f'{base}"200"}}': good, f'{base}"500"}}': bad}


def seconds(in_time: str, every: str) -> Series:
    return {
        f'shopwright_request_seconds_bucket{{{ROUTE},le="1.0"}}': in_time,
        f"shopwright_request_seconds_count{{{ROUTE}}}": every,
    }


def pair(service: str, used: int) -> Series:
    name = f'shopwright_database_connections{{service="{service}",state='
    return {f'{name}"used"}}': f"{used}x60", f'{name}"free"}}': f"{10 - used}x60"}


def backup_age(kind: str, age: str) -> Series:
    return {f'shopwright_backup_age_seconds{{kind="{kind}"}}': age}


def space(free: str) -> Series:
    return {"shopwright_disk_free_bytes": free, "shopwright_disk_size_bytes": "1e11x60"}


CAUSES: dict[str, tuple[Series, Series]] = {
    # 2 % of requests fail; of 100,000 fewer than one in a thousand does.
    "ErrorsFast": (requests("0+98x60", "0+2x60"), requests("0+10000x60", "0+5x60")),
    "ErrorsSteady": (requests("0+990x60", "0+10x60"), requests("0+10000x60", "0+5x60")),
    "ErrorsSlow": (requests("0+998x60", "0+2x60"), requests("0+10000x60", "0+5x60")),
    "SlownessFast": (seconds("0+80x60", "0+100x60"), seconds("0+995x60", "0+1000x60")),
    "SlownessSteady": (seconds("0+90x60", "0+100x60"), seconds("0+995x60", "0+1000x60")),
    "SlownessSlow": (seconds("0+98x60", "0+100x60"), seconds("0+995x60", "0+1000x60")),
    "PartDown": ({PART: "0x60"}, {PART: "0x60", PART.replace('"a"', '"b"'): "1x60"}),
    "ProcessDown": ({PART: "0x60", PART.replace('"a"', '"b"'): "1x60"}, {PART: "1x60"}),
    "EngineAway": ({'shopwright_engine_up{engine="cache"}': "0x60"}, {'shopwright_engine_up{engine="cache"}': "1x60"}),
    "CallsFail": (
        {'shopwright_calls_total{service="search",outcome="answered"}': "0+90x60",
         'shopwright_calls_total{service="search",outcome="unanswered"}': "0+10x60"},
        {'shopwright_calls_total{service="search",outcome="answered"}': "0+990x60",
         'shopwright_calls_total{service="search",outcome="unanswered"}': "0+10x60"},
    ),
    "EventsLate": (
        {'shopwright_delivery_lag_seconds{service="orders"}': "300x60"},
        {'shopwright_delivery_lag_seconds{service="orders"}': "3x60"},
    ),
    "EventsDead": (
        {'shopwright_deliveries_dead{service="orders"}': "1x60"},
        {'shopwright_deliveries_dead{service="orders"}': "0x60"},
    ),
    "PaymentsUndecided": (
        {'shopwright_open{what="payments undecided for long"}': "1x60"},
        {'shopwright_open{what="payments undecided for long"}': "0x60", 'shopwright_open{what="payments undecided"}': "9x60"},
    ),
    "RefundsWaiting": (
        {'shopwright_open{what="seconds the oldest unsettled refund waits"}': "4000+30x60"},
        {'shopwright_open{what="seconds the oldest unsettled refund waits"}': "0+50x60", 'shopwright_open{what="refunds unsettled"}': "9x60"},
    ),
    "ReservationsOverdue": (
        {'shopwright_open{what="reservations overdue"}': "2x60"},
        {'shopwright_open{what="reservations overdue"}': "0x60", 'shopwright_open{what="reservations"}': "9x60"},
    ),
    "MessagesLate": ({"shopwright_messages_late_seconds": "1200x60"}, {"shopwright_messages_late_seconds": "300x60"}),
    "MessagesGivenUp": (
        {'shopwright_messages{state="given_up"}': "3x60"},
        {'shopwright_messages{state="given_up"}': "0x60", 'shopwright_messages{state="waiting"}': "9x60"},
    ),
    "MessagesRefused": (
        {'shopwright_messages{state="refused"}': "40x60"},
        {'shopwright_messages{state="refused"}': "3x60"},
    ),
    "OrdersStopped": ({PLACED: "0+10x1000 10000x40"}, {PLACED: "0+10x1040"}),
    "ConnectionsShort": (pair("orders", 10), pair("orders", 5)),
    "BackupOld": (backup_age("backup", "200000x60"), backup_age("backup", "100000x60")),
    "DrillOld": (backup_age("restore drill", "4e6x60"), backup_age("restore drill", "3e6x60")),
    "DatabaseDamaged": (
        {'shopwright_database_damaged{service="orders"}': "1x60"},
        {'shopwright_database_damaged{service="orders"}': "0x60"},
    ),
    "DiskLow": (space("5e8x60"), space("5e10x60")),
    # 40 GB that fall by 0.1 GB a minute, and by next to nothing.
    "DiskFilling": (space("40e9-1e8x60"), space("40e9-1e5x60")),
    "ClockJumped": (
        {'shopwright_clock_jumps_total{direction="back"}': "0x40 1x20"},
        {'shopwright_clock_jumps_total{direction="back"}': "1x60", 'shopwright_clock_behind_seconds{service="orders"}': "1x60"},
    ),
    "LoopLate": (
        {'shopwright_event_loop_lag_seconds{instance="a"}': "0.5x60"},
        {'shopwright_event_loop_lag_seconds{instance="a"}': "0.01x60"},
    ),
}  # fmt: skip
# It evaluates a week, in larger steps.
BACK, BACK_STEP, BACK_AT = "OrdersStopped", "10m", "10300m"


def promtool() -> str:
    command = shutil.which("promtool")
    need(bool(command), "prometheus")
    return str(command)


def test_prometheus_accepts_its_files(tmp_path: Path) -> None:
    written(tmp_path)
    for what, name in (("rules", "rules.yml"), ("config", "prometheus.yml")):
        result = subprocess.run(
            [promtool(), "check", what, tmp_path / name], capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow
def test_every_alert_fires_of_its_cause_and_is_silent_without_it(tmp_path: Path) -> None:
    assert CAUSES.keys() == {one.name for one in alerts()}
    for name, (cause, calm) in CAUSES.items():
        step, at = (BACK_STEP, BACK_AT) if name == BACK else ("1m", "50m")
        count_query = f'count(ALERTS{{alertname="{name}",alertstate="firing"}}) or vector(0)'
        tests = [
            {
                "interval": step,
                "name": f"{name} {'fires' if fires else 'keeps still'}",
                "input_series": [{"series": one, "values": values} for one, values in series.items()],
                "promql_expr_test": [
                    {
                        "expr": count_query,
                        "eval_time": at,
                        "exp_samples": [{"labels": "{}", "value": 1 if fires else 0}],
                    }
                ],
            }
            for series, fires in ((cause, True), (calm, False))
        ]
        (tmp_path / f"rules-{name}.yml").write_text(yaml.safe_dump(needed_by(name)))
        rule_tests = {"rule_files": [f"rules-{name}.yml"], "evaluation_interval": step, "tests": tests}
        (tmp_path / f"tests-{name}.yml").write_text(yaml.safe_dump(rule_tests))
    command = [promtool(), "test", "rules", *tmp_path.glob("tests-*.yml")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def needed_by(alert: str) -> dict[str, Any]:
    """The rules without those this alert does not need, because promtool evaluates every rule at each step."""
    all_rules = [(group, rule) for group in rules()["groups"] for rule in group["rules"]]
    [expression] = [rule["expr"] for _, rule in all_rules if rule.get("alert") == alert]
    groups = [
        {
            **group,
            "rules": [
                rule
                for rule in group["rules"]
                if rule.get("alert") == alert or rule.get("record", "no record") in expression
            ],
        }
        for group in rules()["groups"]
    ]
    return {"groups": [group for group in groups if group["rules"]]}


def names(text: str) -> set[str]:
    return set(re.findall(r"\bshopwright_[a-z_]+", text))


def test_rules_and_dashboard_use_existing_metrics(tmp_path: Path) -> None:
    known = {sample.name for metric in Metrics().registry.collect() for sample in metric.samples}
    known |= {
        f"{metric.name}{end}" for metric in Metrics().registry.collect() for end in ("", "_total", "_bucket", "_count")
    }
    metric_names = names(json.dumps(rules())) | names(json.dumps(watch.dashboard()))
    assert len(metric_names) > 10
    assert metric_names <= known
    board = watch.dashboard()
    reckoned = {one["record"] for group in rules()["groups"] for one in group["rules"] if "record" in one}
    used = {
        one
        for panel in board["panels"]
        for line in panel["targets"]
        for one in re.findall(r"shopwright:\w+:\w+", line["expr"])
    }
    assert used <= reckoned
    positions = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]]
    assert len(set(positions)) == len(positions) == len({panel["id"] for panel in board["panels"]})
    # Each query is one Prometheus can read.
    queries = [
        {"record": f"q:{n}:{m}", "expr": line["expr"]}
        for n, panel in enumerate(board["panels"])
        for m, line in enumerate(panel["targets"])
    ]
    (tmp_path / "queries.yml").write_text(yaml.safe_dump({"groups": [{"name": "q", "rules": queries}]}))
    result = subprocess.run(
        [promtool(), "check", "rules", tmp_path / "queries.yml"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def test_every_alert_has_its_page_and_every_page_its_alert() -> None:
    wanted = {f"{one.runbook}.md" for one in alerts()}
    there = {path.name for path in (HOME / RUNBOOKS).glob("*.md")} - {"README.md"}
    assert there == wanted
    for name in wanted:
        text = (HOME / RUNBOOKS / name).read_text()
        assert text.startswith(f"# {name.removesuffix('.md')}\n")
        for part in ("## What it means", "## Look", "## Do"):
            assert part in text, name
