"""Prometheus alerts that wake someone or wait until morning, each with its page in docs/runbooks.

Service levels are watched by the burn rate of their error budget over a long and a short window at once (SRE Workbook,
“Alerting on SLOs”, 5: multiwindow, multi-burn-rate).
"""

from typing import Any

import msgspec

from shopwright.operations.backup_age import EXPECTED_EVERY

RUNBOOKS = "docs/runbooks"
# Shoppers' requests, without internal ones.
THEIRS = 'route!~"/internal/.*|/health/.*|/metrics"'
ANSWERED, IN_TIME, IN_TIME_S = 0.999, 0.99, "1.0"
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
# Burn rates of the 30-day budget over a long and a short window, and whom they wake.
BURNING = (
    ("Fast", 14.4, "1h", "5m", "page"),
    ("Steady", 6.0, "6h", "30m", "page"),
    ("Slow", 1.0, "3d", "6h", "ticket"),
)


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """`lasts`: how long the condition holds first. `severity`: “page” wakes someone, “ticket” waits until morning."""

    name: str
    expr: str
    lasts: str
    severity: str
    summary: str
    page: str = ""

    @property
    def runbook(self) -> str:
        """The name of its page."""
        return self.page or self.name


def alerts() -> list[Alert]:
    """Return all alerts."""
    return [*_promises(), *_parts(), *_events(), *_messages(), *_process(), *_machine()]


def _promises() -> list[Alert]:
    found = []
    for name, ratio, objective, summary in (
        ("Errors", "shopwright:failed:ratio", ANSWERED, "of shoppers' requests fail"),
        ("Slowness", "shopwright:late:ratio", IN_TIME, "of shoppers' requests take longer than a second"),
    ):
        for speed, times, long, short, severity in BURNING:
            bar = f"{times * (1 - objective):.6g}"
            found.append(
                Alert(
                    name=f"{name}{speed}",
                    expr=f"{ratio}{long} > {bar} and {ratio}{short} > {bar}",
                    lasts="2m",
                    severity=severity,
                    summary=f"{{{{ $value | humanizePercentage }}}} {summary}: the month's error budget burns {times:g} times too fast.",
                    page=name,
                )
            )
    return found


def _parts() -> list[Alert]:
    return [
        Alert(
            name="PartDown",
            expr='sum by (part) (up{job="shopwright"}) == 0',
            lasts="1m",
            severity="page",
            summary="No process of {{ $labels.part }} answers.",
        ),
        Alert(
            name="ProcessDown",
            expr='up{job="shopwright"} == 0',
            lasts="5m",
            severity="ticket",
            summary="{{ $labels.instance }} ({{ $labels.part }}) does not answer.",
        ),
        Alert(
            name="EngineAway",
            expr="min by (engine) (shopwright_engine_up) == 0",
            lasts="1m",
            severity="page",
            summary="The engine {{ $labels.engine }} does not answer a process that needs it.",
        ),
        Alert(
            name="DatabaseDamaged",
            expr="max by (service) (shopwright_database_damaged) > 0",
            lasts="1m",
            severity="page",
            summary="The database of {{ $labels.service }} is damaged and read-only.",
        ),
        Alert(
            name="CallsFail",
            expr='sum by (service) (rate(shopwright_calls_total{outcome!="answered"}[5m]))'
            " / sum by (service) (rate(shopwright_calls_total[5m])) > 0.05",
            lasts="5m",
            severity="page",
            summary="{{ $value | humanizePercentage }} of the calls to {{ $labels.service }} fail.",
        ),
    ]


def _events() -> list[Alert]:
    undecided, overdue = 'what="payments undecided for long"', 'what="reservations overdue"'
    waiting = 'what="seconds the oldest unsettled refund waits"'
    return [
        Alert(
            name="EventsLate",
            expr="max by (service) (shopwright_delivery_lag_seconds) > 120",
            lasts="5m",
            severity="page",
            summary="Events of {{ $labels.service }} have waited for {{ $value | humanizeDuration }}.",
        ),
        Alert(
            name="EventsDead",
            expr="max by (service) (shopwright_deliveries_dead) > 0",
            lasts="1m",
            severity="ticket",
            summary="{{ $value }} events of {{ $labels.service }} could not be handled and are dead.",
        ),
        Alert(
            name="PaymentsUndecided",
            expr=f"max(shopwright_open{{{undecided}}}) > 0",
            lasts="10m",
            severity="page",
            summary="{{ $value }} payments are neither captured nor failed, long after the time to pay ended.",
        ),
        Alert(
            name="RefundsWaiting",
            expr=f"max(shopwright_open{{{waiting}}}) > 3600",
            lasts="10m",
            severity="ticket",
            summary="A refund has waited for {{ $value | humanizeDuration }}: the provider neither pays nor refuses it.",
        ),
        Alert(
            name="ReservationsOverdue",
            expr=f"max(shopwright_open{{{overdue}}}) > 0",
            lasts="10m",
            severity="ticket",
            summary="{{ $value }} expired reservations still hold stock: scheduled jobs do not run.",
        ),
        Alert(
            name="OrdersStopped",
            expr='sum(increase(shopwright_events_total{type="OrderPlaced"}[1h])) == 0'
            ' and sum(increase(shopwright_events_total{type="OrderPlaced"}[1h] offset 1w)) > 10',
            lasts="15m",
            severity="page",
            summary="There were no orders for an hour in which there were more than ten a week ago.",
        ),
    ]


