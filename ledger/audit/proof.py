"""Proofs that fit on a page: that one row is in the ledger of a checkpoint, and that one checkpoint continues another.

Whoever holds the checkpoint needs nothing else: SHA-256 over the hashes of the page, in its order, leads to the root.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, Final

from ledger.audit.checkpoint import Checkpoint, leaves, parse_checkpoint
from ledger.domain.merkle import (
    consistency_proof,
    inclusion_proof,
    is_consistent,
    leaf_hash,
    node_hash,
    root_by_inclusion,
)
from ledger.domain.notes import NoteProblem
from ledger.domain.sealing import FORMATS, Seal, row_hashes
from ledger.store.database import Connection
from ledger.store.seals import read_rows

_FORMAT: Final = "euledger-proof/1"
_WIDTH: Final = 92
_HOW: Final = (
    "SHA-256 of the byte 01 and both hashes, the left one first: L, the one told stands left; R, it stands right."
)


@dataclass(frozen=True, slots=True)
class Path:
    """A leaf's place in a tree and the hashes that lead from it to the root."""

    index: int
    size: int
    hashes: tuple[bytes, ...]

    def root(self, leaf: bytes) -> bytes | None:
        """Where they lead from this leaf; None where they do not fit the place."""
        return root_by_inclusion(leaf, self.index, self.size, self.hashes)


@dataclass(frozen=True, slots=True)
class RowProof:
    """That a row is one of those that a seal covers, and the seal one of those of a checkpoint.

    `said` is what people read of the row; it is no part of the proof.
    """

    said: tuple[str, ...]
    row: str
    in_batch: Path
    seal: str
    in_log: Path
    checkpoint: str

    def wrong(self) -> str:
        """Why it proves nothing; empty where it holds."""
        checkpoint, _ = parse_checkpoint(self.checkpoint)
        entry = json.loads(self.seal)
        if not isinstance(entry, list) or len(entry) != 8 or entry[0] != "euledger-seal":
            return "the line of the seal is none"
        _, _, first, last, ranges, count, root, _ = entry
        if self.in_batch.size != count:
            return "the row's place is in a batch of another size"
        found = self.in_batch.root(leaf_hash(self.row.encode("utf-8", "surrogateescape")))
        if found is None or found.hex() != root:
            return f"the row does not lead to the root of the seal of batch {last}"
        row = json.loads(self.row)
        table, number = row[0], row[1]
        after, to, _ = ranges[table]
        if isinstance(number, int) and not after < number <= to:
            return f"{table} {number} is not among the rows of batch {first} to {last}"
        whole = self.in_log.root(leaf_hash(self.seal.encode("utf-8")))
        if self.in_log.size != checkpoint.size or whole != checkpoint.root:
            return "the seal does not lead to the root of the checkpoint"
        return ""

    def as_json(self) -> dict[str, Any]:
        """The proof as JSON."""
        return {
            "format": _FORMAT,
            "said": list(self.said),
            "row": self.row,
            "in_batch": _path_json(self.in_batch),
            "seal": self.seal,
            "in_log": _path_json(self.in_log),
            "checkpoint": self.checkpoint,
        }

    def page(self) -> str:
        """The proof on one page, to be checked with nothing but SHA-256."""
        leaf = leaf_hash(self.row.encode("utf-8", "surrogateescape"))
        entry = leaf_hash(self.seal.encode("utf-8"))
        return "\n".join(
            [
                *self.said,
                "",
                "1. The row. SHA-256 of the byte 00 and this line (broken here, one line in truth):",
                *_broken(self.row),
                *_columns(self.row, self.seal),
                f"   = {leaf.hex()}",
                f"2. From the row to the root of its batch: row {self.in_batch.index + 1} of {self.in_batch.size}.",
                f"   {_HOW}",
                *_steps(leaf, self.in_batch),
                "3. The seal of the batch holds that root. SHA-256 of the byte 00 and this line (as above):",
                *_broken(self.seal),
                f"   = {entry.hex()}",
                f"4. From the seal to the root of the checkpoint: seal {self.in_log.index + 1} of {self.in_log.size}.",
                *_steps(entry, self.in_log),
                "5. The checkpoint; its third line is that root in Base64. Compare it with the one that you kept:",
                *(f"   {line}" for line in self.checkpoint.splitlines() if line),
                "",
            ]
        )


@dataclass(frozen=True, slots=True)
class ContinuityProof:
    """That the seals of one checkpoint begin with those of an older one: nothing before it was changed or cut off."""

    older: str
    newer: str
    hashes: tuple[bytes, ...]

    def wrong(self) -> str:
        """Why it proves nothing; empty where it holds."""
        old, new = parse_checkpoint(self.older)[0], parse_checkpoint(self.newer)[0]
        if is_consistent(old.size, old.root, new.size, new.root, self.hashes):
            return ""
        return f"the checkpoint of batch {new.batch} does not continue that of batch {old.batch}"

    def page(self) -> str:
        """The proof on one page."""
        new, old = parse_checkpoint(self.newer)[0], parse_checkpoint(self.older)[0]
        return "\n".join(
            [
                f"Proof that the ledger of batch {new.batch} ({new.recorded_at}) continues that of batch {old.batch}",
                f"({old.recorded_at}): RFC 6962, section 2.1.2, from {old.size} to {new.size} seals.",
                "",
                "The older checkpoint:",
                *(f"   {line}" for line in self.older.splitlines() if line),
                "The newer checkpoint:",
                *(f"   {line}" for line in self.newer.splitlines() if line),
                "The hashes:",
                *(f"   {each.hex()}" for each in self.hashes),
                "",
            ]
        )

    def as_json(self) -> dict[str, Any]:
        """The proof as JSON."""
        return {
            "format": _FORMAT,
            "older": self.older,
            "newer": self.newer,
            "hashes": [each.hex() for each in self.hashes],
        }


