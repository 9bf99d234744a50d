"""Packages that are sound zips and wrong as workbooks: parts, relations, coordinates, merges, texts, odd spellings."""

from __future__ import annotations

import random

from tests.hostile.cases import READ, Cases
from tests.hostile.packages import (
    HEADER,
    MAIN,
    PACKAGE,
    RELATIONS,
    XML,
    cell,
    data,
    parts,
    row,
    sheet,
    workbook,
    zipped,
)  # fmt: skip

cases = Cases()
STRICT, STRICT_RELATIONS = (
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)


def without(name: str) -> bytes:
    """A workbook that lacks a part."""
    content = parts({"Projects": sheet(data())})
    del content[name]
    return zipped(content)


def changed(name: str, old: str, new: str) -> bytes:
    """A workbook with other words in one of its parts."""
    content = parts({"Projects": sheet(data())})
    part = content[name]
    assert isinstance(part, str)
    assert old in part
    return zipped({**content, name: part.replace(old, new)})


# --- the issue's own ------------------------------------------------------------------------------------------------


@cases.add("corners.xlsx")
def _() -> bytes:
    return workbook('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>')


@cases.add("corner-below-a-list.xlsx")
def _() -> bytes:
    return workbook(data() + '<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>x</t></is></c></row>')


@cases.add("corner-right-of-a-list.xlsx")
def _() -> bytes:
    return workbook(data().replace("</row>", cell("XFD1", "x") + "</row>", 1))


@cases.add("beyond-the-last-column.xlsx", "file-unreadable")
def _() -> bytes:
    return workbook(data().replace("</row>", cell("XFE1", "x") + "</row>", 1))


@cases.add("beyond-the-last-row.xlsx", "file-unreadable")
def _() -> bytes:
    return workbook(data() + row(1_048_577, [1]))


@cases.add("row-of-minus-one.xlsx", "file-unreadable")
def _() -> bytes:
    return workbook('<row r="-1"><c r="A1"><v>1</v></c></row>')


@cases.add("row-nought.xlsx", "file-unreadable")
def _() -> bytes:
    return workbook('<row r="0"><c r="A0"><v>1</v></c></row>')


@cases.add("row-of-forty-digits.xlsx", "file-unreadable")
def _() -> bytes:
    return workbook(f'<row r="{"9" * 40}"><c r="A1"><v>1</v></c></row>')


@cases.add("merge-of-the-whole-sheet.xlsx", READ)
def _() -> bytes:
    return workbook(after='<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>')


@cases.add("merge-over-all-rows.xlsx", READ)
def _() -> bytes:
    return workbook(after='<mergeCells count="1"><mergeCell ref="A2:A1048576"/></mergeCells>')


@cases.add("three-hundred-thousand-merges.xlsx", "file-too-large", heavy=True)
def _() -> bytes:
    merges = "".join(f'<mergeCell ref="B{n}:C{n}"/>' for n in range(10, 300_010))
    return workbook(after=f"<mergeCells>{merges}</mergeCells>")


@cases.add("all-columns-hidden.xlsx")
def _() -> bytes:
    return workbook(before='<cols><col min="1" max="2147483647" hidden="1"/></cols>')


@cases.add("wrong-dimension.xlsx", READ)
def _() -> bytes:
    return workbook(before='<dimension ref="A1:XFD1048576"/>')


@cases.add("dimension-of-nothing.xlsx", READ)
def _() -> bytes:
    return workbook(before='<dimension ref="Z99:A1"/>')


@cases.add("strict.xlsx", READ)
def _() -> bytes:
    return zipped(parts({"Projects": sheet(data(), main=STRICT)}, main=STRICT, relations=STRICT_RELATIONS))


@cases.add("dates-of-1904.xlsx", READ)
def _() -> bytes:
    content = parts({"Projects": sheet(data())})
    book = content["xl/workbook.xml"]
    assert isinstance(book, str)
    return zipped({**content, "xl/workbook.xml": book.replace("<sheets>", '<workbookPr date1904="1"/><sheets>')})


