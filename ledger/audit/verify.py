"""Verifying a ledger against its seals: everything is computed anew from the rows and the kept files.

What the seals alone cannot tell: that the newest batches were cut off, that the whole ledger is an older copy, or that
somebody computed all seals anew. A checkpoint that was kept elsewhere tells those (ledger/audit/checkpoint.py).
"""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from ledger.audit.locate import NAMED, Difference, differences
from ledger.domain.findings import CheckResult, Finding
from ledger.domain.merkle import Tree
from ledger.domain.sealing import FORMAT, FORMATS, NO_HASH, Seal, Span, row_hashes
from ledger.store import seals
from ledger.store.database import Connection

#: Behind every row.
_ENDLESS = 2**63 - 1
#: Bytes of a kept file that are unpacked at a time.
_PIECE = 1 << 20
#: Told what is at work and how many rows it has read.
Progress = Callable[[str, int], None]


def verify_seals(connection: Connection, progress: Progress = lambda _what, _rows: None) -> list[CheckResult]:
    """The chain of the seals, the rows of every batch, the hints beside them and the kept files, as four results."""
    run = _Run(connection, progress)
    run.all()
    return [
        CheckResult(name, not part.findings, part.checked, part.findings)
        for name, part in (("chain", run.chain), ("rows", run.rows), ("hints", run.hints), ("evidence", run.evidence))
    ]


def batches_of(seal: Seal) -> str:
    """The batches that a seal covers, as they are named to people."""
    if seal.first_batch_id == seal.batch_id:
        return f"batch {seal.batch_id}"
    return f"batches {seal.first_batch_id} to {seal.batch_id}"


@dataclass(slots=True)
class _Part:
    checked: int = 0
    findings: list[Finding] = field(default_factory=list)

    def tell(self, code: str, message: str, **values: Any) -> None:
        self.findings.append(Finding(code, message, values=values))


class _Rows:
    """The rows of one table in their order, taken span by span from one pass over it."""

    def __init__(self, chunks: Iterator[seals.Chunk]) -> None:
        self._chunks = chunks
        self._chunk: seals.Chunk | None = None
        self._at = 0

    def take(self, last: int) -> Iterator[seals.Chunk]:
        """The rows up to number `last`, or all that are left."""
        while (chunk := self._waiting()) is not None:
            end = bisect_right(chunk.ids, last, self._at)
            if end > self._at:
                yield seals.Chunk(chunk.ids[self._at : end], chunk.rows[self._at : end])
            self._at = end
            if end < len(chunk.ids):
                return

    def _waiting(self) -> seals.Chunk | None:
        if self._chunk is None or self._at >= len(self._chunk.ids):
            self._chunk, self._at = next(self._chunks, None), 0
        return self._chunk


class _Hints:
    """The stored hints, taken seal by seal from one pass over them."""

    def __init__(self, connection: Connection) -> None:
        self._rows = seals.hints(connection)
        self._next = next(self._rows, None)

    def of(self, batch: int) -> tuple[dict[str, list[bytes]], list[int]]:
        """The parts of a seal by table, and the numbers of seals that are not there but have hints before it."""
        found: dict[str, list[bytes]] = {}
        stray = []
        while self._next is not None and self._next[0] <= batch:
            number, table, part, content = self._next
            if number < batch:
                stray.append(number)
            else:
                parts = found.setdefault(table, [])
                # A part that is not where it belongs must not fit by accident.
                parts.append(content if part == len(parts) else b"")
            self._next = next(self._rows, None)
        return found, stray


