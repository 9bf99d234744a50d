"""Text, HTML, IATI, OpenDocument, xls, archives, and what is refused: known by content, never by name."""

from __future__ import annotations

import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ledger.intake.cells import Value
from ledger.intake.readers import open_workbook


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def table(path: Path, encoding: str | None = None) -> list[list[Value]]:
    book = open_workbook(path, encoding=encoding)
    assert book.sheets, book.findings
    return [row.values for row in book.sheets[0].rows()]


def codes(path: Path) -> list[str]:
    book = open_workbook(path)
    assert not book.sheets
    return [finding.code for finding in book.findings]


POLISH = "nazwa;kwota\nŁódź – święto;1 234,50\nzażółć gęślą jaźń;2\n"
GREEK = "Τίτλος;Ποσό\nΈργο ανάπτυξης της Άρτας;12\n"
FRENCH = "intitulé;coût\nÉcole « à côté » de l'hôpital à 5 €;12\nprêt très élevé;3\n"
CZECH = "název;částka\nPříliš žluťoučký kůň úpěl ďábelské ódy;1\n"
BULGARIAN = "име;сума\nИзграждане на пречиствателна станция;1\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (POLISH, "cp1250"), (POLISH.replace("–", "-"), "iso-8859-2"), (GREEK, "cp1253"), (FRENCH, "cp1252"),
        (CZECH, "cp1250"), (BULGARIAN, "cp1251"), (FRENCH, "utf-8"), (GREEK, "utf-8-sig"), (POLISH, "utf-16"),
        ("title;amount\nsome words;12\n", "utf-16-le"), ("title;amount\nsome words;12\n", "utf-16-be"),
    ],
)  # fmt: skip
def test_encodings_are_found(tmp_path: Path, text: str, encoding: str) -> None:
    expected = [[cell or None for cell in line.split(";")] for line in text.splitlines()]
    assert table(write(tmp_path / "a.xls", text.encode(encoding))) == expected


def test_the_callers_encoding_wins_and_is_checked(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "naïve,1\n".encode("cp1252"))
    assert table(path, "cp1253") == [["naοve", "1"]]
    assert [f.code for f in open_workbook(path, encoding="utf-8").findings] == ["file-unreadable"]
    assert [f.code for f in open_workbook(path, encoding="klingon").findings] == ["file-unreadable"]


@pytest.mark.parametrize(
    ("text", "delimiter", "expected"),
    [
        ('a,b\n"x, ""y""\nz",1\n', ",", [["a", "b"], ['x, "y"\nz', "1"]]),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";", [["a", "b"], ["1,5", "2,5"], ["3,5", "4,5"]]),
        ("List of operations\n\na;b;c\n1;2;3\n4;5;6\n", ";", [["List of operations"], ["a", "b", "c"], ["1", "2", "3"], ["4", "5", "6"]]),
        ("a\tb\n1\t\n", "\t", [["a", "b"], ["1"]]),
        ("sep=;\na;b\n1,2;3,4\n", ";", [["a", "b"], ["1,2", "3,4"]]),
        ("State | Total |\nAT | 5 000 |\n", "|", [["State", "Total"], ["AT", "5 000"]]),
        ("| State | Total |\n|---|---:|\n| AT | 5 |\n", "|", [["State", "Total"], ["AT", "5"]]),
        ("only\nwords\n", ",", [["only"], ["words"]]),
        ('a,b\n"open,1\nc,2\n', ",", [["a", "b"], ['"open', "1"], ["c", "2"]]),
        (" a , b \n1,NA\n", ",", [[" a ", " b "], ["1", "NA"]]),
    ],
)  # fmt: skip
def test_delimited_text(tmp_path: Path, text: str, delimiter: str, expected: list[list[Value]]) -> None:
    path = write(tmp_path / "a.txt", text.encode())
    assert table(path) == expected
    assert open_workbook(path).delimiter == delimiter


def test_record_numbers_count_empty_records(tmp_path: Path) -> None:
    book = open_workbook(write(tmp_path / "a.csv", b'a,b\n\n"1\n2",3\n,\n4,5\n'))
    assert [row.number for row in book.sheets[0].rows()] == [1, 3, 5]


