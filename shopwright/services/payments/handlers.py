"""When time passes, do this."""

from datetime import timedelta

from shopwright.kit.data.events import ScheduledJob
from shopwright.services.payments.service import PaymentService


def jobs(payments: PaymentService) -> list[ScheduledJob]:
    """Payments and refunds nobody has told us the end of are asked about; who tried to pay is forgotten."""
    return [
        ScheduledJob("payments.ask", timedelta(seconds=5), payments.ask_undecided),
        ScheduledJob("payments.refunds", timedelta(seconds=5), payments.ask_waiting),
        ScheduledJob("payments.look_up", timedelta(seconds=30), payments.look_up_due),
        ScheduledJob("payments.forget_tries", timedelta(minutes=10), payments.forget_tries),
    ]
