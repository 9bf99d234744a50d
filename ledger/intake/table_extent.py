"""The rows of a table by their role: data, blank, note, section, repeated header, total.

Roles are told by words and layout; totals that carry no word are recognised as candidates (`labelled` is False) and
left to arithmetic to confirm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from ledger.intake.cells import Row, Value
from ledger.intake.header_finder import ColumnHeader, looks_numeric
from ledger.intake.lexicon import Lexicon, plain_words

#: Fields whose cells sort the rows; "Total" among them makes the row a total even where the row is full.
DIMENSIONS = frozenset(
    [
        "fund",
        "country",
        "programme",
        "priority",
        "theme",
        "year",
        "specific_objective",
        "status",
        "location",
        "nuts",
        "intervention_type",
    ]
)


class Role(StrEnum):
    """What a row of a table is."""

    DATA = "data"
    BLANK = "blank"
    NOTE = "note"
    SECTION = "section"
    HEADER = "header"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class RowRole:
    """The role of a row and why; `labelled` is False for a total that no word names."""

    role: Role
    evidence: str = ""
    labelled: bool = True


@dataclass(frozen=True, slots=True)
class TableShape:
    """What `row_role` needs to know of a table.

    Its columns, the field of each (index to field), and the columns that hold amounts.
    """

    columns: tuple[ColumnHeader, ...]
    fields: Mapping[int, str]
    numeric: frozenset[int]


def row_role(row: Row, table: TableShape, lexicon: Lexicon) -> RowRole:
    """The role of one row by itself. A row with one text is a section; `row_roles` makes it a note at the table's end."""
    return _Teller(table, lexicon).role(row)


_DATA, _BLANK_ROW, _HEADER = RowRole(Role.DATA), RowRole(Role.BLANK), RowRole(Role.HEADER, "the header again")
#: Different texts whose kind is remembered.
_REMEMBERED = 50_000


