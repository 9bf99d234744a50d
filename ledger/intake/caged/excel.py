"""Tasks in the cage: Excel's binary formats, and calamine's reading of any workbook as a second opinion.

Nothing heavier is imported than calamine, xlrd and zipfile: the worker's start is most of its cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ledger.intake.caged.refusal import Answer, answering
from ledger.intake.caged.spool_writer import SpoolWriter
from ledger.intake.caged.weight import Scales, Weight

ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA"})
#: Row -> column -> the error value that stands there, both counted from 0.
_Errors = dict[int, dict[int, str]]


def _sheets(path: str, skipped: list[tuple[str, str]]) -> Iterator[tuple[int, Any, Callable[[], Any]]]:
    """Place, description and loader of each worksheet by calamine; those of other kinds go to `skipped`."""
    import python_calamine as calamine

    with calamine.load_workbook(path) as workbook:
        for index, meta in enumerate(workbook.sheets_metadata):
            if meta.typ == calamine.SheetTypeEnum.WorkSheet:
                yield index, meta, partial(workbook.get_sheet_by_index, index)
            else:
                skipped.append((meta.name, str(meta.typ).rpartition(".")[2]))


def _cell(text: str) -> Any:
    if text in ERRORS:
        return {"e": text}
    return text or None


def _rows(sheet: Any, errors: _Errors) -> Iterator[tuple[int, list[Any]]]:
    """(1-based number, cells from column A on) of the rows that hold something; empty text is an empty cell."""
    top, left = sheet.start or (0, 0)
    for at, cells in enumerate(sheet.iter_rows()):
        if at < top and at not in errors:
            continue
        row: list[Any] = [None] * left
        row += [_cell(cell) if cell.__class__ is str and (not cell or cell[0] == "#") else cell for cell in cells]
        if at in errors:
            for column, text in errors[at].items():
                row.extend([None] * (column + 1 - len(row)))
                row[column] = {"e": text}
        while row and row[-1] is None:
            row.pop()
        if row:
            yield at + 1, row


def _write(sheet: Any, errors: _Errors, writer: SpoolWriter, *, date1904: bool) -> tuple[Weight, dict[str, Any]]:
    """Spool the rows of a sheet; their weight, and where they stand and end."""
    scales = Scales(date1904=date1904)
    last_row = last_column = 0
    for number, row in _rows(sheet, errors):
        scales.row(row)
        writer.row(number, row)
        last_row, last_column = number, max(last_column, len(row))
    facts = {"last_row": last_row, "last_column": last_column}
    return scales.weight(), {"span": writer.end_sheet(), "facts": facts}


def _told(meta: Any, sheet: Any, made: dict[str, Any], *, other: Any, weight: Weight) -> dict[str, Any]:
    """A sheet in the answer: its rows and facts, and its weight by both readings."""
    merged = sheet.merged_cell_ranges or []
    made["facts"] |= {
        "hidden": not str(meta.visible).endswith(".Visible"),
        "merged": [(a + 1, b + 1, c + 1, d + 1) for (a, b), (c, d) in merged],
        **other.facts,
    }
    weights = {"weight": weight.as_json(), "other": other.weight and other.weight.as_json()}
    return {"name": meta.name, **made, **weights}


@answering
def read_xls(told: Answer, writer: SpoolWriter) -> Answer:
    """An xls by calamine, with the formats, hidden rows, error cells and weight that xlrd finds in it."""
    from ledger.intake.caged.legacy import Legacy

    legacy = Legacy(told["file"])
    skipped: list[tuple[str, str]] = []
    sheets = []
    for _, meta, load in _sheets(told["file"], skipped):
        other = legacy.sheet(meta.name)
        sheet = load()
        weight, made = _write(sheet, other.errors, writer, date1904=legacy.date1904)
        sheets.append(_told(meta, sheet, made, other=other, weight=weight))
    return {"sheets": sheets, "skipped": skipped, "facts_unknown": legacy.facts_unknown, "problem": legacy.problem}


@answering
def read_xlsb(told: Answer, writer: SpoolWriter) -> Answer:
    """An xlsb by calamine, with the error cells, hidden rows and weight that its own records give."""
    from ledger.intake.caged.xlsb import Records

    records = Records(told["file"], told["main"], told["max_area"])
    skipped: list[tuple[str, str]] = []
    sheets = []
    for index, meta, load in _sheets(told["file"], skipped):
        other = records.sheet(index)  # first: it refuses what calamine would take all memory for
        sheet = load()
        weight, made = _write(sheet, other.errors, writer, date1904=records.date1904)
        sheets.append(_told(meta, sheet, made, other=other, weight=weight))
    return {"sheets": sheets, "skipped": skipped, "facts_unknown": False, "problem": ""}


@answering
def weigh(told: Answer, _: SpoolWriter) -> Answer:
    """What each worksheet of an Excel workbook weighs by calamine."""
    return {"weights": weights(told["file"], date1904=told["date1904"])}


def weights(path: str, *, date1904: bool = False, dates: bool = True) -> list[tuple[str, list[Any]]]:
    """Name and weight of each worksheet by calamine, which gives error values as empty cells."""
    found = []
    for _, meta, load in _sheets(path, []):
        scales = Scales(date1904=date1904, dates=dates)
        for _number, row in _rows(load(), {}):
            scales.row(row)
        found.append((meta.name, scales.weight().as_json()))
    return found
