"""What a table of an unknown file is: its header, extent and rows, the field of each column and how it is written.

Everything is inferred from header words, value shapes, code lists and arithmetic, and every answer says how sure it is
and why. Nothing is decided here about booking: `proposal` goes on only where no money is in doubt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made_by
from decimal import Decimal
from itertools import islice, zip_longest

from ledger.intake.arithmetic import column_arithmetic
from ledger.intake.cells import Row, Sheet, SheetFacts, Value, column_letter
from ledger.intake.code_lists import CodeLists
from ledger.intake.column_shapes import SAMPLE_ROWS, ColumnShape, measure_columns
from ledger.intake.dates import DateColumn, DateDecision
from ledger.intake.field_assignment import ColumnAssignment, assign_fields
from ledger.intake.header_finder import SEARCHED_ROWS, HeaderGuess, count_filled, find_header, is_filled, language_among
from ledger.intake.kept_rows import KeptRows
from ledger.intake.lexicon import MONEY_FIELDS, Lexicon
from ledger.intake.money_marks import CurrencySeen, UnitSeen, currency_of, unit_of
from ledger.intake.numbers import NumberColumn, NumberDecision
from ledger.intake.printed_totals import PrintedTotals, SummedColumn, TotalCheck
from ledger.intake.settings import Settings
from ledger.intake.table_extent import DIMENSIONS, Role, RowRole, TableShape, row_roles
from ledger.intake.totals import rows_of_sums
from ledger.intake.units import KRONE_OF, currency_from_text, currency_name, krone_of

DATE_FIELDS = frozenset(("start_date", "end_date", "decision_date"))
#: Score from which a header says an amount, and share of its cells that must be one before the column is in doubt.
_CLEAR, _SPOILT = 0.8, 0.2
#: Confidence below which an amount is left out where others are clearly worded.
_VAGUE = 0.5
#: Confidence of an amount in "kr" at most, for only the language of the header says whose.
_BY_LANGUAGE = 0.75
#: Currencies of a column of their own that are shown.
_SHOWN_CODES = 20


@dataclass(slots=True)
class IdentifiedColumn:
    """A column (1-based index), its field (None: left alone), how it is written, how sure that is and why.

    `ambiguous`: an amount that may be one of `alternatives`, left out because of that. `numbers` is decided for columns
    of amounts and rates, `dates` for date fields, `currency` and `unit` for amounts.
    """

    index: int
    header: str
    field: str | None
    confidence: float
    evidence: list[str]
    alternatives: tuple[str, ...] = ()
    ambiguous: bool = False
    numbers: NumberDecision | None = None
    dates: DateDecision | None = None
    currency: CurrencySeen = made_by(default_factory=CurrencySeen)
    unit: UnitSeen = made_by(default_factory=UnitSeen)
    #: cells of the data rows that hold something
    filled: int = 0

    @property
    def letter(self) -> str:
        """Letter of the column."""
        return column_letter(self.index)

    @property
    def is_money(self) -> bool:
        """Whether the field is an amount."""
        return self.field in MONEY_FIELDS


@dataclass(slots=True)
class IdentifiedTable:
    """A table found in a sheet. `roles` holds every row below the header that is no data, by number."""

    sheet: Sheet
    position: int
    header: HeaderGuess
    columns: list[IdentifiedColumn]
    rows: KeptRows
    roles: dict[int, RowRole] = made_by(default_factory=dict)
    data_rows: int = 0
    hidden_rows: list[int] = made_by(default_factory=list)
    totals: list[TotalCheck] = made_by(default_factory=list)
    #: column -> cells that hold amounts as text; column -> cells that hold other texts
    text_cells: dict[int, list[str]] = made_by(default_factory=dict)
    odd_cells: dict[int, list[str]] = made_by(default_factory=dict)
    #: marks of the data rows, to know a copy by
    marks: set[int] = made_by(default_factory=set)

    @property
    def name(self) -> str:
        """Name of the sheet; empty for a text file."""
        return self.sheet.name or ""

    @property
    def header_row(self) -> int:
        """The last row of the header."""
        return self.header.header_rows[-1]

    @property
    def total_rows(self) -> list[int]:
        """The rows that hold totals."""
        return [number for number, role in self.roles.items() if role.role is Role.TOTAL]

    @property
    def money(self) -> list[IdentifiedColumn]:
        """The columns that are amounts of ours."""
        return [column for column in self.columns if column.is_money]

    @property
    def confidence(self) -> float:
        """How sure the table is read rightly: its header, and the weakest of its amounts."""
        return min([self.header.confidence, *(column.confidence for column in self.money)])

    def column_of(self, name: str) -> IdentifiedColumn | None:
        """The column of a field."""
        return next((column for column in self.columns if column.field == name), None)


def identify_table(
    sheet: Sheet, position: int, *, lexicon: Lexicon, lists: CodeLists, settings: Settings, alone: bool = True
) -> IdentifiedTable | None:
    """The table of a sheet, or None where no row is a header. Reads the sheet once; may raise ReadFailed.

    The rows of a sheet that is not `alone` in its workbook are marked, to know a copy by.
    """
    rows = KeptRows(sheet)
    sample = _sample(rows)
    facts = sheet.facts
    header = find_header(sample[:SEARCHED_ROWS], lexicon, facts.merged)
    if header is None:
        return None
    first = header.first_data_row
    body = [row for row in sample if first is not None and row.number >= first]
    indexes = [column.index for column in header.columns]
    shapes = measure_columns(body, indexes, lambda text: lists.countries_of(text) is not None)
    assigned = assign_fields(header.columns, shapes, hidden=facts.hidden_columns)
    table = IdentifiedTable(sheet, position, header, [_column(a) for a in assigned], rows)
    _doubt_spoilt(table, shapes)
    _doubt_vague(table)
    numbers = _survey(table, shapes, lexicon, settings, marked=not alone)
    _settle_by_arithmetic(table, numbers, body)
    titles = [str(v) for row in sample if row.number < header.header_rows[0] for v in row.values if is_filled(v)]
    _mark_money(table, [*facts.above, *titles], facts, settings)
    return table


def _sample(rows: KeptRows) -> list[Row]:
    """The first rows of a sheet that is read to its end, so that its facts are complete."""
    iterator = iter(rows)
    sample = list(islice(iterator, SEARCHED_ROWS + SAMPLE_ROWS))
    for _ in iterator:
        pass
    return sample


def _column(assigned: ColumnAssignment) -> IdentifiedColumn:
    return IdentifiedColumn(
        assigned.index, assigned.header, assigned.field, assigned.confidence, list(assigned.evidence),
        assigned.alternatives, assigned.ambiguous,
    )  # fmt: skip


def _doubt_spoilt(table: IdentifiedTable, shapes: Mapping[int, ColumnShape]) -> None:
    """Doubt a column whose header is that of an amount and whose cells are so only in part: it must not drop out unseen."""
    taken = {column.field for column in table.columns}
    headers = {header.index: header for header in table.header.columns}
    for column in table.columns:
        shape, best = shapes[column.index], next(iter(headers[column.index].matches), None)
        if column.field is not None or column.ambiguous or best is None or best.field not in MONEY_FIELDS - taken:
            continue
        if best.score >= _CLEAR and not shape.is_amount and shape.numeric >= _SPOILT and shape.percents < 0.5:
            column.ambiguous, column.alternatives = True, (best.field,)
            column.evidence.append(f"only {shape.numeric:.0%} of its cells are amounts")


def _doubt_vague(table: IdentifiedTable) -> None:
    """Leave out a vaguely worded amount beside a clearly worded one: it may be requested, planned, cut or anything."""
    if not any(column.confidence >= _CLEAR for column in table.money):
        return
    for column in table.money:
        if column.confidence < _VAGUE:
            assert column.field
            column.ambiguous, column.alternatives = True, (column.field, *column.alternatives)
            column.field = None
            column.evidence.append("the header says too little beside the other amounts")


# --- the rows ----------------------------------------------------------------------------------------------------


def _survey(
    table: IdentifiedTable, shapes: Mapping[int, ColumnShape], lexicon: Lexicon, settings: Settings, *, marked: bool
) -> dict[int, NumberColumn]:
    """Go through all rows once: their roles, the columns' decisions, the totals. Returns the numeric columns."""
    amounts = {i for i, shape in shapes.items() if shape.is_amount}
    numeric = amounts | {c.index for c in table.columns if c.is_money or c.field == "eu_rate"}
    numbers = {i: NumberColumn() for i in sorted(numeric)}
    dates = {c.index: DateColumn() for c in table.columns if c.field in DATE_FIELDS}
    fields = {c.index: c.field for c in table.columns if c.field}
    totals = _totals(table, shapes, fields, lexicon)
    taken = _Taken(table, [*numbers.items(), *dates.items()], totals, marked)
    shape = TableShape(table.header.columns, fields, frozenset(amounts))
    summing = _summing_rows(table)
    for row, found in row_roles(table.rows, shape, lexicon, table.header_row):
        taken.row(row, RowRole(Role.TOTAL, "formulas sum up the rows") if row.number in summing else found)
    taken.close()
    for column in table.columns:
        if column.index in numbers:
            hint = settings.stated.get("number_style") if column.is_money else None
            column.numbers = numbers[column.index].decide(hint)
        if column.index in dates:
            column.dates = dates[column.index].decide(settings.stated.get("date_order"))
    table.totals = totals.checks()
    table.text_cells, table.odd_cells = totals.text_cells, totals.odd_cells
    return numbers


