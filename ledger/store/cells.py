"""Where a cell stands in the evidence."""

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
