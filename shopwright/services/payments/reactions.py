"""When time passes, do this."""

from datetime import timedelta

from shopwright.kit.data.events import Timer
from shopwright.services.payments.service import Till


def timers(payments: Till) -> list[Timer]:
    """Payments and refunds nobody has told us the end of are asked about; who tried to pay is forgotten."""
    return [
        Timer("payments.ask", timedelta(seconds=5), payments.ask_undecided),
        Timer("payments.refunds", timedelta(seconds=5), payments.ask_waiting),
        Timer("payments.look_up", timedelta(seconds=30), payments.look_up_due),
        Timer("payments.forget_tries", timedelta(minutes=10), payments.forget_tries),
    ]
