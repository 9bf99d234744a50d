"""A blank workbook to be filled in: headings, drop-downs, checks on what is typed, and instructions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ledger.domain.marks import TEMPLATE_MARKER
from ledger.reporting.files import replacing
from ledger.reporting.safe_text import cell_text

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

#: Rows that are made ready; further ones can be filled in too, without drop-downs.
ROWS: Final = 2_000
INSTRUCTIONS: Final = "Instructions"
LISTS: Final = "lists"
#: Signs that Excel takes in a list that stands in the rule itself; a longer one needs a sheet.
_INLINE_AT_MOST: Final = 250


class Entry(Enum):
    """What is typed into a column; its words stand in the instructions."""

    TEXT = "text"
    REFERENCE = "reference"
    DAY = "day"
    AMOUNT = "amount"
    PERCENT = "percentage"
    NUMBER = "number"
    CHOICE = "choice from a list"


_FORMATS = {
    Entry.DAY: "yyyy-mm-dd",
    Entry.AMOUNT: "#,##0.00",
    Entry.PERCENT: "0.##%",
    Entry.REFERENCE: "@",
    Entry.TEXT: "@",
}
_WIDTHS = {Entry.TEXT: 28, Entry.REFERENCE: 20, Entry.DAY: 13, Entry.AMOUNT: 19, Entry.PERCENT: 13, Entry.NUMBER: 16,
           Entry.CHOICE: 18}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TemplateColumn:
    """A column: its heading as the import reads it, what goes in, and what is said of it."""

    header: str
    entry: Entry
    description: str
    example: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    #: other values are asked about, not refused
    others_allowed: bool = False
    #: negative amounts are corrections here
    negative: bool = False


def write_template(title: str, sheet: str, columns: Sequence[TemplateColumn], out: Path) -> None:
    """Write the blank workbook for `columns` to `out` in one step; OSError where it cannot be written."""
    from xlsxwriter import Workbook

    with replacing(out) as draft:
        book = Workbook(draft, {"default_date_format": "yyyy-mm-dd"})
        book.set_properties({"title": title, "comments": "Blank workbook of euledger"})
        page = book.add_worksheet(sheet)
        _write_instructions(book, title, sheet, columns)
        _write_page(book, page, columns, _write_lists(book, columns))
        page.activate()
        book.close()


def _write_page(book: Workbook, page: Worksheet, columns: Sequence[TemplateColumn], lists: dict[str, str]) -> None:
    must = book.add_format(
        {
            "bold": True,
            "font_color": "#FFFFFF",
            "bg_color": "#1F3864",
            "border": 1,
            "border_color": "#FFFFFF",
            "valign": "vcenter",
            "text_wrap": True,
        }
    )
    may = book.add_format(
        {
            "bold": True,
            "font_color": "#1F3864",
            "bg_color": "#D9E2F3",
            "border": 1,
            "border_color": "#FFFFFF",
            "valign": "vcenter",
            "text_wrap": True,
        }
    )
    formats = {entry: book.add_format({"num_format": code}) for entry, code in _FORMATS.items()}
    for at, column in enumerate(columns):
        width = max(_WIDTHS[column.entry], len(column.header) + 4)
        page.set_column(at, at, width, formats.get(column.entry))
        # The star is a footnote mark to the import: the heading is read without it.
        page.write_string(
            0, at, f"{column.header} *" if column.required else column.header, must if column.required else may
        )
        page.data_validation(1, at, ROWS, at, _rule(column, at, lists))
    page.set_row(0, 30)
    page.freeze_panes(1, 1)
    page.set_landscape()
    page.set_paper(9)
    page.repeat_rows(0)


#: What each kind of cell says when it refuses a value.
_REFUSALS: dict[Entry, str] = {
    Entry.CHOICE: "Pick a value from the list: click the arrow beside the cell. Other values are not read.",
    Entry.DAY: "This is no day between 1950 and 2099. Type it as your Excel writes days, for example 2024-03-12; a text "
    "such as “March 2024” is not taken.",
    Entry.AMOUNT: "Type the amount as a plain number in full units (5066901.47): no currency sign, no text, no minus. "
    "For EUR 5.3 million type 5300000.",
    Entry.PERCENT: "Type a percentage between 0 and 100: in LibreOffice 75 (the cell adds the sign), in Excel 75 or 75%. Not 0.75.",
    Entry.NUMBER: "Type a plain number, without unit or words.",
    Entry.REFERENCE: "A reference has at most 200 signs and no blanks before, after or doubled inside: with a blank too "
    "many it would be another reference.",
    Entry.TEXT: "The text is too long: at most 4000 signs are kept.",
}


def _rule(column: TemplateColumn, at: int, lists: dict[str, str]) -> dict[str, Any]:
    """The check on a column's cells. What it refuses, it explains."""
    rule: dict[str, Any] = {
        "input_title": _cut(column.header + (" (required)" if column.required else ""), 32),
        "input_message": _cut(column.description, 255),
        "error_title": _cut(column.header, 32),
        "error_type": "stop",
        "error_message": _REFUSALS[column.entry],
        "ignore_blank": True,
    }
    match column.entry:
        case Entry.CHOICE:
            rule |= {"validate": "list", "source": lists.get(column.header) or list(column.choices)}
            if column.others_allowed:
                question = "This value is not in the list. Keep it all the same?"
                rule |= {"error_type": "warning", "error_message": question}
        case Entry.DAY:
            rule |= _between("date", date(1950, 1, 1), date(2099, 12, 31))
        case Entry.AMOUNT:
            rule |= _between("decimal", -(10**13) if column.negative else 0, 10**13)
        case Entry.PERCENT:
            rule |= _between("decimal", 0, 1)
        case Entry.NUMBER:
            rule |= _between("decimal", -(10**15), 10**15)
        case Entry.REFERENCE:
            cell = f"{_letters(at)}2"
            rule |= {"validate": "custom", "value": f"=AND(LEN({cell})<=200,LEN(TRIM({cell}))=LEN({cell}))"}
        case Entry.TEXT:
            rule |= {"validate": "length", "criteria": "<=", "value": 4000}
    return rule


