"""From an identified table to a plan of import, where no money is in doubt; else the findings that say what is.

The proposal is a table rule such as a profile would hold, bound to the columns, and the plan that `TableReader` needs.
Only what is beyond doubt is booked: a column that may be two amounts, a number that may be two numbers, a currency that
nothing states and a unit that does not fit stop the import, each with what settles it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ledger.domain.findings import Severity
from ledger.domain.records import Kind
from ledger.domain.stages import Stage
from ledger.intake.cells import Row, Value, column_letter
from ledger.intake.columns import AmountColumn, PercentColumn, Plan, without_percent
from ledger.intake.fields import BASIS, FIELDS, OWN_STAGE, FieldType
from ledger.intake.finding_log import FindingLog
from ledger.intake.headers import BoundColumn, Table
from ledger.intake.identify import IdentifiedColumn, IdentifiedTable, number_at
from ledger.intake.numbers import NumberColumn, NumberDecision
from ledger.intake.profiles import AMOUNT_UNITS, ColumnRule, TableRule
from ledger.intake.settings import Settings
from ledger.intake.table_extent import DIMENSIONS

#: An amount column below this is not booked without a word from a person.
BOOKED_FROM = 0.6
#: Share of the rows that must have a reference for the column to be the rows' reference.
_REFERENCED = 0.8
#: References that must repeat their amount before it is told.
_REPEATED = 3
#: What tells one project from another where the list has no reference column.
_NAMES = frozenset(("title", "beneficiary", "project_ref"))


@dataclass(frozen=True, slots=True)
class Proposal:
    """A table with its rule, its plan and the identification it stands on."""

    table: Table
    plan: Plan
    identified: IdentifiedTable


def propose(found: IdentifiedTable, settings: Settings, log: FindingLog) -> Proposal:
    """How the table would be booked. What forbids it is told to the log with severity STOP."""
    plan = Plan(Kind.PROJECTS, max((column.index for column in found.columns), default=0))
    plan.stated = {name: value for name, value in settings.stated.items() if name not in ("number_style", "date_order")}
    if plan.stated.get("unit", "").lower() in AMOUNT_UNITS:
        del plan.stated["unit"]
    plan.as_of = settings.as_of
    plan.currency = settings.stated.get("currency")
    bound = _bound_fields(found)
    rules: dict[str, ColumnRule] = {}
    columns: list[BoundColumn] = []
    for column in found.columns:
        name = bound.get(column.index)
        plan.headers[column.index - 1] = column.header
        if name is not None:
            rules[name] = ColumnRule(name, (column.header,))
            plan.places[name] = column.index - 1
        columns.append(BoundColumn(column.index, column.header, rules[name] if name else None))
    for column in found.columns:
        _plan_column(found, column, bound.get(column.index), plan, log)
        if column.ambiguous and not bound.get(column.index):
            _tell_ambiguous_field(found, column, log)
    _check_money(found, plan, log)
    rule = TableRule(
        Kind.PROJECTS, columns=rules, ref_pattern=_ref_pattern(found, plan), title_pattern=_title_pattern(found, plan)
    )
    table = Table(found.sheet, found.position, rule, found.header_row, columns)
    return Proposal(table, plan, found)


def _bound_fields(found: IdentifiedTable) -> dict[int, str]:
    """The fields that are booked, by 1-based index."""
    known = FIELDS[Kind.PROJECTS]
    bound = {c.index: c.field for c in found.columns if c.field is not None and c.field in known}
    by_name = {name: index for index, name in bound.items()}
    reference = found.column_of("project_ref")
    if reference is not None and reference.filled < _REFERENCED * found.data_rows:
        bound.pop(reference.index, None)
    # A parent that the list does not hold itself would refuse its row; without its list it says nothing.
    if "parent" in by_name and not _holds_parents(found, by_name):
        del bound[by_name["parent"]]
    rate = found.column_of("eu_rate")
    if rate is not None and (rate.numbers is None or rate.numbers.ambiguous):
        bound.pop(rate.index, None)
    for column in found.columns:
        if column.dates is not None and column.dates.ambiguous:
            bound.pop(column.index, None)
    return bound


def _holds_parents(found: IdentifiedTable, by_name: dict[str, int]) -> bool:
    if "project_ref" not in by_name:
        return False
    refs: set[str] = set()
    parents: set[str] = set()
    for row in found.rows:
        if row.number > found.header_row and row.number not in found.roles:
            for name, taken in (("project_ref", refs), ("parent", parents)):
                index = by_name[name]
                value = row.values[index - 1] if index <= len(row.values) else None
                if value is not None and str(value).strip():
                    taken.add(str(value).strip())
    return parents <= refs


def _plan_column(
    found: IdentifiedTable, column: IdentifiedColumn, name: str | None, plan: Plan, log: FindingLog
) -> None:
    cell = f"{column.letter}{found.header_row}"
    if column.dates is not None and column.dates.ambiguous:
        message = f"the dates of {column.header!r} can be read in two orders: {'; '.join(column.dates.evidence)}"
        dating = column.field in ("decision_date", "start_date")
        log.tell("date-ambiguous", message, cell, severity=None if dating else Severity.WARNING)
    if name is None:
        return
    kind = FIELDS[Kind.PROJECTS][name]
    if kind is FieldType.DATE and column.dates is not None:
        plan.dates.append((column.index - 1, name, column.dates))
    elif kind is FieldType.PERCENT and column.numbers is not None:
        decision, factor = _percent(found, column)
        plan.percents.append(PercentColumn(column.index - 1, name, factor, decision))
    elif kind is FieldType.AMOUNT and column.numbers is not None:
        plan.amounts.append(_amount(column, name, plan))


def _percent(found: IdentifiedTable, column: IdentifiedColumn) -> tuple[NumberDecision, int]:
    """The column read without its per cent signs, and what makes per cent of its typed numbers."""
    numbers, largest, signs = NumberColumn(), Decimal(0), False
    for row in found.rows:
        if row.number <= found.header_row or row.number in found.roles or column.index > len(row.values):
            continue
        value: Value = row.values[column.index - 1]
        signs = signs or (isinstance(value, str) and "%" in value)
        numbers.feed(without_percent(value))
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            largest = max(largest, Decimal(value))
    if any("%" in code for code in found.sheet.facts.number_formats.get(column.index, {})):
        return numbers.decide(), 100
    return numbers.decide(), 1 if signs or "%" in column.header or largest > 1 else 100


def _amount(column: IdentifiedColumn, name: str, plan: Plan) -> AmountColumn:
    assert column.numbers is not None
    decision = column.numbers
    stage, basis = OWN_STAGE.get(name), BASIS.get(name)
    return AmountColumn(
        at=column.index - 1,
        field=name,
        stage=None if stage is None else Stage(stage).value,
        basis=None if basis is None else basis.value,
        # A currency column of the rows goes before what is stated for the whole file.
        currency=None if plan.currency and "currency" in plan.places else column.currency.code,
        unit=column.unit.factor or 1,
        negative=False,
        required=False,
        decision=decision,
    )


# --- what stays in doubt -----------------------------------------------------------------------------------------


def _tell_ambiguous_field(found: IdentifiedTable, column: IdentifiedColumn, log: FindingLog) -> None:
    wordings = " or ".join(column.alternatives)
    message = f"the amounts of {column.header!r} may be {wordings}: {'; '.join(column.evidence)}"
    log.tell("column-ambiguous", message, f"{column.letter}{found.header_row}", {"fields": list(column.alternatives)})


def _check_money(found: IdentifiedTable, plan: Plan, log: FindingLog) -> None:
    """Tell everything that forbids booking the amounts."""
    if not found.data_rows:
        return
    if not plan.amounts and not any(column.ambiguous for column in found.columns):
        row = str(found.header_row)
        log.tell("column-missing", "no column is an amount that the ledger books", row, {"column": "amount"})
    by_index = {column.index - 1: column for column in found.columns}
    for amount in plan.amounts:
        column = by_index[amount.at]
        cell = f"{column.letter}{found.header_row}"
        if column.confidence < BOOKED_FROM:
            wordings = " or ".join(dict.fromkeys([str(column.field), *column.alternatives]))
            message = f"the amounts of {column.header!r} are perhaps {wordings} (confidence {column.confidence})"
            log.tell("column-ambiguous", message, cell, {"fields": [column.field, *column.alternatives]})
        if amount.decision.ambiguous:
            tell_two_readings(column, cell, log)
        seen = column.currency
        if seen.conflict:
            values = {"seen": list(seen.conflict)}
            log.tell("currency-ambiguous", f"{column.header!r}: {seen.evidence}", cell, values)
        elif seen.shown is None and not seen.by_column and not plan.currency:
            message = f"nothing says which currency {column.header!r} is in"
            log.tell("currency-missing", message, cell)
        _check_unit(column, cell, log)
    if plan.amounts and "project_ref" in plan.places:
        _check_repeated(found, plan, log)


def _check_repeated(found: IdentifiedTable, plan: Plan, log: FindingLog) -> None:
    """Tell where most references on several rows have one amount on all of them.

    It stops the import where the rows name different countries: then a project is split, and its amount with it.
    """
    places = plan.places
    rows_of: dict[str, list[Row]] = {}
    for row in found.rows:
        if row.number > found.header_row and row.number not in found.roles:
            ref = _text(row, places["project_ref"])
            if ref:
                rows_of.setdefault(ref, []).append(row)
    several = [rows for rows in rows_of.values() if len(rows) > 1 and any(_text(rows[0], a.at) for a in plan.amounts)]
    same = [rows for rows in several if len({tuple(_text(row, a.at) for a in plan.amounts) for row in rows}) == 1]
    if len(same) < _REPEATED or len(same) * 10 < len(several) * 9:
        return
    country = places.get("country")
    split = country is not None and any(len({_text(row, country) for row in rows}) > 1 for rows in same)
    for amount in plan.amounts:
        extra = Decimal(0)
        for rows in same:
            number = number_at(rows[0], amount.at + 1, amount.decision)
            extra += (number or Decimal(0)) * (len(rows) - 1)
        cells = (number_at(row, amount.at + 1, amount.decision) for rows in rows_of.values() for row in rows)
        total = sum((number for number in cells if number is not None), Decimal(0))
        where = "in different countries " if split else ""
        message = f"{len(same)} references stand on several rows {where}with the same amount: {total:,} row by row, "
        message += f"{total - extra:,} with each reference once"
        values = {"references": len(same), "rows": f"{total:f}", "once": f"{total - extra:f}"}
        cell = f"{column_letter(amount.at + 1)}{found.header_row}"
        log.tell("amount-repeated", message, cell, values, Severity.STOP if split else None)


def _text(row: Row, at: int) -> str:
    value = row.values[at] if at < len(row.values) else None
    return "" if value is None else str(value).strip()


def _check_unit(column: IdentifiedColumn, cell: str, log: FindingLog) -> None:
    unit = column.unit
    if not unit.suspect:
        return
    stops = unit.factor is None
    message = f"{column.header!r}: {unit.suspect}"
    if stops and unit.stated and column.numbers and column.numbers.candidates:
        total = column.numbers.candidates[0].total
        message += f"; the total is {total:,} or {total * unit.stated:,}"
    log.tell("unit-suspect", message, cell, {"unit": unit.stated or 1}, None if stops else Severity.WARNING)


def tell_two_readings(column: IdentifiedColumn, cell: str, log: FindingLog) -> None:
    """Show what the column adds up to under each of its readings."""
    assert column.numbers is not None
    readings = {candidate.style: f"{candidate.total:f}" for candidate in column.numbers.candidates}
    currency = column.currency.code or ""
    shown = " or ".join(f"{currency} {Decimal(t):,} (number_style {s!r})".strip() for s, t in readings.items())
    message = f"{column.header!r} adds up to {shown}: {'; '.join(column.numbers.evidence)}"
    log.tell("number-ambiguous", message, cell, {"readings": readings})


# --- references and titles ---------------------------------------------------------------------------------------


def _ref_pattern(found: IdentifiedTable, plan: Plan) -> str | None:
    """Rows that name no project are known by what sorts them: country, fund, year."""
    if _NAMES & plan.places.keys():
        return None
    sorts = [c.field for c in found.columns if c.field in DIMENSIONS | {"year", "nuts"} and c.field in plan.places]
    return ".".join(f"{{{name}}}" for name in sorts) if sorts else None


def _title_pattern(found: IdentifiedTable, plan: Plan) -> str | None:
    pattern = _ref_pattern(found, plan)
    return pattern.replace(".", ", ") if pattern and "title" not in plan.places else None
