"""The xlsx writer: sheets that read, filter and print well, with every formula carrying its present value.

Rows pass through to the file as they come (XlsxWriter's constant memory). Amounts are numbers to the last cent; text
never becomes a formula or a link. The same content gives the same bytes: nothing here looks at a clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from ledger.domain.money import LIMIT_MINOR, Money, minor_digits, to_decimal
from ledger.reporting.files import replacing
from ledger.reporting.safe_text import cell_text, cuts
from ledger.reporting.tables import Cell, Column, Formula, Indented, Kind, Linked, Table

#: Rows that a sheet of Excel has.
LAST_ROW: Final = 1_048_576
#: What a check cell says: a sign and a word, so that nobody depends on the colour.
AGREES: Final = "✓ OK"
DIFFERS: Final = "✗ differs"
#: Excel counts days from 1900 and takes that year for a leap year; earlier days stay text.
_FIRST_DAY: Final = date(1900, 3, 1)
_A3, _A4, _A4_WIDTH = 8, 9, 210
_BLUE, _GREY, _LINE = "#1F3864", "#595959", "#BFBFBF"

_INSET: Final = {"indent": 1, "align": "left"}
#: How cells look, by name: `money2` has two decimals, `level3` stands three steps in.
_STYLES: Final[dict[str, dict[str, Any]]] = {
    "first": {},
    "text": _INSET,
    "prose": {**_INSET, "text_wrap": True},
    "day": {**_INSET, "num_format": "yyyy-mm-dd"},
    "number": {**_INSET, "num_format": "0"},
    "decimal": _INSET,
    "count": {"num_format": "#,##0"},
    # Nothing is shown as a dash; the cell is 0.
    "money0": {"num_format": '#,##0;-#,##0;"–"'},
    **{f"money{n}": {"num_format": '#,##0.{0};-#,##0.{0};"–"'.format("0" * n)} for n in (2, 3, 4)},
    # Two commas at the end divide what is shown by a million; the cell keeps every cent.
    "million": {"num_format": '#,##0.00,,;-#,##0.00,,;"–"'},
    "percent": {"num_format": "0.0%", "align": "right"},
    **{f"level{level}": {"indent": 2 * level, "align": "left"} for level in range(8)},
}


class ReportTooLarge(Exception):
    """What was asked for does not fit into a workbook; the message says what would."""


def number(amount: Money) -> Decimal:
    """The amount as a workbook holds it.

    Raises ReportTooLarge from 10**15 minor units on: a spreadsheet's numbers have 15 digits, and a cent would be lost.
    """
    if abs(amount.minor) >= LIMIT_MINOR:
        raise ReportTooLarge(
            f"{amount.currency} {to_decimal(amount.minor, amount.currency)} has more digits than a "
            "spreadsheet keeps. Write it to .csv or .json, which keep them all."
        )
    return to_decimal(amount.minor, amount.currency)


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """A sheet: lines above the table (title, notice …), rows of sums that stand over its columns, and the table.

    `frozen` columns stay in sight; `notice` is the sheet's first line where there is one. Without a title the headings
    stand in the first row. The last `collapsed` columns before the checks are folded away, to be opened by a click.
    """

    name: str
    title: str
    table: Table
    notice: str = ""
    lines: Sequence[str] = ()
    sums: Sequence[Sequence[Cell]] = ()
    frozen: int = 1
    is_filtered: bool = True
    collapsed: int = 0

    @property
    def header_row(self) -> int:
        """The 0-based row of the column headings; the table's first row is the next one."""
        above = bool(self.notice) + bool(self.title) + len(self.lines) + len(self.sums)
        return above + (above > 1)


