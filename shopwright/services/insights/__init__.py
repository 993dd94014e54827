"""Analytics: the log of all events, and statistics from it."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(owns="the log of all events in one order, roll-ups for dashboards", handles=("*",))
