"""Finding the header row of a table and the field of each column; which profile fits a workbook."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import takewhile

from ledger.domain.findings import Finding
from ledger.domain.toml_keys import nearest
from ledger.intake.cells import Row, Sheet, Value, Workbook, cell_name, column_letter
from ledger.intake.code_lists import plain_name
from ledger.intake.fields import FIELDS
from ledger.intake.profiles import ColumnRule, Profile, TableRule

#: The header row stands among the first rows of a sheet.
SEARCHED_ROWS = 50

_MARKS = re.compile(r"[*†‡:\s]+$")


def plain_header(value: Value) -> str:
    """A header without case, accents, line breaks, underscores, footnote marks and colons at its end; "" if no text."""
    if not isinstance(value, str):
        return "" if value is None else str(value)
    return _plain_text(value)


@lru_cache(maxsize=10_000)  # each profile looks at the same rows
def _plain_text(text: str) -> str:
    return _MARKS.sub("", plain_name(text).replace("-", " ")).strip()


@dataclass(slots=True)
class BoundColumn:
    """A column of the table: 1-based index, its header as it stands, and the rule of its field, if it has one.

    `period` is set where a field has a column per period: the text that tells it from the others, and the date of its
    amounts.
    """

    index: int
    header: str
    rule: ColumnRule | None
    ignored: bool = False
    period: tuple[str, date | None] | None = None


@dataclass(slots=True)
class Table:
    """A table found in a sheet: its (last) header row and its columns."""

    sheet: Sheet
    position: int
    rule: TableRule
    header_row: int
    columns: list[BoundColumn] = field(default_factory=list)


def first_rows(sheet: Sheet) -> list[Row]:
    """The rows among which the header is looked for."""
    return list(takewhile(lambda row: row.number <= SEARCHED_ROWS, sheet.rows()))


#: Stands between the parts of a header that is stacked over several rows.
OVER = " | "


def _leaf(word: str) -> str:
    """The lowest part of a stacked header."""
    return word.rpartition(OVER)[2]


def heads(rule: TableRule, sheet: Sheet, rows: Sequence[Row]) -> list[Row]:
    """The rows that may be the header; those of a stacked header joined from top to bottom, with the last one's number."""
    count = rule.layout.header_rows
    if count == 1:
        return list(rows)
    return [_stacked(rows[at : at + count], sheet.facts.merged) for at in range(len(rows) - count + 1)]


def _stacked(rows: Sequence[Row], merged: Iterable[tuple[int, int, int, int]]) -> Row:
    """Each column's texts from top to bottom; a group heading reaches as far as its merged area, or the next heading."""
    width = max(len(row.values) for row in rows)
    areas = list(merged)
    lines = []
    for row in rows:
        line: list[str] = []
        is_top = row is not rows[-1]
        is_merged = any(top <= row.number <= bottom for top, _, bottom, _ in areas)
        for index in range(1, width + 1):
            value = row.values[index - 1] if index <= len(row.values) else None
            text = "" if value is None else str(value).strip()
            is_inside = any(t <= row.number <= b and left < index <= right for t, left, b, right in areas)
            if not text and line and (is_inside or (is_top and not is_merged)):
                text = line[-1]
            line.append(text)
        lines.append(line)
    columns = (dict.fromkeys(part for part in parts if part) for parts in zip(*lines, strict=True))
    return Row(rows[-1].number, [OVER.join(parts) or None for parts in columns])


def sheet_matches(name: str | None, patterns: Sequence[str]) -> bool:
    """Whether a sheet has one of the names (`*` and `?` as wildcards, case apart). A text file has no name and fits."""
    if name is None or not patterns:
        return True
    return any(fnmatchcase(plain_name(name), plain_name(pattern)) for pattern in patterns)


