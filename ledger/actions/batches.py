"""Batches: list them, show one, list its rows, undo it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ledger.actions.evidence import kept_workbook, shown
from ledger.actions.scope import UsageProblem
from ledger.domain.findings import Finding
from ledger.domain.records import RowState
from ledger.intake.cells import column_letter
from ledger.intake.readers.book import ReadFailed
from ledger.reporting.delimited import write_csv
from ledger.reporting.safe_text import cut_findings
from ledger.reporting.tables import Cell, Column, Kind, Table
from ledger.reporting.workbook import SheetPlan, new_book
from ledger.store import batches, schema, standing
from ledger.store.database import Database, RowMapping
from ledger.store.rehearsal import ledger_for


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch in a list."""

    id: int
    kind: str
    recorded_at: str
    actor: str
    file: str | None
    sha256: str | None
    profile: str | None
    source: str | None
    as_of: str | None
    is_illustrative: bool
    transfers: int
    reverts: int | None
    reverted_by: int | None
    note: str | None


@dataclass(slots=True)
class BatchView:
    """A batch with its rows by state and its findings as they were told."""

    line: BatchLine
    rows: dict[str, int]
    findings: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class RowLine:
    """A row of a batch: where it stands, its state, and the findings told of it."""

    file: str
    sheet: str
    row: int
    state: str
    findings: list[str]


@dataclass(slots=True)
class RevertResult:
    """The undone batch and the batch that undid it; `batch` is None when it was refused."""

    reverted: int
    batch: int | None = None
    transfers: int = 0
    findings: list[Finding] = field(default_factory=list)


_CELLS_NOTE = "Cells as the sender wrote them, read again from the kept file; A, B, C … are its columns."


def list_batches(database: Database) -> list[BatchLine]:
    """All batches, oldest first."""
    schema.require_current(database)
    with database.read() as connection:
        return [_line(row) for row in batches.listing(connection)]


def show_batch(database: Database, number: int) -> BatchView | Finding:
    """One batch, or the finding that there is none."""
    schema.require_current(database)
    with database.read() as connection:
        row = next((row for row in batches.listing(connection) if row["id"] == number), None)
        if row is None:
            return _unknown(number)
        return BatchView(_line(row), batches.row_counts(connection, number), batches.findings(connection, number))


def batch_rows(database: Database, number: int, state: RowState | None = None) -> list[RowLine] | Finding:
    """The rows of a batch, of one state or all, in the order of the file."""
    schema.require_current(database)
    with database.read() as connection:
        if batches.find(connection, number) is None:
            return _unknown(number)
        told: dict[tuple[str, int], list[str]] = {}
        for finding in batches.findings(connection, number):
            digits = "".join(c for c in finding["cell"].split(":")[0] if c.isdigit())
            if digits:
                told.setdefault((finding["sheet"], int(digits)), []).append(f"{finding['cell']}: {finding['message']}")
        return [
            RowLine(file, sheet, row, found, told.get((sheet, row), []))
            for file, sheet, row, found in batches.rows(connection, number, state.value if state else None)
        ]


