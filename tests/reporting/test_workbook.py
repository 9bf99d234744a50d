"""The workbook of a summary, read back by other programs: the same numbers, live formulas, no text that acts."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from ledger.actions.summary import summarise, write
from ledger.domain.money import Money, to_decimal
from ledger.reporting.workbook import AGREES, DIFFERS, ReportTooLarge, number
from ledger.store.database import Database
from tests.builders import amount, new_ledger, post, project
from tests.reporting.books import NASTY, cents, nasty_portfolio, recalculated


def exported(database: Database, path: Path, **question: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Write the summary to `path` and give the rows of each sheet, with the values that the file holds."""
    assert {finding.code for finding in write(database, summarise(database, **question), path)} <= {"text-cut"}
    book = openpyxl.load_workbook(path, data_only=True)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def below(rows: list[tuple[Any, ...]], heading: str) -> list[dict[str, Any]]:
    """The rows of the table whose headings begin with `heading`, by heading."""
    start = next(i for i, row in enumerate(rows) if row[0] == heading)
    return [dict(zip(rows[start], row, strict=True)) for row in rows[start + 1 :]]


@pytest.mark.parametrize("by", [["project"], ["fund", "country", "year"], ["title"], ["country", "theme"], []])
def test_the_numbers_are_those_of_the_ledger_to_the_cent(database_url: str, tmp_path: Path, by: list[str]) -> None:
    database = nasty_portfolio(database_url)
    done = summarise(database, by=by, with_illustrative=True)
    sheets = exported(database, tmp_path / "a.xlsx", by=by, with_illustrative=True)
    rows = below(sheets["Summary"], "No.")
    assert [cents(row["Amount"]) for row in rows] == [to_decimal(r.amount.minor, r.amount.currency) for r in done.rows]
    assert [row["Currency"] for row in rows] == [r.amount.currency for r in done.rows]
    assert {row["Check"] for row in rows} == {AGREES}
    detail = below(sheets["Detail"], "No.")
    for row in rows:
        assert sum(cents(line["Amount"]) for line in detail if line["No."] == row["No."]) == cents(row["Amount"])


def test_calamine_reads_the_same_numbers_as_openpyxl(database_url: str, tmp_path: Path) -> None:
    sheets = exported(nasty_portfolio(database_url), tmp_path / "a.xlsx", by=["project"], with_illustrative=True)
    other = CalamineWorkbook.from_path(tmp_path / "a.xlsx")
    assert other.sheet_names == ["Summary", "Envelopes", "Detail", "About", "Origin"]
    for name, rows in sheets.items():
        ours = [[cell for cell in row if isinstance(cell, int | float)] for row in rows]
        theirs = [
            [cell for cell in row if isinstance(cell, int | float)] for row in other.get_sheet_by_name(name).to_python()
        ]
        assert [row for row in theirs if row] == [row for row in ours if row]


def test_every_formula_has_its_value_and_every_amount_is_a_number(database_url: str, tmp_path: Path) -> None:
    database = nasty_portfolio(database_url)
    sheets = exported(database, tmp_path / "a.xlsx", by=["project", "title"], with_illustrative=True)
    formulas = 0
    for sheet in openpyxl.load_workbook(tmp_path / "a.xlsx"):
        headings = [
            cell for row in sheet for cell in row if cell.value in ("Amount", "In the ledger", "Stated", "Left")
        ]
        for heading in headings:
            column = heading.column_letter
            for row in range(heading.row + 1, sheet.max_row + 1):
                assert not isinstance(sheets[sheet.title][row - 1][heading.column - 1], str), (sheet.title, column, row)
        for cell in (cell for row in sheet for cell in row if cell.data_type == "f"):
            formulas += 1
            assert str(cell.value).startswith(("=ROUND(", "=IF(ABS(", "=IF(AND(ABS(")), "imported text became a formula"
            assert sheets[sheet.title][int(cell.row or 0) - 1][int(cell.column or 0) - 1] is not None
        links = [cell.hyperlink for row in sheet for cell in row if cell.hyperlink]
        assert not [
            link for link in links if link.ref and (link.target or not (link.location or "").startswith("'Detail'!"))
        ]
    assert formulas > 600


def test_imported_text_arrives_as_text(sqlite_url: str, tmp_path: Path) -> None:
    sheets = exported(nasty_portfolio(sqlite_url), tmp_path / "a.xlsx", by=["project"])
    titles = {line["Title"] for line in below(sheets["Detail"], "No.")}
    assert {"=1+1", "@SUM(A1)", "http://example.org", "<r><t>x</t></r> ", "a␋␟b", "0012"} <= titles
    assert any(len(title) == 32_767 and title.endswith("[cut]") for title in titles)


