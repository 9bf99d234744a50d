"""Deciding, before any row is booked, how each column of a table is read: style, currency, unit, stage and basis.

The whole table is read once for this, because a column decides together: one cell `1.234` says nothing, a thousand do.
What stays open stops the import.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ledger.domain.findings import Severity
from ledger.domain.money import MoneyError, display_rounded, minor_digits, to_minor
from ledger.domain.records import ColumnRead, Kind
from ledger.domain.stages import Basis, Stage
from ledger.intake.cells import Row, SheetFacts, Value, column_letter
from ledger.intake.code_lists import CodeLists
from ledger.intake.dates import DateColumn, DateDecision
from ledger.intake.fields import BASIS, FIELDS, OWN_STAGE, FieldType
from ledger.intake.finding_log import FindingLog
from ledger.intake.headers import BoundColumn, Table, plain_header
from ledger.intake.numbers import NumberColumn, NumberDecision
from ledger.intake.profiles import AMOUNT_UNITS, ColumnRule
from ledger.intake.settings import Settings
from ledger.intake.units import currencies_in_text, unit_from_text, unit_suspect


@dataclass(slots=True)
class AmountColumn:
    """A column of amounts: `at` is 0-based. `stage` and `currency` None: the row says it, or the plan's default."""

    at: int
    field: str
    stage: str | None
    basis: str | None
    currency: str | None
    unit: int
    negative: bool
    required: bool
    decision: NumberDecision
    #: date of its amounts, where the column says it
    value_date: date | None = None
    #: names it among the amounts of a row: the field, with its period where the field has a column per period
    key: str = ""
    #: cells that were rounded, and the first of them
    rounded: int = 0
    first_rounded: int = 0

    def __post_init__(self) -> None:
        self.key = self.key or self.field


@dataclass(slots=True)
class PercentColumn:
    """A column of percentages; `factor` makes per cent of its typed numbers: 100 where they are fractions of one."""

    at: int
    field: str
    factor: int
    decision: NumberDecision


@dataclass(slots=True)
class Plan:
    """How the rows of a table are read. Positions are 0-based; `places` gives that of every field with a column.

    Positions from `width` on are no cells of the sheet: `added` gives what the layout puts there, by field, and
    `origins` the column that it comes from, where there is one.
    """

    kind: Kind
    width: int
    places: dict[str, int] = field(default_factory=dict)
    headers: dict[int, str] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)
    origins: dict[int, int] = field(default_factory=dict)
    #: position -> what its texts stand for, and what becomes of a row with another text
    values: dict[int, tuple[Mapping[str, str], str]] = field(default_factory=dict)
    amounts: list[AmountColumn] = field(default_factory=list)
    percents: list[PercentColumn] = field(default_factory=list)
    dates: list[tuple[int, str, DateDecision]] = field(default_factory=list)
    required: list[tuple[int, str]] = field(default_factory=list)
    #: what the settings, then the profile state for the whole file, by field
    stated: dict[str, str] = field(default_factory=dict)
    currency: str | None = None
    earmark: str | None = None
    as_of: date | None = None

    @property
    def whole_width(self) -> int:
        """Cells of a row with what the layout adds."""
        return self.width + len(self.added)

    def add(self, name: str, origin: int | None = None) -> int:
        """The position of a field; a new one beyond the sheet's own cells if it has no column."""
        if name not in self.places:
            at = self.places[name] = self.added[name] = self.whole_width
            self.headers[at] = name
            if origin is not None:
                self.origins[at] = origin
        return self.places[name]

    def find(self, name: str) -> int | None:
        """The position of the column with this field or header; None where there is none."""
        if name in self.places:
            return self.places[name]
        word = plain_header(name)
        return next((at for at, header in self.headers.items() if plain_header(header) == word), None)


@dataclass(slots=True)
class Seen:
    """What a first reading of the table found in one column."""

    numbers: NumberColumn | None = None
    dates: DateColumn | None = None
    largest: Decimal = Decimal(0)
    percent_texts: int = 0


