"""Seal: a checkpoint of the ledger to be kept elsewhere, signed and time-stamped, and proofs that lead to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ledger.actions.scope import UsageProblem
from ledger.audit import keys, timestamp
from ledger.audit.checkpoint import Checkpoint, checkpoint_of, parse_checkpoint
from ledger.audit.verify import batches_of, out_of_place
from ledger.domain.findings import Finding
from ledger.domain.notes import Note, NoteProblem
from ledger.domain.sealing import Seal
from ledger.reporting.files import replacing
from ledger.store import batches, schema, seals
from ledger.store.database import Connection, Database


@dataclass(slots=True)
class SealResult:
    """The checkpoint that was made (None where there is none to make), and the public key of who signed it."""

    note: Note | None = None
    checkpoint: Checkpoint | None = None
    public_key: str | None = None
    timestamp: str | None = None
    findings: list[Finding] = field(default_factory=list)


def signing_key(file: Path | None, new_file: Path | None, signer: str) -> keys.PrivateKey | None:
    """The key to sign with: the one in a file, a new one kept in a new file, or none."""
    if file is not None and new_file is not None:
        raise UsageProblem("--key names a key that is there, --new-key one to be made: give one of them")
    try:
        if new_file is not None:
            return keys.new_key(new_file, signer)
        return None if file is None else keys.load_key(file)
    except keys.KeyProblem as problem:
        raise UsageProblem(str(problem)) from problem


def seal(database: Database, key: keys.PrivateKey | None) -> SealResult:
    """The checkpoint of the ledger as it is now.

    Whether its rows are as sealed is for `verify`; that the seals are a chain is looked at here, for nobody should sign
    a broken one.
    """
    schema.require_current(database)
    result = SealResult()
    with database.read() as connection:
        found = chain(connection, result.findings)
    if result.findings:
        return result
    result.checkpoint, result.note = signed(found, key)
    if key is None:
        result.findings.append(Finding("checkpoint-unsigned", "the checkpoint is not signed"))
    else:
        result.public_key = str(key.public)
    result.findings.append(Finding("timestamp-absent", "no time-stamp authority attests the moment of the checkpoint"))
    return result


def stamp(path: Path, reply: Path) -> SealResult:
    """The checkpoint in a file with an authority's reply put into it; the file itself is left to the caller."""
    result = SealResult()
    read = read_checkpoint(path, result.findings)
    if read is None:
        return result
    result.checkpoint, note = read
    try:
        content = reply.read_bytes()
        result.note = timestamp.with_reply(note, content)
        result.timestamp = timestamp.stamp_of(note, content, ()).moment
    except OSError as error:
        raise UsageProblem(f"cannot read {reply}: {error.strerror}") from error
    except timestamp.StampProblem as problem:
        result.findings.append(Finding("timestamp-refused", str(problem), file=reply.name))
    return result


def stamp_query(note: Note) -> bytes:
    """What to send to a time-stamp authority for a checkpoint. UsageProblem where the library for it is missing."""
    try:
        return timestamp.query(note)
    except timestamp.StampProblem as problem:
        raise UsageProblem(str(problem)) from problem


def read_checkpoint(path: Path, findings: list[Finding]) -> tuple[Checkpoint, Note] | None:
    """A checkpoint from its file; a finding where it is none."""
    try:
        return parse_checkpoint(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageProblem(f"cannot read {path}: {error.strerror}") from error
    except (NoteProblem, UnicodeDecodeError) as problem:
        said = str(problem) if isinstance(problem, NoteProblem) else "it is no text"
        findings.append(Finding("checkpoint-unreadable", said, file=path.name))
        return None


def write(path: Path, content: str | bytes) -> None:
    """Write a file wholly or not at all; UsageProblem where it cannot be written."""
    try:
        with replacing(path) as draft:
            draft.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise UsageProblem(f"cannot write {path}: {error.strerror}") from error


def chain(connection: Connection, findings: list[Finding]) -> list[Seal]:
    """All seals; findings where there are none or they are no chain."""
    found = seals.all_seals(connection)
    if not found:
        findings.append(Finding("seal-empty", "nothing is booked yet"))
    for before, each in zip([None, *found], found, strict=False):
        told = f"the seal of {batches_of(each)}: "
        findings += [Finding("seal-broken", told + what) for what in out_of_place(each, before)]
    return found


def signed(found: Sequence[Seal], key: keys.PrivateKey | None) -> tuple[Checkpoint, Note]:
    """The checkpoint of these seals, and the note it stands in, signed if there is a key."""
    checkpoint = checkpoint_of(found, batches.now())
    return checkpoint, Note(checkpoint.text, () if key is None else (key.sign(checkpoint.text),))
