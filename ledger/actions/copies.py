"""A ledger in another place: the backup, the restored ledger, and the move between SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ledger.actions.scope import UsageProblem
from ledger.actions.verify import CODE_LISTS, verify_state
from ledger.domain.findings import Finding
from ledger.store import copying, revisions, schema
from ledger.store.copying import Progress
from ledger.store.database import Connection, Database, DatabaseProblem, parse_url


@dataclass(frozen=True, slots=True)
class Copy:
    """A ledger that was carried to another place: its schema, its last batch, its rows, and what was found in it.

    `kept` is False where what was found is such that nothing was left at the place.
    """

    source: str
    target: str
    revision: str
    is_current: bool
    batch: int
    recorded_at: str | None
    tables: dict[str, int]
    #: size of the file in bytes; None for a server's database
    size: int | None
    kept: bool
    findings: list[Finding] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Rows of all tables together."""
        return sum(self.tables.values())


def back_up(database: Database, path: Path, *, force: bool, progress: Progress) -> Copy:
    """Write a backup of the ledger to `path` while others go on working; it is itself a ledger in a SQLite file.

    UsageProblem where `path` is there already, unless `force`; DatabaseProblem where the ledger cannot be read whole.
    """
    if path.exists() and not force:
        raise UsageProblem(f"{path} is there already; --force replaces it")
    target = Database(parse_url(str(path)))
    return _result(database, target, copying.carry(database, target, replace=force, progress=progress), [])


def copy(source: Database, target: Database, *, progress: Progress) -> Copy:
    """Carry a ledger, or its backup, to an empty place of either kind; nothing stays unless it verifies there.

    A ledger of an older schema is held against its source only: what it proves of itself is for its own program, or
    for `db upgrade` and `verify`.
    """
    findings: list[Finding] = []

    def verifies(connection: Connection) -> bool:
        if schema.revision_of(connection) != revisions.head():
            return True
        if found := schema.differences(connection):
            raise DatabaseProblem(f"the copy is not as it should be and was not kept: {found[0]}")
        results = verify_state(connection, progress)
        findings.extend(finding for result in results for finding in result.findings)
        return all(result.ok for result in results if result.name != CODE_LISTS)

    carried = copying.carry(source, target, progress=progress, accept=verifies)
    return _result(source, target, carried, findings)


def _result(source: Database, target: Database, carried: copying.Carried, findings: list[Finding]) -> Copy:
    return Copy(
        source.shown,
        target.shown,
        carried.revision,
        carried.revision == revisions.head(),
        carried.batch,
        carried.recorded_at,
        carried.rows,
        target.path.stat().st_size if carried.kept and target.path is not None else None,
        carried.kept,
        findings,
    )
