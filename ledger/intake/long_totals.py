"""Long tables in which a total hides among the data: a fund called "Total", a country called "EU28".

Such a row is never booked. It is held against the rows that it is the total of: those alike in all the other columns
that tell rows apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ledger.domain.money import display
from ledger.domain.records import PrintedTotal
from ledger.intake.cell_text import cell_text
from ledger.intake.cells import Value, column_letter
from ledger.intake.code_lists import plain_name
from ledger.intake.columns import Plan
from ledger.intake.finding_log import FindingLog
from ledger.intake.layouts import Layout

_ALL = None
_Key = tuple[str | None, ...]
Stated = Mapping[str, tuple[str, int]]


class LongTotals:
    """Tells the hidden totals of one table and checks them when all rows are known."""

    def __init__(self, layout: Layout, plan: Plan, log: FindingLog, totals: list[PrintedTotal]) -> None:
        """`totals` gets what is printed."""
        self._plan, self._log, self._totals = plan, log, totals
        found = {name: plan.find(name) for name in (*layout.total_values, *layout.total_keys)}
        self.unknown = [name for name, at in found.items() if at is None]
        self._words = [
            (at, {plain_name(value) for value in values})
            for name, values in layout.total_values.items()
            if (at := found[name]) is not None
        ]
        self._keys = [at for name in layout.total_keys if (at := found[name]) is not None]
        self._waiting: list[tuple[int, str, _Key, Stated]] = []
        self._sums: dict[tuple[_Key, str, str], int] = {}
        self._rows: dict[_Key, tuple[int, int]] = {}

    def label(self, values: Sequence[Value]) -> str | None:
        """The text that makes a row a total; None for any other row."""
        return next(
            (cell_text(values[at]) for at, words in self._words if plain_name(cell_text(values[at])) in words), None
        )

    def _key(self, values: Sequence[Value]) -> _Key:
        parts: list[str | None] = []
        for at, words in self._words:
            word = plain_name(cell_text(values[at]))
            parts.append(_ALL if word in words else word)
        return (*parts, *(plain_name(cell_text(values[at])) for at in self._keys))

    def add(self, row: int, values: Sequence[Value], stated: Stated) -> None:
        """Take a data row into account: it counts in every total over one or more of the columns."""
        key = self._key(values)
        for choice in range(1, 1 << len(self._words)):
            over = tuple(
                _ALL if place < len(self._words) and choice >> place & 1 else part for place, part in enumerate(key)
            )
            first, _ = self._rows.get(over, (row, row))
            self._rows[over] = (first, row)
            for name, (currency, minor) in stated.items():
                self._sums[over, name, currency] = self._sums.get((over, name, currency), 0) + minor

    def check(self, row: int, label: str, values: Sequence[Value], stated: Stated) -> None:
        """Keep a total to be checked at the end."""
        self._waiting.append((row, label, self._key(values), stated))

    def close(self) -> None:
        """Hold every total against its rows; one without rows of its own is no total of anything."""
        columns = {column.key: column for column in self._plan.amounts}
        for row, label, key, stated in self._waiting:
            if key not in self._rows:
                continue
            first, last = self._rows[key]
            for name, (currency, printed) in stated.items():
                column = columns[name]
                letter = column_letter(column.at + 1)
                computed = self._sums.get((key, name, currency), 0)
                cells = f"{letter}{first}:{letter}{last}"
                total = PrintedTotal(row, column.at + 1, label, cells, printed, computed, currency, column.field)
                self._totals.append(total)
                self._tell(total, self._plan.headers[column.at])

    def _tell(self, total: PrintedTotal, header: str) -> None:
        printed, computed, currency = total.printed_minor, total.computed_minor, total.currency
        agrees = printed == computed
        message = f"the row {total.label!r} says {display(printed, currency)} in {header!r}, " + (
            "and so do its rows"
            if agrees
            else f"its rows among {total.cells} add up to {display(computed, currency)}: "
            f"{display(abs(printed - computed), currency)} {'lower' if printed < computed else 'higher'}"
        )
        values = {
            "printed_minor": printed,
            "computed_minor": computed,
            "difference_minor": printed - computed,
            "currency": currency,
            "cells": total.cells,
            "column": header,
        }
        code = "total-row-agrees" if agrees else "total-row-mismatch"
        self._log.at(code, message, total.row, total.column, values)
