"""The audit log: what staff did, append-only. `doctor` finds entries that were changed or removed.

Each entry carries an HMAC-SHA256 (RFC 2104) over itself and the previous entry's code, under a key outside the
database: write access to the database does not allow rewriting history. Each code also goes to security.log.
"""

import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from shopwright.kit.audit import AuditEntry, AuditFilter, StaffAction
from shopwright.kit.clock import to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import ShopError
from shopwright.kit.observability import security_log
from shopwright.kit.translation import gettext as _
from shopwright.services.users import audit_store as store
from shopwright.services.users import model

# Actions that take longer were interrupted.
LONGEST_ACT = timedelta(minutes=10)
LOOKED_AT = 1_000
DONE, REFUSED = 200, 422  # as HTTP says it


class AuditLog:
    """Actions of staff. `key`: of this shop, for this purpose alone."""

    def __init__(self, work: ServiceDatabase, key: bytes) -> None:
        self._work = work
        self._key = key

    async def begin(self, act: StaffAction, before: Mapping[str, object]) -> str:
        """Open an entry and return its id."""
        act_id = self._work.ids.new("act")
        async with self._work.begin() as tx:
            await store.open_act(tx, act_id, store.AuditBody(act=act, before=dict(before)))
        return act_id

    async def end(self, act_id: str, status: int, after: Mapping[str, object]) -> bool:
        """Close an entry. Returns False if it is not open. `status` 0: interrupted, with unknown outcome."""
        async with self._work.begin() as tx:
            begun = await store.take_open(tx, act_id)
            if begun is None:
                return False
            last, code = await store.hold_head(tx)
            was, became = model.changed(begun.before, after)
            done = store.AuditBody(act=begun.act, before=was, after=became, status=status)
            row = store.row(act_id, last + 1, to_micros(tx.now), done)
            mac = self._code(code, row)
            await store.append(tx, row, mac)
        security_log.note("act recorded", user=begun.act.user_id, action=begun.act.action, entry=last + 1, code=mac)
        return True

    @asynccontextmanager
    async def recording(self, act: StaffAction) -> AsyncIterator[None]:
        """Record what a command does, even if it replaces the log itself (restore)."""
        act_id, status = await self.begin(act, {}), 0
        try:
            yield
            status = DONE
        except ShopError:
            status = REFUSED
            raise
        finally:
            if not await self.end(act_id, status, {}):
                await self.end(await self.begin(act, {}), status, {})

    async def record(self, act: StaffAction) -> None:
        """Record an action that is one step, or complete."""
        await self.end(await self.begin(act, {}), DONE, {})

    async def entries(self, wanted: AuditFilter, before: int, limit: int) -> list[AuditEntry]:
        """Return entries, newest first."""
        return await store.entries(self._work, wanted, before, limit)

    async def close_unfinished(self) -> None:
        """Close entries that a crashed process left open, as interrupted."""
        for act_id in await store.unfinished(self._work, to_micros(self._work.now() - LONGEST_ACT)):
            await self.end(act_id, 0, {})

    async def seal_again(self) -> None:
        """Sign the log of an archive with this shop's key, as the key of the original shop is unknown here."""
        async with self._work.begin() as tx:
            await store.hold_head(tx)
            seq, code = 0, ""
            while rows := await store.rows_after(tx, seq, LOOKED_AT):
                for row in rows:
                    code = self._code(code, row)
                    await store.seal(tx, row["seq"], code)
                seq = rows[-1]["seq"]
            await store.set_head(tx, seq, code)

    def _code(self, before: str, row: Row | Mapping[str, str | int]) -> str:
        parts = [before, *(str(row[name]) for name in ("seq", "id", "time", "user_id", "action", "subject", "body"))]
        text = "".join(f"{len(part)}:{part}" for part in parts)
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    async def check_consistency(self) -> list[str]:
        """Describe missing, changed and foreign entries, one sentence each."""
        wrong: list[str] = []
        seq, code = 0, ""
        while rows := await store.rows_after(self._work, seq, LOOKED_AT):
            for row in rows:
                if row["seq"] != seq + 1:
                    wrong.append(
                        _(
                            "The audit log goes from entry {before} to {seq}: the entries between are missing.",
                            before=seq,
                            seq=row["seq"],
                        )
                    )
                elif not hmac.compare_digest(row["mac"], self._code(code, row)):
                    wrong.append(_("Entry {seq} of the audit log is not what was written.", seq=row["seq"]))
                seq, code = row["seq"], row["mac"]
        last, last_code = await store.head(self._work)
        if (last, last_code) != (seq, code):
            wrong.append(_("The audit log ends with entry {seq}; {last} were written.", seq=seq, last=last))
        return wrong
