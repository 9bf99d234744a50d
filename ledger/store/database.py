"""Opening a ledger: one `Database`, read and write transactions, and what differs between SQLite and PostgreSQL.

SQLite: explicit BEGIN (IMMEDIATE for a writer, so that two writers queue instead of failing half-way), foreign keys
and recursive triggers on (without the latter INSERT OR REPLACE passes the append-only triggers), WAL with synchronous
FULL (readers never wait, an acknowledged batch survives a power cut). PostgreSQL: one advisory lock for writers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.pool import NullPool, Pool

from ledger.store import seals, sqlite_file, urls
from ledger.store.problem import DatabaseProblem
from ledger.store.urls import parse_url

#: Connection, RowMapping and parse_url are handed on, so that only `store` need know the library.
__all__ = ["Connection", "Database", "DatabaseProblem", "RowMapping", "parse_url"]

#: Seconds after which a waiting writer says that it waits.
_PATIENCE = 1
#: Any fixed number: the key of PostgreSQL's advisory lock for writers.
_WRITER_LOCK = 5_300_000_190
#: PostgreSQL's code for a lock that was not to be had in time.
_LOCK_NOT_AVAILABLE = "55P03"
#: PostgreSQL's own codes for what a user can do something about, among those that its driver calls errors of ours:
#: no such table, schema or database; no such right; a server that only reads.
_ONLY_READS = "25006"
_HINDRANCES = ("42P01", "3F000", "3D000", "42501", _ONLY_READS)
#: PostgreSQL's code for a transaction that must be repeated: nothing else that we read gets it but what a standby ends.
_IN_THE_WAY = "40001"


class Database:
    """A ledger database. Cheap to make: nothing is opened before the first transaction.

    `wait` is the number of seconds that a second writer waits before it gives up, `told` is given a line when it starts
    to, and `shared` says that the file of a SQLite ledger is others' to write too, on purpose.
    """

    def __init__(
        self, url: URL, *, wait: int = 60, shared: bool = False, told: Callable[[str], None] = lambda _line: None
    ) -> None:
        self.url = url
        self.wait = wait
        self.shared = shared
        self.told = told
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
        return urls.shown(self.url)

    def exists(self) -> bool:
        """False only for a SQLite file that is not there."""
        return self.path is None or self.path.exists()

    @property
    def engine(self) -> Engine:
        """The engine, made at the first use; DatabaseProblem where the driver is not installed."""
        if self._engine is None:
            self._engine = self._new_engine()
        return self._engine

    def soon(self, seconds: int) -> Database:
        """The same database, given up on where its server does not answer within these seconds (at least 2)."""
        if self.is_sqlite or "connect_timeout" in self.url.query:
            return self
        return Database(self.url.update_query_dict({"connect_timeout": str(seconds)}), wait=self.wait, told=self.told)

    def close(self) -> None:
        """Give every connection back."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def _new_engine(self) -> Engine:
        if self.path is None:
            return postgres_engine(self.url, NullPool)
        path = self.path
        return sqlite_engine(lambda: sqlite_file.connect(path, self.wait), NullPool)

    def create_file(self) -> None:
        """Make the file of a SQLite ledger, readable by its owner alone; nothing if it is there or on PostgreSQL."""
        if self.path is not None:
            sqlite_file.create(self.path)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read transaction: one consistent state, never waiting for a writer."""
        before = self._stamp()
        with self.open() as connection:
            if not self.is_sqlite:
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            yield connection
            connection.rollback()
        if before != self._stamp():
            raise DatabaseProblem(
                f"{self.shown} was written to while it was read; what was read may be mixed. Repeat it."
            )

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The one write transaction at a time: all of it is kept on a clean exit, nothing of it otherwise."""
        with self.open() as connection, self.writing(connection):
            yield connection

    @contextmanager
    def writing(self, connection: Connection) -> Iterator[None]:
        """The write transaction on a connection that is open and in none: so what needs no lock can be done before.

        What was booked is sealed before it is kept, so that no writer can forget it.
        """
        self._begin_writing(connection)
        try:
            yield
            if connection.in_transaction():
                seals.seal_pending(connection)
        except self._errors as error:
            if not self._hinders(error):
                raise
            raise DatabaseProblem(f"{self._plain(error)}; nothing was kept") from error
        self.commit(connection)

    @contextmanager
    def open(self) -> Iterator[Connection]:
        """A connection in no transaction yet; what the caller does not commit is not kept.

        What hinders the database itself (absent, locked, refused, not a ledger) becomes a DatabaseProblem; what the
        statements do wrong stays the error that it is.
        """
        self._refuse_unusable()
        try:
            connection = self.engine.connect()
        except DBAPIError as error:
            raise DatabaseProblem(self._plain(error)) from error
        with connection, self.problems():
            yield connection

    @contextmanager
    def problems(self) -> Iterator[None]:
        """What hinders this database becomes a DatabaseProblem that names it."""
        try:
            yield
        except self._errors as error:
            if not self._hinders(error):
                raise
            raise DatabaseProblem(self._plain(error)) from error
        except seals.Unreadable as error:
            raise DatabaseProblem(f"cannot use {self.shown}: {error}") from error

    def _refuse_unusable(self) -> None:
        if not self.exists():
            raise DatabaseProblem(f"there is no ledger at {self.shown}. Make one with: euledger init")
        if self.path is not None:
            sqlite_file.refuse_unsafe(self.path, shared=self.shared)

    def _stamp(self) -> sqlite_file.Stamp | None:
        """What would change if somebody wrote to a file that we can only read, and so cannot lock."""
        path = self.path
        return sqlite_file.Stamp.of(path) if path and path.exists() and sqlite_file.cannot_be_written(path) else None

    def _begin_writing(self, connection: Connection) -> None:
        """Begin as the only writer; waits for another one, says so after a second, and gives up after `wait` seconds."""
        if self.path is not None and (why := sqlite_file.cannot_be_written(self.path)):
            raise DatabaseProblem(f"cannot write to {self.path}: {why}")
        begin = _begin_sqlite if self.is_sqlite else _begin_postgres
        if begin(connection, min(_PATIENCE, self.wait)):
            return
        self.told(f"another import is writing; waiting up to {self.wait} s …")
        if not begin(connection, max(self.wait - _PATIENCE, 0)):
            raise DatabaseProblem(
                f"another import is writing to {self.shown} and did not finish within {self.wait} s; nothing was "
                "written. Try again when it is done, or wait longer: wait_seconds in euledger.toml"
            )

    def commit(self, connection: Connection) -> None:
        """Keep what was done. An error on the way does not say whether it was kept, and neither do we."""
        try:
            connection.commit()
        except IntegrityError:
            raise  # an answer: it was refused
        except DBAPIError as error:
            if _is_busy(error.orig):
                raise DatabaseProblem(f"{self._plain(error)}; nothing was kept") from error
            raise DatabaseProblem(
                f"unknown outcome: {self.shown} broke off while the batch was being committed ({_cause(error)}); it was "
                "kept as a whole or not at all. Look with: euledger imports list. Importing a file again adds nothing "
                "twice."
            ) from error

    @property
    def _errors(self) -> tuple[type[Exception], ...]:
        """What may be raised on a connection: by SQLAlchemy, or by the driver where rows are sent in bulk."""
        return (DBAPIError, self.engine.dialect.loaded_dbapi.Error)

    def _hinders(self, error: Exception) -> bool:
        """Whether the database is the obstacle, and not the statement."""
        cause, driver = getattr(error, "orig", error), self.engine.dialect.loaded_dbapi
        # SQLite says "file is not a database" and "malformed" with the plain DatabaseError, and nothing else.
        return (
            isinstance(cause, driver.OperationalError)
            or type(cause) is driver.DatabaseError
            or getattr(cause, "sqlstate", None) in _HINDRANCES
        )

    def _plain(self, error: Exception) -> str:
        cause, code = _cause(error), getattr(getattr(error, "orig", error), "sqlstate", None)
        if code == _ONLY_READS:
            return f"{self.shown} only reads: it is a standby, or was set so. Write to the ledger itself"
        if code == _IN_THE_WAY:
            return f"{self.shown} is a standby and broke the reading off, to follow its ledger ({cause}). Repeat it"
        if "no such table" in cause or "does not exist" in cause:
            return f"{self.shown} is not a ledger, or an older one ({cause}). Run: euledger init"
        return f"cannot use {self.shown}: {cause}"


