"""The file of a SQLite ledger: made for its owner alone, refused where others could change it, read where it must not.

SQLite knows no users: whoever can write the file can change the ledger. So the file system's own rights are all there
is, and a file that others may write, or that is not ours, is not believed without being asked to.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from dataclasses import dataclass
from pathlib import Path

from ledger.store.problem import DatabaseProblem

_WAY_OUT = "If your team shares the file on purpose, say so with shared_file = true in euledger.toml."


def create(path: Path) -> None:
    """Make an empty file, readable by its owner alone whatever the umask; nothing where one is there."""
    if path.exists():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        if path.is_file():
            return  # made by another at this very moment
        raise DatabaseProblem(f"cannot create {path}: {error.strerror}") from error


def refuse_unsafe(path: Path, *, shared: bool) -> None:
    """Raise DatabaseProblem for a link, and (unless it is `shared` on purpose) for a file that others own or may write.

    As ssh does with keys: root's files are everybody's, and root may use anybody's, as in a container with a mounted
    folder. Windows keeps rights elsewhere, and is not asked.
    """
    try:
        found = path.lstat()
    except OSError:
        return  # opening it says why
    if stat.S_ISLNK(found.st_mode):
        raise DatabaseProblem(
            f"{path} is a link, which could be turned elsewhere. Name the file: --db {path.resolve()}"
        )
    if shared or not hasattr(os, "geteuid"):
        return
    me = os.geteuid()
    if me != 0 and found.st_uid not in (me, 0):
        raise DatabaseProblem(f"{path} belongs to somebody else (user {found.st_uid}). {_WAY_OUT}")
    if found.st_mode & 0o022:
        others = "everybody" if found.st_mode & 0o002 else "its group"
        raise DatabaseProblem(f"{path} can be written by {others}. Change that with: chmod go-w {path}. {_WAY_OUT}")


def cannot_be_written(path: Path) -> str | None:
    """Why a ledger that is there can only be read, or None. SQLite also writes beside the file."""
    for place, what in ((path, "the file"), (path.parent, "its folder")):
        if place.exists() and not os.access(place, os.W_OK):
            read_only = hasattr(os, "statvfs") and os.statvfs(place).f_flag & os.ST_RDONLY
            return "its file system is read-only" if read_only else f"you have no right to write {what}"
    return None


@dataclass(frozen=True, slots=True)
class Stamp:
    """What changes when somebody writes to a ledger that we can only read."""

    size: int
    modified: int
    waiting: int

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """The stamp of a file as it is now; `waiting` are the bytes of its log that are not in the file yet."""
        found, log = path.stat(), _log(path)
        return cls(found.st_size, found.st_mtime_ns, log.stat().st_size if log.exists() else 0)


def connect(path: Path, timeout: int) -> sqlite3.Connection:
    """A connection to the file; where nothing can be written, one that needs no lock and makes no file beside it.

    Such a one sees the file alone, so a log with unfinished work beside it must be readable too: DatabaseProblem with
    what to do where it is not. That nobody writes meanwhile is for the caller to see, by the stamp.
    """
    if cannot_be_written(path) is None:
        return sqlite3.connect(path, timeout=timeout)
    if not Stamp.of(path).waiting:
        return sqlite3.connect(f"{path.resolve().as_uri()}?immutable=1", timeout=timeout, uri=True)
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", timeout=timeout, uri=True)
    try:
        connection.execute("SELECT 1 FROM sqlite_master")
    except sqlite3.OperationalError as error:
        connection.close()
        raise DatabaseProblem(
            f"the last batches of {path} are still in {_log(path).name} beside it, and nothing can be written there. "
            f"Copy both files into a folder of your own and read the copy, or let its owner run: euledger check"
        ) from error
    return connection


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")
