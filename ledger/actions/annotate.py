"""Write the marked copy of an imported file, for the one who sent it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ledger.actions.scope import UsageProblem
from ledger.domain.findings import Finding

if TYPE_CHECKING:
    from ledger.intake.cells import Sheet, Value, Workbook
    from ledger.reporting.marked_copy import CellValue, SheetCopy

#: A longer file is not marked: nobody mends it by hand, and it would have to be held in memory.
ROWS_AT_MOST: Final = 200_000
_ENDINGS: Final = (".xlsx", ".xlsm")


def check_target(paths: Sequence[Path], out: Path) -> None:
    """Raise UsageProblem where `out` cannot be the marked copy of the one file of `paths`."""
    if len(paths) != 1:
        raise UsageProblem(f"--annotate marks one file at a time; {len(paths)} were named")
    if out.suffix.lower() not in _ENDINGS:
        raise UsageProblem(f"{out.name}: the marked copy is a workbook; its name ends in .xlsx or .xlsm")
    if out.is_dir() or not out.parent.is_dir():
        raise UsageProblem(f"the marked copy cannot be written to {out}: there is no such folder, or it is one")
    if out.exists() and paths[0].exists() and out.samefile(paths[0]):
        raise UsageProblem(f"{out.name} is the file itself; give the marked copy another name")


def annotate(path: Path, findings: Sequence[Finding], out: Path, *, encoding: str | None = None) -> list[Finding]:
    """Write the marked copy of `path` with what was found in it to `out`; what there is to say about the copy.

    A file that was refused unread has nothing to be marked and gets no copy; that is told. `encoding` as it was stated
    for the import.
    """
    from ledger.intake.readers import open_workbook

    book = open_workbook(path, encoding=encoding)
    try:
        if not book.sheets:
            return [_refused("it cannot be read, so there is nothing to mark", path)]
        rows = sum(_last_row(sheet) for sheet in book.sheets)
        if rows > ROWS_AT_MOST:
            return [_refused(f"it has {rows:,} rows; at most {ROWS_AT_MOST:,} are marked", path)]
        if book.format in ("xlsx", "xlsm"):
            return _mark(path, findings, out)
        return _copy(path, book, findings, out)
    except OSError as error:
        raise UsageProblem(f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        book.close()


def _refused(why: str, path: Path) -> Finding:
    return Finding("annotate-refused", f"no marked copy was written: {why}", path.name)


def _last_row(sheet: Sheet) -> int:
    """The number of the last row, read through if need be; stops where it is too many already."""
    from ledger.intake.readers.book import ReadFailed

    last = 0
    try:
        for row in sheet.rows():
            last = row.number
            if last > ROWS_AT_MOST:
                break
    except ReadFailed:
        return last  # told by the import; what stands before the damage can still be marked
    return last


def _mark(path: Path, findings: Sequence[Finding], out: Path) -> list[Finding]:
    from ledger.reporting.annotate import CannotMark, mark_package

    try:
        dropped = mark_package(path, findings, out)
    except CannotMark as problem:
        return [_refused(str(problem), path)]
    if dropped:
        return [Finding("annotate-macros", f"{out.name} has no macros; {path.name} has", path.name)]
    return []


def _copy(path: Path, book: Workbook, findings: Sequence[Finding], out: Path) -> list[Finding]:
    from ledger.intake.readers.book import ReadFailed
    from ledger.reporting.marked_copy import copy_marked
    from ledger.reporting.safe_text import cut_findings

    if out.suffix.lower() == ".xlsm":
        raise UsageProblem(f"{out.name}: {path.name} has no macros to keep; name the marked copy .xlsx")
    try:
        sheets = [_sheet(sheet) for sheet in book.sheets]
    except ReadFailed as failure:
        return [_refused(failure.finding.message, path)]
    cut = copy_marked(sheets, findings, out)
    lost = "values" if book.format in ("csv", "html", "iati", "zip") else "values, without its formulas and looks"
    message = f"{out.name} holds the cells of the {book.format} file ({lost}), marked"
    return [Finding("annotate-copied", message, path.name), *cut_findings(out.name, cut)]


def _sheet(sheet: Sheet) -> SheetCopy:
    from ledger.reporting.marked_copy import SheetCopy

    rows = [(row.number, [_value(value) for value in row.values]) for row in sheet.rows()]
    facts = sheet.facts
    formats = {
        column: max(codes, key=lambda code: codes[code]) for column, codes in facts.number_formats.items() if codes
    }
    return SheetCopy(
        name=sheet.name or "",
        rows=rows,
        hidden=facts.hidden,
        hidden_rows=facts.hidden_rows,
        hidden_columns=facts.hidden_columns,
        comments=facts.comments,
        number_formats={column: code for column, code in formats.items() if code != "General"},
    )


def _value(value: Value) -> CellValue:
    """A value as the copy takes it; a formula that was saved without its value is an empty cell there."""
    from ledger.reporting.marked_copy import ErrorCell

    if value is None or isinstance(value, str | int | Decimal | date | time):
        return value
    return ErrorCell(value.text) if value.text.startswith("#") else None
