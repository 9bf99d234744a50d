"""What is wrong with the sender's own workbook: totals, short and stale formulas, amounts as text, hidden rows.

These are findings with cells and amounts; none of them changes what is booked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from ledger.domain.findings import Severity
from ledger.domain.money import MoneyError, display, grouped, to_minor
from ledger.intake.cells import CellError, Value, cell_name, column_index, column_letter, row_spans
from ledger.intake.finding_log import FindingLog
from ledger.intake.identify import IdentifiedColumn, IdentifiedTable
from ledger.intake.printed_totals import TotalCheck, cents

_CELL = r"\$?([A-Z]{1,3})\$?([0-9]{1,7})"
_RANGE = re.compile(rf"{_CELL}(?::{_CELL})?")
_TERM = re.compile(rf"([+-]?)(?:(SUM|SUBTOTAL)\(([^()]*)\)|({_CELL})|([0-9]+(?:\.[0-9]+)?))", re.IGNORECASE)
_UNITS = {1000: "thousand", 10**6: "million", 10**9: "billion"}
#: Cells of one formula that are looked up at most, and of all formulas of a sheet.
_CELLS = 200_000
_CELLS_IN_ALL = 10_000_000

_Area = tuple[int, int, int, int]


def check_sheet(found: IdentifiedTable, log: FindingLog) -> None:
    """Tell everything that is wrong with the sheet of a table, and every printed total that agrees."""
    _tell_totals(found, log)
    _tell_texts(found, log)
    _tell_hidden(found, log)
    if found.sheet.facts.formulas:
        _Formulas(found, log).check()


# --- totals ------------------------------------------------------------------------------------------------------


def _tell_totals(found: IdentifiedTable, log: FindingLog) -> None:
    columns = {column.index: column for column in found.columns}
    for check in found.totals:
        column = columns[check.column.index]
        difference = check.printed - check.computed
        values: dict[str, Any] = {
            "printed": f"{check.printed:f}",
            "computed": f"{check.computed:f}",
            "difference": f"{difference:f}",
            "cells": check.cells,
            "column": check.column.header,
            "label": check.label,
        }
        values |= _minor_values(column, check)
        header = repr(check.column.header) if check.column.header else f"column {column.letter}"
        name, where = f"the total of {header}", f" of {check.where}" if check.where else ""
        printed, computed = _shown(column, check.printed), _shown(column, check.computed)
        if check.agrees:
            log.tell("total-row-agrees", f"{name}, {printed}, equals {check.cells}{where}", check.cell, values)
            continue
        lower = "lower" if difference < 0 else "higher"
        message = f"{name} says {printed}, its rows {check.cells}{where} add up to {computed}: "
        message += f"{_shown(column, abs(difference))} {lower}"
        if check.left_out_cells:
            cells = ", ".join(check.left_out_cells[:10])
            message += f"; it leaves out the amounts stored as text in {cells}"
            values |= {"left_out": f"{check.left_out:f}", "left_out_cells": list(check.left_out_cells[:100])}
        log.tell("total-row-mismatch", message, check.cell, values)


def _currency(column: IdentifiedColumn) -> str | None:
    """The currency that a total of the column may be shown in: none for a column of counts."""
    return column.currency.code


def _shown(column: IdentifiedColumn, number: Decimal) -> str:
    currency = _currency(column)
    if currency is not None and (column.unit.factor or 1) == 1:
        try:
            minor, rounded = to_minor(number, currency)
        except MoneyError:
            return f"{currency} {number}"
        if not rounded:
            return display(minor, currency)
    text = f"{number:f}"
    plain = grouped(text.rstrip("0").rstrip(".") if "." in text else text)
    return f"{currency} {plain} {_UNITS.get(column.unit.factor or 1, '')}".rstrip() if currency else plain


def _minor_values(column: IdentifiedColumn, check: TotalCheck) -> dict[str, Any]:
    currency = _currency(column)
    if currency is None:
        return {}
    try:
        printed, _ = to_minor(check.printed, currency, column.unit.factor or 1)
        computed, _ = to_minor(check.computed, currency, column.unit.factor or 1)
    except MoneyError:
        return {}
    minor = {"printed_minor": printed, "computed_minor": computed, "difference_minor": printed - computed}
    return {**minor, "currency": currency}


# --- texts and hidden parts --------------------------------------------------------------------------------------


def _tell_texts(found: IdentifiedTable, log: FindingLog) -> None:
    totals = {check.column.index for check in found.totals}
    for column in found.columns:
        decision = column.numbers
        if decision is None or (column.field is not None and not column.is_money):
            continue
        typed, cells = decision.counts.get("typed", 0), found.text_cells.get(column.index, [])
        if cells and typed > len(cells):
            shown = ", ".join(cells[:10]) + (" …" if len(cells) > 10 else "")
            message = f"{len(cells)} amounts of {column.header!r} are stored as text: {shown}"
            log.tell("number-as-text", message, cells[0], {"cells": cells[:100]})
        odd = found.odd_cells.get(column.index, [])
        if odd and not column.is_money and (column.alternatives or column.index in totals):
            shown = ", ".join(odd[:10]) + (" …" if len(odd) > 10 else "")
            message = f"{len(odd)} cells of {column.header!r} hold texts among the numbers: {shown}"
            log.tell("number-invalid", message, odd[0], {"cells": odd[:100]}, Severity.WARNING)


def _tell_hidden(found: IdentifiedTable, log: FindingLog) -> None:
    facts = found.sheet.facts
    if found.hidden_rows:
        totals = sum(1 for row in found.hidden_rows if row in found.roles)
        what = f" ({totals} of them totals)" if totals else ""
        shown = row_spans(found.hidden_rows)
        message = f"{len(found.hidden_rows):,} hidden rows with data{what}, read like the others: {shown}"
        log.tell("hidden-rows", message, shown, {"rows": found.hidden_rows[:1000]})
    hidden = [c for c in found.columns if c.index in facts.hidden_columns and c.filled]
    if hidden:
        letters = ", ".join(f"{column.letter} ({column.header})" for column in hidden)
        cell = f"{hidden[0].letter}:{hidden[-1].letter}"
        log.tell("hidden-columns", f"hidden columns hold data: {letters}", cell)


# --- formulas ----------------------------------------------------------------------------------------------------


class _Formulas:
    """The SUM and addition formulas of a sheet that is kept in memory, held against its cells.

    Formulas that are left when all of them together have looked up ten million cells are not evaluated.
    """

    def __init__(self, found: IdentifiedTable, log: FindingLog) -> None:
        self._found, self._log = found, log
        self._formulas = found.sheet.facts.formulas
        self._rows = {row.number: row.values for row in found.rows.in_memory or ()}
        #: cells that may still be looked up
        self._left = _CELLS_IN_ALL

    def check(self) -> None:
        """Tell short ranges, stale values and typed totals."""
        if not self._rows:
            return
        totals = sorted(self._found.total_rows)
        for (row, column), formula in self._formulas.items():
            plain = formula.replace(" ", "")
            cached = self._value(row, column)
            if isinstance(cached, int | Decimal) and not isinstance(cached, bool):
                computed = self._evaluate(plain)
                if computed is not None and cents(computed) != cents(Decimal(cached)):
                    self._tell_stale(row, column, Decimal(cached), computed)
        for row in totals:
            self._check_total_row(row, max((t for t in totals if t < row), default=self._found.header_row))

    def _value(self, row: int, column: int) -> Value:
        values = self._rows.get(row, [])
        return values[column - 1] if column <= len(values) else None

    def _tell_stale(self, row: int, column: int, cached: Decimal, computed: Decimal) -> None:
        values = {"cached": f"{cached:f}", "computed": f"{computed:f}", "difference": f"{cached - computed:f}"}
        message = f"={self._formulas[row, column][:60]} shows {cached:,}, but its cells add up to {computed:,}"
        self._log.at("formula-stale", message, row, column, values)

    # --- evaluation ----------------------------------------------------------------------------------------------

    def _evaluate(self, formula: str) -> Decimal | None:
        """The value of a formula made of sums, cells and numbers; None for any other or where a cell has no number."""
        total, at = Decimal(0), 0
        sums = 0
        while at < len(formula):
            term = _TERM.match(formula, at)
            if term is None or (at and not term[1]):
                return None
            at = term.end()
            if at < len(formula) and formula[at] not in "+-":
                return None
            part = self._term(term)
            if part is None:
                return None
            sums += bool(term[2] or term[4])
            total += -part if term[1] == "-" else part
        return total if sums else None

    def _term(self, term: re.Match[str]) -> Decimal | None:
        if term[2]:
            return self._sum(term[2].upper(), term[3])
        if term[4]:
            value = self._value(int(term[6]), column_index(term[5]))
            return Decimal(0) if value is None else _number(value)
        return Decimal(term[7])

    def _sum(self, function: str, arguments: str) -> Decimal | None:
        parts = re.split("[,;]", arguments)
        if function == "SUBTOTAL":
            if parts[0] not in ("9", "109") or self._found.sheet.facts.hidden_rows:
                return None
            parts = parts[1:]
        total = Decimal(0)
        for part in parts:
            area = _area(part)
            size = _CELLS + 1 if area is None else (area[2] - area[0] + 1) * (area[3] - area[1] + 1)
            if area is None or size > min(_CELLS, self._left):
                return None
            self._left -= size
            for row, column in _cells(area):
                value = self._value(row, column)
                if isinstance(value, CellError):
                    return None
                if function == "SUBTOTAL" and "SUBTOTAL" in self._formulas.get((row, column), "").upper():
                    continue
                total += _number(value) or Decimal(0)
        return total

    # --- total rows ----------------------------------------------------------------------------------------------

    def _check_total_row(self, row: int, earlier: int) -> None:
        data = [n for n in self._rows if earlier < n < row and n not in self._found.roles]
        formulas = {column for (r, column) in self._formulas if r == row}
        for column in sorted(formulas):
            self._check_range(row, column, data)
        for column_found in self._found.columns:
            index = column_found.index
            if index in formulas or not formulas or column_found.numbers is None:
                continue
            if column_found.is_money and _number(self._value(row, index)) is not None:
                others = ", ".join(cell_name(row, c) for c in sorted(formulas)[:5])
                message = f"the total of {column_found.header!r} is typed in, {others} are formulas"
                self._log.at("total-typed", message, row, index)

    def _check_range(self, row: int, column: int, data: list[int]) -> None:
        formula = self._formulas[row, column].replace(" ", "")
        areas = [
            area for found in _RANGE.finditer(formula) if (area := _area(found[0])) and area[1] <= column <= area[3]
        ]
        covered = {n for n in data for area in areas if area[0] <= n <= area[2]}
        if not covered or not re.match(r"(SUM|SUBTOTAL)\(", formula, re.IGNORECASE):
            return
        missed = [n for n in data if n not in covered and _number(self._value(n, column)) is not None]
        if not missed:
            return
        amount = sum((_number(self._value(n, column)) or Decimal(0) for n in missed), Decimal(0))
        letter = column_letter(column)
        cells = ", ".join(f"{letter}{n}" for n in missed[:10])
        message = f"={formula[:60]} leaves out {cells}: {grouped(f'{amount:f}')}"
        values = {"formula_cells": formula, "missed": [f"{letter}{n}" for n in missed[:100]], "amount": f"{amount:f}"}
        self._log.at("formula-range-short", message, row, column, values)


def _number(value: Value) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return Decimal(value)


def _area(text: str) -> _Area | None:
    """First row, first column, last row, last column of a range of the same sheet."""
    match = _RANGE.fullmatch(text)
    if not match:
        return None
    left, top, right, bottom = match.groups()
    first, last = int(top), int(bottom or top)
    columns = column_index(left), column_index(right or left)
    return min(first, last), min(columns), max(first, last), max(columns)


def _cells(area: _Area) -> Iterator[tuple[int, int]]:
    for row in range(area[0], area[2] + 1):
        for column in range(area[1], area[3] + 1):
            yield row, column
