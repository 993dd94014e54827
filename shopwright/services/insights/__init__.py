"""Analytics: the log of all events, and statistics from it."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(owns="the ordered log of all events, roll-ups for dashboards", handles=("*",))
