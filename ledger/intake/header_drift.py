"""A file that a profile all but recognises: which header has changed, and the line that would teach it to the profile.

The line is proposed, never applied: that a new wording means the old thing is for a person to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from ledger.domain.findings import Finding, Severity
from ledger.intake.cells import Row, Sheet, Workbook, cell_name
from ledger.intake.headers import HeaderWords, first_rows, heads, plain_header, sheet_matches, wording
from ledger.intake.profiles import Profile, TableRule

#: A profile nearly fits when it wants this many headers at least, and all but a fifth of them are there.
_ENOUGH, _LACKING = 4, 5
#: How alike a new wording is to the old one, in per cent.
_ALIKE = 60


@dataclass(frozen=True, slots=True)
class _Miss:
    profile: Profile
    rule: TableRule
    sheet: Sheet
    row: Row
    missing: tuple[str, ...]
    weight: int


def drift(workbook: Workbook, file: str, profiles: Sequence[Profile]) -> list[Finding]:
    """What keeps the profile that fits best from recognising the file, header by header; empty where none comes near.

    Each finding stops the import and holds, in `values`, the profile, the headers expected and found and the patch.
    """
    first = [first_rows(sheet) for sheet in workbook.sheets]
    misses = [miss for profile in profiles if (miss := _near(workbook, first, profile)) is not None]
    if not misses:
        return []
    best = max(misses, key=lambda miss: (miss.weight - len(miss.missing), -len(miss.missing)))
    return [_finding(best, name, file) for name in best.missing]


def _near(workbook: Workbook, first: Sequence[list[Row]], profile: Profile) -> _Miss | None:
    """The one table of a profile that is nearly there; None where it is far off, or more than one differs."""
    found: list[_Miss] = []
    for rule in profile.tables:
        words = HeaderWords(rule)
        if words.weight < _ENOUGH:
            continue
        rows = [
            (words.score(row.values), sheet, row)
            for sheet, seen in zip(workbook.sheets, first, strict=True)
            if sheet_matches(sheet.name, rule.sheets)
            for row in heads(rule, sheet, seen)
        ]
        if not rows:
            return None
        score, sheet, row = max(rows, key=lambda entry: (entry[0], -entry[2].number))
        lacking = words.weight - score[0]
        if lacking == 0:
            continue
        if lacking * _LACKING > words.weight:
            return None
        found.append(_Miss(profile, rule, sheet, row, tuple(words.lacking(row.values)), words.weight))
    return found[0] if len(found) == 1 else None


def _finding(miss: _Miss, name: str, file: str) -> Finding:
    expected = wording(miss.rule, name)
    words = HeaderWords(miss.rule)
    unknown = [
        (at, str(value).strip())
        for at, value in enumerate(miss.row.values, 1)
        if value is not None and str(value).strip() and words.rule_of(value) is None and not words.is_known(value)
    ]
    likeness = [(_likeness(expected, text), at, text) for at, text in unknown]
    best = max(likeness, default=(0, 0, ""))
    place = (file, miss.sheet.name or "")
    values: dict[str, object] = {"profile": miss.profile.name, "expected": expected, "found": None, "patch": None}
    if best[0] < _ALIKE:
        others = ", ".join(repr(text) for _, text in unknown[:8]) or "none"
        message = (
            f"all but the header {expected!r} of the profile {miss.profile.name!r} is there; headers that it does not "
            f"know: {others}"
        )
        return Finding("header-drift", message, *place, str(miss.row.number), values=values, severity=Severity.STOP)
    found = best[2]
    patch = _patch(miss.rule, name, found)
    values.update(found=found, patch=patch)
    message = f"the header {expected!r} of the profile {miss.profile.name!r} seems to have become {found!r}"
    remedy = f"Check the column. If it means the same, write in {miss.profile.path}: {patch}"
    cell = cell_name(miss.row.number, best[1])
    return Finding("header-drift", message, *place, cell, remedy, values, Severity.STOP)


def _likeness(expected: str, found: str) -> int:
    """How alike two headers are, in per cent, whatever the order of their words."""
    pairs = [(plain_header(expected), plain_header(found))]
    pairs += [(" ".join(sorted(a.split())), " ".join(sorted(b.split()))) for a, b in pairs]
    return max(round(100 * SequenceMatcher(None, a, b).ratio()) for a, b in pairs)


def _patch(rule: TableRule, name: str, found: str) -> str:
    """The TOML that adds the new wording: to the field of the header, and to what recognises the file."""
    words = HeaderWords(rule)
    column = rule.columns.get(name) or words.rule_of(name)
    known = () if column is None else column.headers
    if column is not None and name not in words.wanted:
        return f"[columns.{column.field}] headers = {_listed((*known, found))}"
    headers = [found if plain_header(header) == name else header for header in rule.headers]
    line = f"[recognise] headers = {_listed(headers)}"
    return line if column is None else f"{line} and [columns.{column.field}] headers = {_listed((*known, found))}"


def _listed(texts: Sequence[str]) -> str:
    quoted = ('"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"' for text in texts)
    return f"[{', '.join(quoted)}]"
