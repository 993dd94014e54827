"""Forms that two people may have open at once: who saves second is told what the other changed, and keeps what they typed.

A form carries a mark of each field as it was shown (`_seen`). A field whose value is another by now was changed by somebody
else meanwhile; one that was sent as it was shown was not touched here. A form without marks says what changes, and no more.
"""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from shopwright.web import render

SEEN = "_seen"
TICKED = "on"
SHOWN = 400  # characters of a text that are shown to be compared


class Difference(msgspec.Struct, frozen=True):
    """A field that somebody else changed meanwhile: what it is now, and what was typed here ("" as `mine`: nothing)."""

    label: str
    theirs: str
    mine: str
    touched: bool


def _mark(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return hashlib.sha256(lines.strip().encode()).hexdigest()[:10]


def marks(shown: Mapping[str, str]) -> str:
    """The marks of fields as they are shown, for a hidden field."""
    return " ".join(f"{quote(name, safe='')}={_mark(text)}" for name, text in shown.items())


def is_whole(form: Mapping[str, str]) -> bool:
    """Was the form filled with what there is? Then a field that is empty was emptied, and a box that is not ticked unticked."""
    return bool(form.get(SEEN))


def _seen(form: Mapping[str, str]) -> dict[str, str]:
    parts = (part.partition("=") for part in form.get(SEEN, "").split())
    return {unquote(name): mark for name, _, mark in parts}


def is_untouched(form: Mapping[str, str], name: str) -> bool:
    """Was this field sent as it was shown? False where that is not known."""
    return is_whole(form) and _seen(form).get(name) == _mark(form.get(name, ""))


def differences(form: Mapping[str, str], now: Mapping[str, str], labels: Mapping[str, str]) -> list[Difference]:
    """What somebody else changed since the form was shown, where what was typed says otherwise."""
    if not is_whole(form):
        return []
    seen, found = _seen(form), []
    for name in dict.fromkeys((*now, *seen)):
        theirs, mine, before = now.get(name, ""), form.get(name, ""), seen.get(name, _mark(""))
        if before != _mark(theirs) and _mark(mine) != _mark(theirs):
            found.append(
                Difference(labels.get(name, name), theirs[:SHOWN], mine[:SHOWN], touched=_mark(mine) != before)
            )
    return found


def merged(form: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """The form to be saved again: what was typed, and what is there now where nothing was."""
    seen = _seen(form)
    untouched = {name: text for name, text in now.items() if _mark(form.get(name, "")) == seen.get(name, _mark(""))}
    return {**{name: text for name, text in form.items() if name != SEEN}, **untouched}


def again(form: Mapping[str, str], now: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, Any]:
    """What a form is shown with once more: what was typed, and what somebody else changed meanwhile (`different`)."""
    seen = marks(now)
    different = render.plain(differences(form, now, labels))
    return {"different": different, "seen": seen, "typed": {**merged(form, now), SEEN: seen}}


def conflict(form: Mapping[str, str], now: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, Any]:
    """The same where somebody else changed something of it; nothing where nobody did."""
    shown = again(form, now, labels)
    return shown if shown["different"] else {}


class FormReader:
    """A form over what there is: what it leaves out, or (unless it is whole) empty, stays."""

    def __init__(self, form: Mapping[str, str], shown: Mapping[str, str]) -> None:
        self._form = form
        self._shown = shown
        self._whole = is_whole(form)

    def text(self, name: str, otherwise: str = "") -> str:
        """What a field says."""
        typed = self._form.get(name, "").strip()
        if typed or (self._whole and name in self._form):
            return typed
        return self._shown.get(name, otherwise)

    def typed(self, name: str) -> bool:
        """Was anything typed into it?"""
        return bool(self._form.get(name, "").strip())

    def ticked(self, name: str) -> bool:
        """Is a box ticked?"""
        return name in self._form if self._whole or name in self._form else self._shown.get(name) == TICKED
