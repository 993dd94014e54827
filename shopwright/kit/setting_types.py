"""The types of settings. Each explains what is wrong with a value and what would be right.

No sentence repeats a secret: of secrets and engine URLs only the scheme or an option is named.
"""

import difflib
import ipaddress
import re
from collections.abc import Callable, Iterable
from email.utils import parseaddr
from pathlib import Path

import msgspec

from shopwright.kit.addresses import check_email
from shopwright.kit.countries import check_country
from shopwright.kit.currencies import minor_digits
from shopwright.kit.days import zone_named
from shopwright.kit.digits import is_number
from shopwright.kit.errors import Invalid
from shopwright.kit.translation import check_language
from shopwright.kit.translation import gettext as _

# Returns a sentence about what is wrong and what would be right, or "". In it SETTING stands for the setting's name.
Check = Callable[[str], str]
SETTING = "{setting}"
HOST = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?")
HIDDEN = re.compile(r"[\x00-\x1f\x7f]")
MOST_PORTS = 65_535
LEAST_SECRET, LEAST_TOKEN, LEAST_PASSWORD = 32, 12, 8
EXAMPLE = "https://shop.example.com"


class SettingType(msgspec.Struct, frozen=True):
    """The type of a setting, as metadata of its field. `empty`: whether it may be empty."""

    check: Check
    empty: bool = False

    def problem(self, value: str) -> str:
        """Describe the problem in a sentence; "" if there is none."""
        if not value:
            return "" if self.empty else _("{setting} is empty; leave it out, or give it a value.", setting=SETTING)
        return (
            _("{setting} holds a line break or another control character.", setting=SETTING)
            if HIDDEN.search(value)
            else self.check(value)
        )


def each(check: Check) -> Check:
    """Several values, separated by commas or spaces."""

    def every(value: str) -> str:
        return next((problem for one in value.replace(",", " ").split() if (problem := check(one))), "")

    return every


def several(check: Check) -> Check:
    """Several values, separated by commas only, as they may contain spaces."""

    def every(value: str) -> str:
        return next((problem for one in value.split(",") if (problem := check(one.strip()))), "")

    return every


def near(word: str, known: Iterable[str]) -> str:
    """“Did you mean”, or all allowed values."""
    names = list(known)
    found = difflib.get_close_matches(word.lower(), names, n=1)
    return _("Did you mean {name}?", name=found[0]) if found else _("It is one of {names}.", names=", ".join(names))


def _detail(ask: Callable[[], object]) -> str:
    try:
        ask()
    except Invalid as error:
        return _("{setting} is wrong: {detail}", detail=error.detail, setting=SETTING)
    return ""


def email(value: str) -> str:
    """An e-mail address."""
    return _detail(lambda: check_email(value))


def sender(value: str) -> str:
    """An e-mail address with or without a name."""
    name, address = parseaddr(value)
    if not address or (not name and address != value.strip()):
        return _(
            "{setting} is “{value}”, which is not a valid sender; write Shop <shop@example.com>, or the address alone.",
            value=value,
            setting=SETTING,
        )
    return email(address)


def currency(value: str) -> str:
    """An ISO 4217 code."""
    if value.upper() != value and not _detail(lambda: minor_digits(value.upper())):
        return _(
            "{setting} is “{value}”; currencies are in capitals: {upper}.",
            value=value,
            upper=value.upper(),
            setting=SETTING,
        )
    return _detail(lambda: minor_digits(value))


def country(value: str) -> str:
    """An ISO 3166-1 code of two letters."""
    found = _detail(lambda: check_country(value))
    return (
        found
        if found or value.isupper()
        else _(
            "{setting} is “{value}”; countries are in capitals: {upper}.",
            value=value,
            upper=value.upper(),
            setting=SETTING,
        )
    )


def time_zone(value: str) -> str:
    """A time zone of the IANA database."""
    return _detail(lambda: zone_named(value))


def language(value: str) -> str:
    """A language with a message catalogue."""
    return _detail(lambda: check_language(value))


def title(value: str) -> str:
    """A title."""
    longest = 100
    if not value.strip():
        return _("{setting} is made of spaces; give it a name.", setting=SETTING)
    return (
        _("{setting} has {count} characters; at most {longest}.", count=len(value), longest=longest, setting=SETTING)
        if len(value) > longest
        else ""
    )


