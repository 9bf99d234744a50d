"""The plain building blocks that every reader shares: the open workbook, a sheet held in memory, and refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from ledger.domain.findings import Finding
from ledger.intake.cells import Row, Sheet, SheetFacts, Value


class ReadFailed(Exception):
    """The file can not be read (further); `finding` says why.

    `open_workbook` never lets it out. `Sheet.rows()` does, where damage shows only in mid-sheet: a reader that simply
    stopped there would lose rows in silence.
    """

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


def unreadable(file: str, why: str, *, sheet: str = "", cell: str = "") -> ReadFailed:
    """The refusal of a damaged, hostile or mislabelled file."""
    return ReadFailed(Finding("file-unreadable", why, file=file, sheet=sheet, cell=cell))


def too_large(file: str, why: str, *, sheet: str = "", cell: str = "") -> ReadFailed:
    """The refusal of a file that is larger, or reaches further, than what is read."""
    return ReadFailed(Finding("file-too-large", why, file=file, sheet=sheet, cell=cell))


def unsafe(file: str, why: str) -> ReadFailed:
    """The refusal of a file built as no spreadsheet program builds one."""
    return ReadFailed(Finding("file-unsafe", why, file=file))


@dataclass(slots=True)
class Book:
    """An open workbook (see `ledger.intake.cells.Workbook`). Without sheets, `findings` says why."""

    format: str
    encoding: str | None = None
    delimiter: str | None = None
    sheets: list[Sheet] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    modified: date | None = None
    closers: list[Callable[[], None]] = field(default_factory=list)

    def close(self) -> None:
        """Release the file and any scratch files; may be called again."""
        while self.closers:
            self.closers.pop()()


@dataclass(slots=True)
class HeldSheet:
    """A sheet whose rows are already in memory (small formats: html, IATI, and what calamine gives)."""

    name: str | None
    held: list[Row]
    facts: SheetFacts

    def rows(self) -> Iterator[Row]:
        """Every row that holds something, in order."""
        return iter(self.held)


def trimmed(values: list[Value]) -> list[Value]:
    """The values without trailing empty ones (changed in place)."""
    while values and values[-1] is None:
        values.pop()
    return values


def held_sheet(name: str | None, rows: list[Row], facts: SheetFacts) -> HeldSheet:
    """A sheet of rows in memory: wholly empty rows left out, its last row and column noted in `facts`."""
    kept = [Row(number, trimmed(values)) for number, values in rows]
    kept = [row for row in kept if row.values]
    facts.last_row = kept[-1].number if kept else 0
    facts.last_column = max((len(row.values) for row in kept), default=0)
    return HeldSheet(name, kept, facts)
