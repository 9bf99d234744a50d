"""The csv writer: UTF-8, comma, dot decimals, lines end in CR LF (RFC 4180)."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

from ledger.domain.money import Money, plain
from ledger.reporting.files import replacing
from ledger.reporting.safe_text import csv_text
from ledger.reporting.tables import Cell, Table, settled


def write_csv(table: Table, path: Path, *, for_people: bool = False) -> None:
    """Write `table` to `path` in one step; its first line has the columns' names for programs, or those for people.

    Amounts are digits without grouping, with all decimals of their currency; text that a spreadsheet program could
    run is made harmless by `csv_text`.
    """
    with replacing(path) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([column.heading if for_people else column.name for column in table.columns])
        writer.writerows([_plain(cell) for cell in row] for row in table.rows)


def _plain(cell: Cell) -> str:
    cell = settled(cell)
    if cell is None:
        return ""
    if isinstance(cell, Money):
        return plain(cell.minor, cell.currency)
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, Decimal):
        return format(cell, "f")
    return str(cell) if isinstance(cell, int) else csv_text(cell)
