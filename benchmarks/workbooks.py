"""Lists of projects as authorities publish them, of any length: xlsx with inline or shared strings, and the csv twin.

The same length gives the same bytes. The XML is written by hand, because a million rows through a library take minutes;
the tests read the small ones with openpyxl.
"""

from __future__ import annotations

import csv
import random
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import IO
from xml.sax.saxutils import escape

HEADERS = (
    *(
        "Project reference",
        "Project title",
        "Beneficiary",
        "Project summary",
        "Fund",
        "Programme",
        "Specific objective",
    ),
    *("Country", "NUTS code", "City", "Status", "Start date", "End date", "Total eligible cost (EUR)"),
    *("EU contribution (EUR)", "Paid (EUR)"),
)
_WHAT = ("Reception", "Integration courses", "Return counselling", "Border equipment", "Language training", "Legal aid")
_HOW = ("for families", "in rural districts", "at the external border", "for unaccompanied minors", "in the capital")
_WHO = ("Ministry of the Interior", "Red Cross", "University of Applied Sciences", "City council", "Caritas & Partners")
_FUNDS = ("AMIF", "AMIF", "BMVI", "ISF")
_PLACES = (
    ("Germany", "DE212", "München"), ("Greece", "EL303", "Athens"), ("Italy", "ITG12", "Palermo"),
    ("Spain", "ES612", "Cádiz"), ("Poland", "PL911", "Warszawa"), ("France", "FR101", "Paris"),
    ("Austria", "AT130", "Wien"), ("Sweden", "SE110", "Stockholm"),
)  # fmt: skip
_STATUS = ("ongoing", "ongoing", "completed", "approved")
_FIRST_DAY = date(2021, 1, 1)
_EPOCH = date(1899, 12, 30)

Row = tuple[str | int | date, ...]


def rows(count: int) -> Iterator[Row]:
    """So many projects: texts, two dates, three amounts in cents."""
    draw = random.Random(count)  # noqa: S311 - the same list each time
    for n in range(1, count + 1):
        what, how, who = draw.choice(_WHAT), draw.choice(_HOW), draw.choice(_WHO)
        country, nuts, city = draw.choice(_PLACES)
        fund = draw.choice(_FUNDS)
        start = _FIRST_DAY + timedelta(days=draw.randrange(1500))
        total = draw.randrange(1_000_000, 500_000_000)
        share = total * draw.choice((50, 75, 80, 90)) // 100
        yield (
            f"{fund}-{country[:2].upper()}-{n:07}",
            f"{what} {how}, phase {n % 9 + 1}, no. {n}",
            f"{who} {city} {n % 4001}",
            f"The project provides {what.lower()} {how} and reaches {n % 977} persons a year through {who}.",
            fund,
            f"2021{nuts[:2]}{fund}PR{n % 3 + 1:03}",
            f"Specific objective {n % 4 + 1}",
            country,
            nuts,
            city,
            draw.choice(_STATUS),
            start,
            start + timedelta(days=draw.randrange(180, 1400)),
            total,
            share,
            share * draw.randrange(0, 101) // 100,
        )


def cents(minor: int) -> str:
    """1234567 as 12345.67, without zeros at the end, as a workbook stores it."""
    whole, part = divmod(minor, 100)
    return f"{whole}.{part:02}".rstrip("0").rstrip(".")


def write_csv(path: Path, count: int) -> None:
    """The list as a csv file in UTF-8."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        out = csv.writer(handle)
        out.writerow(HEADERS)
        for row in rows(count):
            out.writerow([*row[:11], *(day.isoformat() for day in row[11:13]), *map(_full, row[13:])])  # type: ignore[union-attr]


def _full(minor: object) -> str:
    assert isinstance(minor, int)
    return f"{minor // 100}.{minor % 100:02}"


def write_xlsx(path: Path, count: int, *, shared: bool) -> None:
    """The list as a workbook of one sheet; texts stand in their cells, or (`shared`) in the table of texts."""
    texts: dict[str, int] | None = {} if shared else None
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as package:
        for name, content in _PARTS.items():
            if shared or "sharedStrings" not in name:
                package.writestr(name, _without_texts(content) if not shared else content)
        with package.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            _write_sheet(sheet, count, texts)
        if texts is not None:
            with package.open("xl/sharedStrings.xml", "w", force_zip64=True) as table:
                _write_texts(table, texts)


def _without_texts(content: str) -> str:
    return "".join(line for line in content.splitlines(keepends=True) if "sharedStrings" not in line)


def _write_sheet(sheet: IO[bytes], count: int, texts: dict[str, int] | None) -> None:
    letters = [chr(65 + at) for at in range(len(HEADERS))]
    sheet.write(
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{_MAIN}">'
        f'<dimension ref="A1:{letters[-1]}{count + 1}"/><sheetData>'.encode()
    )
    lines: list[str] = []
    for number, row in enumerate(_with_header(count), 1):
        cells = [_cell(f"{letters[at]}{number}", value, texts) for at, value in enumerate(row)]
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
        if len(lines) == 2000:
            sheet.write("".join(lines).encode())
            lines.clear()
    sheet.write(("".join(lines) + "</sheetData></worksheet>").encode())


def _with_header(count: int) -> Iterable[Row]:
    yield HEADERS
    yield from rows(count)


def _cell(ref: str, value: str | int | date, texts: dict[str, int] | None) -> str:
    if isinstance(value, date):
        return f'<c r="{ref}" s="1"><v>{(value - _EPOCH).days}</v></c>'
    if isinstance(value, int):
        return f'<c r="{ref}" s="2"><v>{cents(value)}</v></c>'
    if texts is None:
        return f'<c r="{ref}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{ref}" t="s"><v>{texts.setdefault(value, len(texts))}</v></c>'


def _write_texts(table: IO[bytes], texts: dict[str, int]) -> None:
    table.write(f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<sst xmlns="{_MAIN}">'.encode())
    table.writelines(f"<si><t>{escape(text)}</t></si>".encode() for text in texts)
    table.write(b"</sst>")


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PARTS = {
    "[Content_Types].xml": f"""{_HEAD}<Types xmlns="{_PACKAGE}/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>
<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>
<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPE}.sharedStrings+xml"/>
</Types>""",
    "_rels/.rels": f"""{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_DOC}/officeDocument" Target="xl/workbook.xml"/>
</Relationships>""",
    "xl/workbook.xml": f"""{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_DOC}"><sheets>
<sheet name="Projects" sheetId="1" r:id="rId1"/></sheets></workbook>""",
    "xl/_rels/workbook.xml.rels": f"""{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_DOC}/worksheet" Target="worksheets/sheet1.xml"/>
<Relationship Id="rId2" Type="{_DOC}/styles" Target="styles.xml"/>
<Relationship Id="rId3" Type="{_DOC}/sharedStrings" Target="sharedStrings.xml"/>
</Relationships>""",
    "xl/styles.xml": f"""{_HEAD}<styleSheet xmlns="{_MAIN}">
<numFmts count="1"><numFmt numFmtId="164" formatCode="#,##0.00"/></numFmts>
<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>
<fills count="1"><fill><patternFill patternType="none"/></fill></fills>
<borders count="1"><border/></borders>
<cellStyleXfs count="1"><xf numFmtId="0"/></cellStyleXfs>
<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="164" applyNumberFormat="1"/></cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>
</styleSheet>""",
}
