"""The rows and cells behind bookings, read again from the kept bytes, with what was done to each cell's text."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from ledger.actions.evidence import kept_workbook, shown
from ledger.domain.allocation import format_percent
from ledger.domain.findings import Finding, place_text
from ledger.domain.money import MoneyError, as_json, divide_half_up, to_minor
from ledger.domain.trees import Node
from ledger.intake.cells import Value, cell_name
from ledger.intake.number_styles import Amount, read_amount
from ledger.intake.readers.book import ReadFailed
from ledger.store import batches, provenance
from ledger.store.cells import CellPlace
from ledger.store.database import Connection
from ledger.store.provenance import ColumnFacts, Contribution
from ledger.store.totals import WHOLE

_PERCENT: Final = re.compile(r"(\d+(?:\.\d+)?)%")
_REMAINDER: Final = "remainder of total_cost"
#: Where a sheet's cells are kept: sheet, row and column in one number, which takes a third of a tuple's room.
_ROWS, _COLUMNS = 1 << 24, 1 << 16


@dataclass(frozen=True, slots=True)
class _Read:
    """A cell read again: its raw text, what it states in minor units, and what was done to it."""

    column: int
    raw: str | None
    minor: int | None = None
    steps: tuple[dict[str, Any], ...] = ()
    style: str | None = None


class Cells:
    """The cells behind bookings. Ask for them with `load`, many at once: each file is opened once for all of them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._values: dict[int, Value] = {}
        self._columns: dict[int, dict[int, ColumnFacts]] = {}
        self._places: dict[tuple[str, str, int, int], Value] = {}
        self._unread: dict[str, str] = {}

    @property
    def findings(self) -> list[Finding]:
        """The kept files that could not be read again."""
        return [
            Finding("evidence-unread", f"its cells are named, and were not read again: {problem}", name)
            for name, problem in self._unread.items()
        ]

    def load(self, parts: Iterable[Contribution]) -> None:
        """Read the cells of these bookings."""
        wanted = [part for part in parts if part.row and part.column]
        unknown = {part.sheet_id for part in wanted} - self._columns.keys()
        self._columns |= provenance.columns(self._connection, unknown)
        rows: dict[tuple[str, str], dict[str, dict[int, set[tuple[int, int]]]]] = {}
        for part in wanted:
            sheet = rows.setdefault((part.sha256, part.file), {}).setdefault(part.sheet, {})
            sheet.setdefault(part.row, set()).update((part.sheet_id, column) for column in self._needed(part))
        for (sha256, name), sheets in rows.items():
            for _, number, (sheet_id, column), value in self._read(sha256, name, sheets):
                self._values[_key(sheet_id, number, column)] = value

    def load_places(self, places: Iterable[CellPlace]) -> None:
        """Read cells that no booking names."""
        rows: dict[tuple[str, str], dict[str, dict[int, set[tuple[int, int]]]]] = {}
        for place in places:
            sheet = rows.setdefault((place.sha256, place.file), {}).setdefault(place.sheet, {})
            sheet.setdefault(place.row, set()).add((0, place.column))
        for (sha256, name), sheets in rows.items():
            for sheet_name, number, (_, column), value in self._read(sha256, name, sheets):
                self._places[sha256, sheet_name, number, column] = value

    def _read(
        self, sha256: str, name: str, sheets: dict[str, dict[int, set[tuple[int, int]]]]
    ) -> Iterable[tuple[str, int, tuple[int, int], Value]]:
        """(sheet, row, what was wanted there, value) of every cell wanted, no sheet read further than its last one."""
        if not batches.has_content(self._connection, sha256):
            self._unread[name] = "its bytes are not in this login's sight"
            return
        try:
            with kept_workbook(self._connection, sha256, name) as book:
                if not sheets.keys() <= {sheet.name or "" for sheet in book.sheets}:
                    self._unread[name] = "; ".join(found.message for found in book.findings) or "a sheet is missing"
                for sheet in book.sheets:
                    wanted = sheets.get(sheet.name or "", {})
                    last = max(wanted, default=0)
                    for row in sheet.rows() if wanted else ():
                        if row.number > last:
                            break
                        for each in wanted.get(row.number, ()):
                            value = row.values[each[1] - 1] if each[1] <= len(row.values) else None
                            yield sheet.name or "", row.number, each, value
        except (ReadFailed, zlib.error) as problem:
            self._unread[name] = str(problem)

    def _needed(self, part: Contribution) -> set[int]:
        """The columns that a booking was made from: its own, and what it is the remainder beside."""
        assert part.column is not None
        columns = self._columns.get(part.sheet_id, {})
        beside = _beside(part, columns)
        return {part.column, *(fact.index for fact in columns.values() if fact.field in beside)}

    # --- nodes ---------------------------------------------------------------------------------------------------

    def below(self, part: Contribution, counted: int) -> list[Node]:
        """What a booking is made of, adding up to `counted`: its row with the cells, and a remainder if there is one."""
        if not part.row:
            return []
        cells, rest = self._cells(part, counted)
        facts = {"file": part.file, "sheet": part.sheet, "row": part.row, "state": part.state}
        label = place_text(part.file, part.sheet, str(part.row))
        made = [Node("row", label, counted - rest, part.currency, facts, cells)]
        if rest:
            made.append(Node("remainder", "not explained by its cells", rest, part.currency))
        return made

    def place(self, place: CellPlace, currency: str | None = None, facts: ColumnFacts | None = None) -> Node:
        """A cell that no booking names; with its amount where a currency is given and it holds one."""
        value = self._places.get((place.sha256, place.sheet, place.row, place.column))
        told = self._facts(place.file, place.sha256, place.sheet, cell_name(place.row, place.column))
        read = _Read(place.column, None)
        if (place.sha256, place.sheet, place.row, place.column) in self._places:
            read = _read(place.column, value, currency, facts)
        told |= {"raw": read.raw, "number_style": read.style, "steps": list(read.steps)}
        return Node("cell", place_text(place.file, place.sheet, told["cell"]), read.minor, currency or "EUR", told)

    def column_facts(self, sheet_id: int, column: int) -> ColumnFacts | None:
        """How a column was read, where that is on record."""
        self._columns |= provenance.columns(self._connection, {sheet_id} - self._columns.keys())
        return self._columns.get(sheet_id, {}).get(column)

    def weights(self, part: Contribution) -> list[tuple[int, int]]:
        """(column, what it adds) of the cells that a booking was made from, before any split; see `_made_of`."""
        return [(read.column, minor) for read, minor in self._made_of(part)]

    def _cells(self, part: Contribution, counted: int) -> tuple[list[Node], int]:
        """The cells of a booking, and what they leave unexplained of `counted`."""
        assert part.column is not None
        made_of = self._made_of(part)
        whole = sum(minor for _, minor in made_of)
        booked = abs(part.minor)
        shares = [Fraction(found) / 100 for found in _PERCENT.findall(part.rule)]
        exact = Fraction(whole)
        for share in shares:
            exact *= share
        # Each division rounds by less than one minor unit.
        if not made_of:
            read = self._one(part, part.column)
            return [self._cell(part, read, counted)], 0
        if whole and (abs(exact - booked) < len(shares) if shares else exact == booked):
            others = [divide_half_up(minor * abs(counted), abs(whole)) for _, minor in made_of[1:]]
            sign = -1 if counted < 0 else 1
            amounts = [counted - sign * sum(others), *(sign * other for other in others)]
        else:
            sign = -1 if counted < 0 else 1
            parts = [minor * exact / whole if whole else Fraction(0) for _, minor in made_of]
            amounts = [sign * divide_half_up(each.numerator, each.denominator) for each in parts]
        cells = [self._cell(part, read, amount) for (read, _), amount in zip(made_of, amounts, strict=True)]
        return cells, counted - sum(amounts)

    def _made_of(self, part: Contribution) -> list[tuple[_Read, int]]:
        """The cells that a booking was made from with what each adds before any split; empty where they hold no amount.

        `intake.booking` is where it was made so: the cell; or the total cost less the shares stated beside it; or the
        public contribution less the national one.
        """
        assert part.column is not None
        main = self._one(part, part.column)
        if main.minor is None:
            return []
        columns = self._columns.get(part.sheet_id, {})
        # Corrections stand as negative amounts in their cells, and are booked on a stage of their own.
        plain = [(main, abs(main.minor))]
        beside: dict[str, _Read] = {}
        for name in _beside(part, columns):
            reads = [self._one(part, fact.index) for fact in columns.values() if fact.field == name]
            if len(reads) == 1 and reads[0].minor is not None:
                beside[name] = reads[0]
        if part.rule.startswith(_REMAINDER):
            return [(main, main.minor), *((read, -(read.minor or 0)) for read in _within_total(beside))]
        if beside and abs(main.minor) != abs(part.minor) and not _PERCENT.search(part.rule):
            less = [(read, -(read.minor or 0)) for read in beside.values()]
            if main.minor + sum(minor for _, minor in less) == abs(part.minor):
                return [(main, main.minor), *less]
        return plain

    def _one(self, part: Contribution, column: int) -> _Read:
        key = _key(part.sheet_id, part.row, column)
        if key not in self._values:
            return _Read(column, None)
        return _read(column, self._values[key], part.currency, self._columns.get(part.sheet_id, {}).get(column))

    def _cell(self, part: Contribution, read: _Read, amount: int) -> Node:
        name = cell_name(part.row, read.column)
        facts = self._facts(part.file, part.sha256, part.sheet, name)
        steps = list(read.steps)
        rule = "" if part.rule == "cell" else part.rule
        if rule:
            steps.append({"step": "split" if _PERCENT.search(rule) else "rule", "text": rule})
        if part.share_ppb != WHOLE:
            steps.append({"step": "earmark", "text": format_percent(part.share_ppb)})
        facts |= {"raw": read.raw, "rule": rule, "batch": part.batch_id, "number_style": read.style, "steps": steps}
        if read.minor is not None and abs(read.minor) != abs(amount):
            facts["states"] = as_json(read.minor, part.currency)
        facts["illustrative"] = part.is_illustrative
        return Node("cell", place_text(part.file, part.sheet, name), amount, part.currency, facts)

    @staticmethod
    def _facts(file: str, sha256: str, sheet: str, name: str) -> dict[str, Any]:
        return {"file": file, "sha256": sha256, "sheet": sheet, "cell": name}