#: Rows of data that are taken together, column by column.
_LOT = 1000


@dataclass(slots=True)
class _Taken:
    """Takes the rows of a table in their order, each under its role."""

    table: IdentifiedTable
    feeds: Sequence[tuple[int, NumberColumn | DateColumn]]
    totals: PrintedTotals
    #: whether the rows are marked, to know a copy of the sheet by
    marked: bool
    #: a row of amounts without a word, which is a total only if no data follow
    waiting: Row | None = None
    #: rows of data that were not looked at yet
    lot: list[Row] = made_by(default_factory=list)

    def row(self, row: Row, role: RowRole) -> None:
        """Take the next row."""
        table, totals = self.table, self.totals
        if role.role is not Role.BLANK and row.number in table.sheet.facts.hidden_rows:
            table.hidden_rows.append(row.number)
        if role.role is Role.DATA:
            if self.waiting is not None:
                self.lot.append(self.waiting)
                del table.roles[self.waiting.number]
                self.waiting = None
            self.lot.append(row)
            if len(self.lot) >= _LOT:
                self._take_lot()
            return
        table.roles[row.number] = role
        if role.role is Role.TOTAL:
            self.waiting = None
        if role.role in (Role.SECTION, Role.HEADER):
            self._take_lot()
            totals.section(row)
        elif role.role is Role.TOTAL:
            self._take_lot()
            if role.labelled or totals.explains(row):
                totals.total(row, _label(row, totals.is_total_word))
            else:
                self.waiting = row

    def _take_lot(self) -> None:
        rows, table = self.lot, self.table
        if not rows:
            return
        columns = list(zip_longest(*(row.values for row in rows)))
        table.data_rows += len(rows)
        for index, column in self.feeds:
            if index <= len(columns):
                column.feed_all([value for value in columns[index - 1] if value is not None])
        for identified in table.columns:
            if identified.index <= len(columns):
                identified.filled += count_filled(columns[identified.index - 1])
        self.totals.data(rows, columns)
        if self.marked:
            table.marks.update(hash(tuple(str(v) for v in row.values if v is not None)) for row in rows)
        self.lot = []

    def close(self) -> None:
        """A row of amounts without a word after the last row of data is a total, right or wrong."""
        self._take_lot()
        if self.waiting is not None:
            self.totals.total(self.waiting, "")


