"""Totals that a sheet prints: which rows they are, and whether they equal the rows that they are meant to be the sum of.

Total rows are known by a word in their first filled cell (or in the columns that the profile names) and by SUM formulas
down a column. They are never booked. Every number in them is checked to the cent against its column, also in columns
that the ledger does not book.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made_by
from decimal import Decimal

from ledger.domain.money import MoneyError, display, to_minor
from ledger.domain.records import PrintedTotal
from ledger.intake.cells import Value, column_index, column_letter
from ledger.intake.code_lists import plain_name
from ledger.intake.finding_log import FindingLog

#: Words that alone in a cell mean a total, in the official languages; compared after `plain_name`.
TOTAL_WORDS = frozenset(
    map(
        plain_name,
        [
            "total", "totals", "grand total", "subtotal", "sub-total", "subtotals", "sum", "overall total",
            "total general", "total général", "sous-total", "montant total", "gesamt", "gesamtsumme", "summe",
            "insgesamt", "zwischensumme", "totale", "totale generale", "subtotale", "totaal", "eindtotaal", "subtotaal",
            "total geral", "suma", "suma total", "razem", "ogółem", "łącznie", "suma końcowa", "celkem",
            "celkový součet", "mezisoučet", "celkom", "spolu", "súčet", "skupaj", "skupna vsota", "ukupno", "sveukupno",
            "összesen", "mindösszesen", "részösszeg", "yhteensä", "summa", "totalt", "i alt", "ialt", "kokku", "kopā",
            "kopsumma", "iš viso", "viso", "σύνολο", "γενικό σύνολο", "общо", "всичко", "iomlán", "totali",
        ],
    )
)  # fmt: skip

_COLUMN_SUM = re.compile(
    r"(?:SUM|SUBTOTAL)\((?:\d+[,;])?\$?([A-Z]{1,3})\$?(\d+):\$?([A-Z]{1,3})\$?(\d+)\)", re.IGNORECASE
)


def summed_range(formula: str, row: int, column: int) -> tuple[int, int] | None:
    """First and last row of a formula that is nothing but the sum of other cells of its own column."""
    match = _COLUMN_SUM.fullmatch(formula.replace(" ", ""))
    if not match:
        return None
    left, first, right, last = match.groups()
    if column_index(left) != column or column_index(right) != column:
        return None
    return (int(first), int(last)) if int(first) < int(last) and not int(first) <= row <= int(last) else None


def rows_of_sums(formulas: Mapping[tuple[int, int], str]) -> set[int]:
    """Rows in which a formula sums up the column above it."""
    return {row for (row, column), formula in formulas.items() if summed_range(formula, row, column)}


@dataclass(slots=True)
class _Sum:
    """Running sums of one column, in minor units: of all rows, and of those since the last total row."""

    at: int
    #: key of the amounts among those of a row, and their field; None where the column is no field of ours
    field: str | None
    header: str
    currency: str
    name: str | None = None
    whole: int = 0
    section: int = 0
    filled: int = 0
    currencies: set[str] = made_by(default_factory=set)


#: Row, label, values, stated amounts and the sheet's formulas of a total row.
_TotalRow = tuple[int, str, Sequence[Value], Mapping[str, tuple[str, int]], Mapping[tuple[int, int], str]]


class TotalChecker:
    """Adds up the data rows of a table and compares the totals that it prints.

    `booked` are (0-based position, key, header, field) of the amount columns; `others` (position, header) of the columns that
    are no field of ours, whose numbers are summed as amounts in `currency`.
    """

    def __init__(
        self,
        booked: Sequence[tuple[int, str, str, str]],
        others: Sequence[tuple[int, str]],
        currency: str,
        log: FindingLog,
    ) -> None:
        self._booked = {key: _Sum(at, key, header, currency, name) for at, key, header, name in booked}
        self._others = [_Sum(at, None, header, currency) for at, header in others]
        self._log = log
        self.totals: list[PrintedTotal] = []
        self._first = 0
        self._section_first = 0
        self._last = 0
        self._totals_seen = 0
        self._waiting: list[_TotalRow] = []

    def add(self, row: int, values: Sequence[Value], stated: Mapping[str, tuple[str, int]]) -> None:
        """Take a data row into account."""
        self._first = self._first or row
        self._section_first = self._section_first or row
        self._last = row
        for name, (currency, minor) in stated.items():
            total = self._booked[name]
            total.whole += minor
            total.section += minor
            total.filled += 1
            if currency not in total.currencies:
                total.currencies.add(currency)
        for total in self._others:
            value = values[total.at]
            kind = type(value)
            if kind is int or kind is Decimal:
                minor_value = _minor(value, total.currency)  # type: ignore[arg-type]
                if minor_value is not None:
                    total.whole += minor_value
                    total.section += minor_value
                    total.filled += 1

    def check(
        self,
        row: int,
        label: str,
        values: Sequence[Value],
        stated: Mapping[str, tuple[str, int]],
        formulas: Mapping[tuple[int, int], str],
    ) -> None:
        """Compare a total row with the rows above it; start a new section under it. Without rows above, it waits."""
        if not self._first:
            self._waiting.append((row, label, values, stated, formulas))
        else:
            self._compare_all(row, label, values, stated, formulas)
            self._totals_seen += 1
        for total in (*self._booked.values(), *self._others):
            total.section = 0
        self._section_first = 0

    def close(self) -> None:
        """Compare the totals that stand above the rows with all of them."""
        self._totals_seen = 0
        if self._first:
            for waiting in self._waiting:
                self._compare_all(*waiting)

    def _compare_all(
        self,
        row: int,
        label: str,
        values: Sequence[Value],
        stated: Mapping[str, tuple[str, int]],
        formulas: Mapping[tuple[int, int], str],
    ) -> None:
        for name, (currency, printed) in stated.items():
            total = self._booked[name]
            summed = self._summed(row, total, formulas)
            self._compare(row, label, total, (printed, currency), summed=summed)
        for total in self._others:
            value = values[total.at]
            if type(value) is int or type(value) is Decimal:
                minor = _minor(value, total.currency)
                if minor is not None and total.filled:
                    summed = self._summed(row, total, formulas)
                    self._compare(row, label, total, (minor, total.currency), summed=summed)

    @staticmethod
    def _summed(row: int, total: _Sum, formulas: Mapping[tuple[int, int], str]) -> tuple[int, int] | None:
        """The rows that the formula of a total sums up, if it has one."""
        formula = formulas.get((row, total.at + 1))
        return summed_range(formula, row, total.at + 1) if formula else None

    def _compare(
        self, row: int, label: str, total: _Sum, says: tuple[int, str], *, summed: tuple[int, int] | None
    ) -> None:
        printed, currency = says
        column = total.at + 1
        letter = column_letter(column)
        if total.currencies - {currency}:
            named = ", ".join(sorted(total.currencies | {currency}))
            self._log.tell("unconverted", f"the total cannot be checked: its rows are in {named}", f"{letter}{row}")
            return
        computed, first = self._meant(label, total, printed)
        cells = f"{letter}{first}:{letter}{self._last}"
        if summed and (summed[0] > first or summed[1] < self._last):
            used = f"{letter}{summed[0]}:{letter}{summed[1]}"
            message = f"the formula sums up {used} and leaves out rows of {cells}"
            self._log.tell("formula-range-short", message, f"{letter}{row}", {"formula_cells": used, "cells": cells})
        self.totals.append(PrintedTotal(row, column, label, cells, printed, computed, currency, total.name))
        values = {
            "printed_minor": printed,
            "computed_minor": computed,
            "difference_minor": printed - computed,
            "currency": currency,
            "cells": cells,
            "column": total.header,
        }
        if printed == computed:
            message = f"the total of {total.header!r}, {display(printed, currency)}, equals {cells}"
            self._log.tell("total-row-agrees", message, f"{letter}{row}", values)
        else:
            lower = "lower" if printed < computed else "higher"
            message = (
                f"the total of {total.header!r} says {display(printed, currency)}, its rows {cells} add up to "
                f"{display(computed, currency)}: {display(abs(printed - computed), currency)} {lower}"
            )
            self._log.tell("total-row-mismatch", message, f"{letter}{row}", values)

    def _meant(self, label: str, total: _Sum, printed: int) -> tuple[int, int]:
        """The sum that a total is meant to be, and its first row.

        It is the section above it or all rows, whichever it equals; the section where it equals neither, unless it is
        the first total or calls itself a grand one.
        """
        whole = (total.whole, self._first)
        if not self._totals_seen or not self._section_first or printed == total.whole:
            return whole
        section = (total.section, self._section_first)
        grand = any(word in plain_name(label) for word in ("grand", "overall", "general", "gesamtsumme"))
        return whole if grand and printed != total.section else section


def _minor(value: int | Decimal, currency: str) -> int | None:
    try:
        return to_minor(value, currency)[0]
    except MoneyError:
        return None
