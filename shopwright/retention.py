"""The retention rules of all tables: what each database contains, and until when."""

from collections.abc import Sequence

from shopwright.engines.documents.retention import RETENTION as DOCUMENTS
from shopwright.engines.payments.pretend.retention import RETENTION as PRETEND
from shopwright.kit.data.retention import KIT, Retention
from shopwright.services import RIVER
from shopwright.services.specs import spec_of

EVERYWHERE: tuple[Retention, ...] = (*KIT, *DOCUMENTS)


def own_retention(service: str) -> tuple[Retention, ...]:
    """The rules of a service's own tables."""
    if service == "pretend":
        return PRETEND
    return spec_of(service).retention


def retention_of(service: str) -> Sequence[Retention]:
    """The rules of every table in a service's database."""
    return (*EVERYWHERE, *own_retention(service))


def personal_tables() -> Sequence[Retention]:
    """The rules of all tables that may contain personal data."""
    return [one for one in (*EVERYWHERE, *(rule for name in RIVER for rule in own_retention(name))) if one.personal]
