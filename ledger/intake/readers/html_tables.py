"""HTML tables (many an `.xls` is one): a sheet for each table, a row for each `tr`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import IO

from ledger.domain.findings import Finding
from ledger.domain.overriding import override
from ledger.intake.cells import Row, SheetFacts, Value
from ledger.intake.readers.book import Book, held_sheet, too_large, unreadable
from ledger.intake.readers.encoding import detect
from ledger.intake.readers.limits import MAX_COLUMN

_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_LINE_TAGS = frozenset({"br", "p", "div", "li"})
_MAX_SPAN = 1000


@dataclass(slots=True)
class _Table:
    rows: list[Row] = field(default_factory=list)
    facts: SheetFacts = field(default_factory=SheetFacts)
    number: int = 0
    values: dict[int, Value] = field(default_factory=dict)
    #: columns that a cell from above still covers: column -> last row covered
    covered: dict[int, int] = field(default_factory=dict)
    column: int = 0
    in_row: bool = False
    cell: list[str] | None = None
    spans: tuple[int, int] = (1, 1)

    def start_row(self) -> None:
        self.end_row()
        self.number += 1
        self.column = 0
        self.in_row = True

    def end_row(self) -> None:
        self.end_cell()
        self.in_row = False
        if self.values:
            self.rows.append(Row(self.number, [self.values.get(at) for at in range(1, max(self.values) + 1)]))
            self.values = {}

    def start_cell(self, rows: int, columns: int) -> None:
        self.end_cell()
        if not self.in_row:
            self.start_row()  # a cell outside a row opens one, as in a browser
        self.column += 1
        while self.covered.get(self.column, 0) >= self.number:
            self.column += 1
        if self.column > MAX_COLUMN:
            raise too_large("", f"a row of the page reaches beyond column {MAX_COLUMN:,}")
        self.cell, self.spans = [], (rows, columns)

    def end_cell(self) -> None:
        if self.cell is None:
            return
        lines = "".join(self.cell).split("\0")
        text = "\n".join(_BLANKS.sub(" ", line).strip(" ") for line in lines).strip("\n")
        rows, columns = self.spans
        first = self.column
        self.values[first] = text or None
        last_row, last_column = self.number + rows - 1, first + columns - 1
        if rows > 1:
            self.covered.update(dict.fromkeys(range(first, last_column + 1), last_row))
        if rows > 1 or columns > 1:
            self.facts.merged.append((self.number, first, last_row, last_column))
        self.column = last_column
        self.cell = None


class _Tables(HTMLParser):
    """Gathers every table; a table inside a cell is one of its own and no part of the cell's text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Table] = []
        self.open: list[_Table] = []
        self.silent = 0
        #: text of the page that stands in no table
        self.loose: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self.silent += 1
        elif tag == "table":
            self.open.append(_Table(facts=SheetFacts(above=list(self.loose))))
            self.tables.append(self.open[-1])
        elif self.open:
            table = self.open[-1]
            if tag == "tr":
                table.start_row()
            elif tag in ("td", "th"):
                given = dict(attrs)
                table.start_cell(_span(given.get("rowspan")), _span(given.get("colspan")))
            elif tag in _LINE_TAGS and table.cell is not None and (tag == "br" or "".join(table.cell).strip()):
                table.cell.append("\0")  # a line break of the page, unlike one of its source text

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self.silent = max(self.silent - 1, 0)
        elif self.open:
            if tag == "table":
                self.open.pop().end_row()
            elif tag == "tr":
                self.open[-1].end_row()
            elif tag in ("td", "th"):
                self.open[-1].end_cell()

    @override
    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1].cell is not None and not self.silent:
            self.open[-1].cell.append(data.replace("\0", ""))
        elif not self.open and not self.silent and (text := _BLANKS.sub(" ", data).strip()):
            self.loose.append(text)


def _span(text: str | None) -> int:
    return min(max(int(text), 1), _MAX_SPAN) if text and text.isascii() and text.isdecimal() else 1


def open_html(opener: Callable[[], IO[bytes]], file: str, *, encoding: str | None = None) -> Book:
    """The tables of a page. One alone has no name; several are called `Table 1`, `Table 2` and so on."""
    with opener() as stream:
        data = stream.read()
    declared = _CHARSET.search(data[:4096])
    if encoding is None:
        with opener() as stream:
            guess = detect(stream)
        encoding = guess.encoding
        if not encoding.startswith("utf") and declared:
            encoding = declared[1].decode("ascii")
        elif guess.rival and guess.readings:
            message = f"{guess.readings[0]!r} in {guess.encoding} is {guess.readings[1]!r} in {guess.rival}"
            return Book("html", findings=[Finding("encoding-ambiguous", message, file=file)])
    try:
        text = data.decode(encoding)
    except (UnicodeError, LookupError) as error:
        raise unreadable(file, f"the page is not {encoding} ({error})") from error
    parser = _Tables()
    parser.feed(text)
    parser.close()
    for table in parser.open:
        table.end_row()
    book = Book("html", encoding=encoding)
    tables = [table for table in parser.tables if table.rows]
    for index, table in enumerate(tables, 1):
        book.sheets.append(held_sheet(f"Table {index}" if len(tables) > 1 else None, table.rows, table.facts))
    if not tables:
        raise unreadable(file, "the page holds no table")
    return book
