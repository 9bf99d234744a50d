"""Make or upgrade a ledger and load the code lists and, unless it is to stay bare, the shipped reference workbooks."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import as_file
from pathlib import Path

from ledger import shipped
from ledger.actions import database as schemas
from ledger.actions.import_files import ImportResult, Progress, import_files
from ledger.domain.findings import Finding
from ledger.store import code_lists
from ledger.store.database import Database

#: The shipped workbooks of recorded facts, in the order they build on each other. The illustrative portfolio is not
#: among them: it is imported on request only.
REFERENCE_WORKBOOKS = (
    "envelopes-2021-2027.xlsx",
    "amif-2014-2020-annex-i.xlsx",
    "programmes-communication-2024.xlsx",
    "published-figures-communication-2024.xlsx",
)
ILLUSTRATIVE_WORKBOOK = "ndici-migration-portfolio-ILLUSTRATIVE.xlsx"


@dataclass(slots=True)
class InitResult:
    """Schema before and after, the backup taken between them, and what became of each shipped workbook."""

    revision_before: str | None
    revision_after: str | None
    backup: Path | None = None
    batches: list[ImportResult] = field(default_factory=list)

    @property
    def findings(self) -> list[Finding]:
        """What was found in the shipped workbooks."""
        return [finding for batch in self.batches for finding in batch.findings]


def initialise(database: Database, *, bare: bool = False, progress: Progress = lambda _file, _rows: None) -> InitResult:
    """Bring `database` to the newest schema and the shipped code lists.

    Safe to repeat: the same workbook posts nothing the second time. An older ledger is backed up first; UsageProblem
    where that needs a place to be named (`db upgrade`).
    """
    upgraded = schemas.upgrade(database)
    with database.write() as connection:
        code_lists.load(connection)
    result = InitResult(upgraded.before, upgraded.after, upgraded.backup)
    if not bare:
        result.batches = import_shipped(database, REFERENCE_WORKBOOKS, progress)
    return result


def import_shipped(database: Database, names: tuple[str, ...], progress: Progress) -> list[ImportResult]:
    """Import shipped workbooks by name, each with the shipped profile that recognises it."""
    with as_file(shipped.workbooks()) as folder:
        return import_files(database, [folder / name for name in names], progress=progress)
