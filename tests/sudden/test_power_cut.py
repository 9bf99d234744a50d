"""A power cut at any moment leaves the ledger as before or after a batch, and never takes an acknowledged one."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import pytest

from tests.builders import new_ledger
from tests.sudden.disk import Disk, Op, files_of, needs_strace, record
from tests.sudden.lists import listed

pytestmark = pytest.mark.slow
#: Runs command lines one after the other and says when each was done. The last argument is the value of `synchronous`
#: that a control puts in the place of ours.
PROGRAM = """
import functools, json, os, sqlite3, sys
from ledger.cli.main import main

class Broken(sqlite3.Connection):
    def execute(self, sql, *more):
        return super().execute(sql.replace("synchronous = FULL", f"synchronous = {sys.argv[2]}"), *more)

if sys.argv[2] != "FULL":
    sqlite3.connect = functools.partial(sqlite3.connect, factory=Broken)
for line in json.loads(sys.argv[1]):
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
    _digests: dict[int, str] = field(default_factory=dict)

    @cached_property
    def acknowledged(self) -> list[int]:
        """After how many operations each command had told its user that it was done."""
        return [n for n, op in enumerate(self.ops, start=1) if op.kind == "say" and op.data == b"done"]

    def disk(self, ops: int) -> Disk:
        """The disk after that many operations."""
        return Disk(str(self.ledger.parent), self.before).apply(self.ops[:ops])

    def visible(self, ops: int) -> str:
        """The state of the ledger that programs see after that many operations."""
        if ops not in self._digests:
            self._digests[ops] = self.read(self.disk(ops).seen())
        return self._digests[ops]

    def allowed(self, ops: int) -> set[str]:
        """The states that a power cut may leave: the acknowledged one and those that were committed since."""
        last = max((n for n in self.acknowledged if n <= ops), default=0)
        commits = [n for n, op in enumerate(self.ops[:ops], start=1) if op.kind == "sync" and n > last]
        return {self.visible(n) for n in (last, *commits, ops)}

    def read(self, files: dict[str, bytes]) -> str:
        """The state of a ledger that consists of these files: a digest of all rows, or what is broken."""
        for path in files_of(self.scratch):
            path.unlink(missing_ok=True)
        self.scratch.with_name(f"{self.scratch.name}-shm").unlink(missing_ok=True)
        for path, content in files.items():
            self.scratch.with_name(Path(path).name).write_bytes(content)
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
        """Cut the power that many times at seeded moments; what was wrong."""
        bad = []
        for cut in range(number):
            chance = random.Random(seed + cut)  # noqa: S311 - a seeded run can be repeated
            ops = chance.randint(0, len(self.ops))
            if (found := self.read(self.disk(ops).cut(chance))) not in self.allowed(ops):
                lost = "acknowledged batches are lost" if found in map(self.visible, self.acknowledged) else found
                bad.append(f"cut {seed + cut} after {ops} of {len(self.ops)} operations: {lost}")
        return bad


def recorded(folder: Path, *, synchronous: str = "FULL", from_nothing: bool = False) -> Recording:
    """Four imports and an undo, on a ledger that is there, or from its making on."""
    needs_strace()
    ledger = folder / "work" / "ledger.db"
    ledger.parent.mkdir(parents=True)
    line = ["--db", str(ledger)]
    lines = [["import", "-p", "projects", str(listed(folder / f"list-{step}.csv", 30, step)), *line] for step in range(4)]
    lines.append(["imports", "revert", "4", "-y", *line])
    if from_nothing:
        lines.insert(0, ["init", "--bare", *line])
    else:
        new_ledger(f"sqlite:///{ledger}").close()
    before = {str(path): path.read_bytes() for path in files_of(ledger) if path.exists()}
    ops = record([sys.executable, "-c", PROGRAM, json.dumps(lines), synchronous], ledger, folder / "said")
    scratch = folder / "cut" / ledger.name
    scratch.parent.mkdir()
    recording = Recording(ledger, before, ops, scratch)
    assert len(recording.acknowledged) == len(lines)
    return recording


def test_the_recording_is_the_whole_of_it(tmp_path: Path) -> None:
    """Played back to the end, it gives the very files that the commands left."""
    recording = recorded(tmp_path)
    left = {str(path): path.read_bytes() for path in files_of(recording.ledger) if path.exists()}
    assert recording.disk(len(recording.ops)).seen() == left
    states = [recording.visible(n) for n in recording.acknowledged]
    assert len(set(states)) == len(states)
    assert not [state for state in states if state.startswith("corrupt")]
    syncs = [
        sum(op.kind == "sync" for op in recording.ops[start:end])
        for start, end in zip([0, *recording.acknowledged], recording.acknowledged, strict=False)
    ]
    assert min(syncs) >= 1, "what is acknowledged was synced"
    assert recording.bad_cuts(100, seed=0) == []


@pytest.mark.heavy
def test_two_thousand_power_cuts_from_the_first_file_on(tmp_path: Path) -> None:
    assert recorded(tmp_path, from_nothing=True).bad_cuts(2000, seed=10_000) == []


@pytest.mark.parametrize("synchronous", ["OFF", pytest.param("NORMAL", marks=pytest.mark.heavy)])
def test_a_weaker_setting_is_found_out(tmp_path: Path, synchronous: str) -> None:
    """The control: what the tests above would say if commits were not synced."""
    assert recorded(tmp_path, synchronous=synchronous).bad_cuts(40, seed=0)
