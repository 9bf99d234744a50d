"""Reading cells again from the stored bytes of the files they came from."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

from ledger.domain.findings import Finding
from ledger.intake.cells import CellError, Row, Value, Workbook
from ledger.intake.readers import open_workbook
from ledger.intake.readers.book import ReadFailed
from ledger.intake.rows import digest
from ledger.store import batches
from ledger.store.database import Connection


@contextmanager
def kept_workbook(connection: Connection, sha256: str, name: str) -> Iterator[Workbook]:
    """A kept file, open to be read as on the day of its import; `name` gives its ending."""
    with tempfile.TemporaryDirectory(prefix="euledger-") as folder:
        path = Path(folder) / ("kept" + Path(name).suffix)
        path.write_bytes(batches.content(connection, sha256))
        book = open_workbook(path)
        try:
            yield book
        finally:
            book.close()


def kept_rows(connection: Connection, sha256: str, name: str, sheet: str) -> Iterator[Row]:
    """The rows of one sheet of a kept file, as it has them."""
    with kept_workbook(connection, sha256, name) as book:
        for each in book.sheets:
            if (each.name or "") == sheet:
                yield from each.rows()


def reread_rows(connection: Connection, progress: Callable[[str, int], None]) -> tuple[int, list[Finding]]:
    """Read every kept file again and hold each row against the digest that was recorded at its import.

    Returns the number of rows that were held against theirs, and the first that differs of each sheet.
    """
    checked, told = 0, []
    for batch, file_id, sha256, name in batches.all_files(connection):
        try:
            with kept_workbook(connection, sha256, name) as book:
                sheets = {sheet.name or "": sheet for sheet in book.sheets}
                for sheet_id, sheet in batches.sheets_of(connection, file_id):
                    rows = batches.row_digests(connection, sheet_id)
                    again = _digests(sheets[sheet].rows()) if sheet in sheets else iter(())
                    count, differing = _first_difference(rows, again)
                    checked += count
                    progress(name, checked)
                    if differing is not None:
                        said = f"batch {batch}: the row reads otherwise than at its import"
                        told.append(Finding("row-reread", said, name, sheet, str(differing), values={"batch": batch}))
        except (ReadFailed, zlib.error) as problem:
            said = f"batch {batch}: the kept file cannot be read again ({problem})"
            told.append(Finding("row-reread", said, name, values={"batch": batch}))
    return checked, told


def _digests(rows: Iterable[Row]) -> Iterator[tuple[int, str]]:
    """The digest of every row from the first to the last, of those that are not there too."""
    expected, nothing = 1, digest([])
    for row in rows:
        for gap in range(expected, row.number):
            yield gap, nothing
        yield row.number, digest(row.values)
        expected = row.number + 1


def _first_difference(recorded: Iterable[tuple[int, str]], again: Iterator[tuple[int, str]]) -> tuple[int, int | None]:
    """How many rows agree, and the number of the first that does not."""
    count = 0
    for number, mark in recorded:
        if next(again, None) != (number, mark):
            return count, number
        count += 1
    return count, None


def shown(value: Value) -> str:
    """A cell's value as text: numbers in full, dates in ISO form."""
    if value is None:
        return ""
    if isinstance(value, CellError):
        return value.text
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)
