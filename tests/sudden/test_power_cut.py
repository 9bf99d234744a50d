"""A power cut at any moment leaves the ledger as before or after a batch, and never takes an acknowledged one."""

from __future__ import annotations

import json
import random
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest

from tests.builders import new_ledger
from tests.sudden.disk import Disk, Op, files_of, needs_strace, record
from tests.sudden.lists import listed

pytestmark = pytest.mark.slow
#: Runs command lines one after the other and says when each was done. From the third on somebody else has the ledger
#: open, so that its log is not emptied after each. The second argument is the value of `synchronous` that a control puts
#: in the place of ours, the third the ledger.
PROGRAM = """
import functools, json, os, sqlite3, sys
from ledger.cli.main import main

class Broken(sqlite3.Connection):
    def execute(self, sql, *more):
        return super().execute(sql.replace("synchronous = FULL", f"synchronous = {sys.argv[2]}"), *more)

if sys.argv[2] != "FULL":
    sqlite3.connect = functools.partial(sqlite3.connect, factory=Broken)
for number, line in enumerate(json.loads(sys.argv[1])):
    if number == 2:
        reader = sqlite3.connect(sys.argv[3])
        reader.execute("SELECT count(*) FROM batch").fetchall()
    assert main(line) == 0
    os.write(1, b"done")
"""


@dataclass
class Recording:
    """What some commands did to a ledger's files, and the places in it where the power may go."""

    ledger: Path
    before: dict[str, bytes]
    ops: list[Op]
    scratch: Path

    @cached_property
    def acknowledged(self) -> list[int]:
        """After how many operations each command had told its user that it was done."""
        return [n for n, op in enumerate(self.ops, start=1) if (op.kind, op.data) == ("say", b"done")]

    def disk(self) -> Disk:
        """The disk before all this."""
        return Disk(str(self.ledger.parent), self.before)

    def read(self, files: dict[str, bytes]) -> str:
        """The state of a ledger that consists of these files: a digest of all rows, or what is broken."""
        for path in files_of(self.scratch):
            path.unlink(missing_ok=True)
        self.scratch.with_name(f"{self.scratch.name}-shm").unlink(missing_ok=True)
        for name, content in files.items():
            self.scratch.with_name(Path(name).name).write_bytes(content)
        try:
            with closing(sqlite3.connect(self.scratch)) as connection:
                said = connection.execute("PRAGMA integrity_check").fetchall()
                if said != [("ok",)]:
                    return f"corrupt: {said[0][0]}"
                digest = sha256()
                tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1").fetchall()
                for (table,) in tables:
                    digest.update(repr((table, connection.execute(f"SELECT * FROM {table}").fetchall())).encode())
                return digest.hexdigest()
        except sqlite3.DatabaseError as error:
            return f"corrupt: {error}"

    def bad_cuts(self, number: int, seed: int) -> list[str]:
        """Cut the power that many times at seeded moments; what was wrong.

        A cut may leave the state that was acknowledged last, one that was committed since, or the one that programs saw.
        """
        moments = sorted(random.Random(seed).choices(range(len(self.ops) + 1), k=number))  # noqa: S311 - seeded
        bad, disk, done, allowed = [], self.disk(), 0, [self.read(self.before)]
        for cut, moment in enumerate(moments):
            for n in range(done, moment):
                disk.apply([self.ops[n]])
                if n + 1 in self.acknowledged:
                    allowed = [self.read(disk.seen())]
                elif self.ops[n].kind == "sync":
                    allowed.append(self.read(disk.seen()))
            done = moment
            left = self.read(disk.cut(random.Random(seed + cut)))  # noqa: S311 - seeded
            if left not in allowed and left != self.read(disk.seen()):
                bad.append(f"cut {cut} of seed {seed}, after {moment} of {len(self.ops)} operations: {left}")
        return bad


def recorded(folder: Path, *, synchronous: str = "FULL", from_nothing: bool = False) -> Recording:
    """Four imports and an undo, on a ledger that is there, or from its making on."""
    needs_strace()
    ledger = folder / "work" / "ledger.db"
    ledger.parent.mkdir(parents=True)
    line = ["--db", str(ledger)]
    lines = [
        ["import", "-p", "projects", str(listed(folder / f"list-{step}.csv", 30, step)), *line] for step in range(4)
    ]
    lines.append(["imports", "revert", "4", "-y", *line])
    if from_nothing:
        lines.insert(0, ["init", "--bare", *line])
    else:
        new_ledger(f"sqlite:///{ledger}").close()
    before = {str(path): path.read_bytes() for path in files_of(ledger) if path.exists()}
    ops = record([sys.executable, "-c", PROGRAM, json.dumps(lines), synchronous, str(ledger)], ledger, folder / "said")
    scratch = folder / "cut" / ledger.name
    scratch.parent.mkdir()
    recording = Recording(ledger, before, ops, scratch)
    assert len(recording.acknowledged) == len(lines)
    return recording


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return recorded(tmp_path_factory.mktemp("power"))


def test_the_recording_is_the_whole_of_it(recording: Recording) -> None:
    """Played back to the end, it gives the very files that the commands left, and a state for each."""
    left = {str(path): path.read_bytes() for path in files_of(recording.ledger) if path.exists()}
    assert recording.disk().apply(recording.ops).seen() == left
    states = [recording.read(recording.disk().apply(recording.ops[:n]).seen()) for n in recording.acknowledged]
    assert len(set(states)) == len(states)
    assert not [state for state in states if state.startswith("corrupt")]


def test_each_command_is_synced_before_it_is_acknowledged(recording: Recording) -> None:
    ends = [0, *recording.acknowledged]
    syncs = [sum(op.kind == "sync" for op in recording.ops[start:end]) for start, end in pairwise(ends)]
    assert min(syncs) >= 1


def test_a_hundred_power_cuts(recording: Recording) -> None:
    assert recording.bad_cuts(100, seed=0) == []


def test_a_disk_that_only_says_it_synced_is_found_out(recording: Recording) -> None:
    """The control: what the test above says when nothing that was acknowledged need be there."""
    lying = replace(recording, ops=[op for op in recording.ops if op.kind != "sync"])
    assert len(lying.bad_cuts(20, seed=0)) > 10


@pytest.mark.heavy
def test_two_thousand_power_cuts_from_the_first_file_on(tmp_path: Path) -> None:
    assert recorded(tmp_path, from_nothing=True).bad_cuts(2000, seed=1) == []


@pytest.mark.heavy
@pytest.mark.parametrize("synchronous", ["OFF", "NORMAL"])
def test_a_weaker_setting_is_found_out(tmp_path: Path, synchronous: str) -> None:
    """The control: what the tests above would say if the ledger were opened in a weaker way."""
    assert len(recorded(tmp_path, synchronous=synchronous).bad_cuts(400, seed=2)) > 50
