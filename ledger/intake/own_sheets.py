"""Sheets that this program wrote itself, for people: the list of findings, the instructions of a template."""

from __future__ import annotations

from itertools import islice

from ledger.domain.findings import Finding
from ledger.domain.marks import is_own_sheet
from ledger.intake.cells import Sheet, Value, Workbook
from ledger.intake.readers.book import ReadFailed


def leave_own_sheets(workbook: Workbook, file: str) -> list[Finding]:
    """Take the sheets that hold no data by our own doing out of `workbook`; the findings name them."""
    own = [sheet for sheet in workbook.sheets if is_own_sheet(sheet.name, _first_cell(sheet))]
    workbook.sheets = [sheet for sheet in workbook.sheets if sheet not in own]
    message = "this sheet was written by euledger for people to read; it was not read"
    return [Finding("sheet-skipped", message, file, sheet.name or "") for sheet in own]


def _first_cell(sheet: Sheet) -> Value:
    """The cell A1. Damage in the sheet is left for whoever reads it."""
    try:
        for row in islice(sheet.rows(), 1):
            return row.values[0] if row.number == 1 and row.values else None
    except ReadFailed:
        return None
    return None
