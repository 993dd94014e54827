"""What the shop keeps of people, why, and until when: read from the declarations of all tables, by which a job ends their rows."""

import re
from typing import Any

from shopwright.kit.data.retention import PURPOSES, Purpose, Retention
from shopwright.retention import personal_tables

SETTING = re.compile(r"`?SHOPWRIGHT_([A-Z_]+)`?")


def kept(settings: Any) -> list[dict[str, Any]]:
    """Each purpose with what is kept for it, and until when, in the numbers of this shop."""
    found: dict[Purpose, list[dict[str, str]]] = {}
    for table in personal_tables():
        if table.personal is not None:
            found.setdefault(table.personal, []).append({"what": table.rows, "until": _until(table, settings)})
    return [
        {"purpose": purpose, "title": one.title, "whose": one.whose, "why": one.why, "kept": found.get(purpose, [])}
        for purpose, one in PURPOSES.items()
    ]


def _until(table: Retention, settings: Any) -> str:
    return SETTING.sub(lambda found: str(getattr(settings, found[1].lower())), table.ends())
