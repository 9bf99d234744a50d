"""The rows of a table in their states: each row of the sheet exactly once, gaps in its numbering included."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from ledger.domain.findings import CODES
from ledger.domain.records import Kind, PrintedTotal, ReadRow, RowState
from ledger.intake.cell_text import cell_text
from ledger.intake.cells import CellError, Row, Value, cell_name, column_letter, row_spans
from ledger.intake.code_lists import CodeLists, plain_name
from ledger.intake.column_checks import ColumnChecks
from ledger.intake.columns import Plan
from ledger.intake.finding_log import FindingLog
from ledger.intake.headers import Table, plain_header
from ledger.intake.long_totals import LongTotals
from ledger.intake.records import RecordMaker
from ledger.intake.row_groups import RowGroups
from ledger.intake.row_shapes import Shaper
from ledger.intake.totals import TOTAL_WORDS, TotalChecker, rows_of_sums

#: Where several findings apply to one cell, the first in this order is told.
_PRECEDENCE = {code: place for place, code in enumerate(CODES)}


def digest(values: list[Value]) -> str:
    """SHA-256 (hexadecimal) of a row's raw values in their canonical text form.

    The form: the cells from column A on, U+001F between them, trailing empty cells left out; an empty cell is empty, a
    text is `s` and the text, a number `n` and its plain digits, a truth value `b1` or `b0`, a date or time `d` and its
    ISO form, an error `e` and its text; encoded as UTF-8.
    """
    parts = [
        "s" + value
        if type(value) is str
        else ""
        if value is None
        else f"n{value}"
        if type(value) is int
        else _FORMS[type(value)](value)
        for value in values
    ]
    return hashlib.sha256("\x1f".join(parts).rstrip("\x1f").encode("utf-8", "surrogatepass")).hexdigest()


def _plain_digits(value: Decimal) -> str:
    """A number without an exponent; str() writes most so, in a fifth of the time."""
    text = str(value)
    return f"n{value:f}" if "E" in text else f"n{text}"


_FORMS: dict[type, Callable[[Any], str]] = {
    Decimal: _plain_digits,
    bool: lambda value: f"b{value:d}",
    date: lambda value: f"d{value.isoformat()}",
    datetime: lambda value: f"d{value.isoformat()}",
    time: lambda value: f"d{value.isoformat()}",
    CellError: lambda value: f"e{value.text}",
}


_BLANK = digest([])


class TableReader:
    """Reads the rows of one table (all `rows` of its sheet) under its plan. `totals` and the log are complete once `rows` has ended."""

    def __init__(
        self,
        table: Table,
        plan: Plan,
        lists: CodeLists,
        log: FindingLog,
        *,
        rows: Iterable[Row],
        groups: RowGroups | None = None,
        other_sheet: dict[str, dict[str, str]] | None = None,
    ) -> None:
        """`groups` has seen every row already; `other_sheet` is what the layout looks up there."""
        self._rows = rows
        rule, facts = table.rule, table.sheet.facts
        self._table, self._plan, self._facts, self._log = table, plan, facts, log
        self._maker = RecordMaker(plan, lists, rule)
        self._total_words = {word.casefold() for word in TOTAL_WORDS} | {plain_name(word) for word in rule.total_words}
        self._total_places = self._places(rule.total_columns)
        self._sum_rows = rows_of_sums(facts.formulas)
        booked = [(column.at, column.key, plan.headers[column.at], column.field) for column in plan.amounts]
        self._checker = TotalChecker(booked, self._unbooked(), plan.currency or "EUR", log)
        self.totals: list[PrintedTotal] = self._checker.totals
        layout = rule.layout
        self._shaper = Shaper(layout, plan, lists, other_sheet or {}) if layout.shapes_rows else None
        self._nothing = {plain_name(text): text in layout.redacted for text in (*layout.missing, *layout.redacted)}
        self._long = LongTotals(layout, plan, log, self.totals) if layout.total_values else None
        self._checks = ColumnChecks(table, plan, facts, log) if layout.checks else None
        self._groups = groups
        self._periods = any(column.key != column.field for column in plan.amounts)
        self._redacted = 0
        self._not_booked: Counter[str] = Counter()
        for helper in (groups, self._long, self._checks):
            for name in helper.unknown if helper else ():
                log.tell(
                    "column-missing",
                    f"the profile names the column {name!r}, which is not there",
                    str(table.header_row),
                )
        self._digests: dict[str, int] = {}
        self._header_digest = ""
        self._hidden: list[int] = []
        self._posted = 0

    def _places(self, names: tuple[str, ...]) -> list[int]:
        wanted = {plain_header(name) for name in names}
        return [
            column.index - 1
            for column in self._table.columns
            if plain_header(column.header) in wanted or (column.rule and plain_header(column.rule.field) in wanted)
        ]

    def _unbooked(self) -> list[tuple[int, str]]:
        """Columns that are none of ours and may hold amounts: no percentages."""
        if self._plan.kind is Kind.FIGURES:
            return []
        formats = self._facts.number_formats
        return [
            (column.index - 1, column.header)
            for column in self._table.columns
            if column.rule is None
            and "%" not in column.header
            and not any("%" in code for code in formats.get(column.index, {}))
        ]

    # --- the rows ------------------------------------------------------------------------------------------------

    def rows(self) -> Iterator[ReadRow]:
        """Every row of the sheet from the first to the last, in its state."""
        expected, head = 1, self._table.header_row
        width = max(self._plan.width, 1)
        for number, values in self._rows:
            for gap in range(expected, number):
                yield ReadRow(gap, RowState.BLANK, _BLANK)
            expected = number + 1
            mark = digest(values)
            if mark == _BLANK or _is_blank(values):
                yield ReadRow(number, RowState.BLANK, mark)
                continue
            if number <= head:
                self._header_digest = mark
                yield ReadRow(number, RowState.NOTE, mark)
                continue
            short = width - len(values)
            row = self._row(number, values + [None] * short if short > 0 else values, mark)
            if self._periods:
                row.stated = self._by_field(row.stated)
            yield row
        self._close()

    def _row(self, number: int, values: list[Value], mark: str) -> ReadRow:
        if self._nothing:
            values = self._emptied(values)
        if self._shaper:
            if self._shaper.section(values):
                return ReadRow(number, RowState.NOTE, mark)
            is_total = self._total_label(number, values) is not None
            values = values + [None] * len(self._plan.added) if is_total else self._shaper.shaped(values)
        hidden = self._long.label(values) if self._long else None
        label = self._total_label(number, values) if hidden is None else None
        if label is not None or hidden is not None:
            return self._total(number, values, mark, label=label, hidden=hidden)
        if mark == self._header_digest or self._is_note(values[: self._plan.width]):
            return ReadRow(number, RowState.NOTE, mark)
        self._maker.start(number)
        if self._plan.values and not self._translate(values):
            return ReadRow(number, RowState.NOTE, mark, None, self._maker.amounts(values, tell=False))
        return self._record(number, values, mark)

    def _total(self, number: int, values: list[Value], mark: str, *, label: str | None, hidden: str | None) -> ReadRow:
        stated = self._maker.amounts(values, tell=False)
        if label is not None:
            self._checker.check(number, label, values, stated, self._facts.formulas)
        elif self._long and hidden is not None:
            self._long.check(number, hidden, values, stated)
        return ReadRow(number, RowState.SUBTOTAL, mark, None, stated)

    def _record(self, number: int, values: list[Value], mark: str) -> ReadRow:
        maker = self._maker
        stated = maker.amounts(values)
        booked, weights = stated, None
        if self._groups:
            verdict = self._groups.judge(number, values, stated)
            if verdict.is_older:
                return ReadRow(number, RowState.NOTE, mark, None, stated)
            if verdict.problem:
                maker.problems.append(("amounts-differ", verdict.problem, 0, {}))
            if verdict.countries:
                values[self._plan.places["country"]] = verdict.countries
            booked, weights = verdict.amounts, verdict.weights
            maker.booking.cell_rule = verdict.rule
        record = maker.make(number, values, booked)
        if weights and not maker.problems:
            maker.divide(record, weights)
        self._checker.add(number, values, stated)
        if self._long:
            self._long.add(number, values, stated)
        if self._checks:
            self._checks.check(number, values, stated)
        if number in self._facts.hidden_rows:
            self._hidden.append(number)
        if maker.problems:
            self._tell(number, maker.problems)
            return ReadRow(number, RowState.REJECTED, mark, None, stated)
        self._posted += 1
        earlier = self._digests.setdefault(mark, number)
        if earlier != number:
            message = f"row {number} is alike in every cell to row {earlier}; both were read"
            self._log.tell("duplicate-row", message, str(number), {"row": number, "earlier": earlier})
        return ReadRow(number, RowState.POSTED, mark, record, stated)

    def _emptied(self, values: list[Value]) -> list[Value]:
        """The row without texts that mean nothing; those that stand for something withheld are counted."""
        made: list[Value] = []
        for value in values:
            is_redacted = self._nothing.get(plain_name(value)) if type(value) is str and len(value) < 40 else None
            self._redacted += is_redacted is True
            made.append(value if is_redacted is None else None)
        return made

    def _translate(self, values: list[Value]) -> bool:
        """Put what the texts of the profile's `values` stand for in their place; False for a row that is not booked."""
        for at, (meanings, otherwise) in self._plan.values.items():
            text = cell_text(values[at])
            if not text:
                continue
            meant = meanings.get(text.casefold())
            if meant is not None:
                values[at] = meant
            elif otherwise == "note":
                self._not_booked[text] += 1
                return False
            elif text not in meanings.values():
                message = f"{text[:60]!r} is none of the texts that the profile lists under `values`"
                self._maker.problems.append(("code-unknown", message, at + 1, {}))
        return True

    def _by_field(self, stated: dict[str, tuple[str, int]]) -> dict[str, tuple[str, int]]:
        """The amounts of a row added up over the periods of each field, where they are in one currency."""
        fields = {column.key: column.field for column in self._plan.amounts}
        made: dict[str, tuple[str, int]] = {}
        for key, (currency, minor) in stated.items():
            name = fields[key]
            if name in made and made[name][0] != currency:
                name = key
            made[name] = (currency, made.get(name, (currency, 0))[1] + minor)
        return made

    def _total_label(self, number: int, values: list[Value]) -> str | None:
        """The label of a total row; None for any other row. A sheet of figures has none: a figure may be called "total"."""
        if self._plan.kind is Kind.FIGURES:
            return None
        if self._total_places:
            cells: list[Value] = [values[at] for at in self._total_places]
        else:
            cells = [next((value for value in values if value is not None and value != ""), None)]
        for value in cells:
            if type(value) is str and len(value) < 60:
                word = value.strip().rstrip(":").casefold()
                if word in self._total_words or (not word.isascii() and plain_name(word) in self._total_words):
                    return value.strip()
        if number in self._sum_rows:
            return next((value.strip() for value in values if type(value) is str and value.strip()), "SUM")
        return None

    def _is_note(self, values: list[Value]) -> bool:
        """A row with one text and nothing else, in a table of three columns or more: a section, a footnote, a source."""
        if len(values) < 3 or len(values) - values.count(None) > 3:
            return False
        filled = [value for value in values if value is not None and not (type(value) is str and not value.strip())]
        return len(filled) == 1 and type(filled[0]) is str

    def _tell(self, number: int, problems: list[tuple[str, str, int, dict[str, object]]]) -> None:
        """Tell the problems of a row, one for each cell."""
        told: set[int] = set()
        for code, message, column, values in sorted(problems, key=lambda p: (p[2], _PRECEDENCE[p[0]])):
            if column not in told:
                told.add(column)
                if column > self._plan.width:
                    column = self._plan.origins.get(column - 1, -1) + 1  # noqa: PLW2901 - its cell is where it comes from
                cell = cell_name(number, column) if column else str(number)
                self._log.tell(code, message, cell, values)

    # --- what is told once ---------------------------------------------------------------------------------------

    def _close(self) -> None:
        """Tell what concerns the whole table."""
        self._checker.close()
        if self._long:
            self._long.close()
        self._close_layout()
        self._close_amounts()
        self._close_references()
        maker, log, name = self._maker, self._log, self._plan.kind
        if self._hidden:
            message = (
                f"{_count(len(self._hidden), 'hidden row')} with data, read like the others: {row_spans(self._hidden)}"
            )
            log.tell("hidden-rows", message, row_spans(self._hidden), {"rows": self._hidden[:1000]})
        hidden = [column for column in self._table.columns if column.index in self._facts.hidden_columns]
        if hidden and self._posted:
            letters = ", ".join(f"{column_letter(column.index)} ({column.header})" for column in hidden)
            cell = f"{column_letter(hidden[0].index)}:{column_letter(hidden[-1].index)}"
            log.tell("hidden-columns", f"hidden columns hold data: {letters}", cell)
        if maker.without_country and name is Kind.PROJECTS:
            message = f"{_count(maker.without_country, 'row')} without a country"
            log.tell("country-missing", message, values={"rows": maker.without_country})
        if maker.undated:
            message = f"nothing dates the amounts of {_count(maker.undated, 'row')}"
            log.tell("value-date-unknown", message, values={"rows": maker.undated})
        log.close()

    def _close_layout(self) -> None:
        log = self._log
        if self._groups and (told := self._groups.told):
            code, message, values = told
            log.tell(code, message, values=values)
        if self._not_booked:
            kinds = ", ".join(f"{text} ({count})" for text, count in sorted(self._not_booked.items()))
            rows = sum(self._not_booked.values())
            log.tell("rows-not-booked", f"{_count(rows, 'row')} not booked: {kinds}", values=dict(self._not_booked))
        if self._redacted:
            message = f"{_count(self._redacted, 'cell')} whose content is withheld, read as empty"
            log.tell("cells-redacted", message, values={"cells": self._redacted})
        if self._shaper and self._shaper.not_found:
            message = f"{_count(self._shaper.not_found, 'row')} whose record the other sheet does not hold"
            log.tell("lookup-missing", message, values={"rows": self._shaper.not_found})

    def _close_amounts(self) -> None:
        log, booking = self._log, self._maker.booking
        for column in self._plan.amounts:
            if column.rounded:
                header, cell = self._plan.headers[column.at], cell_name(column.first_rounded, column.at + 1)
                message = f"{_count(column.rounded, 'amount')} of {header!r} with more decimals than the currency, rounded half up"
                log.tell("number-rounded", message, cell, {"count": column.rounded})
        if booking.public_apart:
            at = self._plan.places["public_contribution"]
            message = (
                f"{_count(booking.public_apart, 'row')} with the EU share beside the public contribution, which holds it "
                "and was not booked"
            )
            values = {"rows": booking.public_apart}
            log.tell("public-holds-eu", message, cell_name(booking.first_public, at + 1), values)
        for row, column_index, message, values in booking.below_share:
            log.at("total-below-share", message, row, column_index, values)

    def _close_references(self) -> None:
        log, references = self._log, self._maker.references
        if references.generated and self._posted:
            message = "the references were made from title, beneficiary, dates and place"
            log.tell("reference-generated", message, values={"rows": self._posted})
        if references.repeated:
            first = next(iter(references.repeated))
            message = f"{_count(len(references.repeated), 'reference')} on several rows, such as {first!r}"
            values = {"references": len(references.repeated), "rows": sum(references.repeated.values())}
            log.tell("reference-repeated", message, values=values)
        for row, ref, other in references.alike:
            log.tell("reference-case", f"{ref!r} and {other!r} differ only in case or dash", str(row))


def _is_blank(values: list[Value]) -> bool:
    """Whether a row holds nothing but blanks."""
    return all(value is None or (type(value) is str and not value.strip()) for value in values)


def _count(number: int, noun: str) -> str:
    """1 row, 1,200 rows."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
