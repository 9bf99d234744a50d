"""The cells of a file that can carry no marks (csv, xls, ods, html …) in a new workbook, marked and commented."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Context, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.domain.findings import Finding, Severity
from ledger.domain.marks import COMMENT_MARKER, FINDINGS_MARKER, FINDINGS_SHEET
from ledger.reporting.files import replacing
from ledger.reporting.findings_sheet import (
    ADVICE,
    FILLS,
    FIRST_ROW,
    HEADINGS,
    TITLE,
    WIDTHS,
    height,
    in_order,
    row_of,
    summary,
    target,
)
from ledger.reporting.marked_styles import LOOKS
from ledger.reporting.places import Mark, cell_name, marks_by_sheet
from ledger.reporting.safe_text import cell_text, cuts, printable

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet


class ErrorCell(NamedTuple):
    """An error value such as #REF!."""

    text: str


class _Exact(Decimal):
    """A number that is written with all its digits: the writer's own form has sixteen, a double may need seventeen."""

    def __format__(self, _: str, __: Context | None = None, /) -> str:  # type: ignore[explicit-override] # 3.11 lacks it
        return Decimal.__format__(self, "f")


CellValue = ErrorCell | str | int | Decimal | bool | date | datetime | time | None
#: Digits that tell every double from its neighbours; a longer number goes out as text, so that none is lost.
_DIGITS = 17
_FORBIDDEN_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\", "_"))


@dataclass(slots=True)
class SheetCopy:
    """A sheet as it was read: `rows` are (1-based number, values from column A on), in order."""

    name: str
    rows: list[tuple[int, list[CellValue]]]
    hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    comments: dict[tuple[int, int], str] = field(default_factory=dict)
    #: column -> number format of its numbers
    number_formats: dict[int, str] = field(default_factory=dict)


def copy_marked(sheets: Sequence[SheetCopy], findings: Sequence[Finding], out: Path) -> list[str]:
    """Write the sheets with the findings marked to the workbook `out`; returns the cells whose text was cut.

    OSError where it cannot be written.
    """
    from xlsxwriter import Workbook

    by_sheet = marks_by_sheet(findings)
    names = dict(zip((sheet.name for sheet in sheets), _names(sheets), strict=True))
    with replacing(out) as draft:
        book = Workbook(
            draft,
            {
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_date_format": "yyyy-mm-dd",
            },
        )
        marks: list[Mark] = [mark for name, several in by_sheet.items() if name not in names for mark in several]
        shown = False
        for sheet in sheets:
            page = book.add_worksheet(names[sheet.name])
            if sheet.hidden and (shown or sheet is not sheets[-1]):
                page.hide()
            elif not shown:
                page.activate()
                page.set_first_sheet()
                shown = True
            marks += _write_sheet(_Page(book, page, sheet), by_sheet.get(sheet.name, []))
        _write_findings(book, marks, names)
        book.close()
    return [
        f"{sheet.name}!{cell_name(row, column)}"
        for sheet in sheets
        for row, values in sheet.rows
        for column, value in enumerate(values, 1)
        if isinstance(value, str) and cuts(value)
    ]


def _names(sheets: Sequence[SheetCopy]) -> Iterator[str]:
    """Names that a workbook takes: at most 31 characters, none twice."""
    taken = {FINDINGS_SHEET}
    for number, sheet in enumerate(sheets, 1):
        name = (printable(sheet.name).translate(_FORBIDDEN_IN_NAMES).strip(" '") or f"Sheet{number}")[:31]
        while name.casefold() in taken:
            name = f"{name[:24]} ({number})"
            number += 1  # noqa: PLW2901 - the next number that is free
        taken.add(name.casefold())
        yield name


class _Page:
    """A worksheet on its way, and the formats of its cells."""

    def __init__(self, book: Workbook, page: Worksheet, sheet: SheetCopy) -> None:
        self.book, self.page, self.sheet = book, page, sheet
        self._formats: dict[tuple[str, Severity | None], Format] = {}

    def put(self, row: int, column: int, value: CellValue, level: Severity | None) -> None:
        """Write one cell (1-based), typed as it was read."""
        form, at = self._format(self._number_format(column, value), level), (row - 1, column - 1)
        if value is None or value == "":
            self.page.write_blank(*at, None, form)
        elif isinstance(value, ErrorCell):
            self.page.write_formula(*at, f"={value.text}", form, value.text)
        elif isinstance(value, bool):
            self.page.write_boolean(*at, value, form)
        elif isinstance(value, int | Decimal):
            if len(Decimal(value).as_tuple().digits) > _DIGITS:
                self.page.write_string(*at, str(value), form)
            else:
                self.page.write_number(*at, _Exact(value), form)
        elif isinstance(value, date | time):
            if isinstance(value, date) and value.year < 1900:
                self.page.write_string(*at, value.isoformat(), form)
            else:
                self.page.write_datetime(*at, value, form)
        else:
            self.page.write_string(*at, cell_text(value), form)

    def _number_format(self, column: int, value: CellValue) -> str:
        if isinstance(value, datetime):
            return "yyyy-mm-dd hh:mm:ss"
        if isinstance(value, date):
            return "yyyy-mm-dd"
        if isinstance(value, time):
            return "hh:mm:ss"
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return self.sheet.number_formats.get(column, "")
        return ""

    def _format(self, number: str, level: Severity | None) -> Format | None:
        key = (number, level)
        if key == ("", None):
            return None
        if key not in self._formats:
            look: dict[str, Any] = {"num_format": number} if number else {}
            if level is not None:
                fill, _, edge = LOOKS[level]
                look |= {
                    "bg_color": f"#{fill[2:]}",
                    "border": 2 if level is Severity.ERROR else 8,
                    "border_color": f"#{edge[2:]}",
                }
            self._formats[key] = self.book.add_format(look)
        return self._formats[key]


