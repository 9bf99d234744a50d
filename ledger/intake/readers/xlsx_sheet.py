"""One worksheet of an xlsx or xlsm, row by row from its XML: values, formats, formulas, hidden rows, in one pass.

Two ways share the code that makes values. The quick one cuts the XML at `</row>` and takes the cells apart with one
compiled expression; it counts what it took and what stands there. A row in which the two differ goes to an XML parser.
A sheet that is built otherwise (prefixed names, UTF-16, comments, rows out of order) is read by the parser throughout.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from itertools import chain, islice
from typing import IO, TYPE_CHECKING

from ledger.intake.cells import CellError, Row, SheetFacts, Value, cell_name, column_index
from ledger.intake.readers import markup
from ledger.intake.readers.book import ReadFailed, too_large, trimmed, unreadable
from ledger.intake.readers.formulas import moved
from ledger.intake.readers.limits import (
    MAX_CAREFUL,
    MAX_COLUMN,
    MAX_FORMULAS,
    MAX_MERGED,
    MAX_ROW,
    MAX_ROW_ELEMENTS,
    MAX_ROW_TEXT,
    MAX_UNORDERED,
    MIB,
)
from ledger.intake.readers.numbers import Shown, from_iso, from_serial, from_text
from ledger.intake.readers.xlsx_text import (
    NotUnderstood,
    rich_text,
    root_is_plain,
    text_chunks,
    unescape_controls,
    unescape_entities,
)  # fmt: skip

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_CELL = re.compile(
    r'<c((?: [st]="\w*")*)(?: r="([A-Z]{1,3})([0-9]{1,7})")?((?: (?:s|t|cm|vm|ph)="\w*")*) ?(?:/>|>'
    r'(?:(<f)((?: [\w:]+="[^"<>]*")*) ?(?:/>|>([^<]*)</f>))?'
    r'(?:<v(?: xml:space="preserve")?>([^<]*)</v>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>|<v ?/>)?</c>)'
)
_ROW = re.compile(r'\s*<row((?: [\w:.]+="[^"<>]*")*) ?(/?)>')
_ATTRIBUTE = re.compile(r' ([\w:.]+)="([^"<>]*)"')
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


class Kind(IntEnum):
    """How the content of a cell is to be taken."""

    NUMBER = 0
    SHARED = 1
    DATED = 2
    TEXT = 3
    BOOLEAN = 4
    ERROR = 5
    ISO_DATE = 6


_KINDS = {"": Kind.NUMBER, "n": Kind.NUMBER, "s": Kind.SHARED, "str": Kind.TEXT, "inlineStr": Kind.TEXT,
          "b": Kind.BOOLEAN, "e": Kind.ERROR, "d": Kind.ISO_DATE}  # fmt: skip


@dataclass(slots=True)
class Style:
    """What a cell style (`s="…"`) says about numbers."""

    code: str
    shown: Shown


@dataclass(slots=True)
class Shared:
    """What the sheets of one workbook have in common."""

    file: str
    date1904: bool
    styles: list[Style]
    strings: Callable[[], list[str]]


@dataclass(slots=True)
class _Plan:
    """Column, kind and style of the cells with the same letters and attributes, and how many numbers they held."""

    column: int
    kind: Kind
    style: Style
    count: int = 0


@dataclass(slots=True)
class _Pass:
    """One reading of a sheet: what is being gathered."""

    shared: Shared
    facts: SheetFacts
    strings: list[str]
    plans: dict[tuple[str, str, str], _Plan] = field(default_factory=dict)
    masters: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    dates: dict[tuple[str, Shown], Value] = field(default_factory=dict)

    def plan(self, key: tuple[str, str, str]) -> _Plan:
        """The plan for `(attributes before r, letters, attributes after r)`; made once for each."""
        plan = self.plans.get(key)
        if plan is None:
            attributes = dict(_ATTRIBUTE.findall(key[0] + key[2]))
            kind = _KINDS.get(attributes.get("t", ""))
            column = column_index(key[1])
            index = int(attributes.get("s") or 0)
            if kind is None or column > MAX_COLUMN:
                raise NotUnderstood
            styles = self.shared.styles
            style = styles[index] if index < len(styles) else Style("General", Shown.NUMBER)
            if kind is Kind.NUMBER and style.shown is not Shown.NUMBER:
                kind = Kind.DATED
            plan = self.plans[key] = _Plan(column, kind, style)
        return plan

    def value(self, plan: _Plan, text: str, *, formula: bool) -> Value:
        """The value of a cell from its decoded text; `""` is an empty cell, or a formula without its result."""
        kind = plan.kind
        if kind is Kind.TEXT:
            return text or None
        if not text:
            return CellError("") if formula else None
        if kind is Kind.NUMBER:
            plan.count += 1
            return from_text(text)
        if kind is Kind.SHARED:
            return self.strings[int(text)] or None
        if kind is Kind.DATED:
            plan.count += 1
            known = self.dates.get((text, plan.style.shown))
            if known is None:
                number = from_text(text)
                known = number
                if isinstance(number, int | Decimal):
                    known = from_serial(number, plan.style.shown, date1904=self.shared.date1904)
                if len(self.dates) < 100_000:
                    self.dates[text, plan.style.shown] = known
            return known
        if kind is Kind.BOOLEAN:
            return {"1": True, "true": True, "0": False, "false": False}.get(text.strip(), text)
        return CellError(text) if kind is Kind.ERROR else from_iso(text)

    def formula(self, row: int, column: int, attributes: dict[str, str], text: str) -> None:
        """Note a formula; one that is shared is moved here from the cell that states it."""
        index = attributes.get("si", "")
        if attributes.get("t") == "shared":
            if text:
                self.masters[index] = (row, column, text)
            elif index in self.masters:
                first_row, first_column, master = self.masters[index]
                text = moved(master, row - first_row, column - first_column)
        if len(self.facts.formulas) < MAX_FORMULAS:
            self.facts.formulas[row, column] = text.removeprefix("=")

    def row(self, number: int, values: list[Value], *, hidden: bool) -> Row | None:
        """The row with its facts noted, or None if nothing is in it."""
        if hidden:
            self.facts.hidden_rows.add(number)
        if not trimmed(values):
            return None
        self.facts.last_row = max(self.facts.last_row, number)
        self.facts.last_column = max(self.facts.last_column, len(values))
        return Row(number, values)

    def skeleton(self, group: str, element: Element) -> None:
        """Note a hidden column or a merged range, from what stands before and after the rows."""
        facts, name = self.facts, markup.local(element.tag)
        if (group, name) == ("cols", "col") and markup.is_true(element.get("hidden")):
            last = min(int(element.get("max") or 0), MAX_COLUMN)
            facts.hidden_columns.update(range(int(element.get("min") or 1), last + 1))
        elif (group, name) == ("mergeCells", "mergeCell"):
            corners = _REFERENCE.findall((element.get("ref") or "").replace("$", ""))
            if len(corners) == 2:
                (left, top), (right, bottom) = corners
                facts.merged.append((int(top), column_index(left), int(bottom), column_index(right)))
            if len(facts.merged) > MAX_MERGED:
                raise too_large(self.shared.file, f"the sheet has more than {MAX_MERGED:,} merged ranges")

    def finish(self) -> None:
        """Gather the counts of number formats once the last row is through."""
        for plan in self.plans.values():
            if plan.count:
                formats = self.facts.number_formats.setdefault(plan.column, {})
                formats[plan.style.code] = formats.get(plan.style.code, 0) + plan.count


@dataclass(slots=True)
class XlsxSheet:
    """A worksheet that is streamed from its package anew for every `rows()`."""

    name: str | None
    facts: SheetFacts
    shared: Shared
    opener: Callable[[], IO[bytes]]
    comments: Callable[[], dict[tuple[int, int], str]]
    #: False where the rows are known to stand in another order than their numbers
    ordered: bool = True
    #: True where the XML parser would take too long
    is_long: bool = False

    def rows(self) -> Iterator[Row]:
        """The rows that hold something, in order; raises `ReadFailed` where the sheet is damaged."""
        given, last = 0, 0
        try:
            try:
                for row in self._quick():
                    given, last = given + 1, row.number
                    yield row
            except NotUnderstood:
                careful = self._careful()
                passed = list(islice((row.number for row in careful), given))
                if given and (len(passed) < given or passed[-1] != last):
                    raise ValueError("rows stand twice or in no order") from None
                yield from careful
        except (*markup.MARKUP_ERRORS, IndexError) as error:
            raise unreadable(self.shared.file, f"the sheet is damaged ({error})", sheet=self.name or "") from error

    def _start(self) -> _Pass:
        self.facts = SheetFacts(hidden=self.facts.hidden, comments=self.comments())
        return _Pass(self.shared, self.facts, self.shared.strings())

    def _quick(self) -> Iterator[Row]:
        if not self.ordered:
            raise NotUnderstood
        work = self._start()
        with self.opener() as stream:
            chunks = text_chunks(stream)
            head, rest = _head(chunks, self.shared.file)
            root = head[: head.index(">") + 1]
            if not root_is_plain(root, "worksheet"):
                raise NotUnderstood
            number = 0
            while True:
                done = rest.find("</sheetData>")
                block = rest if done < 0 else rest[:done]
                if "xmlns" in block:
                    raise NotUnderstood
                *parts, left = block.split("</row>")
                for part in parts:
                    number, row = _quick_row(work, part, number, root)
                    if row is not None:
                        yield row
                if done >= 0:
                    _only_empty_rows(work, left, number)
                    break
                more = next(chunks, None)
                if more is None:
                    raise NotUnderstood
                if len(left) > MAX_ROW_TEXT:
                    raise _row_too_large(self.shared.file, self.name, number + 1)
                rest = left + more
            tail = chain((head, "<sheetData/>", rest[done + len("</sheetData>") :]), chunks)
            for group, element in markup.items(markup.Pieces(tail), {"cols": "col", "mergeCells": "mergeCell"}):
                work.skeleton(group, element)
        work.finish()

    def _careful(self) -> Iterator[Row]:
        if self.is_long:
            message = f"the sheet is written in an unusual way, and larger than the {MAX_CAREFUL // MIB} MiB read so"
            raise too_large(self.shared.file, message, sheet=self.name or "")
        ordered = True
        last = 0
        work = self._start()
        with self.opener() as stream:
            for row in _parsed_rows(work, stream):
                if row.number <= last:
                    ordered = False
                    break
                last = row.number
        # The first walk, over nothing but the numbers, says whether the rows need sorting; it also fills the facts.
        if ordered:
            work = self._start()
            with self.opener() as stream:
                yield from _parsed_rows(work, stream)
        else:
            work = self._start()
            with self.opener() as stream:
                yield from _sorted_rows(_parsed_rows(work, stream), self.shared.file, self.name or "")
        work.finish()


def _row_too_large(file: str, sheet: str | None, number: int) -> ReadFailed:
    return too_large(file, "the row holds more than any row can", sheet=sheet or "", cell=str(number))


def _head(chunks: Iterator[str], file: str) -> tuple[str, str]:
    """What stands before the rows, and the beginning of what stands in `<sheetData>`."""
    text = ""
    for chunk in chunks:
        text += chunk
        at = text.find("<sheetData>")
        if at >= 0:
            return text[:at], text[at + len("<sheetData>") :]
        at = text.find("<sheetData/>")
        if at >= 0:
            return text[:at], "</sheetData>" + text[at + len("<sheetData/>") :]
        if len(text) > MAX_ROW_TEXT:
            raise too_large(file, "more stands before the rows of the sheet than is read")
    raise NotUnderstood


def _row_start(work: _Pass, part: str, number: int) -> tuple[int, bool, int]:
    """Number, hiddenness and offset of the cells of the row that ends with this part; notes empty rows before it."""
    at = 0
    while True:
        match = _ROW.match(part, at)
        if match is None:
            raise NotUnderstood
        attributes = dict(_ATTRIBUTE.findall(match[1]))
        stated = attributes.get("r")
        here = number + 1 if stated is None else int(stated)
        if not number < here <= MAX_ROW:
            raise NotUnderstood
        number, at = here, match.end()
        hidden = markup.is_true(attributes.get("hidden"))
        if not match[2]:
            return number, hidden, at
        if hidden:
            work.facts.hidden_rows.add(number)


def _only_empty_rows(work: _Pass, left: str, number: int) -> None:
    """After the last `</row>` only self-closed rows may stand."""
    if not left.strip():
        return
    try:
        _row_start(work, left + "<row>", number)
    except ValueError as error:
        raise NotUnderstood from error


def _quick_row(work: _Pass, part: str, number: int, root: str) -> tuple[int, Row | None]:
    number, hidden, at = _row_start(work, part, number)
    values = _quick_values(work, part, number, at)
    if values is None:
        try:
            element = markup.parse(f"{root}<row>{part[at:]}</row></worksheet>")
        except markup.MARKUP_ERRORS as error:
            raise NotUnderstood from error
        values = _element_values(work, element[0], number)
    return number, work.row(number, values, hidden=hidden)


def _quick_values(work: _Pass, part: str, number: int, at: int) -> list[Value] | None:  # noqa: PLR0912 - flat, and hot
    """The values of one row, or None if the expression did not take every cell of it."""
    count = part.count("<c", at)
    if count > MAX_ROW_ELEMENTS:
        raise _row_too_large(work.shared.file, None, number)
    cells = _CELL.findall(part, at)
    if len(cells) != count:
        return None
    values: list[Value] = []
    digits_here = str(number)
    # Names bound once: this loop runs for every cell of every sheet.
    plans, strings, append = work.plans, work.strings, values.append
    shared_kind, number_kind, text_kind = Kind.SHARED, Kind.NUMBER, Kind.TEXT
    value: Value
    for cell in cells:
        before, letters, digits, after, formula, _, _, text, inline = cell
        if digits != digits_here:
            _uncount(work, cells, cell)
            return None
        key = (before, letters, after)
        plan = plans[key] if key in plans else work.plan(key)
        kind = plan.kind
        gap = plan.column - len(values) - 1
        if gap:
            if gap < 0:
                _uncount(work, cells, cell)
                return None
            if not text and not inline and not formula:
                continue
            values += [None] * gap
        if formula:
            value = _formula_value(work, plan, number, cell)
        elif inline:
            if kind is not text_kind:
                _uncount(work, cells, cell)
                return None
            value = unescape_controls(unescape_entities(inline)) if ("&" in inline or "_x" in inline) else inline
        elif not text:
            value = None
        elif kind is shared_kind:
            value = strings[int(text)] or None
        elif kind is number_kind and "&" not in text:
            value = int(text) if len(text) < 16 and text.isdecimal() else from_text(text)
            plan.count += 1
        elif kind is text_kind or "&" in text:
            value = work.value(plan, unescape_controls(unescape_entities(text)), formula=False)
        else:
            value = work.value(plan, text, formula=False)
        append(value)
    return values


def _uncount(work: _Pass, cells: list[tuple[str, ...]], until: tuple[str, ...]) -> None:
    """Take back what the cells before `until` added to the counts of formats: the parser will take the row anew."""
    for cell in cells:
        if cell is until:
            return
        plan = work.plan((cell[0], cell[1], cell[3]))
        if cell[7] and plan.kind in (Kind.NUMBER, Kind.DATED):
            plan.count -= 1


def _formula_value(work: _Pass, plan: _Plan, row: int, cell: tuple[str, ...]) -> Value:
    attributes, formula, text = cell[5:8]
    work.formula(row, plan.column, dict(_ATTRIBUTE.findall(attributes)), unescape_entities(formula))
    return work.value(plan, unescape_controls(unescape_entities(text)), formula=True)


def _element_values(work: _Pass, row: Element, number: int) -> list[Value]:
    """The values of a row that an XML parser has taken apart; cells may stand in any order."""
    found: dict[int, Value] = {}
    column = 0
    for cell in markup.children(row, "c"):
        reference = _REFERENCE.fullmatch(markup.attribute(cell, "r") or "")
        if cell.get("r") is not None and (reference is None or int(reference[2]) != number):
            raise ValueError(f"cell {cell.get('r')} stands in row {number}")
        column = column_index(reference[1]) if reference else column + 1
        if column > MAX_COLUMN:
            raise ValueError(f"column {column} is beyond the last one")
        value = _element_value(work, cell, number, column)
        if value is not None:
            found[column] = value
    return [found.get(at) for at in range(1, max(found, default=0) + 1)]


def _element_value(work: _Pass, cell: Element, number: int, column: int) -> Value:
    kind = cell.get("t") or "n"
    if kind not in _KINDS:
        raise ValueError(f"cell {cell_name(number, column)} is of the unknown type {kind!r}")
    style = int(cell.get("s") or 0)
    plan = work.plan((f' s="{style}" t="{kind}"', cell_name(0, column)[:-1], ""))
    text: str = ""
    formula = False
    for child in cell:
        name = markup.local(child.tag)
        if name == "v":
            text = unescape_controls(child.text or "")
        elif name == "is":
            text = rich_text(child)
        elif name == "f":
            formula = True
            work.formula(number, column, dict(child.items()), child.text or "")
    return work.value(plan, text, formula=formula)


def _parsed_rows(work: _Pass, stream: IO[bytes]) -> Iterator[Row]:
    """All rows by the parser, in the order of the file; nothing that was read piles up."""
    number = pending = 0
    open_elements: list[Element] = []
    group = ""
    for event, element in markup.walk(stream):
        name = markup.local(element.tag)
        if event == "start":
            if not open_elements and name != "worksheet":
                raise ValueError(f"a sheet begins with <{name}>")
            if len(open_elements) == 1:
                group = name
            open_elements.append(element)
            pending += 1
            if group == "sheetData" and pending > MAX_ROW_ELEMENTS:
                raise _row_too_large(work.shared.file, None, number + 1)
            continue
        open_elements.pop()
        depth = len(open_elements)
        if depth == 2 and group == "sheetData" and name == "row":
            number = int(element.get("r") or number + 1)
            if not 0 < number <= MAX_ROW:
                raise ValueError(f"row {number} is beyond the last one")
            values = _element_values(work, element, number)
            row = work.row(number, values, hidden=markup.is_true(element.get("hidden")))
            if row is not None:
                yield row
        elif depth == 2:
            work.skeleton(group, element)
        if depth and (depth <= 2 or group != "sheetData"):
            open_elements[-1].clear()
            pending = 0


def _sorted_rows(rows: Iterator[Row], file: str, sheet: str) -> Iterator[Row]:
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