class _Run:
    """One verification."""

    def __init__(self, connection: Connection, progress: Progress) -> None:
        self._connection = connection
        self._progress = progress
        self.chain, self.rows, self.hints, self.evidence = _Part(), _Part(), _Part(), _Part()
        self._streams: dict[str, tuple[int, _Rows]] = {}
        #: number of the last row of each table that a seal covers
        self._ends: dict[str, int] = {}

    def all(self) -> None:
        """Seal by seal, in their order, and then what no seal covers."""
        try:
            found = seals.all_seals(self._connection)
            stored = _Hints(self._connection)
            for seal, spans in zip(found, self._spans(found), strict=True):
                self._seal(seal, spans, *stored.of(seal.batch_id))
            self._stray_hints(stored.of(_ENDLESS)[1])
            self._unsealed()
            for digest in seals.stray_contents(self._connection):
                said = f"the kept file {digest} is one that no batch read"
                self.rows.tell("row-added", said, table=seals.CONTENT)
        except seals.Unreadable as problem:
            self.rows.tell("row-unreadable", f"the seals cannot be read: {problem}")

    # -- the chain -----------------------------------------------------------------------------------------------------

    def _spans(self, found: list[Seal]) -> list[dict[str, Span]]:
        """The spans of each seal, once it is checked that the seals follow on one another.

        Where the spans of a seal cannot be read they reach from those before it to those behind it.
        """
        read: list[dict[str, Span] | None] = []
        before: Seal | None = None
        for seal in found:
            self.chain.checked += 1
            wrong = out_of_place(seal, before)
            read.append(_ranges(seal))
            for what in wrong:
                self.chain.tell("seal-broken", f"the seal of {batches_of(seal)}: {what}", batch=seal.batch_id)
            before = seal
        return self._joined(found, read)

    def _joined(self, found: list[Seal], read: list[dict[str, Span] | None]) -> list[dict[str, Span]]:
        ends: dict[str, int] = {}
        joined = []
        for place, (seal, spans) in enumerate(zip(found, read, strict=True)):
            if spans is None:
                behind = next((after for after in read[place + 1 :] if after is not None), {})
                names = FORMATS.get(seal.format, FORMATS[FORMAT])
                covered = {
                    name: Span(ends.get(name, 0), behind[name].after if name in behind else _ENDLESS, None)
                    for name in names
                }
            else:
                covered = spans
                for name, span in spans.items():
                    if span.after != ends.get(name, 0) or span.last < span.after:
                        said = (
                            f"the seal of {batches_of(seal)}: its rows of {name} do not begin where those before it end"
                        )
                        self.chain.tell("seal-broken", said, batch=seal.batch_id)
            ends.update({name: span.last for name, span in covered.items()})
            joined.append(covered)
        return joined

    # -- the rows of one seal ------------------------------------------------------------------------------------------

    def _seal(self, seal: Seal, spans: dict[str, Span], stored: dict[str, list[bytes]], stray: list[int]) -> None:
        self._stray_hints(stray)
        tree, told, strange = Tree(), {}, {table for table in stored if table not in spans}
        for table, span in spans.items():
            ids, now = self._table(tree, seal, table, span.last)
            parts = stored.get(table, [])
            label = "the kept file of source_file" if table == seals.CONTENT else table
            if found := differences(label, ids, now, b"".join(parts), span):
                told[table] = found
            if parts != seals.parts_of(now):
                strange.add(table)
            self.hints.checked += len(parts)
        self.rows.checked += len(tree)
        if tree.root().hex() != seal.root or len(tree) != seal.leaf_count:
            self._name(seal, told)
            return
        for table in sorted(strange):
            said = f"the hints of {batches_of(seal)} for {table} are not those of its rows"
            self.hints.tell("hint-differs", said, batch=seal.batch_id, table=table)

    def _table(self, tree: Tree, seal: Seal, table: str, last: int) -> tuple[array[int], bytes]:
        """The numbers of a table's rows up to `last`, and the beginnings of their hashes, which go into the tree."""
        ids: array[int] = array("q")
        now = bytearray()
        rows = self._stream(table, seal.format if seal.format in FORMATS else FORMAT)
        self._ends[table] = last
        try:
            for chunk in rows.take(last):
                hashes = row_hashes(chunk.rows)
                tree.extend(hashes)
                ids.extend(chunk.ids)
                now += seals.hints_of(hashes)
                self._progress(batches_of(seal), len(tree))
        except seals.Unreadable as problem:
            behind = f" behind row {ids[-1]}" if ids else ""
            said = f"{table} of {batches_of(seal)} cannot be read{behind}: {problem}"
            self.rows.tell("row-unreadable", said, batch=seal.batch_id, table=table)
        return ids, bytes(now)

    def _stream(self, table: str, format_: int) -> _Rows:
        """The pass over a table that is under way; a new one where the rows that follow are sealed in another format."""
        known = self._streams.get(table)
        if known is None or known[0] != format_:
            after = self._ends.get(table)
            rows = _Rows(seals.read_rows(self._connection, table, format_, after=after, watch=self._look))
            self._streams[table] = known = (format_, rows)
        return known[1]

    def _name(self, seal: Seal, told: dict[str, list[Difference]]) -> None:
        for table, found in told.items():
            for each in found:
                said = f"{batches_of(seal)}: {each.message}"
                self.rows.tell(each.code, said, batch=seal.batch_id, table=table, ids=list(each.ids), count=each.count)
        if not told:
            said = (
                f"{batches_of(seal)}: the rows are not those of the seal, but fit the hints beside it; either the seal "
                "itself was changed, or rows and hints were changed together"
            )
            self.rows.tell("batch-differs", said, batch=seal.batch_id)

    # -- the rest ------------------------------------------------------------------------------------------------------

    def _unsealed(self) -> None:
        """Rows behind the last seal."""
        for table in FORMATS[FORMAT]:
            known = self._streams.get(table)
            rows = known[1] if known else _Rows(seals.read_rows(self._connection, table, FORMAT))
            ids: array[int] = array("q")
            try:
                for chunk in rows.take(_ENDLESS):
                    ids.extend(chunk.ids)
            except seals.Unreadable as problem:
                self.rows.tell("row-unreadable", f"{table} cannot be read: {problem}", table=table)
            if ids:
                said = f"{table} {ids[0]} is in no seal" + (f", nor {len(ids) - 1} behind it" if len(ids) > 1 else "")
                self.rows.tell("row-unsealed", said, table=table, ids=list(ids[:NAMED]), count=len(ids))

    def _stray_hints(self, numbers: list[int]) -> None:
        for number in sorted(set(numbers)):
            self.hints.tell("hint-differs", f"there are hints of a batch {number} that has no seal", batch=number)

    def _look(self, first: int, digest: str, size: int, stored: bytes) -> None:
        """Hold the bytes of a kept file against its name and size."""
        self.evidence.checked += 1
        if wrong := _not_the_file(digest, size, stored):
            batch, name = seals.file_at(self._connection, first)
            said = f"batch {batch}: the kept file {name} {wrong}"
            self.evidence.tell("evidence-differs", said, batch=batch, file_id=first, sha256=digest)


