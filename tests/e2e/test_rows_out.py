"""`imports rows -o`: the refused rows go back to the sender as they were written, with what is wrong beside them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.e2e.conftest import Run

HEADER = ["project_ref", "title", "fund", "country", "decision_date", "eu_contribution", "currency"]


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_refused_rows_with_their_cells(
    euledger: Callable[..., Run], bare: Path, sheet: Callable[..., Path], tmp_path: Path, ending: str
) -> None:
    path = sheet(HEADER, ["P1", "Good", "AMIF", "AT", "2023-05-01", 10, "EUR"],
                 ["P2", "=cmd|'/c calc'!A1", "AMIF", "Ruritania", "2023-05-01", "12,50 or so", "EUR"])  # fmt: skip
    batch = euledger("--db", bare, "import", path, "-p", "projects", "-f", "json").json["results"][0]["batch"]
    target = tmp_path / f"back.{ending}"
    run = euledger("--db", bare, "imports", "rows", batch, "--state", "rejected", "-o", target)
    assert run.code == 0
    if ending == "xlsx":
        cells = [[str(c.value) for c in row] for row in load_workbook(target)["Rows"].iter_rows()]
        assert all(c.data_type != "f" for row in load_workbook(target)["Rows"].iter_rows() for c in row)
    else:
        with target.open(encoding="utf-8", newline="") as handle:
            cells = list(csv.reader(handle))
    (row,) = [row for row in cells if "P2" in row]
    assert row[:4] == ["list.xlsx", "Projects", "3", "rejected"]
    assert "D3" in row[4]
    assert "Ruritania" in row
    assert "12,50 or so" in row
    assert not any("P1" in other for other in cells)


def test_another_ending_is_a_plain_answer(euledger: Callable[..., Run], shipped: Path, tmp_path: Path) -> None:
    run = euledger("--db", shipped, "imports", "rows", 1, "-o", tmp_path / "rows.doc")
    assert (run.code, "ending" in run.err) == (2, True)
