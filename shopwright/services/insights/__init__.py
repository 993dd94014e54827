"""Analytics: the log of all events, and statistics from it.

contract/       Values, events and operations; all that other services import.
service.py      The operations: records all events in one order and sums them up.
spec.py         How the service is built and wired.
handlers.py     Event handlers and scheduled jobs of analytics.
http.py         REST routes of the event log and the dashboard.
retention.py    How long the rows of each table are kept, and which are personal.
log_store.py    SQL for the event log.
sales_store.py  SQL for net sales by day of payment.
store.py        SQL for statistics.
trim_store.py   SQL for trimming the log.
migrations/     The tables.
"""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(owns="the ordered log of all events, roll-ups for dashboards", handles=("*",))
