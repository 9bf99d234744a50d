"""Ledger files that are there wholly or not at all: written under another name, put on the disk, then named.

A draft is its owner's alone from its first byte. One that a killed program left behind is called `.NAME-….draft`; no
command reads it, and it may be deleted.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ledger.store.database import Database, DatabaseProblem

#: Files that SQLite keeps beside a database while somebody has it open, or since somebody was killed.
_SIDE_FILES = ("-wal", "-shm", "-journal")


class Draft:
    """A file under a name of its own; `keep` gives it the name that is meant."""

    def __init__(self, path: Path, meant: Path, *, replace: bool) -> None:
        self.path = path
        self._meant = meant
        self._replace = replace

    def keep(self) -> None:
        """Put the file on the disk and give it its name, in one step; FileExistsError where somebody took the name."""
        with self.path.open("rb+") as handle:
            os.fsync(handle.fileno())
        if self._replace:
            self.path.replace(self._meant)
        else:
            try:
                self._meant.hardlink_to(self.path)  # unlike a renaming, it never takes the place of a file
            except FileExistsError:
                raise
            except OSError:  # a file system without links
                if self._meant.exists():
                    raise FileExistsError(self._meant) from None
                self.path.rename(self._meant)
        _flush_folder(self._meant.parent)


@contextmanager
def draft_of(path: Path, *, replace: bool = False) -> Iterator[Draft]:
    """A draft of `path`, gone afterwards unless it was kept; DatabaseProblem where `path` is taken or unwritable.

    `replace` allows a file that is there to be replaced, but never one that somebody has open.
    """
    refuse_taken(path, replace=replace)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", suffix=".draft", dir=path.parent)
    except OSError as error:
        raise DatabaseProblem(f"cannot create {path}: {error.strerror}") from error
    os.close(handle)
    draft = Draft(Path(name), path, replace=replace)
    try:
        yield draft
    except OSError as error:
        raise DatabaseProblem(f"cannot create {path}: {error.strerror or error}") from error
    finally:
        for side in ("", *_SIDE_FILES):
            with suppress(OSError):
                Path(f"{name}{side}").unlink(missing_ok=True)


def refuse_taken(path: Path, *, replace: bool = False) -> None:
    """DatabaseProblem where a file of that name is there (unless it may be replaced), or is open somewhere."""
    for side in _SIDE_FILES:
        beside = Path(f"{path}{side}")
        if beside.exists():
            raise DatabaseProblem(
                f"{beside} is there: {path} is open, or was when its program was killed. Choose another name."
            )
    if path.is_dir() or (not replace and (path.exists() or path.is_symlink())):
        raise DatabaseProblem(f"{path} is there already; nothing was written")


def snapshot(source: Database, path: Path) -> None:
    """Write what the SQLite ledger `source` holds at this moment into the empty file `path`; nobody waits meanwhile."""
    with source.open() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        try:
            raw.execute("VACUUM INTO ?", (str(path),))
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN):
                raise DatabaseProblem(f"cannot write the copy in {path.parent}: {error}") from error
            raise


def settle(database: Database) -> None:
    """Close a SQLite file so that it stands alone and can be read from where nothing can be written."""
    with database.open() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("PRAGMA journal_mode = DELETE")
    database.close()


def _flush_folder(folder: Path) -> None:
    """Put the name itself on the disk; a system that opens no folders does so by itself."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
