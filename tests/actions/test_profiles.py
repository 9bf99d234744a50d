"""Profiles from the outside: listing them, proposing one for an unknown file, holding them against golden records."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import openpyxl
import pytest

from ledger.actions import profiles
from ledger.intake.code_lists import CodeLists
from ledger.intake.profiles import load_profiles
from ledger.intake.read import read_file

ROOT = Path(__file__).parents[2]
LISTS = CodeLists(ROOT / "imports" / "codelists")

PLAIN = """A list of invented projects

Project number;Name of the beneficiary;Project title;Country;Start;EU grant (EUR);Total costs (EUR);Odd "thing"
P-1;A;Reception;Malta;01/07/2022;1.234.567,89;2.000.000,00;x
P-2;B;Return;Italy;15/08/2022;34.567,89;50.000,00;y
P-3;C;Integration;Greece;15/09/2022;134.567,89;250.000,00;z
Total;;;;;1.403.703,67;2.300.000,00;
"""


def list_file(folder: Path) -> Path:
    path = folder / "list.csv"
    path.write_text(PLAIN, encoding="utf-8")
    return path


def test_a_user_profile_is_listed_with_its_folder_and_a_broken_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "rates.toml").write_text('kind = "rates"\ntitle = "ours"\n', encoding="utf-8")
    (tmp_path / "broken.toml").write_text("kid = 1\n", encoding="utf-8")
    (tmp_path / "euledger.toml").write_text('profiles = ["."]\n', encoding="utf-8")
    found, findings = profiles.list_profiles([tmp_path])
    (ours,) = [line for line in found if line.profile == "rates"]
    assert (ours.title, ours.folder) == ("ours", str(tmp_path))
    assert next(line for line in found if line.profile == "projects").folder == ""
    assert [(f.code, str(f.level), f.values["profile"]) for f in findings] == [("profile-invalid", "warning", "broken")]


def test_a_profile_is_shown_as_it_is_written(tmp_path: Path) -> None:
    shown = profiles.show_profile("rates")
    assert shown.text == (ROOT / "imports" / "profiles" / "rates.toml").read_text(encoding="utf-8")
    (tmp_path / "broken.toml").write_text("kid = 1\n", encoding="utf-8")
    missing = profiles.show_profile("broken", [tmp_path])
    assert [f.code for f in missing.findings] == ["profile-unknown", "profile-invalid"]
    assert "`kid` is no known key" in missing.findings[1].message


def test_a_proposed_profile_reads_its_file(tmp_path: Path) -> None:
    path = list_file(tmp_path)
    made = profiles.new_profile(path)
    assert made.profile == "list"
    data = tomllib.loads(made.text)
    assert (data["constants"], data["sheets"][0]["ignore"]) == ({"currency": "EUR"}, ['Odd "thing"'])
    assert "# Column F, 99 % sure:" in made.text
    (tmp_path / "list.toml").write_text(made.text, encoding="utf-8")
    loaded, wrong = load_profiles([tmp_path])
    assert not wrong
    reading = read_file(path, profiles=loaded, settings={"fund": "AMIF"}, code_lists=LISTS)
    rows = [row for sheet in reading.sheets for row in sheet.rows]
    assert reading.profile == "list"
    assert [row.stated["eu_contribution"][1] for row in rows if row.record] == [123_456_789, 3_456_789, 13_456_789]
    assert sorted({f.code for f in reading.findings}) == ["total-row-agrees"]


def test_a_proposed_profile_of_a_stacked_header(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["Project number", "Title", "Country", "EU funding", None],
        [None, None, None, "Contracted amount (EUR)", "Paid amount (EUR)"],
        ["P-1", "Reception", "Malta", 1234567.5, 300000.25],
        ["P-2", "Return", "Italy", 234567.5, 30000.75],
        ["P-3", "Integration", "Greece", 434567.5, 130000.75],
    ):
        sheet.append(row)
    sheet.merge_cells("D1:E1")
    book.save(tmp_path / "stacked.xlsx")
    made = profiles.new_profile(tmp_path / "stacked.xlsx")
    (tmp_path / "stacked.toml").write_text(made.text, encoding="utf-8")
    loaded, wrong = load_profiles([tmp_path])
    assert not wrong
    reading = read_file(tmp_path / "stacked.xlsx", profiles=loaded, code_lists=LISTS)
    rows = [row for sheet in reading.sheets for row in sheet.rows if row.record]
    assert reading.profile == "stacked"
    assert reading.sheets[0].header_rows == [1, 2]
    assert rows[0].stated == {"contracted": ("EUR", 123_456_750), "paid": ("EUR", 30_000_025)}


@pytest.mark.parametrize(("name", "content", "code"), [("no.csv", None, "file-missing"), ("e.csv", "", "file-empty")])
def test_a_file_that_gives_no_profile(tmp_path: Path, name: str, content: str | None, code: str) -> None:
    if content is not None:
        (tmp_path / name).write_text(content, encoding="utf-8")
    made = profiles.new_profile(tmp_path / name)
    assert made.text == ""
    assert code in [f.code for f in made.findings]


def test_golden_records_are_written_and_held_against_the_profile(tmp_path: Path) -> None:
    path = list_file(tmp_path)
    text = profiles.new_profile(path, "mine").text
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    target, findings = profiles.write_golden("mine", path, {}, [tmp_path])
    assert (target, findings) == (tmp_path / "mine.golden.json", [])
    lines, findings = profiles.run_golden("mine", [tmp_path])
    assert [(line.profile, line.records, line.ok) for line in lines] == [("mine", 3, True)]
    assert not findings
    assert target is not None
    golden = json.loads(target.read_text(encoding="utf-8"))
    assert "asked" not in golden
    (tmp_path / "mine.toml").write_text(text.replace("columns.title]", "columns.summary]"), encoding="utf-8")
    lines, findings = profiles.run_golden(None, [tmp_path])
    assert [line.ok for line in lines] == [False]
    assert {f.code for f in findings} == {"golden-differs"}


def test_asking_for_golden_records_that_are_not_there(tmp_path: Path) -> None:
    lines, findings = profiles.run_golden("rates", [tmp_path])
    assert (lines, [f.code for f in findings]) == ([], ["golden-missing"])