@cases.add("amounts-as-dates.xlsx")
def _() -> bytes:
    styles = f'{XML}<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
    rows = "".join(
        row(n, (f"P{n}", "T", "AMIF", "DE")).replace("</row>", f'<c r="E{n}" s="1"><v>{value}</v></c></row>')
        for n, value in enumerate((-5, 0, 1, 59, 60, 61, 2958465, 2958466, 1e300, 45000.123456789, 0.5), 2)
    )
    content = parts({"Projects": sheet(row(1, HEADER) + rows)}, more={"styles": "styles.xml"})
    return zipped({**content, "xl/styles.xml": styles})


@cases.add("macros.xlsm", READ)
def _() -> bytes:
    return zipped({**parts({"Projects": sheet(data())}), "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" + bytes(500)})


@cases.add("links-to-everywhere.xlsx", READ)
def _() -> bytes:
    outside = (
        f'{XML}<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{RELATIONS}/hyperlink" '
        'Target="http://127.0.0.1:9/beacon" TargetMode="External"/><Relationship Id="rId2" '
        f'Type="{RELATIONS}/image" Target="file:///etc/passwd" TargetMode="External"/></Relationships>'
    )
    external = (
        f'{XML}<externalLink xmlns="{MAIN}" xmlns:r="{RELATIONS}"><externalBook r:id="rId1"/><ddeLink ddeService="cmd" '
        'ddeTopic="/c calc"/></externalLink>'
    )
    more = {
        "xl/worksheets/_rels/sheet1.xml.rels": outside,
        "xl/externalLinks/externalLink1.xml": external,
        "xl/externalLinks/_rels/externalLink1.xml.rels": outside,
        "xl/connections.xml": f'{XML}<connections xmlns="{MAIN}"><connection id="1" type="5" odcFile="\\\\evil\\x"/></connections>',
        "xl/queryTables/queryTable1.xml": f'{XML}<queryTable xmlns="{MAIN}" connectionId="1"/>',
    }
    after = '<hyperlinks><hyperlink ref="A1" r:id="rId1"/></hyperlinks>'
    return zipped({**parts({"Projects": sheet(data(), after=after)}), **more})


# --- parts and relations --------------------------------------------------------------------------------------------


@cases.add("no-workbook-part.xlsx", "file-type-unknown", "file-unreadable")
def _() -> bytes:
    return without("xl/workbook.xml")


@cases.add("no-sheet-part.xlsx", "file-unreadable")
def _() -> bytes:
    return without("xl/worksheets/sheet1.xml")


@cases.add("no-relations.xlsx", "file-unreadable")
def _() -> bytes:
    return without("xl/_rels/workbook.xml.rels")


@cases.add("no-content-types.xlsx", READ)
def _() -> bytes:
    return without("[Content_Types].xml")


@cases.add("relation-to-itself.xlsx")
def _() -> bytes:
    return changed("xl/_rels/workbook.xml.rels", "worksheets/sheet1.xml", "workbook.xml")


@cases.add("relation-to-the-relations.xlsx")
def _() -> bytes:
    return changed("xl/_rels/workbook.xml.rels", "worksheets/sheet1.xml", "_rels/workbook.xml.rels")


@cases.add("relation-out-of-the-package.xlsx", "file-unreadable")
def _() -> bytes:
    return changed("xl/_rels/workbook.xml.rels", "worksheets/sheet1.xml", "../../../../etc/passwd")


@cases.add("relation-by-address.xlsx", "file-unreadable")
def _() -> bytes:
    return changed("xl/_rels/workbook.xml.rels", "worksheets/sheet1.xml", "http://127.0.0.1:9/sheet1.xml")


