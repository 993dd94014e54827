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

# Returns what is wrong and what would be right, or "".
Check = Callable[[str], str]
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
        """What is wrong, in a sentence, or ""."""
        if not value:
            return "" if self.empty else "is empty; leave it out, or give it a value."
        return "holds a line break or another control character." if HIDDEN.search(value) else self.check(value)


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
    return f"Did you mean {found[0]}?" if found else f"It is one of {', '.join(names)}."


def _detail(ask: Callable[[], object]) -> str:
    try:
        ask()
    except Invalid as error:
        return f"is wrong: {error.detail}"
    return ""


def email(value: str) -> str:
    """An e-mail address."""
    return _detail(lambda: check_email(value))


def sender(value: str) -> str:
    """An e-mail address with or without a name."""
    name, address = parseaddr(value)
    if not address or (not name and address != value.strip()):
        return f"is “{value}”, which is no sender; write Shop <shop@example.com>, or the address alone."
    return email(address)


def currency(value: str) -> str:
    """An ISO 4217 code."""
    if value.upper() != value and not _detail(lambda: minor_digits(value.upper())):
        return f"is “{value}”; currencies are in capitals: {value.upper()}."
    return _detail(lambda: minor_digits(value))


def country(value: str) -> str:
    """An ISO 3166-1 code of two letters."""
    found = _detail(lambda: check_country(value))
    return found if found or value.isupper() else f"is “{value}”; countries are in capitals: {value.upper()}."


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
        return "is made of spaces; give it a name."
    return f"has {len(value)} characters; at most {longest}." if len(value) > longest else ""


def secret(least: int) -> Check:
    """Unguessable random text."""

    def check(value: str) -> str:
        if re.search(r"\s", value):
            return "holds spaces; make a random one: openssl rand -hex 32."
        if len(value) < least:
            return f"has {len(value)} characters; at least {least}: openssl rand -hex 32 makes one."
        if len(set(value)) < min(least, LEAST_PASSWORD) // 2:
            return "is one character or a few, repeated; make a random one: openssl rand -hex 32."
        return ""

    return check


def password(value: str) -> str:
    """A password of sufficient length; whether it is common is checked where it is used."""
    return f"has {len(value)} characters; at least {LEAST_PASSWORD}." if len(value) < LEAST_PASSWORD else ""


def folder(value: str) -> str:
    """An existing folder, or one that can be created."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", value):
        return f"is a folder, not a URL; write /{value.partition(':')[2].strip('/') or 'srv/shop'}."
    if (path := Path(value)).exists() and not path.is_dir():
        return f"is {value}, which is a file and cannot be used; name a folder."
    return ""


def network(value: str) -> str:
    """An IP address or network, but not all of them."""
    right = "Write an IP address or a network: 127.0.0.1, 10.0.0.0/8, fd00::/8."
    try:
        found = ipaddress.ip_network(value)
    except ValueError:
        if value.lower() == "localhost":
            return "names “localhost”; did you mean 127.0.0.1 or ::1?"
        try:
            return f"names “{value}”, an address within a network; did you mean {ipaddress.ip_network(value, strict=False)}?"
        except ValueError:
            return f"names “{value}”, which is no address. {right}"
    if not found.prefixlen:
        return f"names {value}, which is everyone: whoever asks could say to be anybody. {right}"
    return ""


def _address(host: str, port: str) -> str:
    """Check host and optional port of a URL."""
    if port and not (is_number(port) and 1 <= int(port) <= MOST_PORTS):
        return f"has a port that cannot be; a port is a number from 1 to {MOST_PORTS}."
    if host.startswith("["):
        try:
            ipaddress.IPv6Address(host.strip("[]"))
        except ValueError:
            return "has an IPv6 address that cannot be; one looks like [::1]:8000."
        return ""
    if re.fullmatch(r"[0-9.]+", host):
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            return "has an IPv4 address that cannot be; one looks like 192.0.2.7."
        return ""
    return "" if HOST.fullmatch(host) else "has no host that can be; one looks like db.internal or 192.0.2.7."


def _split_port(where: str) -> tuple[str, str, bool]:
    """Host, port, and whether there is a colon between them."""
    if where.startswith("["):
        host, _, rest = where.partition("]")
        return f"{host}]", rest.removeprefix(":"), rest.startswith(":")
    host, colon, port = where.partition(":")
    return host, port, bool(colon)


def _authority(where: str) -> str:
    host, port, error = _split_port(where)
    if error and not port:
        return "ends its host with a colon; say the port after it, or leave it out."
    return _address(host, port)


def web(value: str, *, path: bool = False) -> str:
    """The URL of a site: http or https, host and port, and no more unless `path`."""
    scheme, found, rest = value.partition("://")
    if not found or scheme not in {"http", "https"}:
        return f"is no address of a site; one starts with http:// or https://, as {EXAMPLE} does."
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        return f"holds a user; leave that out: {EXAMPLE}."
    if problem := _authority(authority):
        return problem
    after = rest[len(authority) :]
    if "?" in after or "#" in after:
        return f"goes on after the host with ? or #; it ends there: {scheme}://{authority}."
    if after.strip("/") and not path:
        return f"has the path {after}; a shop is at the root of its host: {scheme}://{authority}."
    return ""


def services(value: str) -> str:
    """The URL of services, with {service} in it."""
    if value.count("{service}") != 1 or re.search(r"[{}]", value.replace("{service}", "")):
        return "does not name {service} once; it looks like http://{service}.shop.internal:8000."
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
            return f"is no URL of an engine that is known. {near(scheme, [f'{one}:' for one in known])}"
        if not colon:
            return f"lacks a colon; did you mean {scheme}:{'' if scheme in alone else '//'}?"
        if scheme in alone:
            return f"has something after {scheme}:, which takes nothing." if rest.strip("/") else ""
        if scheme in local:
            return _folder_url(scheme, rest)
        if scheme in outside:
            return (
                ""
                if re.fullmatch(r"//(\?api=\S+)?", rest)
                else f"has something after {scheme}://; its keys are entered in the back office."
            )
        return _server_url(scheme, rest)

    return check


def _folder_url(scheme: str, rest: str) -> str:
    right = f"Three slashes and an absolute folder follow: {scheme}:///srv/shop."
    if not rest.startswith("///"):
        return f"names no folder as {scheme}: wants it. {right}"
    path = Path(rest[2:])
    if any(sign in rest for sign in "?#"):
        return f"has something after the folder. {right}"
    return f"names {path}, which is a file; name a folder." if path.is_file() else ""


def _server_url(scheme: str, rest: str) -> str:
    if not rest.startswith("//"):
        return f"names no host: two slashes and a host follow, {scheme}://host."
    if "#" in rest:
        return "holds a #; where it belongs to a password, write it as %23."
    authority = re.split(r"[/?]", rest[2:], maxsplit=1)[0]
    user, _, hosts = authority.rpartition("@")
    if re.search(r"%(?![0-9A-Fa-f]{2})", user):
        return "has a % in its user or password that begins no %XX; write it as %25."
    cut = re.search(r"[^/?]*/[^?]*@", rest[2:]) if "@" not in authority else None
    if cut:
        return "has a / in its user or password; write it as %2F."
    problems = (
        _authority(host) if host else f"names no host; it looks like {scheme}://host." for host in hosts.split(",")
    )
    return next((problem for problem in problems if problem), "")
