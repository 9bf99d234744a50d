"""Templates: what is filled in imports without a profile, what cannot be read is refused while it is typed."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from ledger.actions import template
from ledger.actions.import_files import ImportResult, import_files
from ledger.actions.scope import UsageProblem
from ledger.cli.main import cli
from ledger.cli.session import Session
from ledger.intake.fields import FIELDS
from tests.builders import new_ledger

#: kind -> heading -> what a person fills in, in two rows
FILLED: dict[str, list[dict[str, Any]]] = {
    "projects": [
        {"project_ref": "P1", "unit": "operation", "title": "One", "fund": "AMIF", "country": "Tunisia", "theme": "returns",
         "start_date": date(2022, 1, 15), "eu_contribution": 750000.25, "national_public": 250000, "total_cost": 1000000.25,
         "eu_rate": 0.75, "currency": "EUR", "earmark_share": 1, "stage": "committed"},
        {"project_ref": "P2", "title": "Two", "fund": "NDICI-GE", "country": "MA", "decision_date": date(2023, 5, 1),
         "eu_contribution": 5, "eu_rate": 0.5},
    ],
    "envelopes": [
        {"envelope": "E1", "title": "All", "fund": "BMVI", "amount": 120000000, "period_start": date(2021, 1, 1),
         "period_end": date(2027, 12, 31), "price_basis": "current", "status": "confirmed"},
        {"envelope": "E2", "parent": "E1", "fund": "BMVI", "amount": 20000000.5, "country": "Greece", "currency": "EUR"},
    ],
    "programmes": [
        {"programme_ref": "2021FR65AMPR001", "title": "France", "fund": "AMIF", "country": "France", "stage": "allocated",
         "eu_contribution": 180000000, "decision_date": date(2022, 11, 25)},
        {"programme_ref": "2021MT65AMPR001", "title": "Malta", "fund": "AMIF", "country": "MT", "eu_contribution": 1.1},
    ],
    "figures": [
        {"figure": "F1", "quote": "some EUR 5.3 billion", "source": "text", "qualifier": "some", "value": 5300000000,
         "unit": "EUR", "measure": "sum", "stage": "committed", "basis": "eu", "fund": "NDICI-GE", "country": "Tunisia",
         "period_start": date(2021, 1, 1), "as_of": date(2024, 3, 12), "target": "no"},
        {"figure": "F2", "quote": "more than 190 projects", "qualifier": "more than", "value": 190, "unit": "projects",
         "measure": "count", "fund": "AMIF;BMVI"},
    ],
    "rates": [
        {"currency": "TND", "rate": 3.3695, "valid_from": date(2024, 3, 1), "valid_to": date(2024, 3, 31)},
        {"currency": "HUF", "rate": 388.53, "valid_from": date(2024, 3, 1), "source": "InforEuro"},
    ],
}  # fmt: skip


def blank(folder: Path, kind: str) -> Path:
    path = folder / f"{kind}.xlsx"
    template.write(kind, path)
    return path


def headings(sheet: Any) -> dict[str, int]:
    return {str(cell.value).removesuffix(" *"): cell.column for cell in sheet[1]}


def fill(path: Path, rows: list[dict[str, Any]]) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    places = headings(sheet)
    for number, row in enumerate(rows, 2):
        for heading, value in row.items():
            sheet.cell(number, places[heading], value)
    book.save(path)


def imported(folder: Path, path: Path) -> ImportResult:
    [result] = import_files(new_ledger(f"sqlite:///{folder / 'ledger.db'}"), [path])
    return result


def test_every_kind_of_record_has_a_template() -> None:
    assert template.kinds() == sorted(FILLED)
    assert {str(kind) for kind in FIELDS} >= set(template.kinds())


@pytest.mark.parametrize("kind", sorted(FILLED))
def test_what_is_filled_in_imports_without_a_profile(tmp_path: Path, kind: str) -> None:
    path = blank(tmp_path, kind)
    fill(path, FILLED[kind])
    result = imported(tmp_path, path)
    assert (result.profile, result.rows.get("posted"), result.rows.get("rejected", 0)) == (kind, 2, 0)
    assert {f.code for f in result.findings} <= {"sheet-skipped", "value-date-unknown", "country-missing"}
    for field, sums in result.amounts.get("posted", {}).items():
        heading = field if field in headings(openpyxl.load_workbook(path).worksheets[0]) else f"{kind}_ref"
        expected = sum(round(row.get(heading, 0) * 100) for row in FILLED[kind])
        assert sums["EUR"] == expected


@pytest.mark.parametrize("kind", sorted(FILLED))
def test_a_blank_one_holds_no_data(tmp_path: Path, kind: str) -> None:
    result = imported(tmp_path, blank(tmp_path, kind))
    assert result.rows.get("posted", 0) == result.rows.get("rejected", 0) == 0
    assert result.batch is None


@pytest.mark.parametrize("kind", sorted(FILLED))
def test_every_cell_is_checked_and_the_check_teaches(tmp_path: Path, kind: str) -> None:
    book = openpyxl.load_workbook(blank(tmp_path, kind))
    sheet = book.worksheets[0]
    for rule in (rule_at(sheet, column) for column in range(1, sheet.max_column + 1)):
        assert rule.showErrorMessage
        assert len(rule.error) > 30
        assert rule.prompt
    required = [cell for cell in sheet[1] if str(cell.value).endswith(" *")]
    assert required
    assert sheet.freeze_panes == "B2"


def test_drop_downs_refuse_what_no_code_list_has(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(blank(tmp_path, "projects"))
    sheet = book.worksheets[0]
    assert book["lists"].sheet_state == "hidden"
    offered = {heading: choices(book, rule_at(sheet, column)) for heading, column in headings(sheet).items()
               if rule_at(sheet, column).type == "list"}  # fmt: skip
    assert set(offered) == {"unit", "fund", "country", "theme", "stage", "currency"}
    assert {"Tunisia", "TN", "North Africa"} <= set(offered["country"])
    assert offered["currency"][0] == "EUR"
    assert "AMIF" in offered["fund"]
    for heading in offered:
        # Excel writes no errorStyle where it is the strictest one.
        assert rule_at(sheet, headings(sheet)[heading]).errorStyle in (None, "stop")


def rule_at(sheet: Any, column: int) -> Any:
    cell = sheet.cell(2, column).coordinate
    return next(rule for rule in sheet.data_validations.dataValidation if cell in rule.sqref)


def choices(book: Any, rule: Any) -> list[str]:
    source = rule.formula1
    if source.startswith('"'):
        return list(source.strip('"').split(","))
    name, _, area = source.partition("!")
    return [cell[0].value for cell in book[name][area.replace("$", "")]]


def test_every_country_on_offer_is_read_as_one_country() -> None:
    lists = template._code_lists()
    offered = lists.country_choices()
    assert len(offered) > 400
    assert {lists.country(text) for text in offered} == lists.countries


def test_instructions_explain_every_column(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(blank(tmp_path, "projects"))
    sheet = book["Instructions"]
    rows = {row[0].value: row for row in sheet.iter_rows() if row[0].value}
    for heading in headings(book.worksheets[0]):
        assert rows[heading][3].value
    assert sheet.row_dimensions[1].hidden


def test_wrong_endings_and_kinds_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="xlsx"):
        template.write("projects", tmp_path / "a.csv")
    with pytest.raises(UsageProblem, match="projects"):
        template.write("project", tmp_path / "a.xlsx")


def test_the_command_lists_kinds_and_writes(tmp_path: Path) -> None:
    out = tmp_path / "p.xlsx"
    run = CliRunner().invoke(cli, ["template"], obj=Session())
    assert run.stdout.split() == sorted(FILLED)
    run = CliRunner().invoke(cli, ["template", "projects", "-o", str(out)], obj=Session())
    assert (run.exit_code, out.is_file()) == (0, True)
    assert CliRunner().invoke(cli, ["template", "projects"], obj=Session()).exit_code == 2


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed here")
def test_libreoffice_keeps_the_checks(tmp_path: Path) -> None:
    path, again = blank(tmp_path, "projects"), tmp_path / "lo"
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run(["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", str(again), str(path)],  # noqa: S607
                   check=True, capture_output=True, timeout=120)  # fmt: skip
    before, after = openpyxl.load_workbook(path), openpyxl.load_workbook(again / path.name)
    columns = headings(before.worksheets[0])
    assert headings(after.worksheets[0]) == columns
    for heading, column in columns.items():
        was, now = rule_at(before.worksheets[0], column), rule_at(after.worksheets[0], column)
        assert now.type == was.type, heading
        assert now.showErrorMessage, heading
        assert now.errorStyle in (None, "stop"), heading
        assert now.error == was.error, heading
        if was.type == "list":
            assert choices(after, now) == choices(before, was), heading