def sqlite_engine(connect: Callable[[], sqlite3.Connection], pool: type[Pool]) -> Engine:
    """An engine over connections that `connect` makes, each set up as every connection to a ledger must be."""
    engine = create_engine("sqlite://", creator=connect, poolclass=pool, hide_parameters=True)

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
        if not connection.connection.info.pop("has begun", False):
            connection.exec_driver_sql("BEGIN")

    return engine


def postgres_engine(url: URL, pool: type[Pool]) -> Engine:
    """An engine for a server's database; DatabaseProblem where the driver is not installed."""
    try:
        return create_engine(url, poolclass=pool, hide_parameters=True)
    except ModuleNotFoundError as error:
        raise DatabaseProblem(
            "PostgreSQL needs a driver that is not installed. Install it with: pip install 'eu-funding-ledger[postgres]'"
        ) from error


def _begin_sqlite(connection: Connection, seconds: int) -> bool:
    """BEGIN IMMEDIATE; False where another writer did not end within these seconds."""
    raw: Any = connection.connection.driver_connection
    [usual] = raw.execute("PRAGMA busy_timeout").fetchone()
    raw.execute(f"PRAGMA busy_timeout = {seconds * 1000}")
    try:
        raw.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if _is_busy(error):
            return False
        raise OperationalError("BEGIN IMMEDIATE", None, error) from error
    finally:
        raw.execute(f"PRAGMA busy_timeout = {usual}")
    connection.connection.info["has begun"] = True
    connection.begin()
    return True


def _begin_postgres(connection: Connection, seconds: int) -> bool:
    """Take the writers' lock until the end of the transaction; False where another held it all these seconds."""
    # 0 would mean for ever.
    connection.execute(text(f"SET LOCAL lock_timeout = '{max(seconds * 1000, 1)}ms'"))
    try:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITER_LOCK})
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        connection.rollback()
        return False
    connection.execute(text("SET LOCAL lock_timeout = '60s'"))
    return True


def _cause(error: Exception) -> str:
    """The driver's first line; libpq says of a lost connection first that something failed, and then what is the case."""
    cause = getattr(error, "orig", error)
    return (str(cause).strip() or type(cause).__name__).splitlines()[0].rpartition("failed: ")[2]


def _is_busy(error: BaseException | None) -> bool:
    return isinstance(error, sqlite3.Error) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
