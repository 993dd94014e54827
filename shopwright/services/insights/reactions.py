"""Whatever is told, write it down."""

from shopwright.kit.facts import Event, Reaction
from shopwright.services.insights.service import Ledgerkeeper


def reactions(insights: Ledgerkeeper) -> list[Reaction]:
    """One for every event there is."""
    return [
        Reaction(f"insights.{name}", event, insights.hear, alone=False)
        for name, event in sorted(Event.types.items())
        if event.SUBJECT
    ]
