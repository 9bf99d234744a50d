"""Where a cell stands in the evidence, and which part of it a question is about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CellPlace:
    """A cell of a kept file: 1-based row and column; `sheet` is empty for a text file."""

    file: str
    sha256: str
    sheet: str
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Origin:
    """A file, a sheet of it, a row or a cell that transfers were booked from; None: all there are."""

    sha256: str
    sheet: str | None = None
    row: int | None = None
    column: int | None = None


def column_number(letters: str) -> int:
    """1-based number of a column: A 1, AB 28."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
