"""Checkpoints: the state of all seals in a few lines that are kept elsewhere (C2SP tlog-checkpoint).

The seals are the leaves of an RFC 6962 tree; a checkpoint holds its size and root. Whoever kept one sees whether the
ledger still begins as it did: what was cut off, put back or computed anew cannot lead to the same root.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.domain.findings import Finding
from ledger.domain.merkle import leaf_hash, root
from ledger.domain.notes import Note, NoteProblem, decoded, parse_note
from ledger.domain.sealing import Seal

_ORIGIN: Final = "euledger/"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the ledger was: the tree of its seals, the last batch and its hash, and when this was recorded."""

    origin: str
    size: int
    root: bytes
    batch: int
    chain: str
    recorded_at: str

    @property
    def text(self) -> str:
        """The text that is signed. Origin, size and root stand as the format has them, the rest in lines of ours."""
        return (
            f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"
            f"batch {self.batch}\nchain {self.chain}\nrecorded {self.recorded_at}\n"
        )


def checkpoint_of(seals: Sequence[Seal], recorded_at: str) -> Checkpoint:
    """The checkpoint of these seals, of which there must be one at least."""
    return Checkpoint(
        origin=origin_of(seals[0]),
        size=len(seals),
        root=root(leaves(seals)),
        batch=seals[-1].batch_id,
        chain=seals[-1].entry_hash,
        recorded_at=recorded_at,
    )


def origin_of(first: Seal) -> str:
    """The name of a ledger: from its first seal, which all others build on."""
    return _ORIGIN + first.entry_hash[:16]


def leaves(seals: Sequence[Seal]) -> list[bytes]:
    """The leaf hashes of the tree of the seals, from what they say and not from the hash beside it."""
    return [leaf_hash(seal.entry) for seal in seals]


def parse_checkpoint(written: str) -> tuple[Checkpoint, Note]:
    """A checkpoint and the note it stands in. NoteProblem where it is none of ours."""
    note = parse_note(written)
    lines = note.text.splitlines()
    if len(lines) < 6 or not all(lines):
        raise NoteProblem("it has fewer lines than a checkpoint")
    said = dict(line.partition(" ")[::2] for line in lines[3:])
    if not lines[0].startswith(_ORIGIN) or not re.fullmatch(r"[1-9][0-9]{0,17}", lines[1]):
        raise NoteProblem("it does not begin as a checkpoint of a ledger does")
    whole = decoded(lines[2])
    if len(whole) != 32 or not re.fullmatch(r"[0-9]{1,18}", said.get("batch", "")) or "chain" not in said:
        raise NoteProblem("it lacks the root, the batch or the hash of the last seal")
    found = Checkpoint(lines[0], int(lines[1]), whole, int(said["batch"]), said["chain"], said.get("recorded", ""))
    return found, note


def compared(kept: Checkpoint, seals: Sequence[Seal]) -> list[Finding]:
    """What a kept checkpoint says of the ledger as it is now; nothing where the ledger still begins as it did."""
    told = f"the checkpoint of {kept.recorded_at} (batch {kept.batch})"
    if not seals:
        return [Finding("checkpoint-truncated", f"{told}: no batch is left")]
    hashes = leaves(seals)
    if len(seals) >= kept.size and root(hashes[: kept.size]) == kept.root:
        at = seals[kept.size - 1]
        if (at.batch_id, at.entry_hash) == (kept.batch, kept.chain):
            return []
        # Only who signs false checkpoints can make this: the root says one thing, the lines another.
        return [Finding("checkpoint-forked", f"{told} contradicts itself: its root is not that of its batch")]
    if origin_of(seals[0]) != kept.origin:
        said = f"{told} is of {kept.origin}, this ledger is {origin_of(seals[0])}: another one, or written anew from the start"
        return [Finding("checkpoint-other", said)]
    if len(seals) < kept.size:
        last = seals[-1].batch_id
        said = f"{told}: the ledger ends at batch {last}; the {kept.size - len(seals)} seals behind it are gone"
        return [Finding("checkpoint-truncated", said, values={"batch": last + 1})]
    return [Finding("checkpoint-forked", f"{told}: a batch up to {kept.batch} was written anew since then")]
