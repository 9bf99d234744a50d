"""What an officer sees on opening a shipped workbook: frozen headers, formats, filters, sources, a fixed date."""

# ruff: noqa: DTZ001  # a cell's date has no zone
from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

WORKBOOKS = Path(__file__).parents[2] / "imports" / "workbooks"
#: workbook -> sheet -> (header row, money columns, date columns)
LAYOUT: dict[str, dict[str, tuple[int, list[str], list[str]]]] = {
    "envelopes-2021-2027.xlsx": {
        "Envelopes": (1, ["amount"], ["period_start", "period_end"]),
        "Tree figures": (1, ["value"], ["period_start", "period_end", "as_of"]),
    },
    "published-figures-communication-2024.xlsx": {"Figures": (1, ["value"], ["period_start", "period_end", "as_of"])},
    "programmes-communication-2024.xlsx": {"Programmes": (1, ["eu_contribution"], ["start_date"])},
    "amif-2014-2020-annex-i.xlsx": {"Annex I": (1, ["Minimum amount", "Average amount 2011-2013", "TOTAL"], [])},
    "ndici-migration-portfolio-ILLUSTRATIVE.xlsx": {
        "Projects": (3, ["eu_contribution", "contracted", "paid"], ["decision_date", "start_date", "end_date"])
    },
}
AMOUNT_UNITS = {"EUR", "decision", "contract"}
CASES = [(book, sheet, *layout) for book, sheets in LAYOUT.items() for sheet, layout in sheets.items()]


@pytest.mark.parametrize(("book", "sheet", "header", "money", "dates"), CASES)
def test_header_is_frozen_and_cells_are_formatted(
    book: str, sheet: str, header: int, money: list[str], dates: list[str]
) -> None:
    read = openpyxl.load_workbook(WORKBOOKS / book)[sheet]
    assert read.freeze_panes == f"B{header + 1}"
    assert str(read.auto_filter.ref).startswith(f"A{header}:")
    # 0-based place of each column.
    columns = {str(cell.value): place for place, cell in enumerate(read[header])}
    for row in read.iter_rows(min_row=header + 1):
        for name in money:
            cell = row[columns[name]]
            # A column of figures holds persons and shares besides amounts.
            if cell.value is not None and ("unit" not in columns or row[columns["unit"]].value in AMOUNT_UNITS):
                assert cell.number_format == "#,##0.00", cell.coordinate
                assert cell.data_type == "n"
        for name in dates:
            cell = row[columns[name]]
            assert cell.value is None or (cell.is_date and cell.number_format == "yyyy-mm-dd"), cell.coordinate


@pytest.mark.parametrize("book", LAYOUT)
def test_sources_say_what_whence_when_and_under_which_terms(book: str) -> None:
    read = openpyxl.load_workbook(WORKBOOKS / book)
    assert read.sheetnames[-1] == "Sources"
    told = {row[0]: row[1] for row in read["Sources"].iter_rows(min_row=3, values_only=True)}
    assert told.keys() >= {"What", "From where", "Reuse", "Header"}
    assert "When" in told or "ILLUSTRATIVE" in book
    assert all(told.values())
    assert not read.defined_names or set(read.defined_names) <= {"_xlnm._FilterDatabase"}
    # A fixed date of creation: making a workbook again changes nothing.
    assert read.properties.created == datetime(2026, 11, 22, 12)


@pytest.mark.parametrize("book", LAYOUT)
def test_no_formula_macro_or_link_is_inside(book: str) -> None:
    with zipfile.ZipFile(WORKBOOKS / book) as package:
        parts = package.namelist()
        assert not [part for part in parts if "vba" in part.lower() or "externalLink" in part]
        for part in parts:
            if part.startswith("xl/worksheets/sheet"):
                assert b"<f>" not in package.read(part)


def test_every_shipped_workbook_is_described_here_and_in_sources() -> None:
    shipped = {path.name for path in WORKBOOKS.glob("*.xlsx")}
    assert shipped == LAYOUT.keys()
    described = (WORKBOOKS / "SOURCES.md").read_text(encoding="utf-8")
    assert all(f"## {name}" in described for name in shipped)
