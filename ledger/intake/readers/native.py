"""Binary workbooks (xls, xlsb) through python-calamine, with the facts that xlrd knows of an xls.

calamine is native code that can end the process on a hostile file. `read_native` therefore takes a path and returns
plain values only, so that it can run in a child process as it is.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from ledger.intake.cells import CellError, Row, SheetFacts, Value, note_format
from ledger.intake.readers.book import held_sheet
from ledger.intake.readers.numbers import exact, from_float
from ledger.intake.readers.xlsb_records import has_compact_cells

ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA"})


@dataclass(slots=True)
class NativeBook:
    """What a binary workbook holds: `(name, rows, facts)` of each sheet, or the reason why it can not be read."""

    sheets: list[tuple[str, list[Row], SheetFacts]] = field(default_factory=list)
    #: names of sheets without cells (charts, macros, dialogues), and their kind
    skipped: list[tuple[str, str]] = field(default_factory=list)
    problem: str | None = None
    protected: bool = False
    #: values are known, but not which rows are hidden and how numbers are formatted
    facts_unknown: bool = False


def read_native(path: Path, *, legacy: bool) -> NativeBook:
    """Read a binary workbook whole. `legacy` says that it is an xls, of which xlrd tells formats and hidden rows."""
    import python_calamine as calamine

    book = NativeBook()
    try:
        with calamine.load_workbook(path) as workbook:
            for index, meta in enumerate(workbook.sheets_metadata):
                if meta.typ != calamine.SheetTypeEnum.WorkSheet:
                    book.skipped.append((meta.name, str(meta.typ).rpartition(".")[2]))
                    continue
                sheet = workbook.get_sheet_by_index(index)
                facts = SheetFacts(hidden=meta.visible != calamine.SheetVisibleEnum.Visible)
                top = (sheet.start or (0, 0))[0]
                rows = [
                    Row(number, [_value(cell) for cell in cells])
                    for number, cells in enumerate(sheet.to_python(skip_empty_area=False), 1)
                    if number > top
                ]
                merged = sheet.merged_cell_ranges or []
                facts.merged = [(a + 1, b + 1, c + 1, d + 1) for (a, b), (c, d) in merged]
                book.sheets.append((meta.name, rows, facts))
    except calamine.PasswordError:
        return NativeBook(protected=True, problem="the workbook is encrypted")
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        text = str(error)
        return NativeBook(problem=text or type(error).__name__, protected="password" in text.lower())
    if legacy:
        _add_legacy_facts(path, book)
    elif has_compact_cells(path):
        return NativeBook(problem="its cells stand in compact records, which cannot be read; save it as .xlsx")
    return book


def _value(cell: Any) -> Value:
    """A value of calamine's without floats; empty text is an empty cell."""
    if isinstance(cell, float):
        return from_float(cell)
    if isinstance(cell, datetime):
        return cell.date() if cell.time() == time() else cell
    if isinstance(cell, timedelta):
        return exact(Decimal(cell // timedelta(microseconds=1)) / Decimal(86_400_000_000))
    if isinstance(cell, str):
        return CellError(cell) if cell in ERRORS else cell or None
    if isinstance(cell, bool | int | date | time):
        return cell
    return None


def _add_legacy_facts(path: Path, book: NativeBook) -> None:
    """Formats, hidden rows and columns, comments, and error cells, which calamine gives as nothing.

    xlrd refuses some files that calamine reads; of those only the values are known.
    """
    import xlrd

    try:
        workbook = xlrd.open_workbook(str(path), formatting_info=True, on_demand=True, logfile=io.StringIO())
        for name, rows, facts in book.sheets:
            sheet = workbook.sheet_by_name(name)
            facts.hidden_rows = {row + 1 for row, info in sheet.rowinfo_map.items() if info.hidden}
            facts.hidden_columns = {column + 1 for column, info in sheet.colinfo_map.items() if info.hidden}
            facts.comments = {(r + 1, c + 1): note.text for (r, c), note in sheet.cell_note_map.items()}
            facts.merged = facts.merged or [(a + 1, c + 1, b, d) for a, b, c, d in sheet.merged_cells]
            _add_legacy_cells(workbook, sheet, rows, facts)
            workbook.unload_sheet(name)
    except Exception:  # noqa: BLE001 - xlrd raises whatever a broken record leads it to
        book.facts_unknown = True


def _add_legacy_cells(workbook: Any, sheet: Any, rows: list[Row], facts: SheetFacts) -> None:
    import xlrd

    by_number = {row.number: row.values for row in rows}
    codes = [workbook.format_map[xf.format_key].format_str for xf in workbook.xf_list]
    for row in range(sheet.nrows):
        kinds = sheet.row_types(row)
        for column, kind in enumerate(kinds):
            if kind in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
                note_format(facts, row + 1, column + 1, codes[sheet.cell_xf_index(row, column)])
            elif kind == xlrd.XL_CELL_ERROR:
                values = by_number.get(row + 1)
                if values is not None:
                    values.extend([None] * (column + 1 - len(values)))
                    code = sheet.cell_value(row, column)
                    values[column] = CellError(xlrd.error_text_from_code.get(code, "#N/A"))


def as_sheets(book: NativeBook) -> list[Any]:
    """The sheets of a native workbook in the shape of all the others."""
    return [held_sheet(name, rows, facts) for name, rows, facts in book.sheets]
