"""Settings are one frozen structure from defaults, a TOML file and the environment, in that order.

An unknown setting is an error that names the nearest known one, so that a typo is not ignored.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from shopwright.kit.digits import is_number
from shopwright.kit.errors import Invalid, Problem
from shopwright.kit.setting_types import SETTING, SettingType, near
from shopwright.kit.translation import gettext as _

T = TypeVar("T", bound=msgspec.Struct)
E = TypeVar("E")
PREFIX = "SHOPWRIGHT_"
FILE = "SHOPWRIGHT_CONFIG"
# In one URL or several: scheme, user info and query.
WHO = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)(://)([^/?#\s]*)@")
GIVEN = re.compile(r"([?&;])([^=&;#\s]+)=([^&;#\s,]*)")
HAVE_USERS = frozenset({"postgresql", "postgres", "mongodb", "mongodb+srv", "amqp", "amqps", "smtp", "smtps"})
HARMLESS = frozenset({
    "api", "ca", "connections", "endpoint", "prefix", "region", "replica", "replicaset", "roles", "share", "sslmode", "sslrootcert",
    "starttls", "tls", "authsource", "w", "readpreference", "target_session_attrs",
})  # fmt: skip
SHARING = re.compile(r"[A-Za-z0-9_-]{1,50}")


class Setting(msgspec.Struct, frozen=True):
    """A setting as printed by `shopwright settings`."""

    name: str
    value: str
    origin: str
    meaning: str


def read(shape: type[T], environment: Mapping[str, str]) -> tuple[T, dict[str, str]]:
    """Return the settings and the origin of each. Raises Invalid naming every wrong setting."""
    fields = {field.name: field for field in msgspec.structs.fields(shape)}
    given: dict[str, tuple[Any, str]] = {}
    if path := environment.get(FILE):
        given |= {name.lower(): (value, path) for name, value in _read_toml(Path(path)).items()}
    given |= {
        name.removeprefix(PREFIX).lower(): (value, name)
        for name, value in environment.items()
        if name.startswith(PREFIX) and name != FILE
    }
    problems = []
    values: dict[str, Any] = {}
    for name, (value, origin) in given.items():
        if name not in fields:
            near = difflib.get_close_matches(name, fields, n=1)
            hint = (
                _("Did you mean {name}?", name=PREFIX + near[0].upper())
                if near
                else _("`shopwright settings` lists all there are.")
            )
            problems.append(
                Problem(
                    f"/{name}",
                    "unknown_setting",
                    _(
                        "{origin} sets {upper}, which does not exist. {hint}",
                        origin=origin,
                        upper=name.upper(),
                        hint=hint,
                    ),
                )
            )
            continue
        try:
            values[name] = msgspec.convert(value, fields[name].type, strict=False)
        except msgspec.ValidationError:
            wrong = _expected(fields[name].type, str(value))
        else:
            wrong = _problem(fields[name].type, values[name])
        if wrong:
            setting = PREFIX + name.upper()
            named = setting if origin == setting else _("{setting} (from {origin})", setting=setting, origin=origin)
            problems.append(Problem(f"/{name}", "invalid", wrong.replace(SETTING, named)))
    _raise(problems)
    origins = {name: given[name][1] if name in given else "default" for name in fields}
    return shape(**values), origins


def require_right(settings: msgspec.Struct, names: Sequence[str]) -> None:
    """Raise Invalid naming each of these settings that is wrong."""
    hints = get_type_hints(type(settings), include_extras=True)
    found = ((name, _problem(hints[name], getattr(settings, name))) for name in names)
    _raise(
        [
            Problem(f"/{name}", "invalid", wrong.replace(SETTING, PREFIX + name.upper()))
            for name, wrong in found
            if wrong
        ]
    )


def _raise(problems: Sequence[Problem]) -> None:
    if problems:
        raise Invalid(" ".join(problem.detail for problem in problems), problems=tuple(problems))


def _problem(hint: Any, value: Any) -> str:
    """Describe the problem of a value of the right Python type; "" if there is none."""
    found = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((one.problem(value) for one in found if isinstance(one, SettingType)), "")


def _expected(hint: Any, value: str) -> str:
    """Describe valid values in place of one of the wrong type or range."""
    inner, *extras = get_args(hint)
    if get_origin(inner) is Literal:
        return _("{setting} is “{value}”. {hint}", setting=SETTING, value=value, hint=near(value, get_args(inner)))
    if inner is bool:
        return _("{setting} is “{value}”; write true or false.", setting=SETTING, value=value)
    bounds = [one for one in extras if isinstance(one, msgspec.Meta) and one.ge is not None]
    if inner is int and bounds:
        return _(
            "{setting} is “{value}”; it is a whole number from {least} to {most}, without commas.",
            setting=SETTING,
            value=value,
            least=f"{bounds[0].ge:,}",
            most=f"{bounds[0].le:,}",
        )
    return _("{setting} is no text; put it in quotation marks.", setting=SETTING)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Invalid(
            _("The settings file {path} named by {file} cannot be read: {error}", path=path, file=FILE, error=error)
        ) from None


def describe(settings: msgspec.Struct, origins: Mapping[str, str]) -> list[Setting]:
    """Return all settings with value (secrets masked), origin and meaning, as declared."""
    hints = get_type_hints(type(settings), include_extras=True)
    return [
        Setting(PREFIX + name.upper(), mask(name, str(getattr(settings, name))), origins[name], _meaning(hints[name]))
        for name in settings.__struct_fields__
    ]


def _meaning(hint: Any) -> str:
    if get_origin(hint) is Annotated:
        for extra in get_args(hint)[1:]:
            if isinstance(extra, msgspec.Meta) and extra.description:
                return extra.description
    return ""


def mask(name: str, value: str) -> str:
    """The value with secrets and passwords in URLs replaced."""
    if value and any(word in name for word in ("password", "secret", "key", "token")):
        return "••••"
    if "://" not in value:
        return value
    hidden = WHO.sub(_hide_who, value)
    return GIVEN.sub(lambda found: found[0] if found[2].lower() in HARMLESS else f"{found[1]}{found[2]}=••••", hidden)


def _hide_who(found: re.Match[str]) -> str:
    """Mask a password; a lone user is a key, unless the server has users."""
    user, password, _ = found[3].partition(":")
    if password:
        return f"{found[1]}{found[2]}{user}:••••@"
    return found[0] if found[1].lower() in HAVE_USERS else f"{found[1]}{found[2]}••••@"


def listed(value: str) -> tuple[str, ...]:
    """The parts of a setting with several values."""
    return tuple(dict.fromkeys(value.replace(",", " ").split()))


def choose(kind: str, url: str, known: Mapping[str, E]) -> E:
    """Return the engine for the scheme of `url`. Raises Invalid with "did you mean"."""
    scheme = url.partition(":")[0]
    if scheme in known:
        return known[scheme]
    near = difflib.get_close_matches(scheme, known, n=1)
    hint = (
        _("Did you mean {name}?", name=f"{near[0]}:")
        if near
        else _("Known here: {names}.", names=", ".join(f"{name}:" for name in known))
    )
    raise Invalid(
        _(
            "{prefix}{upper} is set to a URL that starts with {scheme}:, which is not a {kind} engine. {hint}",
            prefix=PREFIX,
            upper=kind.upper(),
            scheme=scheme,
            kind=kind,
            hint=hint,
        )
    )


# The import names of each extra's packages.
EXTRAS: Mapping[str, tuple[str, ...]] = {
    "postgres": ("asyncpg",),
    "redis": ("redis",),
    "memcached": ("pymemcache",),
    "s3": ("obstore",),
    "smtp": ("aiosmtplib",),
    "opensearch": ("opensearchpy",),
    "rabbitmq": ("aio_pika",),
    "mongodb": ("pymongo",),
    "apart": ("aiohttp", "circuitbreaker"),
    "cluster": ("supervisor",),
    "cloudfront": ("botocore",),
    "traces": ("opentelemetry",),
    "stripe": ("stripe",),
}


def missing_extra(error: ModuleNotFoundError) -> str | None:
    """Return what to install if a module of an extra is missing; None for other modules."""
    package = (error.name or "").partition(".")[0]
    extra = next((name for name, packages in EXTRAS.items() if package in packages), None)
    if extra is None:
        return None
    return f"This needs {package}, which is not installed: pip install 'shopwright[{extra}]'."


@contextmanager
def client_of(extra: str) -> Iterator[None]:
    """Import an engine's client; a missing one is an Invalid setting that says how to install it."""
    try:
        yield
    except ImportError as error:  # it is not there, or without what it needs itself
        raise Invalid(
            _(
                "This engine needs {name}, which is not (wholly) installed: pip install 'shopwright[{extra}]'.",
                name=error.name,
                extra=extra,
            )
        ) from None


