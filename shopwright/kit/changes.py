"""Partial changes: omitted fields (UNSET) stay."""

from typing import Any

import msgspec


def given(change: msgspec.Struct) -> dict[str, Any]:
    """The given fields, including explicit nulls."""
    return {name: value for name, value in msgspec.structs.asdict(change).items() if value is not msgspec.UNSET}
