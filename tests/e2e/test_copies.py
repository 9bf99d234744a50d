"""Backup, restore, copy and upgrade, as they are typed."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from ledger.actions.database import upgrade
from ledger.store import revisions, schema
from ledger.store.database import Database, DatabaseProblem, parse_url
from tests.builders import amount, new_ledger, post, project
from tests.store.rows import fill

EULedger = Callable[..., Any]


@pytest.fixture
def ledger(database_url: str) -> Iterator[Database]:
    database = new_ledger(database_url)
    post(database, [project("P", amount(250_00))])
    yield database
    database.close()


@pytest.fixture
def older(database_url: str) -> Iterator[Database]:
    """A ledger whose schema is one revision behind, with rows in it."""
    database = Database(parse_url(database_url))
    schema.upgrade(database, revisions.revisions()[-2])
    with database.write() as connection:
        fill(connection, set(inspect(connection).get_table_names()) - {"alembic_version"})
    yield database
    database.close()


def named(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def test_a_backup_is_a_ledger(ledger: Database, euledger: EULedger, tmp_path: Path) -> None:
    backup = tmp_path / "backups" / "ledger-backup.db"
    run = euledger("--db", named(ledger), "db", "backup", backup, "-f", "json")
    assert run.code == 0
    assert run.json["results"]["batch"] == 1
    assert run.json["results"]["tables"]["transfer"] == 1
    assert run.json["results"]["rows"] == sum(run.json["results"]["tables"].values())
    assert run.json["results"]["bytes"] == backup.stat().st_size
    assert "***" in run.json["results"]["source"] or ledger.is_sqlite
    whys = [euledger("--db", name, "why", "P").out for name in (named(ledger), str(backup))]
    assert whys[0] == whys[1] != ""
    assert euledger("--db", backup, "verify").code == 0


def test_a_backup_replaces_nothing_unasked(ledger: Database, euledger: EULedger, tmp_path: Path) -> None:
    backup = tmp_path / "b.db"
    assert euledger("--db", named(ledger), "db", "backup", backup).code == 0
    first = backup.read_bytes()
    post(ledger, [project("Q", amount(1))])
    run = euledger("--db", named(ledger), "db", "backup", backup)
    assert run.code == 2
    assert "b.db is there already; --force replaces it" in run.err
    assert backup.read_bytes() == first
    run = euledger("--db", named(ledger), "db", "backup", backup, "--force")
    assert run.code == 0
    assert "up to batch 2, " in run.out
    assert backup.read_bytes() != first


@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
def test_a_restored_ledger_goes_on(
    sqlite_url: str, into: str, euledger: EULedger, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    ledger = new_ledger(sqlite_url)
    post(ledger, [project("P", amount(250_00))])
    euledger("--db", named(ledger), "db", "backup", tmp_path / "b.db")
    place = str(tmp_path / "new.db") if into == "sqlite" else str(request.getfixturevalue("postgres_url"))
    run = euledger("db", "restore", tmp_path / "b.db", "--db", place)
    assert run.code == 0, run.err
    assert run.out.startswith("Restored: ")
    assert euledger("--db", place, "verify").code == 0
    restored = Database(parse_url(place))
    assert post(restored, [project("Q", amount(1))]).batch == 2
    again = euledger("db", "restore", tmp_path / "b.db", "--db", place)
    assert again.code == 4, "only an empty place is filled"
    with restored.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM batch")).scalar_one() == 2
    restored.close()
    ledger.close()


def test_a_backup_that_lost_a_trigger_is_not_restored(sqlite_url: str, euledger: EULedger, tmp_path: Path) -> None:
    ledger = new_ledger(sqlite_url)
    with ledger.write() as connection:
        connection.execute(text("DROP TRIGGER transfer_no_update"))
    assert euledger("--db", named(ledger), "db", "backup", tmp_path / "b.db").code == 0
    run = euledger("db", "restore", tmp_path / "b.db", "--db", tmp_path / "new" / "new.db")
    assert run.code == 4
    assert "transfer_no_update is missing" in run.err
    assert list((tmp_path / "new").iterdir()) == []
    ledger.close()


@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
def test_a_backup_that_was_tampered_with_is_not_restored(
    sqlite_url: str, into: str, euledger: EULedger, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """One cent, with the triggers put back as they were: the seal tells, and nothing stays."""
    ledger = new_ledger(sqlite_url)
    post(ledger, [project("P", amount(250_00))])
    assert euledger("--db", named(ledger), "db", "backup", tmp_path / "b.db").code == 0
    raw = sqlite3.connect(tmp_path / "b.db")
    [trigger] = raw.execute("SELECT sql FROM sqlite_master WHERE name = 'transfer_no_update'").fetchone()
    for statement in ("DROP TRIGGER transfer_no_update", "UPDATE transfer SET amount_minor = 25001", trigger):
        raw.execute(statement)
    raw.commit()
    raw.close()
    place = str(tmp_path / "new" / "new.db") if into == "sqlite" else str(request.getfixturevalue("postgres_url"))
    run = euledger("db", "restore", tmp_path / "b.db", "--db", place, "-f", "json")
    assert run.code == 1
    assert run.json["results"]["kept"] is False
    assert "row-changed" in [code for _, code in run.told]
    assert "transfer" in run.out
    left = Database(parse_url(place))
    if left.path is not None:
        assert list(left.path.parent.iterdir()) == []
    else:
        with left.read() as connection:
            assert inspect(connection).get_table_names() == []
    text_run = euledger("db", "restore", tmp_path / "b.db", "--db", place)
    assert "nothing was kept" in text_run.out
    ledger.close()


def test_an_older_code_list_is_told_and_restored_all_the_same(
    sqlite_url: str, euledger: EULedger, tmp_path: Path
) -> None:
    ledger = new_ledger(sqlite_url)
    with ledger.write() as connection:
        connection.execute(text("UPDATE fund SET name_en = 'as it was called then' WHERE code = 'AMIF'"))
    assert euledger("--db", named(ledger), "db", "backup", tmp_path / "b.db").code == 0
    run = euledger("db", "restore", tmp_path / "b.db", "--db", tmp_path / "new.db", "-f", "json")
    assert run.code == 1
    assert [code for _, code in run.told] == ["code-list-differs"]
    assert run.json["results"]["kept"] is True
    assert euledger("--db", tmp_path / "new.db", "init", "--bare").code == 0
    assert euledger("--db", tmp_path / "new.db", "verify").code == 0
    ledger.close()


def test_what_is_no_backup_is_told(euledger: EULedger, tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_bytes(b"Dear auditor, " * 400)
    run = euledger("db", "restore", tmp_path / "letter.db", "--db", tmp_path / "new.db")
    assert run.code == 4
    assert "letter.db: file is not a database" in run.err
    assert euledger("db", "restore", tmp_path / "absent.db", "--db", tmp_path / "new.db").code == 2
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["letter.db"]


def test_a_copy_between_databases(shipped: Path, postgres_url: str, euledger: EULedger, tmp_path: Path) -> None:
    """There and back again: the same figures, the same verdicts."""
    assert euledger("db", "copy", shipped, postgres_url).code == 0
    assert euledger("db", "copy", postgres_url, tmp_path / "back.db").code == 0
    told = [
        (euledger("--db", place, "reconcile").out, _verified(euledger("--db", place, "verify", "-f", "json")))
        for place in (shipped, postgres_url, tmp_path / "back.db")
    ]
    assert told[0] == told[1] == told[2]
    assert "met" in told[0][0]


def _verified(run: Any) -> list[object]:
    """What verify looked at, without what only SQLite has: its file."""
    assert run.code == 0, run.out
    return [part for part in run.json["results"] if part["name"] != "file"]


def test_an_upgrade_takes_a_backup_first(older: Database, euledger: EULedger, tmp_path: Path) -> None:
    backup = tmp_path / "before.db"
    run = euledger("--db", named(older), "db", "upgrade", "--backup", backup, "-f", "json")
    assert run.code == 0, run.err
    assert run.json["results"]["backup"] == str(backup)
    assert run.json["results"]["revision_before"] == revisions.revisions()[-2]
    assert schema.current(older) == revisions.head()
    kept = Database(parse_url(str(backup)))
    assert schema.current(kept) == revisions.revisions()[-2]
    with kept.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM transfer")).scalar_one() == 1
    run = euledger("--db", named(older), "db", "upgrade", "--backup", backup, "-f", "json")
    assert run.code == 0
    assert run.json["results"]["backup"] is None, "nothing to do, nothing to back up"


def test_a_file_is_backed_up_beside_itself(sqlite_url: str, euledger: EULedger, tmp_path: Path) -> None:
    older = Database(parse_url(sqlite_url))
    schema.upgrade(older, "0004")
    run = euledger("--db", named(older), "db", "upgrade")
    assert run.code == 0
    [backup] = tmp_path.glob("*backup*")
    assert backup.name.startswith("ledger.db-backup-0004-20")
    assert f"Backup before the upgrade: {backup}" in run.out
    assert schema.current(Database(parse_url(str(backup)))) == "0004"
    assert schema.current(older) == revisions.head()
    assert euledger("--db", named(older), "db", "upgrade", "--no-backup", "--backup", "x").code == 2
    older.close()


def test_on_a_server_it_must_be_said_where_the_backup_goes(
    postgres_url: str, euledger: EULedger, tmp_path: Path
) -> None:
    older = Database(parse_url(postgres_url))
    schema.upgrade(older, "0004")
    for command in (("db", "upgrade"), ("init",)):
        run = euledger("--db", named(older), *command)
        assert run.code == 2
        assert "euledger db upgrade --backup FILE, or --no-backup" in run.err
        assert schema.current(older) == "0004"
    assert euledger("--db", named(older), "db", "upgrade", "--no-backup").code == 0
    assert list(tmp_path.iterdir()) == []
    assert schema.current(older) == revisions.head()
    older.close()


def test_init_backs_an_older_ledger_up_too(sqlite_url: str, euledger: EULedger, tmp_path: Path) -> None:
    older = Database(parse_url(sqlite_url))
    schema.upgrade(older, "0004")
    run = euledger("--db", named(older), "init", "--bare", "-f", "json")
    assert run.code == 0
    [backup] = tmp_path.glob("ledger.db-backup-0004-*")
    assert run.json["results"]["backup"] == str(backup)
    assert euledger("--db", named(older), "init", "--bare", "-f", "json").json["results"]["backup"] is None
    older.close()


def test_without_its_backup_nothing_is_upgraded(older: Database, euledger: EULedger, tmp_path: Path) -> None:
    taken = tmp_path / "taken.db"
    taken.write_bytes(b"somebody's")
    before = schema.current(older)
    run = euledger("--db", named(older), "db", "upgrade", "--backup", taken)
    assert run.code == 4
    assert "taken.db is there already" in run.err
    assert schema.current(older) == before
    assert taken.read_bytes() == b"somebody's"


def test_an_upgrade_and_its_backup_hold_the_same(older: Database, tmp_path: Path) -> None:
    """No writer comes between the backup and the upgrade: it would be in one and not in the other."""
    refused: list[str] = []

    def write(_table: str, _rows: int) -> None:
        if refused:
            return
        other = Database(older.url, wait=1)
        with pytest.raises(DatabaseProblem) as caught, other.write() as connection:
            connection.execute(text("UPDATE fund SET name_en = 'between'"))
        refused.append(str(caught.value))
        other.close()

    upgrade(older, backup=tmp_path / "b.db", progress=write)
    assert len(refused) == 1
    assert "another import is writing" in refused[0]
    for place in (older, Database(parse_url(str(tmp_path / "b.db")))):
        with place.read() as connection:
            assert connection.execute(text("SELECT count(*) FROM fund WHERE name_en = 'between'")).scalar_one() == 0
        place.close()


def test_a_full_disk_is_told_and_leaves_nothing(
    sqlite_url: str, euledger: EULedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = new_ledger(sqlite_url)

    def full(_source: Database, _path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ledger.store.drafts.snapshot", full)
    (tmp_path / "small").mkdir()
    run = euledger("--db", named(ledger), "db", "backup", tmp_path / "small" / "b.db")
    assert run.code == 4
    assert "No space left on device" in run.err
    assert list((tmp_path / "small").iterdir()) == []
    shutil.rmtree(tmp_path / "small")
    ledger.close()