def test_html_tables(tmp_path: Path) -> None:
    page = (
        "<html><meta charset=utf-8><table><tr><th colspan=2>Head &amp; more</th><th rowspan='2'>C</th></tr>"
        "<tr><td>a<br>b</td><td> x <table><tr><td>inner</td></tr></table></td></tr><tr><td>1<td>2<td>3</table></html>"
    )
    book = open_workbook(write(tmp_path / "a.xls", page.encode()))
    assert [sheet.name for sheet in book.sheets] == ["Table 1", "Table 2"]
    assert [(r.number, r.values) for r in book.sheets[0].rows()] == [
        (1, ["Head & more", None, "C"]), (2, ["a\nb", "x"]), (3, ["1", "2", "3"]),
    ]  # fmt: skip
    assert book.sheets[0].facts.merged == [(1, 1, 1, 2), (1, 3, 2, 3)]
    assert [r.values for r in book.sheets[1].rows()] == [["inner"]]


IATI = b"""<?xml version="1.0"?><iati-activities version="2.03"><iati-activity default-currency="EUR">
<iati-identifier>XI-1</iati-identifier><title><narrative>Aid</narrative><narrative>Aide</narrative></title>
<recipient-country code="MA" percentage="60"/><recipient-country code="TN" percentage="40"/>
<activity-date type="1" iso-date="2021-01-31"/><participating-org role="4" ref="X"><narrative>UN</narrative>
</participating-org><transaction><transaction-type code="2"/><transaction-date iso-date="2021-02-01"/>
<value value-date="2021-02-03">1000.50</value></transaction><transaction><value currency="USD">7</value></transaction>
</iati-activity></iati-activities>"""


def test_iati(tmp_path: Path) -> None:
    book = open_workbook(write(tmp_path / "a.xml", IATI))
    assert (book.format, [s.name for s in book.sheets]) == ("iati", ["activities", "transactions"])
    activity = dict(zip(*(row.values for row in book.sheets[0].rows()), strict=False))
    assert activity["iati-identifier"] == "XI-1"
    assert activity["title/narrative"] == "Aid"
    assert (activity["recipient-country/@code"], activity["recipient-country/@percentage"]) == ("MA; TN", "60; 40")
    assert activity["activity-date[@type=1]/@iso-date"] == date(2021, 1, 31)
    assert activity["participating-org[@role=4]/narrative"] == "UN"
    head, *rows = (row.values for row in book.sheets[1].rows())
    first, second = (dict(zip(head, row, strict=False)) for row in rows)
    assert (first["value"], first["value/@currency"]) == (Decimal("1000.50"), "EUR")
    assert first["value/@value-date"] == date(2021, 2, 3)
    assert (second["value"], second["value/@currency"]) == (7, "USD")


ODS = """<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x" xmlns:number="n" xmlns:style="s">
<office:automatic-styles><number:currency-style style:name="N1"><number:number number:decimal-places="2"
 number:grouping="true"/><number:text> </number:text><number:currency-symbol>EUR</number:currency-symbol>
</number:currency-style><style:style style:name="ce1" style:data-style-name="N1"/></office:automatic-styles>
<office:body><office:spreadsheet><table:table table:name="Liste"><table:table-column/>
<table:table-column table:visibility="collapse"/><table:table-row><table:table-cell office:value-type="string">
<text:p>a<text:s text:c="2"/>b</text:p><text:p>c</text:p></table:table-cell><table:table-cell
 table:style-name="ce1" office:value-type="currency" office:value="1234567890123.4700"/></table:table-row>
<table:table-row table:number-rows-repeated="2" table:visibility="filter"><table:table-cell
 office:value-type="date" office:date-value="2024-02-29"/></table:table-row><table:table-row><table:table-cell
 table:number-columns-repeated="2"/><table:table-cell table:formula="of:=SUM([.A1:.A2])" office:value-type="float"
 office:value="0"/></table:table-row><table:table-row table:number-rows-repeated="1048000"><table:table-cell
 table:number-columns-repeated="16384"/></table:table-row></table:table></office:spreadsheet></office:body>
</office:document-content>"""


