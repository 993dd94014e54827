"""The label of a service: what its folder says at first sight. docs/map.md is made from these and tests hold them to the code."""

import msgspec


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """`asks`: services whose contracts it imports. `hears` and `tells`: names of events."""

    owns: str
    asks: tuple[str, ...] = ()
    hears: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