class HeaderWords:
    """The wordings of a table's fields. The same field may have many; a profile's own go before the field names."""

    def __init__(self, rule: TableRule) -> None:
        self._rules: dict[str, ColumnRule] = {}
        for column in rule.columns.values():
            for header in column.headers:
                self._rules.setdefault(plain_header(header), column)
        claimed = set(self._rules)
        self.ignored = {plain_header(header) for header in rule.ignore}
        for name in FIELDS[rule.kind]:
            word = plain_header(name)
            if word not in claimed and word not in self.ignored:
                self._rules[word] = rule.columns.get(name, ColumnRule(name))
        #: wordings that must stand in the header row to recognise the table
        self.wanted = {plain_header(header) for header in rule.headers}
        #: fields that must have a column
        self.wanted_fields = {column.field for column in rule.columns.values() if column.required}
        self.wanted_fields |= set(rule.wanted_fields)
        self._more_fields = self.wanted_fields - {self._rules[w].field for w in self.wanted if w in self._rules}
        #: how many headers are wanted in all
        self.weight = len(self.wanted) + len(self._more_fields)

    def rule_of(self, value: Value) -> ColumnRule | None:
        """The rule of the field that a header cell names, if any."""
        word = plain_header(value)
        if word in self.ignored:
            return None
        # Of a stacked header, the lowest part says what the column is, unless the profile words the whole.
        return self._rules.get(word) or self._rules.get(_leaf(word))

    def is_ignored(self, value: Value) -> bool:
        """Whether the profile leaves the column of this header alone."""
        return plain_header(value) in self.ignored

    def missing_fields(self, values: Sequence[Value]) -> set[str]:
        """The fields that must have a column and have none in a row."""
        return self.wanted_fields - self._fields(values)

    def lacking(self, values: Sequence[Value]) -> list[str]:
        """The wanted headers and fields that a row does not carry."""
        plain = {plain_header(value) for value in values}
        words = plain | {_leaf(word) for word in plain}
        return sorted(self.wanted - words) + sorted(self._more_fields - self._fields(values))

    def is_known(self, value: Value) -> bool:
        """Whether the header recognises the table, or is left alone on purpose."""
        word = plain_header(value)
        return word in self.wanted or word in self.ignored

    def score(self, values: Sequence[Value]) -> tuple[int, int]:
        """How many of the wanted headers a row carries (`weight` when all), and how many fields it names."""
        plain = {plain_header(value) for value in values}
        words, fields = plain | {_leaf(word) for word in plain}, self._fields(values)
        return len(self.wanted & words) + len(self._more_fields & fields), len(fields)

    def _fields(self, values: Sequence[Value]) -> set[str]:
        return {rule.field for value in values if (rule := self.rule_of(value))}


def header_row(rule: TableRule, rows: Sequence[Row]) -> tuple[Row | None, set[str]]:
    """The header row, and the fields that must have a column and have none in it.

    It is the row that carries most of the wanted headers, then of the fields, then the first. No row where none carries
    any field, or none of the wanted headers where some are wanted.
    """
    words = HeaderWords(rule)
    best, reached = None, (0, 0)
    for row in rows:
        score = words.score(row.values)
        if score > reached:
            best, reached = row, score
    if best is None or reached[1] == 0:
        return None, words.wanted_fields
    return best, words.missing_fields(best.values)


def bind(sheet: Sheet, position: int, rule: TableRule, row: Row, file: str) -> tuple[Table, list[Finding]]:
    """The table under a header row: the field of each column, and what is wrong with the headers."""
    words = HeaderWords(rule)
    name = sheet.name or ""
    table = Table(sheet, position, rule, row.number)
    findings: list[Finding] = []
    taken: dict[str, BoundColumn] = {}
    for index, value in enumerate(row.values, 1):
        header = "" if value is None else str(value).strip()
        if not header:
            continue
        column = BoundColumn(index, header, words.rule_of(value), words.is_ignored(value))
        if not column.ignored:
            _bind_period(column, rule)
        table.columns.append(column)
        cell = cell_name(row.number, index)
        if column.period:
            continue
        if column.rule and column.rule.field in taken:
            other = taken[column.rule.field]
            message = f"{header!r} and {other.header!r} ({column_letter(other.index)}) both claim {column.rule.field}"
            findings.append(Finding("column-duplicate", message, file, name, cell))
        elif column.rule:
            taken[column.rule.field] = column
        elif not column.ignored:
            stop = rule.other_columns == "stop"
            code = "column-unknown" if stop else "column-unread"
            hint = nearest(plain_header(value).replace(" ", "_"), FIELDS[rule.kind]) if stop else ""
            message = f"the column {header!r} is none of the fields of {rule.kind}{hint}"
            findings.append(Finding(code, message, file, name, cell, values={"header": header}))
    return table, findings


