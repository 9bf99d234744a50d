"""What every reader yields: workbooks of sheets, sheets of rows, rows of typed values.

No float leaves a reader. A number is an `int` or a `Decimal` (the shortest decimal that denotes the cell's binary
double, so 5066901.47 is exactly that); dates are dates; text is text as it stands, never trimmed or guessed at.
Rows are streamed and may be read several times; nothing here holds a whole sheet in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple, Protocol

from ledger.domain.findings import Finding


@dataclass(frozen=True, slots=True)
class CellError:
    """An error value such as #REF!, #DIV/0! or #N/A, or a formula saved without its value (`text` is then "")."""

    text: str


Value = str | int | Decimal | bool | date | datetime | time | CellError | None


class Row(NamedTuple):
    """One row: its 1-based number in the sheet (in csv: the record number) and its values, column A first.

    Trailing empty cells may be missing: index with care, or pad.
    """

    number: int
    values: list[Value]


@dataclass(slots=True)
class SheetFacts:
    """What the values alone do not tell; rows and columns are 1-based. Empty where the format has no such thing."""

    hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    #: (first row, first column, last row, last column)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    #: column -> {number format code: number of numeric cells that use it}
    number_formats: dict[int, dict[str, int]] = field(default_factory=dict)
    #: column -> {number format code: rows of its numeric cells}, for codes with a sign or a word in them; kept by some
    #: readers only, and empty for a column of more than 200,000 such cells
    format_rows: dict[int, dict[str, list[int]]] = field(default_factory=dict)
    #: (row, column) -> formula text without the leading "="; at most 200,000 are kept
    formulas: dict[tuple[int, int], str] = field(default_factory=dict)
    comments: dict[tuple[int, int], str] = field(default_factory=dict)
    #: texts that stand above the table and in none of its rows (of a web page)
    above: list[str] = field(default_factory=list)
    #: row and column of the last filled cell
    last_row: int = 0
    last_column: int = 0


#: Cells of a column whose number formats are remembered one by one.
MAX_FORMAT_ROWS = 200_000


def note_format(facts: SheetFacts, row: int, column: int, code: str) -> None:
    """Count a numeric cell under its number format, and remember the row where the format may name a currency."""
    formats = facts.number_formats.setdefault(column, {})
    count = formats[code] = formats.get(code, 0) + 1
    if count > MAX_FORMAT_ROWS:
        facts.format_rows.pop(column, None)
    elif "$" in code or '"' in code or "€" in code:
        facts.format_rows.setdefault(column, {}).setdefault(code, []).append(row)


class Sheet(Protocol):
    """A table of cells. `rows()` can be called again and again and always starts from the first row.

    Rows come in ascending order; wholly empty rows may be left out (their numbers are then missing).
    `facts` is complete once `rows()` has been read to its end; readers may also fill it earlier.
    """

    name: str | None

    @property
    def facts(self) -> SheetFacts:
        """What the values alone do not tell."""
        ...

    def rows(self) -> Iterator[Row]:
        """Every row that holds something, from the first one on."""
        ...


class Workbook(Protocol):
    """An open file: its sheets in their order, and what was noticed on opening it."""

    #: xlsx, xlsm, xlsb, xls, ods, csv, html or iati
    format: str
    #: encoding and delimiter of a text file, else None
    encoding: str | None
    delimiter: str | None
    sheets: list[Sheet]
    findings: list[Finding]
    #: the date on which the file says it was last saved (document properties), else None
    modified: date | None

    def close(self) -> None:
        """Release the file."""
        ...


def column_letter(index: int) -> str:
    """Letter of a 1-based column: 1 -> A, 28 -> AB."""
    letters = ""
    while index > 0:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """1-based column of a letter: A -> 1, AB -> 28."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index


def cell_name(row: int, column: int) -> str:
    """A1 address of a 1-based row and column."""
    return f"{column_letter(column)}{row}"


def row_spans(numbers: list[int]) -> str:
    """Row numbers as text: 3-5, 9; at most eight spans."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    shown = ", ".join(f"{a}-{b}" if a != b else str(a) for a, b in spans[:8])
    return shown + (" …" if len(spans) > 8 else "")
