"""Whether the totals that a sheet prints equal its rows: sections, subtotals, grand totals, totals per country or fund.

Works on the numbers as the sheet states them, before any currency is known, so that a sender's total is also checked in
columns that the ledger does not book and in files whose import stops. Exact: sums of decimals, compared to the cent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any

from ledger.intake.cells import Row, Value, cell_name, column_letter
from ledger.intake.numbers import Amount, NumberDecision

_EXACT = Context(prec=60)
_CENT = Decimal("0.01")
#: Boundaries that are tried as the start of a sum; sums over more sections are not looked for.
_TRIED = 60
#: Distinct combinations of country, fund, year … that are summed apart.
_GROUPS = 5000
#: A printed number this far from every sum of a column that is not booked is no total of it (a rate, an average).
_TOO_FAR = Decimal("0.5")


_TYPED = {int, Decimal, type(None)}


def cents(number: Decimal) -> Decimal:
    """A number rounded half up to the cent."""
    return number.quantize(_CENT, rounding=ROUND_HALF_UP, context=_EXACT)


@dataclass(frozen=True, slots=True)
class SummedColumn:
    """A column whose totals are checked (1-based index). `field` is None where the ledger does not book it."""

    index: int
    header: str
    field: str | None
    decision: NumberDecision


@dataclass(frozen=True, slots=True)
class TotalCheck:
    """A printed total and what its cells add up to; both in the unit of the column, rounded to the cent.

    `cells` is the range that was added up; `where` says which of its rows, if not all. `left_out` are amounts stored as
    text among them that the printed total omits, with their cells; nothing where that is not the cause.
    """

    row: int
    column: SummedColumn
    label: str
    cells: str
    printed: Decimal
    computed: Decimal
    where: str = ""
    left_out: Decimal = Decimal(0)
    left_out_cells: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """True where printed and computed are the same to the cent."""
        return self.printed == self.computed

    @property
    def cell(self) -> str:
        """The cell of the printed total."""
        return cell_name(self.row, self.column.index)


@dataclass(slots=True)
class _Sums:
    """Sums of one column up to some row: exact, of the rounded amounts, of those stored as text; filled cells.

    Sums of a group (one country) also know their first and last row.
    """

    exact: Decimal = Decimal(0)
    rounded: Decimal = Decimal(0)
    texts: Decimal = Decimal(0)
    filled: int = 0
    first: int = 0
    last: int = 0

    def add(self, number: Decimal, *, is_text: bool) -> None:
        self.exact = _EXACT.add(self.exact, number)
        self.rounded = _EXACT.add(self.rounded, cents(number))
        if is_text:
            self.texts = _EXACT.add(self.texts, number)
        self.filled += 1

    def copy(self) -> _Sums:
        return _Sums(self.exact, self.rounded, self.texts, self.filled)

    def since(self, earlier: _Sums) -> _Sums:
        return _Sums(
            self.exact - earlier.exact,
            self.rounded - earlier.rounded,
            self.texts - earlier.texts,
            self.filled - earlier.filled,
        )

    def equals(self, printed: Decimal) -> bool:
        return self.filled > 0 and printed in (cents(self.exact), self.rounded)


@dataclass(slots=True)
class _Boundary:
    """Where a total row stands among the rows: the sums before it, the last row of data before, the first after."""

    row: int
    label: str
    numbers: dict[int, Decimal]
    sums: list[_Sums]
    keys: tuple[str, ...] = ()
    last_before: int = 0
    first_after: int = 0


@dataclass(frozen=True, slots=True)
class _Meant:
    """A sum that a total may be meant to be."""

    sums: _Sums
    first: int
    last: int
    where: str = ""


@dataclass(slots=True)
class PrintedTotals:
    """Fed with the rows of a table in their order: `data` and `total`; `checks` when all were fed.

    `dimensions` are 1-based columns that sort the rows (country, fund, year …): a total row that names some of them is
    the sum of the rows that agree in those. `is_total_word` tells a word for a total or for all countries.
    """

    columns: Sequence[SummedColumn]
    dimensions: Sequence[int]
    is_total_word: Callable[[str], bool]
    #: column -> cells that hold an amount as text
    text_cells: dict[int, list[str]] = field(default_factory=dict)
    #: column -> cells that hold a text which is no amount
    odd_cells: dict[int, list[str]] = field(default_factory=dict)
    _text_rows: dict[int, list[tuple[int, Decimal]]] = field(default_factory=dict)
    _sums: list[_Sums] = field(default_factory=list)
    _start: list[_Sums] = field(default_factory=list)
    _totals: list[_Boundary] = field(default_factory=list)
    _groups: dict[tuple[str, ...], list[_Sums]] = field(default_factory=dict)
    _first: int = 0
    _last: int = 0

    def __post_init__(self) -> None:
        self._sums = [_Sums() for _ in self.columns]
        self._start = [_Sums() for _ in self.columns]

    # --- feeding -------------------------------------------------------------------------------------------------

    def data(self, rows: Sequence[Row], columns: Sequence[Sequence[Value]]) -> None:
        """Take rows of data into account; `columns` are their values, column by column."""
        self._first = self._first or rows[0].number
        self._last = rows[-1].number
        if self._totals and not self._totals[-1].first_after:
            self._totals[-1].first_after = rows[0].number
        groups = self._groups_of(rows, columns)
        for at, column in enumerate(self.columns):
            if column.index > len(columns):
                continue
            values = columns[column.index - 1]
            if set(map(type, values)) <= _TYPED:
                self._add_typed(at, rows, values, groups)
            else:
                self._add_any(at, rows, values, groups)

    def _add_typed(self, at: int, rows: Sequence[Row], values: Sequence[Any], groups: _Groups) -> None:
        """Add up a column of typed numbers and empty cells."""
        numbers = [value for value in values if value is not None]
        with localcontext(_EXACT):
            exact = sum(numbers, Decimal(0))
            # An exact sum has as many decimals as the longest of its numbers: where none has a third, none is rounded.
            is_whole = _places(exact) <= 2
            total = self._sums[at]
            total.exact += exact
            total.rounded += exact if is_whole else sum(map(cents, map(Decimal, numbers)))
            total.filled += len(numbers)
            if groups is None:
                return
            for row, value, group in zip(rows, values, groups, strict=True):
                if value is not None and group is not None:
                    sums = group[at]
                    sums.exact += value
                    sums.rounded += value if is_whole else cents(Decimal(value))
                    sums.filled += 1
                    sums.first = sums.first or row.number
                    sums.last = row.number

    def _add_any(self, at: int, rows: Sequence[Row], values: Sequence[Value], groups: _Groups) -> None:
        """Add up a column in which texts stand."""
        column = self.columns[at]
        for place, (row, value) in enumerate(zip(rows, values, strict=True)):
            number = None if value is None else self._number(row.number, column, value)
            if number is None:
                continue
            is_text = isinstance(value, str)
            self._sums[at].add(number, is_text=is_text)
            if groups is not None and (group := groups[place]) is not None:
                group[at].add(number, is_text=is_text)
                group[at].first = group[at].first or row.number
                group[at].last = row.number
            if is_text and column.decision.counts.get("typed"):
                self._text_rows.setdefault(column.index, []).append((row.number, number))

    def _number(self, row: int, column: SummedColumn, value: Value) -> Decimal | None:
        if type(value) is int:
            return Decimal(value)
        if type(value) is Decimal:
            return value
        read = column.decision.read(value)
        if isinstance(read, Amount):
            if isinstance(value, str):
                self.text_cells.setdefault(column.index, []).append(cell_name(row, column.index))
            return read.number
        if isinstance(value, str) and type(read).__name__ == "Refusal":
            self.odd_cells.setdefault(column.index, []).append(cell_name(row, column.index))
        return None

    def _groups_of(self, rows: Sequence[Row], columns: Sequence[Sequence[Value]]) -> _Groups:
        """The sums of the group that each row belongs to; None where rows are not, or no longer, grouped."""
        known = self._groups
        if len(self.dimensions) < 2 or len(known) > _GROUPS:
            return None
        words = [
            [value if type(value) is str and value.isalnum() else _word(value) for value in columns[index - 1]]
            if index <= len(columns)
            else [""] * len(rows)
            for index in self.dimensions
        ]
        found: list[list[_Sums] | None] = []
        for key in zip(*words, strict=True):
            group = known.get(key)
            if len(known) > _GROUPS:
                group = None
            elif group is None:
                group = known[key] = [_Sums() for _ in self.columns]
            found.append(group)
        return found

    def _printed(self, row: Row) -> dict[int, Decimal]:
        numbers: dict[int, Decimal] = {}
        for at, column in enumerate(self.columns):
            value = _value(row, column.index)
            read = None if value is None else column.decision.read(value)
            if isinstance(read, Amount):
                numbers[at] = cents(read.number)
        return numbers

    def explains(self, row: Row) -> bool:
        """Whether some number of the row is the sum of two or more of the rows above it."""
        return any(
            any(meant.sums.filled > 1 and meant.sums.equals(printed) for meant in self._above(self._boundary(row), at))
            for at, printed in self._printed(row).items()
            if printed
        )

    def total(self, row: Row, label: str) -> None:
        """Take a total row into account."""
        self._totals.append(self._boundary(row, label))

    def section(self, row: Row) -> None:
        """Take a section heading into account: a subtotal may begin after it."""
        self._totals.append(_Boundary(row.number, "", {}, [s.copy() for s in self._sums], (), self._last))

    def _boundary(self, row: Row, label: str = "") -> _Boundary:
        keys = tuple(_word(_value(row, index)) for index in self.dimensions)
        sums = [s.copy() for s in self._sums]
        return _Boundary(row.number, label, self._printed(row), sums, keys, self._last)

    # --- the answer ----------------------------------------------------------------------------------------------

    def checks(self) -> list[TotalCheck]:
        """Every number of every total row beside what it is the sum of, or was meant to be."""
        made: list[TotalCheck] = []
        for place, total in enumerate(self._totals):
            for at, printed in total.numbers.items():
                check = self._check(place, total, at, printed)
                if check is not None:
                    made.append(check)
        return made

    def _check(self, place: int, total: _Boundary, at: int, printed: Decimal) -> TotalCheck | None:
        column = self.columns[at]
        grouped = self._grouped(total, at)
        above = [m for m in self._above(total, at, place) if m.sums.filled]
        below = [m for m in self._below(place, at) if m.sums.filled]
        tried = ([grouped] if grouped else []) + above + below
        if not tried:
            return None
        meant = next((m for m in tried if m.sums.equals(printed)), None)
        if meant is None:
            likely = [grouped] if grouped else [above[0], above[-1]] if above else [below[0], below[-1]]
            meant = min(likely, key=lambda m: abs(m.sums.rounded - printed))
            far = abs(meant.sums.rounded - printed) > _TOO_FAR * max(abs(meant.sums.rounded), abs(printed))
            if column.field is None and far:
                return None
            computed = meant.sums.rounded
        else:
            computed = printed
        letter = column_letter(column.index)
        cells = f"{letter}{meant.first}:{letter}{meant.last}" if meant.first < meant.last else f"{letter}{meant.first}"
        left_out, left_cells = self._left_out(column, meant, printed, computed)
        return TotalCheck(total.row, column, total.label, cells, printed, computed, meant.where, left_out, left_cells)

    def _left_out(
        self, column: SummedColumn, meant: _Meant, printed: Decimal, computed: Decimal
    ) -> tuple[Decimal, tuple[str, ...]]:
        """The amounts stored as text that make the difference, or nothing where they do not."""
        texts = [(r, n) for r, n in self._text_rows.get(column.index, []) if meant.first <= r <= meant.last]
        missing = cents(sum((n for _, n in texts), Decimal(0)))
        if not texts or printed == computed or cents(meant.sums.exact - missing) != printed:
            return Decimal(0), ()
        return missing, tuple(cell_name(r, column.index) for r, _ in texts)

    def _above(self, total: _Boundary, at: int, place: int | None = None) -> Iterator[_Meant]:
        """The sums of the rows above: since the last total, since the one before it … and of all."""
        earlier = self._totals if place is None else self._totals[:place]
        for boundary in list(reversed(earlier))[:_TRIED]:
            if boundary.first_after and boundary.first_after <= total.last_before:
                yield _Meant(total.sums[at].since(boundary.sums[at]), boundary.first_after, total.last_before)
        if self._first and total.last_before:
            yield _Meant(total.sums[at], self._first, total.last_before)

    def _below(self, place: int, at: int) -> Iterator[_Meant]:
        """The sums of the rows below: to the next total, to the one after it … and of all that follow."""
        total = self._totals[place]
        if not total.first_after:
            return
        for boundary in self._totals[place + 1 :][:_TRIED]:
            if boundary.last_before >= total.first_after:
                yield _Meant(boundary.sums[at].since(total.sums[at]), total.first_after, boundary.last_before)
        yield _Meant(self._sums[at].since(total.sums[at]), total.first_after, self._last)

    def _grouped(self, total: _Boundary, at: int) -> _Meant | None:
        """The sum of the rows that agree with the total row in what it names: its country, its year."""
        if not self._groups or len(self._groups) > _GROUPS:
            return None
        fixed = [(i, word) for i, word in enumerate(total.keys) if word and not self.is_total_word(word)]
        if not fixed or len(fixed) == len(total.keys):
            return None
        found, groups = _Sums(), []
        for key, sums in self._groups.items():
            if sums[at].filled and all(key[i] == word for i, word in fixed):
                groups.append(sums[at])
                found.exact += sums[at].exact
                found.rounded += sums[at].rounded
                found.filled += sums[at].filled
        if not groups:
            return None
        first, last = min(g.first for g in groups), max(g.last for g in groups)
        # Rows that stand together need no further words; scattered ones do.
        together = last - first + 1 == found.filled
        where = "" if together else ", ".join(word for _, word in fixed)
        return _Meant(found, first, last, where)


#: For each row the sums of its group; None where there are no groups.
_Groups = list[list[_Sums] | None] | None


def _places(number: Decimal) -> int:
    """Decimals of a number; many where it is none."""
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 1000


def _value(row: Row, index: int) -> Value:
    return row.values[index - 1] if index <= len(row.values) else None


def _word(value: Value) -> str:
    return "" if value is None else " ".join(str(value).split())
