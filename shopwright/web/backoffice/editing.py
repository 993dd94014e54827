"""Concurrent editing: the second person to save sees what the other changed, and keeps the typed text.

A form carries a mark of each field as shown (`_seen`). If the stored value no longer matches, someone else changed it;
if the sent value matches, it was not edited here. A form without marks contains only changes.
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


class FieldConflict(msgspec.Struct, frozen=True):
    """A field changed by someone else: its current value and the text typed here ("" as `mine`: none)."""

    label: str
    theirs: str
    mine: str
    touched: bool


def _mark(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return hashlib.sha256(lines.strip().encode()).hexdigest()[:10]


def form_versions(shown: Mapping[str, str]) -> str:
    """The marks of fields as shown, for a hidden field."""
    return " ".join(f"{quote(name, safe='')}={_mark(text)}" for name, text in shown.items())


def is_complete(form: Mapping[str, str]) -> bool:
    """Whether the form was filled with current values, so that empty fields were emptied and boxes unticked."""
    return bool(form.get(SEEN))


def _seen(form: Mapping[str, str]) -> dict[str, str]:
    parts = (part.partition("=") for part in form.get(SEEN, "").split())
    return {unquote(name): mark for name, _, mark in parts}


def is_untouched(form: Mapping[str, str], name: str) -> bool:
    """Whether the field was sent as shown; False if unknown."""
    return is_complete(form) and _seen(form).get(name) == _mark(form.get(name, ""))


def differences(form: Mapping[str, str], now: Mapping[str, str], labels: Mapping[str, str]) -> list[FieldConflict]:
    """Fields someone else changed where the typed text differs."""
    if not is_complete(form):
        return []
    seen, found = _seen(form), []
    for name in dict.fromkeys((*now, *seen)):
        theirs, mine, before = now.get(name, ""), form.get(name, ""), seen.get(name, _mark(""))
        if before != _mark(theirs) and _mark(mine) != _mark(theirs):
            found.append(
                FieldConflict(labels.get(name, name), theirs[:SHOWN], mine[:SHOWN], touched=_mark(mine) != before)
            )
    return found


def merged(form: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """The form to save again: typed text, and current values of untouched fields."""
    seen = _seen(form)
    untouched = {name: text for name, text in now.items() if _mark(form.get(name, "")) == seen.get(name, _mark(""))}
    return {**{name: text for name, text in form.items() if name != SEEN}, **untouched}


def retry_context(form: Mapping[str, str], now: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, Any]:
    """The context to show a form again: typed text and other people's changes (`different`)."""
    seen = form_versions(now)
    different = render.plain(differences(form, now, labels))
    return {"different": different, "seen": seen, "typed": {**merged(form, now), SEEN: seen}}


def conflict(form: Mapping[str, str], now: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, Any]:
    """Describe a conflicting change of a field; empty if there is none."""
    shown = retry_context(form, now, labels)
    return shown if shown["different"] else {}


class FormReader:
    """Reads a form that changes something: omitted and (unless the form is whole) empty fields stay."""

    def __init__(self, form: Mapping[str, str], shown: Mapping[str, str]) -> None:
        self._form = form
        self._shown = shown
        self._whole = is_complete(form)

    def text(self, name: str, otherwise: str = "") -> str:
        """The value of a field."""
        typed = self._form.get(name, "").strip()
        if typed or (self._whole and name in self._form):
            return typed
        return self._shown.get(name, otherwise)

    def typed(self, name: str) -> bool:
        """Whether anything was typed into the field."""
        return bool(self._form.get(name, "").strip())

    def ticked(self, name: str) -> bool:
        """Whether the box is ticked."""
        return name in self._form if self._whole or name in self._form else self._shown.get(name) == TICKED
