"""Killed at any point, a command leaves the ledger as it was before or after it, and the next one just works."""

from __future__ import annotations

import csv
import os
import random
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import inspect

from ledger.store import revisions, schema
from ledger.store.database import Database, parse_url
from tests.builders import new_ledger
from tests.store.rows import digest, fill
from tests.sudden.children import Deed, Ended, crash_server, die, ended, keep_half, lose_connection, start
from tests.sudden.oracles import State, complaints, state

pytestmark = pytest.mark.slow
#: The schema from which ledgers are upgraded here; the steps after it touch rows that are there.
OLD = "0007"


def listed(path: Path, rows: int, step: int) -> Path:
    """A list of projects; the next step corrects every third and adds some."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(
            ("project_ref", "title", "fund", "country", "decision_date", "eu_contribution", "paid", "currency")
        )
        for n in range(rows + 10 * step):
            amount = 1000 + n + (step if n % 3 == 0 else 0)
            writer.writerow((f"P-{n:04}", f"Project {n}", "AMIF", "TN", "2022-03-01", amount, amount // 2, "EUR"))
    return path


class Place:
    """Where ledgers are kept: one, of which copies are made that are gone after their use."""

    def __init__(self, root_url: str | None, folder: Path) -> None:
        self.root_url = root_url
        self.folder = folder
        self.numbers = count(1)
        self.base = self._named("base")

    def _named(self, name: str) -> str:
        if self.root_url is None:
            return f"sqlite:///{self.folder / name}.db"
        return f"{self.root_url.rpartition('/')[0]}/sudden_{os.getpid()}_{id(self)}_{name}"

    def _server(self, statement: str) -> None:
        assert self.root_url is not None
        with psycopg.connect(self.root_url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(statement.encode())

    def make(self) -> str:
        """The URL of the base, an empty database."""
        if self.root_url is not None:
            self._server(f"CREATE DATABASE {self.base.rpartition('/')[2]} TEMPLATE template0 STRATEGY file_copy")
        return self.base

    @contextmanager
    def copy(self) -> Iterator[str]:
        """The URL of a copy of the base."""
        url = self._named(str(next(self.numbers)))
        if self.root_url is None:
            shutil.copy(self.base.removeprefix("sqlite:///"), url.removeprefix("sqlite:///"))
            yield url
            return
        name, base = url.rpartition("/")[2], self.base.rpartition("/")[2]
        self._server(f"CREATE DATABASE {name} TEMPLATE {base} STRATEGY file_copy")
        yield url
        self._server(f"DROP DATABASE {name} WITH (FORCE)")

    def settle(self, url: str) -> None:
        """Wait until the server has noticed that its client is gone, or has recovered."""
        if self.root_url is None:
            return
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with suppress(psycopg.OperationalError), psycopg.connect(url.replace("+psycopg", "")) as connection:
                if connection.execute(others).fetchone() == (0,):
                    return
            time.sleep(0.02)
        pytest.fail("the server does not come to rest")


class Case:
    """A command, the ledger it is given, and what it does there undisturbed: how long, past how many points."""

    def __init__(
        self, place: Place, arguments: Sequence[object], out: Path, *, again: int = 0, sense: bool = True
    ) -> None:
        self.place = place
        self.arguments = arguments
        self.out = out
        #: the exit code of the same command once its work is done
        self.again = again
        #: whether the rows mean something
        self.sense = sense
        with place.copy() as url:
            self.before = state_of(url)
            began = time.monotonic()
            done = self.run(url)
            self.seconds = time.monotonic() - began
            assert done.code == 0, done.err
            self.points = done.points
            self.after = state_of(url)
            self.complaints = complaints(url, sense=self.sense)
        assert self.before != self.after

    def run(self, url: str, *, kill_after: float | None = None, **disturbance: Any) -> Ended:
        """Run the command on a ledger; `disturbance` as `start` takes it."""
        self.out.unlink(missing_ok=True)
        for backup in self.place.folder.glob("*-backup-*"):  # the children's clock stands still
            backup.unlink()
        process = start([*self.arguments, "--db", url], self.out, **disturbance)
        if kill_after is not None:
            process.join(kill_after)
            process.kill()
        return ended(process, self.out)

    def judge(self, url: str, done: Ended) -> list[str]:
        """What is wrong after a disturbed run; ends with the ledger as an undisturbed run leaves it."""
        self.place.settle(url)
        found = state_of(url)
        wrong = []
        if found not in (self.before, self.after):
            wrong.append("the ledger is neither as before nor as after")
        elif done.acknowledged and found != self.after:
            wrong.append("what was acknowledged is lost")
        if isinstance(found, State) and (new := sorted(set(complaints(url, sense=self.sense)) - set(self.complaints))):
            wrong.append(f"the ledger is not sound: {new[:3]}")
        if "Traceback" in done.err or "internal error" in done.err:
            wrong.append(f"it ended badly: {done.err}")
        again = self.run(url)
        if again.code != (self.again if found == self.after else 0):
            wrong.append(f"the same command then ends with {again.code}: {again.err}")
        if not wrong and (state_of(url) != self.after or complaints(url, sense=self.sense) != self.complaints):
            wrong.append("repeated, it does not lead to what an undisturbed run does")
        return wrong


def state_of(url: str) -> State | tuple[str | None, object]:
    """The state; of a ledger before its upgrade, the schema and the rows that any program would find in it."""
    database = Database(parse_url(url))
    revision = schema.current(database)
    if revision == revisions.head():
        return state(url)
    with database.read() as connection:
        present = set(inspect(connection).get_table_names()) - {"alembic_version"}
        return revision, digest(connection, present)


class Cases:
    """An import that corrects, the undo of one, and an upgrade, each with rows in place; made when they are asked for."""

    names = ("import", "revert", "upgrade")

    def __init__(self, root_url: str | None, folder: Path) -> None:
        self.root_url = root_url
        self.folder = folder
        #: the two ends of a server's session may go, or the server itself
        self.ways: list[Deed | None] = [None, die]
        if root_url is not None:
            self.ways += [lose_connection, crash_server]
        self._made: dict[str, Case] = {}

    def __getitem__(self, name: str) -> Case:
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def of(self, seed: int) -> tuple[Case, dict[str, Any]]:
        """A seeded way to die in one of them: by the clock, or at a point."""
        chance = random.Random(seed)  # noqa: S311 - a seeded run can be repeated
        case = self[self.names[seed // len(self.ways) % len(self.names)]]
        way = self.ways[seed % len(self.ways)]
        if way is None:
            return case, {"kill_after": case.seconds * chance.uniform(0, 1.1)}
        return case, {"at": chance.randint(1, case.points), "deed": way}

    def _make(self, name: str) -> Case:
        place = Place(self.root_url, self.folder / name)
        place.folder.mkdir()
        out, url = place.folder / "out", place.make()
        if name == "upgrade":
            _make_old(url)
            # A server's ledger is backed up by its administrator.
            arguments = ["db", "upgrade", *(["--no-backup"] if self.root_url else [])]
            return Case(place, arguments, out, sense=False)
        new_ledger(url).close()
        old, new = (listed(place.folder / f"list-{step}.csv", 40, step) for step in (0, 1))
        importing = ["import", "-p", "projects"]
        for path in (old, new) if name == "revert" else (old,):
            done = ended(start([*importing, path, "--db", url], out), out)
            assert done.code == 0, done.err
        place.settle(url)
        if name == "revert":
            return Case(place, ["imports", "revert", "2", "-y"], out, again=3)
        return Case(place, [*importing, new], out)


def _make_old(url: str) -> None:
    database = Database(parse_url(url))
    schema.upgrade(database, OLD)
    with database.write() as connection:
        fill(connection, set(inspect(connection).get_table_names()) - {"alembic_version"})
    database.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def cases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Cases:
    root_url = None if request.param == "sqlite" else str(request.getfixturevalue("postgres_root_url"))
    return Cases(root_url, tmp_path_factory.mktemp("kill"))


def killed(cases: Cases, seeds: range) -> dict[int, list[str]]:
    """What was wrong, by seed."""
    wrong = {}
    for seed in seeds:
        case, disturbance = cases.of(seed)
        with case.place.copy() as url:
            done = case.run(url, **disturbance)
            if found := case.judge(url, done):
                wrong[seed] = [f"{case.arguments[:2]} {disturbance}", *found]
    return wrong


def test_no_kill_leaves_half_a_batch_or_loses_one(cases: Cases) -> None:
    assert killed(cases, range(6 if cases.root_url is None else 4)) == {}


@pytest.mark.heavy
def test_no_kill_of_many_leaves_half_a_batch_or_loses_one(cases: Cases) -> None:
    assert killed(cases, range(1000, 1200 if cases.root_url is None else 1060)) == {}


def test_a_writer_that_keeps_half_is_found_out(cases: Cases) -> None:
    """The control: transfers that are kept before the rest of their batch must be told by the tests above."""
    case = cases["import"]
    with case.place.copy() as url:
        done = case.run(url, at=case.points - 1, deed=die, first=keep_half)
        assert done.code < 0
        assert any("neither as before nor as after" in line for line in case.judge(url, done))
