"""Files that are there wholly or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SQLITE = b"SQLite format 3\x00"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A draft beside `path` to write to; it takes the place of `path` on a clean exit and is removed otherwise.

    OSError where the folder or an existing file cannot be written, or where it is a database: the file that was there
    stays as it was.
    """
    if path.exists():
        if _is_database(path):
            raise FileExistsError(errno.EEXIST, "it is a database, perhaps a ledger; nothing is written over one")
        # On some systems the draft may replace a file that its owner has protected: ask the file itself.
        path.open("r+b").close()
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
        draft.chmod(_usual_mode())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _is_database(path: Path) -> bool:
    """Whether a file is one of SQLite's: a ledger must not end as somebody's report."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def _usual_mode() -> int:
    """The mode of a file that the user makes: a temporary one is private, and a report is meant to be passed on."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