def secret(least: int) -> Check:
    """Unguessable random text."""

    def check(value: str) -> str:
        if re.search(r"\s", value):
            return _("{setting} holds spaces; make a random one: openssl rand -hex 32.", setting=SETTING)
        if len(value) < least:
            return _(
                "{setting} has {count} characters; at least {least}: openssl rand -hex 32 makes one.",
                count=len(value),
                least=least,
                setting=SETTING,
            )
        if len(set(value)) < min(least, LEAST_PASSWORD) // 2:
            return _(
                "{setting} is one character or a few, repeated; make a random one: openssl rand -hex 32.",
                setting=SETTING,
            )
        return ""

    return check


def password(value: str) -> str:
    """A password of sufficient length; whether it is common is checked where it is used."""
    return (
        _(
            "{setting} has {count} characters; at least {least_password}.",
            count=len(value),
            least_password=LEAST_PASSWORD,
            setting=SETTING,
        )
        if len(value) < LEAST_PASSWORD
        else ""
    )


def folder(value: str) -> str:
    """An existing folder, or one that can be created."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", value):
        return _(
            "{setting} is a folder, not a URL; write /{value}.",
            value=value.partition(":")[2].strip("/") or "srv/shop",
            setting=SETTING,
        )
    if (path := Path(value)).exists() and not path.is_dir():
        return _(
            "{setting} is {value}, which is a file and cannot be used; name a folder.", value=value, setting=SETTING
        )
    return ""


def network(value: str) -> str:
    """An IP address or network, but not all of them."""
    right = _("Write an IP address or a network: 127.0.0.1, 10.0.0.0/8, fd00::/8.")
    try:
        found = ipaddress.ip_network(value)
    except ValueError:
        if value.lower() == "localhost":
            return _("{setting} names “localhost”; did you mean 127.0.0.1 or ::1?", setting=SETTING)
        try:
            return _(
                "{setting} names “{value}”, an address within a network; did you mean {network}?",
                value=value,
                network=ipaddress.ip_network(value, strict=False),
                setting=SETTING,
            )
        except ValueError:
            return _(
                "{setting} names “{value}”, which is not a valid address. {right}",
                value=value,
                right=right,
                setting=SETTING,
            )
    if not found.prefixlen:
        return _(
            "{setting} names {value}, which is every address: all callers could claim any address. {right}",
            value=value,
            right=right,
            setting=SETTING,
        )
    return ""


def _address(host: str, port: str) -> str:
    """Check host and optional port of a URL."""
    if port and not (is_number(port) and 1 <= int(port) <= MOST_PORTS):
        return _(
            "{setting} has a port that cannot be; a port is a number from 1 to {most_ports}.",
            most_ports=MOST_PORTS,
            setting=SETTING,
        )
    if host.startswith("["):
        try:
            ipaddress.IPv6Address(host.strip("[]"))
        except ValueError:
            return _("{setting} has an invalid IPv6 address; example: [::1]:8000.", setting=SETTING)
        return ""
    if re.fullmatch(r"[0-9.]+", host):
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            return _("{setting} has an invalid IPv4 address; example: 192.0.2.7.", setting=SETTING)
        return ""
    return (
        ""
        if HOST.fullmatch(host)
        else _("{setting} has an invalid host; examples: db.internal, 192.0.2.7.", setting=SETTING)
    )


def _split_port(where: str) -> tuple[str, str, bool]:
    """Host, port, and whether there is a colon between them."""
    if where.startswith("["):
        host, _separator, rest = where.partition("]")
        return f"{host}]", rest.removeprefix(":"), rest.startswith(":")
    host, colon, port = where.partition(":")
    return host, port, bool(colon)


def _authority(where: str) -> str:
    host, port, error = _split_port(where)
    if error and not port:
        return _("{setting} ends its host with a colon; add the port or remove the colon.", setting=SETTING)
    return _address(host, port)


def web(value: str, *, path: bool = False) -> str:
    """The URL of a site: http or https, host and port, and no more unless `path`."""
    scheme, found, rest = value.partition("://")
    if not found or scheme not in {"http", "https"}:
        return _("{setting} is not a valid address of a site; example: {example}.", example=EXAMPLE, setting=SETTING)
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        return _("{setting} holds a user; leave that out: {example}.", example=EXAMPLE, setting=SETTING)
    if problem := _authority(authority):
        return problem
    after = rest[len(authority) :]
    if "?" in after or "#" in after:
        return _(
            "{setting} goes on after the host with ? or #; it ends there: {scheme}://{authority}.",
            scheme=scheme,
            authority=authority,
            setting=SETTING,
        )
    if after.strip("/") and not path:
        return _(
            "{setting} has the path {after}; a shop is at the root of its host: {scheme}://{authority}.",
            after=after,
            scheme=scheme,
            authority=authority,
            setting=SETTING,
        )
    return ""


def services(value: str) -> str:
    """The URL of services, with {service} in it."""
    if value.count("{service}") != 1 or re.search(r"[{}]", value.replace("{service}", "")):
        return _(
            "{setting} must contain {part} once; example: {example}.",
            part="{service}",
            example="http://{service}.shop.internal:8000",
            setting=SETTING,
        )
    return web(value.replace("{service}", "service"), path=True)


def engine(*, bare: str = "", folders: str = "", servers: str = "", accounts: str = "") -> Check:
    """The URL of an engine by scheme.

    `bare` ones stand alone, `folders` have a path, `servers` have hosts, `accounts` have two slashes and options only.
    """
    alone, local, remote, outside = bare.split(), folders.split(), servers.split(), accounts.split()

    def check(value: str) -> str:
        scheme, colon, rest = value.partition(":")
        known = (*alone, *local, *remote, *outside)
        if scheme not in known:
            return _(
                "{setting} is not a URL of a known engine. {scheme}",
                scheme=near(scheme, [f"{one}:" for one in known]),
                setting=SETTING,
            )
        if not colon:
            return _(
                "{setting} lacks a colon; did you mean {scheme}:{rest}?",
                scheme=scheme,
                rest="" if scheme in alone else "//",
                setting=SETTING,
            )
        if scheme in alone:
            return (
                _("{setting} has something after {scheme}:, which takes nothing.", scheme=scheme, setting=SETTING)
                if rest.strip("/")
                else ""
            )
        if scheme in local:
            return _folder_url(scheme, rest)
        if scheme in outside:
            return (
                ""
                if re.fullmatch(r"//(\?api=\S+)?", rest)
                else _(
                    "{setting} has something after {scheme}://; its keys are entered in the back office.",
                    scheme=scheme,
                    setting=SETTING,
                )
            )
        return _server_url(scheme, rest)

    return check


def _folder_url(scheme: str, rest: str) -> str:
    right = _("Three slashes and an absolute folder follow: {scheme}:///srv/shop.", scheme=scheme)
    if not rest.startswith("///"):
        return _(
            "{setting} names no folder as {scheme}: requires. {right}", scheme=scheme, right=right, setting=SETTING
        )
    path = Path(rest[2:])
    if any(sign in rest for sign in "?#"):
        return _("{setting} has something after the folder. {right}", right=right, setting=SETTING)
    return (
        _("{setting} names {path}, which is a file; name a folder.", path=path, setting=SETTING)
        if path.is_file()
        else ""
    )


def _server_url(scheme: str, rest: str) -> str:
    if not rest.startswith("//"):
        return _(
            "{setting} names no host: two slashes and a host follow, {scheme}://host.", scheme=scheme, setting=SETTING
        )
    if "#" in rest:
        return _("{setting} holds a #; where it belongs to a password, write it as %23.", setting=SETTING)
    authority = re.split(r"[/?]", rest[2:], maxsplit=1)[0]
    user, _separator, hosts = authority.rpartition("@")
    if re.search(r"%(?![0-9A-Fa-f]{2})", user):
        return _("{setting} has a % in its user or password that begins no %XX; write it as %25.", setting=SETTING)
    cut = re.search(r"[^/?]*/[^?]*@", rest[2:]) if "@" not in authority else None
    if cut:
        return _("{setting} has a / in its user or password; write it as %2F.", setting=SETTING)
    problems = (
        _authority(host)
        if host
        else _("{setting} names no host; example: {scheme}://host.", scheme=scheme, setting=SETTING)
        for host in hosts.split(",")
    )
    return next((problem for problem in problems if problem), "")