def test_ods(tmp_path: Path) -> None:
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        out.writestr("content.xml", ODS)
        out.writestr("META-INF/manifest.xml", "<manifest:manifest xmlns:manifest='m'/>")
    book = open_workbook(path)
    sheet = book.sheets[0]
    day = date(2024, 2, 29)
    assert [(r.number, r.values) for r in sheet.rows()] == [
        (1, ["a  b\nc", Decimal("1234567890123.47")]), (2, [day]), (3, [day]), (4, [None, None, 0]),
    ]  # fmt: skip
    assert (sheet.name, sheet.facts.hidden_rows, sheet.facts.hidden_columns) == ("Liste", {2, 3}, {2})
    assert sheet.facts.formulas == {(4, 3): "SUM([.A1:.A2])"}
    assert sheet.facts.number_formats[2] == {'#,##0.00 "EUR"': 1}
    book.close()


def test_xls_with_facts_and_protection(tmp_path: Path) -> None:
    xlwt = pytest.importorskip("xlwt")
    made = xlwt.Workbook()
    sheet = made.add_sheet("Projekte")
    money = xlwt.easyxf(num_format_str="#,##0.00")
    sheet.write(0, 0, "Größe")
    sheet.write(1, 0, 5066901.47, money)
    sheet.write(1, 1, date(2024, 1, 1), xlwt.easyxf(num_format_str="DD.MM.YYYY"))
    sheet.row(1).hidden = True
    sheet.col(2).hidden = True
    path = tmp_path / "a.xls"
    made.save(str(path))
    book = open_workbook(path)
    assert book.format == "xls"
    assert [r.values for r in book.sheets[0].rows()] == [["Größe"], [Decimal("5066901.47"), date(2024, 1, 1)]]
    facts = book.sheets[0].facts
    assert (facts.hidden_rows, facts.hidden_columns, facts.number_formats[1]) == ({2}, {3}, {"#,##0.00": 1})
    # The record after BOF becomes FILEPASS (0x002F): that is how an encrypted xls begins.
    data = path.read_bytes()
    at = data.index(b"\x09\x08\x10\x00\x00\x06")
    write(path, data[: at + 20] + b"\x2f\x00" + data[at + 22 :])
    assert codes(path) == ["file-protected"]


def test_archives(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("lists/one.csv", "a;b\n1;2\n")
        out.writestr("two.xml", IATI)
        out.writestr("__MACOSX/._one.csv", b"\0\1")
    book = open_workbook(path)
    names = ["lists/one.csv", "two.xml!activities", "two.xml!transactions"]
    assert ([s.name for s in book.sheets], book.findings) == (names, [])
    assert [r.values for r in book.sheets[0].rows()] == [["a", "b"], ["1", "2"]]
    book.close()


@pytest.mark.parametrize("names", [["../a.csv"], ["/a.csv"], ["C:/a.csv"], ["a.csv", "A.csv"], ["x\\..\\a.csv"]])
def test_travelling_and_double_names_are_refused(tmp_path: Path, names: list[str]) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as out:
        for name in names:
            out.writestr(name, "a,b\n")
    assert codes(path) == ["file-unsafe"]


def test_bombs_and_damage_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("a.csv", b"0" * 3_000_000)
    assert codes(path) == ["file-too-large"]
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("a.csv", b"a,b\n1,2\n")
    data = path.read_bytes()
    assert codes(write(path, data.replace(b"1,2", b"1,3"))) == ["file-unreadable"]
    assert codes(write(path, data[: len(data) // 2])) == ["file-unreadable"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"%PDF-1.7 ...", "file-type-unknown"), (b"", "file-empty"), (b"\xef\xbb\xbf \n", "file-empty"),
        (b"\x00\x01\x02\x03\x04\x05" * 50, "file-type-unknown"), (b"<?xml version='1.0'?><other/>", "file-type-unknown"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "file-protected"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600 + "Workbook\0".encode("utf-16-le"), "file-unreadable"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><iati-activities><iati-activity/></iati-activities>', "file-unsafe"),
        (b"<html><p>no table</p></html>", "file-unreadable"),
    ],
)  # fmt: skip
def test_what_is_no_spreadsheet_is_refused(tmp_path: Path, data: bytes, code: str) -> None:
    assert codes(write(tmp_path / "a.xlsx", data)) == [code]


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    assert codes(tmp_path / "none.xlsx") == ["file-missing"]
    assert codes(tmp_path) == ["file-missing"]
