"""Rows as the layout of a profile means them: texts that mean nothing emptied, sections, parents and other sheets filled in.

What is filled in stands beyond the sheet's own cells (`Plan.added`), or in a cell of the sheet that is empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from ledger.intake.cell_text import cell_text, is_blank
from ledger.intake.cells import Row, Sheet, Value
from ledger.intake.code_lists import CodeLists, plain_name
from ledger.intake.columns import Plan
from ledger.intake.headers import first_rows, plain_header
from ledger.intake.layouts import Children, Layout, Lookup, SplitColumns

_SLOT = re.compile(r"\{([^{}]+)\}")


def emptied(layout: Layout, rows: Iterable[Row]) -> Iterable[Row]:
    """The rows with empty cells where a text stands that means nothing, or that something is withheld."""
    nothing = {plain_name(text) for text in (*layout.missing, *layout.redacted)}
    if not nothing:
        return rows
    return (Row(number, [None if _is_one_of(value, nothing) else value for value in values]) for number, values in rows)


def _is_one_of(value: Value, texts: set[str]) -> bool:
    return type(value) is str and len(value) < 40 and plain_name(value) in texts


def split_text(split: SplitColumns, cell: Callable[[str], str]) -> str:
    """`TN=40;MA=60` from columns of codes and of percentages; "" where nothing is divided.

    `cell` gives the text of a column. Codes without as many percentages are kept apart with none, which no split allows.
    """
    parts: list[str] = []
    for codes_name, percent_name in zip(split.codes, split.percentages, strict=True):
        codes = [code.strip() for code in cell(codes_name).split(";") if code.strip()]
        percents = [text.strip() for text in cell(percent_name).split(";") if text.strip()]
        if percents and len(percents) == len(codes):
            parts += [f"{code}={percent}" for code, percent in zip(codes, percents, strict=True)]
        else:
            parts += [f"{code}=?" for code in codes]
    return "" if len(parts) < 2 or all(part.endswith("=?") for part in parts) else ";".join(parts)


def read_lookup(lookup: Lookup, sheets: Sequence[Sheet]) -> dict[str, dict[str, str]]:
    """What the other sheet states for each key, by field; empty where there is no such sheet or header."""
    sheet = next((s for s in sheets if s.name and plain_name(s.name) == plain_name(lookup.sheet)), None)
    if sheet is None:
        return {}
    key = plain_header(lookup.key)
    head = next((row for row in first_rows(sheet) if key in map(plain_header, row.values)), None)
    if head is None:
        return {}
    places = {plain_header(value): at for at, value in reversed(list(enumerate(head.values))) if value is not None}
    found: dict[str, dict[str, str]] = {}
    for number, values in sheet.rows():
        if number <= head.number:
            continue

        def cell(name: str, values: list[Value] = values) -> str:
            at = places.get(plain_header(name))
            return "" if at is None or at >= len(values) else cell_text(values[at])

        known = {name: cell(header) for name, header in lookup.fields.items()}
        if lookup.split:
            known["countries_split"] = split_text(lookup.split, cell)
        found.setdefault(cell(lookup.key), {name: text for name, text in known.items() if text})
    return found


@dataclass(slots=True)
class Shaper:
    """Shapes the rows of one table, in their order. `stated` is what the other sheet states, by key."""

    layout: Layout
    plan: Plan
    lists: CodeLists
    stated: dict[str, dict[str, str]] = field(default_factory=dict)
    #: rows whose key the other sheet lacks
    not_found: int = 0
    _sections: dict[str, str] = field(default_factory=dict)
    _parent: str = ""
    _children: int = 0

    def section(self, values: list[Value]) -> bool:
        """Whether the row says a field of the rows below it; it is remembered."""
        if not self.layout.sections:
            return False
        filled = [value for value in values if not is_blank(value)]
        if len(filled) != 1 or not isinstance(filled[0], str):
            return False
        text = filled[0].strip()
        for place, section in enumerate(self.layout.sections):
            if section.pattern is not None:
                match = section.pattern.search(text)
                said = None if match is None else (match[1] if section.pattern.groups else text)
            else:
                look_up = {"country": self.lists.country, "fund": self.lists.fund, "theme": self.lists.theme}
                said = text if look_up[section.field](text) else None
            if said is not None:
                self._sections[section.field] = said
                for inner in self.layout.sections[place + 1 :]:
                    if inner.field != section.field:
                        self._sections.pop(inner.field, None)
                return True
        return False

    def shaped(self, values: list[Value]) -> list[Value]:
        """A row of the plan's whole width, with everything filled in."""
        plan, layout = self.plan, self.layout
        made = values + [None] * (plan.whole_width - len(values))
        for name, text in self._sections.items():
            self._fill(made, name, text)
        if layout.children:
            self._place_child(made, layout.children)
        if layout.lookup:
            at = plan.find(layout.lookup.key)
            key = "" if at is None else cell_text(made[at])
            known = self.stated.get(key)
            self.not_found += known is None
            has_country = "country" in plan.places and not is_blank(made[plan.places["country"]])
            for name, text in (known or {}).items():
                if not (has_country and name in ("country", "countries_split")):
                    self._fill(made, name, text)
        elif layout.split:
            self._fill(made, "countries_split", split_text(layout.split, lambda name: self._cell(made, name)))
        return made

    def _fill(self, made: list[Value], name: str, text: str) -> None:
        at = self.plan.places[name]
        if text and is_blank(made[at]):
            made[at] = text

    def _cell(self, made: list[Value], name: str) -> str:
        at = self.plan.find(name)
        return "" if at is None else cell_text(made[at])

    def _place_child(self, made: list[Value], rule: Children) -> None:
        reference_at = self.plan.places["project_ref"]
        if rule.empty is not None:
            is_child = not self._cell(made, rule.empty)
        else:
            assert rule.column is not None
            word = plain_name(self._cell(made, rule.column))
            is_child = any(word == plain_name(value) for value in rule.values)
        unit = rule.unit if is_child else rule.parent_unit
        if unit:
            made[self.plan.places["unit"]] = unit
        if not is_child:
            self._parent, self._children = cell_text(made[reference_at]), 0
            return
        self._children += 1
        made[self.plan.places["parent"]] = self._parent or None
        if rule.ref:
            words = {"parent": self._parent, "n": str(self._children)}
            made[reference_at] = _SLOT.sub(lambda f: words.get(f[1]) or self._cell(made, f[1]), rule.ref)
