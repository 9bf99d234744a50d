"""Import files: each is read, staged, matched and posted in one transaction of its own (or all in one, `atomic`)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ledger.domain.findings import Finding, Severity, stops
from ledger.domain.records import Reading
from ledger.intake.code_lists import CodeLists
from ledger.intake.readers.book import ReadFailed
from ledger.store import batches, posting, schema, staging
from ledger.store.context import Context
from ledger.store.database import Connection, Database

Read = Callable[[Path], Reading]
#: Told the name of the file and the number of rows read so far.
Progress = Callable[[str, int], None]


@dataclass(slots=True)
class ImportResult:
    """What became of one file. `batch` is None where nothing was booked (refused, or the ledger held it all)."""

    file: str
    batch: int | None = None
    profile: str | None = None
    kind: str = ""
    source: str = ""
    #: state -> rows; every row of every sheet read is in one state
    rows: dict[str, int] = field(default_factory=dict)
    #: state -> field -> currency -> minor units
    amounts: dict[str, dict[str, Counter[str]]] = field(default_factory=dict)
    projects: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    illustrative: bool = False


def import_files(
    database: Database,
    paths: Sequence[Path],
    *,
    profile: str | None = None,
    settings: Mapping[str, str] | None = None,
    profile_dirs: Sequence[Path] = (),
    dry_run: bool = False,
    complete: bool = False,
    atomic: bool = False,
    progress: Progress = lambda _file, _rows: None,
) -> list[ImportResult]:
    """Import `paths` in their order.

    A refused file leaves nothing behind and does not stop the others, unless `atomic`: then one refused file or
    rejected row takes back everything. A dry run does it all and rolls back.
    """
    schema.require_current(database)
    read = _reader(profile, settings or {}, profile_dirs)
    results: list[ImportResult] = []
    if atomic:
        with database.write() as connection:
            results = [_import_one(connection, path, read, complete=complete, progress=progress) for path in paths]
            failed = any(f.level in (Severity.STOP, Severity.ERROR) for r in results for f in r.findings)
            if dry_run or failed:
                connection.rollback()
        if failed:
            for result in results:
                result.batch = None
    else:
        for path in paths:
            with database.write() as connection:
                result = _import_one(connection, path, read, complete=complete, progress=progress)
                if dry_run or result.batch is None:
                    connection.rollback()
                results.append(result)
    return results


def _import_one(connection: Connection, path: Path, read: Read, *, complete: bool, progress: Progress) -> ImportResult:
    reading = read(path)
    result = ImportResult(
        file=reading.file,
        profile=reading.profile,
        source=reading.source,
        illustrative=reading.is_illustrative,
        kind=",".join(dict.fromkeys(sheet.kind.value for sheet in reading.sheets)),
        findings=reading.findings,
    )
    if stops(reading.findings) or not reading.sheets:
        return result
    with connection.begin_nested() as savepoint:
        batch_id = batches.open_batch(
            connection,
            "import",
            source=reading.source,
            profile=reading.profile,
            profile_sha256=reading.profile_sha256,
            settings=json.dumps(reading.settings, ensure_ascii=False, sort_keys=True),
            as_of=reading.as_of,
            is_illustrative=reading.is_illustrative,
        )
        posted = _book(connection, batch_id, path, reading, complete=complete, progress=progress)
        if posted is not None:
            result.rows, result.amounts = dict(posted.rows), posted.stated
            result.projects = {
                "new": posted.new,
                "changed": posted.changed,
                "unchanged": posted.unchanged,
                "vanished": posted.vanished,
            }
        if posted is not None and posted.something:
            result.batch = batch_id
        else:
            savepoint.rollback()
    return result


def _book(
    connection: Connection, batch_id: int, path: Path, reading: Reading, *, complete: bool, progress: Progress
) -> posting.Posted | None:
    """Stage and post a reading; None where reading its rows showed that the file cannot be trusted."""
    staging.create(connection)
    try:
        staged = staging.stage_sheets(connection, reading.sheets, lambda rows: progress(reading.file, rows))
    except ReadFailed as failure:
        reading.findings.append(failure.finding)
        return None
    if stops(reading.findings):
        return None
    batches.keep_file(connection, batch_id, reading, path.read_bytes())
    context = Context(
        connection,
        batch_id,
        reading.source,
        reading.is_illustrative,
        batches.row_base(connection),
        reading.sheets,
        reading.file,
        reading.findings,
        is_situation=reading.is_situation,
    )
    posted = posting.post(context, staged, complete=complete)
    staging.drop(connection)
    batches.keep_coverage(connection, batch_id, reading)
    if posted.something:
        batches.withdraw_totals(context, posted.succeeds)
        for sheet in reading.sheets:
            batches.keep_totals(connection, batch_id, reading.file, sheet)
        batches.keep_findings(connection, batch_id, reading.findings)
    return posted


def _reader(profile: str | None, settings: Mapping[str, str], profile_dirs: Sequence[Path]) -> Read:
    """What reads one file: the shipped profiles and code lists, and the user's profiles, which go before them."""
    from importlib.resources import as_file

    from ledger import shipped
    from ledger.intake.profiles import load_profiles
    from ledger.intake.read import read_file

    with as_file(shipped.profiles()) as folder:
        profiles, findings = load_profiles([folder, *profile_dirs])
    lists = shipped_code_lists()

    def read(path: Path) -> Reading:
        reading = read_file(path, profile=profile, settings=settings, profiles=profiles, code_lists=lists)
        reading.findings[:0] = findings
        return reading

    return read


@cache
def shipped_code_lists() -> CodeLists:
    """The shipped code lists, read once a run."""
    from importlib.resources import as_file

    from ledger import shipped

    with as_file(shipped.codelists()) as folder:
        return CodeLists(folder)


def found_files(paths: Iterable[Path]) -> list[Path]:
    """The files that `paths` name: a folder stands for the spreadsheets in it, by name."""
    kinds = {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".csv", ".tsv", ".psv", ".txt", ".xml", ".html", ".htm", ".zip"}
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(
                p for p in path.iterdir() if p.suffix.lower() in kinds and not p.name.startswith(("~$", "."))
            )
        else:
            found.append(path)
    return found
