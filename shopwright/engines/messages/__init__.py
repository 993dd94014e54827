"""Mail, SMS and push: `viewer:` keeps them for the back office to read instead of sending them."""

from shopwright.kit.ports import Postbox
from shopwright.kit.settings import choose
from shopwright.kit.work import Work


def open_postbox(channel: str, url: str, work: Work) -> Postbox:
    """Where messages of `channel` go. Raises Invalid for a scheme nobody knows."""
    return choose(channel, url, {"viewer": _viewer})(work)


def _viewer(work: Work) -> Postbox:
    from shopwright.engines.messages.viewer import Viewer

    return Viewer(work)
