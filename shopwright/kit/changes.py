"""Changes of a part of something: what is left out (UNSET) stays as it is."""

from typing import Any

import msgspec


def given(change: msgspec.Struct) -> dict[str, Any]:
    """The fields that somebody gave, with null where that was said."""
    return {name: value for name, value in msgspec.structs.asdict(change).items() if value is not msgspec.UNSET}
