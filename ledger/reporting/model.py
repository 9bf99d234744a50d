"""A report computed and not yet written: sheets of figures, each cell knowing what it is a sum of.

Every writer (workbook, csv, JSON, page …) starts from here. A money column says with `asks` what a cell of it counts,
a key column with `key` what a cell of it says of its row: both together are the question behind a figure, which is what
`why` answers of a cell in an exported workbook.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from ledger.domain.findings import Finding
from ledger.reporting.declaration import Declaration
from ledger.reporting.tables import Cell, Column, Kind, Table
from ledger.reporting.vocabulary import Vocabulary
from ledger.store.reports import Head, Line

#: What is never added to anything else: currency, price basis, illustrative or not.
Group = tuple[str, str, bool]


class Made(StrEnum):
    """How a column follows from others of its row."""

    RATIO = "ratio"
    #: the first less all others
    DIFFERENCE = "difference"
    #: what is still to be used of the first, where the second was committed up to and with it and the third is used: the
    #: oldest commitments are used first
    UNUSED = "unused"


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a sheet: name for programs, heading for people, what it holds, and what it is to `why`."""

    name: str
    heading: str
    kind: Kind = Kind.TEXT
    width: int = 12
    key: str = ""
    asks: Mapping[str, Any] | None = None
    made: Made | None = None
    of: tuple[str, ...] = ()

    @property
    def is_figure(self) -> bool:
        """Whether its cells are sums of transfers (and not made of other columns)."""
        return self.asks is not None and self.made is None

    def column(self) -> Column:
        """The same for a plain table."""
        return Column(self.name, self.heading, self.kind, self.width)


@dataclass(frozen=True, slots=True)
class Total:
    """The sums of a sheet's rows that may be added, by figure column: as the ledger has them, and as the rows add up."""

    group: Group
    ledger: Mapping[str, int]
    summed: Mapping[str, int]
    projects: int | None = None


@dataclass(frozen=True, slots=True)
class ChartPlan:
    """A chart of the first rows of a sheet: its categories, and a series for each of `series` (figure columns)."""

    kind: str
    title: str
    category: str
    series: tuple[str, ...]
    rows: int


@dataclass(slots=True)
class FigureSheet:
    """A sheet: its columns, and rows with a cell for each of them, which may be iterated once.

    Sums have their lines on the detail sheet; the rows of a list are lines themselves. `rows_are_checked` says that each
    row, and not their totals alone, is held against the ledger.
    """

    name: str
    tab: str
    title: str
    kind: str
    fields: list[Field]
    rows: Iterable[Sequence[Cell]]
    totals: list[Total] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    charts: list[ChartPlan] = field(default_factory=list)
    plain: bool = False
    rows_are_checked: bool = True
    is_illustrative: bool = False
    findings: list[Finding] = field(default_factory=list)

    @property
    def figures(self) -> list[Field]:
        """The columns whose cells are sums of transfers."""
        return [each for each in self.fields if each.is_figure]

    def table(self) -> Table:
        """The rows for a writer of plain tables."""
        return Table([each.column() for each in self.fields], self.rows)

    def at_hand(self) -> FigureSheet:
        """The same with its rows in memory, to be iterated as often as one likes."""
        return replace(self, rows=list(self.rows))


@dataclass(frozen=True, slots=True)
class DetailLine:
    """A transfer behind the sums: what it counts (`minor`) to which measure, and the number of its row on each sheet."""

    measure: str
    line: Line
    minor: int
    numbers: tuple[int | None, ...]


@dataclass(slots=True)
class ReportModel:
    """A report: `base` is its question in JSON's types, pinned to the ledger's head, and `detail` gives its lines.

    `about` is what is to be known of it, in the report's language: pairs of what and answer.
    """

    declaration: Declaration
    words: Vocabulary
    title: str
    sheets: list[FigureSheet]
    about: list[tuple[str, str]]
    head: Head | None
    base: dict[str, Any]
    unit: str = "1"
    detail: Callable[[], Iterator[DetailLine]] | None = None
    is_illustrative: bool = False
    filters: dict[str, Any] = field(default_factory=dict)
    #: the keys of all sheets of sums together: an earmark's parts are rounded once for each row of them
    finest: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def notice(self) -> str:
        """What the first line of each sheet says where invented data is among the rows; else empty."""
        return self.words("notice") if self.is_illustrative else ""

    @property
    def has_shares(self) -> bool:
        """Whether a line may count in part: the share of an earmark."""
        return "earmark" in self.base or any(measure.earmark for measure in self.declaration.measures)

    @property
    def summed(self) -> list[FigureSheet]:
        """The sheets whose figures are sums over the detail sheet."""
        return [sheet for sheet in self.sheets if sheet.kind == "sums"]
