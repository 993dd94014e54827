"""Scheduled jobs of payments."""

from datetime import timedelta

from shopwright.kit.data.events import ScheduledJob
from shopwright.services.payments.service import PaymentService


def jobs(payments: PaymentService) -> list[ScheduledJob]:
    """Return the jobs: look up undecided payments and refunds, delete expired attempt keys and old notices."""
    return [
        ScheduledJob("payments.ask", timedelta(seconds=5), payments.ask_undecided),
        ScheduledJob("payments.refunds", timedelta(seconds=5), payments.ask_waiting),
        ScheduledJob("payments.look_up", timedelta(seconds=30), payments.look_up_due),
        ScheduledJob("payments.forget_tries", timedelta(minutes=10), payments.forget_tries),
        ScheduledJob("payments.forget_notices", timedelta(hours=6), payments.forget_notices),
    ]
