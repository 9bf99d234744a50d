"""xlsx and xlsm: values, facts, and both ways of reading, on workbooks made here byte by byte."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment

from ledger.intake.cells import CellError, Value
from ledger.intake.readers import ReadFailed, open_workbook
from ledger.intake.readers.formulas import moved

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="164" formatCode="#,##0.00\\ &quot;EUR&quot;"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="22"/><xf numFmtId="9"/></cellXfs>'
    "</styleSheet>"
)


def package(path: Path, sheet: str | bytes, *, strings: str = "", workbook: str = "", **extra: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("[Content_Types].xml", "<Types/>")
        out.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{REL}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        out.writestr(
            "xl/workbook.xml",
            workbook
            or f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets>'
            "</workbook>",
        )
        out.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{REL}/worksheet" '
            f'Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{REL}/styles" Target="styles.xml"/>'
            f'<Relationship Id="r3" Type="{REL}/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>',
        )
        out.writestr("xl/worksheets/sheet1.xml", sheet)
        out.writestr("xl/styles.xml", STYLES)
        if strings:
            out.writestr("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">{strings}</sst>')
        for name, text in extra.items():
            out.writestr(name.replace("__", "/"), text)
    return path


def sheet_xml(rows: str, *, before: str = "", after: str = "") -> str:
    return f'<?xml version="1.0"?>\n<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def cells(path: Path) -> dict[tuple[int, int], Value]:
    book = open_workbook(path)
    assert book.sheets, book.findings
    try:
        return {(r.number, c): v for r in book.sheets[0].rows() for c, v in enumerate(r.values, 1) if v is not None}
    finally:
        book.close()


CASES = [
    ('<c r="A1"><v>5066901.4699999997</v></c>', Decimal("5066901.47")),
    ('<c r="A1"><v>12.0</v></c>', 12),
    ('<c r="A1"><v>2.4E+07</v></c>', 24_000_000),
    ('<c r="A1"><v>-0.1</v></c>', Decimal("-0.1")),
    ('<c r="A1" s="4"><v>0.75</v></c>', Decimal("0.75")),
    ('<c r="A1" s="1"><v>45292</v></c>', date(2024, 1, 1)),
    ('<c r="A1" s="3"><v>45292.5</v></c>', datetime.fromisoformat("2024-01-01T12:00")),
    ('<c r="A1" s="1"><v>-1</v></c>', -1),
    ('<c r="A1" s="1"><v>99999999</v></c>', 99_999_999),
    ('<c r="A1" s="1"><v>60</v></c>', 60),
    ('<c r="A1" s="1"><v>59</v></c>', date(1900, 2, 28)),
    ('<c r="A1" t="b"><v>1</v></c>', True),
    ('<c r="A1" t="e"><v>#REF!</v></c>', CellError("#REF!")),
    ('<c r="A1" t="d"><v>2024-02-29</v></c>', date(2024, 2, 29)),
    ('<c r="A1" t="str"><f>"a"</f><v>a &amp; b</v></c>', "a & b"),
    ('<c r="A1"><f>SUM(B1:B2)</f></c>', CellError("")),
    ('<c r="A1"><f>SUM(B1:B2)</f><v></v></c>', CellError("")),
    ('<c r="A1"><f>SUM(B1:B2)</f><v>7</v></c>', 7),
    ('<c r="A1" t="inlineStr"><is><t xml:space="preserve"> x </t></is></c>', " x "),
    ('<c r="A1" t="inlineStr"><is><r><t>a</t></r><r><rPr/><t>b</t></r><rPh><t>no</t></rPh></is></c>', "ab"),
    ('<c r="A1" t="inlineStr"><is><t>a_x000D_b_x005F_x0041_&#233;&lt;</t></is></c>', "a\rb_x0041_é<"),
    ('<c t="s" r="A1"><v>1</v></c>', "rich text"),
    ('<c r="A1" t="s"><v>2</v></c>', " kept "),
    ("<c><v>3</v></c>", 3),
    ('<c r="A1"><v>abc</v></c>', "abc"),
]
STRINGS = (
    '<si><t>NA</t></si><si><r><t>rich </t></r><r><t>text</t></r><rPh sb="0" eb="1"><t>phonetic</t></rPh></si>'
    '<si><t xml:space="preserve"> kept </t></si>'
)


@pytest.mark.parametrize(("xml", "expected"), CASES)
@pytest.mark.parametrize("way", ["quick", "comment", "prefix", "strict", "utf-16"])
def test_every_kind_of_cell_is_read_alike_on_both_ways(tmp_path: Path, xml: str, expected: Value, way: str) -> None:
    text: str | bytes = sheet_xml(f'<row r="1">{xml}</row>')
    assert isinstance(text, str)
    if way == "comment":
        text = text.replace("<sheetData>", "<!-- made by hand --><sheetData>")
    elif way == "prefix":
        text = text.replace("<", "<x:").replace("<x:/", "</x:").replace("<x:?", "<?").replace("xmlns=", "xmlns:x=")
    elif way == "strict":
        text = text.replace(MAIN, STRICT)
    elif way == "utf-16":
        text = text.replace('version="1.0"', 'version="1.0" encoding="UTF-16"').encode("utf-16")
    found = cells(package(tmp_path / "a.xlsx", text, strings=STRINGS))
    assert found == {(1, 1): expected}
    assert type(found[1, 1]) is type(expected)


def test_facts_of_a_sheet(tmp_path: Path) -> None:
    xml = sheet_xml(
        '<row r="1"/><row r="2" hidden="1"><c r="B2" s="2"><v>1.5</v></c><c r="C2" s="2"/></row>'
        '<row r="4"><c r="B4" s="2"><f t="shared" ref="B4:B5" si="0">SUM($A4:A4)*"A4"</f><v>2</v></c></row>'
        '<row r="5"><c r="B5" s="2"><f t="shared" si="0"/><v>3</v></c><c r="XFD5" s="1"/></row>',
        before='<dimension ref="A1:XFD5"/><cols><col min="3" max="4" hidden="1"/></cols>',
        after='<mergeCells count="1"><mergeCell ref="A1:C2"/></mergeCells>',
    )
    book = open_workbook(package(tmp_path / "a.xlsx", xml))
    sheet = book.sheets[0]
    assert len(list(sheet.rows())) == 3
    rows = list(sheet.rows())
    assert [(row.number, row.values) for row in rows] == [
        (2, [None, Decimal("1.5")]),
        (4, [None, 2]),
        (5, [None, 3]),
    ]
    facts = sheet.facts
    assert (facts.hidden_rows, facts.hidden_columns, facts.merged) == ({2}, {3, 4}, [(1, 1, 2, 3)])
    assert facts.formulas == {(4, 2): 'SUM($A4:A4)*"A4"', (5, 2): 'SUM($A5:A5)*"A4"'}
    assert facts.number_formats == {2: {'#,##0.00\\ "EUR"': 3}}
    assert (facts.last_row, facts.last_column) == (5, 2)
    book.close()


def test_rows_out_of_order_come_sorted(tmp_path: Path) -> None:
    xml = sheet_xml("".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in (1, 5, 3, 2)))
    assert cells(package(tmp_path / "a.xlsx", xml)) == {(n, 1): n for n in (1, 2, 3, 5)}


def test_rows_and_cells_without_references(tmp_path: Path) -> None:
    xml = sheet_xml("<row><c><v>1</v></c><c><v>2</v></c></row><row><c/><c><v>3</v></c></row>")
    assert cells(package(tmp_path / "a.xlsx", xml)) == {(1, 1): 1, (1, 2): 2, (2, 2): 3}


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"><v>1</v></row>',
        '<row r="1"><c r="A1"><v>&undefined;</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>99</v></c></row>',
        '<row r="1"><c r="A2"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1"><c r="A1"><v>2</v></c></row>',
        '<row r="1"><c r="XFE1"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="zz"><v>1</v></c></row>',
    ],
)
def test_damage_in_mid_sheet_is_loud(tmp_path: Path, rows: str) -> None:
    book = open_workbook(package(tmp_path / "a.xlsx", sheet_xml(rows)))
    with pytest.raises(ReadFailed) as failure:
        list(book.sheets[0].rows())
    assert (failure.value.finding.code, failure.value.finding.sheet) == ("file-unreadable", "S")
    book.close()


def test_1904_dates(tmp_path: Path) -> None:
    workbook = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><workbookPr date1904="1"/><sheets>'
        '<sheet name="S" sheetId="1" state="veryHidden" r:id="r1"/></sheets></workbook>'
    )
    xml = sheet_xml('<row r="1"><c r="A1" s="1"><v>43830</v></c></row>')
    path = package(tmp_path / "a.xlsx", xml, workbook=workbook)
    assert cells(path) == {(1, 1): date(2024, 1, 1)}
    book = open_workbook(path)
    assert book.sheets[0].facts.hidden
    book.close()


def test_a_dtd_anywhere_is_refused(tmp_path: Path) -> None:
    bad = '<!DOCTYPE x [<!ENTITY a "1">]><x/>'
    for text in (bad, bad.encode("utf-16").decode("latin-1")):
        path = tmp_path / "a.xlsx"
        package(path, sheet_xml(""))
        with zipfile.ZipFile(path, "a") as out:
            out.writestr("xl/other.xml", text if text == bad else text.encode("latin-1"))
        book = open_workbook(path)
        assert ([f.code for f in book.findings], book.sheets) == (["file-unsafe"], [])


def test_damaged_styles_are_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    package(path, sheet_xml(""))
    with zipfile.ZipFile(path) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    parts["xl/styles.xml"] = parts["xl/styles.xml"].replace(b'numFmtId="14"', b'numFmtId="x"')
    with zipfile.ZipFile(path, "w") as out:
        for name, data in parts.items():
            out.writestr(name, data)
    book = open_workbook(path)
    assert ([f.code for f in book.findings], book.sheets) == (["file-unreadable"], [])


def test_macros_are_told_and_comments_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet["B2"] = 1
    sheet["B2"].comment = Comment("look here", "me")
    made.save(path)
    with zipfile.ZipFile(path, "a") as out:
        out.writestr("xl/vbaProject.bin", b"\0")
    book = open_workbook(path)
    assert [f.code for f in book.findings] == ["macros-ignored"]
    list(book.sheets[0].rows())
    assert book.sheets[0].facts.comments == {(2, 2): "look here"}
    assert book.modified is not None
    book.close()


def test_a_chart_sheet_is_told_and_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet("Data")
        sheet.write(0, 0, 1)
        chart = made.add_chart({"type": "bar"})
        chart.add_series({"values": "=Data!$A$1:$A$1"})
        made.add_chartsheet("Chart").set_chart(chart)
    book = open_workbook(path)
    assert ([s.name for s in book.sheets], [f.code for f in book.findings]) == (["Data"], ["sheet-skipped"])
    book.close()


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("A1+$A$1+A$1", "B3+$A$1+B$1"),
        ("SUM(A1:B2)&\"A1\"&'A1'!C3", "SUM(B3:C4)&\"A1\"&'A1'!D5"),
        ("LOG10(A:A)+T[A1]+SUM(1:2)", "LOG10(B:B)+T[A1]+SUM(3:4)"),
    ],
)
def test_shared_formulas_move(formula: str, expected: str) -> None:
    assert moved(formula, 2, 1) == expected


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=20).filter(
    lambda text: text[0] not in "=#{" and not text.startswith(("http", "mailto:"))
)
NUMBERS = st.integers(-(10**14), 10**14) | st.decimals(-(10**9), 10**9, places=2, allow_nan=False)
DATES = st.dates(date(1901, 1, 1), date(9999, 12, 30))
GRID = st.lists(st.lists(st.none() | TEXTS | NUMBERS | DATES | st.booleans(), max_size=5), min_size=1, max_size=6)


def plain(rows: list[list[Value]]) -> dict[tuple[int, int], Value]:
    return {(r, c): v for r, row in enumerate(rows, 1) for c, v in enumerate(row, 1) if v is not None}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(GRID, st.booleans())
def test_what_two_writers_write_is_what_is_read(tmp_path: Path, rows: list[list[Value]], constant: bool) -> None:
    expected = plain(rows)
    path = tmp_path / "w.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": constant}) as made:
        sheet = made.add_worksheet()
        dated = made.add_format({"num_format": "dd/mm/yyyy"})
        for (r, c), value in expected.items():
            if isinstance(value, date):
                sheet.write_datetime(r - 1, c - 1, value, dated)
            elif isinstance(value, bool):
                sheet.write_boolean(r - 1, c - 1, value)
            elif isinstance(value, str):
                sheet.write_string(r - 1, c - 1, value)
            elif isinstance(value, int | Decimal):
                sheet.write_number(r - 1, c - 1, value)
    assert cells(path) == expected
    other = openpyxl.Workbook()
    target = other.active
    assert target is not None
    for (r, c), value in expected.items():
        target.cell(r, c).value = value  # type: ignore[assignment]
    held = io.BytesIO()
    other.save(held)
    path.write_bytes(held.getvalue())
    assert cells(path) == expected
