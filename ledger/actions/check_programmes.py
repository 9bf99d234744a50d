"""Checks of programmes by year: pre-financing, decommitment, and totals that a sheet prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from hashlib import sha256

from ledger import shipped
from ledger.actions.check_terms import Asked, tell
from ledger.actions.evidence import kept_rows, shown
from ledger.domain.findings import Finding
from ledger.domain.money import Money, display
from ledger.domain.rules import Looked
from ledger.reconcile import limits
from ledger.store import programme_years
from ledger.store.integrity import Place, count
from ledger.store.programme_years import Year

_CENT = Decimal("0.01")
_HEADERS = ("cci", "fund", "year", "init_plan_eu_amt_1_adoption", "pre_fin")
_FIRST_YEAR, _LAST_YEAR = 2021, 2027


def pre_financing(asked: Asked) -> Looked:
    """Pre-financing in lists of EU payments against the instalments of the acts, cumulated to each row's year."""
    rates = limits.limits_of("pre-financing")
    looked = Looked(count(asked.connection, "programme"))
    unread = 0
    for file, digest, sheet, header_rows, columns in programme_years.payment_sheets(asked.connection):
        at = {each["header"]: index for index, each in enumerate(json.loads(columns))}
        if not all(name in at for name in _HEADERS):
            continue
        headers = {int(number) for number in header_rows.split(",") if number.strip()}
        for row in kept_rows(asked.connection, digest, file, sheet):
            if row.number in headers:
                continue
            cells = [shown(row.values[at[name]]) if at[name] < len(row.values) else "" for name in _HEADERS]
            due = _due(rates, cells)
            if due is None:
                unread += cells[1] in {fund for fund, _ in rates}
                continue
            expected, paid, percent = due
            if paid and expected != paid:
                said = (
                    f"programme {cells[0]}: pre-financing to the end of {cells[2]} is {paid}, {percent} % of the first "
                    f"allocation is {expected}"
                )
                values = {"programme": cells[0], "fund": cells[1], "year": cells[2], "paid": paid, "expected": expected}
                looked.findings.append(tell("pre-financing-rate", said, Place(file, sheet, row.number), values))
    looked.leave_out(unread, "rows of payments without an instalment on record, or with a number that is not plain")
    return looked


def _due(rates: dict[tuple[str, str], limits.Limit], cells: list[str]) -> tuple[Decimal, Decimal, Decimal] | None:
    """What is due and what is stated, to the cent, and the per cent; None where that cannot be said."""
    _, fund, year, initial, paid = cells
    try:
        last = int(year)
        wanted = [str(each) for each in range(_FIRST_YEAR, last + 1)]
        if not wanted or any((fund, each) not in rates for each in wanted):
            return None
        percent = sum((rates[fund, each].percent for each in wanted), Decimal(0))
        due = (Decimal(initial) * percent / 100).quantize(_CENT, ROUND_HALF_UP)
        return due, Decimal(paid or 0).quantize(_CENT, ROUND_HALF_UP), percent
    except (InvalidOperation, ValueError):
        return None


def decommitment_risk(asked: Asked) -> Looked:
    """Commitments of a year against payments by the end of the third year after it (2027: the second)."""
    funds = {fund for fund, _ in limits.limits_of("eligibility")}
    programmes: dict[tuple[str, str], list[Year]] = {}
    every = programme_years.years(asked.connection, with_illustrative=asked.with_illustrative)
    for each in every:
        named = limits.cci(each.ref)
        if each.fund in funds and (named or each.kind == "programme"):
            programmes.setdefault((named.text if named else each.ref, each.currency), []).append(each)
    looked = Looked(count(asked.connection, "programme"))
    undated = 0
    for (programme, currency), amounts in programmes.items():
        committed = _by_year(amounts, "committed") or _plan(amounts)
        undated += any(year == 0 for year in committed) or not committed
        paid, declared = _by_year(amounts, "paid"), _by_year(amounts, "declared")
        for year, deadline, minor in _at_risk(committed, paid, declared, asked.day):
            said = (
                f"programme {programme}: {display(minor, currency)} of the commitment of {year} is neither paid nor "
                f"declared by {deadline}"
            )
            if year == _FIRST_YEAR:
                said += "; a spreading of the 2021 commitment over later years was not verified and is not counted"
            values = {"programme": programme, "year": year, "deadline": deadline, "amount": Money(minor, currency)}
            looked.findings.append(tell("decommitment-risk", said, amounts[0].place, values))
    looked.leave_out(undated, "programmes whose commitments are not recorded by year")
    return looked


def _by_year(amounts: list[Year], stage: str) -> dict[int, int]:
    found: dict[int, int] = {}
    for each in amounts:
        if each.stage == stage:
            found[each.year] = found.get(each.year, 0) + each.minor
    return found


def _plan(amounts: list[Year]) -> dict[int, int]:
    """What a financial plan allocates by year; an amount in a single year is one for the whole period, and no plan."""
    planned = _by_year(amounts, "allocated")
    return planned if len(planned) > 1 else {}


def _at_risk(
    committed: dict[int, int], paid: dict[int, int], declared: dict[int, int], day: date
) -> Iterator[tuple[int, date, int]]:
    """Year, deadline and amount: of deadlines passed, and of the one at the end of this year.

    Payments use up the oldest commitment first. Money without a day counts as in time.
    """
    for year in range(_FIRST_YEAR, _LAST_YEAR + 1):
        deadline = date(year + 3 if year < _LAST_YEAR else _LAST_YEAR + 2, 12, 31)
        if not committed.get(year) or deadline.year > day.year:
            continue
        covered = max(sum(minor for when, minor in side.items() if when <= deadline.year) for side in (paid, declared))
        open_ones = sum(minor for when, minor in committed.items() if _FIRST_YEAR <= when <= year) - covered
        if open_ones > 0:
            yield year, deadline, min(open_ones, committed[year])


def published_totals(asked: Asked) -> Looked:
    """Totals that a sheet prints against the cells that they are the totals of."""
    totals = programme_years.printed_totals(asked.connection)
    looked = Looked(count(asked.connection, "published_figure"))
    own = {
        sha256(each.read_bytes()).hexdigest() for each in shipped.workbooks().iterdir() if each.name.endswith(".xlsx")
    }
    kept = 0
    for ref, printed, cells, digest in totals:
        if Decimal(printed) == Decimal(cells):
            continue
        if digest in own:
            kept += 1
            continue
        said = f"{printed} is printed, its cells add up to {cells}"
        file, _, place = ref.partition("!")
        sheet, _, cell = place.rpartition("!")
        gap = Decimal(cells) - Decimal(printed)
        values = {"figure": ref, "printed": printed, "cells": cells, "difference": gap}
        looked.findings.append(Finding("printed-total-differs", said, file, sheet, cell, values=values))
    if kept:
        looked.notes.append(
            f"{kept} printed totals of shipped workbooks differ from their cells and are kept as printed "
            "(imports/workbooks/SOURCES.md); reconcile tells them"
        )
    return looked
