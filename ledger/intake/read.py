"""A file becomes a reading: its profile, its tables, and row by row records with their amounts, or the findings why not.

`read_file` decides everything that can stop the import before it returns; the rows are then streamed, once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from weakref import finalize

from ledger.domain.findings import Finding, stops
from ledger.domain.records import Reading, ReadRow, ReadSheet
from ledger.intake.cells import Row, Sheet, Workbook
from ledger.intake.code_lists import CodeLists
from ledger.intake.columns import columns_read, plan, survey
from ledger.intake.finding_log import FindingLog
from ledger.intake.header_drift import drift
from ledger.intake.headers import Table, locate, recognise
from ledger.intake.identification import open_proposed
from ledger.intake.kept_rows import KeptRows
from ledger.intake.own_sheets import leave_own_sheets
from ledger.intake.profiles import Profile, find_profile
from ledger.intake.readers import ReadFailed, open_workbook
from ledger.intake.row_groups import RowGroups
from ledger.intake.row_shapes import emptied, read_lookup
from ledger.intake.rows import TableReader
from ledger.intake.settings import Settings, read_settings

#: Cells of a sheet that are kept between the two readings of it: some 100 bytes each.
KEPT_CELLS = 500_000


def read_file(
    path: Path,
    *,
    profile: str | None = None,
    settings: Mapping[str, str] | None = None,
    profiles: Sequence[Profile],
    code_lists: CodeLists,
) -> Reading:
    """Read a file under a profile (by name; else the one that recognises it) and what `--set` states.

    The reading's sheets yield their rows once, in order; findings and printed totals are complete after that. With a
    STOP finding there are no sheets. Bad input is told in `findings`, with its cells; damage that shows only in mid-sheet
    is raised as `ReadFailed`, which carries its finding, here or while rows are taken.
    """
    stated, findings = read_settings(settings or {}, code_lists)
    reading = Reading(path.name, "", 0, "", settings=dict(settings or {}), findings=findings)
    if not path.is_file():
        findings.append(Finding("file-missing", f"there is no file {path}", path.name))
        return reading
    reading.sha256, reading.size = fingerprint(path)
    workbook = open_workbook(path, encoding=stated.stated.get("encoding"))
    reading.format, reading.encoding, reading.delimiter = workbook.format, workbook.encoding, workbook.delimiter
    findings += workbook.findings
    findings += leave_own_sheets(workbook, reading.file)
    opened = False
    try:
        chosen = None if stops(findings) else _chosen(workbook, reading, profile, profiles)
        if chosen is not None:
            opened = _open_tables(reading, workbook, chosen, stated, code_lists)
    except ReadFailed as failure:
        findings.append(failure.finding)
        reading.sheets = []
    finally:
        if not opened:
            workbook.close()
    return reading


def _chosen(
    workbook: Workbook, reading: Reading, name: str | None, profiles: Sequence[Profile]
) -> Profile | Finding | None:
    """The profile that is asked for, or fits; a finding where there is none; None where one fits but for a header."""
    if name:
        return find_profile(name, profiles)
    found = recognise(workbook, reading.file, profiles)
    if isinstance(found, Finding) and found.code == "profile-none":
        drifted = drift(workbook, reading.file, profiles)
        reading.findings += drifted
        return None if drifted else found
    return found


def fingerprint(path: Path) -> tuple[str, int]:
    """SHA-256 (hexadecimal) and size of the file's bytes."""
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256")
        return digest.hexdigest(), handle.tell()


def _open_tables(
    reading: Reading, workbook: Workbook, chosen: Profile | Finding, settings: Settings, lists: CodeLists
) -> bool:
    """Find the tables of the profile and decide how they are read; True when sheets are ready to be read."""
    if not workbook.sheets:
        reading.findings.append(Finding("file-empty", "the file holds no table", reading.file))
        return False
    if isinstance(chosen, Finding) and chosen.code == "profile-none":
        return open_proposed(reading, workbook, settings, lists, lambda tables: _Open(workbook, tables).done)
    if isinstance(chosen, Finding):
        reading.findings.append(chosen)
        return False
    reading.profile, reading.profile_sha256 = chosen.name, chosen.sha256
    reading.source = settings.stated.get("source", chosen.source)
    reading.is_illustrative, reading.is_situation = chosen.illustrative, chosen.situation
    reading.coverage = list(chosen.coverage)
    reading.as_of = settings.as_of or _as_of(chosen)
    tables, findings = locate(workbook, chosen, reading.file, settings.stated.get("sheet"))
    reading.findings += findings
    if stops(reading.findings):
        return False
    left = _Open(workbook, len(tables))
    others = workbook.sheets
    sheets = [_open_table(reading, table, settings, lists, left, others=others) for table in tables]
    if stops(reading.findings):
        return False
    reading.sheets = sheets
    return bool(sheets)


def _as_of(profile: Profile) -> date | None:
    for table in profile.tables:
        if "as_of" in table.constants:
            try:
                return date.fromisoformat(table.constants["as_of"])
            except ValueError:
                return None
    return None


class _Open:
    """Closes the workbook when the last of its tables was read, or when nobody can read them any more."""

    def __init__(self, workbook: Workbook, tables: int) -> None:
        self._left = tables
        self._close = finalize(self, workbook.close)

    def done(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._close()


def _open_table(
    reading: Reading, table: Table, settings: Settings, lists: CodeLists, left: _Open, *, others: Sequence[Sheet]
) -> ReadSheet:
    """A table, read once to decide its columns and ready to be read again row by row."""
    log = FindingLog(reading.file, table.sheet.name or "", reading.findings)
    kept = KeptRows(table.sheet, KEPT_CELLS)
    layout = table.rule.layout
    groups = RowGroups(table, layout.repeated) if layout.repeated else None
    rows = emptied(layout, kept)
    made = plan(table, survey(table, _seen(rows, groups)), settings=settings, lists=lists, log=log)
    sheet = ReadSheet(
        name=table.sheet.name or "",
        position=table.position,
        kind=table.rule.kind,
        header_rows=list(range(table.header_row - layout.header_rows + 1, table.header_row + 1)),
        columns=columns_read(table, made),
        rows=iter(()),
    )
    other_sheet = read_lookup(layout.lookup, others) if layout.lookup else None
    reader = TableReader(table, made, lists, log, rows=kept, groups=groups, other_sheet=other_sheet)
    sheet.totals = reader.totals
    sheet.rows = _stream(reader, kept, left)
    return sheet


def _seen(rows: Iterable[Row], groups: RowGroups | None) -> Iterator[Row]:
    """The rows, each shown to the groups on its way."""
    for row in rows:
        if groups:
            groups.see(row)
        yield row


def _stream(reader: TableReader, kept: KeptRows, left: _Open) -> Iterator[ReadRow]:
    try:
        yield from reader.rows()
    finally:
        kept.release()
        left.done()
