"""The language of the command line: the shop's, else that of the terminal if it has a catalogue.

click's own sentences about wrong usage stay English: it has no catalogue, and reads that of the whole process.
"""

import copy
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from shopwright.kit.translation import SOURCE, current_language, gettext_noop, languages, translated

LANGUAGE, CONFIG = "SHOPWRIGHT_LANGUAGE", "SHOPWRIGHT_CONFIG"
TERMINAL = ("LC_ALL", "LC_MESSAGES", "LANG")  # in the order of POSIX
# What click writes into helps.
OF_CLICK = (
    gettext_noop("Usage:"),
    gettext_noop("Options"),
    gettext_noop("Commands"),
    gettext_noop("Show this message and exit."),
    gettext_noop("Show the version and exit."),
)


def command_language(environment: Mapping[str, str]) -> str:
    """The language of commands in this environment. A wrong setting is reported by the command, not here."""
    wanted = [environment.get(LANGUAGE, "") or _configured(environment.get(CONFIG, ""))]
    for name in TERMINAL:
        locale = environment.get(name, "").partition(".")[0].partition("@")[0]
        wanted += [locale, locale.replace("_", "-"), locale.partition("_")[0]] if locale else []
    return next((one for one in wanted if one in languages()), SOURCE)


def _configured(path: str) -> str:
    try:
        return str(tomllib.loads(Path(path).read_text(encoding="utf-8")).get("language", "")) if path else ""
    except (OSError, ValueError):
        return ""


def _word(text: str) -> str:
    """A text that is no format: helps may hold braces."""
    return translated(current_language(), text)


class CommandHelp(click.HelpFormatter):
    """Writes click's headings in the current language."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, f"{_word(OF_CLICK[0])} " if prefix is None else prefix)

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        with super().section(_word(name) if name in OF_CLICK else name):
            yield

    def write_dl(self, rows: Iterable[tuple[str, str]], *args: Any, **more: Any) -> None:
        super().write_dl([(name, _word(text) if text in OF_CLICK else text) for name, text in rows], *args, **more)


class HelpContext(click.Context):
    """A context whose help is in the current language."""

    formatter_class: type[click.HelpFormatter] = CommandHelp


def in_words(command: click.Command) -> click.Command:
    """A copy of a command, and of its subcommands, with helps in the current language."""
    made = copy.copy(command)
    made.context_class = HelpContext
    made.help, made.params = _word(made.help) if made.help else made.help, []
    for param in command.params:
        shown = copy.copy(param)
        if isinstance(shown, click.Option) and shown.help and shown.help not in OF_CLICK:
            shown.help = _word(shown.help)
        made.params.append(shown)
    if isinstance(made, click.Group):
        made.commands = {name: in_words(one) for name, one in made.commands.items()}
    return made


def helps(command: click.Command, context: click.Context) -> Iterator[str]:
    """All texts of the help of a command and its subcommands, for the catalogue."""
    if command.help:
        yield command.help
    for param in command.params:
        if isinstance(param, click.Option) and param.help and param.help not in OF_CLICK:
            yield param.help
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if (found := command.get_command(context, name)) is not None:
                yield from helps(found, context)
