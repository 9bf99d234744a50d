"""Opening a ledger: who may read the file, who waits for whom, and what is said when it cannot be opened."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import text

from ledger.store import schema
from ledger.store.database import Database, DatabaseProblem, parse_url
from tests.builders import amount, new_ledger, post, project

SECRET = "kanarienvogel-4711"


def said_by(action: object) -> str:
    """The one plain line with which a database refuses."""
    assert callable(action)
    with pytest.raises(DatabaseProblem) as caught:
        action()
    line = str(caught.value)
    assert line
    assert "\n" not in line
    assert SECRET not in line
    return line


def read(database: Database) -> None:
    with database.read() as connection:
        connection.execute(text("SELECT count(*) FROM transfer"))


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_ledger_is_its_owners_alone(sqlite_url: str, mask: int) -> None:
    before = os.umask(mask)
    try:
        database = new_ledger(sqlite_url)
        path = database.path
        assert path is not None
        with database.write() as connection:
            connection.exec_driver_sql("UPDATE fund SET name_en = name_en")
            files = sorted(path.parent.glob(f"{path.name}*"))
            assert [file.name.removeprefix(path.name) for file in files] == ["", "-shm", "-wal"]
            assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        database.close()
    finally:
        os.umask(before)


def test_a_second_writer_waits_and_then_says_so(database_url: str) -> None:
    first = new_ledger(database_url)
    told: list[str] = []
    second = Database(parse_url(database_url), wait=2, told=told.append)
    with first.write() as connection:
        connection.exec_driver_sql("UPDATE fund SET name_en = 'x' WHERE code = 'AMIF'")
        start = monotonic()
        line = said_by(lambda: post(second, [project("A", amount(1))]))
        assert 1.9 < monotonic() - start < 10
        assert line.startswith("another import is writing to ")
        assert "within 2 s" in line
        assert told == ["another import is writing; waiting up to 2 s …"]
    assert post(second, [project("A", amount(1))]).batch == 1, "nothing of the refused one was kept"
    first.close()
    second.close()


def test_a_reader_does_not_wait_and_sees_one_state(database_url: str) -> None:
    writer = new_ledger(database_url)
    reader = Database(parse_url(database_url), wait=0)
    count = text("SELECT count(*) FROM fund WHERE name_en = 'x'")
    with reader.read() as reading:
        assert reading.execute(count).scalar_one() == 0
        with writer.write() as writing:
            writing.exec_driver_sql("UPDATE fund SET name_en = 'x' WHERE code = 'AMIF'")
            with reader.read() as other:
                assert other.execute(count).scalar_one() == 0, "what is not committed is not seen"
        assert reading.execute(count).scalar_one() == 0, "a transaction reads one state to its end"
    with reader.read() as later:
        assert later.execute(count).scalar_one() == 1
    writer.close()
    reader.close()


def test_a_failing_write_keeps_nothing(database_url: str) -> None:
    database = new_ledger(database_url)
    with pytest.raises(RuntimeError, match="on purpose"), database.write() as connection:  # noqa: PT012 - one transaction
        connection.exec_driver_sql("UPDATE fund SET name_en = 'x'")
        raise RuntimeError("on purpose")
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM fund WHERE name_en = 'x'").scalar_one() == 0
    database.close()


@pytest.mark.parametrize(
    ("url", "word"),
    [
        (f"mysql://u:{SECRET}@h/db", "'mysql' is not supported"),
        (f"postgresql+nosuch://u:{SECRET}@h/db", "'postgresql+nosuch' is not supported"),
        (f"postgresql://u:{SECRET}@h:port/db", "cannot be read"),
        (f"://{SECRET}", "cannot be read"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///ledger.db?mode=ro", "names no file"),
    ],
)
def test_a_url_of_no_use(url: str, word: str) -> None:
    assert word in said_by(lambda: parse_url(url))


def test_a_refused_connection() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    database = Database(parse_url(f"postgresql://u:{SECRET}@127.0.0.1:{port}/db?password={SECRET}"))
    for action in (lambda: read(database), lambda: schema.upgrade(database), lambda: schema.current(database)):
        assert "cannot use postgresql+psycopg://u:***@127.0.0.1" in said_by(action)


def test_a_wrong_password(postgres_url: str) -> None:
    url = parse_url(postgres_url).set(password=SECRET)
    assert "password authentication failed" in said_by(lambda: read(Database(url)))


def test_an_option_that_the_driver_does_not_know() -> None:
    database = Database(parse_url(f"postgresql://u@127.0.0.1/db?PASSWORD={SECRET}"))
    assert "PASSWORD" in said_by(lambda: read(database))


@pytest.mark.parametrize("shown", ["password", "sslpassword", "PASSWORD"])
def test_no_password_is_ever_shown(shown: str) -> None:
    database = Database(parse_url(f"postgresql://anna:{SECRET}@h:5433/ledger?{shown}={SECRET}&sslmode=require"))
    assert database.shown == "postgresql+psycopg://anna:***@h:5433/ledger?sslmode=require"


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_bytes(b"Dear auditor, " * 400)
    database = Database(parse_url(str(path)))
    for action in (
        lambda: read(database),
        lambda: schema.current(database),
        lambda: schema.upgrade(database),
        lambda: schema.require_current(database),
    ):
        assert said_by(action) == f"cannot use {path}: file is not a database"
    assert path.read_bytes().startswith(b"Dear auditor"), "it was not touched"


def test_absent_empty_and_a_folder(tmp_path: Path) -> None:
    absent = Database(parse_url(str(tmp_path / "absent.db")))
    assert "Make one with: euledger init" in said_by(lambda: read(absent))
    assert not (tmp_path / "absent.db").exists(), "looking makes no file"
    empty = Database(parse_url(str(tmp_path / "empty.db")))
    empty.create_file()
    assert "is not a ledger, or an older one" in said_by(lambda: read(empty))
    assert "holds no ledger yet" in said_by(lambda: schema.require_current(empty))
    folder = Database(parse_url(str(tmp_path)))
    assert "unable to open" in said_by(lambda: read(folder))
    (tmp_path / "file").touch()
    below = Database(parse_url(str(tmp_path / "file" / "ledger.db")))
    assert "cannot create" in said_by(lambda: schema.upgrade(below))


def test_an_empty_server_database(postgres_url: str) -> None:
    database = Database(parse_url(postgres_url))
    assert "is not a ledger, or an older one" in said_by(lambda: read(database))
    assert "holds no ledger yet" in said_by(lambda: schema.require_current(database))
