"""The inside of the cage: limits first, then one task, then an answer. Started by `cage.py`, never imported by others."""

from __future__ import annotations

import importlib
import os
import sys
from typing import IO, Any

#: task -> module and function; imported inside the cage alone
TASKS = {
    "xls": ("ledger.intake.caged.excel", "read_xls"),
    "xlsb": ("ledger.intake.caged.excel", "read_xlsb"),
    "weigh": ("ledger.intake.caged.excel", "weigh"),
    "ods": ("ledger.intake.caged.text", "read_ods"),
    "html": ("ledger.intake.caged.text", "read_html"),
    "iati": ("ledger.intake.caged.text", "read_iati"),
}
_REFUSED = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "os.startfile",
            "urllib.", "ftplib.", "http.", "smtplib.", "webbrowser.")  # fmt: skip
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def work(told: dict[str, Any]) -> None:
    """Do what `told` asks and end the process."""
    _limit(told["limits"])
    out = sys.stdout.buffer
    sys.stdout = sys.stderr  # what a library prints is no row
    sys.dont_write_bytecode = True
    sys.addaudithook(_deny)
    try:
        module, name = TASKS[told["task"]]
        getattr(importlib.import_module(module), name)(told, out)
    except MemoryError:
        _leave(97)
    except ImportError as error:
        _refuse(out, "reader-missing", f"the library {error.name} is not installed")
    _leave(0)


def _refuse(out: IO[bytes], code: str, message: str) -> None:
    from ledger.intake.caged.spool_writer import SpoolWriter

    SpoolWriter(out).answer({"refused": {"code": code, "message": message}})


def _leave(code: int) -> None:
    """End without the interpreter's own tidying up, in which a library could still fail."""
    sys.stderr.flush()
    os._exit(code)


def _limit(limits: dict[str, int]) -> None:
    try:
        import resource
    except ImportError:  # Windows: the clock outside is the only limit
        return
    for kind, soft, hard in (
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_CPU, limits["seconds"], limits["seconds"] + 2),
        (resource.RLIMIT_FSIZE, limits["scratch"], limits["scratch"]),
        (resource.RLIMIT_NOFILE, 64, 64),
        (resource.RLIMIT_AS, limits["memory"], limits["memory"]),
    ):
        try:
            resource.setrlimit(kind, (soft, hard))
        except (ValueError, OSError):  # macOS takes no limit on memory, and a lower one may be set already
            continue


def _deny(event: str, arguments: tuple[Any, ...]) -> None:
    """No network, no other program, no file but those there are: nothing that is read needs any of it."""
    if event.startswith(_REFUSED) or (event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES):
        raise PermissionError(f"the cage does not allow {event}")
