"""The rows of an identified table in their states, read under its proposal.

Rows keep the roles that identification gave them. A date, rate, country or fund that cannot be read costs its cell, not
the row: nobody has said that such a list must have them. Money is as strict as under any profile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from ledger.domain.findings import Severity
from ledger.domain.money import MoneyError, display, to_minor
from ledger.domain.overriding import override
from ledger.domain.records import NO_COUNTRY, NO_FUND, PrintedTotal, ReadRow, RowState
from ledger.intake.cells import CellError, Value, cell_name
from ledger.intake.code_lists import CodeLists
from ledger.intake.columns import PercentColumn, without_percent
from ledger.intake.dates import DateDecision
from ledger.intake.finding_log import FindingLog
from ledger.intake.numbers import Amount, Refusal
from ledger.intake.printed_totals import TotalCheck
from ledger.intake.proposal import Proposal
from ledger.intake.rows import TableReader
from ledger.intake.table_extent import Role


class OpenLists(CodeLists):
    """Code lists that answer "not stated" for a word they do not know, and remember the word."""

    def __init__(self, lists: CodeLists) -> None:
        """Share everything with `lists`."""
        self.__dict__.update(lists.__dict__)
        self._lists = lists
        #: field -> unknown word -> how often it was asked for
        self.unknown: dict[str, Counter[str]] = {}

    @override
    def fund(self, text: str) -> str | None:
        """Code of a fund; that for "not stated" where the word is unknown."""
        return self._lists.fund(text) or self._note("fund", text, NO_FUND)

    @override
    def country(self, text: str) -> str | None:
        """Code of a country; that for "not stated" where the word is unknown."""
        return self._lists.country(text) or self._note("country", text, NO_COUNTRY)

    @override
    def countries_of(self, text: str) -> tuple[str, ...] | None:
        """Codes of the countries that a text names; none where it is unknown."""
        found = self._lists.countries_of(text)
        if found is None:
            self._note("country", text, NO_COUNTRY)
        return found or ()

    def _note(self, name: str, text: str, code: str) -> str:
        self.unknown.setdefault(name, Counter())[text.strip()] += 1
        return code


class ProposedReader(TableReader):
    """Reads the rows of a table under a proposal. The totals were checked by identification."""

    def __init__(self, proposal: Proposal, lists: CodeLists, log: FindingLog) -> None:
        self._open = OpenLists(lists)
        super().__init__(proposal.table, proposal.plan, self._open, log, rows=proposal.identified.rows)
        self._roles = proposal.identified.roles
        self._identified = proposal.identified
        self._soft = _soft_cells(proposal)
        self._money_rows = _row_currencies(proposal)
        self._stated_currency = proposal.plan.currency
        # Identification knows sections, groups and columns without a field; its totals stand.
        self._checker = _NoChecks()  # type: ignore[assignment]  # it has what is called here
        self.totals = [total for total in map(self._printed, self._identified.totals) if total is not None]

    def _printed(self, check: TotalCheck) -> PrintedTotal | None:
        column = next((c for c in self._identified.columns if c.index == check.column.index), None)
        currency = column and (self._plan.currency or column.currency.code)
        if column is None or not currency or not column.is_money:
            return None
        try:
            printed, _ = to_minor(check.printed, currency, column.unit.factor or 1)
            computed, _ = to_minor(check.computed, currency, column.unit.factor or 1)
        except MoneyError:
            return None
        return PrintedTotal(
            check.row, check.column.index, check.label, check.cells, printed, computed, currency, column.field
        )

    @override
    def _row(self, number: int, values: list[Value], mark: str) -> ReadRow:
        role = self._roles.get(number)
        if role is not None:
            if role.role is Role.TOTAL:
                stated = self._maker.amounts(values, tell=False)
                return ReadRow(number, RowState.SUBTOTAL, mark, None, stated)
            state = RowState.BLANK if role.role is Role.BLANK else RowState.NOTE
            return ReadRow(number, state, mark)
        if self._money_rows:
            self._plan.currency = self._money_rows.get(number, self._stated_currency)
        cleaned = list(values)
        for at, name, decision in self._soft:
            value = cleaned[at]
            if value is None or (type(value) is date and isinstance(decision, DateDecision)):
                continue
            if why := _unreadable(value, decision):
                code = "date-invalid" if isinstance(decision, DateDecision) else "rate-invalid"
                cell, shown = cell_name(number, at + 1), str(value)[:60]
                message = f"{shown!r} was left out as {name}: {why}"
                self._log.tell(code, message, cell, severity=Severity.WARNING)
                cleaned[at] = None
        return super()._row(number, cleaned, mark)

    @override
    def _total_label(self, number: int, values: list[Value]) -> str | None:  # noqa: ARG002 - that of the base class
        return None  # roles are told by identification; totals never come here

    @override
    def _is_note(self, values: list[Value]) -> bool:  # noqa: ARG002 - that of the base class
        return False

    @override
    def _close(self) -> None:
        """Tell what concerns the whole table; hidden rows and columns were told by identification."""
        for name, words in self._open.unknown.items():
            shown = ", ".join(repr(word[:40]) for word in list(words)[:5])
            message = f"{len(words)} wordings are no {name} of the code lists, such as {shown}; kept as not stated"
            self._log.tell(f"{name}-unknown", message, values={"words": list(words)[:50]}, severity=Severity.WARNING)
        self._close_amounts()
        self._close_references()
        maker = self._maker
        if maker.without_country:
            message = f"{maker.without_country:,} rows without a country"
            self._log.tell("country-missing", message, values={"rows": maker.without_country})
        if maker.undated:
            message = f"nothing dates the amounts of {maker.undated:,} rows"
            self._log.tell("value-date-unknown", message, values={"rows": maker.undated})
        self._log.close()

    @override
    def _close_references(self) -> None:
        references = self._maker.references
        alike, references.alike = references.alike, []
        super()._close_references()
        stated = self._stated_by({references.row_of(ref) for _, *refs in alike for ref in refs})
        for row, ref, other in alike:
            mine, theirs = stated[references.row_of(ref)], stated[references.row_of(other)]
            same = sorted(name for name, amount in mine.items() if amount[1] and theirs.get(name) == amount)
            amounts = ", ".join(f"{name} {display(mine[name][1], mine[name][0])}" for name in same)
            twice = f"; both rows say {amounts}: the same money may be counted twice" if same else ""
            message = f"{ref!r} and {other!r} differ only in case or dash{twice}"
            self._log.tell("reference-case", message, str(row), {"references": [other, ref], "same": same})

    def _stated_by(self, numbers: set[int]) -> dict[int, dict[str, tuple[str, int]]]:
        """What these rows state, by row: read again, for only few rows are ever asked for."""
        if not numbers:
            return {}
        width = max(self._plan.width, 1)
        found: dict[int, dict[str, tuple[str, int]]] = {}
        for number, values in self._rows:
            if number in numbers:
                self._plan.currency = self._money_rows.get(number, self._stated_currency)
                found[number] = self._maker.amounts(values + [None] * (width - len(values)), tell=False)
        return found


class _NoChecks:
    """Stands where totals would be checked."""

    def add(self, row: int, values: Sequence[Value], stated: Mapping[str, tuple[str, int]]) -> None:
        """Nothing: identification added up the rows."""

    def check(self, *_: Any) -> None:
        """Nothing: identification compared the totals."""

    def close(self) -> None:
        """Nothing."""


def _soft_cells(proposal: Proposal) -> list[tuple[int, str, DateDecision | PercentColumn]]:
    dates: list[tuple[int, str, DateDecision | PercentColumn]] = list(proposal.plan.dates)
    return dates + [(column.at, column.field, column) for column in proposal.plan.percents]


def _unreadable(value: Value, decision: DateDecision | PercentColumn) -> str:
    """Why a date or rate cannot be read; "" where it can."""
    if isinstance(value, CellError):
        return f"the cell shows {value.text}" if value.text else "the formula has no value"
    if isinstance(decision, DateDecision):
        answer = decision.read(value)
        return answer.reason if isinstance(answer, Refusal) else ""
    read = decision.decision.read(without_percent(value))
    if isinstance(read, Refusal):
        return read.reason
    if isinstance(read, Amount):
        percent = read.number * (1 if isinstance(value, str) else decision.factor)
        return "" if 0 <= percent <= 100 else f"{percent} is not between 0 and 100"
    return ""


def _row_currencies(proposal: Proposal) -> dict[int, str]:
    """The currency of the rows whose number formats alone say it; rows with two are left out, and so refused."""
    found: dict[int, str] = {}
    doubtful: set[int] = set()
    for column in proposal.identified.money:
        for row, code in column.currency.by_row.items():
            if found.setdefault(row, code) != code:
                doubtful.add(row)
    return {row: code for row, code in found.items() if row not in doubtful}
