"""The rows of a sheet that are needed twice: kept in memory where they are few, else read from the file again."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.intake.cells import Row, Sheet

#: Cells of a sheet that are kept: some 100 bytes each.
KEPT_CELLS = 2_000_000


class KeptRows:
    """The rows of a sheet; iterating them again does not read the file again, unless the sheet is very large."""

    def __init__(self, sheet: Sheet, limit: int = KEPT_CELLS) -> None:
        self._sheet = sheet
        self._limit = limit
        self._rows: list[Row] | None = None

    def __iter__(self) -> Iterator[Row]:
        if self._rows is not None:
            yield from self._rows
            return
        rows: list[Row] | None = []
        cells = 0
        for row in self._sheet.rows():
            if rows is not None:
                rows.append(row)
                cells += len(row.values)
                if cells > self._limit:
                    rows = None
            yield row
        self._rows = rows

    @property
    def in_memory(self) -> list[Row] | None:
        """The rows, once they were read and where they are kept."""
        return self._rows

    def release(self) -> None:
        """Forget the rows."""
        self._rows = None
