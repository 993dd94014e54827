"""The configuration files of nginx, HAProxy and Varnish, rendered from the templates beside this module."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import minijinja

HOME = Path(__file__).parent


def render(template: str, **values: Any) -> str:
    """The file a template makes of these values. Raises `minijinja.TemplateError` for a name the template lacks a value for."""
    return _environment().render_template(template, **values)


@cache
def _environment() -> minijinja.Environment:
    return minijinja.Environment(
        loader=lambda name: (HOME / name).read_text(encoding="utf-8"),
        filters={"regex_escape": re.escape},
        auto_escape_callback=lambda _name: False,
        undefined_behavior="strict",
        debug=False,  # its error messages would quote every value, the secret of purges too
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
