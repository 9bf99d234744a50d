"""Kept runs of `reconcile`: kept, listed, and the last verdict on each figure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, text

from ledger.store import batches
from ledger.store.models import FigureRun, FigureRunResult

#: What a result keeps of a verdict.
FIELDS = (
    *("version_id", "figure", "verdict", "rule", "unit", "stated", "low", "high", "low_inclusive", "high_inclusive"),
    *("recorded", "is_complete", "waiver_id"),
)


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run: what was asked, and the last batch that counted."""

    number: int
    batch: int
    known_at: int
    question: dict[str, Any]
    recorded_at: str
    actor: str
    figures: int


def keep(
    connection: Connection, question: dict[str, Any], known_at: int, results: Sequence[dict[str, Any]]
) -> tuple[int, int]:
    """Keep a run in a batch of its own; returns the numbers of the run and of the batch."""
    batch = batches.open_batch(connection, "run", note=f"verdicts on {len(results)} figures")
    made = insert(FigureRun).values(
        batch_id=batch, question=json.dumps(question, ensure_ascii=False, sort_keys=True), known_at=known_at
    )
    number = int(connection.execute(made.returning(FigureRun.id)).scalar_one())
    rows = [{"run_id": number, "position": position, **row} for position, row in enumerate(results, start=1)]
    if rows:
        connection.execute(insert(FigureRunResult), rows)
    return number, batch


def listing(connection: Connection, known_at: int | None = None) -> list[KeptRun]:
    """All runs, oldest first, of which the ledger knew then."""
    query = text(
        "SELECT r.id, r.batch_id, r.known_at, r.question, b.recorded_at, b.actor, "
        "(SELECT count(*) FROM figure_run_result f WHERE f.run_id = r.id) FROM figure_run r "
        "JOIN batch b ON b.id = r.batch_id WHERE r.batch_id <= :head ORDER BY r.id"
    )
    head = batches.last(connection) if known_at is None else known_at
    return [
        KeptRun(int(row[0]), int(row[1]), int(row[2]), json.loads(row[3]), row[4], row[5], int(row[6]))
        for row in connection.execute(query, {"head": head})
    ]


def results(connection: Connection, number: int) -> list[dict[str, Any]]:
    """The verdicts of a run in their order, by column."""
    query = text(f"SELECT {', '.join(FIELDS)} FROM figure_run_result WHERE run_id = :run ORDER BY position")
    return [dict(row) for row in connection.execute(query, {"run": number}).mappings()]
