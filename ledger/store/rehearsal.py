"""A private copy of the ledger, in which a dry run does and commits all that the real run would.

So a dry run holds no lock that a writer could wait for, waits for none, and says what the real run would say. The copy
belongs to one connection and goes with it, also when the process is killed: on SQLite it is a nameless temporary
database (the library makes its file private and removes the name at once); on PostgreSQL temporary tables, which are
found before the ledger's own of the same names.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, LargeBinary, Table, text
from sqlalchemy.pool import StaticPool

from ledger.domain.overriding import override
from ledger.store.database import Database, postgres_engine, sqlite_engine
from ledger.store.models import Base


@contextmanager
def ledger_for(database: Database, *, dry_run: bool) -> Iterator[Database]:
    """The ledger itself; for a dry run its private copy, made at the first use and gone afterwards."""
    if not dry_run:
        yield database
        return
    copy = _Rehearsal(database)
    try:
        yield copy
    finally:
        copy.close()


class _Rehearsal(Database):
    """A copy of `original` as it stands at the first use. It has one connection, so one transaction at a time."""

    def __init__(self, original: Database) -> None:
        super().__init__(original.url)
        self._original = original

    @override
    def _new_engine(self) -> Engine:
        return _sqlite_copy(self._original) if self.is_sqlite else _postgres_copy(self._original)

    @override
    def _refuse_unusable(self) -> None:
        """The original was asked when it was copied."""

    @override
    def _begin_writing(self, connection: Connection) -> None:
        """Nobody else can write here."""


def _sqlite_copy(original: Database) -> Engine:
    copy = sqlite3.connect("")
    with original.read() as connection:
        source: Any = connection.connection.driver_connection
        source.backup(copy)
    return sqlite_engine(lambda: copy, StaticPool)


def _postgres_copy(original: Database) -> Engine:
    engine = postgres_engine(original.url, StaticPool)
    with ExitStack() as on_failure:
        on_failure.callback(engine.dispose)
        with engine.connect() as connection:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            schema = connection.execute(text("SELECT quote_ident(current_schema())")).scalar_one()
            for table in Base.metadata.sorted_tables:
                _copy_table(connection, f"{schema}.{table.name}", table)
            connection.commit()
        on_failure.pop_all()
    return engine


def _copy_table(connection: Connection, source: str, table: Table) -> None:
    """A temporary table like the ledger's, with its keys, checks and rows; without the bytes of kept files."""
    copy = f"pg_temp.{table.name}"
    connection.execute(text(f"CREATE TEMPORARY TABLE {table.name} (LIKE {source} INCLUDING ALL)"))
    given = ", ".join("''" if isinstance(c.type, LargeBinary) else c.name for c in table.columns)
    names = ", ".join(c.name for c in table.columns)
    connection.execute(text(f"INSERT INTO {copy} ({names}) SELECT {given} FROM {source}"))
    if (numbered := table.autoincrement_column) is not None:
        # A number drawn from the ledger's own sequence would be missing there for ever.
        sequence, column = f"{table.name}_rehearsed_{numbered.name}", numbered.name
        connection.execute(text(f"CREATE TEMPORARY SEQUENCE {sequence}"))
        connection.execute(text(f"SELECT setval('{sequence}', coalesce(max({column}), 0) + 1, false) FROM {copy}"))
        connection.execute(text(f"ALTER TABLE {copy} ALTER {column} SET DEFAULT nextval('{sequence}')"))