Proof = RowProof | ContinuityProof


@dataclass(frozen=True, slots=True)
class SealedRow:
    """A row as it is sealed, the seal that covers it, and its place among the leaf hashes of that seal."""

    row: bytes
    seal: Seal
    index: int
    hashes: tuple[bytes, ...]


def find_row(connection: Connection, seals: Sequence[Seal], table: str, number: int) -> SealedRow | None:
    """The row of a table with this number, if one of the seals covers it."""
    for seal in seals:
        spans = seal.spans()
        if table in spans and spans[table].after < number <= spans[table].last:
            hashes: list[bytes] = []
            found: tuple[bytes, int] | None = None
            for each, span in spans.items():
                for chunk in read_rows(connection, each, seal.format, after=span.after, last=span.last):
                    if each == table and number in chunk.ids:
                        place = chunk.ids.index(number)
                        found = chunk.rows[place], len(hashes) + place
                    hashes += row_hashes(chunk.rows)
            return None if found is None else SealedRow(found[0], seal, found[1], tuple(hashes))
    return None


def prove_row(said: Sequence[str], found: SealedRow, seals: Sequence[Seal], kept: str) -> RowProof:
    """The proof of a row whose seal is one of `seals`, those of the checkpoint `kept`."""
    log, place = leaves(seals), seals.index(found.seal)
    return RowProof(
        tuple(said),
        found.row.decode("utf-8", "surrogateescape"),
        Path(found.index, len(found.hashes), tuple(inclusion_proof(found.index, found.hashes))),
        found.seal.entry.decode(),
        Path(place, len(log), tuple(inclusion_proof(place, log))),
        kept,
    )


def prove_continuity(older: Checkpoint, older_text: str, newer_text: str, seals: Sequence[Seal]) -> ContinuityProof:
    """The proof that the checkpoint of all `seals` continues an older one."""
    return ContinuityProof(older_text, newer_text, tuple(consistency_proof(older.size, leaves(seals))))


def parse_proof(written: str) -> Proof:
    """A proof from its JSON. NoteProblem where it is none."""
    try:
        read = json.loads(written)
        if read["format"] == _FORMAT:
            proof = _read(read)
            proof.wrong()  # what is no JSON inside is found here
            return proof
    except NoteProblem:
        raise
    except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise NoteProblem("it is no proof") from error
    raise NoteProblem("it is a proof in another format")


def _read(read: Mapping[str, Any]) -> Proof:
    if "older" in read:
        return ContinuityProof(_text(read, "older"), _text(read, "newer"), _hashes(read["hashes"]))
    return RowProof(
        tuple(map(str, read["said"])),
        _text(read, "row"),
        _path(read["in_batch"]),
        _text(read, "seal"),
        _path(read["in_log"]),
        _text(read, "checkpoint"),
    )


def checkpoint_text(proof: Proof) -> str:
    """The checkpoint that a proof leads to."""
    return proof.checkpoint if isinstance(proof, RowProof) else proof.newer


def checkpoints(proof: Proof) -> list[Checkpoint]:
    """The checkpoints that a proof speaks of."""
    texts = [proof.checkpoint] if isinstance(proof, RowProof) else [proof.older, proof.newer]
    return [parse_checkpoint(text)[0] for text in texts]


def _text(read: Mapping[str, Any], key: str) -> str:
    if not isinstance(read[key], str):
        raise NoteProblem(f"{key} is no text")
    return str(read[key])


def _path(read: Mapping[str, Any]) -> Path:
    index, size = read["index"], read["size"]
    if type(index) is not int or type(size) is not int:
        raise NoteProblem("a place is no whole number")
    return Path(index, size, _hashes(read["hashes"]))


def _hashes(read: Sequence[str]) -> tuple[bytes, ...]:
    found = tuple(bytes.fromhex(each) for each in read)
    if any(len(each) != 32 for each in found):
        raise NoteProblem("a hash has another length than SHA-256 has")
    return found


def _path_json(path: Path) -> dict[str, Any]:
    return {"index": path.index, "size": path.size, "hashes": [each.hex() for each in path.hashes]}


def _steps(leaf: bytes, path: Path) -> list[str]:
    """A line for each hash, and the root they lead to."""
    lines, found = [], leaf
    here, last = path.index, path.size - 1
    for sibling in path.hashes:
        while not here & 1 and here == last:  # a node without a neighbour goes up as it is
            here, last = here >> 1, last >> 1
        is_left = bool(here & 1)
        found = node_hash(sibling, found) if is_left else node_hash(found, sibling)
        lines.append(f"   {'L' if is_left else 'R'} {sibling.hex()}")
        here, last = here >> 1, last >> 1
    return [*lines, f"   = {found.hex()}"]


def _columns(row: str, seal: str) -> list[str]:
    """What the values of a row are."""
    table, form = json.loads(row)[0], json.loads(seal)[1]
    names = ", ".join(["table", *FORMATS.get(form, {}).get(table, ())])
    return [f"   {part}" for part in wrap(f"Its values: {names}", _WIDTH)]


def _broken(line: str) -> list[str]:
    return [f"   {line[start : start + _WIDTH]}" for start in range(0, len(line), _WIDTH)]
