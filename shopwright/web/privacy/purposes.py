"""Purposes of stored personal data, from the retention declarations of all tables."""

import re
from typing import Any

from shopwright.kit.data.retention import PURPOSES, Purpose, Retention
from shopwright.kit.translation import gettext as _
from shopwright.retention import personal_tables

SETTING = re.compile(r"`?SHOPWRIGHT_([A-Z_]+)`?")


def kept(settings: Any) -> list[dict[str, Any]]:
    """Return each purpose with its data and periods, as set in this shop."""
    found: dict[Purpose, list[dict[str, str]]] = {}
    for table in personal_tables():
        if table.personal is not None:
            found.setdefault(table.personal, []).append({"what": _(table.rows), "until": _until(table, settings)})
    return [
        {
            "purpose": purpose,
            "title": _(one.title),
            "whose": _(one.whose),
            "why": _(one.why),
            "kept": found.get(purpose, []),
        }
        for purpose, one in PURPOSES.items()
    ]


def _until(table: Retention, settings: Any) -> str:
    return SETTING.sub(lambda found: str(getattr(settings, found[1].lower())), table.ends())
