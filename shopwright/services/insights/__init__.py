"""What happened: the log of all facts, and what it adds up to."""

from shopwright.kit.manifest import Label

LABEL = Label(owns="the log of all facts in one order, roll-ups for dashboards", hears=("*",))
