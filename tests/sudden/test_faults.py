"""A disk that is full or fails at any call: one line says so, nothing is half done, and the next command just works."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.builders import new_ledger
from tests.sudden.children import Ended, ended, hide_errors, start, wait_to_be_traced
from tests.sudden.disk import STRACE, files_of, needs_strace
from tests.sudden.lists import listed
from tests.sudden.oracles import State, complaints, state

pytestmark = pytest.mark.slow
CALLS = ("pwrite64", "fdatasync", "fsync", "ftruncate", "openat")


@dataclass(frozen=True, slots=True)
class Fault:
    """The Nth call of a kind on the ledger's files fails, or kills; from then on all of them when it is sticky."""

    call: str
    number: int
    effect: str
    is_sticky: bool = False

    @property
    def option(self) -> str:
        """The fault as strace is told it."""
        return f"inject={self.call}:{self.effect}:when={self.number}{'+' if self.is_sticky else ''}"


@dataclass(frozen=True, slots=True)
class Chain:
    """One thing after the other, if any; can be sent to another process."""

    one: Callable[[], None] | None
    other: Callable[[], None]

    def __call__(self) -> None:
        if self.one is not None:
            self.one()
        self.other()


class Bench:
    """An import into a copy of one ledger, over and over, with another fault each time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.base = folder / "base.db"
        self.file = folder / "work" / "ledger.db"
        self.file.parent.mkdir()
        self.out = folder / "out"
        new_ledger(f"sqlite:///{self.base}").close()
        old, self.new = (listed(folder / f"list-{edition}.csv", 30, edition) for edition in (0, 1))
        done = ended(start([*self.arguments(old), "--db", self.base], self.out), self.out)
        assert done.code == 0, done.err
        self.before = state(str(self.base))
        self.log = folder / "log"
        self.fresh()
        assert self.disturbed([]).code == 0
        calls = [line.split("(")[0] for line in self.log.read_text().splitlines() if "(" in line]
        #: how often each call is made on the ledger's files
        self.calls = {call: calls.count(call) for call in CALLS}
        self.after = state(str(self.file))

    def arguments(self, path: Path) -> list[object]:
        return ["import", "-p", "projects", path]

    def fresh(self) -> None:
        """Put a copy of the base where the next command works."""
        for path in self.file.parent.iterdir():
            path.unlink()
        shutil.copy(self.base, self.file)

    def disturbed(self, options: Sequence[str], first: Callable[[], None] | None = None) -> Ended:
        """Import the newer list while calls fail as the options of strace say."""
        arguments = [*self.arguments(self.new), "--db", self.file]
        process = start(arguments, self.out, first=Chain(first, wait_to_be_traced))
        pid = process.pid
        assert pid is not None
        try:
            wait_for(lambda: "\tT (stopped)" in status(pid))
            with self._tracer(pid, options) as tracer:
                wait_for(lambda: f"\nTracerPid:\t{tracer.pid}\n" in status(pid) or tracer.poll() is not None)
                os.kill(pid, signal.SIGCONT)
                return ended(process, self.out)
        finally:
            process.kill()

    def _tracer(self, pid: int, options: Sequence[str]) -> subprocess.Popen[bytes]:
        places = [part for path in (*files_of(self.file), self.file.parent) for part in ("-P", str(path))]
        tracing = ["-qq", "-o", str(self.log), "-p", str(pid), "-e", f"trace={','.join(CALLS)}"]
        injecting = [part for option in options for part in ("-e", option)]
        return subprocess.Popen([STRACE, *tracing, *places, *injecting], stderr=subprocess.DEVNULL)

    def judge(self, fault: Fault, first: Callable[[], None] | None = None) -> list[str]:
        """What is wrong when a call fails so; ends with the ledger as an undisturbed import leaves it."""
        self.fresh()
        done = self.disturbed([fault.option], first)
        url = str(self.file)
        found = state(url)
        wrong = sorted(complaints(url))
        if "INJECTED" not in self.log.read_text() and "SIGKILL" not in fault.effect:
            wrong.append("no call was made to fail")
        if found not in (self.before, self.after):
            wrong.append("the ledger is neither as before nor as after")
        if "error" in fault.effect:
            wrong += self._told(done, found)
        elif done.out and found != self.after:
            wrong.append("what was acknowledged is lost")
        again = ended(start([*self.arguments(self.new), "--db", self.file], self.out), self.out)
        if again.code != 0 or ("nothing booked" in again.out) != (found == self.after):
            wrong.append(f"the same command then ends with {again.code}: {again.err}{again.out}")
        if state(url) != self.after or complaints(url):
            wrong.append("repeated, it does not lead to what an undisturbed run does")
        return wrong

    def _told(self, done: Ended, found: State) -> list[str]:
        """Whether the command said what was the case: success, an unknown outcome, or one line of trouble."""
        if done.code == 0:
            return [] if found == self.after else ["it said that all is well, and the batch is not there"]
        wrong = []
        if done.code != 4 or done.out or len(done.err.splitlines()) != 1:
            wrong.append(f"it ended with {done.code}: {done.err}{done.out}")
        if found == self.after and "unknown outcome" not in done.err:
            wrong.append(f"the batch is there, though it said: {done.err}")
        if "unknown outcome" in done.err and "fail" in done.err:
            wrong.append(f"what is not known did not fail: {done.err}")
        return wrong


def status(pid: int | None) -> str:
    """What the kernel says of a process; nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return ""


def wait_for(is_so: Callable[[], bool]) -> None:
    """Look every few milliseconds."""
    until = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.002)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    needs_strace()
    return Bench(tmp_path_factory.mktemp("faults"))


def every_fault(calls: dict[str, int]) -> list[Fault]:
    """Each write and sync fails in each way, once and from then on; and the program is killed at each."""
    effects = [(f"error={name}", is_sticky) for name in ("EIO", "ENOSPC") for is_sticky in (False, True)]
    return [
        Fault(call, number, effect, is_sticky)
        for call in ("pwrite64", "fdatasync", "fsync", "ftruncate")
        for number in range(1, calls[call] + 1)
        for effect, is_sticky in [*effects, ("signal=SIGKILL", False)]
    ]


def test_some_calls_fail(bench: Bench) -> None:
    """A write of the batch, the sync of its commit, and one of each when the log is emptied afterwards."""
    writes, syncs = bench.calls["pwrite64"], bench.calls["fdatasync"]
    assert writes > 10
    assert syncs >= 2
    chosen = [
        Fault("pwrite64", 1, "error=ENOSPC"),
        Fault("pwrite64", writes // 3, "error=EIO", is_sticky=True),
        Fault("fdatasync", 2, "error=ENOSPC", is_sticky=True),
        Fault("fdatasync", syncs, "error=EIO"),
        Fault("pwrite64", writes // 2, "signal=SIGKILL"),
    ]
    assert {fault: wrong for fault in chosen if (wrong := bench.judge(fault))} == {}


@pytest.mark.heavy
def test_every_call_fails(bench: Bench) -> None:
    faults = every_fault(bench.calls)
    assert len(faults) > 200
    assert {fault: wrong for fault in faults if (wrong := bench.judge(fault))} == {}


def test_a_program_that_hides_a_failed_commit_is_found_out(bench: Bench) -> None:
    """The control: the test above must tell a writer that does not listen to what a commit says."""
    fault = Fault("fdatasync", 1, "error=EIO")
    assert bench.judge(fault, first=hide_errors) == ["it said that all is well, and the batch is not there"]
