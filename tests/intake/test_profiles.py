"""Profiles: every key is checked, later folders override earlier ones, the most specific one recognises a file."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from ledger.domain.findings import Finding
from ledger.domain.records import CoverageStatement, Kind
from ledger.domain.toml_keys import DeclarationError
from ledger.intake.code_lists import CodeLists
from ledger.intake.profiles import Profile, find_profile, load_profile, load_profiles
from ledger.intake.read import read_file

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "imports" / "profiles"
LISTS = CodeLists(ROOT / "imports" / "codelists")

MINIMAL = 'name = "mine"\nkind = "projects"\n'


def written(folder: Path, text: str, name: str = "mine") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_profile_holds_what_its_file_says(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
        name = "list"
        title = "A list"
        kind = "projects"
        source = "ministry"
        illustrative = true
        ignore = ["Remarks"]
        other_columns = "stop"
        [recognise]
        sheets = ["Data*"]
        headers = ["Operation", "Amount"]
        file = "list-*.xlsx"
        [columns.eu_contribution]
        headers = ["Amount"]
        unit = "thousand"
        number_style = ".,"
        negative = true
        [constants]
        fund = "AMIF"
        period = "2021-2027"
        [total_rows]
        words = ["Alles"]
        [[coverage]]
        fund = "AMIF"
        period = "2021-2023"
        """,
    )
    profile = load_profile(path)
    table = profile.tables[0]
    column = table.columns["eu_contribution"]
    assert (profile.name, profile.title, profile.source, profile.illustrative) == ("list", "A list", "ministry", True)
    assert (table.kind, table.sheets, table.ignore, table.other_columns) == (
        Kind.PROJECTS, ("Data*",), ("Remarks",), "stop",
    )  # fmt: skip
    assert (column.unit, column.number_style, column.negative) == (1000, ".,", True)
    assert table.constants["period_end"] == "2027-12-31"
    assert table.total_words == ("Alles",)
    (coverage,) = profile.coverage
    assert isinstance(coverage, CoverageStatement)
    assert (coverage.fund, str(coverage.period_start), str(coverage.period_end)) == ("AMIF", "2021-01-01", "2023-12-31")


