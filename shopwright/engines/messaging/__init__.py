"""Message transports: `viewer:` keeps messages for the back office instead of sending; `smtp://…` sends e-mail."""

from collections.abc import Callable

from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.ports import MessageTransport
from shopwright.kit.settings import choose, client_of


def open_transport(channel: str, url: str, work: ServiceDatabase, sender: str) -> MessageTransport:
    """Open the transport of `channel`, sending from `sender`. Raises Invalid for an unknown scheme."""
    return choose(channel, url, MAIL if channel == "mail" else VIEWER)(url, work, sender)


def _viewer(_url: str, work: ServiceDatabase, _sender: str, /) -> MessageTransport:
    from shopwright.engines.messaging.viewer import Viewer

    return Viewer(work)


def _smtp(url: str, _work: ServiceDatabase, sender: str, /) -> MessageTransport:
    with client_of("smtp"):
        from shopwright.engines.messaging.smtp import Smtp

    return Smtp(url, sender)


Open = Callable[[str, ServiceDatabase, str], MessageTransport]
VIEWER: dict[str, Open] = {"viewer": _viewer}
MAIL: dict[str, Open] = {**VIEWER, "smtp": _smtp, "smtps": _smtp}
