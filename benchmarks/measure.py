"""One run of a command: wall time, processor time of all its processes, and the memory they held together at most."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_EVERY = 0.02
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took. `seconds` is what the command itself says, where it measures a part of its work."""

    seconds: float
    processor: float
    megabytes: float


@dataclass(frozen=True, slots=True)
class Result:
    """The runs of one contestant. `why` says why there are none."""

    name: str
    runs: tuple[Run, ...] = ()
    why: str = ""

    @property
    def seconds(self) -> float:
        """Median of the wall times."""
        return median(run.seconds for run in self.runs)

    @property
    def processor(self) -> float:
        """Median of the processor times."""
        return median(run.processor for run in self.runs)

    @property
    def megabytes(self) -> float:
        """Median of the peaks."""
        return median(run.megabytes for run in self.runs)

    @property
    def spread(self) -> tuple[float, float]:
        """Shortest and longest wall time."""
        return min(run.seconds for run in self.runs), max(run.seconds for run in self.runs)


class RunFailedError(RuntimeError):
    """A command ended with another code than 0; the text holds its last words."""


def run(command: Sequence[str], *, folder: Path, environment: Mapping[str, str] | None = None) -> Run:
    """Run a command to its end. A line `{"seconds": …}` as the last on stdout takes the place of the wall time."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    watch = _Watch(process.pid)
    said, complaints = _drain(process)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    peak = watch.end()  # not ru_maxrss: a child starts with the peak of whoever started it
    if process.returncode:
        words = (complaints or said).decode("utf-8", "replace")[-800:]
        raise RunFailedError(f"{' '.join(command)} ended with {process.returncode}: {words}")
    return Run(_own_time(said, wall), usage.ru_utime + usage.ru_stime, peak)


def _drain(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """Everything a process says; read side by side, so that neither pipe fills up."""
    assert process.stdout is not None
    assert process.stderr is not None
    complaints: list[bytes] = []
    errors = process.stderr
    reader = threading.Thread(target=lambda: complaints.append(errors.read()))
    reader.start()
    said = process.stdout.read()
    reader.join()
    process.stdout.close()
    errors.close()
    return said, b"".join(complaints)


def _own_time(said: bytes, wall: float) -> float:
    last = said.rstrip().rpartition(b"\n")[2]
    if not last.startswith(b'{"seconds"'):
        return wall
    return float(json.loads(last)["seconds"])


class _Watch:
    """Adds up the resident memory of a process and all below it, some fifty times a second."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peak = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def end(self) -> float:
        """Megabytes at most."""
        self._done.set()
        self._thread.join()
        return self._peak * _PAGE / 2**20

    def _look(self) -> None:
        while True:
            self._peak = max(self._peak, sum(map(_private_pages, _family(self._pid))))
            if self._done.wait(_EVERY):
                return


def _family(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        try:
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text(encoding="ascii").split())
        except (OSError, ValueError):
            continue  # it ended while it was looked at
    return found


def _private_pages(pid: int) -> int:
    """Resident pages less those shared with files, which several processes would count several times."""
    try:
        _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return 0
    return int(resident) - int(shared)
