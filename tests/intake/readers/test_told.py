"""What a reader cannot see it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.intake.readers import open_workbook


def test_a_quote_that_is_never_closed(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    lines = ["ref,title,amount", 'P1,"Open,1'] + [f"P{n},Title {n},{n}" for n in range(2, 400)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    book = open_workbook(path)
    (sheet,) = book.sheets
    assert [finding.code for finding in book.findings] == ["quote-open"]
    assert len(list(sheet.rows())) == 400, "no record is swallowed"
    book.close()


def test_an_xls_whose_formats_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    xlwt = pytest.importorskip("xlwt", reason="writes the .xls under test")
    import xlrd

    book = xlwt.Workbook()
    page = book.add_sheet("S")
    page.write(0, 0, "x")
    path = tmp_path / "old.xls"
    book.save(str(path))

    def refuse(*_: object, **__: object) -> None:
        raise ValueError("a record of a kind that xlrd does not know")

    monkeypatch.setattr(xlrd, "open_workbook", refuse)
    opened = open_workbook(path)
    assert [finding.code for finding in opened.findings] == ["facts-unknown"]
    assert [row.values for row in opened.sheets[0].rows()] == [["x"]]
    opened.close()
