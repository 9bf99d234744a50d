"""The outside of the cage: start a worker on one file, wait no longer than it may take, and say what became of it.

The worker is a new interpreter, not a fork: it shares no memory, no open file and no environment variable that is not
listed here. On Linux it may use 768 MiB and a stated processor time, after which the system ends it; macOS keeps the
time but not the memory; on Windows, which knows neither, only the wait on the clock ends it.
"""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any, Final

from ledger.domain.findings import Finding
from ledger.intake.caged.spool import read_answer
from ledger.intake.readers.book import ReadFailed, too_large
from ledger.intake.readers.limits import MIB

#: Address space of the worker; beside the program itself it keeps the whole below 1 GiB.
MEMORY: Final = 768 * MIB
#: Processor time: for any file, and for each MiB of it. A real xls takes a tenth.
SECONDS: Final = 10
SECONDS_PER_MIB: Final = 3
#: The scratch file of rows.
SCRATCH: Final = 2048 * MIB
_SMALL: Final = 4 * MIB
_BOOT = (
    "import sys, json; told = json.load(sys.stdin); sys.path[:0] = told['path']; "
    "from ledger.intake.caged.worker import work; work(told)"
)
_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "WINDIR", "TEMP", "TMP", "TMPDIR")
#: How the worker says that its memory is used up, where it still can.
OUT_OF_MEMORY: Final = 97


def run(task: str, path: Path, file: str, **told: Any) -> tuple[dict[str, Any], IO[bytes]]:
    """The worker's answer and the scratch file with its rows; the caller closes it.

    Raises `ReadFailed` with the reason where the worker refused the file, crashed, or reached a limit.
    """
    seconds = SECONDS + SECONDS_PER_MIB * (path.stat().st_size // MIB)
    limits = {"memory": MEMORY, "seconds": seconds, "scratch": SCRATCH}
    places = [place for place in sys.path if place]
    request = {"task": task, "file": str(path.absolute()), "path": places, "limits": limits, **told}
    spool = tempfile.TemporaryFile(prefix="euledger-")  # noqa: SIM115 - the workbook closes it
    try:
        answer = _answer(json.dumps(request).encode(), spool, file, seconds)
    except BaseException:
        spool.close()
        raise
    return answer, _in_memory(spool)


def _answer(request: bytes, spool: IO[bytes], file: str, seconds: int) -> dict[str, Any]:
    with tempfile.TemporaryFile(prefix="euledger-") as errors:
        code = _run(request, spool, errors, wait=10 + 3 * seconds)
        if code != 0:
            raise _failure(code, errors, file, seconds)
    try:
        answer = read_answer(spool)
    except (ValueError, RecursionError):
        raise _crashed(file, "it gave no answer") from None
    if "refused" in answer:
        raise ReadFailed(Finding(**{**answer["refused"], "file": file}))
    return answer


def _in_memory(spool: IO[bytes]) -> IO[bytes]:
    """A small spool is no file any more, so that nothing is left open by those who forget to close it."""
    if spool.seek(0, 2) > _SMALL:
        return spool
    with spool:
        spool.seek(0)
        return io.BytesIO(spool.read())


def _run(request: bytes, spool: IO[bytes], errors: IO[bytes], *, wait: int) -> int | None:
    """The exit code of the worker; None where it had to be stopped."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    command = [sys.executable, "-I", "-S", "-X", "utf8", "-c", _BOOT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=spool, stderr=errors, env=environment) as worker:  # noqa: S603 - our own interpreter
        try:
            worker.communicate(request, timeout=wait)
        except subprocess.TimeoutExpired:
            return None
        finally:
            worker.kill()
    return worker.returncode


def _failure(code: int | None, errors: IO[bytes], file: str, seconds: int) -> ReadFailed:
    errors.seek(0)
    said = errors.read(64 * 1024).decode("utf-8", "replace")
    if code == OUT_OF_MEMORY or "memory allocation of" in said or "MemoryError" in said or "capacity overflow" in said:
        return too_large(file, f"to read it would take more than {MEMORY // MIB} MiB of memory")
    if code is None or code in (-getattr(signal, "SIGXCPU", 24), -signal.SIGTERM):
        return too_large(file, f"to read it would take longer than the {seconds} s that a file of its size may take")
    return _crashed(file, _name(code))


def _name(code: int) -> str:
    try:
        return f"it ended with {signal.Signals(-code).name}"
    except ValueError:
        return f"it ended with code {code}"


def _crashed(file: str, how: str) -> ReadFailed:
    return ReadFailed(Finding("reader-crashed", f"the reader of this kind of file failed ({how})", file=file))