def test_each_sheet_begins_with_the_notice_where_illustrative_data_is_contained(
    sqlite_url: str, tmp_path: Path
) -> None:
    database = nasty_portfolio(sqlite_url)
    plain = exported(database, tmp_path / "a.xlsx")
    assert not [rows[0][0] for rows in plain.values() if "ILLUSTRATIVE" in rows[0][0]]
    marked = exported(database, tmp_path / "b.xlsx", with_illustrative=True)
    assert all("ILLUSTRATIVE" in rows[0][0] for name, rows in marked.items() if name != "Origin")
    assert {row["Data"] for row in below(marked["Summary"], "No.")} == {"recorded", "illustrative"}


def test_a_line_of_the_detail_names_its_cell(database_url: str, tmp_path: Path) -> None:
    sheets = exported(nasty_portfolio(database_url), tmp_path / "a.xlsx", by=["country"])
    dinar = next(line for line in below(sheets["Detail"], "No.") if line["Record"] == "dinar")
    assert (dinar["File"], dinar["Sheet"], dinar["Cell"], dinar["Year"], dinar["Value date"]) == (
        "test.xlsx",
        "Sheet1",
        f"C{len(NASTY) + 3}",
        "undated",
        None,
    )


def test_envelopes_stand_under_their_parents_with_what_is_left(database_url: str, tmp_path: Path) -> None:
    sheets = exported(nasty_portfolio(database_url), tmp_path / "a.xlsx")
    tree = below(sheets["Envelopes"], "Envelope")
    assert [(e["Reference"], e["Stated"], e["In parts"], e["Left"]) for e in tree] == [
        ("ROOT", 1000, 400, 600),
        ("IT", 400, 0, 400),
    ]


def test_the_same_question_gives_the_same_bytes(sqlite_url: str, tmp_path: Path) -> None:
    database = nasty_portfolio(sqlite_url)
    for name in ("a.xlsx", "b.xlsx"):
        write(database, summarise(database), tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_an_amount_of_sixteen_digits_is_refused_and_the_old_file_stays(sqlite_url: str, tmp_path: Path) -> None:
    from ledger.actions.scope import UsageProblem

    assert number(Money(10**15 - 1, "EUR")) == Decimal("9999999999999.99")
    with pytest.raises(ReportTooLarge):
        number(Money(-(10**15), "EUR"))
    database = new_ledger(sqlite_url)
    post(database, [project(f"P{n}", amount(10**15 - 1)) for n in range(2)])
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"old")
    with pytest.raises(UsageProblem, match=r"\.csv"):
        write(database, summarise(database), path)
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir() if file.suffix != ".db" and "ledger.db" not in file.name] == [
        "a.xlsx"
    ]
    write(database, summarise(database, by=[]), tmp_path / "a.csv")
    assert "19999999999999.98" in (tmp_path / "a.csv").read_text(encoding="utf-8")


@pytest.mark.slow
def test_libreoffice_recalculates_every_formula_to_the_value_it_has(sqlite_url: str, tmp_path: Path) -> None:
    database = nasty_portfolio(sqlite_url)
    path = tmp_path / "a.xlsx"
    before = exported(database, path, by=["project"], with_illustrative=True)
    # An edited amount shows: in its row, and in the total of its currency. This also proves that it was recalculated.
    book = openpyxl.load_workbook(path)
    detail = book["Detail"]
    heading = next(cell for row in detail for cell in row if cell.value == "Amount")
    edited = detail.cell(heading.row + 1, heading.column)
    assert isinstance(edited.value, int | float)
    edited.value += 1
    book.save(tmp_path / "edited.xlsx")
    again = recalculated([path, tmp_path / "edited.xlsx"], tmp_path)
    after = again["a.xlsx"]
    count = 0
    for sheet in openpyxl.load_workbook(path):
        for cell in (cell for row in sheet for cell in row if cell.data_type == "f"):
            count += 1
            assert (
                after[sheet.title][cell.coordinate].value
                == before[sheet.title][int(cell.row or 0) - 1][int(cell.column or 0) - 1]
            ), cell
    assert count > 600

    checks = [cell.value for row in again["edited.xlsx"]["Summary"] for cell in row]
    assert checks.count(DIFFERS) == 2
