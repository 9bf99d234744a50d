"""Sheets that this program wrote itself, for people: the list of findings, the instructions of a template."""

from __future__ import annotations

import json
from itertools import islice

from ledger.domain.findings import Finding
from ledger.domain.marks import LISTS, ORIGIN_MARKER, ORIGIN_SHEET, is_own_sheet
from ledger.intake.cells import Sheet, Value, Workbook
from ledger.intake.readers.book import ReadFailed


def leave_own_sheets(workbook: Workbook, file: str) -> list[Finding]:
    """Take the sheets that hold no data by our own doing out of `workbook`; the findings name them."""
    listed = _lists(workbook)
    own = [
        sheet
        for sheet in workbook.sheets
        if is_own_sheet(sheet.name, _first_cell(sheet)) or (listed is not None and sheet.name not in listed)
    ]
    workbook.sheets = [sheet for sheet in workbook.sheets if sheet not in own]
    message = "this sheet was written by euledger for people to read; it was not read"
    return [Finding("sheet-skipped", message, file, sheet.name or "") for sheet in own]


def _lists(workbook: Workbook) -> set[str] | None:
    """The sheets of an exported report that are lists; None for any other workbook. Sums are never booked again."""
    for sheet in workbook.sheets:
        if sheet.name == ORIGIN_SHEET and _first_cell(sheet) == ORIGIN_MARKER:
            try:
                told = [json.loads(str(row.values[1])) for row in sheet.rows() if len(row.values) > 1]
                return {str(region["sheet"]) for region in told if region.get("kind") in LISTS}
            except (ReadFailed, ValueError, AttributeError, KeyError):
                return None
    return None


def _first_cell(sheet: Sheet) -> Value:
    """The cell A1. Damage in the sheet is left for whoever reads it."""
    try:
        for row in islice(sheet.rows(), 1):
            return row.values[0] if row.number == 1 and row.values else None
    except ReadFailed:
        return None
    return None
