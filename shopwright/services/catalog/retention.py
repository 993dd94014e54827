"""How long the rows of each table are kept."""

from shopwright.kit.retention import Retention

RETENTION: tuple[Retention, ...] = ()
