"""xlsb: read to the cent where calamine reads it, refused where it would lose cells."""

from __future__ import annotations

import struct
from datetime import date
from decimal import Decimal
from pathlib import Path

from ledger.intake.cells import CellError
from ledger.intake.readers import open_workbook
from tests.intake.readers.xlsb_files import COMPACT, cell, full_sheet, row, sheet, with_sheet


def test_full_records_are_read_to_the_cent(tmp_path: Path) -> None:
    path = tmp_path / "full.xlsb"
    path.write_bytes(with_sheet(full_sheet()))
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


def test_error_cells_and_hidden_rows_are_told_by_the_records(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsb"
    real = struct.pack("<d", 2.5)
    path.write_bytes(with_sheet(sheet(
        row(0, cell(5, 0, real), cell(3, 1, b"\x17"), cell(11, 2, b"\x2a" + bytes(12))),
        row(1, cell(2, 0, struct.pack("<I", 12345 << 2 | 3)), cell(4, 1, b"\1"), hidden=True),
    )))  # fmt: skip
    book = open_workbook(path)
    (found,) = book.sheets
    assert [r.values for r in found.rows()] == [
        [Decimal("2.5"), CellError("#REF!"), CellError("#N/A")], [Decimal("123.45"), True],
    ]  # fmt: skip
    assert (book.findings, found.facts.hidden_rows) == ([], {2})
    book.close()


def test_a_cell_far_outside_is_named_before_it_takes_all_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsb"
    one = struct.pack("<d", 1.0)
    path.write_bytes(with_sheet(sheet(row(0, cell(5, 0, one)), row(1_048_575, cell(5, 16_383, one)))))
    (finding,) = open_workbook(path).findings
    assert (finding.code, "row 1,048,576" in finding.message) == ("file-too-large", True)