def _between(what: str, low: object, high: object) -> dict[str, object]:
    return {"validate": what, "criteria": "between", "minimum": low, "maximum": high}


def _letters(at: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(at))


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _write_lists(book: Workbook, columns: Sequence[TemplateColumn]) -> dict[str, str]:
    """The long lists on a hidden sheet of their own: heading of the column -> the range of its list."""
    long = [column for column in columns if len(",".join(column.choices)) > _INLINE_AT_MOST]
    if not long:
        return {}
    page = book.add_worksheet(LISTS)
    page.write_string(0, 0, TEMPLATE_MARKER)
    ranges = {}
    for at, column in enumerate(long, 1):
        page.write_string(0, at, column.header)
        for row, choice in enumerate(column.choices, 1):
            page.write_string(row, at, choice)
        letter = _letters(at)
        ranges[column.header] = f"={LISTS}!${letter}$2:${letter}${len(column.choices) + 1}"
    page.hide()
    return ranges


def _write_instructions(book: Workbook, title: str, sheet: str, columns: Sequence[TemplateColumn]) -> None:
    page = book.add_worksheet(INSTRUCTIONS)
    page.hide_gridlines(2)
    wrap = book.add_format({"text_wrap": True, "valign": "top", "bottom": 4, "bottom_color": "#BFBFBF"})
    bold = book.add_format({"text_wrap": True, "valign": "top", "bold": True, "bottom": 4, "bottom_color": "#BFBFBF"})
    example = book.add_format(
        {
            "text_wrap": True,
            "valign": "top",
            "italic": True,
            "font_color": "#595959",
            "bottom": 4,
            "bottom_color": "#BFBFBF",
        }
    )
    head = book.add_format({"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F3864", "valign": "vcenter"})
    page.write_string(0, 0, TEMPLATE_MARKER)
    page.set_row(0, None, None, {"hidden": True})
    page.write_string(1, 0, title, book.add_format({"bold": True, "font_size": 14}))
    for row, line in enumerate(_lines(sheet), 2):
        page.write_string(row, 0, line)
    top = 3 + len(_lines(sheet))
    for at, (heading, width) in enumerate(
        (("Column", 22), ("Required", 10), ("What goes in", 20), ("What it means", 74), ("For example (no data)", 34))
    ):
        page.set_column(at, at, width)
        page.write_string(top, at, heading, head)
    page.set_row(top, 20)
    for row, column in enumerate(columns, top + 1):
        cells: tuple[tuple[str, Format], ...] = (
            (column.header, bold), ("required" if column.required else "", wrap), (_entry(column), wrap),
            (column.description, wrap), (column.example, example),
        )  # fmt: skip
        for at, (text, form) in enumerate(cells):
            page.write_string(row, at, cell_text(text), form) if text else page.write_blank(row, at, None, form)
        page.set_row(row, 15 * max(1, -(-len(column.description) // 76), -(-len(_entry(column)) // 20)))
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)


def _lines(sheet: str) -> tuple[str, ...]:
    return (
        f"1. Fill in the sheet “{sheet}”, one row each, from row 2 on. Leave cells that you do not know empty.",
        "2. Columns with a dark heading and a star are required. Do not rename columns; you may delete or move them.",
        "3. Write no totals, no headings between the rows and no second table. Other sheets of yours are left alone.",
        f"4. A cell with an arrow offers its values, down to row {ROWS + 1}. Pasting skips that check; the import makes it.",
        "5. Save as .xlsx and import it: euledger import FILE (with -n to see what would be booked).",
    )


def _entry(column: TemplateColumn) -> str:
    if column.entry is Entry.CHOICE and column.others_allowed:
        return "choice from a list, or another value"
    return column.entry.value
