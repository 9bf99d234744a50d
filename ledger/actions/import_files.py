"""Import files: each is read and staged, then matched and posted in one transaction of its own (or all in one, `atomic`).

Reading a file takes longer than booking it, so it is read into temporary tables before the writer's turn is asked for.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ledger.actions.scope import UsageProblem
from ledger.domain.findings import Finding, Severity, stops
from ledger.domain.records import Reading
from ledger.domain.toml_keys import DeclarationError
from ledger.intake.code_lists import CodeLists
from ledger.intake.readers.book import ReadFailed
from ledger.store import batches, posting, printed_totals, reach, schema, staging, standing
from ledger.store.context import Context
from ledger.store.database import Connection, Database
from ledger.store.rehearsal import ledger_for

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
    rejected row takes back everything. A dry run does it all in a private copy of the ledger.
    """
    schema.require_current(database)
    standing.refuse_readers(database)
    read = reader(profile, settings or {}, profile_dirs)
    with ledger_for(database, dry_run=dry_run) as ledger:
        if atomic:
            return _import_together(ledger, paths, read, complete=complete, progress=progress)
        return [_import_alone(ledger, path, read, complete=complete, progress=progress) for path in paths]


def _import_alone(ledger: Database, path: Path, read: Read, *, complete: bool, progress: Progress) -> ImportResult:
    incoming = _Incoming(path, read(path))
    if incoming.is_refused:
        return incoming.result
    with ledger.open() as connection:
        is_staged = _stage(connection, incoming, progress)
        connection.commit()
        if is_staged:
            with ledger.writing(connection):
                _book(connection, incoming, complete=complete)
                if incoming.result.batch is None:
                    connection.rollback()
    return incoming.result


def _import_together(
    ledger: Database, paths: Sequence[Path], read: Read, *, complete: bool, progress: Progress
) -> list[ImportResult]:
    """All files in one transaction; the temporary tables hold one file at a time, so it is open from the first on."""
    results: list[ImportResult] = []
    with ledger.write() as connection:
        for path in paths:
            incoming = _Incoming(path, read(path))
            results.append(incoming.result)
            if not incoming.is_refused and _stage(connection, incoming, progress):
                with connection.begin_nested() as savepoint:
                    _book(connection, incoming, complete=complete)
                    if incoming.result.batch is None:
                        savepoint.rollback()
        failed = any(f.level in (Severity.STOP, Severity.ERROR) for r in results for f in r.findings)
        if failed:
            connection.rollback()
    if failed:
        for result in results:
            result.batch = None
    return results


class _Incoming:
    """A file on its way into the ledger: its reading, its bytes as they will be kept, and what becomes of it."""

    def __init__(self, path: Path, reading: Reading) -> None:
        self.path = path
        self.reading = reading
        self.staged = staging.Staged()
        self.kept = b""
        self.result = ImportResult(
            file=reading.file,
            profile=reading.profile,
            source=reading.source,
            illustrative=reading.is_illustrative,
            kind=",".join(dict.fromkeys(sheet.kind.value for sheet in reading.sheets)),
            findings=reading.findings,
        )

    @property
    def is_refused(self) -> bool:
        """Whether nothing of it can be read on."""
        return stops(self.reading.findings) or not self.reading.sheets


def _stage(connection: Connection, incoming: _Incoming, progress: Progress) -> bool:
    """Read the rows into the waiting room; False where they show that the file cannot be trusted."""
    reading = incoming.reading
    staging.create(connection)
    try:
        incoming.staged = staging.stage_sheets(connection, reading.sheets, lambda rows: progress(reading.file, rows))
    except ReadFailed as failure:
        reading.findings.append(failure.finding)
        return False
    content = incoming.path.read_bytes()
    if hashlib.sha256(content).hexdigest() != reading.sha256:
        reading.findings.append(Finding("file-changed", "the file was changed while it was read", reading.file))
    if not batches.is_kept(connection, reading.sha256):
        incoming.kept = batches.packed(content)
    return not stops(reading.findings)


def _book(connection: Connection, incoming: _Incoming, *, complete: bool) -> None:
    """Post what is staged as a batch; the result's `batch` stays None where the ledger held all of it already."""
    reading, result = incoming.reading, incoming.result
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
    who = standing.of_session(connection)
    if refused := reach.beyond(context, incoming.staged.kinds, reading.coverage, who):
        reading.findings += refused
        return
    batches.keep_file(connection, batch_id, reading, incoming.kept)
    posted = posting.post(context, incoming.staged, complete=complete)
    batches.keep_scope(context, incoming.staged.kinds, who)
    staging.drop(connection)
    result.rows, result.amounts = dict(posted.rows), posted.stated
    result.projects = {
        "new": posted.new,
        "changed": posted.changed,
        "unchanged": posted.unchanged,
        "vanished": posted.vanished,
    }
    if not posted.something:
        return
    result.batch = batch_id
    reading.findings += batches.clock_findings(connection, batch_id)
    batches.keep_coverage(connection, batch_id, reading)
    printed_totals.withdraw(context, posted.succeeds)
    for sheet in reading.sheets:
        printed_totals.keep(connection, batch_id, reading.file, sheet)
    batches.keep_findings(connection, batch_id, reading.findings)


def reader(profile: str | None, settings: Mapping[str, str], profile_dirs: Sequence[Path]) -> Read:
    """What reads one file: the shipped profiles and code lists, and the user's profiles, which go before them.

    `profile` is a name, or the path of a profile (TOML) that need not be installed. UsageProblem for one that is no profile.
    """
    from importlib.resources import as_file

    from ledger import shipped
    from ledger.intake.profiles import load_profile, load_profiles
    from ledger.intake.read import read_file

    with as_file(shipped.profiles()) as folder:
        profiles, findings = load_profiles([folder, *profile_dirs])
    if profile is not None and (file := Path(profile)).suffix == ".toml" and file.is_file():
        try:
            own = load_profile(file)
        except DeclarationError as problem:
            raise UsageProblem(f"{profile}: {problem}") from problem
        profile, profiles = own.name, [own, *profiles]
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
