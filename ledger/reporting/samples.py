"""The checklist of an audit sample: a workbook that is filled in by hand and read back for the evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ledger.domain.money import Money
from ledger.reporting.tables import Cell, Column, Kind, Table
from ledger.reporting.workbook import SheetPlan, new_book


@dataclass(frozen=True, slots=True)
class SampleCell:
    """A cell that is a part of a unit's book value."""

    file: str
    sha256: str
    sheet: str
    cell: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Item:
    """A unit to audit, with the cells that its book value comes from."""

    position: int
    unit: str
    source: str
    ref: str
    title: str
    stratum: str
    exhaustive: bool
    book_value: Money
    cells: list[SampleCell] = field(default_factory=list)

    @property
    def stratum_label(self) -> str:
        """The stratum as the checklist names it and the evaluation reads it."""
        if not self.exhaustive:
            return self.stratum
        return f"{self.stratum}: exhaustive" if self.stratum else "exhaustive"


def write_checklist(path: Path, title: str, lines: Sequence[str], items: Sequence[Item]) -> list[str]:
    """Two sheets: the units with a column to fill in, and every cell behind them; returns the cells whose text was cut.

    OSError where `path` is not writable.
    """
    with new_book(path, title=title, recorded_at=None) as book:
        book.add("Checklist", "Cells")
        book.fill(SheetPlan("Checklist", title, Table(_UNITS, map(_unit, items)), lines=lines, frozen=2))
        cells = [_cell(item, part) for item in items for part in item.cells]
        book.fill(SheetPlan("Cells", f"{title}: the cells behind each unit", Table(_CELLS, cells), frozen=1))
        return book.cut


_UNITS = (
    Column("unit", "Unit", width=24),
    Column("stratum", "Stratum", width=18),
    Column("book_value", "Book value", Kind.MONEY, 18),
    Column("audited_value", "Audited value", Kind.MONEY, 18),
    Column("error", "Error", Kind.MONEY, 16),
    Column("remark", "Remark", Kind.PROSE, 30),
    Column("title", "Title", Kind.PROSE, 40),
    Column("source", "Source", width=18),
    Column("cells", "Cells", Kind.PROSE, 44),
)
_CELLS = (
    Column("unit", "Unit", width=24),
    Column("file", "File", width=36),
    Column("sheet", "Sheet", width=20),
    Column("cell", "Cell", width=10),
    Column("amount", "Amount", Kind.MONEY, 18),
    Column("sha256", "SHA-256 of the file", width=68),
)
#: Cells that are named beside a unit; all are on the second sheet.
_NAMED = 3


def _unit(item: Item) -> list[Cell]:
    # A split project has several amounts from one cell.
    named = list(dict.fromkeys(f"{part.file}!{part.sheet}!{part.cell}" for part in item.cells))
    more = [f"and {len(named) - _NAMED} more"] if len(named) > _NAMED else []
    where = "; ".join([*named[:_NAMED], *more])
    return [item.unit, item.stratum_label, item.book_value, None, None, None, item.title, item.source, where]


def _cell(item: Item, part: SampleCell) -> list[Cell]:
    return [item.unit, part.file, part.sheet, part.cell, part.amount, part.sha256]
