"""Accepted differences: kept, listed and withdrawn. A withdrawal is a batch that takes the waiver's batch back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text

from ledger.store import batches
from ledger.store.models import PublishedFigure, SourceFile, Waiver


@dataclass(frozen=True, slots=True)
class KeptWaiver:
    """A waiver as it stands; `difference` is exact text in the figure's unit, `withdrawn_by` the batch that ended it."""

    number: int
    batch: int
    figure: str
    difference: str
    reason: str
    evidence: str
    until: date
    recorded_at: str
    actor: str
    withdrawn_by: int | None
    withdrawn_why: str | None


@dataclass(frozen=True, slots=True)
class NewWaiver:
    """A waiver to be kept; `file` is (name, SHA-256, size, packed bytes) where the evidence is a file."""

    figure: str
    difference: str
    reason: str
    evidence: str
    until: date
    file: tuple[str, str, int, bytes] | None = None


def keep(connection: Connection, waiver: NewWaiver) -> tuple[int, int]:
    """Keep a waiver, and its evidence, in a batch of its own; returns the numbers of the waiver and of the batch."""
    batch = batches.open_batch(connection, "waiver", note=f"waives {waiver.difference} of {waiver.figure}")
    if waiver.file is not None:
        name, sha256, size, content = waiver.file
        batches.keep_content(connection, sha256, size, content)
        connection.execute(insert(SourceFile).values(batch_id=batch, name=name, sha256=sha256, format="evidence"))
    figure = connection.execute(select(PublishedFigure.id).where(PublishedFigure.ref == waiver.figure)).scalar_one()
    made = insert(Waiver).values(
        batch_id=batch,
        figure_id=figure,
        difference=waiver.difference,
        reason=waiver.reason,
        evidence=waiver.evidence,
        valid_until=waiver.until,
    )
    return int(connection.execute(made.returning(Waiver.id)).scalar_one()), batch


def listing(connection: Connection, known_at: int | None = None) -> list[KeptWaiver]:
    """Every waiver, oldest first, as known then: withdrawn ones too."""
    query = text(
        "SELECT w.id, w.batch_id, f.ref, w.difference, w.reason, w.evidence, w.valid_until, b.recorded_at, b.actor, "
        "u.id, u.note FROM waiver w JOIN published_figure f ON f.id = w.figure_id JOIN batch b ON b.id = w.batch_id "
        "LEFT JOIN batch u ON u.reverts_id = w.batch_id AND u.id <= :head WHERE w.batch_id <= :head ORDER BY w.id"
    )
    head = batches.last(connection) if known_at is None else known_at
    return [_kept(row) for row in connection.execute(query, {"head": head})]


def _kept(row: Any) -> KeptWaiver:
    number, batch, figure, difference, reason, evidence, until, recorded_at, actor, undo, why = row
    return KeptWaiver(
        int(number),
        int(batch),
        figure,
        difference,
        reason,
        evidence or "",
        until if isinstance(until, date) else date.fromisoformat(until),
        recorded_at,
        actor,
        None if undo is None else int(undo),
        why,
    )


def withdraw(connection: Connection, waiver: KeptWaiver, reason: str) -> int:
    """Take a waiver back; returns the number of the batch that does."""
    return batches.open_batch(
        connection, "revert", reverts_id=waiver.batch, note=f"withdraws waiver {waiver.number}: {reason}"
    )


def day_of(connection: Connection, known_at: int | None) -> date:
    """The day on which a question is asked: today, or that of the last batch that is known."""
    if known_at is None or known_at == 0:
        return date.fromisoformat(batches.now()[:10])
    row = batches.find(connection, known_at)
    assert row is not None
    return datetime.fromisoformat(row["recorded_at"]).date()
