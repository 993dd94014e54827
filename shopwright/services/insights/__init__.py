"""What happened: the log of all facts, and what it adds up to."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(owns="the log of all facts in one order, roll-ups for dashboards", handles=("*",))