@cases.add("two-sheets-one-part.xlsx", "file-unsafe")
def _() -> bytes:
    content = parts({"Projects": sheet(data()), "Again": sheet(data())})
    related = content["xl/_rels/workbook.xml.rels"]
    assert isinstance(related, str)
    return zipped({**content, "xl/_rels/workbook.xml.rels": related.replace("sheet2.xml", "sheet1.xml")})


@cases.add("two-thousand-sheets.xlsx", "file-too-large")
def _() -> bytes:
    return zipped(parts({f"S{n}": "<worksheet/>" for n in range(2000)}))


@cases.add("no-sheets.xlsx", "file-unreadable")
def _() -> bytes:
    return zipped(parts({}))


@cases.add("sheet-without-a-name.xlsx")
def _() -> bytes:
    return changed("xl/workbook.xml", 'name="Projects" ', "")


@cases.add("sheet-named-like-a-bomb.xlsx")
def _() -> bytes:
    return changed("xl/workbook.xml", 'name="Projects"', f'name="{"=cmd|&apos;/c&apos;!A1" * 2000}"')


@cases.add("workbook-is-html.xlsx", "file-unreadable")
def _() -> bytes:
    return zipped({**parts({"Projects": sheet(data())}), "xl/workbook.xml": "<html><p>not <b>well</p></html>"})


@cases.add("workbook-is-huge.xlsx", "file-too-large")
def _() -> bytes:
    rng = random.Random(1)
    filler = "".join(f"<x a='{rng.random()}'/>" for _ in range(700_000))
    return zipped({**parts({"Projects": sheet(data())}), "xl/workbook.xml": f"<workbook>{filler}</workbook>"})


@cases.add("deep-workbook.xlsx", "file-unreadable", "file-too-large")
def _() -> bytes:
    deep = "".join(f"<a{n % 97}>" for n in range(200_000))
    return zipped({**parts({"Projects": sheet(data())}), "xl/workbook.xml": deep})


@cases.add("word-document.docx", "file-type-unknown")
def _() -> bytes:
    kinds = {"xl/workbook.xml": "word/document.xml"}
    content = parts({"Projects": sheet(data())})
    made = {kinds.get(name, name): part for name, part in content.items() if not name.startswith("xl/w")}
    rels = made["_rels/.rels"]
    assert isinstance(rels, str)
    return zipped(
        {**made, "_rels/.rels": rels.replace("xl/workbook.xml", "word/document.xml"), "word/document.xml": "<w/>"}
    )


# --- texts and styles -----------------------------------------------------------------------------------------------


def with_texts(texts: str, rows: str | None = None) -> bytes:
    """A workbook with a table of texts."""
    filled = data() if rows is None else rows
    content = parts({"Projects": sheet(filled)}, more={"sharedStrings": "sharedStrings.xml"})
    return zipped({**content, "xl/sharedStrings.xml": texts})


def sst(inside: str, claim: int = 1) -> str:
    """A table of texts that claims to have so many."""
    return f'{XML}<sst xmlns="{MAIN}" count="{claim}" uniqueCount="{claim}">{inside}</sst>'


FIRST_TEXT = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'


@cases.add("texts-claim-billions.xlsx")
def _() -> bytes:
    return with_texts(sst("<si><t>project_ref</t></si>", 4_294_967_295), FIRST_TEXT)


@cases.add("text-out-of-the-table.xlsx", "file-unreadable")
def _() -> bytes:
    return with_texts(sst("<si><t>a</t></si>"), FIRST_TEXT.replace("<v>0</v>", "<v>7</v>"))


@cases.add("text-of-minus-one.xlsx")
def _() -> bytes:
    return with_texts(sst("<si><t>a</t></si>"), FIRST_TEXT.replace("<v>0</v>", "<v>-1</v>"))


@cases.add("text-index-is-no-number.xlsx", "file-unreadable")
def _() -> bytes:
    return with_texts(sst("<si><t>a</t></si>"), FIRST_TEXT.replace("<v>0</v>", "<v>1e0</v>"))


