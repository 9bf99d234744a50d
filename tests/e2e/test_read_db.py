"""A standby in place of the ledger, for whatever only reads: what it lacks is told, never passed over."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ledger.actions import standby
from ledger.store.copying import carry
from ledger.store.database import Database, DatabaseProblem, parse_url
from tests.builders import amount, figure, new_ledger, post, project
from tests.standby.commands import READING

Pair = tuple[Database, Database]


@pytest.fixture
def pair(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    """A ledger with one batch, and another place that holds the same."""
    monkeypatch.setattr(standby, "PATIENCE", 100)
    ledger = new_ledger(database_url)
    post(ledger, [project("P", amount(250_00))])
    copy = Database(parse_url(str(tmp_path / "standby.db")))
    carry(ledger, copy)
    yield ledger, copy
    ledger.close()
    copy.close()


def named(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def options(pair: Pair) -> list[str]:
    return ["--db", named(pair[0]), "--read-db", named(pair[1])]


def test_a_standby_that_holds_all_is_read_without_a_word(pair: Pair, euledger: Callable[..., Any]) -> None:
    assert standby.compare(*pair) == []
    run = euledger(*options(pair), "summary", "-f", "json")
    assert run.code == 0
    assert run.json["findings"] == []


def test_every_command_that_reads_says_what_the_standby_lacks(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, euledger: Callable[..., Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(standby, "PATIENCE", 0)
    ledger, copy = new_ledger(sqlite_url), Database(parse_url(str(tmp_path / "standby.db")))
    post(ledger, [project("P", amount(250_00)), figure("F1", value="250.00")])
    carry(ledger, copy)
    post(ledger, [project("Q", amount(1))])
    for command in (*READING, ("db", "backup", "backup.db")):
        if command in (("db", "check"), ("db", "current")):
            continue  # these ask of the database that is named, and of no other
        run = euledger(*options((ledger, copy)), *command, "-f", "json")
        assert run.code == 1, command
        assert "standby-behind" in [code for _, code in run.told], command
    assert "up to batch 1; batch 2 is not in what was read" in euledger(*options((ledger, copy)), "-q", "summary").err
    run = euledger("--db", named(ledger), "summary")
    assert (run.code, "standby" in run.err) == (0, False), "the control: the ledger itself"


def test_every_reading_command_is_among_them(root: Path) -> None:
    """Whoever adds a command decides where it reads: those that ask for the ledger itself are named here."""
    writers = {"audit.py", "init.py", "import_.py", "imports.py", "db.py", "rights.py", "session.py"}
    writers |= {"figures.py", "reconcile.py"}  # figure add, waive and unwaive; reconcile --keep
    asking = {path.name for path in (root / "ledger" / "cli").glob("*.py") if ".database()" in path.read_text("utf-8")}
    assert asking == writers


def test_a_standby_that_is_behind_is_told(pair: Pair) -> None:
    post(pair[0], [project("Q", amount(1))])
    post(pair[0], [project("R", amount(1))])
    [finding] = standby.compare(*pair)
    assert finding.code == "standby-behind"
    assert finding.values == {"standby": 1, "ledger": 3}
    assert "up to batch 1; batches 2 to 3 are not in what was read" in finding.message


def test_a_standby_may_catch_up(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standby, "PATIENCE", 10_000)
    post(pair[0], [project("Q", amount(1))])
    with pair[0].read() as connection:
        row = dict(connection.execute(text("SELECT * FROM batch WHERE id = 2")).mappings().one())

    def replay() -> None:
        other = Database(pair[1].url)
        with other.open() as connection:
            names = list(row)
            values = ", ".join(f":{name}" for name in names)
            connection.execute(text(f"INSERT INTO batch ({', '.join(names)}) VALUES ({values})"), row)
            connection.commit()
        other.close()

    later = threading.Timer(0.3, replay)
    later.start()
    assert standby.compare(*pair) == []
    later.join()


def test_another_ledger_is_no_standby(pair: Pair, tmp_path: Path, euledger: Callable[..., Any]) -> None:
    other = new_ledger(f"sqlite:///{tmp_path / 'other.db'}")
    post(other, [project("P", amount(250_00))])
    with pytest.raises(DatabaseProblem, match=r"is no standby of .*: batch 1 is another one"):
        standby.compare(pair[0], other)
    assert euledger(*options((pair[0], other)), "summary").code == 4
    other.close()


def test_a_standby_of_a_ledger_that_is_gone_is_read_and_said_so(
    pair: Pair, tmp_path: Path, euledger: Callable[..., Any]
) -> None:
    gone = Database(
        parse_url("postgresql://anna@127.0.0.1:1/ledger" if not pair[0].is_sqlite else str(tmp_path / "gone.db"))
    )
    run = euledger(*options((gone, pair[1])), "summary", "-f", "json")
    assert run.code == 1
    [finding] = run.json["findings"]
    assert finding["code"] == "standby-unchecked"
    assert "holds batch 1, recorded " in finding["message"]
    assert run.json["results"]["rows"] != []


def test_who_writes_writes_to_the_ledger(pair: Pair, tmp_path: Path, euledger: Callable[..., Any]) -> None:
    (tmp_path / "list.csv").write_text(
        "project_ref,title,fund,country,decision_date,eu_contribution,currency\nX,X,AMIF,TN,2022-03-01,5,EUR\n"
    )
    assert euledger(*options(pair), "import", tmp_path / "list.csv").code == 0
    for database, batches in zip(pair, (2, 1), strict=True):
        with database.read() as connection:
            assert connection.execute(text("SELECT count(*) FROM batch")).scalar_one() == batches
