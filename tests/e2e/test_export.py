"""The journal of the shipped ledger, as a user exports it, before hledger and bean-check."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.store.database import Database, parse_url
from tests.witnesses import asked, by_ledger, by_number, hledger, read, summed


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["hledger", "beancount"])
def test_the_shipped_ledger_adds_up_in_other_programs(
    euledger: Callable[..., Any], shipped: Path, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"journal.{ending}"
    run = euledger("--db", shipped, "export", "-o", path, "--with-illustrative", "-f", "json")
    assert run.code == 0
    assert {"file", "format", "transfers", "accounts", "ledger_head"} == set(run.json["results"])
    balances = read(path)
    database = Database(parse_url(str(shipped)))
    assert by_number(balances) == by_ledger(database)
    assert summed(balances) == asked(database)
    assert run.json["results"]["transfers"] > 1_700


def test_the_commands_that_it_names_work(euledger: Callable[..., Any], shipped: Path, tmp_path: Path) -> None:
    path = tmp_path / "journal.hledger"
    run = euledger("--db", shipped, "export", "-o", path)
    assert f"hledger -f {path} check" in run.err
    assert hledger(path, "check").returncode == 0
    path = tmp_path / "journal.beancount"
    run = euledger("--db", shipped, "export", "-o", path)
    assert f"bean-check {path}" in run.err
    program = Path(sys.executable).with_name("bean-check")
    done = subprocess.run([program, str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_wrong_ending_and_a_missing_folder_are_told(euledger: Callable[..., Any], bare: Path, tmp_path: Path) -> None:
    for arguments, said in (
        ((), "say where"),
        (("-o", tmp_path / "a.xlsx"), ".hledger .journal .beancount"),
        (("-o", tmp_path / "none" / "a.hledger"), "cannot write"),
    ):
        run = euledger("--db", bare, "export", *arguments)
        assert run.code == 2
        assert said in run.err