def field_types(table: Table) -> dict[int, FieldType]:
    """Type of the field of every bound column, by 1-based index."""
    known = FIELDS[table.rule.kind]
    return {column.index: known[column.rule.field] for column in table.columns if column.rule}


def survey(table: Table, rows: Iterable[Row]) -> dict[int, Seen]:
    """What stands in the amount, percentage, number and date columns, by 1-based index."""
    seen = {index: Seen() for index in field_types(table)}
    feeds: list[tuple[int, NumberColumn | DateColumn]] = []
    for index, kind in field_types(table).items():
        if kind in (FieldType.AMOUNT, FieldType.NUMBER, FieldType.PERCENT):
            numbers = seen[index].numbers = NumberColumn()
            if kind is not FieldType.PERCENT:
                feeds.append((index - 1, numbers))
        elif kind is FieldType.DATE:
            dates = seen[index].dates = DateColumn()
            feeds.append((index - 1, dates))
    percents = [index for index, kind in field_types(table).items() if kind is FieldType.PERCENT]
    for number, values in rows:
        if number <= table.header_row:
            continue
        width = len(values)
        for at, column in feeds:
            if at < width and (value := values[at]) is not None:
                column.feed(value)
        for index in percents:
            _see_percent(seen[index], values[index - 1] if index <= width else None)
    return seen


def without_percent(value: Value) -> Value:
    """A text without the per cent sign at its end; any other cell as it is."""
    return value.rstrip().removesuffix("%").rstrip() if isinstance(value, str) else value


def _see_percent(seen: Seen, value: Value) -> None:
    assert seen.numbers
    seen.numbers.feed(without_percent(value))
    if isinstance(value, str):
        seen.percent_texts += "%" in value
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        seen.largest = max(seen.largest, Decimal(value))


@dataclass(frozen=True, slots=True)
class _Work:
    """What the planning of one table needs throughout."""

    plan: Plan
    table: Table
    facts: SheetFacts
    settings: Settings
    log: FindingLog

    def cell(self, column: BoundColumn) -> str:
        """The header cell of a column."""
        return f"{column_letter(column.index)}{self.table.header_row}"

    def hint(self, name: str, own: str | None) -> str | None:
        """What --set, the column's rule or the profile say of a style or order."""
        return self.settings.stated.get(name) or own or self.table.rule.constants.get(name)


def plan(table: Table, seen: dict[int, Seen], *, settings: Settings, lists: CodeLists, log: FindingLog) -> Plan:
    """The plan of a table whose sheet was read once; tells the log of all that stays open, with severity STOP."""
    rule = table.rule
    made = Plan(rule.kind, max((column.index for column in table.columns), default=0))
    made.stated = {**rule.constants, **settings.stated}
    if made.stated.get("unit", "").lower() in AMOUNT_UNITS:
        del made.stated["unit"]
    _check_constants(made, lists, log)
    made.as_of = settings.as_of or _day(made.stated.get("as_of"))
    made.currency = made.stated.get("currency")
    made.earmark = made.stated.get("earmark")
    for column in table.columns:
        made.headers[column.index - 1] = column.header
        if column.rule:
            _place(made, column, column.rule)
    work = _Work(made, table, table.sheet.facts, settings, log)
    types = field_types(table)
    for column in table.columns:
        if column.rule:
            _plan_column(work, column, column.rule, types[column.index], seen[column.index])
    _add_places(made, table)
    if made.currency is None and "currency" not in made.places and made.kind is not Kind.RATES:
        for amount in made.amounts:
            if amount.currency is None:
                cell = f"{column_letter(amount.at + 1)}{table.header_row}"
                log.tell("currency-missing", f"nothing says which currency {made.headers[amount.at]!r} is in", cell)
    return made


