"""Binary workbooks (xls, xlsb), read in the cage by python-calamine and a second reader; their rows come from a spool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ledger.domain.findings import Finding
from ledger.intake.caged import cage
from ledger.intake.caged.spool import SpooledSheet, facts_from_json
from ledger.intake.caged.weight import Weight
from ledger.intake.readers.book import Book, unreadable
from ledger.intake.readers.limits import MAX_AREA
from ledger.intake.readers.weighing import WeighedSheet, differ, unconfirmed

_SECOND = {"xls": "xlrd", "xlsb": "the sheet's records"}


def open_native(path: Path, file: str, kind: str, *, main: str = "") -> Book:
    """The workbook, read to its end; `main` is the workbook part of an xlsb. Raises `ReadFailed` where it is refused."""
    answer, spool = cage.run(kind, path, file, main=main, max_area=MAX_AREA)
    book = Book(kind, closers=[spool.close])
    for name, what in answer["skipped"]:
        message = f"the sheet {name!r} is a {what}; it has no cells to read"
        book.findings.append(Finding("sheet-skipped", message, file=file, sheet=name))
    if answer["facts_unknown"]:
        message = "which rows are hidden, how numbers are formatted and which cells are errors could not be read"
        book.findings.append(Finding("facts-unknown", message, file=file))
    for told in answer["sheets"]:
        sheet = SpooledSheet(told["name"], facts_from_json(told["facts"]), spool, tuple(told["span"]))
        book.sheets.append(WeighedSheet(sheet, file, _confirmation(told, file, kind, answer["problem"])))
    if not book.sheets:
        book.close()
        raise unreadable(file, "the workbook has no sheet with cells")
    return book


def _confirmation(told: dict[str, Any], file: str, kind: str, problem: str) -> Any:
    """What the second reading says to the first, once all rows have come out of the spool."""

    def confirm(read: Weight) -> None:
        if told["other"] is None:
            raise unconfirmed(file, told["name"], f"{_SECOND[kind]} can not read it ({problem})")
        first, second = Weight.from_json(told["weight"]), Weight.from_json(told["other"])
        if read.filled != first.filled:
            raise differ(file, told["name"], ("the reading", read), ("what was written down of it", first))
        if not first.agrees(second):
            raise differ(file, told["name"], ("calamine", first), (_SECOND[kind], second))

    return confirm