def _filled(pattern: str, match: re.Match[str]) -> str:
    """The pattern with {1}, {2} … replaced by the groups of a match; a group that is not there is empty."""
    groups = dict(enumerate(match.groups(default=""), 1))
    return re.sub(r"\{(\d)\}", lambda found: groups.get(int(found[1]), ""), pattern)


def _bind_period(column: BoundColumn, rule: TableRule) -> None:
    """A column per period, where its header fits the pattern of one."""
    for wide in rule.layout.wide:
        match = wide.columns.fullmatch(column.header)
        if match:
            day = None
            if wide.value_date:
                try:
                    day = date.fromisoformat(_filled(wide.value_date, match))
                except ValueError:
                    continue
            column.rule = rule.columns.get(wide.field, ColumnRule(wide.field))
            column.period = (plain_header(column.header), day)
            return


def recognise(workbook: Workbook, file: str, profiles: Sequence[Profile]) -> Profile | Finding:
    """The profile that fits the workbook: all its sheets and headers are there.

    The most specific one wins: a file name or a sheet that is asked for by name, then the most headers wanted.
    """
    first = {position: first_rows(sheet) for position, sheet in enumerate(workbook.sheets)}
    fits: dict[tuple[int, int], list[Profile]] = {}
    for profile in profiles:
        score = _fit(workbook, first, file, profile)
        if score is not None:
            fits.setdefault(score, []).append(profile)
    if not fits:
        return Finding("profile-none", "no profile recognises the sheets and headers of this file", file)
    best = fits[max(fits)]
    if len(best) > 1:
        names = ", ".join(profile.name for profile in best)
        return Finding("profile-ambiguous", f"these profiles fit equally well: {names}", file)
    return best[0]


def _fit(workbook: Workbook, first: dict[int, list[Row]], file: str, profile: Profile) -> tuple[int, int] | None:
    """How specifically a profile fits, or None: (names asked for, headers wanted)."""
    if profile.file_patterns and not any(fnmatchcase(file.casefold(), p.casefold()) for p in profile.file_patterns):
        return None
    named = [sheet.name for sheet in workbook.sheets if sheet.name is not None]
    if named and not all(any(sheet_matches(name, [asked]) for name in named) for asked in profile.sheet_names):
        return None
    wanted = 0
    for rule in profile.tables:
        words = HeaderWords(rule)
        found = any(
            words.weight and words.score(row.values)[0] == words.weight
            for position, sheet in enumerate(workbook.sheets)
            if sheet_matches(sheet.name, rule.sheets)
            for row in heads(rule, sheet, first[position])
        )
        if not found and not rule.optional:
            return None
        wanted += words.weight if found else 0
    return (len(profile.file_patterns) + len(profile.sheet_names), wanted) if wanted else None


