"""Uploads of large pictures, directly to the file store."""

import re
from datetime import timedelta

from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import Invalid, Missing
from shopwright.kit.ports import Files
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog.contract import Media, Upload
from shopwright.services.catalog.media import MOST_BYTES, Pictures

UPLOAD = re.compile(r"upl_[0-9a-z]{20,60}")
UPLOAD_LASTS, UPLOAD_FORGOTTEN = timedelta(hours=1), timedelta(days=1)


class Uploads:
    """Opened, received if the file store takes none directly, finished or deleted."""

    def __init__(self, work: ServiceDatabase, files: Files, pictures: Pictures) -> None:
        self._work = work
        self._files = files
        self._pictures = pictures

    async def begin(self) -> Upload:
        """Open an upload, valid for an hour."""
        upload_id = self._work.ids.new("upl")
        url = await self._address(upload_id)
        return Upload(id=upload_id, url=url, expires_at=self._work.now() + UPLOAD_LASTS)

    async def _address(self, upload_id: str) -> str:
        """The URL to send the upload to."""
        there = await self._files.address("PUT", _waiting(upload_id), UPLOAD_LASTS)
        return there or f"/v1/media/uploads/{upload_id}"

    async def receive(self, upload_id: str, data: bytes) -> None:
        """Store an uploaded picture. Raises Missing, Invalid."""
        if len(data) > MOST_BYTES:
            raise Invalid.at("/media", _("A picture has at most {most_bytes} MB.", most_bytes=MOST_BYTES // 1000000))
        await self._files.put(_waiting(upload_id), data)

    async def finish(self, upload_id: str, alt: str) -> Media:
        """Add the uploaded picture. Raises Missing, Invalid."""
        size = await self._files.size(_waiting(upload_id))
        if size is None:
            raise Missing(_("Nothing was sent to this upload yet, or it was finished before."))
        if size > MOST_BYTES:  # the file store could not limit it: reject it unread
            await self._files.delete(_waiting(upload_id))
            raise Invalid.at("/media", _("A picture has at most {most_bytes} MB.", most_bytes=MOST_BYTES // 1000000))
        media = await self._pictures.add(await self._files.get(_waiting(upload_id)) or b"", alt)
        await self._files.delete(_waiting(upload_id))
        return media

    async def forget(self) -> None:
        """Scheduled job: delete unfinished uploads."""
        before = self._work.ids.at("upl", self._work.now() - UPLOAD_FORGOTTEN)
        for name in await self._files.names("uploads"):
            if name.rpartition("/")[2] < before:
                await self._files.delete(name)


def _waiting(upload_id: str) -> str:
    if not UPLOAD.fullmatch(upload_id):
        raise Missing(_("There is no such upload."))
    return f"uploads/{upload_id}"
