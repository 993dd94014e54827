"""Messages in the reader's language, from gettext catalogues.

English is the source and needs no catalogue. Others are `shopwright/locales/LANGUAGE/LC_MESSAGES/shopwright.po`, read
once by Babel. `en-XA` is a generated pseudo-locale: English with accents, in brackets and a third longer, which reveals
text outside the catalogue and text that does not fit.

Placeholders are named and in braces, `_("Pay {amount}", amount=…)`, so that translations may reorder them. Messages are
whole sentences, never joined from parts.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from shopwright.kit.errors import Invalid

LOCALES = Path(__file__).parents[1] / "locales"
SOURCE, PSEUDO = "en", "en-XA"
BRITISH = "en_GB"
_language: ContextVar[str] = ContextVar("language", default=SOURCE)
_ACCENTED = str.maketrans("aceinosuyACEINOSUY", "àçéîñöšûýÀÇÉÎÑÖŠÛÝ")
Key = TypeVar("Key")
_LONGER = 0.3  # how much longer than English other languages are, after the W3C's “Text size in translation”


def languages() -> tuple[str, ...]:
    """The languages with a catalogue, English first and the pseudo-locale last."""
    return (SOURCE, *sorted(path.name for path in LOCALES.iterdir() if path.is_dir()), PSEUDO)


def check_language(language: str) -> None:
    """Raise Invalid for a language without a catalogue."""
    if language not in languages():
        raise Invalid(
            gettext(
                "there is no catalogue for “{language}”, only for {known}.",
                language=language,
                known=", ".join(languages()),
            )
        )


def current_language() -> str:
    """The language of this request or message."""
    return _language.get()


def format_locale() -> str:
    """Babel's name of the locale whose forms of money, numbers and names of places go with the current language."""
    language = current_language()
    return SOURCE if language == PSEUDO else language.replace("-", "_")


def date_locale() -> str:
    """Babel's name of the locale of dates; those of English are British."""
    locale = format_locale()
    return BRITISH if locale == SOURCE else locale


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Translate to `language` inside."""
    before = _language.set(language)
    try:
        yield
    finally:
        _language.reset(before)


def pseudo(message: str) -> str:
    """A message in the pseudo-locale; placeholders stay."""
    parts = message.replace("{", "\0{").replace("}", "}\0").split("\0")
    text = "".join(part if part.startswith("{") else part.translate(_ACCENTED) for part in parts)
    return f"[{text}{'·' * round(len(message) * _LONGER)}]"


def read_catalogue(path: Path, language: str) -> NullTranslations:
    """Read the messages of a .po file."""
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)


@cache
def _messages(language: str) -> NullTranslations:
    return read_catalogue(LOCALES / language / "LC_MESSAGES" / "shopwright.po", language)


def translated(language: str, singular: str, plural: str = "", count: int = 1) -> str:
    """A message in `language` with its placeholders; English if the catalogue lacks it."""
    if language in {SOURCE, PSEUDO}:
        message = singular if count == 1 or not plural else plural
        return pseudo(message) if language == PSEUDO else message
    messages = _messages(language)
    return messages.ngettext(singular, plural, count) if plural else messages.gettext(singular)


def gettext(message: str, /, **values: Any) -> str:
    """A message in the current language; imported as `_`, which the extraction looks for."""
    return translated(_language.get(), message).format(**values)


def ngettext(singular: str, plural: str, count: int, /, **values: Any) -> str:
    """A message whose form depends on `count`, its placeholder `{count}`."""
    return translated(_language.get(), singular, plural, count).format(count=count, **values)


def translated_values(messages: Mapping[Key, str]) -> dict[Key, str]:
    """Constants marked with `gettext_noop`, in the current language."""
    return {key: gettext(message) for key, message in messages.items()}


def gettext_noop(message: str) -> str:
    """Mark a constant for the catalogue; `_` translates it where it is shown."""
    return message