def write_rows(database: Database, number: int, state: RowState | None, path: Path) -> list[Finding]:
    """Write the rows of a batch (of one state, or all) to .xlsx or .csv, with what was said of each and its cells.

    Returns why nothing was written, or what was cut.

    The cells are read again from the kept file, as text; a row that was refused stands there as the sender wrote it.
    Raises UsageProblem for another ending; OSError where `path` cannot be written.
    """
    if path.suffix.lower() not in (".xlsx", ".csv"):
        raise UsageProblem(f"{path.name}: the ending must be .xlsx or .csv")
    found = batch_rows(database, number, state)
    if isinstance(found, Finding):
        return [found]
    with database.read() as connection:
        kept = batches.files(connection, number)
        cells: dict[tuple[str, str, int], list[str]] = {}
        try:
            for name, sha256 in kept:
                with kept_workbook(connection, sha256, name) as book:
                    wanted = {(line.sheet, line.row) for line in found if line.file == name}
                    for sheet in book.sheets:
                        for row in sheet.rows():
                            if (sheet.name or "", row.number) in wanted:
                                cells[name, sheet.name or "", row.number] = [shown(value) for value in row.values]
        except ReadFailed as failure:
            return [failure.finding]
    width = max((len(row) for row in cells.values()), default=0)
    letters = [Column(column_letter(n), column_letter(n), Kind.PROSE, 24) for n in range(1, width + 1)]
    columns = [
        Column("file", "File", width=30),
        Column("sheet", "Sheet", width=16),
        Column("row", "Row", Kind.NUMBER, 8),
        Column("state", "State", width=12),
        Column("said", "Said of it", Kind.PROSE, 60),
        *letters,
    ]
    lines: list[list[Cell]] = []
    for line in found:
        raw = cells.get((line.file, line.sheet, line.row), [])
        padded = [*raw, *[""] * (width - len(raw))]
        lines.append([line.file, line.sheet, line.row, line.state, "; ".join(line.findings), *padded])
    table = Table(columns, lines)
    if path.suffix.lower() == ".csv":
        write_csv(table, path)
        return []
    title = f"Rows of batch {number}" + (f": {state.value}" if state else "")
    with new_book(path, title=title, recorded_at=None) as book_out:
        book_out.add("Rows")
        book_out.fill(
            SheetPlan(
                "Rows",
                title,
                table,
                lines=["Cells as the sender wrote them, read again from the kept file; A, B, C … are its columns."],
                frozen=3,
            )
        )
        return cut_findings(path.name, book_out.cut)


#: Kinds of batches that no revert undoes: what they are, and what to do instead.
_NOT_UNDONE: Final = {
    "revert": ("is itself an undo", "To have the undone rows again, import their file again."),
    "grant": ("gives or takes back a role", "Take a role back with: euledger db revoke LOGIN"),
    "run": (
        "holds the verdicts of a run, which booked nothing",
        "A run stays on record; keep another one with: euledger reconcile --keep",
    ),
    "sample": (
        "is an audit sample, which booked nothing",
        "A sample stays on record; draw another one if it does not serve.",
    ),
}


def revert(database: Database, number: int, *, dry_run: bool = False) -> RevertResult:
    """Undo a batch. Refused where it is unknown, undone already, itself an undo, or built on by later batches."""
    schema.require_current(database)
    result = RevertResult(number)
    with ledger_for(database, dry_run=dry_run) as ledger, ledger.write() as connection:
        batch = batches.find(connection, number)
        if batch is None:
            result.findings.append(_unknown(number))
            return result
        standing.require_own(connection, number, batch["actor"])
        if batch["reverted_by"] is not None:
            result.findings.append(
                Finding("batch-reverted", f"batch {number} was reverted by batch {batch['reverted_by']} already")
            )
        elif batch["kind"] in _NOT_UNDONE:
            why, remedy = _NOT_UNDONE[batch["kind"]]
            result.findings.append(Finding("revert-blocked", f"batch {number} {why}", remedy=remedy))
        elif later := batches.blockers(connection, number):
            numbers = ", ".join(map(str, later))
            result.findings.append(
                Finding(
                    "revert-blocked",
                    f"later batches build on batch {number}: {numbers}",
                    values={"batches": later},
                    remedy=f"Revert the later batches first, newest first: {', '.join(map(str, reversed(later)))}.",
                )
            )
        if result.findings:
            return result
        undo = batches.revert(connection, batch)
        result.transfers = batches.transfer_count(connection, undo)
        result.batch = undo
        result.findings += batches.clock_findings(connection, undo)
    return result


def _unknown(number: int) -> Finding:
    return Finding("batch-unknown", f"there is no batch {number}")


def _line(row: RowMapping) -> BatchLine:
    return BatchLine(
        id=int(row["id"]),
        kind=row["kind"],
        recorded_at=row["recorded_at"],
        actor=row["actor"],
        file=row["file"],
        sha256=row["sha256"],
        profile=row["profile"],
        source=row["source"],
        as_of=str(row["as_of"]) if row["as_of"] else None,
        is_illustrative=bool(row["is_illustrative"]),
        transfers=int(row["transfers"]),
        reverts=row["reverts_id"],
        reverted_by=row["reverted_by"],
        note=row["note"],
    )