def _place(made: Plan, column: BoundColumn, rule: ColumnRule) -> None:
    at = column.index - 1
    if column.period is None:
        made.places[rule.field] = at
    if rule.required:
        made.required.append((at, rule.field))
    if rule.values:
        made.values[at] = (rule.values, rule.otherwise)


def _add_places(made: Plan, table: Table) -> None:
    """Places for the fields that the layout states without a column."""
    layout = table.rule.layout
    for section in layout.sections:
        made.add(section.field)
    if layout.children:
        made.add("parent", made.places.get("project_ref"))
        made.add("project_ref")
        if layout.children.unit or layout.children.parent_unit:
            made.add("unit")
    if layout.lookup:
        for name in layout.lookup.fields:
            made.add(name, made.find(layout.lookup.key))
        if layout.lookup.split:
            made.add("countries_split", made.find(layout.lookup.key))
    if layout.split:
        made.add("countries_split", made.find(layout.split.codes[0]))


def _check_constants(made: Plan, lists: CodeLists, log: FindingLog) -> None:
    """Resolve the codes that the profile states for the whole file."""
    for name, look_up in (("fund", lists.fund), ("currency", lists.currency), ("theme", lists.theme)):
        if name in made.stated and made.kind is not Kind.FIGURES:
            _resolve(made, name, look_up(made.stated[name]), log)
    if "country" in made.stated and made.kind is not Kind.FIGURES:
        _resolve(made, "country", lists.country(made.stated["country"]), log)
    stage = made.stated.get("stage")
    if stage is not None and stage not in list(Stage)[1:]:
        log.tell("profile-invalid", f"the stage {stage!r} that is stated for the whole file is none")
    for name in ("period_start", "period_end", "start_date", "end_date", "decision_date", "as_of"):
        if name in made.stated and _day(made.stated[name]) is None:
            log.tell("profile-invalid", f"{name} = {made.stated[name]!r} is no date written YYYY-MM-DD")


def _resolve(made: Plan, name: str, code: str | None, log: FindingLog) -> None:
    if code is None:
        log.tell("profile-invalid", f"the {name} {made.stated[name]!r} that is stated for the whole file is none")
    else:
        made.stated[name] = code


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _plan_column(work: _Work, column: BoundColumn, rule: ColumnRule, kind: FieldType, seen: Seen) -> None:
    """Decide one column, as far as its type needs it."""
    at, made = column.index - 1, work.plan
    if seen.dates is not None:
        dates = seen.dates.decide(work.hint("date_order", rule.date_order))
        if dates.ambiguous:
            message = f"the dates of {column.header!r} can be read in two orders: {'; '.join(dates.evidence)}"
            work.log.tell("date-ambiguous", message, work.cell(column))
        made.dates.append((at, rule.field, dates))
    elif seen.numbers is not None:
        decision = seen.numbers.decide(work.hint("number_style", rule.number_style))
        if decision.ambiguous:
            _tell_ambiguous(work, column, decision)
        if kind is FieldType.AMOUNT:
            made.amounts.append(_amount_column(work, column, rule, decision))
        else:
            factor = _percent_factor(column, seen, work.facts) if kind is FieldType.PERCENT else 1
            made.percents.append(PercentColumn(at, rule.field, factor, decision))
            made.earmark = rule.earmark or made.earmark


def _tell_ambiguous(work: _Work, column: BoundColumn, decision: NumberDecision) -> None:
    """Show what the column adds up to under each of its readings."""
    currency = work.plan.stated.get("currency", "EUR")
    totals = {}
    for candidate in decision.candidates:
        try:
            minor, _ = to_minor(candidate.total, currency)
            totals[candidate.style] = display_rounded(minor, currency)
        except MoneyError:
            totals[candidate.style] = f"{currency} {candidate.total}"
    shown = " or ".join(f"{total} (number_style {style!r})" for style, total in totals.items())
    message = f"the column {column.header!r} adds up to {shown}: {'; '.join(decision.evidence)}"
    work.log.tell("number-ambiguous", message, work.cell(column), {"readings": totals})


