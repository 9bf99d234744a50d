"""Where a finding points to in a sheet: cells, rows or columns, as its `cell` says it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from ledger.domain.findings import Finding, Severity

_CELL = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})")
_COLUMN = re.compile(r"([A-Z]{1,3})(?::([A-Z]{1,3}))?")
_ROWS = re.compile(r"([0-9]+)(?:-([0-9]+))?")
#: Cells of one range that are marked; the finding tells the whole range in any case.
_MARKED_AT_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding in a sheet. `cells` are marked, `anchor` carries the comment; `rows` and `columns` must be looked at."""

    finding: Finding
    cells: tuple[tuple[int, int], ...] = ()
    rows: frozenset[int] = frozenset()
    columns: frozenset[int] = frozenset()
    #: the finding means the rows or columns themselves: their first filled cell is marked
    whole: bool = False
    anchor: tuple[int, int] | None = field(default=None)

    @property
    def level(self) -> Severity:
        """How it is marked: what stops the import looks like an error."""
        return Severity.ERROR if self.finding.level is Severity.STOP else self.finding.level

    @property
    def text(self) -> str:
        """The comment: code, what is wrong, what to do."""
        return f"[{self.finding.code}] {self.finding.message}\nWhat to do: {self.finding.remedy}"

    def settled(self, filled: Collection[tuple[int, int]]) -> Mark:
        """The mark with its cells, now that the filled ones among its rows and columns are known."""
        cells = self.cells
        if self.whole:
            first: dict[int, tuple[int, int]] = {}
            for row, column in sorted(filled):
                if self.rows and row in self.rows:
                    first.setdefault(row, (row, column))
                elif not self.rows and column in self.columns:
                    first.setdefault(column, (row, column))
            cells = tuple(first[key] for key in sorted(first)) or tuple((row, 1) for row in sorted(self.rows)[:1])
        return replace(self, cells=cells, anchor=cells[0] if cells else None)


def mark_of(finding: Finding) -> Mark:
    """The mark for a finding; without cells where it means the whole sheet."""
    text = finding.cell.replace(" …", "").strip()
    start, _, end = text.partition(":")
    first, last = place_of(start), place_of(end or start)
    if first and last:
        cells = [
            (r, c)
            for r in range(first[0], min(last[0], first[0] + _MARKED_AT_MOST) + 1)
            for c in range(first[1], min(last[1], 16_384) + 1)
        ]
        cells = cells[:_MARKED_AT_MOST]
        return Mark(finding, tuple(cells), rows=frozenset(row for row, _ in cells))
    if column := _COLUMN.fullmatch(text):
        low, high = column_index(column[1]), column_index(column[2] or column[1])
        return Mark(finding, columns=frozenset(range(low, min(high, 16_384) + 1)), whole=True)
    rows: list[int] = []
    for piece in filter(None, text.split(",")):
        span = _ROWS.fullmatch(piece.strip())
        if span:
            rows += range(int(span[1]), min(int(span[2] or span[1]), int(span[1]) + _MARKED_AT_MOST) + 1)
    return Mark(finding, rows=frozenset(rows[:_MARKED_AT_MOST]), whole=True)


def place_of(text: str) -> tuple[int, int] | None:
    """(row, column) of an A1 address; None for anything else."""
    found = _CELL.fullmatch(text)
    return (int(found[2]), column_index(found[1])) if found else None


def column_index(letters: str) -> int:
    """1-based column of its letters."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index


def cell_name(row: int, column: int) -> str:
    """A1 address of a 1-based row and column."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


def marks_by_sheet(findings: Iterable[Finding]) -> dict[str, list[Mark]]:
    """The marks of each sheet, by its name; those of the whole file stand under ""."""
    found: dict[str, list[Mark]] = {}
    for finding in findings:
        found.setdefault(finding.sheet, []).append(mark_of(finding))
    return found