def _messages() -> list[Alert]:
    return [
        Alert(
            name="MessagesLate",
            expr="max(shopwright_messages_late_seconds) > 900",
            lasts="5m",
            severity="page",
            summary="E-mails and other messages have not been sent for {{ $value | humanizeDuration }}.",
        ),
        Alert(
            name="MessagesGivenUp",
            expr='max(shopwright_messages{state="given_up"}) > 0',
            lasts="1m",
            severity="ticket",
            summary="{{ $value }} messages of the last day could not be sent before they expired.",
        ),
        Alert(
            name="MessagesRefused",
            expr='max(shopwright_messages{state="refused"}) > 25',
            lasts="5m",
            severity="ticket",
            summary="The mail server permanently refused {{ $value }} messages in the last hour.",
        ),
    ]


def _process() -> list[Alert]:
    used, free = ('shopwright_database_connections{state="used"}', 'shopwright_database_connections{state="free"}')
    return [
        Alert(
            name="ConnectionsShort",
            expr=f"max by (service) ({used} / ignoring (state) ({used} + ignoring (state) {free} > 0)) > 0.9",
            lasts="5m",
            severity="ticket",
            summary="{{ $labels.service }} uses {{ $value | humanizePercentage }} of its database connections.",
        ),
        Alert(
            name="LoopLate",
            expr="max by (instance) (shopwright_event_loop_lag_seconds) > 0.25",
            lasts="5m",
            severity="ticket",
            summary="The event loop of {{ $labels.instance }} is late by {{ $value | humanizeDuration }}: the process is overloaded.",
        ),
    ]


def _machine() -> list[Alert]:
    return [
        Alert(
            name="DiskLow",
            expr="min(shopwright_disk_free_bytes) < 1e9 or min(shopwright_disk_free_bytes / shopwright_disk_size_bytes) < 0.05",
            lasts="1m",
            severity="page",
            summary="The disk of a data folder is nearly full; when it is full, the shop accepts no orders.",
        ),
        Alert(
            name="DiskFilling",
            expr="predict_linear(shopwright_disk_free_bytes[6h], 86400) < 0"
            " and shopwright_disk_free_bytes / shopwright_disk_size_bytes < 0.5",
            lasts="30m",
            severity="ticket",
            summary="The disk of {{ $labels.instance }} will be full within a day, at the rate of the last six hours.",
            page="DiskLow",
        ),
        Alert(
            name="BackupOld",
            expr=_overdue("backup"),
            lasts="10m",
            severity="ticket",
            summary="The last successful backup is {{ $value | humanizeDuration }} old.",
        ),
        Alert(
            name="DrillOld",
            expr=_overdue("restore drill"),
            lasts="10m",
            severity="ticket",
            summary="The last successful restore drill was {{ $value | humanizeDuration }} ago.",
            page="BackupOld",
        ),
        Alert(
            name="ClockJumped",
            expr="sum(increase(shopwright_clock_jumps_total[15m])) > 0 or max(shopwright_clock_behind_seconds) > 60",
            lasts="1m",
            severity="ticket",
            summary="The clock of a machine jumped, or is behind timestamps the shop has already written.",
        ),
    ]


def _overdue(kind: str) -> str:
    return f'max(shopwright_backup_age_seconds{{kind="{kind}"}}) > {EXPECTED_EVERY[kind].total_seconds():.0f}'


def rules() -> dict[str, Any]:
    """Return Prometheus' rule file: recording rules and all alerts."""
    reckoned = []
    for window in WINDOWS:
        requests = f"sum(rate(shopwright_requests_total{{{THEIRS}}}[{window}]))"
        failed = f'(sum(rate(shopwright_requests_total{{{THEIRS},status=~"5.."}}[{window}])) or vector(0))'
        in_time = f'sum(rate(shopwright_request_seconds_bucket{{{THEIRS},le="{IN_TIME_S}"}}[{window}]))'
        answered = f"sum(rate(shopwright_request_seconds_count{{{THEIRS}}}[{window}]))"
        reckoned += [
            {"record": f"shopwright:failed:ratio{window}", "expr": f"{failed} / {requests}"},
            {"record": f"shopwright:late:ratio{window}", "expr": f"1 - {in_time} / {answered}"},
        ]
    alert_rules = [
        {
            "alert": one.name,
            "expr": one.expr,
            "for": one.lasts,
            "labels": {"severity": one.severity},
            "annotations": {"summary": one.summary, "runbook": f"{RUNBOOKS}/{one.runbook}.md"},
        }
        for one in alerts()
    ]
    return {
        "groups": [
            {"name": "shopwright-promises", "interval": "30s", "rules": reckoned},
            {"name": "shopwright-alerts", "rules": alert_rules},
        ]
    }
