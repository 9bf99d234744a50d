"""OpenDocument spreadsheets in one walk over `content.xml`: values, formulas, formats, hidden rows and columns.

Its writers keep numbers as binary doubles, as Excel does, and spell out up to 17 digits; they are read alike. The walk
takes place in the cage (`caged.text`): one row of the document may hold any number of elements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import IO, TYPE_CHECKING

from ledger.intake.caged.excel import ERRORS
from ledger.intake.cells import CellError, Row, SheetFacts, Value, note_format
from ledger.intake.readers import markup
from ledger.intake.readers.book import trimmed
from ledger.intake.readers.limits import MAX_COLUMN, MAX_FORMULAS, MAX_ROW
from ledger.intake.readers.numbers import from_iso, from_text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_HIDDEN = ("collapse", "filter")
#: Depth and name of what is done with when it ends.
_READ = frozenset({(0, "table"), (1, "table-row"), (1, "table-column")})
#: A filled row that is said to repeat more often than this is the style of an empty sheet, or an attack.
_MAX_REPEATS = 100_000
_MAX_CELLS = 20_000_000


@dataclass(slots=True)
class _Styles:
    """Number formats by the name of the cell style."""

    data: dict[str, str] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)

    def note(self, element: Element) -> None:
        name = markup.attribute(element, "name") or ""
        kind = markup.local(element.tag)
        if kind == "style":
            self.cells[name] = markup.attribute(element, "data-style-name") or ""
        elif kind.endswith("-style") and kind in _NUMBER_STYLES:
            self.data[name] = _format_code(element)

    def code(self, style: str | None) -> str:
        return self.data.get(self.cells.get(style or "", ""), "General")


_NUMBER_STYLES = frozenset({"number-style", "currency-style", "percentage-style", "date-style", "time-style"})
_DATE_PARTS = {"day": "d", "month": "m", "year": "yy", "hours": "h", "minutes": "m", "seconds": "s", "am-pm": " AM/PM"}


def _format_code(style: Element) -> str:
    """The format in the notation of Excel, near enough to tell decimals, grouping, currency and percentages."""
    code = ""
    for part in style:
        name = markup.local(part.tag)
        if name == "number":
            places = int(markup.attribute(part, "decimal-places") or 0)
            code += "#,##0" if markup.attribute(part, "grouping") == "true" else "0"
            code += "." + "0" * places if places else ""
        elif name in ("text", "currency-symbol"):
            text = part.text or ""
            code += text if text in (" ", "%", "-", "/", ".", ":") else f'"{text}"'
        elif name in _DATE_PARTS:
            code += _DATE_PARTS[name] * (2 if markup.attribute(part, "style") == "long" else 1)
    return code or "General"


@dataclass(slots=True)
class _Table:
    """One table of the document on its way."""

    name: str | None
    facts: SheetFacts
    styles: _Styles
    #: rows and columns so far
    number: int = 0
    column: int = 1
    cells: int = 0

    def rows(self, element: Element) -> Iterator[Row]:
        """The rows that a row element stands for."""
        repeats = int(markup.attribute(element, "number-rows-repeated") or 1)
        for row in self._repeated(element, self.styles, self.number, repeats):
            self.cells += len(row.values)
            if self.cells > _MAX_CELLS:
                raise ValueError("more cells than can be meant")
            yield row
        self.number += repeats

    def columns(self, element: Element) -> None:
        """Note a column element, or several of its kind."""
        repeats = int(markup.attribute(element, "number-columns-repeated") or 1)
        if markup.attribute(element, "visibility") in _HIDDEN:
            self.facts.hidden_columns.update(range(self.column, min(self.column + repeats, MAX_COLUMN + 1)))
        self.column += repeats

    def _repeated(self, element: Element, styles: _Styles, above: int, repeats: int) -> Iterator[Row]:
        hidden = markup.attribute(element, "visibility") in _HIDDEN
        for number in range(above + 1, above + min(repeats, _MAX_REPEATS + 1) + 1):
            values = self._values(element, styles, number)
            if hidden and number <= MAX_ROW:
                self.facts.hidden_rows.add(number)
            if not values and not hidden:
                return
            if values:
                if repeats > _MAX_REPEATS or number > MAX_ROW:
                    raise ValueError(f"a filled row is repeated {repeats} times")
                self.facts.last_row = number
                self.facts.last_column = max(self.facts.last_column, len(values))
                yield Row(number, values)

    def _values(self, row: Element, styles: _Styles, number: int) -> list[Value]:
        values: list[Value] = []
        column = 0
        for cell in row:
            if markup.local(cell.tag) not in ("table-cell", "covered-table-cell"):
                continue
            repeats = int(markup.attribute(cell, "number-columns-repeated") or 1)
            value = _value(cell)
            if value is not None:
                if column + repeats > MAX_COLUMN:
                    raise ValueError("a filled cell beyond the last column")
                values.extend([None] * (column - len(values)))
                values.extend([value] * repeats)
            self._note(cell, value, styles, (number, column, repeats))
            column += repeats
        return trimmed(values)

    def _note(self, cell: Element, value: Value, styles: _Styles, place: tuple[int, int, int]) -> None:
        row, before, repeats = place
        facts = self.facts
        for column in range(before + 1, before + min(repeats, MAX_COLUMN) + 1) if value is not None else ():
            formula = markup.attribute(cell, "formula")
            if formula is not None and len(facts.formulas) < MAX_FORMULAS:
                facts.formulas[row, column] = formula.partition("=")[2] if ":=" in formula[:8] else formula.lstrip("=")
            if markup.attribute(cell, "value-type") in ("float", "currency", "percentage", "date", "time"):
                code = styles.code(markup.attribute(cell, "style-name"))
                note_format(facts, row, column, code)
        for note in markup.children(cell, "annotation"):
            facts.comments[row, before + 1] = _paragraphs(note)
        rows = int(markup.attribute(cell, "number-rows-spanned") or 1)
        columns = int(markup.attribute(cell, "number-columns-spanned") or 1)
        if rows > 1 or columns > 1:
            facts.merged.append((row, before + 1, row + rows - 1, before + columns))


def _value(cell: Element) -> Value:
    kind = markup.attribute(cell, "value-type")
    if kind is None:
        return CellError("") if markup.attribute(cell, "formula") is not None else None
    text = _paragraphs(cell)
    if markup.attribute(cell, "formula") is not None and (text in ERRORS or text.startswith("Err:")):
        return CellError(text)
    if kind in ("float", "currency", "percentage"):
        number = markup.attribute(cell, "value")
        return from_text(number) if number else None
    if kind == "date":
        return from_iso(markup.attribute(cell, "date-value") or text)
    if kind == "boolean":
        return markup.attribute(cell, "boolean-value") == "true"
    if kind == "time":
        return markup.attribute(cell, "time-value") or text or None
    return text or markup.attribute(cell, "string-value") or None


def _paragraphs(element: Element) -> str:
    return "\n".join(_inner(child) for child in element if markup.local(child.tag) == "p")


def _inner(element: Element) -> str:
    parts = [element.text or ""]
    for child in element:
        name = markup.local(child.tag)
        if name == "s":
            parts.append(" " * min(int(markup.attribute(child, "c") or 1), 10_000))
        elif name == "tab":
            parts.append("\t")
        elif name == "line-break":
            parts.append("\n")
        elif name not in ("annotation", "ruby-text"):
            parts.append(_inner(child))
        parts.append(child.tail or "")
    return "".join(parts)


def read_tables(
    stream: IO[bytes], row: Callable[[int, list[Value]], None], end: Callable[[str | None, SheetFacts], None]
) -> None:
    """Walk over `content.xml`: `row` is told every row that holds something, `end` when a table is complete.

    Raises one of `markup.MARKUP_ERRORS` where the document is damaged.
    """
    styles = _Styles()
    hidden: set[str] = set()
    open_elements: list[Element] = []
    depth = 0
    table: _Table | None = None
    for event, element in markup.walk(stream):
        name = markup.local(element.tag)
        if event == "start":
            open_elements.append(element)
            if name == "table":
                depth += 1
                if depth == 1:
                    facts = SheetFacts(hidden=markup.attribute(element, "style-name") in hidden)
                    table = _Table(markup.attribute(element, "name"), facts, styles)
            continue
        open_elements.pop()
        if name == "table":
            depth -= 1
            if depth == 0 and table is not None:
                end(table.name, table.facts)
                table = None
        elif table is None:
            styles.note(element)
            if name == "style" and _is_hidden(element):
                hidden.add(markup.attribute(element, "name") or "")
        elif depth == 1 and name == "table-row":
            for number, values in table.rows(element):
                row(number, values)
        elif depth == 1 and name == "table-column":
            table.columns(element)
        if (depth, name) in _READ:
            element.clear()
            open_elements[-1].clear()  # what is read must not pile up, not even as empty elements


def _is_hidden(style: Element) -> bool:
    properties = markup.children(style, "table-properties")
    return any(markup.attribute(found, "display") == "false" for found in properties)


def saved_on(meta: bytes) -> date | None:
    """The date of the last save by `meta.xml`; None where it is silent or odd."""
    try:
        root = markup.parse(meta)
    except markup.MARKUP_ERRORS:
        return None
    stamp = next(markup.descendants(root, "date"), None)
    try:
        return date.fromisoformat((stamp.text or "")[:10]) if stamp is not None else None
    except ValueError:
        return None
