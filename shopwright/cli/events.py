"""`shopwright events` lists and replays dead events."""

from collections.abc import Sequence

from shopwright.app import Shop
from shopwright.kit.errors import Missing
from shopwright.kit.translation import gettext as _


async def show(shop: Shop) -> int:
    """List dead events; exit code 1 if there are any."""
    dead = await shop.bus.dead()
    for one in dead:
        in_request = _(" in request {request}", request=one.request) if one.request else ""
        print(
            _(
                "{event_id}  {type} of {subject}, emitted by {source}{in_request}",
                event_id=one.event_id,
                type=one.type,
                subject=one.subject,
                source=one.source,
                in_request=in_request,
            )
        )
        print(_("    {handler} could not handle it: {problem}", handler=one.hearer, problem=one.problem))
    print(
        _("{count} dead events. `shopwright events replay` delivers them again.", count=len(dead))
        if dead
        else _("No dead events.")
    )
    return 1 if dead else 0


async def replay(shop: Shop, ids: Sequence[str]) -> int:
    """Deliver dead events again, these or all; exit code 1 if any are dead afterwards. Raises Missing."""
    dead = await shop.bus.dead()
    if unknown := set(ids) - {one.event_id for one in dead}:
        raise Missing(
            _("{names}: no such dead event. `shopwright events dead` lists them.", names=", ".join(sorted(unknown)))
        )
    chosen = [one for one in dead if not ids or one.event_id in ids]
    await shop.bus.replay(chosen)
    await shop.bus.settle()
    print(_("{count} dead events queued for delivery.", count=len(chosen)))
    return 0
