"""A dry run works in a private copy: it blocks nobody, waits for nobody, says what the real run says and leaves nothing."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import text

from ledger.actions.batches import revert
from ledger.actions.import_files import import_files
from ledger.store.database import Database, parse_url
from ledger.store.models import Base
from ledger.store.rehearsal import ledger_for
from tests.builders import amount, new_ledger, post, project


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A ledger in which nobody waits: who would have to, fails."""
    new_ledger(database_url).close()
    database = Database(parse_url(database_url), wait=0)
    yield database
    database.close()


def listed(path: Path, **amounts: int) -> Path:
    """A list of projects in csv."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(("project_ref", "title", "fund", "country", "decision_date", "eu_contribution", "currency"))
        for ref, euros in amounts.items():
            writer.writerow((ref, f"Project {ref}", "AMIF", "TN", "2022-03-01", f"{euros}.00", "EUR"))
    return path


def content(database: Database) -> dict[str, Any]:
    """All rows of all tables, and on PostgreSQL where the sequences stand."""
    found: dict[str, Any] = {}
    with database.read() as connection:
        for table in Base.metadata.sorted_tables:
            found[table.name] = [
                tuple(row) for row in connection.execute(text(f"SELECT * FROM {table.name} ORDER BY 1"))
            ]
        if not database.is_sqlite:
            sequences = "SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2"
            found["sequences"] = [tuple(row) for row in connection.execute(text(sequences))]
    return found


def test_it_neither_blocks_a_writer_nor_waits_for_one(database: Database, tmp_path: Path) -> None:
    one = post(database, [project("P", amount(100))])
    file = listed(tmp_path / "list.csv", A=5)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE fund SET name_en = 'x' WHERE code = 'AMIF'")
        assert import_files(database, [file], profile="projects", dry_run=True)[0].batch == 2
        assert one.batch is not None
        assert revert(database, one.batch, dry_run=True).batch == 2
    with ledger_for(database, dry_run=True) as copy, copy.write() as connection:
        connection.exec_driver_sql("UPDATE fund SET name_en = 'y'")
        connection.exec_driver_sql("INSERT INTO theme (code, name_en) VALUES ('T', 'T')")
        with database.write() as other:
            other.exec_driver_sql("UPDATE fund SET name_en = 'z'")
            other.exec_driver_sql("INSERT INTO theme (code, name_en) VALUES ('T', 'T')")
    with database.read() as connection:
        names = connection.execute(text("SELECT DISTINCT name_en FROM fund")).scalars().all()
    assert names == ["z"]


def test_it_says_what_the_real_run_says_and_keeps_nothing(database: Database, tmp_path: Path) -> None:
    post(database, [project("P", amount(100))])
    # The second list corrects the first, so it must be seen to build on it.
    files = [listed(tmp_path / "a.csv", A=5, B=7), listed(tmp_path / "b.csv", A=6), listed(tmp_path / "c.csv", A=6)]
    before = content(database)
    scratch = set(tmp_path.iterdir())
    tried = import_files(database, files, profile="projects", dry_run=True)
    assert content(database) == before
    assert set(tmp_path.iterdir()) == scratch
    done = import_files(database, files, profile="projects")
    assert [asdict(result) for result in tried] == [asdict(result) for result in done]
    assert [result.batch for result in done] == [2, 3, None]
    before = content(database)
    for batch in (2, 3):
        tried_revert = revert(database, batch, dry_run=True)
        assert content(database) == before
        assert asdict(tried_revert) == asdict(revert(database, batch))
        before = content(database)


def test_the_copy_goes_with_its_connection(database: Database) -> None:
    count = text("SELECT count(*) FROM pg_class WHERE relpersistence = 't' AND relkind = 'r'")
    with ledger_for(database, dry_run=True) as copy:
        with copy.read() as connection:
            assert connection.execute(text("SELECT count(*) FROM batch")).scalar_one() == 0
        if not database.is_sqlite:
            with database.read() as connection:
                assert connection.execute(count).scalar_one() == len(Base.metadata.tables)
    if not database.is_sqlite:
        until, left = monotonic() + 20, 1
        while left and monotonic() < until:  # the server clears up after it has let the client go
            with database.read() as connection:
                left = connection.execute(count).scalar_one()
        assert left == 0


def test_the_file_of_a_large_copy_has_no_name(sqlite_url: str) -> None:
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("this system does not list a process's open files")
    database = new_ledger(sqlite_url)
    post(database, [project(f"P{n}", amount(n + 1)) for n in range(100)])
    with ledger_for(database, dry_run=True) as copy, copy.write() as connection:
        connection.exec_driver_sql("PRAGMA cache_size = 10")
        connection.exec_driver_sql("CREATE TABLE grown AS SELECT a.* FROM project_version a, project_version b")
        opened = [str(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]
        assert [name for name in opened if "etilqs" in name], "the copy is large enough to be on the disk"
        assert not [name for name in opened if "etilqs" in name and not name.endswith(" (deleted)")]
    database.close()
