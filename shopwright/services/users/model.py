"""Rules of accounts: passwords, names, roles and signing keys."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Literal

import msgspec

from shopwright.kit.auth import ROLES
from shopwright.kit.errors import Invalid, Problem
from shopwright.kit.text import tidy_line
from shopwright.kit.translation import gettext as _

Purpose = Literal["verification", "reset", "invitation"]
StaffFactor = Literal["auto", "optional", "required"]
NO_PASSWORD = "!"  # noqa: S105 -- what no password is the hash of
SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 256
LONGEST_NAME = 120
ACCESS = timedelta(minutes=15)
SESSION = timedelta(days=30)
# Idle sessions end early, those of staff sooner.
IDLE, STAFF_IDLE = timedelta(days=14), timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=10)
# How long e-mail tokens are valid, the interval between e-mails of a kind, and how many may be sent in that time.
GOOD_FOR: dict[Purpose, timedelta] = {
    "verification": timedelta(days=1),
    "reset": timedelta(hours=1),
    "invitation": timedelta(days=3),
}
PAUSE = timedelta(minutes=1)
MOST_OPEN = 5
ASKED_KEPT = timedelta(days=1)


def same(one: str, other: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


@cache
def common_passwords() -> frozenset[str]:
    """The 30,000 most common leaked passwords as ranked by zxcvbn (Wheeler, USENIX Security 2016)."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped]  # noqa: PLC0415 -- 10 MB that only a new password needs

    return frozenset(FREQUENCY_LISTS["passwords"])


def password_problems(password: str, email: str, name: str) -> list[Problem]:
    """Problems of a password: its length, or being among the most common (NIST SP 800-63B, 3.1.1.2)."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        detail = _(
            "A password has {least} to {most} characters.",
            least=SHORTEST_PASSWORD,
            most=LONGEST_PASSWORD,
        )
        return [Problem("/password", "invalid", detail)]
    plain = password.casefold()
    if plain in common_passwords() or len(set(plain)) == 1:
        detail = _("This password is among the first ones tried by anyone; choose another.")
        return [Problem("/password", "too_common", detail)]
    if plain in {email.casefold(), email.partition("@")[0].casefold(), name.casefold().replace(" ", "")}:
        detail = _("This password is your own name or address, the first thing anyone would try; choose another.")
        return [Problem("/password", "too_common", detail)]
    return []


def check_password(password: str, email: str, name: str) -> None:
    """Check a new password. Raises Invalid."""
    if problems := password_problems(password, email, name):
        raise Invalid(problems[0].detail, problems=tuple(problems))


def check_name(name: str) -> str:
    """Return the normalised name. Raises Invalid."""
    if problems := _name_problems(name):
        raise Invalid(problems[0].detail, problems=tuple(problems))
    return tidy_line(name)


def _name_problems(name: str) -> list[Problem]:
    if 0 < len(tidy_line(name)) <= LONGEST_NAME:
        return []
    return [Problem("/name", "invalid", _("A name has 1 to {longest_name} characters.", longest_name=LONGEST_NAME))]


def check_role(role: str) -> None:
    """Check a role. Raises Invalid."""
    if role not in ROLES:
        raise Invalid.at("/role", _("Roles are {roles}.", roles=", ".join(ROLES)))


def check_account(email: str, password: str, name: str, role: str) -> None:
    """Check a new account. Raises Invalid with all errors."""
    problems = password_problems(password, email, name) + _name_problems(name)
    if role and role not in ROLES:
        problems.append(Problem("/role", "invalid", _("Roles are {roles}.", roles=", ".join(ROLES))))
    if problems:
        raise Invalid(" ".join(problem.detail for problem in problems), problems=tuple(problems))


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """The fields that differ between two states: values before and after."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {name: before[name] for name in names if name in before}, {
        name: after[name] for name in names if name in after
    }


def email_key(email: str) -> str:
    """The key of an e-mail address; addresses that differ in case, width or invisible characters are one account."""
    return tidy_line(email).casefold()


SIGNED_LAST = ACCESS * 2  # what a key signed before it was replaced is believed for so long


class SigningKey(msgspec.Struct, frozen=True):
    """A key for access tokens. `state`: signing, accepted, or expired."""

    id: str
    created_at: datetime
    state: str = ""


def living_keys(newest_first: Sequence[SigningKey], now: datetime) -> set[str]:
    """Return the ids of accepted keys: the newest, and those it replaced recently."""
    return {
        one.id
        for place, one in enumerate(newest_first)
        if place == 0 or newest_first[place - 1].created_at + SIGNED_LAST > now
    }


def with_states(newest_first: Sequence[SigningKey], now: datetime) -> list[SigningKey]:
    """Return the keys with their states."""
    living = living_keys(newest_first, now)
    found = []
    for place, one in enumerate(newest_first):
        state = "signs" if place == 0 else "still believed" if one.id in living else "believed no more"
        found.append(SigningKey(one.id, one.created_at, state))
    return found
