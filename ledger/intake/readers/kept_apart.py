"""Workbooks that our own readers read in the cage (OpenDocument, web pages, IATI); their rows come from a spool."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from ledger.domain.findings import Finding
from ledger.intake.caged import cage
from ledger.intake.caged.spool import SpooledSheet, facts_from_json
from ledger.intake.caged.weight import Scales, TextScales, Weight, digits
from ledger.intake.readers.book import Book
from ledger.intake.readers.weighing import DIGITS, NUMBERS, Confirm, WeighedSheet, differ, unconfirmed


class _Second(NamedTuple):
    """The second opinion on a kind of file: who gives it, how our rows are weighed for it, and what it adds up."""

    name: str
    scales: Callable[[], Scales | TextScales]
    what: str


_SECOND = {
    "ods": _Second("calamine", partial(Scales, dates=False), NUMBERS),
    "html": _Second("a count over the page's text", partial(TextScales, digits), DIGITS),
    "iati": _Second("a count over the file's text", Scales, NUMBERS),
}


def open_apart(path: Path, file: str, kind: str, *, encoding: str | None = None) -> Book:
    """The workbook of that kind (ods, html, iati), read to its end; raises `ReadFailed` where it is refused."""
    answer, spool = cage.run(kind, path, file, encoding=encoding)
    book = Book(kind, encoding=answer.get("encoding"), closers=[spool.close])
    if answer.get("modified"):
        book.modified = date.fromisoformat(answer["modified"])
    book.findings = [Finding(told["code"], told["message"], file, values=told["values"]) for told in answer["findings"]]
    second = _SECOND[kind]
    for told in answer["sheets"]:
        sheet = SpooledSheet(told["name"], facts_from_json(told["facts"]), spool, tuple(told["span"]))
        confirm = _confirmation(told, file, second, answer["problem"])
        book.sheets.append(WeighedSheet(sheet, file, confirm, second.scales))
    return book


def _confirmation(told: dict[str, Any], file: str, second: _Second, problem: str) -> Confirm:
    def confirm(read: Weight) -> None:
        if "other" not in told:
            raise unconfirmed(file, told["name"], f"{second.name} can not tell ({problem})")
        mine = Weight.from_json(told["weight"]) if "weight" in told else read
        other = Weight.from_json(told["other"])
        # calamine gives the error values of a document as empty cells
        if not mine.agrees(other, errors=second.what != NUMBERS):
            raise differ(file, told["name"], ("the reading", mine), (second.name, other), second.what)

    return confirm
