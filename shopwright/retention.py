"""The declarations of all tables put together: what each service's database holds, and until when."""

from collections.abc import Sequence

from shopwright.engines.documents.retention import RETENTION as DOCUMENTS
from shopwright.engines.payments.pretend.retention import RETENTION as PRETEND
from shopwright.kit.data.retention import KIT, Retention
from shopwright.services import RIVER
from shopwright.services.specs import spec_of

EVERYWHERE: tuple[Retention, ...] = (*KIT, *DOCUMENTS)


def own_retention(service: str) -> tuple[Retention, ...]:
    """The tables that are a service's own."""
    if service == "pretend":
        return PRETEND
    return spec_of(service).retention


def retention_of(service: str) -> Sequence[Retention]:
    """Every table of a service's database."""
    return (*EVERYWHERE, *own_retention(service))


def personal_tables() -> Sequence[Retention]:
    """Those of all services whose rows may tell of a person."""
    return [one for one in (*EVERYWHERE, *(rule for name in RIVER for rule in own_retention(name))) if one.personal]
