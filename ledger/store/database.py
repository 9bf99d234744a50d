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
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from ledger.store import seals

#: Connection and RowMapping are handed on, so that only `store` need know the library.
__all__ = ["Connection", "Database", "DatabaseProblem", "RowMapping", "parse_url"]

#: Seconds that a second writer waits before it gives up.
WRITE_WAIT_SECONDS = 60
#: Any fixed number: the key of PostgreSQL's advisory lock for writers.
_WRITER_LOCK = 5_300_000_190
_DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql+psycopg")
_URL_FORMS = "Give the path of a file, sqlite:///PATH or postgresql://USER@HOST:PORT/NAME."
#: PostgreSQL's own codes for what a user can do something about, among those that its driver calls errors of ours:
#: no such table, schema or database; no such right; a server that only reads.
_HINDRANCES = ("42P01", "3F000", "3D000", "42501", "25006")


class DatabaseProblem(Exception):
    """The database cannot be used as asked; the message says why and what to do (exit 4)."""


class Database:
    """A ledger database. Cheap to make: nothing is opened before the first transaction."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._engine: Engine | None = None

    @property
    def is_sqlite(self) -> bool:
        """Whether the ledger is a file of its user's own, and not a server's database."""
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
        # Passwords may stand in the query too (password, sslpassword), whatever their case.
        secret = [name for name in self.url.query if "password" in name.lower()]
        return self.url.difference_update_query(secret).render_as_string(hide_password=True)

    def exists(self) -> bool:
        """False only for a SQLite file that is not there."""
        return self.path is None or self.path.exists()

    @property
    def engine(self) -> Engine:
        """The engine, made at the first use; DatabaseProblem where the driver is not installed."""
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
        with self.open("BEGIN") as connection:
            if not self.is_sqlite:
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            yield connection
            connection.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The one write transaction at a time: all of it is kept on a clean exit, nothing of it otherwise.

        What was booked is sealed before it is kept, so that no writer can forget it.
        """
        with self.open("BEGIN IMMEDIATE") as connection:
            if not self.is_sqlite:
                _take_writer_lock(connection)
            yield connection
            if connection.in_transaction():
                seals.seal_pending(connection)
                connection.commit()

    @contextmanager
    def open(self, statement: str) -> Iterator[Connection]:
        """A connection whose transaction starts (on SQLite) with `statement`; the caller commits, or nothing is kept.

        What hinders the database itself (absent, locked, refused, not a ledger) becomes a DatabaseProblem; what the
        statements do wrong stays the error that it is.
        """
        if not self.exists():
            raise DatabaseProblem(f"there is no ledger at {self.shown}. Make one with: euledger init")
        try:
            connection = self.engine.connect()
        except DBAPIError as error:
            raise DatabaseProblem(_plain(error, self.shown)) from error
        with connection:
            if self.is_sqlite:
                connection.connection.info["begin"] = statement
            try:
                yield connection
            except DBAPIError as error:
                if not _hinders(error):
                    raise
                raise DatabaseProblem(_plain(error, self.shown)) from error
            except seals.Unreadable as error:
                raise DatabaseProblem(f"cannot use {self.shown}: {error}") from error


def parse_url(text_or_path: str) -> URL:
    """The URL of what a user typed: a URL (postgresql:// means psycopg) or the path of a SQLite file.

    DatabaseProblem where it is neither; the message repeats nothing of the text, which may hold a password.
    """
    if "://" not in text_or_path:
        return URL.create("sqlite", database=str(Path(text_or_path).expanduser()))
    try:
        url = make_url(text_or_path)
    except (ArgumentError, ValueError) as error:
        raise DatabaseProblem(f"the database URL cannot be read. {_URL_FORMS}") from error
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in _DRIVERS:
        raise DatabaseProblem(f"a database of the kind {url.drivername!r} is not supported. {_URL_FORMS}")
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise DatabaseProblem(f"the database URL names no file. {_URL_FORMS}")
    return url


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args={"timeout": WRITE_WAIT_SECONDS})

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves; the driver's own habit leaves DDL outside
        for pragma in (
            "foreign_keys = ON",
            "recursive_triggers = ON",
            "journal_mode = WAL",
            "synchronous = FULL",
            "cache_size = -65536",
            "temp_store = FILE",
        ):
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
    try:
        return create_engine(url, poolclass=NullPool, hide_parameters=True)
    except ModuleNotFoundError as error:
        raise DatabaseProblem(
            "PostgreSQL needs a driver that is not installed. Install it with: pip install 'eu-funding-ledger[postgres]'"
        ) from error


def _take_writer_lock(connection: Connection) -> None:
    connection.execute(text(f"SET LOCAL lock_timeout = '{WRITE_WAIT_SECONDS}s'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITER_LOCK})


def _hinders(error: DBAPIError) -> bool:
    """Whether the database is the obstacle, and not the statement."""
    # SQLite says "file is not a database" and "malformed" with the plain DatabaseError, and nothing else.
    return (
        isinstance(error, OperationalError)
        or type(error) is DatabaseError
        or getattr(error.orig, "sqlstate", None) in _HINDRANCES
    )


def _plain(error: DBAPIError, shown: str) -> str:
    cause = (str(error.orig).strip() or type(error.orig).__name__).splitlines()[0]
    if "locked" in cause or "lock timeout" in cause:
        return (
            f"another import is writing to {shown} and did not finish within {WRITE_WAIT_SECONDS} s; nothing was "
            "written. Try again when it is done."
        )
    if "no such table" in cause or "does not exist" in cause:
        return f"{shown} is not a ledger, or an older one ({cause}). Run: euledger init"
    return f"cannot use {shown}: {cause}"
