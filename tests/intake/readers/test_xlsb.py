"""xlsb: read to the cent where calamine reads it, refused where it would lose cells."""

from __future__ import annotations

import struct
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

from ledger.intake.caged.xlsb import records
from ledger.intake.readers import open_workbook

COMPACT = Path(__file__).parent / "files" / "compact.xlsb"
#: compact record -> the full record of the same cell
FULL = {12: 1, 13: 2, 14: 3, 15: 4, 16: 5, 17: 6, 18: 7}


def in_full(path: Path) -> Path:
    """The same workbook with every cell in a full record: its column before the rest."""
    with zipfile.ZipFile(COMPACT) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.startswith("xl/worksheets/"):
                content = b"".join(_full(content))
            target.writestr(name, content)
    return path


def _full(part: bytes) -> list[bytes]:
    out, column = [], 0
    for kind, content in records(part):
        if kind == 0:
            column = -1
        elif kind in FULL:
            column += 1
            kind, content = FULL[kind], struct.pack("<I", column) + content  # noqa: PLW2901 - the record in full
        elif kind in range(1, 12):
            column = struct.unpack("<I", content[:4])[0]
        head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
        length, size = len(content), b""
        while True:
            size += bytes([length & 0x7F | (0x80 if length > 0x7F else 0)])
            length >>= 7
            if not length:
                break
        out.append(head + size + content)
    return out


def test_full_records_are_read_to_the_cent(tmp_path: Path) -> None:
    path = in_full(tmp_path / "full.xlsb")
    book = open_workbook(path)
    (sheet,) = book.sheets
    rows = [row.values for row in sheet.rows()]
    assert (book.format, book.findings, sheet.name) == ("xlsb", [], "Projects")
    assert rows[0] == ["project_ref", "title", "fund", "country", "decision_date", "eu_contribution", "currency"]
    assert [row[:4] for row in rows[1:]] == [
        ["B-1", "Centre d’accueil", "AMIF", "FR"],
        ["B-2", "Käsitöö", "BMVI", "EE"],
        ["0012", "NA is Namibia", "AMIF", "NA"],
    ]
    assert [row[5] for row in rows[1:]] == [Decimal("1234.56"), Decimal("0.1"), Decimal("5066901.47")]
    assert [row[4] for row in rows[1:]] == [date(2023, 5, 1), date(2024, 2, 29), date(2022, 1, 1)]
    book.close()


def test_compact_records_are_refused_not_lost() -> None:
    book = open_workbook(COMPACT)
    assert book.sheets == []
    assert [(finding.code, "compact" in finding.message) for finding in book.findings] == [("file-unreadable", True)]