def out_of_place(seal: Seal, before: Seal | None) -> list[str]:
    """What is wrong with a seal in itself and towards the one before it."""
    wrong = []
    if seal.hash != seal.entry_hash:
        wrong.append("its hash is not that of what it says")
    if seal.previous_hash != (NO_HASH if before is None else before.hash):
        wrong.append("it does not hold the hash of the seal before it")
    if seal.first_batch_id != (1 if before is None else before.batch_id + 1):
        wrong.append("it does not follow on the batches before it")
    if seal.format not in FORMATS:
        wrong.append("its format is unknown")
    elif _ranges(seal) is None:
        wrong.append("its ranges cannot be read")
    return wrong


def _ranges(seal: Seal) -> dict[str, Span] | None:
    try:
        return seal.spans()
    except (ValueError, TypeError, AttributeError):
        return None


def _not_the_file(digest: str, size: int, stored: bytes) -> str:
    """What is wrong with a kept file; empty if nothing is. It is unpacked in pieces: a file may be large."""
    unpacking, found, length = zlib.decompressobj(), sha256(), 0
    try:
        while not unpacking.eof:
            piece = unpacking.decompress(unpacking.unconsumed_tail or stored, _PIECE)
            if not piece and not unpacking.eof and not unpacking.unconsumed_tail:
                return "is cut off"
            found.update(piece)
            length += len(piece)
            stored = b""
    except zlib.error:
        return "cannot be unpacked"
    if found.hexdigest() != digest:
        return f"has the SHA-256 {found.hexdigest()}, and should have {digest}"
    return "" if length == size and not unpacking.unused_data else f"has {length} bytes, and should have {size}"
