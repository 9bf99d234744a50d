"""A second opinion on every sheet: what the reader gave out must weigh as much as an independent reading found.

The weight is the number of filled cells and the exact sum of the numbers (`caged.weight`). What a weight can not see:
cells that changed places, texts taken for other texts, and a fault that both readings share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ledger.domain.findings import Finding
from ledger.intake.caged.weight import Scales, TextScales, Weight
from ledger.intake.cells import Row, Sheet, SheetFacts, cell_name
from ledger.intake.readers.book import ReadFailed, too_large
from ledger.intake.readers.limits import MAX_GAP

Confirm = Callable[[Weight], None]


@dataclass(slots=True)
class WeighedSheet:
    """A sheet whose first whole reading is weighed; where the second opinion differs, it ends in `ReadFailed`.

    The rows come out before the verdict. Whatever is done with them is undone when the reading fails, as it is for a
    file that turns out to be damaged in mid-sheet.
    """

    sheet: Sheet
    file: str
    confirm: Confirm
    scales: Callable[[], Scales | TextScales] = Scales
    name: str | None = field(init=False)
    _confirmed: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.name = self.sheet.name

    @property
    def facts(self) -> SheetFacts:
        """What the values alone do not tell."""
        return self.sheet.facts

    def rows(self) -> Iterator[Row]:
        """The rows of the sheet; raises `ReadFailed` also where the second opinion is another one."""
        if self._confirmed:
            yield from self.sheet.rows()
            return
        scales = self.scales()
        last = 0
        for row in self.sheet.rows():
            if row.number - last > MAX_GAP and last:
                message = f"a cell lies {row.number - last:,} rows below the last one before it"
                cell = cell_name(row.number, next(at for at, value in enumerate(row.values, 1) if value is not None))
                raise too_large(self.file, message, sheet=self.name or "", cell=cell)
            last = row.number
            scales.row(row.values)
            yield row
        self.confirm(scales.weight())
        self._confirmed = True


#: What the second part of a weight counts.
NUMBERS, CHARACTERS, DIGITS = "numbers that add up to {}", "{} characters", "{} digits"


def differ(
    file: str, sheet: str | None, one: tuple[str, Weight], two: tuple[str, Weight], what: str = NUMBERS
) -> ReadFailed:
    """The sheet is parked: two readings, each with its name, do not weigh the same."""
    values = {}
    told = []
    for name, weight in (one, two):
        total = repr(weight.total).removesuffix(".0")
        told.append(f"{name}: {weight.filled:,} filled cells, {what.format(total)}")
        values[name] = {"filled": weight.filled, "errors": weight.errors, "sum": total}
    message = f"two readings of the sheet differ ({'; '.join(told)})"
    return ReadFailed(Finding("readings-differ", message, file=file, sheet=sheet or "", values=values))


def unconfirmed(file: str, sheet: str | None, why: str) -> ReadFailed:
    """The sheet is parked: there is no second reading."""
    message = f"no second reading confirms the sheet: {why}"
    return ReadFailed(Finding("reading-unconfirmed", message, file=file, sheet=sheet or ""))
