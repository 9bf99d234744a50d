"""Two real servers: reports on the standby, the loss of the first server, and what the second one then holds."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import text

from ledger.actions import standby
from ledger.actions.check import run_checks
from ledger.actions.verify import verify
from ledger.store import code_lists, schema
from ledger.store.database import Database, parse_url
from tests.builders import amount, figure, post, project
from tests.conftest import IN_CI
from tests.databases import HOST, USER, PostgresUnavailableError
from tests.docs.console import run
from tests.replicas import ROOT, Cluster, Server, cluster, cut_off, until
from tests.standby.commands import READING

pytestmark = pytest.mark.slow


@contextmanager
def servers() -> Iterator[tuple[Cluster, Server, Server]]:
    """A first server with a ledger that holds one batch, and its standby, which follows."""
    with ExitStack() as stack:
        try:
            place = stack.enter_context(cluster())
            first = place.first()
        except PostgresUnavailableError as error:
            if IN_CI:
                pytest.fail(str(error))
            pytest.skip(str(error))
        first.tell("CREATE DATABASE ledger")
        ledger = Database(parse_url(first.url("ledger")))
        schema.upgrade(ledger)
        with ledger.write() as connection:
            code_lists.load(connection)
        post(ledger, [project("P", amount(250_00)), figure("F1", value="250.00")])
        yield place, first, place.second(first)


class Importer:
    """The process that imports all the time, and what it was told."""

    def __init__(self, url: str, folder: Path, start: int = 0) -> None:
        self.said = folder / "said"
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.standby.importer", url, str(folder), str(start)],
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
            )

    def acknowledged(self) -> list[str]:
        """The references whose import was told to be done, in their order."""
        lines = self.said.read_text("utf-8").splitlines()
        assert not [line for line in lines if "Traceback" in line], self.said.read_text("utf-8")
        return [line.removeprefix("acknowledged ") for line in lines if line.startswith("acknowledged ")]

    def goes_on(self, by: int) -> None:
        """Wait for that many more acknowledgements."""
        aim = len(self.acknowledged()) + by
        until(lambda: len(self.acknowledged()) >= aim, f"no import came through: {self.said.read_text('utf-8')[-500:]}")

    def stop(self) -> list[str]:
        """End it; all that was ever acknowledged."""
        self.process.kill()
        self.process.wait()
        return self.acknowledged()


def several(*pair: Server, wanted: str = "read-write") -> str:
    """The URL of the ledger on whichever of the servers it is."""
    hosts = ",".join(f"{HOST}:{server.port}" for server in pair)
    return f"postgresql://{USER}:{pair[0].cluster.secret}@{hosts}/ledger?target_session_attrs={wanted}"


def present(server: Server) -> dict[str, int]:
    """Each reference that the importer booked, with its live transfers."""
    with Database(parse_url(server.url("ledger"))).read() as connection:
        found = connection.execute(
            text(
                "SELECT p.ref, count(t.id) FROM project p JOIN account x ON x.project_id = p.id JOIN transfer t "
                "ON t.credit_account_id = x.id WHERE p.source = 'standby' GROUP BY p.ref"
            )
        )
        return {row[0]: row[1] for row in found}


@dataclass(slots=True)
class Rehearsal:
    """What was seen while a team worked on two servers and lost the first."""

    on_first: dict[tuple[str, ...], tuple[str, int]] = field(default_factory=dict)
    on_standby: dict[tuple[str, ...], tuple[str, int]] = field(default_factory=dict)
    directly: dict[tuple[str, ...], tuple[str, int]] = field(default_factory=dict)
    behind: tuple[str, int] = ("", 0)
    caught_up: tuple[str, int] = ("", 0)
    written_there: tuple[str, int] = ("", 0)
    waited: bool = False
    acknowledged: list[str] = field(default_factory=list)
    afterwards: list[str] = field(default_factory=list)
    present: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    seconds: int = 0
    wrong: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """The whole of docs/operations.md, section A standby, on two servers: once for all tests of this module."""
    seen = Rehearsal()
    folder = tmp_path_factory.mktemp("rehearsal")
    with servers() as (place, first, second), chdir(folder), patch.dict("os.environ", {"COLUMNS": "100"}):
        place.protect(first)
        _read_everywhere(seen, first, second, folder)
        _fall_behind(seen, first, second, folder)
        importer = Importer(several(first, second), folder)
        _lose_the_first(seen, importer, first, second)
        seen.present = present(second)
        ledger = Database(parse_url(second.url("ledger")))
        seen.wrong = [str(f) for result in (*verify(ledger), *run_checks(ledger)) for f in result.findings]
        yield seen


def _read_everywhere(seen: Rehearsal, first: Server, second: Server, folder: Path) -> None:
    for command in READING:
        line = " ".join(command)
        for found, options in (
            (seen.on_first, f"--db {first.url('ledger')}"),
            (seen.on_standby, f"--db {first.url('ledger')} --read-db {second.url('ledger')}"),
            (seen.directly, f"--db {second.url('ledger')}"),
        ):
            said, code = run(f"euledger {options} {line}", str(folder))
            found[command] = said.replace(str(second.port), str(first.port)), code


def _fall_behind(seen: Rehearsal, first: Server, second: Server, folder: Path) -> None:
    (folder / "late.csv").write_text("project_ref,title,fund,country,decision_date,eu_contribution,currency\n"
                                     "LATE,Late,AMIF,TN,2022-03-01,5.00,EUR\n", encoding="utf-8")  # fmt: skip
    seen.written_there = run(f"euledger --db {second.url('ledger')} import late.csv", str(folder))
    second.tell("SELECT pg_wal_replay_pause()")
    assert run(f"euledger --db {first.url('ledger')} import late.csv", str(folder))[1] == 0
    summary = f"euledger --db {first.url('ledger')} --read-db {second.url('ledger')} summary --by project"
    with patch.object(standby, "PATIENCE", 100):
        seen.behind = run(summary, str(folder))
    second.tell("SELECT pg_wal_replay_resume()")
    seen.caught_up = run(summary, str(folder))


def _lose_the_first(seen: Rehearsal, importer: Importer, first: Server, second: Server) -> None:
    """Kill the first server while everybody works and after the standby had lost touch, which is the worst moment."""
    importer.goes_on(5)
    cut_off(second)
    told = len(importer.acknowledged())
    time.sleep(1)
    seen.waited = len(importer.acknowledged()) <= told + 1  # one may have been on its way
    first.kill()
    seen.acknowledged = importer.acknowledged()
    began = time.monotonic()
    second.run("promote")
    importer.goes_on(3)
    seen.seconds = round(time.monotonic() - began)
    seen.afterwards = importer.stop()
    lines = importer.said.read_text("utf-8").splitlines()
    seen.failures = [line for line in lines if line.startswith("failed ")]


def test_whatever_only_reads_runs_on_the_standby_and_says_the_same(rehearsal: Rehearsal) -> None:
    assert all(code in (0, 1) for _, code in rehearsal.on_first.values()), rehearsal.on_first
    assert rehearsal.on_standby == rehearsal.on_first
    assert rehearsal.directly == rehearsal.on_first, "the standby may also be named as the ledger"
    assert "250.00" in rehearsal.on_standby["summary",][0]


def test_a_standby_that_is_behind_says_by_which_batches(rehearsal: Rehearsal) -> None:
    said, code = rehearsal.behind
    assert code == 1
    assert "up to batch 1; batch 2 is not in what was read" in said
    assert "LATE" not in said
    said, code = rehearsal.caught_up
    assert code == 0
    assert "LATE" in said


def test_nobody_writes_to_a_standby(rehearsal: Rehearsal) -> None:
    said, code = rehearsal.written_there
    assert code == 4
    assert "only reads: it is a standby" in said


def test_no_acknowledged_batch_is_lost(rehearsal: Rehearsal) -> None:
    assert len(rehearsal.acknowledged) >= 5
    assert rehearsal.waited, "without its standby the first server acknowledges nothing"
    assert set(rehearsal.acknowledged) - set(rehearsal.present) == set()
    assert rehearsal.wrong == [], "and the ledger verifies"


def test_the_next_import_works_and_what_was_tried_again_is_there_once(rehearsal: Rehearsal) -> None:
    assert len(rehearsal.afterwards) >= len(rehearsal.acknowledged) + 3
    assert set(rehearsal.afterwards) <= set(rehearsal.present)
    assert set(rehearsal.present.values()) == {1}
    assert rehearsal.failures, "the loss was told"


def test_without_a_synchronous_standby_acknowledged_batches_are_lost(tmp_path: Path) -> None:
    """The control: the same loss with an asynchronous standby must be seen to lose something."""
    with servers() as (_, first, second):
        importer = Importer(several(first, second), tmp_path)
        importer.goes_on(2)
        cut_off(second)
        importer.goes_on(3)
        first.kill()
        acknowledged = importer.stop()
        second.run("promote")
        assert len(set(acknowledged) - set(present(second))) >= 3
        ledger = Database(parse_url(second.url("ledger")))
        assert all(result.ok for result in verify(ledger)), "what is there is whole: only a checkpoint tells"


@pytest.mark.heavy
def test_a_hundred_losses_in_a_row(tmp_path: Path) -> None:
    """Each time the standby takes over, a new one is made of it; nothing acknowledged in all that time may be missing."""
    chance = random.Random(2026)  # noqa: S311 - a seeded run can be repeated
    with servers() as (place, *pair):
        first, second = pair
        acknowledged: set[str] = set()
        for trial in range(100):
            place.protect(first)
            folder = tmp_path / str(trial)
            folder.mkdir()
            importer = Importer(several(first, second), folder, start=1000 * trial)
            importer.goes_on(chance.randint(1, 4))
            if chance.random() < 0.5:
                cut_off(second)
            time.sleep(chance.uniform(0, 0.3))
            first.kill()
            second.run("promote")
            importer.goes_on(1)
            acknowledged |= set(importer.stop())
            found = present(second)
            assert acknowledged - set(found) == set(), trial
            assert set(found.values()) == {1}, trial
            shutil.rmtree(first.data.parent)
            first, second = second, place.second(second)
        ledger = Database(parse_url(first.url("ledger")))
        assert [str(f) for result in verify(ledger) for f in result.findings] == []