def locate(
    workbook: Workbook, profile: Profile, file: str, wanted_sheet: str | None = None
) -> tuple[list[Table], list[Finding]]:
    """The tables that a profile reads in a workbook; `wanted_sheet` is what --set sheet= says (`all`, or a name).

    The findings name every sheet, header or column that is not there, and every sheet that is left alone.
    """
    tables: list[Table] = []
    findings: list[Finding] = []
    for rule in profile.tables:
        candidates = [(p, sheet) for p, sheet in enumerate(workbook.sheets) if sheet_matches(sheet.name, rule.sheets)]
        if not candidates:
            if not rule.optional:
                names = ", ".join(repr(sheet.name) for sheet in workbook.sheets)
                message = f"there is no sheet {' or '.join(map(repr, rule.sheets))}; the file has: {names}"
                findings.append(Finding("sheet-missing", message, file))
            continue
        found, told = _locate_rule(candidates, rule, file, wanted_sheet)
        findings += told
        tables += found
    if any(finding.code == "sheets-alike" for finding in findings):
        return [], findings  # which sheets are left alone is just what is asked
    read = {table.position for table in tables}
    for position, sheet in enumerate(workbook.sheets):
        if position not in read:
            findings.append(Finding("sheet-skipped", "this sheet was not read", file, sheet.name or ""))
    return tables, findings


def _locate_rule(
    candidates: Sequence[tuple[int, Sheet]], rule: TableRule, file: str, wanted_sheet: str | None
) -> tuple[list[Table], list[Finding]]:
    """The candidates with every wanted header; failing that, what the most promising one lacks.

    Several are all read where the profile's patterns or --set sheet=all mean them; else nobody can say whether they are
    parts of one list or copies of it, and the import stops.
    """
    nearly: tuple[int, Sheet, Row, set[str]] | None = None
    whole: list[tuple[int, Sheet, Row]] = []
    for position, sheet in candidates:
        row, missing = header_row(rule, heads(rule, sheet, first_rows(sheet)))
        if row is not None and not missing:
            whole.append((position, sheet, row))
        elif row is not None and (nearly is None or len(missing) < len(nearly[3])):
            nearly = position, sheet, row, missing
    if wanted_sheet is not None and wanted_sheet != "all":
        named = [found for found in whole if sheet_matches(found[1].name, (wanted_sheet,))]
        if not named:
            names = ", ".join(repr(sheet.name) for _, sheet, _ in whole) or "none"
            message = f"--set sheet={wanted_sheet}: no such sheet carries the headers; those that do: {names}"
            return [], [Finding("sheet-missing", message, file)]
        whole = named
    if len(whole) > 1 and not rule.sheets and wanted_sheet is None:
        alike = [sheet.name or "" for _, sheet, _ in whole]
        message = f"{len(alike)} sheets carry the same headers: {', '.join(map(repr, alike))}"
        return [], [Finding("sheets-alike", message, file, values={"sheets": alike})]
    if whole:
        bound = [bind(sheet, position, rule, row, file) for position, sheet, row in whole]
        return [table for table, _ in bound], [finding for _, told in bound for finding in told]
    return _what_is_missing(candidates, nearly, rule, file)


def _what_is_missing(
    candidates: Sequence[tuple[int, Sheet]],
    nearly: tuple[int, Sheet, Row, set[str]] | None,
    rule: TableRule,
    file: str,
) -> tuple[list[Table], list[Finding]]:
    """What the most promising sheet lacks; nothing where the table is optional and no sheet comes near."""
    if nearly is None:
        if rule.optional:
            return [], []
        wanted = ", ".join(rule.headers or sorted(HeaderWords(rule).wanted_fields))
        wanted = wanted or f"fields of {rule.kind}"
        sheet_name = candidates[0][1].name or "" if len(candidates) == 1 else ""
        message = f"no row among the first {SEARCHED_ROWS} carries the headers: {wanted}"
        return [], [Finding("header-missing", message, file, sheet_name)]
    position, sheet, row, missing = nearly
    _, findings = bind(sheet, position, rule, row, file)
    findings = [finding for finding in findings if finding.code != "column-unread"]
    for name in sorted(missing):
        message = f"the column {wording(rule, name)!r} is not in the header row {row.number}"
        findings.append(
            Finding("column-missing", message, file, sheet.name or "", str(row.number), values={"column": name})
        )
    return [], findings


def wording(rule: TableRule, name: str) -> str:
    """How a person would look for a field, or a wording, in the sheet."""
    column = rule.columns.get(name)
    if column and column.headers:
        return column.headers[0]
    return next((header for header in rule.headers if plain_header(header) == name), name)
