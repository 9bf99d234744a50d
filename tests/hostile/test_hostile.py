"""Broken and hostile files through `identify` and `import`: each is read as it stands, or refused with a finding."""

from __future__ import annotations

import json
import os
import resource
import time
from pathlib import Path

import pytest

from ledger.cli.main import main
from tests.builders import new_ledger
from tests.hostile import binaries, documents, workbooks, zips
from tests.hostile.cases import READ, Hostile
from tests.hostile.mutants import mutants

CASES: list[Hostile] = [case for module in (zips, workbooks, documents, binaries) for case in module.cases]
#: Seconds and megabytes (of all processes) that no file may take.
PATIENCE, ROOM = 20, 1024
#: Exit codes that say something of the file: read, findings, refused. 5 would be a crash of ours.
SAID = (0, 1, 3)
#: The ordinary run takes those that are made and read in no time, in turn; all of them stand behind --heavy.
SAMPLE = [case for case in CASES if not case.is_heavy][::8]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty ledger for dry runs, which leave nothing behind."""
    path = tmp_path_factory.mktemp("hostile") / "ledger.db"
    new_ledger(f"sqlite:///{path}").close()
    return path


def told(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, set[str]]:
    """Exit code and the codes of what stopped the file; nobody saw a traceback, and it took neither long nor much."""
    capsys.readouterr()
    began = time.monotonic()
    code = main([str(each) for each in (*arguments, "-f", "json")])
    took = time.monotonic() - began
    out, err = capsys.readouterr()
    assert code in SAID, (arguments, out[-500:], err[-500:])
    assert "Traceback" not in out + err
    assert took < PATIENCE, (arguments, took)
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    assert children < ROOM, (arguments, children)
    return code, {each["code"] for each in json.loads(out)["findings"] if each["severity"] == "stop"}


def passed(case: Hostile, tmp_path: Path, ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file is identified and imported (dry), and ends as its maker says."""
    path = tmp_path / case.name
    path.write_bytes(case.make())
    told(capsys, "identify", path)
    told(capsys, "--db", ledger, "import", "-n", path)
    code, stopped = told(capsys, "--db", ledger, "import", "-n", "-p", "projects", path)
    path.unlink()
    if case.outcomes:
        is_read = READ in case.outcomes and code in (0, 1)
        assert is_read or stopped & case.outcomes, (case.name, code, stopped, case.outcomes)


@pytest.mark.slow
@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: case.name)
def test_a_hostile_file_costs_a_message_and_no_more(
    case: Hostile, tmp_path: Path, ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    passed(case, tmp_path, ledger, capsys)


@pytest.mark.heavy
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_hostile_file_costs_a_message_and_no_more(
    case: Hostile, tmp_path: Path, ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    passed(case, tmp_path, ledger, capsys)


def mutated(count: int, seed: int, tmp_path: Path, ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, content in mutants(count, seed):
        passed(Hostile(name, lambda content=content: content, frozenset()), tmp_path, ledger, capsys)  # type: ignore[misc]


@pytest.mark.slow
def test_wounded_files_are_refused_or_read(tmp_path: Path, ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mutated(7, 1, tmp_path, ledger, capsys)


@pytest.mark.heavy
def test_many_wounded_files_are_refused_or_read(
    tmp_path: Path, ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mutated(400, int(os.environ.get("EULEDGER_SEED", "2")), tmp_path, ledger, capsys)