def _summing_rows(table: IdentifiedTable) -> set[int]:
    """Rows in which a formula sums up its column; none where every other row has such formulas."""
    rows = rows_of_sums(table.sheet.facts.formulas)
    return rows if len(rows) * 4 <= table.sheet.facts.last_row else set()


def _totals(
    table: IdentifiedTable, shapes: Mapping[int, ColumnShape], fields: Mapping[int, str], lexicon: Lexicon
) -> PrintedTotals:
    formats = table.sheet.facts.number_formats
    summed = []
    for column in table.columns:
        shape = shapes[column.index]
        decision = shape.numbers
        rate = column.field == "eu_rate" or "%" in column.header or any("%" in f for f in formats.get(column.index, {}))
        if decision is None or not shape.is_amount or decision.ambiguous or rate:
            continue
        if column.field is None or column.is_money:
            summed.append(SummedColumn(column.index, column.header, column.field, decision))
    dimensions = [i for i, name in sorted(fields.items()) if name in DIMENSIONS and not shapes[i].is_amount]
    years = [i for i, name in sorted(fields.items()) if name == "year" and i not in dimensions]
    return PrintedTotals(
        summed, [*dimensions, *years], lambda t: lexicon.is_total_label(t) or lexicon.is_union_aggregate(t)
    )


