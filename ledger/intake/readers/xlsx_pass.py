"""One reading of a worksheet: what a cell's attributes and text mean, and what is noted on the way."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from typing import TYPE_CHECKING

from ledger.intake.cells import CellError, Row, SheetFacts, Value, column_index
from ledger.intake.readers import markup
from ledger.intake.readers.book import ReadFailed, too_large, trimmed
from ledger.intake.readers.formulas import moved
from ledger.intake.readers.limits import MAX_COLUMN, MAX_FORMULA, MAX_FORMULA_TEXT, MAX_FORMULAS, MAX_MERGED
from ledger.intake.readers.numbers import Shown, from_iso, from_serial, from_text
from ledger.intake.readers.xlsx_text import NotUnderstood

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

ATTRIBUTE = re.compile(r' ([\w:.]+)="([^"<>]*)"')
REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


#: Different dates of a column that are remembered.
MAX_KNOWN_DATES = 20_000

#: Group -> item of what is noted before and after the rows; a second group of rows is looked for as well.
SKELETON = {"cols": "col", "mergeCells": "mergeCell", "sheetData": "row"}


class Kind(IntEnum):
    """How the content of a cell is to be taken."""

    NUMBER = 0
    SHARED = 1
    DATED = 2
    TEXT = 3
    BOOLEAN = 4
    ERROR = 5
    ISO_DATE = 6


KINDS = {"": Kind.NUMBER, "n": Kind.NUMBER, "s": Kind.SHARED, "str": Kind.TEXT, "inlineStr": Kind.TEXT,
          "b": Kind.BOOLEAN, "e": Kind.ERROR, "d": Kind.ISO_DATE}  # fmt: skip


@dataclass(slots=True)
class Style:
    """What a cell style (`s="…"`) says about numbers."""

    code: str
    shown: Shown


@dataclass(slots=True)
class Shared:
    """What the sheets of one workbook have in common."""

    file: str
    date1904: bool
    styles: list[Style]
    strings: Callable[[], list[str]]


@dataclass(slots=True)
class Plan:
    """Column, kind and style of the cells with the same letters and attributes, and how many numbers they held."""

    column: int
    kind: Kind
    style: Style
    count: int = 0
    #: what stood in date cells, and the dates
    dates: dict[str, Value] = field(default_factory=dict)


@dataclass(slots=True)
class Pass:
    """One reading of a sheet: what is being gathered."""

    shared: Shared
    facts: SheetFacts
    strings: list[str]
    plans: dict[tuple[str, str, str], Plan] = field(default_factory=dict)
    masters: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    #: characters of formulas that may still be kept
    formulas_left: int = MAX_FORMULA_TEXT

    def plan(self, key: tuple[str, str, str]) -> Plan:
        """The plan for `(attributes before r, letters, attributes after r)`; made once for each."""
        plan = self.plans.get(key)
        if plan is None:
            attributes = dict(ATTRIBUTE.findall(key[0] + key[2]))
            kind = KINDS.get(attributes.get("t", ""))
            column = column_index(key[1])
            index = int(attributes.get("s") or 0)
            if kind is None or column > MAX_COLUMN:
                raise NotUnderstood
            styles = self.shared.styles
            style = styles[index] if index < len(styles) else Style("General", Shown.NUMBER)
            if kind is Kind.NUMBER and style.shown is not Shown.NUMBER:
                kind = Kind.DATED
            plan = self.plans[key] = Plan(column, kind, style)
        return plan

    def value(self, plan: Plan, text: str, *, formula: bool) -> Value:
        """The value of a cell from its decoded text; `""` is an empty cell, or a formula without its result."""
        kind = plan.kind
        if kind is Kind.TEXT:
            return text or None
        if not text:
            return CellError("") if formula else None
        if kind is Kind.NUMBER:
            plan.count += 1
            return from_text(text)
        if kind is Kind.SHARED:
            return self.strings[int(text)] or None
        if kind is Kind.DATED:
            plan.count += 1
            known = plan.dates.get(text)
            if known is None:
                number = from_text(text)
                known = number
                if isinstance(number, int | Decimal):
                    known = from_serial(number, plan.style.shown, date1904=self.shared.date1904)
                if len(plan.dates) < MAX_KNOWN_DATES:
                    plan.dates[text] = known
            return known
        if kind is Kind.BOOLEAN:
            return {"1": True, "true": True, "0": False, "false": False}.get(text.strip(), text)
        return CellError(text) if kind is Kind.ERROR else from_iso(text)

    def formula(self, row: int, column: int, attributes: dict[str, str], text: str) -> None:
        """Note a formula; one that is shared is moved here from the cell that states it. Too long a one is cut."""
        if self.formulas_left <= 0:
            return
        text = text[:MAX_FORMULA]
        index = attributes.get("si", "")
        if attributes.get("t") == "shared":
            if text:
                self.masters[index] = (row, column, text)
            elif index in self.masters:
                first_row, first_column, master = self.masters[index]
                text = moved(master, row - first_row, column - first_column)
        self.formulas_left -= len(text)
        if len(self.facts.formulas) < MAX_FORMULAS:
            self.facts.formulas[row, column] = text.removeprefix("=")

    def row(self, number: int, values: list[Value], *, hidden: bool) -> Row | None:
        """The row with its facts noted, or None if nothing is in it."""
        if hidden:
            self.facts.hidden_rows.add(number)
        if not trimmed(values):
            return None
        self.facts.last_row = max(self.facts.last_row, number)
        self.facts.last_column = max(self.facts.last_column, len(values))
        return Row(number, values)

    def skeleton(self, group: str, element: Element) -> None:
        """Note a hidden column or a merged range, from what stands before and after the rows."""
        facts, name = self.facts, markup.local(element.tag)
        if group == "sheetData":
            raise ValueError("its rows stand in two places")
        if (group, name) == ("cols", "col") and markup.is_true(element.get("hidden")):
            last = min(int(element.get("max") or 0), MAX_COLUMN)
            facts.hidden_columns.update(range(int(element.get("min") or 1), last + 1))
        elif (group, name) == ("mergeCells", "mergeCell"):
            corners = REFERENCE.findall((element.get("ref") or "").replace("$", ""))
            if len(corners) == 2:
                (left, top), (right, bottom) = corners
                facts.merged.append((int(top), column_index(left), int(bottom), column_index(right)))
            if len(facts.merged) > MAX_MERGED:
                raise too_large(self.shared.file, f"the sheet has more than {MAX_MERGED:,} merged ranges")

    def finish(self) -> None:
        """Gather the counts of number formats once the last row is through."""
        for plan in self.plans.values():
            if plan.count:
                formats = self.facts.number_formats.setdefault(plan.column, {})
                formats[plan.style.code] = formats.get(plan.style.code, 0) + plan.count


def row_too_large(file: str, sheet: str | None, number: int) -> ReadFailed:
    """The refusal of a row."""
    return too_large(file, "the row holds more than any row can", sheet=sheet or "", cell=str(number))
