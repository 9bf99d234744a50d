"""Verify a ledger: seals, rows, kept files, balances and code lists, each as a result that is silent when it holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ledger.actions.check_integrity import balance_findings
from ledger.actions.scope import UsageProblem
from ledger.actions.seal import read_checkpoint
from ledger.audit import keys, proof, timestamp
from ledger.audit.checkpoint import compared
from ledger.audit.verify import Progress, verify_seals
from ledger.domain.findings import CheckResult, Finding, Severity
from ledger.domain.notes import Note, NoteProblem, parse_note
from ledger.store import code_lists, integrity, schema, standing
from ledger.store.database import Connection, Database, DatabaseProblem
from ledger.store.seals import Unreadable, all_seals, readable

#: The one part that may fail of an honest ledger: a newer program ships newer lists.
CODE_LISTS = "code-lists"


def verify(
    database: Database,
    *,
    checkpoints: Sequence[Path] = (),
    key: str | None = None,
    authorities: Path | None = None,
    reread: bool = False,
    progress: Progress = lambda _what, _rows: None,
) -> list[CheckResult]:
    """Compute everything anew on one state of the ledger and hold it against what was sealed and kept.

    `checkpoints` tell what the ledger alone cannot: that it was cut off, put back or made anew. `key` is the public key
    that must have signed them, `authorities` a file of certificates whose time stamps are believed. `reread` reads every
    kept file again and holds each row against its digest.
    """
    trusted = None if key is None else _public(key)
    try:
        schema.require_current(database)
    except UnicodeDecodeError as error:  # SQLite's message quotes spoilt text
        raise DatabaseProblem(f"cannot use {database.shown}: the description of its tables is damaged") from error
    with database.read() as connection:
        standing.require_whole_view(connection, "verify")
        results = verify_state(connection, progress)
        if reread:
            from ledger.actions.evidence import reread_rows

            results.append(_part(connection, "reread", lambda c: reread_rows(c, progress)))
        results += [_checkpoint(connection, path, trusted, authorities) for path in checkpoints]
    return results


def verify_state(connection: Connection, progress: Progress = lambda _what, _rows: None) -> list[CheckResult]:
    """What a ledger can tell by itself, of the state that a transaction sees, be it kept in the end or not."""
    return [
        *verify_seals(connection, progress),
        _part(connection, "balances", _balances),
        _part(connection, CODE_LISTS, _code_lists),
        *([_part(connection, "file", _file)] if integrity.is_file(connection) else []),
    ]


def verify_proof(path: Path, *, checkpoints: Sequence[Path] = (), key: str | None = None) -> list[CheckResult]:
    """Hold a proof against itself, the checkpoint that was kept and the key that must have signed it: no ledger needed."""
    trusted = None if key is None else _public(key)
    try:
        read = proof.parse_proof(path.read_text(encoding="utf-8", errors="surrogateescape"))
    except OSError as error:
        raise UsageProblem(f"cannot read {path}: {error.strerror}") from error
    except NoteProblem as problem:
        return [_result("proof", 0, [Finding("proof-unreadable", str(problem), file=path.name)])]
    wrong = read.wrong()
    results = [_result("proof", 1, [Finding("proof-broken", wrong, file=path.name)] if wrong else [])]
    for kept in checkpoints:
        told: list[Finding] = []
        found = read_checkpoint(kept, told)
        if found is not None and found[0] not in proof.checkpoints(read):
            told.append(Finding("proof-elsewhere", "the proof is of another checkpoint", file=kept.name))
        results.append(_result("checkpoint", int(found is not None), told))
    note = parse_note(proof.checkpoint_text(read))
    results.append(_result("signature", len(note.signatures), _signature(note, trusted, path.name)))
    return results


def _checkpoint(
    connection: Connection, path: Path, key: keys.PublicKey | None, authorities: Path | None
) -> CheckResult:
    """One kept checkpoint: its signature, its time stamp, and the ledger against it."""
    told: list[Finding] = []
    read = read_checkpoint(path, told)
    if read is None:
        return _result("checkpoint", 0, told)
    checkpoint, note = read
    told += _signature(note, key, path.name)
    told += _stamp(note, authorities, path.name)
    try:
        told += [_at(path, each) for each in compared(checkpoint, all_seals(connection))]
    except Unreadable as problem:
        told.append(Finding("row-unreadable", f"the seals cannot be read: {problem}"))
    return _result("checkpoint", checkpoint.size, told)


def _signature(note: Note, key: keys.PublicKey | None, file: str) -> list[Finding]:
    if key is None:
        names = ", ".join(signature.name for signature in timestamp.without_reply(note).signatures) or "nobody"
        return [
            Finding("checkpoint-unproven", f"said to be signed by {names}; no key was given to check it", file=file)
        ]
    if key.signed(note):
        return []
    return [Finding("checkpoint-signature", f"no signature of {key.name} holds for it", file=file)]


def _stamp(note: Note, authorities: Path | None, file: str) -> list[Finding]:
    reply = timestamp.reply_in(note)
    if reply is None:
        if authorities is None:
            return []
        return [Finding("timestamp-refused", "the checkpoint holds no time stamp", file=file)]
    try:
        trusted = [] if authorities is None else timestamp.certificates(authorities)
        found = timestamp.stamp_of(note, reply, trusted)
    except timestamp.StampProblem as problem:
        return [Finding("timestamp-refused", str(problem), file=file)]
    if found.is_proven:
        return []
    return [Finding("timestamp-unproven", f"said to be stamped at {found.moment}", file=file)]


def _public(key: str) -> keys.PublicKey:
    try:
        return keys.public_key(key)
    except keys.KeyProblem as problem:
        raise UsageProblem(str(problem)) from problem


def _part(connection: Connection, name: str, work: Callable[[Connection], tuple[int, list[Finding]]]) -> CheckResult:
    try:
        with readable(connection):
            checked, found = work(connection)
    except Unreadable as problem:
        checked, found = 0, [Finding("row-unreadable", f"{name} cannot be read: {problem}")]
    return _result(name, checked, found)


def _result(name: str, checked: int, findings: list[Finding]) -> CheckResult:
    ok = all(finding.level is Severity.INFO for finding in findings)
    return CheckResult(name, ok, checked, findings)


def _at(path: Path, finding: Finding) -> Finding:
    return Finding(finding.code, finding.message, file=path.name, values=finding.values)


def _balances(connection: Connection) -> tuple[int, list[Finding]]:
    return integrity.count(connection, "balance"), balance_findings(connection)


def _file(connection: Connection) -> tuple[int, list[Finding]]:
    return 1, [Finding("file-damaged", said) for said in integrity.file_damage(connection)]


def _code_lists(connection: Connection) -> tuple[int, list[Finding]]:
    checked, told = code_lists.differences(connection)
    return checked, [Finding("code-list-differs", said) for said in told]
