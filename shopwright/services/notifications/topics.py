"""Topics of messages: defaults, required messages, and people's choices."""

from collections.abc import Mapping

from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.notifications.contract import Channels, Preferences, Topic

# Defaults, and messages that are always sent.
USUAL: Mapping[Topic, Channels] = {
    "account": Channels(email=True),
    "orders": Channels(email=True),
    "parcels": Channels(email=True),
    "stock": Channels(email=True),
    "carts": Channels(),
}
REQUIRED: Mapping[Topic, str] = {
    "account": gettext_noop("E-mails about the safety of your account are always sent."),
    "orders": gettext_noop("E-mails about what you ordered and paid are always sent."),
}


def person(email: str) -> str:
    """The key of a recipient: the address in lower case."""
    return email.strip().casefold()


def wishes(stored: Mapping[tuple[str, str], bool]) -> Preferences:
    """The defaults overridden by a person's choices."""
    return Preferences(
        topics={
            topic: Channels(
                **{
                    channel: stored.get((topic, channel), getattr(usual, channel))
                    for channel in usual.__struct_fields__
                }
            )
            for topic, usual in USUAL.items()
        }
    )


def check_wishes(wanted: Preferences) -> None:
    """Check preferences. Raises Invalid."""
    for topic, required in REQUIRED.items():
        if topic in wanted.topics and not wanted.topics[topic].email:
            raise Invalid.at(f"/topics/{topic}/email", _(required))