def _amount_column(work: _Work, column: BoundColumn, rule: ColumnRule, decision: NumberDecision) -> AmountColumn:
    stage = rule.stage or OWN_STAGE.get(rule.field)
    basis = rule.basis or BASIS.get(rule.field)
    period, day = column.period or ("", None)
    return AmountColumn(
        at=column.index - 1,
        field=rule.field,
        key=f"{rule.field} {period}" if period else rule.field,
        value_date=day,
        stage=None if stage is None else Stage(stage).value,
        basis=None if basis is None else Basis(basis).value,
        currency=_currency(work, column, rule, decision),
        unit=_unit(work, column, rule, decision),
        negative=rule.negative,
        required=rule.required,
        decision=decision,
    )


def _unit(work: _Work, column: BoundColumn, rule: ColumnRule, decision: NumberDecision) -> int:
    """The unit of a column: --set, the column's own in the profile, the profile's, the header's; else 1."""
    table = work.table.rule
    constant = AMOUNT_UNITS.get(table.constants.get("unit", "").lower())
    told = unit_from_text(column.header)
    stated = work.settings.unit or rule.unit or constant
    unit = stated or (told[0] if told else 1)
    reason = unit_suspect(unit, decision.magnitudes)
    # Our own templates say that their amounts are in full; small ones are no reason for doubt there.
    if reason and (unit > 1 or (stated is None and table.other_columns != "stop")):
        severity = Severity.STOP if unit > 1 else Severity.WARNING
        work.log.tell("unit-suspect", f"{column.header!r}: {reason}", work.cell(column), {"unit": unit}, severity)
    return unit


def _currency(work: _Work, column: BoundColumn, rule: ColumnRule, decision: NumberDecision) -> str | None:
    """The currency that the column shows by itself, where the whole file, its profile and its rows state none.

    A currency in the header, the cells or their number formats that contradicts what the profile states stops the
    import; --set and a currency column of the sheet are explicit and settle it.
    """
    if rule.currency:
        return rule.currency
    if "currency" in work.settings.stated or "currency" in work.plan.places:
        return None
    formats = work.facts.number_formats.get(column.index, {})
    shown = dict.fromkeys(currencies_in_text(column.header))
    shown |= dict.fromkeys(name for code in formats for name in currencies_in_text(code))
    shown |= dict.fromkeys(name for name in decision.currencies if name)
    stated = work.plan.currency
    seen = {**shown, stated: None} if stated else shown
    if len(seen) > 1:
        names = " and ".join(map(str, seen))
        message = f"the column {column.header!r} points to {names}"
        work.log.tell("currency-ambiguous", message, work.cell(column), {"seen": list(seen)})
    return None if stated else next(iter(shown), None)


def _percent_factor(column: BoundColumn, seen: Seen, facts: SheetFacts) -> int:
    """100 where typed numbers are fractions: their format shows a per cent sign, or none is above one.

    A header that says per cent, or a text with the sign, means that the numbers are per cent already.
    """
    if any("%" in code for code in facts.number_formats.get(column.index, {})):
        return 100
    if seen.percent_texts or "%" in column.header:
        return 1
    return 1 if seen.largest > 1 else 100


def columns_read(table: Table, made: Plan) -> list[ColumnRead]:
    """The columns as they are recorded with the batch."""
    amounts = {amount.at: amount for amount in made.amounts}
    read = []
    for column in table.columns:
        amount = amounts.get(column.index - 1)
        read.append(
            ColumnRead(
                index=column.index,
                letter=column_letter(column.index),
                header=column.header,
                field=column.rule.field if column.rule else None,
                number_style=amount.decision.style if amount else None,
                currency=(amount.currency or made.currency) if amount else None,
                unit=amount.unit if amount else 1,
            )
        )
    return read


def minor_factor(currency: str, unit: int) -> int:
    """Minor units in one `unit` of a currency: EUR thousand -> 100000."""
    return int(unit * 10 ** minor_digits(currency))
