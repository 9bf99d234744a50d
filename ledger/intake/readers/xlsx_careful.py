"""A worksheet by an XML parser: for rows and sheets that the quick way does not understand, at ten times its cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from ledger.intake.cells import Row, Value, cell_name, column_index
from ledger.intake.readers import markup
from ledger.intake.readers.book import too_large, unreadable
from ledger.intake.readers.limits import MAX_COLUMN, MAX_ROW, MAX_ROW_ELEMENTS, MAX_UNORDERED
from ledger.intake.readers.xlsx_pass import KINDS, REFERENCE, Pass, row_too_large
from ledger.intake.readers.xlsx_text import rich_text, unescape_controls

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def element_values(work: Pass, row: Element, number: int) -> list[Value]:
    """The values of a row that an XML parser has taken apart; cells may stand in any order."""
    found: dict[int, Value] = {}
    column = 0
    for cell in markup.children(row, "c"):
        reference = REFERENCE.fullmatch(markup.attribute(cell, "r") or "")
        if cell.get("r") is not None and (reference is None or int(reference[2]) != number):
            raise ValueError(f"cell {cell.get('r')} stands in row {number}")
        column = column_index(reference[1]) if reference else column + 1
        if column > MAX_COLUMN:
            raise ValueError(f"column {column} is beyond the last one")
        value = _element_value(work, cell, number, column)
        if value is not None and column in found:
            raise ValueError(f"cell {cell_name(number, column)} stands in the file twice")
        if value is not None:
            found[column] = value
    return [found.get(at) for at in range(1, max(found, default=0) + 1)]


def _element_value(work: Pass, cell: Element, number: int, column: int) -> Value:
    kind = cell.get("t") or "n"
    if kind not in KINDS:
        raise ValueError(f"cell {cell_name(number, column)} is of the unknown type {kind!r}")
    style = int(cell.get("s") or 0)
    plan = work.plan((f' s="{style}" t="{kind}"', cell_name(0, column)[:-1], ""))
    text: str = ""
    formula = False
    for child in cell:
        name = markup.local(child.tag)
        if name in ("v", "is") and text:
            raise ValueError(f"cell {cell_name(number, column)} has two values")
        if name == "v":
            text = unescape_controls(child.text or "")
        elif name == "is":
            text = rich_text(child)
        elif name == "f":
            formula = True
            work.formula(number, column, dict(child.items()), child.text or "")
    return work.value(plan, text, formula=formula)


def parsed_rows(work: Pass, stream: IO[bytes]) -> Iterator[Row]:
    """All rows by the parser, in the order of the file; nothing that was read piles up."""
    number = pending = tables = 0
    open_elements: list[Element] = []
    group = ""
    for event, element in markup.walk(stream):
        name = markup.local(element.tag)
        if event == "start":
            if not open_elements and name != "worksheet":
                raise ValueError(f"a sheet begins with <{name}>")
            if len(open_elements) == 1:
                group = name
                tables += name == "sheetData"
                if tables > 1:
                    raise ValueError("its rows stand in two places")
            open_elements.append(element)
            pending += 1
            if group == "sheetData" and pending > MAX_ROW_ELEMENTS:
                raise row_too_large(work.shared.file, None, number + 1)
            continue
        open_elements.pop()
        depth = len(open_elements)
        if depth == 2 and group == "sheetData" and name == "row":
            number = int(element.get("r") or number + 1)
            if not 0 < number <= MAX_ROW:
                raise ValueError(f"row {number} is beyond the last one")
            values = element_values(work, element, number)
            row = work.row(number, values, hidden=markup.is_true(element.get("hidden")))
            if row is not None:
                yield row
        elif depth == 2 and group != "sheetData":
            work.skeleton(group, element)
        if depth and (depth <= 2 or group != "sheetData"):
            open_elements[-1].clear()
            pending = 0


def sorted_rows(rows: Iterator[Row], file: str, sheet: str) -> Iterator[Row]:
    """Rows by number. Two rows of one number that both fill a cell are a damage that nobody can decide."""
    by_number: dict[int, list[Value]] = {}
    cells = 0
    for number, values in rows:
        cells += len(values)
        if cells > MAX_UNORDERED:
            raise too_large(file, "the rows stand in no order, and are too many to be sorted", sheet=sheet)
        held = by_number.setdefault(number, [])
        held.extend([None] * (len(values) - len(held)))
        for at, value in enumerate(values):
            if value is not None:
                if held[at] is not None:
                    raise unreadable(file, "the cell stands in the file twice", sheet=sheet,
                                     cell=cell_name(number, at + 1))  # fmt: skip
                held[at] = value
    for number in sorted(by_number):
        yield Row(number, by_number[number])
