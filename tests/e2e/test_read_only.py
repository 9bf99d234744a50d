"""A ledger on a file system that cannot be written: what reads, works; what would write, ends with 4 and names the file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import pytest

from ledger.store.database import Database, parse_url
from tests.builders import amount, post, project
from tests.cli.test_frame import every_command
from tests.e2e.conftest import Run

#: Runs command lines in one process, in a file system where the folder of its first argument is read-only.
RUNNER = """
import contextlib, io, json, sys
from ledger.cli.main import main
done = []
for line in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(line)
    done.append((code, out.getvalue(), err.getvalue()))
print(json.dumps(done))
"""


def cannot(folder: Path) -> str | None:
    """Why no read-only file system can be made here for `folder`; None where it can, and stays so."""
    if os.geteuid() != 0:
        return None  # rights are enough: they bind everybody but root
    if shutil.which("unshare") is None:
        return "there is no `unshare` to give root a read-only file system"
    tried = subprocess.run([*_mounted(folder), "true"], capture_output=True, text=True, check=False)
    return f"no read-only file system can be mounted here: {tried.stderr.strip()}" if tried.returncode else None


def _mounted(folder: Path) -> list[str]:
    script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, str(folder)]


def read_only(folder: Path, lines: Sequence[Sequence[object]]) -> list[Run]:
    """What each command line does while `folder` is read-only."""
    if reason := cannot(folder):
        pytest.skip(reason)
    is_root = os.geteuid() == 0
    command = [*(_mounted(folder) if is_root else []), sys.executable, "-c", RUNNER]
    if not is_root:
        folder.chmod(0o500)
    try:
        done = subprocess.run(
            command,
            input=json.dumps([list(map(str, line)) for line in lines]),
            capture_output=True,
            text=True,
            check=True,
        )
    finally:
        folder.chmod(0o700)
    return [Run(*each) for each in json.loads(done.stdout)]


@pytest.fixture
def ledger(shipped_file: Path, tmp_path: Path) -> Path:
    """The shipped ledger in a folder of its own."""
    folder = tmp_path / "fixed"
    folder.mkdir()
    return Path(shutil.copy(shipped_file, folder / "ledger.db"))


def without_database(run: Run) -> Any:
    """The JSON of a run, without the name of the database, or its text."""
    return json.loads(run.out) if run.out.startswith("{") else run.out


@pytest.mark.slow
def test_all_that_reads_works_and_says_the_same(ledger: Path, tmp_path: Path, euledger: Any) -> None:
    lists = Path(__file__).parents[2] / "docs" / "guides" / "lists"
    reading: list[list[object]] = [
        ["summary"],
        ["summary", "--by", "fund,country", "--format", "json"],
        ["summary", "--by", "fund", "--as-of", "2024-12-31", "-f", "json"],
        ["why", "BMVI", "-f", "json"],
        ["reconcile", "-f", "json"],
        ["check", "-f", "json"],
        ["verify", "-f", "json"],
        ["imports", "list", "-f", "json"],
        ["imports", "show", "1", "-f", "json"],
        ["imports", "rows", "1", "-f", "json"],
        ["figure", "list", "-f", "json"],
        ["db", "current", "-f", "json"],
        ["db", "check", "-f", "json"],
        ["import", lists / "example-projects.csv", "-n", "-f", "json"],
        ["imports", "revert", "4", "-n", "-f", "json"],
    ]
    lines = [[*line, "--db", ledger] for line in reading]
    exported = ["summary", "--by", "fund", "-o", tmp_path / "out.xlsx", "--db", ledger]
    *done, export = read_only(ledger.parent, [*lines, exported])
    for line, fixed in zip(lines, done, strict=True):
        usual = euledger(*line)
        assert (fixed.code, without_database(fixed)) == (usual.code, without_database(usual)), line
    assert export.code == 0, export.err
    assert (tmp_path / "out.xlsx").stat().st_size > 5_000
    assert sorted(path.name for path in ledger.parent.iterdir()) == ["ledger.db"], "nothing was left beside it"


@pytest.mark.slow
def test_all_that_would_write_ends_with_4_and_names_the_file(ledger: Path) -> None:
    lists = Path(__file__).parents[2] / "docs" / "guides" / "lists"
    writing: list[list[object]] = [
        ["import", lists / "example-projects.csv"],
        ["import", "--atomic", lists / "example-projects.csv"],
        ["imports", "revert", "4", "-y"],
        ["init"],
        ["db", "upgrade"],
    ]
    before = ledger.read_bytes()
    for line, run in zip(writing, read_only(ledger.parent, [[*line, "--db", ledger] for line in writing]), strict=True):
        assert run.code == 4, line
        assert str(ledger) in run.err
        assert "read-only" in run.err or "no right" in run.err
        assert run.err.count("\n") == 1
    [new] = read_only(ledger.parent, [["init", "--db", ledger.parent / "new.db"]])
    assert new.code == 4
    assert f"cannot create {ledger.parent / 'new.db'}" in new.err
    assert ledger.read_bytes() == before


@pytest.mark.slow
def test_what_a_killed_writer_left_in_the_log(ledger: Path, tmp_path: Path, euledger: Any) -> None:
    fixed = tmp_path / "left" / "ledger.db"
    fixed.parent.mkdir()
    writer = Database(parse_url(str(ledger)))
    before = len(euledger("imports", "list", "-f", "json", "--db", ledger).json["results"])
    with writer.open() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM batch")
        post(writer, [project("Q", amount(1))])  # stays in the log: the connection above is still open
        for ending in ("", "-wal", "-shm"):
            shutil.copy(f"{ledger}{ending}", f"{fixed}{ending}")
    line = ["imports", "list", "-f", "json", "--db", fixed]
    [run] = read_only(fixed.parent, [line])
    assert len(run.json["results"]) == before + 1, "the log is read as well"
    Path(f"{fixed}-shm").unlink()
    [run] = read_only(fixed.parent, [line])
    assert run.code == 4
    assert f"the last batches of {fixed} are still in ledger.db-wal beside it" in run.err
    assert euledger("check", "--db", fixed).code == 0, "what the message tells the owner to run"
    [run] = read_only(fixed.parent, [line])
    assert len(run.json["results"]) == before + 1


#: Every command that does not write the ledger, as it is typed; LIST is a list, OUT a folder that can be written.
READING = (
    "identify LIST",
    "profile list",
    "profile show projects",
    "profile new LIST -o OUT/p.toml",
    "profile test projects",
    "imports list",
    "imports show 1",
    "imports rows 1 -o OUT/rows.csv",
    "imports revert 2 -y -n",
    "import LIST -n",
    "template projects -o OUT/t.xlsx",
    "figure list",
    "figure waivers",
    "runs list",
    "report list",
    "report show budget-summary",
    "report run budget-summary -o OUT/r.xlsx",
    "report test budget-summary",
    "reconcile",
    "compare ledger LIST",
    "check",
    "seal -o OUT/c.txt",
    "seal proof --row transfer:1 -o OUT/proof.txt",
    "verify",
    "why P",
    "summary -o OUT/s.xlsx",
    "audit sample --method srs --sample-size 1 -n",
    "audit evaluate --method srs --population 9 --book-value 90 OUT/audited.csv",
    "audit residual --population 9 --total-error-rate 0.1",
    "audit samples list",
    "bridge --from 1",
    "pack -o OUT/p.zip",
    "export -o OUT/j.beancount",
    "db backup OUT/b.db",
    "db copy DB OUT/copy.db",
    "db current",
    "db check",
    "db history",
)
#: The others: they write, or ask for what this ledger has none of.
WRITING = {
    "demo",
    "init",
    "db upgrade",
    "db restore",
    "db grant",
    "db revoke",
    "db grants",
    "figure add",
    "figure waive",
    "figure unwaive",
}
ABSENT = {"figure show", "audit samples show", "runs show", "runs compare"}


def test_each_command_is_among_those_that_read_or_those_that_write() -> None:
    known = {name for name, command in every_command() if not isinstance(command, click.Group)} | {"seal"}
    typed = {name for name in known for line in READING if f"{line} ".startswith(f"{name} ")}
    assert known - typed - WRITING - ABSENT == set()


@pytest.mark.slow
def test_every_command_that_does_not_write_works(bare: Path, tmp_path: Path, euledger: Any) -> None:
    lists = Path(__file__).parents[2] / "docs" / "guides" / "lists"
    euledger("import", lists / "example-envelopes.csv", lists / "example-projects.csv", "--db", bare)
    folder, out = tmp_path / "fixed", tmp_path / "out"
    folder.mkdir()
    out.mkdir()
    (out / "audited.csv").write_text("unit,book_value,audited_value\nP,10,9\nQ,10,10\n", "utf-8")
    ledger = Path(shutil.copy(bare, folder / "ledger.db"))
    words = {"LIST": str(lists / "example-projects-2.csv"), "DB": str(ledger)}
    lines = [[words.get(word, word.replace("OUT", str(out))) for word in line.split()] for line in READING]
    for line, run in zip(READING, read_only(folder, [[*line, "--db", ledger] for line in lines]), strict=True):
        assert run.code in (0, 1), (line, run.err)
    assert sorted(path.name for path in folder.iterdir()) == ["ledger.db"], "nothing was left beside it"
