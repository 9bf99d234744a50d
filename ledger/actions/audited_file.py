"""A filled-in sample as it comes back: its rows, read and checked by the readers that imports use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ledger.domain.findings import Finding
from ledger.domain.money import MoneyError, display, to_minor
from ledger.intake.cells import Row, Sheet, Value, cell_name
from ledger.intake.number_styles import Amount, Refusal
from ledger.intake.numbers import NumberColumn, NumberDecision
from ledger.intake.readers import ReadFailed, open_workbook

_AMOUNTS = ("book_value", "audited_value", "error")
_COLUMNS = ("unit", "stratum", *_AMOUNTS)
#: Rows in which the headings are looked for.
_SEARCHED = 60
_TOTAL = re.compile(r"(grand )?(sub)?(total|sum)s?\b", re.IGNORECASE)
_EXHAUSTIVE = {"exhaustive", "high-value", "high value", "hv", "top", "census"}


@dataclass(frozen=True, slots=True)
class AuditedRow:
    """A unit as the file has it, in minor units."""

    unit: str
    stratum: str
    exhaustive: bool | None
    book: int
    error: int


@dataclass(slots=True)
class AuditedFile:
    """The rows of a file; with a STOP or an ERROR among the findings they are not all there."""

    rows: list[AuditedRow] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def read_audited(path: Path, currency: str) -> AuditedFile:
    """The rows under the headings unit, stratum, book_value, audited_value, error, in any order, on the first sheet that has them.

    A unit needs a book value, and an audited value or an error. A stratum that says `exhaustive` (or ends in
    `: exhaustive`) is of units that stand for themselves alone.
    """
    read = AuditedFile()
    workbook = open_workbook(path)
    try:
        read.findings += workbook.findings
        for sheet in workbook.sheets:
            if (found := _headings(sheet)) is not None:
                header, at = found
                _rows(read, sheet, file=path.name, header=header, at=at, currency=currency)
                return read
        if workbook.sheets:
            read.findings.append(
                Finding("sample-columns-missing", "no row has the headings unit and book_value", file=path.name)
            )
    except ReadFailed as failure:
        read.findings.append(failure.finding)
    finally:
        workbook.close()
    return read


def _headings(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """(row of the headings, column index of each), or None."""
    for row in sheet.rows():
        if row.number > _SEARCHED:
            return None
        names = [_heading(value) for value in row.values]
        at = {name: names.index(name) for name in _COLUMNS if name in names}
        if "unit" in at and "book_value" in at and ("audited_value" in at or "error" in at):
            return row.number, at
    return None


def _heading(value: Value) -> str:
    # "Book value (EUR)" is book_value.
    return re.sub(r"[^a-z]+", "_", re.sub(r"\(.*?\)", "", str(value or "")).casefold()).strip("_")


def _rows(read: AuditedFile, sheet: Sheet, *, file: str, header: int, at: Mapping[str, int], currency: str) -> None:
    name = sheet.name or ""
    body = [row for row in sheet.rows() if row.number > header and _value(row, at["unit"]) is not None]
    decisions = {column: _decided(body, at[column]) for column in _AMOUNTS if column in at}
    for column, decision in decisions.items():
        if decision.ambiguous:
            told = "the amounts can be read in two styles: " + ", ".join(f'"{c.style}"' for c in decision.candidates)
            read.findings.append(Finding("number-ambiguous", told, file, name, cell_name(header, at[column] + 1)))
    if any(decision.ambiguous for decision in decisions.values()):
        return
    for row in body:
        amounts: dict[str, int | None] = dict.fromkeys(_AMOUNTS)
        failed = False
        for column, decision in decisions.items():
            found = decision.read(_value(row, at[column]))
            place = (file, name, cell_name(row.number, at[column] + 1))
            if isinstance(found, Refusal):
                read.findings.append(Finding(found.code, found.reason, *place))
                failed = True
            elif isinstance(found, Amount):
                try:
                    amounts[column] = to_minor(found.number, currency)[0]
                except MoneyError as error:
                    read.findings.append(Finding("number-invalid", str(error), *place))
                    failed = True
        if not failed:
            stratum = _text(_value(row, at["stratum"])) if "stratum" in at else ""
            unit = _text(_value(row, at["unit"]))
            _take(read, (file, name, str(row.number)), unit=unit, stratum=stratum, amounts=amounts, currency=currency)
    _drop_total(read, file, name)


def _take(
    read: AuditedFile,
    where: tuple[str, str, str],
    *,
    unit: str,
    stratum: str,
    amounts: Mapping[str, int | None],
    currency: str,
) -> None:
    book, audited, error = (amounts[column] for column in _AMOUNTS)
    if book is None:
        read.findings.append(Finding("amount-missing", f"{unit} has no book value", *where))
        return
    if audited is None and error is None:
        read.findings.append(Finding("sample-row-open", f"{unit} has neither an audited value nor an error", *where))
        return
    if error is None:
        assert audited is not None, "one of the two is there"
        error = book - audited
    elif audited is not None and book - audited != error:
        less = f"{display(book - audited, currency)}, not {display(error, currency)}"
        read.findings.append(Finding("sample-row-differs", f"{unit}: book value less audited value is {less}", *where))
        return
    name, exhaustive = _stratum(stratum)
    read.rows.append(AuditedRow(unit, name, exhaustive, book, error))


def _drop_total(read: AuditedFile, file: str, sheet: str) -> None:
    """A last row that is called a total and is the sum of the others is no unit."""
    if len(read.rows) < 2 or not _TOTAL.match(read.rows[-1].unit):
        return
    if read.rows[-1].book == sum(row.book for row in read.rows[:-1]):
        total = read.rows.pop()
        read.findings.append(Finding("total-row-agrees", f"{total.unit!r} is the sum of its rows", file, sheet))


def _stratum(text: str) -> tuple[str, bool | None]:
    """The stratum's name and whether it is its exhaustive part; None where nothing is said of that."""
    if text.casefold() in _EXHAUSTIVE:
        return "", True
    name, colon, part = text.rpartition(":")
    if colon and part.strip().casefold() in _EXHAUSTIVE:
        return name.strip(), True
    return text, None


def _decided(body: list[Row], index: int) -> NumberDecision:
    column = NumberColumn()
    column.feed_all(_value(row, index) for row in body)
    return column.decide()


def _value(row: Row, index: int) -> Value:
    return row.values[index] if index < len(row.values) else None


def _text(value: Value) -> str:
    return str(value if value is not None else "").strip()
