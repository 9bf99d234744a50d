"""The least that must be done: calamine's rows, checked, amounts as cents, SHA-256 over each row, raw inserts. FILE DATABASE."""

from __future__ import annotations

import sqlite3
import sys
from datetime import date
from decimal import Decimal
from hashlib import sha256

from python_calamine import CalamineWorkbook

file, path = sys.argv[1:]
sheet = CalamineWorkbook.from_path(file).get_sheet_by_index(0)
rows = sheet.to_python()
database = sqlite3.connect(path)
columns = [f"c{at}" for at in range(16)]
database.execute(f"CREATE TABLE projects (row integer, digest text, {', '.join(columns)})")


def checked() -> object:
    """The rows, ready to be inserted."""
    for number, row in enumerate(rows[1:], 2):
        assert all(type(cell) is str and cell for cell in row[:11])
        assert all(type(cell) is date for cell in row[11:13])
        cents = [int(Decimal(repr(cell)) * 100) for cell in row[13:]]
        digest = sha256("\x1f".join(map(str, row)).encode()).hexdigest()
        yield (number, digest, *row[:11], *map(str, row[11:13]), *cents)


marks = ", ".join("?" * 18)
database.executemany(f"INSERT INTO projects VALUES ({marks})", checked())  # type: ignore[arg-type]  # noqa: S608
database.execute("CREATE UNIQUE INDEX projects_ref ON projects (c0)")
database.commit()
