"""What a reader cannot see it says."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ledger.intake.caged import cage
from ledger.intake.caged.excel import read_xls
from ledger.intake.caged.spool import read_answer
from ledger.intake.readers import ReadFailed, open_workbook


def test_a_quote_that_is_never_closed(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    lines = ["ref,title,amount", 'P1,"Open,1'] + [f"P{n},Title {n},{n}" for n in range(2, 400)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    book = open_workbook(path)
    (sheet,) = book.sheets
    assert [finding.code for finding in book.findings] == ["quote-open"]
    assert len(list(sheet.rows())) == 400, "no record is swallowed"
    book.close()


def small_xls(path: Path) -> Path:
    xlwt = pytest.importorskip("xlwt", reason="writes the .xls under test")
    book = xlwt.Workbook()
    page = book.add_sheet("S")
    page.write(0, 0, "x")
    page.write(0, 1, 2.5)
    book.save(str(path))
    return path


@pytest.mark.parametrize("formats_only", [True, False])
def test_an_xls_that_xlrd_refuses_with_its_formats_or_altogether(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, formats_only: bool
) -> None:
    import xlrd

    real = xlrd.open_workbook

    def refuse(*given: Any, formatting_info: bool, **options: Any) -> object:
        if formatting_info or not formats_only:
            raise ValueError("a record of a kind that xlrd does not know")
        return real(*given, **options)

    monkeypatch.setattr(xlrd, "open_workbook", refuse)
    path = small_xls(tmp_path / "old.xls")
    out = io.BytesIO()
    read_xls({"file": str(path)}, out)
    answer = read_answer(out)
    monkeypatch.setattr(cage, "run", lambda *_, **__: (answer, out))
    opened = open_workbook(path)
    assert [finding.code for finding in opened.findings] == ["facts-unknown"]
    if formats_only:
        assert [row.values for row in opened.sheets[0].rows()] == [["x", Decimal("2.5")]]
    else:
        with pytest.raises(ReadFailed) as refused:
            list(opened.sheets[0].rows())
        assert refused.value.finding.code == "reading-unconfirmed"
    opened.close()
