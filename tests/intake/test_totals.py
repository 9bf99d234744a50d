"""Printed totals: which rows they are, what they should be, and what is told of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ledger.domain.records import Reading, ReadRow
from ledger.intake.code_lists import CodeLists
from ledger.intake.profiles import load_profiles
from ledger.intake.read import read_file
from ledger.intake.totals import summed_range

ROOT = Path(__file__).parents[2]
LISTS = CodeLists(ROOT / "imports" / "codelists")

PROFILE = """
name = "list"
kind = "projects"
[recognise]
headers = ["Ref", "Grant"]
[columns.project_ref]
headers = ["Ref"]
[columns.eu_contribution]
headers = ["Grant"]
[constants]
currency = "EUR"
"""


def read(
    tmp_path: Path, *rows: list[Any], extra: str = "", formats: dict[str, str] | None = None
) -> tuple[Reading, list[ReadRow]]:
    (tmp_path / "list.toml").write_text(PROFILE + extra, encoding="utf-8")
    profiles, wrong = load_profiles([tmp_path])
    assert not wrong
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "L"
    for row in rows:
        sheet.append(row)
    for cell, code in (formats or {}).items():
        sheet[cell].number_format = code
    book.save(tmp_path / "f.xlsx")
    reading = read_file(tmp_path / "f.xlsx", profiles=profiles, code_lists=LISTS)
    return reading, [row for table in reading.sheets for row in table.rows]


def told(reading: Reading) -> list[tuple[str, str]]:
    return [(finding.cell, finding.code) for finding in reading.findings if "total" in finding.code]


HEAD = ["Ref", "Title", "Grant", "Own"]


def test_a_total_that_agrees_and_one_that_does_not(tmp_path: Path) -> None:
    reading, rows = read(tmp_path, HEAD, ["P1", "a", 100.5, 7], ["P2", "b", 200, 8], ["Total", None, 300.5, 16])
    assert [str(row.state) for row in rows] == ["note", "posted", "posted", "subtotal"]
    assert told(reading) == [("C4", "total-row-agrees"), ("D4", "total-row-mismatch")]
    mismatch = next(f for f in reading.findings if f.code == "total-row-mismatch")
    assert mismatch.values["printed_minor"] == 1600
    assert mismatch.values["computed_minor"] == 1500
    assert mismatch.values["difference_minor"] == 100
    assert mismatch.values["cells"] == "D2:D3"
    assert [(t.row, t.column, t.label, t.field) for t in reading.sheets[0].totals] == [
        (4, 3, "Total", "eu_contribution"),
        (4, 4, "Total", None),
    ]
    assert rows[3].stated == {"eu_contribution": ("EUR", 30050)}


def test_the_cent_counts(tmp_path: Path) -> None:
    reading, _ = read(tmp_path, HEAD, ["P1", "a", 0.1, None], ["P2", "b", 0.2, None], ["TOTAL:", None, 0.31, None])
    (total,) = reading.sheets[0].totals
    assert (total.printed_minor, total.computed_minor) == (31, 30)
    assert told(reading) == [("C4", "total-row-mismatch")]


def test_subtotals_of_sections_and_a_grand_total(tmp_path: Path) -> None:
    reading, _ = read(
        tmp_path,
        HEAD,
        ["P1", "a", 1, None],
        ["P2", "b", 2, None],
        ["Subtotal", None, 3, None],
        ["P3", "c", 10, None],
        ["P4", "d", 20, None],
        ["Subtotal", None, 31, None],
        ["Grand total", None, 33, None],
    )
    assert [(t.row, t.cells, t.computed_minor, t.printed_minor) for t in reading.sheets[0].totals] == [
        (4, "C2:C3", 300, 300),
        (7, "C5:C6", 3000, 3100),
        (8, "C2:C6", 3300, 3300),
    ]


def test_a_total_above_its_rows(tmp_path: Path) -> None:
    reading, rows = read(
        tmp_path, HEAD, ["Total", None, 12, None], ["P1", "a", 5, None], ["P2", "b", 6, None], ["Total", None, 11, None]
    )
    assert [str(row.state) for row in rows] == ["note", "subtotal", "posted", "posted", "subtotal"]
    assert sorted(told(reading)) == [("C2", "total-row-mismatch"), ("C5", "total-row-agrees")]
    assert {(t.row, t.cells, t.computed_minor) for t in reading.sheets[0].totals} == {
        (2, "C3:C4", 1100),
        (5, "C3:C4", 1100),
    }


def test_a_rejected_row_still_counts_in_its_total(tmp_path: Path) -> None:
    reading, rows = read(
        tmp_path, [*HEAD, "Country"], ["P1", "a", 5, None, "Nowhere"], ["P2", "b", 6, None, "Malta"], ["Total", "", 11]
    )
    assert [str(row.state) for row in rows] == ["note", "rejected", "posted", "subtotal"]
    assert told(reading) == [("C4", "total-row-agrees")]


def test_percentages_are_not_added_up(tmp_path: Path) -> None:
    head = ["Ref", "Grant", "% of all", "Rate"]
    reading, _ = read(
        tmp_path, head, ["P1", 1, 0.5, 0.1], ["P2", 2, 0.5, 0.2], ["Total", 3, 1, 0.9],
        formats={"D2": "0.0%", "D3": "0.0%", "D4": "0.0%"},
    )  # fmt: skip
    assert told(reading) == [("B4", "total-row-agrees")]


def test_a_word_of_the_profile_in_the_column_it_names(tmp_path: Path) -> None:
    extra = '[total_rows]\nwords = ["Alles zusammen"]\ncolumns = ["Title"]\n'
    reading, rows = read(
        tmp_path, HEAD, ["Total", "a fund of that name", 1, 2], [None, "Alles zusammen", 1, 2], extra=extra
    )
    assert [str(row.state) for row in rows] == ["note", "posted", "subtotal"]
    assert told(reading) == [("C3", "total-row-agrees"), ("D3", "total-row-agrees")]


def test_amounts_in_two_currencies_have_no_total(tmp_path: Path) -> None:
    reading, _ = read(
        tmp_path, [*HEAD, "Currency"], ["P1", "a", 1, None, "EUR"], ["P2", "b", 1, None, "USD"], ["Total", "", 2]
    )
    assert told(reading) == []
    assert ("C4", "unconverted") in [(f.cell, f.code) for f in reading.findings]


@pytest.mark.parametrize(
    ("formula", "answer"),
    [
        ("SUM(C2:C9)", (2, 9)),
        ("sum( $C$2 : $C$9 )", (2, 9)),
        ("SUBTOTAL(9,C2:C9)", (2, 9)),
        ("SUM(A9:C9)", None),
        ("SUM(D2:D9)", None),
        ("SUM(C2:C9)+1", None),
        ("SUM(C2:C10)", None),
        ("SUM(C11:C20)", (11, 20)),
        ("C2+C3", None),
    ],
)
def test_only_a_sum_of_the_cells_above_is_a_column_sum(formula: str, answer: tuple[int, int] | None) -> None:
    assert summed_range(formula, 10, 3) == answer