@dataclass(slots=True)
class Book:
    """An open workbook. `add` makes the tabs in their order, `fill` writes them in any order.

    `cut` names the cells (`Sheet!B2`) whose text was too long for one.
    """

    workbook: Any
    in_millions: bool = False
    cut: list[str] = field(default_factory=list)
    _formats: dict[tuple[tuple[str, Any], ...], Any] = field(default_factory=dict)
    _styles: dict[tuple[str, bool], Any] = field(default_factory=dict)
    _sheets: dict[str, Any] = field(default_factory=dict)

    def add(self, *names: str) -> None:
        """Tabs by these names."""
        for name in names:
            self._sheets[name] = self.workbook.add_worksheet(name)

    def define(self, name: str, sheet: str, column: int, first: int, last: int) -> None:
        """A name for the cells of one column, 0-based rows `first` to `last`; one cell at least."""
        from xlsxwriter.utility import xl_col_to_name

        letter = xl_col_to_name(column)
        self.workbook.define_name(name, f"='{sheet}'!${letter}${first + 1}:${letter}${max(first, last) + 1}")

    def bare(self, name: str, notice: str = "") -> Any:
        """The sheet of a tab for something else than a table, printed on one page across."""
        sheet = self._sheets[name]
        sheet.hide_gridlines(2)
        if notice:
            sheet.write_string(0, 0, notice, self.format(bold=True, font_color="#9C0006"))
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        return sheet

    def hidden(self, name: str, rows: Sequence[tuple[str, str]]) -> None:
        """Fill a tab with pairs of texts and hide it."""
        sheet = self._sheets[name]
        for row, cells in enumerate(rows):
            for column, text in enumerate(cells):
                sheet.write_string(row, column, text)
        sheet.hide()

    def letter(self, index: int) -> str:
        """The letters of a 0-based column."""
        from xlsxwriter.utility import xl_col_to_name

        name: str = xl_col_to_name(index)
        return name

    def fill(self, plan: SheetPlan) -> int:
        """Write a sheet and return the 0-based number of its last row."""
        sheet, columns = self._sheets[plan.name], plan.table.columns
        folded = [index for index, column in enumerate(columns) if column.kind is not Kind.CHECK][-plan.collapsed :]
        for index, column in enumerate(columns):
            hidden = {"level": 1, "hidden": True} if plan.collapsed and index in folded else {}
            sheet.set_column(index, index, column.width, None, hidden)
        row = -1
        if plan.notice:
            row += 1
            sheet.set_row(row, 18)
            sheet.write_string(row, 0, plan.notice, self.format(bold=True, font_color="#9C0006"))
        if plan.title:
            row += 1
            sheet.set_row(row, 24)
            sheet.write_string(row, 0, cell_text(plan.title), self.format(bold=True, font_size=14, font_color=_BLUE))
        for line in plan.lines:
            row += 1
            sheet.write_string(row, 0, cell_text(line), self.format(font_color=_GREY))
        for sums in plan.sums:
            row += 1
            self._row(sheet, row, columns, sums, is_bold=True)
        self._headings(sheet, plan)
        row = plan.header_row
        for cells in plan.table.rows:
            row += 1
            if row >= LAST_ROW:
                raise ReportTooLarge(
                    f"the sheet {plan.name!r} would have more than {LAST_ROW:,} rows, which no "
                    "workbook holds. Ask for less (--fund, --country), or write to .csv."
                )
            self._row(sheet, row, columns, cells)
        self._finish(sheet, plan, row)
        return row

    def format(self, **properties: Any) -> Any:
        """One format for each set of properties, made once."""
        known = tuple(sorted({"font_name": "Calibri", "font_size": 11, "valign": "top", **properties}.items()))
        if known not in self._formats:
            self._formats[known] = self.workbook.add_format(dict(known))
        return self._formats[known]

    def _headings(self, sheet: Any, plan: SheetPlan) -> None:
        # No program but Excel finds the height of a row by itself.
        deep = max(_depth(column.heading, column.width) for column in plan.table.columns)
        sheet.set_row(plan.header_row, 15 * deep + 3)
        for index, column in enumerate(plan.table.columns):
            right = column.kind in (Kind.MONEY, Kind.COUNT, Kind.PERCENT)
            look = self.format(
                bold=True,
                font_color="#FFFFFF",
                bg_color=_BLUE,
                text_wrap=True,
                valign="vcenter",
                align="right" if right else "left",
                indent=0 if right or not index else 1,
                border=1,
                border_color=_LINE,
            )
            sheet.write_string(plan.header_row, index, column.heading, look)

    def _row(
        self, sheet: Any, row: int, columns: Sequence[Column], cells: Sequence[Cell], *, is_bold: bool = False
    ) -> None:
        # A file says no heights of rows by itself, and not every program finds them when it opens one.
        deep = max(
            (
                -(-len(str(cell)) // column.width)
                for column, cell in zip(columns, cells, strict=True)
                if column.kind is Kind.PROSE
            ),
            default=1,
        )
        if deep > 1:
            sheet.set_row(row, 15 * deep)
        for index, (column, cell) in enumerate(zip(columns, cells, strict=True)):
            if cell is not None and cell != "":
                self._cell(sheet, row, index, cell, kind=column.kind, is_bold=is_bold)

    def _cell(self, sheet: Any, row: int, index: int, cell: Cell, *, kind: Kind, is_bold: bool) -> None:
        if isinstance(cell, str):
            # The first column stands at the margin; all others a step in, so that no text touches an amount.
            style = "prose" if kind is Kind.PROSE else "text" if index else "first"
            self._text(sheet, row, index, cell, self._style(style, is_bold))
        elif isinstance(cell, Linked):
            # The formula takes the place of the link's own text; the link stays on the cell.
            sheet.write_url(row, index, f"internal:{cell.target}", self._style("text", is_bold), "", cell.tip)
            self._formula(sheet, row, index, cell.formula, kind=kind, is_bold=is_bold)
        elif isinstance(cell, Formula):
            self._formula(sheet, row, index, cell, kind=kind, is_bold=is_bold)
        elif isinstance(cell, Money):
            sheet.write_number(row, index, number(cell), self._style(self._money(cell), is_bold))
        elif isinstance(cell, Decimal):
            sheet.write_number(row, index, cell, self._style("percent" if kind is Kind.PERCENT else "decimal", is_bold))
        elif isinstance(cell, Indented):
            style = f"level{min(cell.level, 7)}"
            self._text(sheet, row, index, cell.text, self._style(style, cell.is_strong))
        elif isinstance(cell, date):
            if cell >= _FIRST_DAY:
                sheet.write_datetime(row, index, cell, self._style("day", is_bold))
            else:
                sheet.write_string(row, index, cell.isoformat(), self._style("text", is_bold))
        else:
            assert isinstance(cell, int)
            sheet.write_number(row, index, cell, self._style("count" if kind is Kind.COUNT else "number", is_bold))

    def _formula(self, sheet: Any, row: int, index: int, cell: Formula, *, kind: Kind, is_bold: bool) -> None:
        if isinstance(cell.value, Money):
            style: str = self._money(cell.value)
            value: Decimal | str = number(cell.value)
        else:
            style, value = ("percent" if kind is Kind.PERCENT else "text"), cell.value
        sheet.write_formula(row, index, cell.expression, self._style(style, is_bold), value)

    def _money(self, amount: Money) -> str:
        return "million" if self.in_millions else f"money{minor_digits(amount.currency)}"

    def _text(self, sheet: Any, row: int, index: int, text: str, style: Any) -> None:
        if cuts(text):
            from xlsxwriter.utility import xl_rowcol_to_cell

            self.cut.append(f"{sheet.name}!{xl_rowcol_to_cell(row, index)}")
        sheet.write_string(row, index, cell_text(text), style)

    def _style(self, name: str, is_bold: bool) -> Any:  # noqa: FBT001 - asked for once a cell: quick to call
        found = self._styles.get((name, is_bold))
        if found is None:
            weight = {"bold": True} if is_bold else {}
            found = self._styles[name, is_bold] = self.format(**_STYLES[name], **weight)
        return found

    def _finish(self, sheet: Any, plan: SheetPlan, last: int) -> None:
        header, columns = plan.header_row, plan.table.columns
        sheet.freeze_panes(header + 1, plan.frozen)
        if plan.is_filtered:
            sheet.autofilter(header, 0, max(last, header), len(columns) - 1)
        for index, column in enumerate(columns):
            if column.kind is Kind.CHECK:
                for sign, look in (
                    (DIFFERS[0], {"font_color": "#9C0006", "bg_color": "#FFC7CE", "bold": True}),
                    (AGREES[0], {"font_color": "#006100"}),
                ):
                    sheet.conditional_format(
                        0,
                        index,
                        max(last, header),
                        index,
                        {"type": "text", "criteria": "begins with", "value": sign, "format": self.format(**look)},
                    )
        if last > header:
            # Every other row shaded by a rule and not by its cells, so that sorting leaves the stripes in place.
            sheet.conditional_format(
                header + 1,
                0,
                last,
                len(columns) - 1,
                {"type": "formula", "criteria": "=MOD(ROW(),2)=0", "format": self.format(bg_color="#F2F5FA")},
            )
        sheet.set_landscape()
        # XlsxWriter's numbers of paper sizes: a wide sheet on A4 would print too small to read.
        sheet.set_paper(_A4 if sum(column.width for column in columns) <= _A4_WIDTH else _A3)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(header)
        sheet.set_footer(f"&L&8{plan.title.replace('&', '&&')[:120]}&C&8&A&R&8Page &P of &N")


def _depth(heading: str, width: int) -> int:
    """How many lines a heading takes, words kept whole, in bold letters."""
    lines, room = 1, width - 2
    for word in heading.split():
        if room < len(word) and room < width - 2:
            lines, room = lines + 1, width - 2
        room -= len(word) + 1
    return lines


@contextmanager
def new_book(path: Path, *, title: str, recorded_at: str | None, in_millions: bool = False) -> Iterator[Book]:
    """A workbook that takes the place of `path` on a clean exit. Its date is that of the ledger's head."""
    from xlsxwriter import Workbook

    with replacing(path) as draft:
        workbook = Workbook(
            str(draft),
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "nan_inf_to_errors": False,
                "tmpdir": str(draft.parent),
            },
        )
        moment = datetime.fromisoformat(recorded_at) if recorded_at else datetime(2000, 1, 1, tzinfo=UTC)
        workbook.set_properties({"title": title, "comments": "Written by euledger", "created": moment})
        try:
            yield Book(workbook, in_millions)
        except BaseException:
            _give_up(workbook)
            raise
        workbook.close()


def _give_up(workbook: Any) -> None:
    """End without a workbook, and leave none of the files that its sheets were collected in."""
    workbook.fileclosed = True
    for sheet in workbook.worksheets():
        sheet._opt_close()  # noqa: SLF001 - XlsxWriter offers no way to abandon a workbook
        if sheet.row_data_filename:
            Path(sheet.row_data_filename).unlink(missing_ok=True)
