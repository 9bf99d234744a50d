"""Proofs: that a number is in the ledger of a checkpoint, and that a checkpoint continues an older one."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ledger.actions.scope import UsageProblem
from ledger.actions.seal import chain, read_checkpoint, signed
from ledger.actions.why import contributions_of
from ledger.audit import keys, proof
from ledger.audit.checkpoint import compared
from ledger.audit.verify import batches_of
from ledger.domain.findings import Finding, place_text
from ledger.domain.money import display
from ledger.domain.sealing import FORMAT, FORMATS, Seal
from ledger.store import schema
from ledger.store.database import Connection, Database
from ledger.store.provenance import Contribution

#: Proofs that are made for one reference at most.
MOST_PROOFS = 20


@dataclass(slots=True)
class ProofResult:
    """The proofs that were made, of rows or that a checkpoint continues an older one."""

    proofs: list[proof.Proof] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def prove(
    database: Database,
    ref: str | None,
    row: str | None,
    *,
    checkpoint: Path | None = None,
    key: keys.PrivateKey | None = None,
) -> ProofResult:
    """Proofs of one sealed row (`transfer:77`), or of every live transfer behind what `ref` names.

    They lead to the checkpoint given, or to a new one.
    """
    schema.require_current(database)
    result = ProofResult()
    with database.read() as connection:
        found = chain(connection, result.findings)
        if result.findings:
            return result
        kept, found = _target(found, checkpoint, key, result.findings)
        wanted = _one_row(row) if row is not None else _behind(connection, ref or "", result.findings)
        for table, number, said in [] if result.findings else wanted:
            sealed = proof.find_row(connection, found, table, number)
            if sealed is None:
                told = f"no seal of the checkpoint covers {table} {number}"
                result.findings.append(Finding("row-unknown", told))
            else:
                head = (
                    f"Proof that {table} {number} is in the ledger of the checkpoint below ({batches_of(sealed.seal)})"
                )
                result.proofs.append(proof.prove_row([head, *said], sealed, found, kept))
    return result


def prove_continuity(
    database: Database, older: Path, *, checkpoint: Path | None = None, key: keys.PrivateKey | None = None
) -> ProofResult:
    """The proof that the checkpoint given, or a new one, continues an older one; a finding where it does not."""
    schema.require_current(database)
    result = ProofResult()
    if (read := read_checkpoint(older, result.findings)) is None:
        return result
    with database.read() as connection:
        found = chain(connection, result.findings)
    if result.findings:
        return result
    kept, found = _target(found, checkpoint, key, result.findings)
    result.findings += compared(read[0], found)
    if not result.findings:
        result.proofs.append(proof.prove_continuity(read[0], str(read[1]), kept, found))
    return result


def _target(
    found: list[Seal], path: Path | None, key: keys.PrivateKey | None, findings: list[Finding]
) -> tuple[str, list[Seal]]:
    """The checkpoint that a proof leads to, and its seals: those of a kept one, or all."""
    if path is None:
        return str(signed(found, key)[1]), found
    read = read_checkpoint(path, findings)
    if read is None:
        return "", found
    findings += compared(read[0], found)
    return str(read[1]), found[: read[0].size]


def _one_row(row: str) -> list[tuple[str, int, list[str]]]:
    table, _, number = row.partition(":")
    if table not in FORMATS[FORMAT] or not number.isdecimal():
        raise UsageProblem(f"{row!r} names no row: say TABLE:NUMBER, such as transfer:77")
    return [(table, int(number), [])]


def _behind(connection: Connection, ref: str, findings: list[Finding]) -> list[tuple[str, int, list[str]]]:
    """The live transfers behind a reference, each with what people read of it."""
    parts = contributions_of(connection, ref)
    if not parts:
        findings.append(Finding("reference-unknown", f"nothing in the ledger is called {ref!r}, or it holds no money"))
    if len(parts) > MOST_PROOFS:
        raise UsageProblem(
            f"{ref!r} has {len(parts)} numbers behind it, and {MOST_PROOFS} are proven at once: say which, as in "
            f"project=…,stage=paid, or one with --row transfer:{parts[0].transfer_id}"
        )
    return [("transfer", part.transfer_id, _said(part)) for part in parts]


def _said(part: Contribution) -> list[str]:
    place = place_text(part.file, part.sheet, str(part.row or ""))
    return [
        f"{part.holder}: {display(part.minor, part.currency)}, {part.stage}, {part.basis}, {part.country}",
        f"from {place}" if place else "from no file",
    ]
