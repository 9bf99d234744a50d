"""The report of an internal error: where the program broke, without data, values or passwords."""

from __future__ import annotations

import os
import platform
import re
import sys
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from ledger import __version__

_LOGIN = re.compile(r"\w[\w+]*://[^/:]*:(.*)@")
_URL_LOGIN = re.compile(r"(\w+://)[^/\s@]*(?:@[^/\s@]*)*@")
_QUERY_SECRET = re.compile(r"(?i)((?:ssl)?passw(?:or)?d\s*[=:]\s*)[^&\s'\")]+")


def write_report(error: BaseException, command: str, database: str | None) -> Path | None:
    """Write the report into the user's state folder, else the temporary one; the path, or None where neither works.

    It holds the lines of code that were passed and the messages, never local variables or arguments.
    `database` is what the user named the ledger by; a URL's password is left out.
    """
    now = datetime.now(UTC)
    steps = traceback.format_exception(type(error), error, error.__traceback__)
    text = scrub("".join(steps), database or "", os.environ.get("PGPASSWORD", ""))
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


def scrub(text: str, database: str, password: str) -> str:
    """`text` without the password of the URL `database`, without `password`, and without any login in any URL."""
    secrets = {password}
    if login := _LOGIN.match(database):
        secrets |= {login[1], unquote(login[1])}
    for secret in secrets - {""}:
        text = text.replace(secret, "***")
    return _QUERY_SECRET.sub(r"\1***", _URL_LOGIN.sub(r"\1***@", text))


def _state_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "euledger"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Logs" / "euledger"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "euledger"
