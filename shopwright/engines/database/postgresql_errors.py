"""Translation of asyncpg's errors into the port's."""

import asyncpg

from shopwright.engines.database.postgresql_url import NO_ANSWER
from shopwright.kit.data.database import UniqueViolation
from shopwright.kit.errors import Damaged, Invalid, Unavailable
from shopwright.kit.translation import gettext as _

# No answer, or none that says what happened.
SILENT = (
    *NO_ANSWER,
    asyncpg.exceptions.DiskFullError,
    asyncpg.exceptions.QueryCanceledError,
    asyncpg.exceptions.CannotConnectNowError,
)


def translate(error: BaseException, schema: str) -> None:
    """Raise the port's error for an asyncpg error, if there is one."""
    match error:
        case asyncpg.exceptions.IndexCorruptedError():  # XX002
            raise Damaged(
                _(
                    "An index of the schema {schema} of PostgreSQL is damaged ({error}). Nothing is lost: in psql, type REINDEX SCHEMA {schema};",
                    schema=schema,
                    error=error,
                )
            ) from error
        case asyncpg.exceptions.DataCorruptedError():  # XX001
            raise Damaged(
                _(
                    "The schema {schema} of PostgreSQL is damaged ({error}). Stop the shop, save the server's data folder, and restore the database from its backup or the shop with `shopwright restore FILE.zip`.",
                    schema=schema,
                    error=error,
                )
            ) from error
        case asyncpg.exceptions.UniqueViolationError():
            raise UniqueViolation(str(error)) from None
        case asyncpg.exceptions.DataError():  # a NUL in a text, a number beyond 64 bits
            raise Invalid(_("A text contains a character, or a number has a size, that cannot be stored.")) from None
        case asyncpg.exceptions.ReadOnlySQLTransactionError():  # brought somewhere else, or no primary any more
            raise Unavailable(str(error)) from None
        case asyncpg.exceptions.DeadlockDetectedError() | asyncpg.exceptions.SerializationError():
            raise Unavailable(_("Others changed the same at the same moment. Nothing was done; try again.")) from None
    if isinstance(error, SILENT):
        raise Unavailable(_("PostgreSQL does not answer for {schema}: {error}.", schema=schema, error=error)) from error


class translated:  # noqa: N801 -- used as a function is
    """A context that translates asyncpg's errors. Not a generator, as every statement passes through it."""

    __slots__ = ("_schema",)

    def __init__(self, schema: str) -> None:
        self._schema = schema

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None:
            translate(error, self._schema)