class EngineUrl(msgspec.Struct, frozen=True):
    """A parsed engine URL. `hosts`: each with its port, or None."""

    scheme: str
    user: str
    password: str
    hosts: tuple[tuple[str, int | None], ...]
    path: str
    options: Mapping[str, str]


def take_apart(kind: str, url: str, options: Sequence[str] = ()) -> EngineUrl:
    """Parse an engine URL, with decoded user and password. Raises Invalid, never repeating a password."""
    name = PREFIX + kind.upper()
    split = urlsplit(url)
    given, _at, where = split.netloc.rpartition("@")
    user, _colon, password = given.partition(":")
    hosts = []
    for one in where.split(","):
        host, _colon, port = one.partition(":") if not one.startswith("[") else _bracketed(one)
        if not host:
            raise Invalid(_("{name} names no host; example: {scheme}://host:port.", name=name, scheme=split.scheme))
        if port and not is_number(port):
            raise Invalid(_("{name} has the port “{port}”; a port is a number.", name=name, port=port))
        hosts.append((host, int(port) if port else None))
    found = dict(parse_qsl(split.query, keep_blank_values=True))
    for option in found:
        if option not in options:
            hint = _("Known here: {names}.", names=", ".join(options)) if options else _("It knows none.")
            raise Invalid(
                _(
                    "{name} has the option “{option}”, which {scheme}: does not know. {hint}",
                    name=name,
                    option=option,
                    scheme=split.scheme,
                    hint=hint,
                )
            )
    return EngineUrl(split.scheme, unquote(user), unquote(password), tuple(hosts), split.path.strip("/"), found)


def prefix_of(kind: str, url: EngineUrl) -> str:
    """The prefix of the shop's names on a shared server. Raises Invalid."""
    prefix = url.options.get("prefix", "shopwright")
    if not SHARING.fullmatch(prefix):
        raise Invalid(
            _(
                "{prefix}{upper} has the prefix “{text}”; it is made of letters, digits, - and _.",
                prefix=PREFIX,
                upper=kind.upper(),
                text=prefix,
            )
        )
    return prefix


def _bracketed(address: str) -> tuple[str, str, str]:
    """A bracketed IPv6 address and its port."""
    host, _, port = address[1:].partition("]")
    return host, ":", port.removeprefix(":")
