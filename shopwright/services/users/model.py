"""Rules of accounts: passwords, delays, names."""

from datetime import timedelta

from shopwright.kit.auth import ROLES
from shopwright.kit.errors import Invalid, Problem

SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 256
LONGEST_NAME = 120
FREE_TRIES = 5
LONGEST_DELAY = timedelta(minutes=15)
ACCESS = timedelta(minutes=15)
SESSION = timedelta(days=30)
# The first of every leaked list; the full check against common passwords comes with password changes.
COMMON = frozenset(
    {
        "password",
        "12345678",
        "123456789",
        "1234567890",
        "qwertyui",
        "qwerty123",
        "password1",
        "iloveyou",
        "11111111",
        "sunshine",
    }
)


def check_account(password: str, name: str, role: str) -> None:
    """Raises Invalid pointing at each thing that is wrong."""
    problems = []
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        problems.append(
            Problem("/password", "invalid", f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.")
        )
    elif password.casefold() in COMMON:
        problems.append(
            Problem("/password", "too_common", "This password is among the first ones tried by anyone; choose another.")
        )
    if not name.strip() or len(name) > LONGEST_NAME:
        problems.append(Problem("/name", "invalid", f"A name has 1 to {LONGEST_NAME} characters."))
    if role and role not in ROLES:
        problems.append(Problem("/role", "invalid", f"Roles are {', '.join(ROLES)}."))
    if problems:
        raise Invalid(" ".join(problem.detail for problem in problems), problems=tuple(problems))


def delay_after(failures: int) -> timedelta:
    """How long after the last wrong password the next try may come: nothing at first, then doubling from a second."""
    if failures < FREE_TRIES:
        return timedelta()
    return min(timedelta(seconds=2 ** min(failures - FREE_TRIES, 20)), LONGEST_DELAY)


def email_key(email: str) -> str:
    """Two addresses that differ in case alone are one account."""
    return email.casefold()
