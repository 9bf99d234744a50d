"""Arithmetic between the columns of a row, as a profile states it; what does not hold is told at its cell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from ledger.domain.money import to_decimal
from ledger.intake.cells import CellError, SheetFacts, Value
from ledger.intake.columns import Plan
from ledger.intake.finding_log import FindingLog
from ledger.intake.formula_check import evaluate
from ledger.intake.headers import Table
from ledger.intake.layouts import Check
from ledger.intake.number_styles import Amount, read_amount

_NUMBERED = re.compile(r"col(\d+)", re.IGNORECASE)


class ColumnChecks:
    """The checks of one table. Names that no column has are in `unknown`."""

    def __init__(self, table: Table, plan: Plan, facts: SheetFacts, log: FindingLog) -> None:
        self._checks, self._plan, self._facts, self._log = table.rule.layout.checks, plan, facts, log
        self._keys = {column.key: column.at for column in plan.amounts}
        self._places: dict[str, int] = {}
        numbered = [column.index - 1 for column in table.columns]
        self.unknown: list[str] = []
        for check in self._checks:
            for name in check.equation.names:
                match = _NUMBERED.fullmatch(name)
                at = plan.find(name)
                if at is None and match and 0 < int(match[1]) <= len(numbered):
                    at = numbered[int(match[1]) - 1]
                if at is None:
                    self.unknown.append(name)
                else:
                    self._places[name] = at

    def check(self, row: int, values: list[Value], stated: Mapping[str, tuple[str, int]]) -> None:
        """Hold a row against every check whose columns are all filled."""
        currencies = {currency for currency, _ in stated.values()}
        if len(currencies) > 1:
            return
        for check in self._checks:
            self._hold(check, row, values, stated)

    def _hold(self, check: Check, row: int, values: list[Value], stated: Mapping[str, tuple[str, int]]) -> None:
        equation = check.equation
        left, right = (
            evaluate(side, lambda name: self._value(name, values, stated)) for side in (equation.left, equation.right)
        )
        if left is None or right is None or abs(left - right) <= check.tolerance:
            return
        shown = [f"{number.numerator / Decimal(number.denominator):f}" for number in (left, right, left - right)]
        shown = [text.rstrip("0").rstrip(".") if "." in text else text for text in shown]
        message = f"{check.text}: {shown[0]} is not {shown[1]}; the difference is {shown[2]}"
        particulars = {"rule": check.text, "left": shown[0], "right": shown[1], "difference": shown[2]}
        self._log.at("column-check", message, row, self._places[equation.told] + 1, particulars)

    def _value(self, name: str, values: list[Value], stated: Mapping[str, tuple[str, int]]) -> Decimal | None:
        at = self._places.get(name)
        if at is None:
            return None
        key = next((key for key, place in self._keys.items() if place == at), None)
        if key is not None:
            money = stated.get(key)
            return None if money is None else to_decimal(money[1], money[0])
        return self._number(at, values[at])

    def _number(self, at: int, value: Value) -> Decimal | None:
        """A cell of another column; percentages as the number of per cent."""
        if value is None or isinstance(value, CellError):
            return None
        if isinstance(value, str):
            read = read_amount(value.rstrip().removesuffix("%"), None)
            return read.number if isinstance(read, Amount) else None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return None
        factor = next((column.factor for column in self._plan.percents if column.at == at), None)
        if factor is None:
            factor = 100 if any("%" in code for code in self._facts.number_formats.get(at + 1, {})) else 1
        return Decimal(value) * factor
