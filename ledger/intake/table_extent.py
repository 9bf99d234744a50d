"""The rows of a table by their role: data, blank, note, section, repeated header, total.

Roles are told by words and layout; totals that carry no word are recognised as candidates (`labelled` is False) and
left to arithmetic to confirm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ledger.intake.cells import Row, Value
from ledger.intake.header_finder import ColumnHeader, is_filled, looks_numeric
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
    filled = {i: v for i, v in enumerate(row.values, 1) if is_filled(v)}
    if not filled:
        return RowRole(Role.BLANK)
    if _is_header_again(filled, table):
        return RowRole(Role.HEADER, "the header again")
    texts = {i: v.strip() for i, v in filled.items() if isinstance(v, str) and not looks_numeric(v)}
    figures = [i for i in filled if i not in texts]
    total = _total(texts, figures, table, lexicon)
    if total:
        return total
    amounts = [i for i in figures if i in table.numeric]
    if texts and not amounts and len(set(texts.values())) <= 1 and len(table.columns) > 2:
        text = next(iter(texts.values()))
        note = lexicon.starts_with_note(text)
        if not figures or len(filled) <= 2:
            return RowRole(Role.NOTE if note else Role.SECTION, "one text, no amount")
    if texts and not amounts and len(filled) <= 2 and len(table.columns) > 3:
        first = next(iter(texts.values()))
        if lexicon.starts_with_note(first):
            return RowRole(Role.NOTE, "begins like a note")
        if lexicon.starts_with_section(first) or (figures and figures[0] < min(texts)):
            return RowRole(Role.SECTION, "a heading, no amount")
    return RowRole(Role.DATA)


def _is_header_again(filled: Mapping[int, Value], table: TableShape) -> bool:
    headers = {c.index: c.header_text for c in table.columns if c.header_text}
    same = sum(1 for i, v in filled.items() if i in headers and _alike(v, headers[i]))
    return same >= 2 and same >= 0.7 * len(filled)


def _alike(value: Value, header: str) -> bool:
    """Whether a cell holds the words of a header; lengths are compared first, for most cells are something else."""
    text = str(value)
    return abs(len(text) - len(header)) <= 4 + len(header) // 4 and plain_words(text) == plain_words(header)


def _total(
    texts: Mapping[int, str],
    figures: list[int],
    table: TableShape,
    lexicon: Lexicon,
) -> RowRole | None:
    words = [c.index for c in table.columns if c.header_text and c.index not in table.numeric]
    for index, text in texts.items():
        if len(text) > 120:
            continue
        sorts = table.fields.get(index) in DIMENSIONS
        if sorts and table.fields.get(index) == "country" and lexicon.is_union_aggregate(text):
            return RowRole(Role.TOTAL, f"{text!r} stands for all countries")
        leads = index == min(texts) or (index - 1 in texts and table.fields.get(index) is not None)
        if lexicon.is_total_label(text) and (sorts or (leads and len(texts) <= 2)):
            return RowRole(Role.TOTAL, f"{text!r} is a word for a total")
        if figures and len(texts) <= 2 and lexicon.names_total(text, table.fields.get(index)):
            return RowRole(Role.TOTAL, f"{text!r} names a total")
        alone = len(texts) == 1 and len(words) >= 3
        if figures and alone and lexicon.total_of_what(text) is not None:
            return RowRole(Role.TOTAL, f"{text!r} stands alone beside amounts")
    amounts = [i for i in figures if i in table.numeric]
    if not texts and amounts and len(amounts) == len(figures) and len(words) >= 2:
        return RowRole(Role.TOTAL, "amounts without any text", labelled=False)
    return None


def row_roles(rows: Iterable[Row], table: TableShape, lexicon: Lexicon, after: int) -> Iterator[tuple[Row, RowRole]]:
    """Every row after row `after`, in order, with its role.

    Texts that stand alone are sections while data follow, and notes once none does.
    """
    waiting: list[tuple[Row, RowRole]] = []
    for row in rows:
        if row.number <= after:
            continue
        role = row_role(row, table, lexicon)
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
