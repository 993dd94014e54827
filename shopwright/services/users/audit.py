"""The audit log: what staff did, append-only. `doctor` finds an entry that was changed or taken out.

Each entry carries an HMAC-SHA256 (RFC 2104) over itself and the code of the entry before, under a key that the database does
not hold: who can write to the database cannot write history. Each code also stands in security.log.
"""

import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from shopwright.kit.audit import Act, AuditEntry, AuditFilter
from shopwright.kit.clock import to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import ShopError
from shopwright.kit.observability import security_log
from shopwright.services.users import audit_store as store
from shopwright.services.users import model

# An act that takes longer was broken off.
LONGEST_ACT = timedelta(minutes=10)
LOOKED_AT = 1_000
DONE, REFUSED = 200, 422  # as HTTP says it


class AuditLog:
    """Acts of staff. `key`: of this shop, for this purpose alone."""

    def __init__(self, work: ServiceDatabase, key: bytes) -> None:
        self._work = work
        self._key = key

    async def begin(self, act: Act, before: Mapping[str, object]) -> str:
        """Open an entry; its id."""
        act_id = self._work.ids.new("act")
        async with self._work.begin() as tx:
            await store.open_act(tx, act_id, store.AuditBody(act=act, before=dict(before)))
        return act_id

    async def end(self, act_id: str, status: int, after: Mapping[str, object]) -> bool:
        """Close an entry; False where it is not open. `status` 0: the act was broken off, and may be done or not."""
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
    async def recording(self, act: Act) -> AsyncIterator[None]:
        """Around what is done by a command, which may replace the log itself (a restore)."""
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

    async def record(self, act: Act) -> None:
        """An entry for what is done in one step, or is over."""
        await self.end(await self.begin(act, {}), DONE, {})

    async def entries(self, wanted: AuditFilter, before: int, limit: int) -> list[AuditEntry]:
        """Newest first."""
        return await store.entries(self._work, wanted, before, limit)

    async def close_unfinished(self) -> None:
        """What a process that ended left open is recorded as broken off."""
        for act_id in await store.unfinished(self._work, to_micros(self._work.now() - LONGEST_ACT)):
            await self.end(act_id, 0, {})

    async def seal_anew(self) -> None:
        """The log of an archive, under the key of this shop: that of the shop it was written by is not known here."""
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

    async def damage(self) -> list[str]:
        """What is wrong with the log, one sentence each: entries that are missing, changed, or not ours."""
        wrong: list[str] = []
        seq, code = 0, ""
        while rows := await store.rows_after(self._work, seq, LOOKED_AT):
            for row in rows:
                if row["seq"] != seq + 1:
                    wrong.append(f"The audit log goes from entry {seq} to {row['seq']}: what stood between is missing.")
                elif not hmac.compare_digest(row["mac"], self._code(code, row)):
                    wrong.append(f"Entry {row['seq']} of the audit log is not what was written.")
                seq, code = row["seq"], row["mac"]
        last, last_code = await store.head(self._work)
        if (last, last_code) != (seq, code):
            wrong.append(f"The audit log ends with entry {seq}; {last} were written.")
        return wrong
