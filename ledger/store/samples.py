"""The population of a sample, the cells behind a unit, and the samples that were drawn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, text

from ledger.store import batches, provenance, totals
from ledger.store.cells import CellPlace
from ledger.store.models import AuditSample, AuditSampleItem
from ledger.store.totals import Filter


@dataclass(frozen=True, slots=True)
class Holding:
    """What a project holds in the scope, in minor units of one currency. Without a `ref` no project holds it."""

    source: str
    ref: str
    stratum: str
    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class NewSample:
    """A sample to be kept; items are (unit, source, ref, stratum, exhaustive, book value) in the order of the draw."""

    method: str
    parameters: dict[str, Any]
    seed: str
    population_sha256: str
    units: int
    book_minor: int
    currency: str
    sample_size: int
    items: Sequence[tuple[str, str, str, str, bool, int]]


def holdings(connection: Connection, wanted: Filter, stratum: str | None) -> list[Holding]:
    """What each project holds, by source, reference and the key that makes the strata; sums of zero are left out."""
    keys = ["source", "project", *([stratum] if stratum else [])]
    return [
        Holding(
            str(total.keys[0] or ""),
            "" if total.keys[1] is None else str(total.keys[1]),
            str(total.keys[2] or "") if stratum else "",
            total.minor,
            total.currency,
        )
        for total in totals.totals(connection, wanted, keys)
        if total.minor
    ]


def titles(connection: Connection, known_at: int | None) -> dict[tuple[str, str], str]:
    """Titles of all projects by source and reference, as known then."""
    known = " WHERE w.batch_id <= :known_at" if known_at is not None else ""
    query = text(
        "SELECT p.source, p.ref, v.title FROM project p JOIN project_version v ON v.project_id = p.id "
        f"WHERE v.id IN (SELECT max(w.id) FROM project_version w{known} GROUP BY w.project_id)"
    )
    found = connection.execute(query, {"known_at": known_at} if known_at is not None else {})
    return {(row[0], row[1]): row[2] or "" for row in found}


def cells(connection: Connection, wanted: Filter) -> list[tuple[CellPlace, int]]:
    """The cells that add up to what the filter finds, each with what it adds, in the order of files, sheets and rows."""
    return [
        (CellPlace(part.file, part.sha256, part.sheet, part.row, part.column), part.minor)
        for part in provenance.contributions(connection, wanted)
        if part.column
    ]


def keep(connection: Connection, sample: NewSample) -> tuple[int, int]:
    """Store a sample in a batch of its own; returns the numbers of the sample and of the batch."""
    batch = batches.open_batch(connection, "sample", note=f"audit sample: {sample.method}, {len(sample.items)} units")
    number = int(connection.execute(text("SELECT coalesce(max(id), 0) + 1 FROM audit_sample")).scalar_one())
    connection.execute(
        insert(AuditSample).values(
            id=number,
            batch_id=batch,
            method=sample.method,
            parameters=json.dumps(sample.parameters, ensure_ascii=False, sort_keys=True),
            seed=sample.seed,
            population_sha256=sample.population_sha256,
            units=sample.units,
            book_minor=sample.book_minor,
            currency=sample.currency,
            sample_size=sample.sample_size,
        )
    )
    rows = [
        {
            "sample_id": number,
            "position": position,
            "unit": unit,
            "source": source,
            "ref": ref,
            "stratum": stratum,
            "is_exhaustive": exhaustive,
            "book_minor": minor,
        }
        for position, (unit, source, ref, stratum, exhaustive, minor) in enumerate(sample.items, start=1)
    ]
    if rows:
        connection.execute(insert(AuditSampleItem), rows)
    return number, batch


def listing(connection: Connection) -> list[RowMapping]:
    """All samples, oldest first, with when and by whom they were drawn."""
    query = text(
        "SELECT a.*, b.recorded_at, b.actor, (SELECT count(*) FROM audit_sample_item i WHERE i.sample_id = a.id) "
        "AS drawn FROM audit_sample a JOIN batch b ON b.id = a.batch_id ORDER BY a.id"
    )
    return list(connection.execute(query).mappings())


def find(connection: Connection, number: int) -> RowMapping | None:
    """One sample, or None."""
    return next((row for row in listing(connection) if row["id"] == number), None)


def items(connection: Connection, number: int) -> list[RowMapping]:
    """The units of a sample in the order of the draw."""
    columns = [column for column in AuditSampleItem.__table__.columns if column.name not in ("id", "sample_id")]
    query = select(*columns).where(AuditSampleItem.sample_id == number).order_by(AuditSampleItem.position)
    return list(connection.execute(query).mappings())