def _label(row: Row, is_total_word: Callable[[str], bool]) -> str:
    """The text that calls a row a total, else its first one."""
    texts = [" ".join(value.split()) for value in row.values if isinstance(value, str) and value.strip()]
    return next((text for text in texts if is_total_word(text)), texts[0] if texts else "")


# --- what the amounts are in -------------------------------------------------------------------------------------


def _settle_by_arithmetic(table: IdentifiedTable, numbers: Mapping[int, NumberColumn], body: Iterable[Row]) -> None:
    """Ask the other columns where the cells of an amount column leave two styles."""
    open_columns = [c for c in table.columns if c.is_money and c.numbers is not None and c.numbers.ambiguous]
    if not open_columns:
        return
    rows = [row for row in body if row.number not in table.roles]
    decided: dict[str, dict[int, Decimal]] = {}
    for column in table.columns:
        if column.field and column.numbers is not None and not column.numbers.ambiguous:
            factor = 100 if column.field == "eu_rate" and _is_fraction(column, rows) else 1
            decided[column.field] = {
                row.number: number * factor
                for row in rows
                if (number := number_at(row, column.index, column.numbers)) is not None
            }
    for column in open_columns:
        assert column.field
        asked = column_arithmetic(column.index, column.field, rows, decided)
        column.numbers = numbers[column.index].decide(arithmetic=asked)


def number_at(row: Row, index: int, decision: NumberDecision) -> Decimal | None:
    """The number in a cell under the column's decision."""
    value: Value = row.values[index - 1] if index <= len(row.values) else None
    if value is None:
        return None
    read = decision.read(value.rstrip().removesuffix("%") if isinstance(value, str) else value)
    return getattr(read, "number", None)


def _rows_by_currency(facts: SheetFacts, index: int) -> dict[int, str]:
    """The currency that the number format of each cell names, by row; nothing where not all are known."""
    known = facts.format_rows.get(index, {})
    found: dict[int, str] = {}
    for code, count in facts.number_formats.get(index, {}).items():
        currency = currency_from_text(code)
        if currency is None:
            continue
        rows = known.get(code, [])
        if len(rows) != count:
            return {}
        found.update(dict.fromkeys(rows, currency))
    return found


def _column_codes(table: IdentifiedTable) -> tuple[str, ...]:
    """The currencies that the rows name in a column of their own; nothing where there is none, or a cell is no code."""
    stated = table.column_of("currency")
    if stated is None:
        return ()
    found: set[str] = set()
    for row in table.rows:
        value = row.values[stated.index - 1] if stated.index <= len(row.values) else None
        if row.number <= table.header_row or row.number in table.roles or not is_filled(value):
            continue
        code = currency_name(str(value).strip())
        if code is None or len(found) > _SHOWN_CODES:
            return ()
        found.add(code)
    return tuple(sorted(found))


def _is_fraction(column: IdentifiedColumn, rows: Sequence[Row]) -> bool:
    assert column.numbers
    found = [number_at(row, column.index, column.numbers) for row in rows]
    return max((n for n in found if n is not None), default=Decimal(0)) <= 1


def _mark_money(table: IdentifiedTable, titles: Sequence[str], facts: SheetFacts, settings: Settings) -> None:
    """Currency and unit of every amount, and why."""
    labels = [check.label for check in table.totals]
    groups = {c.index: c.group for c in table.header.columns}
    has_column = table.column_of("currency") is not None
    codes = _column_codes(table)
    krone = krone_of(language_among(table.header.columns, KRONE_OF), [c.header for c in table.columns])
    for column in table.columns:
        if column.numbers is None or (column.field is not None and not column.is_money):
            continue
        heading = f"{groups.get(column.index, '')} {column.header}"
        # A number that is no field of ours may be a count: only its own header, format or cells make it money.
        general = column.is_money
        column.currency = currency_of(
            heading,
            column.numbers,
            facts.number_formats.get(column.index, {}),
            titles=titles if general else (),
            labels=labels if general else (),
            stated=settings.stated.get("currency") if general else None,
            has_column=has_column,
            rows=_rows_by_currency(facts, column.index),
            column_codes=codes,
            krone=krone,
        )
        if column.currency.by_language:
            column.confidence = min(column.confidence, _BY_LANGUAGE)
        column.unit = unit_of(heading, titles, column.numbers, settings.unit)
        if column.is_money:
            column.evidence += [text for text in (column.currency.evidence, column.unit.evidence) if text]
            column.evidence += column.numbers.evidence
