"""The manifest of a service: docs/map.md is made from it, and tests compare it with the code."""

import msgspec


class ServiceManifest(msgspec.Struct, frozen=True, kw_only=True):
    """`asks`: services whose contracts it imports. `handles`, `emits`: names of events."""

    owns: str
    asks: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    emits: tuple[str, ...] = ()
