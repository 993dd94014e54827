"""Reading the pages of a SQLite file without SQLite (sqlite.org/fileformat2.html), however damaged.

SQLite stops at the first bad page, and everything below a bad page of a tree is out of its reach although the rows
exist. Commits in the log are applied, each frame by its own checksum.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

HEAD, WAL_HEAD, FRAME_HEAD = 100, 32, 24
SIZES = frozenset(1 << power for power in range(9, 17))
USUAL = 4096
MAGIC = b"SQLite format 3\0"
WAL_MAGIC, WAL_BIG = 0x377F0682, 0x377F0683
INNER_INDEX, INNER_TABLE, LEAF_INDEX, LEAF_TABLE = 2, 5, 10, 13
INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
REAL, ZERO, ONE, FIRST_BLOB = 7, 8, 9, 12
LONGEST_VARINT = 9


class MalformedPage(Exception):
    """A page or cell is malformed."""


class Cell(NamedTuple):
    """A row of a table (`rowid`), or an index entry whose last value is the row id."""

    rowid: int
    values: tuple[Any, ...]


class Tree(NamedTuple):
    """The reachable leaves of a tree, and the number of unreadable pages."""

    leaves: list[int]
    unreadable: int


def checksum(content: bytes, first: int, second: int, order: str) -> tuple[int, int]:
    """The checksum used in logs."""
    words = struct.unpack(f"{order}{len(content) // 4}I", content)
    for number in range(0, len(words), 2):
        first = (first + words[number] + second) & 0xFFFFFFFF
        second = (second + words[number + 1] + first) & 0xFFFFFFFF
    return first, second


def pair_at(content: bytes, at: int) -> tuple[int, int]:
    """Two numbers of four bytes."""
    first, second = struct.unpack_from(">2I", content, at)
    return first, second


def frames(log: Path) -> tuple[dict[int, bytes], set[int]]:
    """The newest content of each page in a log, from valid frames up to the last commit.

    Also returns the pages whose newest frame is bad, so that older content is used.
    """
    content = log.read_bytes() if log.exists() else b""
    magic, _, size = struct.unpack_from(">3I", content.ljust(WAL_HEAD, b"\0"))
    known = magic in {WAL_MAGIC, WAL_BIG} and size in SIZES
    size = size if known else USUAL
    salts = content[16:24] if known else content[WAL_HEAD + 8 : WAL_HEAD + 16]
    order = ">" if magic == WAL_BIG else "<"
    before: tuple[int, int] | None = pair_at(content, 24) if known else None
    committed: dict[int, bytes] = {}
    since: dict[int, bytes] = {}
    bad: set[int] = set()
    outdated: set[int] = set()
    for at in range(WAL_HEAD, len(content) - FRAME_HEAD - size + 1, FRAME_HEAD + size):
        (number, ends), own = pair_at(content, at), pair_at(content, at + 16)
        if content[at + 8 : at + 16] != salts:
            before = None
            continue
        page = content[at + FRAME_HEAD : at + FRAME_HEAD + size]
        is_valid = before is None or checksum(content[at : at + 8] + page, *before, order) == own
        if is_valid:  # frames after a bad one are unknown; an invalid page is noticed when it is read
            since[number] = page
            bad.discard(number)
        else:
            bad.add(number)
        before = own
        if ends:
            committed |= since
            since, outdated = {}, set(bad)
    return committed, outdated


class SqlitePages:
    """All pages of a file and its logs."""

    def __init__(self, path: Path, logs: tuple[Path, ...]) -> None:
        self._content = path.read_bytes()
        self._newer: dict[int, bytes] = {}
        self._outdated: set[int] = set()
        for log in logs:
            newer, outdated = frames(log)
            self._newer |= newer
            self._outdated = self._outdated - newer.keys() | outdated
        head = self.head
        size = struct.unpack_from(">H", head, 16)[0] if head.startswith(MAGIC) else USUAL
        self.size = 65_536 if size == 1 else size if size in SIZES else USUAL
        reserved = head[20] if head.startswith(MAGIC) else 0
        self._usable = self.size - reserved
        self.count = max([len(self._content) // self.size, *self._newer])

    @property
    def head(self) -> bytes:
        """The first 100 bytes."""
        return self._newer.get(1, self._content)[:HEAD].ljust(HEAD, b"\0")

    def page(self, number: int) -> bytes:
        """The content of a page. Raises Unreadable."""
        found = self._newer.get(number) or self._content[(number - 1) * self.size : number * self.size]
        if not 0 < number <= self.count or len(found) != self.size:
            raise MalformedPage
        return found

    def kind(self, number: int) -> int:
        """The type of a page by its first byte; 0 if missing."""
        try:
            return self.page(number)[HEAD if number == 1 else 0]
        except MalformedPage:
            return 0

    def free(self) -> set[int]:
        """The free pages."""
        found: set[int] = set()
        trunk: int = struct.unpack_from(">I", self.head, 32)[0] if self.head.startswith(MAGIC) else 0
        while trunk and trunk not in found:
            found.add(trunk)
            try:
                content = self.page(trunk)
            except MalformedPage:
                break
            trunk, count = struct.unpack_from(">2I", content)
            found |= set(struct.unpack_from(f">{min(count, self.size // 4 - 2)}I", content, 8))
        return found

    def tree(self, root: int) -> Tree:
        """All leaves below a page."""
        leaves: list[int] = []
        seen: set[int] = set()
        unreadable, todo = 0, [root]
        while todo:
            number = todo.pop()
            if number in seen:
                continue
            seen.add(number)
            kind = self.kind(number)
            unreadable += number in self._outdated
            if kind in {LEAF_TABLE, LEAF_INDEX}:
                leaves.append(number)
            elif kind in {INNER_TABLE, INNER_INDEX}:
                try:
                    todo += self._children(number)
                except MalformedPage:
                    unreadable += 1
                if kind == INNER_INDEX:
                    leaves.append(number)  # it has entries of its own
            else:
                unreadable += 1
        return Tree(leaves, unreadable)

    def _children(self, number: int) -> list[int]:
        content, start = self.page(number), HEAD if number == 1 else 0
        below = [struct.unpack_from(">I", content, at)[0] for at in self._cells(content, start, 12)]
        return [*below, struct.unpack_from(">I", content, start + 8)[0]]

    def _cells(self, content: bytes, start: int, head: int) -> list[int]:
        count = struct.unpack_from(">H", content, start + 3)[0]
        if start + head + 2 * count > self.size:
            raise MalformedPage
        found = struct.unpack_from(f">{count}H", content, start + head)
        if any(not start + head <= at < self.size - 3 for at in found):
            raise MalformedPage
        return list(found)

    def cells(self, number: int) -> Iterator[Cell | None]:
        """The cells of a page; None for each unreadable one, or for an unreadable page."""
        kind, start = self.kind(number), HEAD if number == 1 else 0
        try:
            content = self.page(number)
            offsets = self._cells(content, start, 12 if kind == INNER_INDEX else 8)
        except MalformedPage:
            yield None
            return
        for at in offsets:
            try:
                yield self._cell(content, at + 4 if kind == INNER_INDEX else at, kind)
            except (MalformedPage, struct.error, IndexError, UnicodeDecodeError):
                yield None

    def _cell(self, content: bytes, at: int, kind: int) -> Cell:
        length, at = varint(content, at)
        rowid, at = varint(content, at) if kind == LEAF_TABLE else (0, at)
        if length > len(self._content) + self.size * len(self._newer):
            raise MalformedPage
        values = record(self._payload(content, at, length, kind))
        return Cell(rowid if rowid < 1 << 63 else rowid - (1 << 64), values)

    def _payload(self, content: bytes, at: int, length: int, kind: int) -> bytes:
        usable = self._usable
        most = usable - 35 if kind == LEAF_TABLE else (usable - 12) * 64 // 255 - 23
        if length <= most:
            return content[at : at + length]
        least = (usable - 12) * 32 // 255 - 23
        local = least + (length - least) % (usable - 4)
        local = local if local <= most else least
        parts, left = [content[at : at + local]], length - local
        following: int = struct.unpack_from(">I", content, at + local)[0]
        while left > 0:
            overflow = self.page(following)
            following = struct.unpack_from(">I", overflow)[0]
            parts.append(overflow[4 : 4 + min(left, usable - 4)])
            left -= len(parts[-1])
        return b"".join(parts)


def varint(content: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and its end."""
    value = 0
    for count in range(1, LONGEST_VARINT + 1):
        byte = content[at]
        at += 1
        if count == LONGEST_VARINT:
            return value << 8 | byte, at
        value = value << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004 -- the highest bit says that there is more
            break
    return value, at


def record(payload: bytes) -> tuple[Any, ...]:
    """The values of a row. Raises Unreadable, UnicodeDecodeError."""
    length, at = varint(payload, 0)
    if length > len(payload):
        raise MalformedPage
    place, values = length, []
    while at < length:
        kind, at = varint(payload, at)
        value, size = _value(payload, place, kind)
        values.append(value)
        place += size
    if place != len(payload) or not values:
        raise MalformedPage
    return tuple(values)


def _value(payload: bytes, at: int, kind: int) -> tuple[Any, int]:
    if kind == 0:
        return None, 0
    if kind in {ZERO, ONE}:
        return kind - ZERO, 0
    size = INTEGERS.get(kind) or (8 if kind == REAL else (kind - FIRST_BLOB) // 2)
    if kind in {10, 11} or at + size > len(payload):
        raise MalformedPage
    content = payload[at : at + size]
    if kind in INTEGERS:
        return int.from_bytes(content, "big", signed=True), size
    if kind == REAL:
        return struct.unpack(">d", content)[0], size
    return (content.decode("utf-8") if kind % 2 else content), size
