"""xlsb workbooks for tests: the shipped one keeps its cells in compact records, which are rewritten here."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

from ledger.intake.caged.xlsb import records

COMPACT = Path(__file__).parent / "files" / "compact.xlsb"
#: compact record -> the full record of the same cell
FULL = {12: 1, 13: 2, 14: 3, 15: 4, 16: 5, 17: 6, 18: 7}
SHEET = "xl/worksheets/sheet1.bin"


def with_sheet(part: bytes) -> bytes:
    """The shipped workbook with another sheet in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(COMPACT) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, part if name == SHEET else source.read(name))
    return out.getvalue()


def full_sheet() -> bytes:
    """The sheet of the shipped workbook with every cell in a full record: its column before the rest."""
    with zipfile.ZipFile(COMPACT) as source:
        part = source.read(SHEET)
    out, column = [], 0
    for kind, content in records(part):
        made, body = kind, content
        if kind == 0:
            column = -1
        elif kind in FULL:
            column += 1
            made, body = FULL[kind], struct.pack("<I", column) + content
        elif kind in range(1, 12):
            column = struct.unpack("<I", content[:4])[0]
        out.append(record(made, body))
    return b"".join(out)


def record(kind: int, content: bytes = b"") -> bytes:
    """One record: type and length are numbers of seven bits a byte, low ones first."""
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    length, size = len(content), b""
    while True:
        size += bytes([length & 0x7F | (0x80 if length > 0x7F else 0)])
        length >>= 7
        if not length:
            return head + size + content


def row(number: int, *cells: bytes, hidden: bool = False) -> bytes:
    """A row (counted from 0) and its cells."""
    return record(0, struct.pack("<IIHBBBI", number, 0, 300, 0, 0x10 if hidden else 0, 0, 0)) + b"".join(cells)


def cell(kind: int, column: int, content: bytes) -> bytes:
    """A cell (its column counted from 0)."""
    return record(kind, struct.pack("<II", column, 0) + content)


def sheet(*rows: bytes) -> bytes:
    """A sheet part: BrtBeginSheet, dimensions, BrtBeginSheetData, the rows, and both ends."""
    return record(129) + record(148, bytes(16)) + record(145) + b"".join(rows) + record(146) + record(130)
