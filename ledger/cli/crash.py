"""The report of an internal error: where the program broke, without data, values or passwords."""

from __future__ import annotations

import os
import platform
import re
import sys
import tempfile
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from ledger import __version__
from ledger.cli.passwords import found_in, hidden

#: Errors of the program's own making, whose message speaks of its names and not of data.
_SPEAKING = (AttributeError, ImportError, NameError, NotImplementedError, RecursionError, TypeError)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_NAME = re.compile(r".[A-Za-z_][A-Za-z0-9_.]*.")
#: What PostgreSQL says beside its message: names of the schema.
_PLACES = ("schema_name", "table_name", "column_name", "constraint_name")


def write_report(error: BaseException, command: str, database: str | None) -> Path | None:
    """Write the report into the user's state folder, else the temporary one; the path, or None where neither works.

    It holds the lines of code that were passed and the kinds of the errors, never local variables or arguments, and of
    the messages only what can hold no data. `database` is what the user named the ledger by: its password is left out.
    """
    now = datetime.now(UTC)
    named = [database or "", *sys.argv, *(value for name, value in os.environ.items() if name.startswith("EULEDGER"))]
    text = scrub("".join(_steps(error, set())), " ".join(named), os.environ.get("PGPASSWORD", ""))
    head = f"euledger {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
    head += f"{now.isoformat(timespec='seconds')}  command: {command or '(none)'}\n\n"
    for place in (_state_folder, lambda: Path(tempfile.gettempdir())):
        try:
            folder = place()
            path = folder / f"crash-{now:%Y%m%dT%H%M%S%f}-{os.getpid()}.txt"
            folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(head + text)
        except (OSError, RuntimeError):  # RuntimeError: there is no home folder
            continue
        return path
    return None


def scrub(text: str, named: str, password: str) -> str:
    """`text` without the passwords of the URLs in `named`, without `password`, and without any password in any URL."""
    secrets = {password} | found_in(named)
    # The longest first: one may be the beginning of another.
    for secret in sorted(secrets | set(map(unquote, secrets)), key=len, reverse=True):
        if secret:
            text = text.replace(secret, "***")
    return hidden(text)


def _steps(error: BaseException, seen: set[int]) -> Iterator[str]:
    """The error with those it came from, each with the lines of code that were passed."""
    seen.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and id(cause) not in seen:
        yield from _steps(cause, seen)
        yield "\nwhich led to:\n\n"
    yield from traceback.format_list(traceback.extract_tb(error.__traceback__))
    kind = type(error)
    told = _without_data(error)
    yield f"{kind.__module__}.{kind.__qualname__}{f': {told}' if told else ''}\n"
    if code := getattr(error, "sqlstate", None):
        places = (getattr(getattr(error, "diag", None), place, None) for place in _PLACES)
        yield f"SQLSTATE {code} {' '.join(filter(None, places))}\n"


def _without_data(error: BaseException) -> str:
    """What may be told of an error's message: it may quote a cell, a person's name or a file's, and often does."""
    if isinstance(error, OSError):
        return error.strerror or ""
    lines = str(error).strip().splitlines()
    if not isinstance(error, _SPEAKING):
        return "(its message is left out: it may quote data)" if lines else ""
    return _QUOTED.sub(lambda quoted: quoted[0] if _NAME.fullmatch(quoted[0]) else "'…'", lines[0]) if lines else ""


def _state_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "euledger"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Logs" / "euledger"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "euledger"
