"""Opening a ledger: one `Database`, read and write transactions, and what differs between SQLite and PostgreSQL.

SQLite: explicit BEGIN (IMMEDIATE for a writer, so that two writers queue instead of failing half-way), foreign keys
and recursive triggers on (without the latter INSERT OR REPLACE passes the append-only triggers), WAL with synchronous
FULL (readers never wait, an acknowledged batch survives a power cut). PostgreSQL: one advisory lock for writers.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

#: Connection and RowMapping are handed on, so that only `store` need know the library.
__all__ = ["Connection", "Database", "DatabaseProblem", "RowMapping", "parse_url"]

#: Seconds that a second writer waits before it gives up.
WRITE_WAIT_SECONDS = 60
#: Any fixed number: the key of PostgreSQL's advisory lock for writers.
_WRITER_LOCK = 5_300_000_190


class DatabaseProblem(Exception):
    """The database cannot be used as asked; the message says why and what to do (exit 4)."""


class Database:
    """A ledger database. Cheap to make: nothing is opened before the first transaction."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._engine: Engine | None = None

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def path(self) -> Path | None:
        """The file of a SQLite ledger, else None."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    @property
    def shown(self) -> str:
        """How the database is named to people: never with a password."""
        if self.path is not None:
            return str(self.path)
        return self.url.difference_update_query(["password", "sslpassword"]).render_as_string(hide_password=True)

    def exists(self) -> bool:
        """False only for a SQLite file that is not there."""
        return self.path is None or self.path.exists()

    @property
    def engine(self) -> Engine:
        if self._engine is None:
            self._engine = _sqlite_engine(self.url) if self.is_sqlite else _postgres_engine(self.url)
        return self._engine

    def close(self) -> None:
        """Give every connection back."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def create_file(self) -> None:
        """Make the file of a SQLite ledger, readable by its owner alone; nothing if it is there or on PostgreSQL."""
        path = self.path
        if path is None or path.exists():
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except OSError as error:
            raise DatabaseProblem(f"cannot create {path}: {error.strerror}") from error

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read transaction: one consistent state, never waiting for a writer."""
        with self._begin("BEGIN") as connection:
            if not self.is_sqlite:
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            yield connection
            connection.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The one write transaction at a time: all of it is kept on a clean exit, nothing of it otherwise."""
        with self._begin("BEGIN IMMEDIATE") as connection:
            if not self.is_sqlite:
                _take_writer_lock(connection)
            yield connection
            connection.commit()

    @contextmanager
    def _begin(self, statement: str) -> Iterator[Connection]:
        if not self.exists():
            raise DatabaseProblem(f"there is no ledger at {self.shown}. Make one with: euledger init")
        try:
            with self.engine.connect() as connection:
                if self.is_sqlite:
                    connection.connection.info["begin"] = statement
                yield connection
        except OperationalError as error:
            raise DatabaseProblem(_plain(error, self.shown)) from error


def parse_url(text_or_path: str) -> URL:
    """The URL of what a user typed: a URL (postgresql:// means psycopg) or the path of a SQLite file."""
    if "://" not in text_or_path:
        return URL.create("sqlite", database=str(Path(text_or_path).expanduser()))
    url = make_url(text_or_path)
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    return url


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args={"timeout": WRITE_WAIT_SECONDS})

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves; the driver's own habit leaves DDL outside
        for pragma in ("foreign_keys = ON", "recursive_triggers = ON", "journal_mode = WAL", "synchronous = FULL",
                       "cache_size = -65536", "temp_store = FILE"):
            try:
                connection.execute(f"PRAGMA {pragma}")
            except sqlite3.OperationalError:
                if not pragma.startswith("journal_mode"):  # a file that cannot be written keeps the mode it has
                    raise

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        statement = connection.connection.info.pop("begin", "BEGIN")
        connection.exec_driver_sql(statement)

    return engine


def _postgres_engine(url: URL) -> Engine:
    return create_engine(url, poolclass=NullPool, hide_parameters=True)


def _take_writer_lock(connection: Connection) -> None:
    connection.execute(text(f"SET LOCAL lock_timeout = '{WRITE_WAIT_SECONDS}s'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITER_LOCK})


def _plain(error: DBAPIError, shown: str) -> str:
    cause = str(error.orig).strip().splitlines()[0] if error.orig else "unknown"
    if "locked" in cause or "lock timeout" in cause:
        return (
            f"another import is writing to {shown} and did not finish within {WRITE_WAIT_SECONDS} s; nothing was "
            "written. Try again when it is done."
        )
    if "no such table" in cause or "does not exist" in cause:
        return f"{shown} is not a ledger, or an older one ({cause}). Run: euledger init"
    return f"cannot use {shown}: {cause}"