class _Teller:
    """Tells the roles of the rows of one table. Most rows are data, and are told so at the least cost."""

    def __init__(self, table: TableShape, lexicon: Lexicon) -> None:
        self._table, self._lexicon = table, lexicon
        self._headers = {c.index: (c.header_text, plain_words(c.header_text)) for c in table.columns if c.header_text}
        self._words = [index for index in self._headers if index not in table.numeric]
        self._sorting = [index for index, name in sorted(table.fields.items()) if name in DIMENSIONS]
        #: text -> the text trimmed; "" for blanks, None for a number or date in writing
        self._known: dict[str, str | None] = {}
        self._sorted_totals: dict[tuple[int, str], RowRole | None] = {}

    def role(self, row: Row) -> RowRole:
        """The role of the row by itself."""
        texts: dict[int, str] = {}
        figures: list[int] = []
        known = self._known
        for index, value in enumerate(row.values, 1):
            if value is None:
                continue
            if isinstance(value, str):
                text = known[value] if value in known else self._look(value)
                if text:
                    texts[index] = text
                elif text is None:
                    figures.append(index)
            else:
                figures.append(index)
        filled = len(texts) + len(figures)
        if not filled:
            return _BLANK_ROW
        if self._is_header_again(row.values, sorted([*texts, *figures]) if figures else list(texts)):
            return _HEADER
        if total := self._sorts_as_total(texts) if len(texts) > 2 else self._total(texts, figures):
            return total
        if not texts or not self._table.numeric.isdisjoint(figures):
            return _DATA
        return self._without_amounts(texts, figures, filled)

    def _without_amounts(self, texts: dict[int, str], figures: list[int], filled: int) -> RowRole:
        lexicon, columns = self._lexicon, len(self._table.columns)
        first = next(iter(texts.values()))
        if columns > 2 and len(set(texts.values())) <= 1 and (not figures or filled <= 2):
            return RowRole(Role.NOTE if lexicon.starts_with_note(first) else Role.SECTION, "one text, no amount")
        if filled <= 2 and columns > 3:
            if lexicon.starts_with_note(first):
                return RowRole(Role.NOTE, "begins like a note")
            if lexicon.starts_with_section(first) or (figures and figures[0] < min(texts)):
                return RowRole(Role.SECTION, "a heading, no amount")
        return _DATA

    def _look(self, value: str) -> str | None:
        text = value.strip()
        found = None if text and looks_numeric(text) else text
        if len(self._known) < _REMEMBERED:
            self._known[value] = found
        return found

    def _is_header_again(self, values: Sequence[Value], filled: list[int]) -> bool:
        """Whether two cells at least, and seven of ten, hold the words of their headers."""
        need = max(2, ceil(0.7 * len(filled)))
        misses_left = len(filled) - need
        for index in filled:
            if misses_left < 0:
                return False
            if index not in self._headers or not _alike(values[index - 1], *self._headers[index]):
                misses_left -= 1
        return misses_left >= 0

    def _sorts_as_total(self, texts: dict[int, str]) -> RowRole | None:
        """A row of several texts is a total only by a cell that sorts the rows: "Total" among the countries."""
        known = self._sorted_totals
        for index in self._sorting:
            if index in texts:
                key = (index, texts[index])
                if key not in known:
                    if len(known) >= _REMEMBERED:
                        known.clear()
                    known[key] = self._total_in(index, texts[index], leads=True)
                if (total := known[key]) is not None:
                    return total
        return None

    def _total_in(self, index: int, text: str, *, leads: bool) -> RowRole | None:
        """Whether the text of a cell makes its row a total, in a column that sorts the rows or in one that `leads`."""
        if len(text) > 120:
            return None
        name, lexicon = self._table.fields.get(index), self._lexicon
        if name == "country" and lexicon.is_union_aggregate(text):
            return RowRole(Role.TOTAL, f"{text!r} stands for all countries")
        if (leads or name in DIMENSIONS) and lexicon.is_total_label(text):
            return RowRole(Role.TOTAL, f"{text!r} is a word for a total")
        return None

    def _total(self, texts: Mapping[int, str], figures: list[int]) -> RowRole | None:
        """A row of at most two texts may be a total in more ways."""
        table, lexicon = self._table, self._lexicon
        for index, text in texts.items():
            if len(text) > 120:
                continue
            leads = index == min(texts) or (index - 1 in texts and table.fields.get(index) is not None)
            if total := self._total_in(index, text, leads=leads):
                return total
            if figures and lexicon.names_total(text, table.fields.get(index)):
                return RowRole(Role.TOTAL, f"{text!r} names a total")
            if figures and len(texts) == 1 and len(self._words) >= 3 and lexicon.total_of_what(text) is not None:
                return RowRole(Role.TOTAL, f"{text!r} stands alone beside amounts")
        amounts = [i for i in figures if i in table.numeric]
        if not texts and amounts and len(amounts) == len(figures) and len(self._words) >= 2:
            return RowRole(Role.TOTAL, "amounts without any text", labelled=False)
        return None


def _alike(value: Value, header: str, words: tuple[str, ...]) -> bool:
    """Whether a cell holds the words of a header; lengths are compared first, for most cells are something else."""
    text = str(value)
    return abs(len(text) - len(header)) <= 4 + len(header) // 4 and plain_words(text) == words


def row_roles(rows: Iterable[Row], table: TableShape, lexicon: Lexicon, after: int) -> Iterator[tuple[Row, RowRole]]:
    """Every row after row `after`, in order, with its role.

    Texts that stand alone are sections while data follow, and notes once none does.
    """
    waiting: list[tuple[Row, RowRole]] = []
    tell = _Teller(table, lexicon).role
    for row in rows:
        if row.number <= after:
            continue
        role = tell(row)
        if role is _DATA and not waiting:
            yield row, role
            continue
        if role.role in (Role.SECTION, Role.BLANK):
            waiting.append((row, role))
            continue
        if role.role is Role.DATA:
            yield from waiting
            waiting = []
        else:
            yield from _as_notes(waiting) if role.role is Role.NOTE else waiting
            waiting = []
        yield row, role
    yield from _as_notes(waiting)


def _as_notes(waiting: list[tuple[Row, RowRole]]) -> Iterator[tuple[Row, RowRole]]:
    note = RowRole(Role.NOTE, "a text after the last row of data")
    for row, role in waiting:
        yield row, note if role.role is Role.SECTION else role
