"""Leads that blame a whole list or the figure itself: another stage or basis, another unit, rounding, another source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import log2, pi, sqrt

from ledger.domain.money import display
from ledger.reconcile.explanation.leads import Lead, lead
from ledger.reconcile.explanation.model import Case, CaseRow, CauseKind, RowPlace
from ledger.reconcile.explanation.weights import PRIOR

#: Units that lists are rounded to: euros, hundreds, thousands, millions; with how seldom lists are that are not rounded.
_UNITS = {100: 0.02, 10_000: 0.006, 100_000: 0.004, 100_000_000: 0.004}
#: How much more seldom they are where the figure has smaller units, which such a list can never add up to.
_FINER = 0.005


def of_the_whole(case: Case) -> list[Lead]:
    """Leads that are no single rows'."""
    counted = [row for row in case.rows if row.minor > 0]
    return [*_other_sums(case, counted), *_whole_lists(case, counted)]


def _other_sums(case: Case, counted: Sequence[CaseRow]) -> Iterator[Lead]:
    """The figure states the sum of another stage or basis."""
    sums: Counter[tuple[str, str]] = Counter()
    places: dict[tuple[str, str], list[RowPlace]] = {}
    for row in counted:
        for key, minor in row.others.items():
            sums[key] += minor
            places.setdefault(key, []).append(row.place)
    wholes = [row for row in counted if row.total is not None]
    named = {f"{basis}, {stage}": (minor, places[stage, basis]) for (stage, basis), minor in sums.items()}
    if wholes:
        total = sum(row.total or 0 for row in wholes)
        whole = "total cost" if case.stage == "committed" else "commitment"
        named[whole] = (total, [row.place for row in wholes])
        named.setdefault("all but the figure's own", (total - case.ledger, [row.place for row in wholes]))
    for name, (minor, rows) in named.items():
        told = f"the figure is the sum of {name}, {display(minor, case.currency)}, not of {case.basis}, {case.stage}"
        yield lead(CauseKind.BASIS_MIXED, rows, case.ledger - minor, 0.5 / len(named), told)


def _whole_lists(case: Case, counted: Sequence[CaseRow]) -> Iterator[Lead]:
    """A whole list was read in another unit than the others, or does not belong there."""
    sheets: dict[tuple[int | None, str, str], list[CaseRow]] = {}
    for row in counted:
        sheets.setdefault(row.sheet, []).append(row)
    for rows in sheets.values():
        if len(rows) < 2:
            continue
        minor, name, places = sum(row.minor for row in rows), rows[0].place.file, [row.place for row in rows]
        share = 0.08 / len(sheets)
        for factor in (1000, 1_000_000, 100):
            if all(row.minor % factor == 0 for row in rows):
                told = f"all {len(rows)} amounts of {name} are {factor:,} times too large"
                yield lead(CauseKind.SCALE_ERROR, places, minor - minor // factor, share, told)
            told = f"all {len(rows)} amounts of {name} are {factor:,} times too small"
            yield lead(CauseKind.SCALE_ERROR, places, minor - minor * factor, share, told)
        if len(sheets) > 1:
            entered = f", entered with batch {rows[0].place.batch}" if rows[0].place.batch is not None else ""
            told = f"all {len(rows)} rows of {name}{entered}, add {display(minor, case.currency)}"
            yield lead(CauseKind.EXTRA_ROW, places, minor, share, told)


class Rounded:
    """Lists that are rounded: their sum may be off by some units, and by how much is a matter of chance."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._is_exact = case.target.low is not None and case.target.low == case.target.high
        self._stated = case.ledger - (case.target.low or 0)
        self._rows: list[CaseRow] = []
        self._middle = self._variance = 0.0
        self._seldom, self._unit = 1.0, 1
        sheets: dict[tuple[int | None, str, str], list[CaseRow]] = {}
        for row in case.rows:
            if row.minor > 0:
                sheets.setdefault(row.sheet, []).append(row)
        for rows in sheets.values():
            unit = max((unit for unit in _UNITS if _mostly(rows, unit)), default=1)
            if unit > 1 and len(rows) > 4:
                self._rows += rows
                self._unit = max(self._unit, unit)
                self._variance += len(rows) * unit * unit / 12
                self._middle += len(rows) * unit / 2
                self._seldom = min(self._seldom, _UNITS[unit])

    def reach(self) -> int:
        """How far the sum can be off: five times the usual distance; 0 where no list is rounded."""
        return int(5 * sqrt(self._variance) + self._middle) if self._rows else 0

    def lead(self, rest: int) -> Lead | None:
        """Rounding as the cause of `rest`; None where the list is not rounded or the rest is too large for it."""
        if not self._rows:
            return None
        width = sqrt(self._variance)
        share = 0.7 * _bell(rest, 0, width) + 0.3 * _bell(rest, -self._middle, width)
        if share < 2.0**-80:
            return None
        if self._is_exact and self._stated % self._unit == 0:
            # The figure has the units of the list: it may well have had them from the first.
            share *= self._unit if rest % self._unit == 0 else 1
            return self._told(rest, share)
        share *= self._unit if rest % self._unit == 0 else 1 / _FINER
        return self._told(rest, share / self._seldom)

    def _told(self, rest: int, share: float) -> Lead:
        told = f"the {len(self._rows)} amounts are rounded, which may put their sum off by {display(abs(rest), self._case.currency)}"
        weight = PRIOR[CauseKind.ROUNDING] + log2(share)
        return Lead(CauseKind.ROUNDING, tuple(row.place for row in self._rows), rest, weight, told)


def _mostly(rows: Sequence[CaseRow], unit: int) -> bool:
    return sum(1 for row in rows if row.minor % unit == 0) * 50 >= len(rows) * 49


def _bell(value: int, middle: float, width: float) -> float:
    away = (value - middle) / width
    return 2.0 ** (-away * away / 2 * log2(2.718281828459045)) / (width * sqrt(2 * pi)) if abs(away) < 8 else 0.0


def rounded_statement(case: Case) -> Lead | None:
    """The figure itself is rounded more than its wording says: it is what the ledger's sum rounds to."""
    if case.target.low is None or case.target.low != case.target.high:
        return None
    stated = case.ledger - case.target.low
    for unit in sorted(_UNITS, reverse=True):
        if stated % unit == 0 and abs(case.target.low) * 2 <= unit and (case.ledger % unit):
            told = f"the figure is rounded to {display(unit, case.currency)}; what is recorded rounds to it"
            return lead(CauseKind.ROUNDING, (), case.target.low, 1 / len(_UNITS), told)
    return None
