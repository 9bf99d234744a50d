"""Why a figure and the ledger differ: gathers the rows, the refused ones, rates, earlier states and a second source."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import cache, cached_property
from math import ceil, floor

from ledger.actions.evidence import kept_workbook
from ledger.actions.second_source import SecondSource
from ledger.actions.total_words import calls_itself_total
from ledger.domain.intervals import Interval
from ledger.domain.money import MoneyError, minor_digits, to_minor
from ledger.intake.cells import cell_name, column_index
from ledger.intake.fields import BASIS, OWN_STAGE
from ledger.intake.number_styles import Amount, read_amount
from ledger.reconcile.explanation.counts import explain_count, projects
from ledger.reconcile.explanation.differences import Elsewhere, compared
from ledger.reconcile.explanation.model import (
    Case,
    CaseRow,
    Explanation,
    Rate,
    RejectedRow,
    RowPlace,
    Target,
)
from ledger.reconcile.explanation.scoping import Account, Holder, Piece, Scope, Stated, case_rows
from ledger.reconcile.explanation.search import explain
from ledger.store import case_rows as stored
from ledger.store import rates
from ledger.store.case_rows import JournalLine, SheetRead
from ledger.store.database import Connection
from ledger.store.totals import Filter

#: Refused rows that are read again; a list with more is refused as a whole, and no row of it stands out.
_REFUSED_AT_MOST = 400
#: A list that takes the place of an earlier one repeats so many times more rows than it leaves out.
_REPEATED_TIMES = 3
#: Earlier states of the ledger that are looked at, newest first.
_STATES_AT_MOST = 8


def target(holds: Interval, ledger: int, currency: str) -> Target | None:
    """What has to come out of the ledger's sum (minor units) for the figure to hold; None where it holds already."""
    unit = 10 ** minor_digits(currency)
    low = high = None
    if holds.high is not None:
        end = holds.high * unit
        low = ledger - (floor(end) if holds.high_inclusive or end.denominator > 1 else int(end) - 1)
    if holds.low is not None:
        end = holds.low * unit
        high = ledger - (ceil(end) if holds.low_inclusive or end.denominator > 1 else int(end) + 1)
    wanted = Target(low, high)
    return None if 0 in wanted else wanted


def _whole_numbers(holds: Interval) -> tuple[int | None, int | None]:
    """The least and the greatest whole number of an interval; None for no limit."""
    low = high = None
    if holds.low is not None:
        low = ceil(holds.low) + (0 if holds.low_inclusive or holds.low.denominator > 1 else 1)
    if holds.high is not None:
        high = floor(holds.high) - (0 if holds.high_inclusive or holds.high.denominator > 1 else 1)
    return low, high


def scope_of(wanted: Filter, currency: str) -> Scope | None:
    """The scope of a filter; None for one that looks at envelopes, or at several stages at once."""
    if wanted.envelope or wanted.stage is None or wanted.units or wanted.source:
        return None
    return Scope(
        stage=wanted.stage,
        basis=wanted.bases[0] if wanted.bases else "",
        currency=currency,
        funds=wanted.funds,
        countries=wanted.countries,
        themes=wanted.themes,
        earmark=wanted.earmark,
        programme=wanted.programme,
        project=wanted.project,
        start=wanted.period_start,
        end=wanted.period_end,
        as_of=wanted.as_of,
    )


