"""Delimited text (csv, tsv, psv): encoding, delimiter and quotes found in the text itself; a row is a record."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import IO

from ledger.domain.findings import Finding
from ledger.intake.caged.weight import TextScales, Weight
from ledger.intake.cells import Row, SheetFacts, Value
from ledger.intake.readers.book import Book, too_large, trimmed, unreadable
from ledger.intake.readers.dialect import RULE, Dialect
from ledger.intake.readers.encoding import detect
from ledger.intake.readers.limits import MAX_COLUMN, MAX_LINE, MAX_RECORD, MIB
from ledger.intake.readers.text_count import count
from ledger.intake.readers.weighing import CHARACTERS, WeighedSheet, differ

DELIMITERS = ",;\t|"
_SAMPLE_RECORDS = 300
_SAMPLE_TEXT = 512 * 1024
_PIECE = 256 * 1024
#: A quoted cell of more lines than this is a quote that nobody closed.
_MAX_LINES = 2000
_SEP = re.compile(r'"?sep=(.)"?[ \t]*\r?\n?$', re.IGNORECASE)


@dataclass(slots=True)
class DelimitedSheet:
    """The one table of a text file, streamed."""

    name: str | None
    facts: SheetFacts
    dialect: Dialect
    opener: Callable[[], IO[bytes]]
    file: str

    def rows(self) -> Iterator[Row]:
        """The records that hold something. Cells are text as it stands; empty ones are None."""
        self.facts.last_row = self.facts.last_column = 0
        dialect = self.dialect
        with self.opener() as raw, io.TextIOWrapper(raw, dialect.encoding, newline="") as text:
            lines = _Lines(text, self.file)
            try:
                if dialect.directive:
                    text.readline()
                for number, record in enumerate(_records(lines, dialect), 1):
                    lines.taken = 0
                    values = _cells(record, dialect)
                    if len(values) > MAX_COLUMN:
                        raise too_large(self.file, f"record {number:,} holds more than {MAX_COLUMN:,} cells")
                    if values:
                        self.facts.last_row = number
                        self.facts.last_column = max(self.facts.last_column, len(values))
                        yield Row(number, values)
            except UnicodeError as error:
                raise unreadable(self.file, f"the text is not {dialect.encoding} throughout ({error})") from error
            except csv.Error as error:
                raise unreadable(self.file, f"a record can not be read ({error})") from error

    def confirm(self, read: Weight) -> None:
        """Hold what was read against a count of its cells by other means."""
        with self.opener() as raw, io.TextIOWrapper(raw, self.dialect.encoding, newline="") as text:
            if self.dialect.directive:
                text.readline()
            counted = count(text, self.dialect)
        if not read.agrees(counted):
            raise differ(self.file, "", ("the reading", read), ("a count of the cells", counted), CHARACTERS)


class _Lines:
    """The lines of a text; a record that takes in more than any record can is refused before it is put together."""

    def __init__(self, text: Iterator[str], file: str) -> None:
        self._text, self._file = text, file
        #: characters since the last record
        self.taken = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self.taken += len(line)
            if self.taken > MAX_RECORD:
                raise too_large(self._file, f"a record holds more than {MAX_RECORD // MIB} million characters")
            yield line


def _records(text: Iterable[str], dialect: Dialect) -> Iterator[list[str]]:
    csv.field_size_limit(MAX_LINE)
    if dialect.quoted:
        return csv.reader(text, delimiter=dialect.delimiter, doublequote=True, strict=False)
    return csv.reader(text, delimiter=dialect.delimiter, quoting=csv.QUOTE_NONE)


def _cells(record: list[str], dialect: Dialect) -> list[Value]:
    if dialect.piped:
        if len(record) > 2 and RULE.match("|".join(record)):
            return []
        record = [cell.strip(" ") for cell in record]
        if dialect.leading and record:
            record = record[1:]
    return trimmed([cell or None for cell in record])


def open_delimited(opener: Callable[[], IO[bytes]], file: str, *, encoding: str | None = None) -> Book:
    """The text as a workbook of one nameless sheet. `encoding` is believed where given.

    A text that is no table at all still is one of a single column; a text in two plausible encodings is refused.
    """
    book = Book("csv")
    _check_lines(opener, file)
    if encoding is None:
        with opener() as stream:
            guess = detect(stream)
        encoding = guess.encoding
        if guess.rival and guess.readings:
            one, two = guess.readings
            message = f"{one!r} in {guess.encoding} is {two!r} in {guess.rival}; nothing tells which is meant"
            values = {"encodings": [guess.encoding, guess.rival], "readings": [one, two]}
            book.findings.append(Finding("encoding-ambiguous", message, file=file, values=values))
            return book
    try:
        sample = _sample(opener, encoding, file)
    except LookupError:
        raise unreadable(file, f"no encoding is called {encoding!r}") from None
    dialect = _dialect(sample, encoding)
    if dialect.quoted and _quote_left_open(opener, dialect):
        dialect = Dialect(encoding, dialect.delimiter, False, dialect.directive, dialect.piped, dialect.leading)
        message = "a quotation mark at the start of a cell is never closed; all quotes were read as they stand"
        book.findings.append(Finding("quote-open", message, file=file))
    book.encoding, book.delimiter = encoding, dialect.delimiter
    sheet = DelimitedSheet(None, SheetFacts(), dialect, opener, file)
    book.sheets.append(WeighedSheet(sheet, file, sheet.confirm, partial(TextScales, len)))
    return book


def _check_lines(opener: Callable[[], IO[bytes]], file: str) -> None:
    """Refuse a text with a line that no table has, before it is taken into memory."""
    length = 0
    with opener() as stream:
        while piece := stream.read(_PIECE):
            end = max(piece.rfind(b"\n"), piece.rfind(b"\r"))
            length = length + len(piece) if end < 0 else len(piece) - end
            if length > MAX_LINE:
                raise too_large(file, f"a line of the text is longer than {MAX_LINE // MIB} MiB")


def _sample(opener: Callable[[], IO[bytes]], encoding: str, file: str) -> str:
    """The first lines of the text, and the certainty that all of it is in the encoding."""
    with opener() as raw, io.TextIOWrapper(raw, encoding, newline="") as text:
        try:
            sample = text.read(_SAMPLE_TEXT)
            more = text.read(1)
            while text.read(_SAMPLE_TEXT):
                pass
        except UnicodeError as error:
            raise unreadable(file, f"the text is not {encoding} throughout ({error})") from error
    if more:
        sample = sample[: sample.rfind("\n") + 1] or sample
    return sample


def _dialect(sample: str, encoding: str) -> Dialect:
    lines = sample.splitlines(keepends=True)
    said = _SEP.match(lines[0]) if lines else None
    if said:
        return Dialect(encoding, said[1], directive=True)
    delimiter = max(DELIMITERS, key=lambda sign: _consistency(sample, sign))
    if _consistency(sample, delimiter) == (0.0, 0.0):
        delimiter = ","
    if delimiter != "|":
        return Dialect(encoding, delimiter)
    filled = [line.strip() for line in lines if "|" in line]
    padded = sum(" |" in line or "| " in line for line in filled) > len(filled) / 2
    leading = all(line.startswith("|") for line in filled)
    return Dialect(encoding, "|", piped=padded or leading, leading=leading)


def _consistency(sample: str, delimiter: str) -> tuple[float, float]:
    """How well the delimiter cuts the text into records of one width: the share of text lines so cut, and the width."""
    widths: Counter[int] = Counter()
    lines = sample.splitlines(keepends=True)
    try:
        dialect = Dialect("", delimiter, quoted=not _swallows(lines, delimiter))
        for record in islice(_records(iter(lines), dialect), _SAMPLE_RECORDS):
            if any(record):
                widths[len(record)] += 1
    except csv.Error:
        return (0.0, 0.0)
    several = {width: count for width, count in widths.items() if width > 1}
    if not several:
        return (0.0, 0.0)
    width, count = max(several.items(), key=lambda item: (item[1], item[0]))
    # A line of notes or a cut cell must not outvote the table; a wide table is no accident, two columns may be one.
    return (round(count / widths.total() * (1 - 1 / width**2), 2), width)


def _swallows(lines: Sequence[str], delimiter: str) -> bool:
    """Whether a quote that nobody closes would make one cell of the rest of the sample."""
    reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
    try:
        for _ in islice(reader, _SAMPLE_RECORDS):
            pass
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False


def _quote_left_open(opener: Callable[[], IO[bytes]], dialect: Dialect) -> bool:
    """True where a quote at the start of a cell is never closed, so that it would swallow the records after it."""
    pending: list[str] = []
    last: list[str] = []
    with opener() as raw, io.TextIOWrapper(raw, dialect.encoding, newline="") as text:

        def lines() -> Iterator[str]:
            for line in text:
                if len(pending) <= _MAX_LINES:
                    pending.append(line)
                yield line

        try:
            for _ in _records(lines(), dialect):
                if len(pending) > _MAX_LINES:
                    return True
                last = pending.copy()
                pending.clear()
        except csv.Error:
            return True
    try:
        list(csv.reader(last, delimiter=dialect.delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False
