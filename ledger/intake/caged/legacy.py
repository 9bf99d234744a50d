"""What xlrd knows of an xls: formats, hidden rows and columns, comments, error cells, and a weight of its own."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, NamedTuple

from ledger.intake.caged.weight import Scales, Weight

#: Cells of a column whose number formats are remembered one by one (as in `cells.note_format`).
MAX_FORMAT_ROWS = 200_000


class LegacySheet(NamedTuple):
    """One sheet as xlrd reads it; without a weight where it can not."""

    weight: Weight | None
    #: row -> column -> error value, counted from 0
    errors: dict[int, dict[int, str]]
    facts: dict[str, Any]


class Legacy:
    """An xls in the hands of xlrd. Some files that calamine reads are refused by it, with formats or altogether."""

    def __init__(self, path: str) -> None:
        import xlrd

        def opened(*, formats: bool) -> Any:
            return xlrd.open_workbook(
                path, formatting_info=formats, on_demand=True, ignore_workbook_corruption=not formats,
                logfile=io.StringIO(),
            )  # fmt: skip

        self._books: list[Callable[[], Any]] = [
            _once(lambda: opened(formats=True)),
            _once(lambda: opened(formats=False)),
        ]
        #: values are known, but not which rows are hidden and how numbers are formatted
        self.facts_unknown = False
        self.problem = ""
        self.date1904 = False
        for book in self._books:
            try:
                self.date1904 = book().datemode == 1
                break
            except Exception as error:  # noqa: BLE001 - xlrd raises whatever a broken record leads it to
                self.problem = str(error)[:200] or type(error).__name__

    def sheet(self, name: str) -> LegacySheet:
        """The sheet of that name, with its formats if possible."""
        for book, formats in zip(self._books, (True, False), strict=True):
            try:
                sheet = book().sheet_by_name(name)
                found = _read(book(), sheet, formats=formats)
                book().unload_sheet(name)
            except Exception as error:  # noqa: BLE001 - as above
                self.facts_unknown = True
                self.problem = str(error)[:200] or type(error).__name__
            else:
                return found
        return LegacySheet(None, {}, {})


def _once(make: Callable[[], Any]) -> Callable[[], Any]:
    made: list[Any] = []

    def get() -> Any:
        if not made:
            made.append(make())
        return made[0]

    return get


def _read(book: Any, sheet: Any, *, formats: bool) -> LegacySheet:
    import xlrd

    scales = Scales(date1904=book.datemode == 1)
    errors: dict[int, dict[int, str]] = {}
    notes = _Formats()
    codes = [book.format_map[xf.format_key].format_str for xf in book.xf_list] if formats else []
    for row in range(sheet.nrows):
        values: list[Any] = []
        for column, (kind, value) in enumerate(zip(sheet.row_types(row), sheet.row_values(row), strict=True)):
            if kind in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
                values.append(value)
                if formats:
                    notes.note(row + 1, column + 1, codes[sheet.cell_xf_index(row, column)])
            elif kind == xlrd.XL_CELL_ERROR:
                text = xlrd.error_text_from_code.get(value, "#N/A")
                errors.setdefault(row, {})[column] = text
                values.append({"e": text})
            elif kind == xlrd.XL_CELL_BOOLEAN:
                values.append(bool(value))
            elif kind == xlrd.XL_CELL_TEXT and value:
                values.append(value)
        scales.row(values)
    facts: dict[str, Any] = {}
    if formats:
        facts = {
            "hidden_rows": [row + 1 for row, info in sheet.rowinfo_map.items() if info.hidden],
            "hidden_columns": [column + 1 for column, info in sheet.colinfo_map.items() if info.hidden],
            "comments": [((r + 1, c + 1), note.text) for (r, c), note in sheet.cell_note_map.items()],
            "number_formats": list(notes.counts.items()),
            "format_rows": list(notes.rows.items()),
        }
        if sheet.merged_cells:
            facts["merged"] = [(a + 1, c + 1, b, d) for a, b, c, d in sheet.merged_cells]
    return LegacySheet(scales.weight(), errors, facts)


class _Formats:
    """Number formats by column, and the rows of those that may name a currency."""

    def __init__(self) -> None:
        self.counts: dict[int, dict[str, int]] = {}
        self.rows: dict[int, dict[str, list[int]]] = {}

    def note(self, row: int, column: int, code: str) -> None:
        """Count a number under its format."""
        formats = self.counts.setdefault(column, {})
        count = formats[code] = formats.get(code, 0) + 1
        if count > MAX_FORMAT_ROWS:
            self.rows.pop(column, None)
        elif "$" in code or '"' in code or "€" in code:
            self.rows.setdefault(column, {}).setdefault(code, []).append(row)
