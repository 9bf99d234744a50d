"""Two people at once, as they see it; and a clock that goes wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from ledger.store import batches
from ledger.store.database import Database, parse_url
from tests.builders import new_ledger
from tests.e2e.conftest import Run

LIST = Path(__file__).parents[2] / "docs" / "guides" / "lists" / "example-projects.csv"
ENVELOPES = LIST.with_name("example-envelopes.csv")
WAITING = "another import is writing; waiting up to 1 s …"
PROGRAM = "import sys; from ledger.cli.main import main; sys.exit(main(sys.argv[1:]))"


def test_a_second_writer_is_told_to_wait_and_then_gives_up(
    database_url: str, euledger: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EULEDGER_WAIT_SECONDS", "1")
    monkeypatch.setenv("EULEDGER_DB", database_url)  # a password after --db would be warned of
    first = new_ledger(database_url)
    with first.write():
        for line in (["import", LIST], ["import", "--atomic", LIST], ["imports", "revert", "1", "-y"], ["init"]):
            run = euledger(*line)
            assert run.code == 4, line
            assert run.out == ""
            told, said = run.err.splitlines()
            assert told == WAITING
            assert said.startswith("euledger: another import is writing to ")
        assert euledger("-q", "import", LIST).err.count("\n") == 1
        assert euledger("import", "-n", LIST).code == 0, "a dry run does not wait"
        assert euledger("summary").code == 0, "a reader does not wait"
    assert euledger("import", LIST).code == 0
    first.close()


def test_a_second_writer_gets_its_turn(database_url: str, root: Path) -> None:
    first = new_ledger(database_url)
    with first.write():
        second = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "import", str(LIST)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(root), "EULEDGER_DB": database_url},
        )
        assert second.stderr is not None
        assert second.stderr.readline() == "another import is writing; waiting up to 60 s …\n"
    out, _ = second.communicate(timeout=60)
    assert second.returncode == 0
    assert ", batch 1\n" in out
    first.close()


def recorded(database_url: str) -> list[str]:
    database = Database(parse_url(database_url))
    with database.read() as connection:
        found = [str(row["recorded_at"]) for row in batches.listing(connection)]
    database.close()
    return found


@pytest.mark.parametrize(
    ("first", "second", "is_told"),
    [
        ("2026-11-25T12:00:00.000000Z", "2021-11-25T12:00:00.000000Z", True),  # a clock that lost its battery
        ("2031-11-25T12:00:00.000000Z", "2026-11-25T12:00:00.000000Z", True),  # the one before was ahead
        ("2026-10-25T00:59:59.000000Z", "2026-10-25T00:58:00.000000Z", True),
        ("2026-10-25T00:59:59.000000Z", "2026-10-25T00:59:30.000000Z", False),  # two machines of one team
        ("2026-11-25T12:00:00.000000Z", "2026-11-25T12:00:00.000000Z", False),
    ],
)
def test_a_clock_that_goes_back_is_told_and_changes_no_order(
    bare: Path, euledger: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, first: str, second: str, *, is_told: bool
) -> None:
    line = ("--db", bare, "-f", "json")
    monkeypatch.setattr(batches, "now", lambda: first)
    assert euledger("import", ENVELOPES, *line).code == 0
    monkeypatch.setattr(batches, "now", lambda: second)
    run = euledger("import", LIST, *line)
    assert [code for _, code in run.told if code == "clock-behind"] == ["clock-behind"] * is_told
    assert run.code == (1 if is_told else 0)
    assert run.json["results"][0]["batch"] == 2
    assert recorded(str(bare)) == [first, second]
    undone = euledger("imports", "revert", 2, "-y", *line)
    assert [code for _, code in undone.told] == ["clock-behind"] * is_told
    monkeypatch.undo()
    kept = euledger("imports", "show", 2, *line).json["results"]["findings"]
    assert [finding["code"] for finding in kept].count("clock-behind") == is_told
    assert euledger("check", "--db", bare).code == 0


@pytest.mark.parametrize("zone", ["UTC", "Europe/Brussels", "Pacific/Kiritimati"])
def test_the_zone_of_the_machine_changes_nothing(
    bare: Path, euledger: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    """Also in the hour that the end of summer time repeats."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert euledger("import", ENVELOPES, "--db", bare).code == 0
        assert euledger("import", LIST, "--db", bare).code == 0
    finally:
        monkeypatch.undo()
        time.tzset()
    moments = [datetime.fromisoformat(moment) for moment in recorded(str(bare))]
    assert moments == sorted(moments)
    assert 0 <= (datetime.fromisoformat(batches.now()) - moments[-1]).total_seconds() < 60