class Explainer:
    """Explains the figures of one run: the journal is read once, and only if a figure differs."""

    def __init__(
        self,
        connection: Connection,
        known_at: int | None,
        *,
        with_illustrative: bool,
        against: SecondSource | None = None,
    ) -> None:
        self._connection, self._known_at = connection, known_at
        self._with_illustrative, self._against = with_illustrative, against

    def explain(self, wanted: Filter, currency: str, *, ledger: int, holds: Interval) -> list[Explanation] | None:
        """The explanations of a sum of money that `holds` does not allow; None where there is nothing to explain."""
        aim, scope = target(holds, ledger, currency), scope_of(wanted, currency)
        if aim is None or scope is None:
            return None
        return explain(self._case(scope, aim, ledger, self.rows(scope, self._known_at)))

    def explain_count(self, wanted: Filter, *, counted: int, holds: Interval) -> list[Explanation] | None:
        """The same of a number of projects; None where it holds, or where it is not one of projects with an amount."""
        scope = scope_of(replace(wanted, stage=wanted.stage or "committed", units=()), "EUR")
        low, high = _whole_numbers(holds)
        aim = Target(None if high is None else counted - high, None if low is None else counted - low)
        if scope is None or 0 in aim:
            return None
        rows = self.rows(scope, self._known_at)
        if wanted.units:
            rows = [row for row in rows if row.unit in wanted.units]
        return explain_count(self._case(scope, aim, counted, rows)) if len(projects(rows)) == counted else None

    def _case(self, scope: Scope, aim: Target, ledger: int, rows: list[CaseRow]) -> Case:
        currency = scope.currency
        rejected, used = self._rejected(scope, rows), self._rates(currency, rows)
        return Case(
            target=aim,
            ledger=ledger,
            stage=scope.stage,
            basis=scope.basis,
            currency=currency,
            rows=rows,
            rejected=rejected,
            rates=used,
            sources=[
                compared(rows, other, rejected=rejected, rates=used, currency=currency)
                for other in self._elsewhere(scope)
            ],
            limits=scope.limits,
        )

    def _elsewhere(self, scope: Scope) -> Iterator[Elsewhere]:
        """The second source, and the states of the ledger before a batch stated a list anew."""
        if self._against is not None:
            yield Elsewhere(self._against.name, self._against.rows(scope))
        renewing = {line.undone_by for line in self._lines if line.undone_by is not None}
        renewing |= stored.repeating_batches(self._connection) & {line.batch for line in self._lines}
        known = [batch for batch in renewing if self._known_at is None or batch <= self._known_at]
        for batch in sorted(known, reverse=True)[:_STATES_AT_MOST]:
            name = f"batch {batch - 1}" if batch > 1 else "the empty ledger"
            yield Elsewhere(f"the ledger as it was with {name}", self.rows(scope, batch - 1), is_history=True)

    # --- the rows ------------------------------------------------------------------------------------------------

    @cached_property
    def _lines(self) -> list[JournalLine]:
        return list(stored.journal(self._connection, with_illustrative=self._with_illustrative))

    @cached_property
    def _accounts(self) -> dict[int, Account]:
        return {key: Account(*values) for key, values in stored.accounts(self._connection).items()}

    @cached_property
    def _sheets(self) -> dict[int, SheetRead]:
        return stored.sheets(self._connection)

    @cached_property
    def _places(self) -> dict[int, tuple[str, str, int, int | None, str]]:
        found: dict[int, tuple[str, str, int, int | None, str]] = {}
        sheets = self._sheets
        for row, sheet_id, number, digest in stored.source_rows(self._connection):
            sheet = sheets.get(sheet_id)
            if sheet is not None:
                found[row] = (sheet.file, sheet.name, number, sheet.batch, digest)
        return found

    @cached_property
    def _with_total(self) -> set[tuple[int, str, str]]:
        return {
            (sheet.batch, sheet.file, sheet.name)
            for sheet in self._sheets.values()
            if any(column["field"] == "total_cost" for column in sheet.columns)
        }

    @cached_property
    def _totals(self) -> dict[tuple[int, str, int], int]:
        """Total costs that are lower than their shares, which no transfer states: by batch, sheet and row."""
        found = {}
        for batch, _, sheet, cell, details in stored.findings(self._connection, "total-below-share"):
            number = cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
            if number.isdigit() and "total_minor" in (values := json.loads(details)):
                found[batch, sheet, int(number)] = int(values["total_minor"])
        return found

    def _vanished(self, known_at: int | None) -> dict[int, int]:
        """Rows that stand although a newer list of their source does not repeat them: that list's batch, by row.

        Where it repeats few, it is no newer list of the same but one of other projects.
        """
        found: dict[int, int] = {}
        for source, batch in stored.shortened_lists(self._connection).items():
            if known_at is not None and batch > known_at:
                continue
            digests, projects = stored.stated_again(self._connection, batch)
            gone: set[int] = set()
            repeated = 0
            for line in self._lines:
                if line.row is None or line.batch >= batch or line.row not in self._places:
                    continue
                holder = self._accounts[line.credit].holder
                if holder is None or self._sources.get(holder) != source:
                    continue
                if line.undone_by is None and self._places[line.row][4] not in digests and holder not in projects:
                    gone.add(line.row)
                else:
                    repeated += 1
            if len(gone) * _REPEATED_TIMES <= repeated:
                found |= dict.fromkeys(gone, batch)
        return found

    @cached_property
    def _sources(self) -> dict[int | str, str]:
        return {row.id: row.source for row in stored.projects(self._connection, self._known_at)}

    def _holders(self, known_at: int | None) -> dict[int | str, Holder]:
        marked = stored.earmarks(self._connection)
        return {
            row.id: Holder(
                row.ref,
                row.source,
                row.title or "",
                row.beneficiary or "",
                row.unit,
                row.fund_code,
                row.country_code,
                row.parent,
                row.programme,
                None if row.eu_rate is None else _fraction(row.eu_rate),
                marked.get(row.version),
                calls_itself_total(row.ref, row.title or ""),
            )
            for row in stored.projects(self._connection, known_at)
        }

    def rows(self, scope: Scope, known_at: int | None) -> list[CaseRow]:
        """Every row that money of projects comes from, as known with batch `known_at` (None: now)."""
        accounts, places = self._accounts, self._places
        pieces = []
        for line in self._lines:
            if line.row is None or (known_at is not None and line.batch > known_at):
                continue
            if line.undone_by is not None and (known_at is None or line.undone_by <= known_at):
                continue
            credit, debit = accounts[line.credit], accounts[line.debit]
            drawn_on = debit if debit.holder is not None and debit.stage == credit.stage else None
            pieces.append(Piece(line.row, line.minor, credit, line.day, line.column, line.rule, drawn_on))
        with_total, totals = self._with_total, self._totals
        stated = Stated(
            places,
            lambda row: (places[row][3] or 0, places[row][0], places[row][1]) in with_total,
            {
                row: totals[key]
                for row, place in places.items()
                if (key := (place[3] or 0, place[1], place[2])) in totals
            }
            if totals
            else {},
            self._vanished(known_at),
        )
        return case_rows(pieces, self._holders(known_at), scope, stated)

    # --- refused rows --------------------------------------------------------------------------------------------

    def _rejected(self, scope: Scope, rows: Iterable[CaseRow]) -> list[RejectedRow]:
        """The rows that were refused and are still missing, with the amount in the figure's column."""
        by_sheet: dict[int, list[int]] = {}
        for sheet_id, number in stored.refused_rows(self._connection):
            if sheet_id in self._sheets:
                by_sheet.setdefault(sheet_id, []).append(number)
        if not by_sheet or sum(map(len, by_sheet.values())) > _REFUSED_AT_MOST:
            return []
        codes = self._codes(set(by_sheet))
        present = {(row.place.ref) for row in rows if row.own}
        found = []
        for sheet_id, numbers in by_sheet.items():
            sheet = self._sheets[sheet_id]
            for number, ref, minor, column in self._read_refused(sheet, scope, set(numbers)):
                if ref and ref in present:
                    continue
                place = RowPlace(ref, sheet.file, sheet.name, number, sheet.batch, cell_name(number, column))
                found.append(RejectedRow(place, minor, codes.get((sheet_id, number), "")))
        return found

    def _codes(self, sheet_ids: set[int]) -> dict[tuple[int, int], str]:
        wanted = {(self._sheets[key].batch, self._sheets[key].name): key for key in sheet_ids}
        found: dict[tuple[int, int], str] = {}
        for batch, code, sheet, cell, _ in stored.findings(self._connection):
            number = cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
            if (batch, sheet) in wanted and number.isdigit():
                key = (wanted[batch, sheet], int(number))
                if found.get(key) != "amount-negative":
                    found[key] = code
        return found

    def _read_refused(self, sheet: SheetRead, scope: Scope, numbers: set[int]) -> Iterable[tuple[int, str, int, int]]:
        """(row, reference, minor units, column) of the refused rows of a sheet, read again from the kept file."""
        column = next((c for c in sheet.columns if _is_of(c["field"], scope, sheet.settings)), None)
        if column is None:
            return
        at = {c["field"]: column_index(c["letter"]) for c in sheet.columns if c["field"]}
        own, last = column_index(column["letter"]), max(numbers)
        with kept_workbook(self._connection, sheet.sha256, sheet.file) as book:
            for read in (each for each in book.sheets if (each.name or "") == sheet.name):
                for row in read.rows():
                    if row.number > last:
                        break
                    if row.number not in numbers:
                        continue
                    values = dict(enumerate(row.values, start=1))
                    currency = str(values.get(at.get("currency", 0)) or column.get("currency") or scope.currency)
                    if currency.strip() != scope.currency:
                        continue
                    amount = read_amount(values.get(own), column.get("number_style"))
                    if isinstance(amount, Amount):
                        try:
                            minor, _ = to_minor(amount.number, scope.currency, column.get("unit") or 1)
                        except MoneyError:
                            continue
                        yield row.number, str(values.get(at.get("project_ref", 0)) or "").strip(), minor, own

    # --- rates ---------------------------------------------------------------------------------------------------

    def _rates(self, currency: str, rows: Iterable[CaseRow]) -> list[Rate]:
        """The rates of the days of the rows; the ledger holds rates to the euro alone."""
        if currency != "EUR":
            return []
        days = [row.day for row in rows if row.day is not None]
        first, last = min(days, default=date.min), max(days, default=date.max)
        return [
            Rate(
                used.currency,
                used.rate,
                Fraction(used.rate),
                used.valid_from,
                used.valid_to or date.max,
                minor_digits(used.currency),
            )
            for used in rates.every(self._connection, self._known_at)
            if used.currency != "EUR" and used.valid_from <= last and (used.valid_to or date.max) >= first
        ]


@cache
def _fraction(text: str) -> Fraction:
    return Fraction(text)


def _is_of(name: str | None, scope: Scope, settings: Mapping[str, str]) -> bool:
    """Whether a column's amounts stand at the stage and basis of the figure."""
    if name not in BASIS or BASIS[name].value != scope.basis:
        return False
    stage = OWN_STAGE[name].value if name in OWN_STAGE else settings.get("stage", "committed")
    return stage == scope.stage