def _write_sheet(page: _Page, marks: Sequence[Mark]) -> list[Mark]:
    sheet = page.sheet
    filled = {(number, at) for number, values in sheet.rows for at, value in enumerate(values, 1)
              if value not in (None, "")}  # fmt: skip
    placed = [mark.settled(filled) for mark in marks]
    levels: dict[tuple[int, int], Severity] = {}
    texts = {cell: [text] for cell, text in sheet.comments.items()}
    for mark in placed:
        if mark.level in LOOKS:
            for cell in mark.cells:
                levels[cell] = Severity.ERROR if Severity.ERROR in (mark.level, levels.get(cell)) else mark.level
            if mark.anchor:
                ours = texts.setdefault(mark.anchor, [])
                if not any(COMMENT_MARKER in text for text in ours):
                    ours.append(COMMENT_MARKER)
                ours.append(mark.text)
    _set_widths(page)
    left = dict(levels)
    for number, values in sheet.rows:
        for column, value in enumerate(values, 1):
            level = left.pop((number, column), None)
            if value is not None or level is not None:
                page.put(number, column, value, level)
    for (row, column), level in left.items():
        page.put(row, column, None, level)
    for number in sheet.hidden_rows:
        page.page.set_row(number - 1, None, None, {"hidden": True})
    for (row, column), several in texts.items():
        text = printable("\n".join(several))[:32_000]
        lines = 1 + sum(len(line) // 46 + 1 for line in text.split("\n"))
        page.page.write_comment(row - 1, column - 1, text, {"author": "euledger", "width": 320, "height": 16 * lines})
    return placed


def _set_widths(page: _Page) -> None:
    widths: dict[int, int] = {}
    for _, values in page.sheet.rows[:500]:
        for column, value in enumerate(values, 1):
            if value is not None:
                widths[column] = max(widths.get(column, 8), min(len(str(value)) + 2, 48))
    for column in widths.keys() | page.sheet.hidden_columns:
        hidden = {"hidden": True} if column in page.sheet.hidden_columns else {}
        page.page.set_column(column - 1, column - 1, widths.get(column, 8), None, hidden)


def _write_findings(book: Workbook, marks: Sequence[Mark], names: dict[str, str]) -> None:
    page = book.add_worksheet(FINDINGS_SHEET)
    page.hide_gridlines(2)
    page.set_tab_color("#C00000")
    plain = book.add_format({"text_wrap": True, "valign": "top"})
    link = book.add_format({"text_wrap": True, "valign": "top", "font_color": "#0563C1", "underline": 1})
    head = book.add_format({"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F3864", "valign": "vcenter"})
    looks = {
        level: book.add_format({"text_wrap": True, "valign": "top", "bg_color": f"#{LOOKS[shown][0][2:]}"})
        for level, shown in FILLS.items()
    }
    page.write_string(0, 0, FINDINGS_MARKER)
    page.set_row(0, None, None, {"hidden": True})
    page.write_string(1, 0, TITLE, book.add_format({"bold": True, "font_size": 14}))
    page.write_string(2, 0, summary(marks))
    page.write_string(3, 0, ADVICE, book.add_format({"italic": True}))
    for column, (heading, width) in enumerate(zip(HEADINGS, WIDTHS, strict=True)):
        page.set_column(column, column, width)
        page.write_string(4, column, heading, head)
    page.set_row(4, 20)
    for row, mark in enumerate(in_order(marks), FIRST_ROW - 1):
        cells = row_of(mark.finding)
        page.set_row(row, height(cells))
        in_file = mark.finding.sheet in names
        where = target(mark, names[mark.finding.sheet]) if in_file else ""
        for column, text in enumerate(cells):
            page.write_string(row, column, text, looks.get(mark.finding.level, plain) if column == 3 else plain)
        if where:
            page.write_url(row, 1, f"internal:{where}", link, cells[1] or "sheet")
    page.freeze_panes(5, 0)
    page.autofilter(4, 0, max(FIRST_ROW - 2 + len(marks), 4), len(HEADINGS) - 1)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