def test_sheets_inherit_what_the_profile_says_for_all(tmp_path: Path) -> None:
    text = """
        kind = "projects"
        other_columns = "stop"
        [constants]
        currency = "EUR"
        [[sheets]]
        sheet = "A"
        [[sheets]]
        sheet = ["B", "C"]
        kind = "figures"
        other_columns = "report"
        constants = {}
        """
    first, second = load_profile(written(tmp_path, text)).tables
    assert (first.kind, first.sheets, first.other_columns, dict(first.constants)) == (
        Kind.PROJECTS, ("A",), "stop", {"currency": "EUR"},
    )  # fmt: skip
    assert (second.kind, second.sheets, second.other_columns, dict(second.constants)) == (
        Kind.FIGURES, ("B", "C"), "report", {},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('kind = "projects"\ntitel = "x"', "`titel` is no known key; did you mean 'title'?"),
        ('kind = "project"', "did you mean 'projects'?"),
        (MINIMAL + '[columns.eu_contribtion]\nheaders = ["x"]', "did you mean 'eu_contribution'?"),
        (MINIMAL + '[columns.paid]\nheadrs = ["x"]', "`columns.paid.headrs` is no known key"),
        (MINIMAL + '[columns.paid]\nunit = "dozen"', "`columns.paid.unit` is 'dozen'"),
        (MINIMAL + '[columns.paid]\nstage = "payd"', "did you mean 'paid'?"),
        (MINIMAL + '[columns.title]\nstage = "paid"', "title is no amount"),
        (MINIMAL + '[columns.paid]\nnegative = "yes"', "`columns.paid.negative` must be true or false"),
        (MINIMAL + "[columns.paid]\nheaders = [1]", "`columns.paid.headers` must be a list of texts"),
        (MINIMAL + '[constants]\ncurency = "EUR"', "did you mean 'currency'?"),
        (MINIMAL + '[constants]\nperiod = "soon"', "names no span of years"),
        (MINIMAL + 'other_columns = "stopp"', "it takes 'stop' or 'report'"),
        (MINIMAL + "[recognise]\nheader = []", "did you mean 'headers'?"),
        (MINIMAL + "[[sheets]]\nshet = 'A'", "`sheets[1].shet` is no known key"),
        (MINIMAL + '[[coverage]]\nfunds = "AMIF"', "did you mean 'fund'?"),
        ("kind = ", "no valid TOML"),
    ],
)
def test_a_wrong_key_is_named_with_the_nearest_right_one(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        load_profile(written(tmp_path, text))
    assert told in str(caught.value)


def test_an_invalid_profile_is_told_and_left_out(tmp_path: Path) -> None:
    written(tmp_path, MINIMAL)
    written(tmp_path, "kid = 1", "other")
    profiles, findings = load_profiles([tmp_path])
    assert [profile.name for profile in profiles] == ["mine"]
    assert [(f.place, f.code, f.values["profile"]) for f in findings] == [("other.toml", "profile-invalid", "other")]


def test_the_users_profile_overrides_the_shipped_one_of_its_name(tmp_path: Path) -> None:
    written(tmp_path, 'name = "projects"\nkind = "projects"\ntitle = "ours"\n')
    profiles, findings = load_profiles([SHIPPED, tmp_path])
    assert not findings
    found = find_profile("projects", profiles)
    assert isinstance(found, Profile)
    assert found.title == "ours"
    assert [p.name for p in profiles].count("projects") == 1


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    profiles, _ = load_profiles([SHIPPED])
    found = find_profile("project", profiles)
    assert isinstance(found, Finding)
    assert found.code == "profile-unknown"
    assert "'projects'" in found.message


# --- recognition -------------------------------------------------------------------------------------------------


def recognised(tmp_path: Path, headers: list[str], *texts: str) -> tuple[str | None, list[str]]:
    folder = tmp_path / "profiles"
    folder.mkdir()
    for number, text in enumerate(texts):
        written(folder, text, f"p{number}")
    profiles, findings = load_profiles([folder])
    assert not findings
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "Data"
    book.active.append(headers)
    book.active.append(["x"] * len(headers))
    book.save(tmp_path / "file.xlsx")
    reading = read_file(tmp_path / "file.xlsx", profiles=profiles, code_lists=LISTS)
    return reading.profile, [finding.code for finding in reading.findings if finding.level == "stop"]


def profile_text(*headers: str, more: str = "") -> str:
    return f'kind = "projects"\n[recognise]\nheaders = {list(headers)!r}\n{more}'


def test_the_profile_with_the_most_headers_wins(tmp_path: Path) -> None:
    general, special = profile_text("Title"), profile_text("Title", "Budget heading")
    assert recognised(tmp_path, ["Title *", "BUDGET  heading"], general, special) == ("p1", [])


def test_a_sheet_asked_for_by_name_is_more_specific(tmp_path: Path) -> None:
    named = profile_text("Title", more='sheets = ["dat?"]\n')
    assert recognised(tmp_path, ["Title"], named, profile_text("Title")) == ("p0", [])


def test_two_that_fit_alike_stop_the_import(tmp_path: Path) -> None:
    assert recognised(tmp_path, ["Title"], profile_text("Title"), profile_text("Title")) == (
        None, ["profile-ambiguous"],
    )  # fmt: skip


def test_no_profile_fits(tmp_path: Path) -> None:
    fits_not = profile_text("Title", "Amount")
    other_sheet = profile_text("Title", more='sheets = ["Other"]\n')
    # Without a profile the file is identified, and has no amount to book.
    assert recognised(tmp_path, ["Title"], fits_not, other_sheet) == (None, ["column-missing"])
