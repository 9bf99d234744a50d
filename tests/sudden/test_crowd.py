"""Several importers and readers at once end as if one had come after the other."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from ledger.actions.batches import list_batches
from ledger.actions.summary import summarise
from ledger.store import database as databases
from ledger.store.database import Database, parse_url
from tests.builders import new_ledger
from tests.sudden.children import context
from tests.sudden.oracles import complaints

pytestmark = pytest.mark.slow
HEAD = "project_ref,title,fund,country,decision_date,eu_contribution,paid,currency"


def lists(folder: Path, importer: int, number: int) -> list[Path]:
    """The lists of one importer: each has two projects more than the one before, and corrects the one they share."""
    made = []
    for n in range(number):
        rows = [
            f"P-{earlier}-{part},Title,AMIF,IT,2022-01-0{part},{1000 + earlier}.{importer:02},{earlier}.10,EUR"
            for earlier in range(n + 1)
            for part in (1, 2)
        ]
        rows.append(f"SHARED,Title,BMVI,EL,2023-05-05,{n + 1}000.{importer:02},,EUR")
        path = folder / f"list-{importer}-{n}.csv"
        path.write_text("\n".join([HEAD, *rows]) + "\n", "utf-8")
        made.append(path)
    return made


def without_lock(connection: Any, seconds: int) -> bool:  # noqa: ARG001 - in the place of one that waits
    """Be the broken writer that a control needs: it begins without asking whether another one is at work."""
    if connection.dialect.name == "sqlite":
        connection.connection.driver_connection.execute("BEGIN")
        connection.connection.info["has begun"] = True
        connection.begin()
    return True


def work(url: str, commands: Sequence[Sequence[str]], out: Path, *, is_broken: bool) -> None:
    """Type the commands one after the other; their exit codes go to the file `out`."""
    os.environ |= {"EULEDGER_DB": url, "EULEDGER_WAIT_SECONDS": "120"}
    # The process stays until the file is written: daemons may not print into each other's ends.
    sys.stdout = sys.stderr = Path(f"{out}.said").open("w", encoding="utf-8")  # noqa: SIM115
    if is_broken:
        databases._begin_sqlite = databases._begin_postgres = without_lock
    from ledger.cli.main import main

    codes = [main(list(command)) for command in commands]
    sys.stdout.flush()
    out.write_text(json.dumps(codes), "utf-8")


def start(url: str, commands: Sequence[Sequence[str]], out: Path, *, is_broken: bool = False) -> BaseProcess:
    process = context().Process(target=work, args=(url, commands, out), kwargs={"is_broken": is_broken}, daemon=True)
    process.start()
    return process


def imports(paths: Sequence[Path], importer: int) -> list[list[str]]:
    return [["import", str(path), "--set", f"source=office {importer}"] for path in paths]


def crowd(url: str, folder: Path, importers: int, each: int, *, is_broken: bool = False) -> tuple[set[int], set[int]]:
    """Import all lists at once, with a reader beside; returns the exit codes of the importers and of the reader."""
    typed = [imports(lists(folder, n, each), n) for n in range(importers)]
    outs = [folder / f"out-{n}" for n in range(importers)]
    running = [start(url, commands, out, is_broken=is_broken) for commands, out in zip(typed, outs, strict=True)]
    reader = start(url, [["summary", "--by", "project"], ["import", "-n", typed[0][0][1]]] * each, folder / "reader")
    for process in [*running, reader]:
        process.join(600)
        assert process.exitcode is not None, "a child hangs"
    told = [json.loads(out.read_text("utf-8")) if out.exists() else [-1] for out in [*outs, folder / "reader"]]
    return {code for codes in told[:-1] for code in codes}, set(told[-1])


def sums(url: str) -> Any:
    """What the ledger says by source and project, in every stage, and which files its batches read."""
    database = Database(parse_url(url))
    rows = [
        sorted((*map(str, row.keys.values()), row.amount.minor) for row in found.rows)
        for stage in ("committed", "paid")
        for found in [summarise(database, by=["source", "project"], stage=stage)]
    ]
    booked = list_batches(database)
    database.close()
    assert [line.id for line in booked] == list(range(1, len(booked) + 1)), "numbers without a gap"
    return rows, sorted(str(line.file) for line in booked)


@pytest.mark.parametrize(
    ("importers", "each"), [(3, 4), pytest.param(8, 25, marks=pytest.mark.heavy)], ids=["3 of 4", "8 of 25"]
)
def test_importers_at_once_end_as_one_after_the_other(
    database_url: str, tmp_path: Path, importers: int, each: int
) -> None:
    new_ledger(database_url).close()
    codes, read = crowd(database_url, tmp_path, importers, each)
    assert (codes, read) == ({0}, {0})
    assert complaints(database_url) == set()

    serial = f"sqlite:///{tmp_path / 'serial.db'}"
    new_ledger(serial).close()
    in_turn = [command for n in range(importers) for command in imports(lists(tmp_path, n, each), n)]
    process = start(serial, in_turn, tmp_path / "serial")
    process.join(600)
    assert set(json.loads((tmp_path / "serial").read_text("utf-8"))) == {0}
    found, files = sums(database_url)
    assert (found, files) == sums(serial)
    assert len(files) == len(set(files)) == importers * each, "every batch is there exactly once"


def test_the_control_without_the_lock_fails(database_url: str, tmp_path: Path) -> None:
    new_ledger(database_url).close()
    codes, _ = crowd(database_url, tmp_path, 4, 6, is_broken=True)
    assert codes != {0} or complaints(database_url)