@cases.add("texts-never-end.xlsx", "file-unreadable", "file-too-large")
def _() -> bytes:
    return with_texts(sst("<si><t>a</t></si>").removesuffix("</sst>"), FIRST_TEXT)


@cases.add("one-text-of-twenty-megabytes.xlsx", "file-too-large")
def _() -> bytes:
    rng = random.Random(2)
    return with_texts(sst(f"<si><t>{rng.randbytes(10_000_000).hex()}</t></si>"), FIRST_TEXT)


@cases.add("six-million-texts.xlsx", "file-too-large", heavy=True)
def _() -> bytes:
    rng = random.Random(3)
    return with_texts(sst("".join(f"<si><t>{rng.getrandbits(40):x}</t></si>" for _ in range(6_000_000))), FIRST_TEXT)


@cases.add("empty-texts.xlsx", READ)
def _() -> bytes:
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="s"><v>1</v></c><c r="B{n}" t="s"><v>0</v></c><c r="C{n}"><v>{n}</v></c></row>'
        for n in range(2, 9)
    )
    heads = row(1, ("project_ref", "title", "eu_contribution"))
    return with_texts(sst("<si><t/></si><si><t>P</t></si>"), heads + rows)


@cases.add("style-out-of-the-table.xlsx", READ)
def _() -> bytes:
    return workbook(data().replace('<c r="E2">', '<c r="E2" s="4000000000">'))


@cases.add("style-is-no-number.xlsx", "file-unreadable")
def _() -> bytes:
    return workbook(data().replace('<c r="E2">', '<c r="E2" s="bold">'))


@cases.add("million-styles.xlsx", heavy=True)
def _() -> bytes:
    styles = (
        f'<styleSheet xmlns="{MAIN}"><cellXfs>'
        + "".join(f'<xf numFmtId="{n % 163}" fontId="{n * 7 % 1000}"/>' for n in range(1_000_000))
        + "</cellXfs></styleSheet>"
    )
    content = parts({"Projects": sheet(data())}, more={"styles": "styles.xml"})
    return zipped({**content, "xl/styles.xml": styles})


@cases.add("format-of-a-megabyte.xlsx")
def _() -> bytes:
    code = "[h]" + "\\a&quot;" * 100_000
    styles = (
        f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="200" formatCode="{code}"/></numFmts>'
        '<cellXfs><xf numFmtId="200"/></cellXfs></styleSheet>'
    )
    content = parts({"Projects": sheet(data())}, more={"styles": "styles.xml"})
    return zipped({**content, "xl/styles.xml": styles})


# --- the sheet's XML ------------------------------------------------------------------------------------------------


@cases.add("no-row-ends.xlsx", "file-too-large", "file-unreadable")
def _() -> bytes:
    rng = random.Random(4)
    return workbook('<row r="1">' + "".join(cell("A1", rng.random()) for _ in range(300_000)))


@cases.add("row-of-a-million-cells.xlsx", "file-too-large")
def _() -> bytes:
    return workbook('<row r="1">' + "".join(f'<c s="{n}"/>' for n in range(1_000_000)) + "</row>")


@cases.add("million-empty-rows.xlsx")
def _() -> bytes:
    return workbook("".join(f'<row r="{n}" s="{n % 7}"/>' for n in range(1, 1_048_577)))


@cases.add("deep-row.xlsx", "file-too-large", "file-unreadable")
def _() -> bytes:
    deep = "".join(f"<x{n % 89}>" for n in range(300_000))
    return workbook(data() + f'<row r="9"><c r="A9">{deep}')


@cases.add("deep-tail.xlsx", "file-unreadable", "file-too-large")
def _() -> bytes:
    return workbook(after="".join(f"<x{n % 89}>" for n in range(300_000)))


@cases.add("cells-in-comments.xlsx", READ)
def _() -> bytes:
    return workbook(data().replace("</row>", "<!-- <c r='Z9'><v>1000000</v></c> --></row>", 1))


