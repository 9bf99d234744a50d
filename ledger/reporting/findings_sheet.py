"""The sheet "euledger findings": every finding of a file on one line, with a link to its cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape

from ledger.domain.findings import Finding, Severity
from ledger.domain.marks import FINDINGS_MARKER
from ledger.reporting.marked_styles import LOOKS, MAIN, Styles, solid
from ledger.reporting.places import Mark, cell_name
from ledger.reporting.safe_text import cell_text
from ledger.reporting.xml_edit import attribute

HEADINGS: Final = ("Sheet", "Cell", "Code", "Severity", "What is wrong", "What to do")
WIDTHS: Final = (20, 11, 22, 19, 62, 58)
TITLE: Final = "What euledger found in this workbook"
ADVICE: Final = (
    "Mend the marked cells in their own sheets, save, and send the workbook back or import it again. "
    "This sheet, the marks and the comments below the line “—— euledger ——” are ignored then."
)
#: Severities as people read them; the sign tells them apart without colour.
WORDS: Final = {
    Severity.STOP: "■ stops the import",
    Severity.ERROR: "▲ row refused",
    Severity.WARNING: "◆ please check",
    Severity.INFO: "○ for information",
}
_RANK = list(WORDS)
#: Severity -> the look of the mark that its cells get.
FILLS: Final = {Severity.STOP: Severity.ERROR, Severity.ERROR: Severity.ERROR, Severity.WARNING: Severity.WARNING}
FIRST_ROW: Final = 6


def in_order(marks: Sequence[Mark]) -> list[Mark]:
    """The gravest first, else as they were found."""
    return sorted(marks, key=lambda mark: _RANK.index(mark.finding.level))


def summary(marks: Sequence[Mark]) -> str:
    """How many there are of each severity."""
    counts = [(sum(mark.finding.level is level for mark in marks), word) for level, word in WORDS.items()]
    return "   ".join(f"{word}: {number}" for number, word in counts if number) or "Nothing was found."


def target(mark: Mark, sheet: str) -> str:
    """Where a click leads: the cell of the mark in the sheet of that name, or its first cell; "" without a sheet."""
    if not sheet:
        return ""
    return "'{}'!{}".format(sheet.replace("'", "''"), cell_name(*(mark.anchor or (1, 1))))


def row_of(finding: Finding) -> tuple[str, str, str, str, str, str]:
    """The cells of a finding under `HEADINGS`."""
    texts = (finding.sheet, finding.cell, finding.code, WORDS[finding.level], finding.message, finding.remedy)
    return tuple(map(cell_text, texts))  # type: ignore[return-value] # six in, six out


def height(cells: Sequence[str]) -> int:
    """Points that a row needs for its wrapped texts."""
    return 15 * max(-(-len(text) // (width + 8)) for text, width in zip(cells, WIDTHS, strict=True)) + 3


def sheet_xml(marks: Sequence[Mark], styles: Styles) -> bytes:
    """The worksheet as a part of a package; adds to `styles` what it needs."""
    plain = styles.format(alignment='<alignment vertical="top" wrapText="1"/>')
    title = styles.format(font='<font><b/><sz val="14"/><name val="Calibri"/></font>')
    advice = styles.format(
        font='<font><i/><sz val="11"/><name val="Calibri"/></font>', alignment='<alignment vertical="top"/>'
    )
    head = styles.format(
        font='<font><b/><sz val="11"/><color rgb="FFFFFFFF"/><name val="Calibri"/></font>',
        fill=solid("FF1F3864"),
        alignment='<alignment vertical="center" wrapText="1"/>',
    )
    link = styles.format(
        font='<font><u/><sz val="11"/><color rgb="FF0563C1"/><name val="Calibri"/></font>',
        alignment='<alignment vertical="top" wrapText="1"/>',
    )
    looks = {
        level: styles.format(fill=solid(LOOKS[shown][0]), alignment='<alignment vertical="top" wrapText="1"/>')
        for level, shown in FILLS.items()
    }
    rows = [
        f'<row r="1" hidden="1">{_text("A1", FINDINGS_MARKER, 0)}</row>',
        f'<row r="2" ht="22" customHeight="1">{_text("A2", TITLE, title)}</row>',
        f'<row r="3">{_text("A3", summary(marks), 0)}</row>',
        f'<row r="4">{_text("A4", ADVICE, advice)}</row>',
        '<row r="5" ht="20" customHeight="1">'
        + "".join(_text(cell_name(5, c), t, head) for c, t in enumerate(HEADINGS, 1))
        + "</row>",
    ]
    links = []
    for number, mark in enumerate(in_order(marks), FIRST_ROW):
        where = target(mark, mark.finding.sheet)
        formats = [plain, link if where else plain, plain, looks.get(mark.finding.level, plain), plain, plain]
        cells = row_of(mark.finding)
        shown = (cells[0], cells[1] or ("sheet" if where else "file"), *cells[2:])
        rows.append(
            f'<row r="{number}" ht="{height(cells)}" customHeight="1">'
            + "".join(_text(cell_name(number, c), t, s) for c, (t, s) in enumerate(zip(shown, formats, strict=True), 1))
            + "</row>"
        )
        if where:
            links.append(f'<hyperlink ref="B{number}" location={attribute(where)} display={attribute(shown[1])}/>')
    last = max(FIRST_ROW - 1 + len(marks), FIRST_ROW - 1)
    columns = "".join(f'<col min="{n}" max="{n}" width="{w}" customWidth="1"/>' for n, w in enumerate(WIDTHS, 1))
    text = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{MAIN}">'
        '<sheetPr><tabColor rgb="FFC00000"/><pageSetUpPr fitToPage="1"/></sheetPr>'
        '<sheetViews><sheetView showGridLines="0" workbookViewId="0"><pane ySplit="5" topLeftCell="A6" '
        'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f'<cols>{columns}</cols><sheetData>{"".join(rows)}</sheetData><autoFilter ref="A5:F{last}"/>'
        + (f"<hyperlinks>{''.join(links)}</hyperlinks>" if links else "")
        + '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
    )
    return text.encode()


def _text(ref: str, text: str, style: int) -> str:
    if not text:
        return f'<c r="{ref}" s="{style}"/>'
    return f'<c r="{ref}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
