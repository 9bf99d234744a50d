"""A row of exchange rates: so many units of a currency are one euro, for a month or another span of days."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ledger.domain.records import Kind, Record
from ledger.intake.cell_text import cell_text
from ledger.intake.cells import CellError, Value
from ledger.intake.code_lists import CodeLists
from ledger.intake.columns import Plan
from ledger.intake.number_styles import Amount

#: As of `records`: finding code, message, 1-based column (0: the row), particulars.
Problem = tuple[str, str, int, dict[str, Any]]


@dataclass(slots=True)
class RateRows:
    """Makes the records of one table of rates. One currency may have a row per country: all must state one rate."""

    plan: Plan
    lists: CodeLists
    _known: dict[str, tuple[int, str]] = field(default_factory=dict)

    def make(self, row: int, values: list[Value], attributes: dict[str, Any], problems: list[Problem]) -> Record:
        """The record of a row; what is wrong with it goes to `problems`."""
        currency = self._currency("currency", values, problems)
        reference = self._currency("reference_currency", values, problems) if self._has("reference_currency") else "EUR"
        if reference not in (None, "EUR"):
            message = f"a rate against {reference}: only rates against the euro are kept"
            problems.append(("code-unknown", message, self._at("reference_currency") + 1, {}))
        rate = self._rate(values, problems)
        start = attributes.get("valid_from") or self._month_start()
        if start is None:
            message = "nothing says from when the rate holds; say the month with --set as_of=YYYY-MM-DD"
            problems.append(("cell-missing", message, 0, {}))
            start = date.min
        elif "valid_from" not in attributes:
            attributes.setdefault("valid_to", start.replace(day=monthrange(start.year, start.month)[1]))
        attributes.update(currency=currency or "", rate=rate, valid_from=start)
        ref = f"{currency} {start.isoformat()}"
        first, known = self._known.setdefault(ref, (row, rate))
        if known != rate and rate:
            message = f"{rate} for {ref}, but {known} in row {first}"
            problems.append(("rate-conflict", message, self._at("rate") + 1, {"rates": [known, rate]}))
        return Record(Kind.RATES, ref, attributes)

    def _has(self, name: str) -> bool:
        return name in self.plan.places

    def _at(self, name: str) -> int:
        return self.plan.places.get(name, -1)

    def _month_start(self) -> date | None:
        return None if self.plan.as_of is None else self.plan.as_of.replace(day=1)

    def _currency(self, name: str, values: list[Value], problems: list[Problem]) -> str | None:
        text = cell_text(values[self._at(name)]) if self._has(name) else self.plan.stated.get(name, "")
        code = self.lists.currency(text.upper())
        if code is None:
            problems.append(("currency-unknown", f"{text!r} is no ISO 4217 currency code", self._at(name) + 1, {}))
        return code

    def _rate(self, values: list[Value], problems: list[Problem]) -> str:
        for column in self.plan.percents:
            value = values[column.at]
            read = None if value is None or isinstance(value, CellError) else column.decision.read(value)
            if isinstance(read, Amount) and read.number > 0:
                return format(read.number.normalize(), "f")
            message = f"{cell_text(value)[:60]!r} is no rate: a number above nil is needed"
            problems.append(("number-invalid", message, column.at + 1, {}))
        return ""