@cases.add("amount-in-cdata.xlsx", READ, "readings-differ")
def _() -> bytes:
    return workbook(data().replace("<v>2.25</v>", "<v><![CDATA[2.25]]></v>"))


@cases.add("amount-in-references.xlsx", READ)
def _() -> bytes:
    return workbook(data().replace("<v>2.25</v>", "<v>&#50;&#x2e;25</v>"))


@cases.add("amount-in-two-values.xlsx")
def _() -> bytes:
    return workbook(data().replace("<v>2.25</v>", "<v>2.25</v><v>1000000</v>"))


@cases.add("cell-twice.xlsx")
def _() -> bytes:
    return workbook(data().replace('<c r="E2"><v>2.25</v></c>', '<c r="E2"><v>2.25</v></c><c r="E2"><v>9</v></c>'))


@cases.add("row-twice.xlsx", "file-unreadable")
def _() -> bytes:
    return workbook(data() + row(2, ("P2", "again", "AMIF", "DE", 9, "EUR")))


@cases.add("rows-backwards.xlsx", READ)
def _() -> bytes:
    return workbook("".join(f"{line}</row>" for line in reversed(data().split("</row>")[:-1])))


@cases.add("sheet-data-twice.xlsx")
def _() -> bytes:
    return workbook(after=f"<sheetData>{row(9, ('P9', 'hidden', 'AMIF', 'DE', 1_000_000, 'EUR'))}</sheetData>")


@cases.add("sheet-data-nested.xlsx")
def _() -> bytes:
    return workbook(before=f"<extLst><ext><sheetData>{row(9, (1, 2))}</sheetData></ext></extLst>")


@cases.add("prefixed-names.xlsx", READ)
def _() -> bytes:
    plain = sheet(data())
    for name in ("worksheet", "sheetData", "row", "c", "v", "is", "t"):
        for sign in ("<", "</"):
            for end in (" ", ">"):
                plain = plain.replace(f"{sign}{name}{end}", f"{sign}x:{name}{end}")
    return zipped(parts({"Projects": plain.replace("xmlns=", "xmlns:x=")}))


