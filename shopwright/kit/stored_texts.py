"""Texts that are stored in English and translated where they are shown.

Histories and price breakdowns are read again by code of this and later versions, and outlive a change of the shop's
language. So they are stored as the catalogue's messages are, with their values filled in.
"""

import re
from collections.abc import Iterable
from string import Formatter

from shopwright.kit.translation import SOURCE, current_language
from shopwright.kit.translation import gettext as _


def _pattern(message: str) -> re.Pattern[str]:
    parts = (
        re.escape(text) + (f"(?P<{name}>.+)" if name else "") for text, name, _spec, _conv in Formatter().parse(message)
    )
    return re.compile("".join(parts), re.DOTALL)


def _literal_length(message: str) -> int:
    return sum(len(text) for text, _name, _spec, _conv in Formatter().parse(message))


class StoredTexts:
    """Messages that stored texts were made of; each placeholder stands once in its message."""

    def __init__(self, messages: Iterable[str]) -> None:
        self.messages = tuple(sorted(messages, key=_literal_length, reverse=True))
        self._patterns = tuple((message, _pattern(message)) for message in self.messages)

    def shown(self, text: str) -> str:
        """The text in the current language; as it is if it was made of no message, such as a reason that staff typed."""
        if current_language() == SOURCE:
            return text
        for message, pattern in self._patterns:
            if found := pattern.fullmatch(text):
                return _(message, **{name: self.shown(value) for name, value in found.groupdict().items()})
        return text
