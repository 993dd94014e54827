"""The command line speaks the language of the shop, else that of the terminal; in the pseudo-locale no word is left."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from shopwright.cli.language import command_language
from shopwright.cli.main import main
from shopwright.kit.clock import HandClock
from shopwright.kit.translation import PSEUDO
from tests.builders.damage import no_settings
from tests.builders.pseudo_locale import left_over, pseudo_shop

# Commands that print about a shop without changing it, and such as refuse.
COMMANDS = (
    ("settings", "--check"), ("settings",), ("doctor",), ("doctor", "--engines"), ("doctor", "--repair"), ("events", "dead"),
    ("events", "replay"), ("keys", "list"), ("migrate",), ("migrate", "--plan"), ("taxes", "presets"), ("payments", "unknown"),
    ("messages", "resend", "--since", "2026-01-01"), ("serve", "nothing"), ("currency", "USD"), ("restore", "nowhere.zip"),
    ("import", "shopify", "nowhere.csv"), ("import", "nothing", "nowhere.csv"), ("export", "nowhere/x.zip"), ("init",),
    ("password", "nobody@example.com"), ("ledger", "csv", "nowhere.csv", "--from", "x", "--to", "y"), ("demo",), ("rebuild",),
    ("backup", "/dev/null/x"), ("drill", "/dev/null"), ("cluster", "status"), ("cluster", "scale", "x"),
)  # fmt: skip
# What helps and lists begin lines with: names of commands, options and settings.
NAMES = re.compile(
    r"^\s+(?:-\S.*?|[a-z-]+)(?=\s{2,}|$)|^\[Ûšàgé.*$|^shopwright: |^SHOPWRIGHT_\w+=.*$|^[a-z-]+(?=:| {2,})"
)


CUT_OFF = re.compile(r"^\s+[a-z-]+\s{2,}\[[^\]]*$")


def every_command(group: click.Group, *names: str) -> Iterator[tuple[str, ...]]:
    """The names of all commands and subcommands."""
    yield names
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from every_command(command, *names, name)
        else:
            yield (*names, name)


def printed(*command: str, **environment: str) -> str:
    """The output of a command in this environment."""
    runner = CliRunner(env=no_settings() | environment)
    return runner.invoke(main, list(command), terminal_width=10_000, max_content_width=10_000).output


def own_words(text: str) -> list[str]:
    """Words outside brackets that are not names. Lists of commands cut help texts off within brackets."""
    return left_over(NAMES.sub("", CUT_OFF.sub("", line)) for line in text.splitlines())


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "en_XA.UTF-8"}, PSEUDO),
        ({"LANG": "xx_YY.UTF-8"}, "en"),
        ({"LC_ALL": "C", "LANG": "en_XA.UTF-8"}, PSEUDO),
        ({"SHOPWRIGHT_LANGUAGE": "en", "LANG": "en_XA.UTF-8"}, "en"),
        ({"SHOPWRIGHT_LANGUAGE": PSEUDO}, PSEUDO),
        ({"SHOPWRIGHT_CONFIG": "/nowhere.toml"}, "en"),
    ],
)
def test_commands_speak_the_language_of_the_shop_or_the_terminal(environment: dict[str, str], language: str) -> None:
    assert command_language(environment) == language


def test_a_settings_file_says_the_language_of_commands(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text(f'language = "{PSEUDO}"')
    assert command_language({"SHOPWRIGHT_CONFIG": str(tmp_path / "shop.toml"), "LANG": "en"}) == PSEUDO


def test_every_help_is_in_the_catalogue() -> None:
    found = {
        " ".join(names): words for names in every_command(main)
        if (words := own_words(printed(*names, "--help", SHOPWRIGHT_LANGUAGE=PSEUDO)))
    }  # fmt: skip
    assert found == {}
    assert "Usage: " in printed("--help")


@pytest.mark.slow
async def test_every_output_is_in_the_catalogue(data: tuple[Path, str], clock: HandClock) -> None:
    async with pseudo_shop(data, clock):
        pass
    environment = {"SHOPWRIGHT_LANGUAGE": PSEUDO, "SHOPWRIGHT_DATA": str(data[0]), "SHOPWRIGHT_PAYMENTS": "pretend:"}
    outputs = {" ".join(one): await asyncio.to_thread(printed, *one, **environment) for one in COMMANDS}
    found = {command: words for command, output in outputs.items() if (words := own_words(output))}
    assert found == {}
