"""The far side of the spool: sheets whose rows stand in the scratch file that a worker left.

Doubles arrive in their shortest spelling and become exact decimals, so no float leaves the cage either.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import IO, Any

from ledger.intake.caged.spool_writer import PLACE
from ledger.intake.cells import CellError, Row, SheetFacts
from ledger.intake.readers.numbers import exact


def _number(text: str) -> int | Decimal:
    return exact(Decimal(text))


_MADE: dict[str, Callable[[str], Any]] = {
    "n": _number, "t": datetime.fromisoformat, "d": date.fromisoformat, "h": time.fromisoformat, "e": CellError
}  # fmt: skip
_NO_NUMBERS = {"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}


def _untyped(pair: dict[str, str]) -> Any:
    ((kind, text),) = pair.items()
    return _MADE[kind](text)


_decode = json.JSONDecoder(object_hook=_untyped, parse_float=_number, parse_constant=_NO_NUMBERS.__getitem__).decode


def read_answer(stream: IO[bytes]) -> dict[str, Any]:
    """What the worker said last; ValueError where it did not get so far."""
    end = stream.seek(0, 2) - PLACE
    if end < 0:
        raise ValueError("no answer")
    stream.seek(end)
    place = int(stream.read(PLACE))
    stream.seek(place)
    told = json.loads(stream.read(end - place))
    if not isinstance(told, dict):
        raise ValueError("no answer")  # noqa: TRY004 - the file is damaged; no caller has erred
    return told


@dataclass(slots=True)
class SpooledSheet:
    """A sheet in the scratch file; its `facts` are complete from the start."""

    name: str | None
    facts: SheetFacts
    stream: IO[bytes]
    span: tuple[int, int]

    def rows(self) -> Iterator[Row]:
        """Every row that holds something, in order."""
        at, end = self.span
        while at < end:
            self.stream.seek(at)
            line = self.stream.readline()
            at += len(line)
            for number, values in _decode(line.decode("utf-8", "surrogatepass")):
                yield Row(number, values)


def facts_as_json(facts: SheetFacts) -> dict[str, Any]:
    """The facts of a sheet in the answer; what is empty is left out."""
    told = {
        "hidden": facts.hidden,
        "hidden_rows": sorted(facts.hidden_rows),
        "hidden_columns": sorted(facts.hidden_columns),
        "merged": facts.merged,
        "number_formats": list(facts.number_formats.items()),
        "format_rows": list(facts.format_rows.items()),
        "formulas": list(facts.formulas.items()),
        "comments": list(facts.comments.items()),
        "above": facts.above,
        "last_row": facts.last_row,
        "last_column": facts.last_column,
    }
    return {name: value for name, value in told.items() if value}


def facts_from_json(told: dict[str, Any]) -> SheetFacts:
    """The facts that `facts_as_json` told, or a task made in its likeness."""
    facts = SheetFacts(hidden=told.get("hidden", False), above=told.get("above", []))
    facts.hidden_rows = set(told.get("hidden_rows", ()))
    facts.hidden_columns = set(told.get("hidden_columns", ()))
    facts.merged = [(a, b, c, d) for a, b, c, d in told.get("merged", ())]
    facts.number_formats = dict(told.get("number_formats", ()))
    facts.format_rows = dict(told.get("format_rows", ()))
    facts.formulas = {(row, column): text for (row, column), text in told.get("formulas", ())}
    facts.comments = {(row, column): text for (row, column), text in told.get("comments", ())}
    facts.last_row, facts.last_column = told.get("last_row", 0), told.get("last_column", 0)
    return facts