def _beside(part: Contribution, columns: dict[int, ColumnFacts]) -> tuple[str, ...]:
    """The fields of a row that a booking may have been made less by."""
    if part.rule.startswith(_REMAINDER):
        return ("eu_contribution", "national_public", "public_contribution", "private", "other_contribution")
    own = columns.get(part.column or 0)
    return ("national_public",) if own is not None and own.field == "public_contribution" else ()


def _within_total(beside: dict[str, _Read]) -> Sequence[_Read]:
    """The shares that a total cost holds: a public contribution holds the EU share and the national one."""
    inner = [beside[name] for name in ("eu_contribution", "national_public") if name in beside]
    public = beside.get("public_contribution")
    if public is not None and (public.minor or 0) > sum(read.minor or 0 for read in inner):
        inner = [public]
    return [*inner, *(beside[name] for name in ("private", "other_contribution") if name in beside)]


def _read(column: int, value: Value, currency: str | None, facts: ColumnFacts | None) -> _Read:
    """A value under the reading of its column: the amount that it states in the currency, and the steps."""
    raw, style, unit = shown(value), None if facts is None else facts.number_style, 1 if facts is None else facts.unit
    style = style if isinstance(value, str) else None
    answer = read_amount(value, style)
    if currency is None or not isinstance(answer, Amount) or (answer.currency or currency) != currency:
        return _Read(column, raw, style=style)
    try:
        minor, rounded = to_minor(answer.number, currency, unit)
    except MoneyError:
        return _Read(column, raw, style=style)
    steps: list[dict[str, Any]] = []
    if unit != 1:
        steps.append({"step": "unit", "factor": unit})
    if rounded:
        steps.append({"step": "rounding", "text": format(answer.number * unit, "f")})
    if minor < 0:
        steps.append({"step": "sign", "text": "negative in its cell"})
    return _Read(column, raw, minor, tuple(steps), style)


def _key(sheet: int, row: int, column: int) -> int:
    return (sheet * _ROWS + row) * _COLUMNS + column
