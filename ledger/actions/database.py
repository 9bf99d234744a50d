"""The database itself: upgrade its schema, say where it stands, compare it with what the program expects."""

from __future__ import annotations

from dataclasses import dataclass, field

from ledger.store import revisions, schema
from ledger.store.database import Database


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


def upgrade(database: Database) -> tuple[SchemaState, SchemaState]:
    """Bring the schema to the newest revision; returns the states before and after."""
    newest = revisions.head()
    before, after = schema.upgrade(database)
    return SchemaState(database.shown, before, newest), SchemaState(database.shown, after, newest)


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
