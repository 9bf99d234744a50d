"""Finding the header of an unknown table: which rows carry it, what each column is called, where the data begin.

Works on the first rows of a sheet. Titles and notes above the header, headers over several rows (group headings over
their parts; the same headers in two languages), a row of column numbers below and tables that start elsewhere than in
A1 are expected. Which field a column is, is decided later, with its values (`field_assignment`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ledger.intake.cells import Row, Value
from ledger.intake.lexicon import LONGEST_HEADER, Lexicon, Match

#: How many rows of a sheet are looked at.
SEARCHED_ROWS = 60
#: From this score on a cell counts as a known header.
_KNOWN = 0.5
_NUMERIC = re.compile(r"[\s(]*[€£$+\-–−]?\s*\d[\d\s.,'’/:%\-]*[€£$%)]?(\s*(EUR|eur|euro|Kč|zł|kn|kr|Ft|RON|лв)\.?)?\s*")


@dataclass(frozen=True, slots=True)
class ColumnHeader:
    """A column: 1-based index, its header (rows joined), what it can mean, and the heading of its group, if any."""

    index: int
    header_text: str
    matches: tuple[Match, ...]
    group: str = ""


@dataclass(frozen=True, slots=True)
class HeaderGuess:
    """Where the header stands. Row numbers are 1-based; `first_data_row` is None where nothing follows the header."""

    header_rows: tuple[int, ...]
    first_data_row: int | None
    columns: tuple[ColumnHeader, ...]
    confidence: float
    evidence: tuple[str, ...]


@dataclass(slots=True)
class _Seen:
    """What a row looks like."""

    row: Row
    texts: dict[int, str] = field(default_factory=dict)
    numbers: int = 0
    known: int = 0
    score: float = 0.0

    @property
    def filled(self) -> int:
        return len(self.texts) + self.numbers


def is_filled(value: Value) -> bool:
    """Whether a cell holds anything but blanks."""
    return value is not None and not (isinstance(value, str) and not value.strip())


def count_filled(values: Sequence[Value]) -> int:
    """How many cells hold anything but blanks."""
    texts = [value for value in values if isinstance(value, str)]
    return len(values) - values.count(None) - len(texts) + sum(map(bool, map(str.strip, texts)))


def looks_numeric(value: Value) -> bool:
    """Whether a cell is a number or a date, typed or written."""
    if isinstance(value, str):
        return _NUMERIC.fullmatch(value.strip()) is not None
    return value is not None and not isinstance(value, bool)


def find_header(
    rows: Sequence[Row], lexicon: Lexicon, merged: Iterable[tuple[int, int, int, int]] = ()
) -> HeaderGuess | None:
    """The header of the first table among `rows` (the first 60 rows of a sheet), or None where no row is one.

    `merged` are the merged areas of the sheet; they say how far a group heading reaches.
    """
    seen = [_look(row, lexicon) for row in rows[:SEARCHED_ROWS]]
    seen = [s for s in seen if s.filled]
    if not seen:
        return None
    best = max(range(len(seen)), key=lambda i: (_strength(seen, i), -i))
    evidence: list[str] = []
    if _strength(seen, best) < 1.0 or not seen[best].known:
        plain = _unknown_words(seen)
        if plain is None:
            return None
        best = plain
        evidence.append(f"row {seen[best].row.number}: the first row of texts over a row with numbers")
        confidence = 0.35
    else:
        top = seen[best]
        confidence = min(0.99, 0.5 + 0.5 * top.score / max(len(top.texts), 1))
        evidence.append(f"row {top.row.number}: {top.known} of {top.filled} cells are known header words")
    areas = list(merged)
    first, last = _stack(seen, best, areas)
    used = seen[first : last + 1]
    language = header_language(_columns(used, lexicon, areas, None))
    columns = _columns(used, lexicon, areas, language)
    if language:
        evidence.append(f"language of the header: {language}")
    header_rows = [s.row.number for s in used]
    following = seen[last + 1 :]
    while following and _is_numbering(following[0]):
        evidence.append(f"row {following[0].row.number} numbers the columns")
        following = following[1:]
    if len(used) > 1:
        evidence.append("the header stands on several rows")
    data = next((s for s in following if s.filled >= 2 or s.numbers), following[0] if following else None)
    return HeaderGuess(
        tuple(header_rows), data.row.number if data else None, tuple(columns), round(confidence, 2), tuple(evidence)
    )


def _look(row: Row, lexicon: Lexicon) -> _Seen:
    seen = _Seen(row)
    for index, value in enumerate(row.values, 1):
        if not is_filled(value):
            continue
        if not isinstance(value, str) or looks_numeric(value):
            seen.numbers += 1
        else:
            seen.texts[index] = value
    for text in dict.fromkeys(seen.texts.values()):
        if len(text) <= LONGEST_HEADER:
            matches = lexicon.match(text)
            top = matches[0].score if matches else 0.0
            if top >= _KNOWN:
                seen.known += 1
                # Only wordings that stand for a header by themselves tell it from a sentence with such a word in it.
                seen.score += top if top > 0.8 else top * 0.6
    return seen


def _strength(seen: Sequence[_Seen], place: int) -> float:
    """How much a row looks like the header of what follows it."""
    row = seen[place]
    if row.filled < 2 and any(s.filled > 1 for s in seen):
        return 0.0
    years = sum(1 for v in row.row.values if _is_year(v))
    strength = row.score - 1.2 * max(0, row.numbers - years) - 0.15 * (len(row.texts) - row.known)
    follows = place + 1 < len(seen) and seen[place + 1].filled >= min(2, row.filled)
    return strength + (0.3 if follows else 0.0)


def _is_year(value: Value) -> bool:
    return re.fullmatch(r"(19|20)\d\d", str(value).strip()) is not None


def _unknown_words(seen: Sequence[_Seen]) -> int | None:
    """A row of texts only, as wide as the table, over a row that holds numbers."""
    width = max(s.filled for s in seen)
    for place, row in enumerate(seen[:-1]):
        distinct = len(set(row.texts.values())) == len(row.texts)
        short = all(len(text) <= 80 for text in row.texts.values())
        if row.numbers == 0 and len(row.texts) >= max(2, 0.6 * width) and distinct and short:
            return place if any(s.numbers for s in seen[place + 1 : place + 4]) else None
    return None


def _stack(seen: Sequence[_Seen], best: int, merged: Sequence[tuple[int, int, int, int]]) -> tuple[int, int]:
    """First and last of the rows that make up the header with the strongest one."""
    first = last = best
    while first > 0 and _joins(seen[first - 1], seen[first], above=True):
        first -= 1
    while last + 1 < len(seen) and (
        _joins(seen[last + 1], seen[last], above=False) or _parts_of(seen[last + 1], seen[last], merged)
    ):
        last += 1
    return first, last


def _parts_of(row: _Seen, heading: _Seen, merged: Sequence[tuple[int, int, int, int]]) -> bool:
    """Whether a row only names, in whatever words, the columns below the wide merged cells of the row above it."""
    if row.numbers or len(set(row.texts.values())) < 2 or row.row.number != heading.row.number + 1:
        return False
    wide = [(a[1], a[3]) for a in merged if a[2] == heading.row.number and a[3] > a[1] and a[1] in heading.texts]
    return all(len(text) <= 60 and any(a <= i <= b for a, b in wide) for i, text in row.texts.items())


def _joins(row: _Seen, neighbour: _Seen, *, above: bool) -> bool:
    if abs(row.row.number - neighbour.row.number) != 1 or row.numbers or not row.texts:
        return False
    if any(len(text) > 120 or text.rstrip().endswith(":") for text in row.texts.values()):
        return False  # a sentence, or a label of the sheet ("Priority:") with its value beside it
    if above:
        # A title stands alone and at the left; a group heading stands over parts that have headers of their own.
        over = [i for i in row.texts if i in neighbour.texts or i + 1 in neighbour.texts]
        return (len(row.texts) >= 2 or min(row.texts) > min(neighbour.texts)) and bool(over) and row.known >= 1
    # One text below the header is the title of the first section.
    if len(set(row.texts.values())) < 2:
        return False
    exact = row.score / len(set(row.texts.values()))
    return row.known >= max(1, 0.6 * len(set(row.texts.values()))) and exact >= 0.55


def _is_numbering(row: _Seen) -> bool:
    """A row that only numbers the columns: 1, 2, 3 … or (1), (2) …, a, b, c."""
    values = [str(v).strip(" ().") for v in row.row.values if is_filled(v)]
    if len(values) < 3:
        return False
    numbers = [int(v) for v in values if v.isdigit() and len(v) < 4]
    return len(numbers) == len(values) and all(b - a == 1 for a, b in pairwise(numbers))


def header_language(columns: Iterable[ColumnHeader]) -> str | None:
    """The official language that most columns are worded in; None where none stands out.

    It decides between languages that use one word differently ("kraj": country in Polish, place in Slovenian).
    """
    first = _languages(columns).most_common(2)
    return first[0][0] if first and (len(first) == 1 or first[0][1] > first[1][1]) else None


def language_among(columns: Iterable[ColumnHeader], wanted: Iterable[str]) -> str | None:
    """The one of some languages that more columns are worded in than in the others of them.

    None where another language has more columns, or two of them as many. ("Organisation" is a word of many languages.)
    """
    votes = _languages(columns)
    first, second, *_ = sorted(wanted, key=lambda language: -votes[language])
    return first if votes[first] > votes[second] and votes[first] == max(votes.values()) else None


def _languages(columns: Iterable[ColumnHeader]) -> Counter[str]:
    """How many columns have a clear wording in each language."""
    return Counter(
        language for c in columns for language in {m.language for m in c.matches if m.score > 0.9} if language != "mul"
    )


def _columns(
    used: Sequence[_Seen], lexicon: Lexicon, merged: list[tuple[int, int, int, int]], hint: str | None
) -> list[ColumnHeader]:
    width = max(len(s.row.values) for s in used)
    leaf = used[-1]
    parallel = len(used) > 1 and _is_translation(used, lexicon)
    columns = []
    for index in range(1, width + 1):
        parts = [_heading(s, index, merged, leaf if s is not leaf and not parallel else None) for s in used]
        parts = list(dict.fromkeys(p for p in parts if p))
        if not parts:
            columns.append(ColumnHeader(index, "", ()))
            continue
        if parallel or len(parts) == 1:
            text = " / ".join(parts)
            columns.append(ColumnHeader(index, text, tuple(lexicon.match(text, hint))))
        else:
            group = " | ".join(parts[:-1])
            matches = tuple(lexicon.match(parts[-1], hint, group=group))
            columns.append(ColumnHeader(index, f"{group} | {parts[-1]}", matches, group))
    while columns and not columns[-1].header_text:
        columns.pop()
    return columns


def _is_translation(used: Sequence[_Seen], lexicon: Lexicon) -> bool:
    """Whether the rows say the same in several languages: same cells filled, same meanings."""
    top, low = used[0].texts, used[-1].texts
    both = set(top) & set(low)
    if len(both) < 0.7 * max(len(top), len(low)):
        return False
    same = sum(
        1 for i in both if {m.field for m in lexicon.match(top[i])[:2]} & {m.field for m in lexicon.match(low[i])[:2]}
    )
    return same * 2 >= len(both)


def _heading(row: _Seen, index: int, merged: list[tuple[int, int, int, int]], leaf: _Seen | None) -> str:
    """The text of a header row over a column: its own cell, or the merged area that covers it.

    Where the row is a group heading over the headers `leaf`, an empty cell belongs to the heading at its left.
    """
    if index in row.texts:
        return row.texts[index].strip()
    for top, left, bottom, right in merged:
        if top <= row.row.number <= bottom and left < index <= right:
            return row.texts.get(left, "").strip()
    if leaf is None or index not in leaf.texts or any(top <= row.row.number <= bottom for top, _, bottom, _ in merged):
        return ""
    left = max((i for i in row.texts if i < index), default=0)
    spans = left in leaf.texts and all(i in leaf.texts for i in range(left, index + 1))
    return row.texts[left].strip() if left and spans else ""
