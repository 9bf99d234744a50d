"""The file of a SQLite ledger: whose it must be, who may write it, and how one is read that can only be read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger.store import sqlite_file
from ledger.store.database import Database, DatabaseProblem, parse_url
from tests.builders import amount, new_ledger, post, project

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="this system keeps the rights of files elsewhere")
NOBODY = 65_534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of a ledger with one batch, closed."""
    database = new_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    post(database, [project("P", amount(100))])
    database.close()
    return tmp_path / "ledger.db"


def batches(path: Path, *, shared: bool = False) -> int:
    database = Database(parse_url(str(path)), shared=shared)
    with database.read() as connection:
        return int(connection.execute(text("SELECT count(*) FROM batch")).scalar_one())


def refused(path: Path, *, shared: bool = False) -> str:
    database = Database(parse_url(str(path)), shared=shared)
    said = set()
    for action in (database.read, database.write):
        with pytest.raises(DatabaseProblem) as caught, action():
            pytest.fail("it was opened")
        said.add(str(caught.value))
    [line] = said
    return line


@pytest.mark.parametrize(("mode", "who"), [(0o620, "its group"), (0o602, "everybody"), (0o666, "everybody")])
def test_a_file_that_others_can_write(path: Path, mode: int, who: str) -> None:
    path.chmod(mode)
    said = refused(path)
    assert f"can be written by {who}. Change that with: chmod go-w {path}" in said
    assert "shared_file = true" in said
    assert batches(path, shared=True) == 1
    path.chmod(0o644)
    assert batches(path) == 1, "others may read, if its owner lets them"


def test_a_link(path: Path) -> None:
    link = path.with_name("link.db")
    link.symlink_to(path)
    assert f"is a link, which could be turned elsewhere. Name the file: --db {path}" in refused(link)
    assert "is a link" in refused(link, shared=True), "its target can always be named instead"


@pytest.mark.parametrize(
    ("owner", "me", "is_refused"),
    [(NOBODY, 1000, True), (1000, 1000, False), (0, 1000, False), (NOBODY, 0, False), (0, 0, False)],
)
def test_a_file_of_somebody_else(
    path: Path, monkeypatch: pytest.MonkeyPatch, owner: int, me: int, *, is_refused: bool
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(path, owner, owner)
    monkeypatch.setattr(os, "geteuid", lambda: me)
    if is_refused:
        assert f"belongs to somebody else (user {NOBODY})" in refused(path)
        assert batches(path, shared=True) == 1
    else:
        assert batches(path) == 1


def test_nothing_else_may_be_written_beside_a_file_that_can_only_be_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "cannot_be_written", lambda _path: "its file system is read-only")
    with Database(parse_url(str(path))).read() as connection:
        assert connection.execute(text("SELECT count(*) FROM batch")).scalar_one() == 1
        assert [other.name for other in path.parent.iterdir()] == ["ledger.db"]


def test_a_change_under_a_reader_that_cannot_lock_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Database(parse_url(str(path)))

    def read_while(work: Callable[[], object]) -> None:
        with monkeypatch.context() as fixed:
            fixed.setattr(sqlite_file, "cannot_be_written", lambda _path: "its file system is read-only")
            with Database(parse_url(str(path))).read(), monkeypatch.context() as free:
                free.setattr(sqlite_file, "cannot_be_written", lambda _path: None)
                work()

    read_while(lambda: None)
    with pytest.raises(DatabaseProblem, match="was written to while it was read"):
        read_while(lambda: post(writer, [project("Q", amount(1))]))
