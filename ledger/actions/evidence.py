"""Reading cells again from the stored bytes of the files they came from."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

from ledger.intake.cells import CellError, Value, Workbook
from ledger.intake.readers import open_workbook
from ledger.store import batches
from ledger.store.cells import CellPlace
from ledger.store.database import Connection

__all__ = ["CellPlace", "raw_texts"]


def raw_texts(connection: Connection, places: set[CellPlace]) -> dict[CellPlace, str]:
    """The raw text of each place, as the file has it; an empty cell gives an empty text.

    Each file is opened once and each sheet read no further than its last place.
    """
    by_file: dict[str, dict[str, dict[int, list[CellPlace]]]] = {}
    for place in places:
        by_file.setdefault(place.sha256, {}).setdefault(place.sheet, {}).setdefault(place.row, []).append(place)
    found: dict[CellPlace, str] = {}
    for sha256, sheets in by_file.items():
        name = next(iter(next(iter(sheets.values())).values()))[0].file
        with kept_workbook(connection, sha256, name) as book:
            for sheet in book.sheets:
                wanted = sheets.get(sheet.name or "", {})
                last = max(wanted, default=0)
                for row in sheet.rows() if wanted else ():
                    if row.number > last:
                        break
                    for place in wanted.get(row.number, ()):
                        value = row.values[place.column - 1] if place.column <= len(row.values) else None
                        found[place] = shown(value)
    return found


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


def shown(value: Value) -> str:
    """A cell's value as text: numbers in full, dates in ISO form."""
    if value is None:
        return ""
    if isinstance(value, CellError):
        return value.text
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)
