"""The database itself: upgrade its schema, say where it stands, compare it with what the program expects."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ledger.actions.scope import UsageProblem
from ledger.store import batches, copying, revisions, schema
from ledger.store.copying import Progress
from ledger.store.database import Database, parse_url


@dataclass(frozen=True, slots=True)
class SchemaState:
    """Where a database stands: its revision (None: empty or absent) and the newest one the program knows."""

    database: str
    revision: str | None
    newest: str

    @property
    def is_current(self) -> bool:
        """Whether the program can work with it as it is."""
        return self.revision == self.newest


@dataclass(slots=True)
class SchemaCheck:
    """Differences between the database and the program, as text; none when all is well."""

    database: str
    revision: str | None
    differences: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """An upgrade: the revisions before (None: there was no ledger) and after, and the backup taken between them."""

    database: str
    before: str | None
    after: str | None
    backup: Path | None


def upgrade(
    database: Database,
    *,
    backup: Path | None = None,
    without_backup: bool = False,
    progress: Progress = lambda _table, _rows: None,
) -> Upgrade:
    """Bring the schema to the newest revision, after a backup of what is there.

    No writer can come between the two. A SQLite ledger is backed up beside itself unless `backup` names another
    place; a server has no such place, so there one of the two must be said. Raises UsageProblem where it is not.
    """
    taken: list[Path] = []

    def back_up(revision: str) -> None:
        path = backup or _beside(database, revision)
        if path is None:
            raise UsageProblem(
                f"{database.shown} has the older schema {revision}. Say where its backup goes before it is changed: "
                "euledger db upgrade --backup FILE, or --no-backup if there is one"
            )
        copying.carry(database, Database(parse_url(str(path))), progress=progress)
        taken.append(path)

    first = _leave if without_backup else back_up
    before, after = schema.upgrade(database, first=first)
    return Upgrade(database.shown, before, after, taken[0] if taken else None)


def _beside(database: Database, revision: str) -> Path | None:
    """Where the backup of a SQLite ledger goes: its own name, the schema that it has, and the moment."""
    moment = batches.now().partition(".")[0].replace("-", "").replace(":", "")
    path = database.path
    return None if path is None else path.with_name(f"{path.name}-backup-{revision}-{moment}Z")


def _leave(revision: str) -> None:
    """No backup."""


def current(database: Database) -> SchemaState:
    """Where the database stands."""
    return SchemaState(database.shown, schema.current(database), revisions.head())


def history() -> list[tuple[str, str]]:
    """Every revision that the program knows, oldest first, with its purpose."""
    return schema.history()


def check(database: Database) -> SchemaCheck:
    """Compare tables, columns, indexes and append-only triggers with what the program expects."""
    schema.require_current(database)
    with database.read() as connection:
        return SchemaCheck(database.shown, schema.current(database), schema.differences(connection))
