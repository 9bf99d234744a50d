"""Every shipped report as a workbook: live formulas, checks, and the same numbers to every reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from ledger.actions import report
from ledger.actions.report import Question
from ledger.domain.money import Money, to_decimal
from ledger.reporting.tables import Kind
from ledger.reporting.workbook import AGREES, DIFFERS
from ledger.store.database import Database
from tests.builders import amount, figure, new_ledger, post, project
from tests.reporting.books import cents, nasty_portfolio, recalculated

#: What openpyxl reads is of any type; the tests say what it must be.
load: Any = openpyxl.load_workbook
PROGRAMME = "2021IT65AMPR001"
SHIPPED = [line.report for line in report.list_reports()[0]]


def question(name: str, **more: Any) -> Question:
    needs = next(line.needs for line in report.list_reports()[0] if line.report == name)
    given: dict[str, Any] = {
        "fund": {"funds": ["NDICI-GE"]},
        "country": {"countries": ["TN", "IT"]},
        "programme": {"programme": PROGRAMME},
    }
    for need in needs:
        more = {**given.get(need, {}), **more}
    return Question(with_illustrative=True, **more)


@pytest.fixture
def database(database_url: str) -> Database:
    return with_operations(nasty_portfolio(database_url))


def with_operations(database: Database) -> Database:
    """Operations of a home affairs programme, and a published figure: some reports speak of nothing else."""
    said: dict[str, Any] = {"fund": "AMIF", "country_code": "IT", "specific_objective": "SO1", "eu_rate": "75"}
    records = [
        project("IT1", amount(7_500_01, country="IT"), amount(2_500_00, basis="private", country="IT"), **said),
        project("IT2", amount(10, country="IT"), amount(4, stage="paid", country="IT"), **said),
    ]
    for record in records:
        record.programme = PROGRAMME
    post(database, records, file="home.xlsx", source="home")
    stated = {"value": "100", "unit": "EUR", "measure": "sum", "stage": "committed", "basis": "eu", "fund": "AMIF"}
    post(database, [figure("F1", qualifier="exact", **stated)], file="figures.xlsx", source="figures")
    return database


@pytest.mark.parametrize("name", SHIPPED)
def test_every_reader_sees_the_ledgers_numbers(database: Database, tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.xlsx"
    done = report.run(database, name, question(name), output=path)
    assert [f.code for f in done.findings if f.code == "balance-differs"] == []
    model = report.run(database, name, question(name)).model
    other = CalamineWorkbook.from_path(path)
    live = load(path)
    read = load(path, data_only=True)
    figures = 0
    for sheet in model.sheets:
        ours = list(read[sheet.tab].iter_rows(values_only=True))
        header = next(n for n, row in enumerate(ours) if row and sheet.fields[0].heading in row[:2])
        frame = pd.read_excel(
            path, sheet_name=sheet.tab, header=header, dtype=object, keep_default_na=False, engine="openpyxl"
        )
        theirs = other.get_sheet_by_name(sheet.tab).to_python(skip_empty_area=False)
        shift = 0 if ours[header][0] == sheet.fields[0].heading else 1
        for number, row in enumerate(sheet.rows, start=1):
            for place, (field, cell) in enumerate(zip(sheet.fields, row, strict=True)):
                if field.kind is Kind.MONEY and isinstance(cell, Money):
                    value = ours[header + number][place + shift]
                    assert not isinstance(value, str | None), (sheet.tab, number, field.name)
                    assert cents(value) == to_decimal(cell.minor, cell.currency)
                    assert theirs[header + number][place + shift] == value == frame.iloc[number - 1, place + shift]
                    figures += 1
    assert figures, name
    for tab in live:
        for live_cell in (cell for row in tab for cell in row if cell.data_type == "f"):
            assert str(live_cell.value).startswith(("=ROUND(", "=IF(", "=MAX(0,")), "imported text became a formula"
            assert read[tab.title][live_cell.coordinate].value is not None, (tab.title, live_cell.coordinate)
        checks = [cell.value for row in read[tab.title].iter_rows() for cell in row if cell.value in (AGREES, DIFFERS)]
        assert DIFFERS not in checks
    assert live["Origin"].sheet_state == "hidden"


@pytest.mark.slow
def test_libreoffice_finds_every_value_and_sees_every_edit(sqlite_url: str, tmp_path: Path) -> None:
    database = with_operations(nasty_portfolio(sqlite_url))
    paths = [tmp_path / f"{name}.xlsx" for name in SHIPPED]
    for path in paths:
        report.run(database, path.stem, question(path.stem, lang="fr"), output=path)
    edits = [edited(path) for path in paths]
    again = recalculated([*paths, *(file for file, _ in edits)], tmp_path)
    formulas = 0
    for path in paths:
        before, after, live = (
            load(path, data_only=True),
            again[path.name],
            load(path),
        )
        for tab in live:
            for cell in (cell for row in tab for cell in row if cell.data_type == "f"):
                formulas += 1
                kept, found = before[tab.title][cell.coordinate].value, after[tab.title][cell.coordinate].value
                assert found == kept or abs(found - kept) < 1e-9, (path.name, tab.title, cell.coordinate)
    assert formulas > 250
    for file, tabs in edits:
        for name in tabs:
            said = [cell.value for row in again[file.name][name].iter_rows() for cell in row]
            assert DIFFERS in said, (file.name, name)


def edited(path: Path) -> tuple[Path, list[str]]:
    """A copy with one euro more in one figure of each sheet, and the sheets that must say so."""
    book, before = load(path), load(path, data_only=True)
    regions = [region for region in origin(path)[1:] if region["columns"]]
    plain = [region["sheet"] for region in origin(path)[1:] if region["kind"] == "checks"]
    tabs = plain or [region["sheet"] for region in regions if region["kind"] != "detail"]
    # An edit of a line shows in the sums above it; where there are lines, that alone is edited.
    lines = [region for region in regions if region["kind"] == "detail"]
    for region in lines or regions:
        letter = next(letter for letter, said in region["columns"].items() if "asks" in said and "made" not in said)
        cells = [f"{letter}{row}" for row in range(region["first"], region["last"] + 1)]
        at = next((cell for cell in cells if before[region["sheet"]][cell].value), None)
        if at is None:
            tabs.remove(region["sheet"])
            continue
        book[region["sheet"]][at] = before[region["sheet"]][at].value + 1
    book.save(path.with_stem(f"{path.stem}-edited"))
    if lines:
        line = lines[0]
        measure = before[line["sheet"]][f"{line['keys']['measure']}{line['first']}"].value
        tabs = [region["sheet"] for region in regions if region["kind"] == "sums" and counts(region, measure)]
    return path.with_stem(f"{path.stem}-edited"), tabs


def counts(region: dict[str, Any], measure: str) -> bool:
    """Whether a sheet shows the measure."""
    return measure in {column["name"] for column in region["columns"].values()}


def origin(path: Path) -> list[dict[str, Any]]:
    sheet = load(path)["Origin"]
    return [json.loads(str(row[1])) for row in sheet.iter_rows(values_only=True)]


def test_a_sum_leads_to_its_lines_and_they_name_their_cells(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    report.run(database, "budget-summary", Question(), output=path)
    book, read = load(path), load(path, data_only=True)
    sheet, detail = book["Summary"], read["Detail"]
    headings = [cell.value for cell in detail[1]]
    followed = 0
    for cell in (cell for row in sheet for cell in row if cell.hyperlink):
        location = str(cell.hyperlink.location).split("!")[1]
        rows = detail[location]
        amounts = [cents(row[headings.index("Amount")].value) for row in rows]
        assert sum(amounts) == cents(read["Summary"][cell.coordinate].value)
        assert all(row[headings.index("File")].value in ("test.xlsx", "e.xlsx", "home.xlsx") for row in rows)
        assert all(row[headings.index("Cell")].value[0] == "C" for row in rows)
        followed += 1
    assert followed > 3


def test_an_earmarks_cents_are_the_same_on_every_sheet(database_url: str, tmp_path: Path) -> None:
    database = new_ledger(database_url)
    third = 333_333_333
    post(
        database,
        [
            project(f"P{n}", amount(100 + n, country=country), earmarks={"migration": third + n})
            for n in range(7)
            for country in ("TN",)
        ]
        + [
            project("D", amount(1001, country="MA"), unit="decision", earmarks={"migration": third}),
            project("C", amount(500, country="MA"), parent="D", unit="contract", earmarks={"migration": third}),
        ],
    )
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "mine.toml").write_text(
        '[[measures]]\nstage="committed"\nearmark="migration"\n[[sheets]]\nname="a"\nby=["country"]\n'
        '[[sheets]]\nname="b"\nby=["fund"]\n[[sheets]]\nname="c"\nkind="projects"\ncolumns=["project_ref"]\n',
        encoding="utf-8",
    )
    path = tmp_path / "a.xlsx"
    done = report.run(database, "mine", Question(), folders=[folder], output=path)
    assert done.findings == []
    book = load(path, data_only=True)
    checks = [cell.value for tab in book for row in tab.iter_rows() for cell in row if cell.value in (AGREES, DIFFERS)]
    assert checks.count(AGREES) == 6
    assert DIFFERS not in checks


def test_millions_are_shown_and_cents_kept(sqlite_url: str, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    report.run(nasty_portfolio(sqlite_url), "project-list", Question(unit="million"), output=path)
    sheet = load(path)["Projects"]
    cell = next(cell for row in sheet for cell in row if cell.value == 100000000000.01)
    assert ",," in cell.number_format
