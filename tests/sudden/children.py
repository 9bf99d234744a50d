"""Commands in processes of their own, to be killed: forked from one process that has imported everything already."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from ledger.store import batches
from ledger.store.database import Database

#: What every child's clock says, so that a disturbed run and an undisturbed one may be compared to the last bit.
MOMENT = "2026-11-25T12:00:00.000000Z"
PRELOADED = (
    "ledger.cli.main",
    "ledger.cli.import_",
    "ledger.cli.imports",
    "ledger.cli.db",
    "ledger.actions.import_files",
    "ledger.actions.batches",
    "ledger.actions.database",
    "ledger.intake.read",
    "ledger.intake.readers.delimited",
    "ledger.actions.annotate",
    "alembic.command",
    "rich.console",
    "rich.table",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite",
    "tests.sudden.children",
)
_POINTS = "points passed: "
#: What a child does at a point; it is given the connection.
Deed = Callable[[Connection], None]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code (negative: the signal), what it said, and the points that it passed."""

    code: int
    out: str
    err: str
    points: int

    @property
    def acknowledged(self) -> bool:
        """Whether it told its user that the work was done: results go to stdout, trouble does not."""
        return self.code == 0 or bool(self.out)


def context() -> ForkServerContext:
    """Processes that start in some milliseconds."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(list(PRELOADED))
    return made


def start(
    arguments: Sequence[object],
    out: Path,
    *,
    at: int | None = None,
    deed: Deed | None = None,
    first: Callable[[], None] | None = None,
) -> BaseProcess:
    """Start `euledger ARGUMENTS`, its output going to the file `out`, its talk and its points to one beside it.

    Every statement and every commit is a point; before the one numbered `at` the child does `deed`, by default it kills
    itself. `first` is done at the very beginning.
    """
    given = ([str(argument) for argument in arguments], out, at, deed or die, first)
    process = context().Process(target=_child, args=given, daemon=True)
    process.start()
    return process


def ended(process: BaseProcess, out: Path, patience: int = 120) -> Ended:
    """Wait for the end of a child."""
    process.join(patience)
    assert process.exitcode is not None, "the child hangs"
    said, talk = (path.read_text("utf-8") if path.exists() else "" for path in (out, _beside(out)))
    talk, _, points = talk.partition(_POINTS)
    return Ended(process.exitcode, said, talk, int(points or 0))


def _beside(out: Path) -> Path:
    return out.with_name(f"{out.name}.err")


def die(_connection: Connection) -> None:
    """End at once, as by kill -9."""
    os.kill(os.getpid(), signal.SIGKILL)


def lose_connection(connection: Connection) -> None:
    """Have the server end this session, as an administrator or a restart does."""
    import psycopg

    backend = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr] # psycopg's
    url = connection.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", (backend,))


def crash_server(connection: Connection) -> None:
    """Kill the session's server process, upon which PostgreSQL ends all others and recovers from its log."""
    os.kill(connection.connection.driver_connection.info.backend_pid, signal.SIGKILL)  # type: ignore[union-attr]


def wait_to_be_traced() -> None:
    """Stop until somebody traces this process and lets it go on; anybody of the same user may."""
    ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)  # PR_SET_PTRACER; an error where nobody asks
    os.kill(os.getpid(), signal.SIGSTOP)


def keep_half() -> None:
    """Be the broken writer that a control needs: transfers are kept before the rest of their batch is booked."""

    def after(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        raw: Any = connection.connection.driver_connection
        if statement.startswith("INSERT INTO transfer"):
            if connection.dialect.name == "sqlite":
                raw.execute("COMMIT")
                raw.execute("BEGIN IMMEDIATE")
            else:
                raw.commit()

    event.listen(Engine, "after_cursor_execute", after)


def hide_errors() -> None:
    """Be the broken writer that a control needs: what a commit says is not listened to."""

    def commit(_database: Database, connection: Connection) -> None:
        with suppress(DBAPIError):
            connection.commit()

    Database.commit = commit  # type: ignore[assignment, method-assign]


def _child(arguments: list[str], out: Path, at: int | None, deed: Deed, first: Callable[[], None] | None) -> None:
    for number, path in ((1, out), (2, _beside(out))):
        os.dup2(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), number)
    batches.now = lambda: MOMENT
    points = 0

    def pass_point(connection: Connection, *_: Any) -> None:
        nonlocal points
        points += 1
        if points == at:
            deed(connection)

    event.listen(Engine, "before_cursor_execute", pass_point)
    event.listen(Engine, "commit", pass_point)
    if first is not None:
        first()
    from ledger.cli.main import main

    code = main(arguments)
    os.write(2, f"{_POINTS}{points}".encode())
    os._exit(code)
