"""One worksheet of an xlsx or xlsm, row by row from its XML: values, formats, formulas, hidden rows, in one pass.

Two ways share the code that makes values. The quick one cuts the XML at `</row>` and takes the cells apart with one
compiled expression; it counts what it took and what stands there. A row in which the two differ goes to an XML parser.
A sheet that is built otherwise (prefixed names, UTF-16, comments, rows out of order) is read by the parser throughout.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import IO

from ledger.intake.cells import Row, SheetFacts, Value
from ledger.intake.readers import markup
from ledger.intake.readers.book import too_large, unreadable
from ledger.intake.readers.limits import MAX_CAREFUL, MAX_ROW, MAX_ROW_ELEMENTS, MAX_ROW_TEXT, MIB
from ledger.intake.readers.numbers import from_text
from ledger.intake.readers.xlsx_careful import element_values, parsed_rows, sorted_rows
from ledger.intake.readers.xlsx_pass import ATTRIBUTE, SKELETON, Kind, Pass, Plan, Shared, row_too_large
from ledger.intake.readers.xlsx_text import (
    NotUnderstood,
    root_is_plain,
    text_chunks,
    unescape_controls,
    unescape_entities,
)

_CELL = re.compile(
    r'<c((?: [st]="\w*")*)(?: r="([A-Z]{1,3})([0-9]{1,7})")?((?: (?:s|t|cm|vm|ph)="\w*")*) ?(?:/>|>'
    r'(?:(<f)((?: [\w:]+="[^"<>]*")*) ?(?:/>|>([^<]*)</f>))?'
    r'(?:<v(?: xml:space="preserve")?>([^<]*)</v>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>|<v ?/>)?</c>)'
)
_ROW = re.compile(r'\s*<row((?: [\w:.]+="[^"<>]*")*) ?(/?)>')


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

    def _start(self) -> Pass:
        self.facts = SheetFacts(hidden=self.facts.hidden, comments=self.comments())
        return Pass(self.shared, self.facts, self.shared.strings())

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
                    raise row_too_large(self.shared.file, self.name, number + 1)
                rest = left + more
            tail = chain((head, "<sheetData/>", rest[done + len("</sheetData>") :]), chunks)
            for group, element in markup.items(markup.Pieces(tail), SKELETON):
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
            for row in parsed_rows(work, stream):
                if row.number <= last:
                    ordered = False
                    break
                last = row.number
        # The first walk, over nothing but the numbers, says whether the rows need sorting; it also fills the facts.
        if ordered:
            work = self._start()
            with self.opener() as stream:
                yield from parsed_rows(work, stream)
        else:
            work = self._start()
            with self.opener() as stream:
                yield from sorted_rows(parsed_rows(work, stream), self.shared.file, self.name or "")
        work.finish()


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


def _row_start(work: Pass, part: str, number: int) -> tuple[int, bool, int]:
    """Number, hiddenness and offset of the cells of the row that ends with this part; notes empty rows before it."""
    at = 0
    while True:
        match = _ROW.match(part, at)
        if match is None:
            raise NotUnderstood
        attributes = dict(ATTRIBUTE.findall(match[1]))
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


def _only_empty_rows(work: Pass, left: str, number: int) -> None:
    """After the last `</row>` only self-closed rows may stand."""
    if not left.strip():
        return
    try:
        _row_start(work, left + "<row>", number)
    except ValueError as error:
        raise NotUnderstood from error


def _quick_row(work: Pass, part: str, number: int, root: str) -> tuple[int, Row | None]:
    number, hidden, at = _row_start(work, part, number)
    values = _quick_values(work, part, number, at)
    if values is None:
        try:
            element = markup.parse(f"{root}<row>{part[at:]}</row></worksheet>")
        except markup.MARKUP_ERRORS as error:
            raise NotUnderstood from error
        values = element_values(work, element[0], number)
    return number, work.row(number, values, hidden=hidden)


def _quick_values(work: Pass, part: str, number: int, at: int) -> list[Value] | None:  # noqa: C901, PLR0912 - flat, and hot
    """The values of one row, or None if the expression did not take every cell of it."""
    count = part.count("<c", at)
    if count > MAX_ROW_ELEMENTS:
        raise row_too_large(work.shared.file, None, number)
    cells = _CELL.findall(part, at)
    if len(cells) != count:
        return None
    values: list[Value] = []
    digits_here = str(number)
    # Names bound once: this loop runs for every cell of every sheet.
    plans, strings, append = work.plans, work.strings, values.append
    shared_kind, number_kind, text_kind, dated_kind = Kind.SHARED, Kind.NUMBER, Kind.TEXT, Kind.DATED
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
        elif kind is dated_kind and text in plan.dates:
            value = plan.dates[text]
            plan.count += 1
        elif kind is text_kind or "&" in text:
            value = work.value(plan, unescape_controls(unescape_entities(text)), formula=False)
        else:
            value = work.value(plan, text, formula=False)
        append(value)
    return values


def _uncount(work: Pass, cells: list[tuple[str, ...]], until: tuple[str, ...]) -> None:
    """Take back what the cells before `until` added to the counts of formats: the parser will take the row anew."""
    for cell in cells:
        if cell is until:
            return
        plan = work.plan((cell[0], cell[1], cell[3]))
        if cell[7] and plan.kind in (Kind.NUMBER, Kind.DATED):
            plan.count -= 1


def _formula_value(work: Pass, plan: Plan, row: int, cell: tuple[str, ...]) -> Value:
    attributes, formula, text = cell[5:8]
    work.formula(row, plan.column, dict(ATTRIBUTE.findall(attributes)), unescape_entities(formula))
    return work.value(plan, unescape_controls(unescape_entities(text)), formula=True)
