"""Tables without a format: columns and rows of typed cells, which each writer puts down in its own way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import NamedTuple

from ledger.domain.money import Money
from ledger.reporting import words
from ledger.reporting.figures import Summary


class Kind(Enum):
    """What a column holds; it decides alignment, number format and width."""

    TEXT = "text"
    #: text of a sentence or more, over several lines
    PROSE = "prose"
    COUNT = "count"
    #: a whole number that names something: never grouped
    NUMBER = "number"
    DAY = "day"
    MONEY = "money"
    #: a share, kept as a fraction and shown in per cent
    PERCENT = "percent"
    CHECK = "check"


class Formula(NamedTuple):
    """A live cell of a workbook and the value that it has now; other formats write the value."""

    expression: str
    value: Money | Decimal | str


class Linked(NamedTuple):
    """A live cell that leads to a range of the same workbook (`'Detail'!A5:T9`); `tip` says so."""

    formula: Formula
    target: str
    tip: str


class Indented(NamedTuple):
    """Text that stands `level` steps in, as a node of a tree; a strong one heads others."""

    text: str
    level: int
    is_strong: bool = False


Cell = str | int | date | Money | Decimal | Formula | Linked | Indented | None


class Column(NamedTuple):
    """A column: its name for programs, its heading for people, what it holds, and its width in characters."""

    name: str
    heading: str
    kind: Kind = Kind.TEXT
    width: int = 12


def settled(cell: Cell) -> str | int | date | Money | Decimal | None:
    """The value of a cell for a format that has no live cells, links or levels."""
    if isinstance(cell, Linked):
        cell = cell.formula
    if isinstance(cell, Formula):
        return cell.value
    return cell.text if isinstance(cell, Indented) else cell


def percent(share: Decimal) -> str:
    """A fraction in per cent with two decimals, halves away from zero: 0.12345 -> "12.35"."""
    return format((share * 100).quantize(Decimal("0.01"), ROUND_HALF_UP), "f")


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` may be iterated once; every row has a cell for every column."""

    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]


def summary_table(summary: Summary) -> Table:
    """A row for each sum. Currency, prices and kind of data stand beside each amount: they are never mixed."""
    columns = [
        *(key_column(name, summary) for name in summary.by),
        Column("amount", "Amount", Kind.MONEY, 20),
        Column("currency", "Currency", width=10),
        Column("price_basis", "Prices", width=12),
        Column("data", "Data", width=12),
        Column("projects", "Projects", Kind.COUNT, 10),
    ]
    rows = [
        [
            *(words.key(name, value) for name, value in row.keys.items()),
            row.amount,
            row.amount.currency,
            words.prices(row.price_basis),
            words.data(row.is_illustrative),
            row.projects,
        ]
        for row in summary.rows
    ]
    return Table(columns, rows)


def key_column(name: str, summary: Summary) -> Column:
    """The column of a key, as wide as its longest value up to a limit."""
    kind = Kind.NUMBER if name == "year" else Kind.TEXT
    longest = max((len(str(row.keys[name])) for row in summary.rows), default=0)
    return Column(name, words.HEADINGS[name], kind, min(max(longest, len(words.HEADINGS[name])) + 3, 50))