@cases.add("utf-16.xlsx", READ)
def _() -> bytes:
    text = sheet(data(), head='<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16")
    return zipped(parts({"Projects": text}))


@cases.add("utf-7.xlsx", "file-unsafe")
def _() -> bytes:
    return workbook(head='<?xml version="1.0" encoding="UTF-7"?>')


@cases.add("broken-utf-8.xlsx", "file-unreadable")
def _() -> bytes:
    return zipped(parts({"Projects": sheet(data()).encode().replace(b"Title 2", b"Title \xff\xfe")}))


@cases.add("nul-bytes.xlsx", "file-unreadable")
def _() -> bytes:
    return zipped(parts({"Projects": sheet(data()).encode().replace(b"Title 2", b"Title \0\0")}))


@cases.add("controls-and-surrogates.xlsx", READ)
def _() -> bytes:
    return workbook(data().replace("Title 2", "a_x0000_b_x001B_c_xD83D_d_xFFFE_e_x005F_x0041_"))


@cases.add("numbers-that-are-none.xlsx")
def _() -> bytes:
    odd = (
        "NaN",
        "INF",
        "-INF",
        "1e999",
        "1e-999",
        "0x10",
        "1_000",
        "١٢",
        "1,5",
        "--5",
        "9" * 5000,
        "." * 9,
        "1e309",
        "+5",
        "5.",
    )
    rows = "".join(
        f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="E{n}"><v>{text}</v></c></row>' for n, text in enumerate(odd, 2)
    )
    return workbook(row(1, HEADER) + rows)


@cases.add("error-cells.xlsx")
def _() -> bytes:
    kinds = ("#REF!", "#N/A", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#VALUE!", "#GETTING_DATA", "#MADE-UP!", "")
    rows = "".join(
        f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="E{n}" t="e"><v>{kind}</v></c></row>'
        for n, kind in enumerate(kinds, 2)
    )
    return workbook(row(1, HEADER) + rows)


@cases.add("formulas-without-results.xlsx")
def _() -> bytes:
    rows = "".join(
        f'<row r="{n}">{cell(f"A{n}", f"P{n}")}<c r="E{n}"><f>E{n - 1}+1</f></c></row>' for n in range(2, 50)
    )
    return workbook(row(1, HEADER) + rows)


@cases.add("shared-formulas-in-a-circle.xlsx")
def _() -> bytes:
    rows = "".join(
        f'<row r="{n}">{cell(f"A{n}", f"P{n}")}<c r="E{n}"><f t="shared" si="0" ref="E2:E50"/><v>{n}</v></c></row>'
        for n in range(2, 50)
    )
    return workbook(row(1, HEADER) + rows)


@cases.add("formula-of-a-megabyte.xlsx")
def _() -> bytes:
    formula = "SUM(" + "E2:E3," * 150_000 + "E4)"
    return workbook(data() + f'<row r="9"><c r="E9"><f>{formula}</f><v>6</v></c></row>')


@cases.add("shared-formula-of-a-megabyte.xlsx")
def _() -> bytes:
    first = f'<row r="2"><c r="E2"><f t="shared" si="0" ref="E2:E500">{"E1+" * 300_000}1</f><v>1</v></c></row>'
    rest = "".join(f'<row r="{n}"><c r="E{n}"><f t="shared" si="0"/><v>1</v></c></row>' for n in range(3, 300))
    return workbook(row(1, HEADER) + first + rest)


@cases.add("comments-of-a-hundred-thousand.xlsx", heavy=True)
def _() -> bytes:
    content = parts({"Projects": sheet(data())})
    listed = "".join(
        f'<comment ref="A{n}" authorId="0"><text><t>note {n}</t></text></comment>' for n in range(1, 100_001)
    )
    related = f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{RELATIONS}/comments" Target="../comments1.xml"/></Relationships>'
    return zipped({
        **content,
        "xl/worksheets/_rels/sheet1.xml.rels": related,
        "xl/comments1.xml": f'<comments xmlns="{MAIN}"><commentList>{listed}</commentList></comments>',
    })  # fmt: skip


@cases.add("every-row-sums-up-all-above.xlsx")
def _() -> bytes:
    rows = "".join(
        f'<row r="{n}">{cell(f"A{n}", f"P{n}")}<c r="E{n}"><f>SUM(E$1:E{n - 1})</f><v>{n}</v></c></row>'
        for n in range(2, 8000)
    )
    return workbook(row(1, HEADER) + rows)


@cases.add("every-row-a-total.xlsx")
def _() -> bytes:
    rows = "".join(
        f'<row r="{n}">{cell(f"A{n}", "Total")}<c r="E{n}"><f>SUM(E2:E{n - 1})</f><v>{n}</v></c></row>'
        for n in range(2, 8000)
    )
    return workbook(row(1, HEADER) + rows)


@cases.add("sheet-is-a-picture.xlsx", "file-unreadable")
def _() -> bytes:
    return zipped(parts({"Projects": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10}))


@cases.add("empty-sheet-part.xlsx", "file-unreadable")
def _() -> bytes:
    return zipped(parts({"Projects": b""}))


@cases.add("cut-sheet.xlsx", "file-unreadable")
def _() -> bytes:
    text = sheet(data(200))
    return zipped(parts({"Projects": text[: len(text) // 2]}))


@cases.add("many-columns.xlsx")
def _() -> bytes:
    from openpyxl.utils import get_column_letter

    heads = "".join(cell(f"{get_column_letter(n)}1", f"column {n}") for n in range(1, 16_385))
    cells = "".join(cell(f"{get_column_letter(n)}2", n) for n in range(1, 16_385))
    return workbook(f'<row r="1">{heads}</row><row r="2">{cells}</row>')
