"""The manifest of a service: what its folder says at first sight. docs/map.md is made from these and tests hold them to the code."""

import msgspec


class ServiceManifest(msgspec.Struct, frozen=True, kw_only=True):
    """`asks`: services whose contracts it imports. `handles` and `emits`: names of events."""

    owns: str
    asks: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    emits: tuple[str, ...] = ()
