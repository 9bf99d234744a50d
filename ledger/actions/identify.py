"""Identify files: which profile fits and why, and how every column would be read. Nothing is booked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made_by
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.domain.findings import Finding, stops

if TYPE_CHECKING:
    from ledger.intake.cells import Workbook
    from ledger.intake.code_lists import CodeLists
    from ledger.intake.identify import IdentifiedTable
    from ledger.intake.profiles import Profile
    from ledger.intake.settings import Settings


@dataclass(frozen=True, slots=True)
class ColumnAnswer:
    """How one column would be read; `currency` is a list where each cell states its own."""

    index: int
    letter: str
    header: str
    field: str | None
    confidence: float
    evidence: list[str]
    number_style: str | None = None
    currency: str | list[str] | None = None
    unit: int | None = None
    alternatives: list[str] = made_by(default_factory=list)


@dataclass(frozen=True, slots=True)
class SheetAnswer:
    """How one sheet would be read; row numbers are 1-based."""

    sheet: str | None
    header_rows: list[int]
    first_data_row: int | None
    data_rows: int
    total_rows: list[int]
    columns: list[ColumnAnswer]
    confidence: float
    evidence: list[str]


@dataclass(slots=True)
class IdentifyResult:
    """What one file is. Without sheets, a finding with severity STOP says why."""

    file: str
    sha256: str = ""
    profile: str | None = None
    confidence: float = 0.0
    evidence: list[str] = made_by(default_factory=list)
    sheets: list[SheetAnswer] = made_by(default_factory=list)
    findings: list[Finding] = made_by(default_factory=list)


def identify_files(
    paths: Sequence[Path], *, settings: Mapping[str, str] | None = None, profile_dirs: Sequence[Path] = ()
) -> list[IdentifyResult]:
    """What each of `paths` is, in their order. Nothing is raised for bad input: it is told in `findings`."""
    from importlib.resources import as_file

    from ledger import shipped
    from ledger.intake.code_lists import CodeLists
    from ledger.intake.profiles import load_profiles

    with as_file(shipped.profiles()) as folder:
        profiles, findings = load_profiles([folder, *profile_dirs])
    with as_file(shipped.codelists()) as folder:
        lists = CodeLists(folder)
    results = []
    for path in paths:
        result = _identify(path, settings or {}, profiles, lists)
        result.findings[:0] = findings
        results.append(result)
    return results


def _identify(path: Path, stated: Mapping[str, str], profiles: Sequence[Profile], lists: CodeLists) -> IdentifyResult:
    from ledger.intake.header_drift import drift
    from ledger.intake.headers import recognise
    from ledger.intake.identification import as_told
    from ledger.intake.own_sheets import leave_own_sheets
    from ledger.intake.read import fingerprint
    from ledger.intake.readers import open_workbook
    from ledger.intake.readers.book import ReadFailed
    from ledger.intake.settings import read_settings

    settings, findings = read_settings(stated, lists)
    result = IdentifyResult(path.name, findings=findings)
    if not path.is_file():
        result.findings.append(Finding("file-missing", f"there is no file {path}", path.name))
        return result
    result.sha256 = fingerprint(path)[0]
    workbook = open_workbook(path, encoding=settings.stated.get("encoding"))
    try:
        result.findings += workbook.findings + leave_own_sheets(workbook, path.name)
        if stops(result.findings):
            return result
        if not workbook.sheets:
            result.findings.append(Finding("file-empty", "the file holds no table", path.name))
            return result
        chosen = recognise(workbook, path.name, profiles)
        if not isinstance(chosen, Finding):
            _under_profile(result, path, stated, chosen, lists)
            return result
        if chosen.code == "profile-none":
            result.findings += map(as_told, drift(workbook, path.name, profiles))
        else:
            result.findings.append(as_told(chosen))
        _unknown(result, workbook, lists, settings)
    except ReadFailed as failure:
        result.findings.append(failure.finding)
    finally:
        workbook.close()
    return result


def _under_profile(
    result: IdentifyResult, path: Path, stated: Mapping[str, str], profile: Profile, lists: CodeLists
) -> None:
    """The file as its profile reads it: the rows are read to their end, so that all findings are told."""
    from ledger.domain.records import RowState
    from ledger.intake.read import read_file

    reading = read_file(path, profile=profile.name, settings=stated, profiles=[profile], code_lists=lists)
    result.profile, result.confidence = profile.name, 1.0
    result.evidence = [f"the sheets and headers are those of the profile {profile.name}"]
    for sheet in reading.sheets:
        data, totals, first = 0, [], None
        for row in sheet.rows:
            if row.state in (RowState.POSTED, RowState.UNCHANGED, RowState.REJECTED):
                data, first = data + 1, first or row.number
            elif row.state is RowState.SUBTOTAL:
                totals.append(row.number)
        why = [f"profile {profile.name}"]
        columns = [
            ColumnAnswer(
                c.index, c.letter, c.header, c.field, 1.0 if c.field else 0.0, why if c.field else [], c.number_style,
                c.currency, c.unit if c.field else None,
            )
            for c in sheet.columns
        ]  # fmt: skip
        made = SheetAnswer(sheet.name or None, sheet.header_rows, first, data, totals, columns, 1.0, why)
        result.sheets.append(made)
    known = {str(finding) for finding in result.findings}
    result.findings += [finding for finding in reading.findings if str(finding) not in known]


def _unknown(result: IdentifyResult, workbook: Workbook, lists: CodeLists, settings: Settings) -> None:
    """The file as identification proposes to read it. What would stop its import is told as a warning."""
    from ledger.intake.identification import as_told, identify_workbook

    made = identify_workbook(workbook, result.file, lists, settings)
    result.findings += [as_told(finding) if made.proposals else finding for finding in made.findings]
    result.sheets = [_answer(table) for table in made.tables]
    result.confidence = min((table.confidence for table in made.tables), default=0.0)


def _answer(table: IdentifiedTable) -> SheetAnswer:
    columns = []
    for column in table.columns:
        money = column.is_money and column.numbers is not None
        style = column.numbers.style if column.numbers is not None and not column.numbers.ambiguous else None
        columns.append(
            ColumnAnswer(
                column.index, column.letter, column.header, column.field, column.confidence, column.evidence,
                style if money else None, column.currency.shown if money else None,
                column.unit.factor if money else None, list(column.alternatives),
            )
        )  # fmt: skip
    return SheetAnswer(
        table.sheet.name, list(table.header.header_rows), table.header.first_data_row, table.data_rows,
        table.total_rows, columns, table.confidence, list(table.header.evidence),
    )  # fmt: skip
