"""The marked copy: nothing of the sender's is lost, every problem is marked, and the marks do not count when it returns."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from ledger.actions.annotate import annotate, check_target
from ledger.actions.import_files import ImportResult, import_files
from ledger.actions.scope import UsageProblem
from ledger.domain.findings import Finding
from ledger.domain.marks import COMMENT_MARKER, FINDINGS_SHEET
from tests.builders import new_ledger

HEADERS = ["project_ref", "title", "fund", "country", "start_date", "eu_contribution", "total_cost"]
PROBLEMS = {"C3", "D3", "E3", "F3", "A4", "F4", "G5"}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A sender's workbook with styles, a formula, a chart, a hidden row, a comment, and seven problem cells."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = "Sender's list"
    sheet.append(HEADERS)
    sheet.append(["P1", "One", "AMIF", "TN", date(2022, 1, 1), 1000, 2000])
    sheet.append(["P2", "Two", "XXIF", "Tunesia", "2022-02-30", "12 apples", 2000])
    sheet.append([None, "Three", "AMIF", "TN", date(2022, 1, 1), -5, 2000])
    sheet.append(["P4", "Four", "AMIF", "MA", date(2022, 1, 1), 50, 20])
    sheet["H2"] = "=F2*2"
    sheet["F2"].number_format = "#,##0.00 €"
    sheet["F4"].font = Font(bold=True, color="FFFFFF")
    sheet["F4"].fill = PatternFill("solid", fgColor="1F3864")
    sheet["F4"].comment = Comment("please check & tell <me>", "Sender")
    sheet["B2"].comment = Comment("untouched", "Sender")
    sheet.row_dimensions[5].hidden = True
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=6, min_row=1, max_row=5))
    sheet.add_chart(chart, "J2")
    book.create_sheet("Other")["A1"] = "kept"
    path = tmp_path / "list.xlsx"
    book.save(path)
    return path


def imported(folder: Path, path: Path) -> ImportResult:
    ledger = folder / f"{path.stem}.db"
    ledger.unlink(missing_ok=True)
    [result] = import_files(new_ledger(f"sqlite:///{ledger}"), [path])
    return result


def look(cell: Any) -> tuple[Any, ...]:
    return (cell.value, cell.number_format, cell.font.b, cell.alignment.horizontal)


def marked(sheet: Any) -> set[str]:
    colours = ("FFFFC7CE", "FFFFEB9C")
    return {
        c.coordinate for row in sheet.iter_rows() for c in row if c.fill.fgColor.rgb in colours and c.border.left.style
    }


def test_values_and_styles_stay_and_problem_cells_are_marked(tmp_path: Path, source: Path) -> None:
    result, out = imported(tmp_path, source), tmp_path / "out.xlsx"
    assert annotate(source, result.findings, out) == []
    before, after = openpyxl.load_workbook(source), openpyxl.load_workbook(out)
    assert after.sheetnames == [*before.sheetnames, FINDINGS_SHEET]
    was, now = before["Sender's list"], after["Sender's list"]
    assert marked(now) >= PROBLEMS
    assert marked(now) - PROBLEMS <= {"A5"}  # the hidden row
    for row in was.iter_rows():
        for cell in row:
            assert look(now[cell.coordinate]) == look(cell)
            if cell.coordinate not in marked(now):
                assert repr(now[cell.coordinate].fill) == repr(cell.fill)
                assert repr(now[cell.coordinate].border) == repr(cell.border)
    assert now["F3"].border.left.style == "medium"
    assert now["G5"].border.left.style == "mediumDashed"
    assert now["F4"].font.color is None  # white on light red could not be read
    assert now.row_dimensions[5].hidden
    assert after["Other"]["A1"].value == "kept"


def test_every_other_part_is_byte_for_byte_the_same(tmp_path: Path, source: Path) -> None:
    out = tmp_path / "out.xlsx"
    annotate(source, imported(tmp_path, source).findings, out)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(out) as new:
        changed = {name for name in old.namelist() if old.read(name) != new.read(name)}
        added = set(new.namelist()) - set(old.namelist())
    touched = ("styles.xml", "sheet1.xml", "workbook.xml", "workbook.xml.rels", "comment1.xml", "[Content_Types].xml")
    assert {name.rpartition("/")[2] for name in changed} <= {*touched, "commentsDrawing1.vml"}
    assert added == {"xl/worksheets/sheet3.xml"}
    assert any("chart" in name for name in new.namelist())


def test_comments_say_code_problem_and_cure_below_the_senders_own(tmp_path: Path, source: Path) -> None:
    out = tmp_path / "out.xlsx"
    annotate(source, imported(tmp_path, source).findings, out)
    sheet = openpyxl.load_workbook(out)["Sender's list"]
    own, line, ours = sheet["F4"].comment.text.partition(COMMENT_MARKER)
    assert own.strip() == "please check & tell <me>"
    assert line
    assert "amount-negative" in ours
    assert "What to do:" in ours
    assert sheet["B2"].comment.text == "untouched"
    assert all(sheet[cell].comment for cell in PROBLEMS)


def test_the_findings_sheet_lists_and_links_them_all(tmp_path: Path, source: Path) -> None:
    out, findings = tmp_path / "out.xlsx", imported(tmp_path, source).findings
    annotate(source, findings, out)
    sheet = openpyxl.load_workbook(out)[FINDINGS_SHEET]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=6)]
    assert sorted((row[2], row[4]) for row in rows) == sorted((f.code, f.message) for f in findings)
    link = next(row[1] for row in sheet.iter_rows(min_row=6) if row[1].value == "F4").hyperlink
    assert link is not None
    assert link.location == "'Sender''s list'!F4"
    assert sheet.row_dimensions[1].hidden


@pytest.mark.parametrize("renamed", [False, True])
def test_the_marked_copy_imports_like_the_original(tmp_path: Path, source: Path, renamed: bool) -> None:
    before, out = imported(tmp_path, source), tmp_path / "out.xlsx"
    annotate(source, before.findings, out)
    if renamed:
        book = openpyxl.load_workbook(out)
        book[FINDINGS_SHEET].title = "Remarks"
        book.save(out)
    after = imported(tmp_path, out)
    assert (after.rows, after.amounts) == (before.rows, before.amounts)
    assert {(f.code, f.sheet, f.cell) for f in after.findings if f.code != "sheet-skipped"} == {
        (f.code, f.sheet, f.cell) for f in before.findings if f.code != "sheet-skipped"
    }
    assert before.rows["rejected"] == 2


def test_a_mended_copy_is_clean(tmp_path: Path, source: Path) -> None:
    out = tmp_path / "out.xlsx"
    annotate(source, imported(tmp_path, source).findings, out)
    book = openpyxl.load_workbook(out)
    sheet: Any = book["Sender's list"]
    for cell, value in {
        "C3": "AMIF",
        "D3": "TN",
        "E3": date(2022, 2, 28),
        "F3": 12,
        "A4": "P3",
        "F4": 5,
        "G5": 60,
    }.items():
        sheet[cell] = value
    book.save(out)
    result = imported(tmp_path, out)
    assert (result.rows["posted"], result.rows.get("rejected", 0)) == (4, 0)


def test_marking_a_marked_copy_again_keeps_one_findings_sheet(tmp_path: Path, source: Path) -> None:
    once, twice = tmp_path / "once.xlsx", tmp_path / "twice.xlsx"
    annotate(source, imported(tmp_path, source).findings, once)
    book = openpyxl.load_workbook(once)
    book["Sender's list"]["F3"] = 12
    book.save(once)
    annotate(once, imported(tmp_path, once).findings, twice)
    book = openpyxl.load_workbook(twice)
    assert book.sheetnames.count(FINDINGS_SHEET) == 1
    sheet = book["Sender's list"]
    assert sheet["F4"].comment.text.count(COMMENT_MARKER) == 1
    assert sheet["F4"].comment.text.startswith("please check")
    assert sheet["F3"].comment is None
    assert "F3" not in marked(sheet)
    assert marked(sheet) >= PROBLEMS - {"F3"}
    assert "F3" not in {row[1].value for row in book[FINDINGS_SHEET].iter_rows(min_row=6)}


def test_a_csv_comes_back_as_a_marked_workbook(tmp_path: Path) -> None:
    path, out = tmp_path / "liste.csv", tmp_path / "out.xlsx"
    path.write_text("project_ref;title;fund;eu_contribution\nP1;=1+1;AMIF;1000,50\nP2;012;XXIF;x\n", encoding="utf-8")
    result = imported(tmp_path, path)
    assert [finding.code for finding in annotate(path, result.findings, out)] == ["annotate-copied"]
    book = openpyxl.load_workbook(out)
    sheet = book[book.sheetnames[0]]
    assert [cell.value for cell in sheet[2]] == ["P1", "=1+1", "AMIF", "1000,50"]
    with zipfile.ZipFile(out) as package:
        assert b"<f>" not in package.read("xl/worksheets/sheet1.xml")  # the text of the csv is no formula
    assert sheet["B3"].value == "012"
    assert {"C3", "D3"} <= marked(sheet)
    assert "fund-unknown" in sheet["C3"].comment.text
    assert book.sheetnames[-1] == FINDINGS_SHEET
    again = imported(tmp_path, out)
    assert again.rows == result.rows


def test_a_file_that_cannot_be_read_gets_no_copy(tmp_path: Path) -> None:
    path, out = tmp_path / "list.xlsx", tmp_path / "out.xlsx"
    path.write_bytes(b"%PDF-1.7 nothing to see")
    assert [f.code for f in annotate(path, [], out)] == ["annotate-refused"]
    assert not out.exists()


def test_prefixed_parts_and_missing_cells_are_marked_too(tmp_path: Path) -> None:
    """Some programs write every element with a prefix, and no cell that is empty."""
    prefixed, out = tmp_path / "prefixed.xlsx", tmp_path / "out.xlsx"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rels = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    sheet = (f'<x:worksheet xmlns:x="{main}"><x:sheetData><x:row><x:c t="inlineStr"><x:is><x:t>a</x:t></x:is></x:c>'
             "</x:row><x:row/><x:row r='5'/></x:sheetData></x:worksheet>")  # fmt: skip
    book = (f'<x:workbook xmlns:x="{main}" xmlns:r="{rels}"><x:sheets><x:sheet name="S" sheetId="1" r:id="rId1"/>'
            "</x:sheets></x:workbook>")  # fmt: skip
    with zipfile.ZipFile(prefixed, "w") as package:
        package.writestr("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
                         '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                         '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.'
                         'spreadsheetml.sheet.main+xml"/><Override PartName="/xl/s.xml" ContentType="application/vnd.'
                         'openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>')  # fmt: skip
        for name, kind, target in (("_rels/.rels", "officeDocument", "xl/workbook.xml"),
                                   ("xl/_rels/workbook.xml.rels", "worksheet", "s.xml")):  # fmt: skip
            package.writestr(name, '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                             f'<Relationship Id="rId1" Type="{rels}/{kind}" Target="{target}"/></Relationships>')  # fmt: skip
        package.writestr("xl/workbook.xml", book)
        package.writestr("xl/s.xml", sheet)
    cells = ("A1", "C1", "B2", "A4", "A5", "B9")
    assert annotate(prefixed, [Finding("cell-missing", "empty", "", "S", cell) for cell in cells], out) == []
    found = openpyxl.load_workbook(out)["S"]
    assert marked(found) == set(cells)
    assert found["A1"].value == "a"


def test_a_copy_is_asked_for_sensibly(tmp_path: Path, source: Path) -> None:
    for paths, out in (([source, source], tmp_path / "o.xlsx"), ([source], tmp_path / "o.csv"), ([source], source),
                       ([source], tmp_path / "none" / "o.xlsx")):  # fmt: skip
        with pytest.raises(UsageProblem):
            check_target(paths, out)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed here")
def test_libreoffice_opens_the_marked_copy(tmp_path: Path, source: Path) -> None:
    out, again = tmp_path / "out.xlsx", tmp_path / "lo"
    annotate(source, imported(tmp_path, source).findings, out)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run(["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", str(again), str(out)],  # noqa: S607
                   check=True, capture_output=True, timeout=120)  # fmt: skip
    book = openpyxl.load_workbook(again / "out.xlsx")
    sheet = book["Sender's list"]
    assert book.sheetnames[-1] == FINDINGS_SHEET
    assert marked(sheet) >= PROBLEMS
    assert all(COMMENT_MARKER in sheet[cell].comment.text for cell in PROBLEMS)
    assert sheet["H2"].value == "=F2*2"


@pytest.mark.parametrize(("ending", "kept"), [("xlsm", True), ("xlsx", False)])
def test_macros_stay_where_the_name_allows_them(tmp_path: Path, source: Path, ending: str, kept: bool) -> None:
    macros, out = tmp_path / "macros.xlsm", tmp_path / f"out.{ending}"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(macros, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "[Content_Types].xml":
                data = data.replace(b"spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main")
                data = data.replace(b"vnd.openxmlformats-officedocument.ms-excel", b"vnd.ms-excel")
            if name == "xl/_rels/workbook.xml.rels":
                data = data.replace(b"</Relationships>", b'<Relationship Id="rIdM" Type="http://schemas.microsoft.com/office/'
                                    b'2006/relationships/vbaProject" Target="vbaProject.bin"/></Relationships>')  # fmt: skip
            new.writestr(name, data)
        new.writestr("xl/vbaProject.bin", b"macros")
    told = annotate(macros, [Finding("number-invalid", "bad", "", "Sender's list", "F3")], out)
    assert [finding.code for finding in told] == ([] if kept else ["annotate-macros"])
    with zipfile.ZipFile(out) as package:
        assert ("xl/vbaProject.bin" in package.namelist()) is kept
        assert (b"vbaProject" in package.read("xl/_rels/workbook.xml.rels")) is kept
        assert (b"macroEnabled" in package.read("[Content_Types].xml")) is kept
    assert "F3" in marked(openpyxl.load_workbook(out)["Sender's list"])
