"""Verify: silent on what was sealed, and it names the row that is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger.actions.verify import verify
from ledger.domain.sealing import FORMAT, FORMATS
from ledger.store import seals
from ledger.store.database import Database
from ledger.store.models import APPEND_ONLY, Base
from tests.audit.ledgers import codes, findings, tamper, varied
from tests.builders import amount, new_ledger, post, project
from tests.store.balances import revert


@pytest.fixture
def ledger(database_url: str) -> Iterator[Database]:
    database = varied(database_url)
    yield database
    database.close()


def test_every_column_of_what_is_booked_is_sealed() -> None:
    """A new column or table needs a decision: a new format that seals it."""
    sealed = FORMATS[FORMAT]
    assert set(sealed) == set(APPEND_ONLY) - {"seal", "seal_hint"}
    for table, columns in sealed.items():
        assert len(columns) == len(set(columns))
        assert set(columns) == {column.name for column in Base.metadata.tables[table].columns}, table


def test_every_batch_has_its_seal_and_verifies(ledger: Database) -> None:
    with ledger.read() as connection:
        found = seals.all_seals(connection)
        assert [(seal.first_batch_id, seal.batch_id) for seal in found] == [(n, n) for n in range(1, 6)]
        rows = sum(
            int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()) for table in FORMATS[FORMAT]
        )
        assert sum(seal.leaf_count for seal in found) == rows
        sealed = {table: sum(seal.spans()[table].count or 0 for seal in found) for table in FORMATS[FORMAT]}
        assert min(sealed.values()) > 0, "a test of a table without rows proves nothing"
    results = verify(ledger)
    assert [(result.name, result.ok, result.findings) for result in results] == [
        (name, True, [])
        for name in ("chain", "rows", "hints", "evidence", "balances", "code-lists", *["file"] * ledger.is_sqlite)
    ]
    assert all(result.checked for result in results)


@pytest.mark.parametrize("start", ["sqlite", "postgresql"])
def test_equal_rows_have_equal_seals_on_both_databases(sqlite_url: str, postgres_url: str, start: str) -> None:
    """Every row and seal of one database put into the other verifies there."""
    first, second = (sqlite_url, postgres_url) if start == "sqlite" else (postgres_url, sqlite_url)
    ours, theirs = varied(first), new_ledger(second)
    # A server keeps the balances by itself, from the transfers that arrive.
    carried = {*APPEND_ONLY, *(["balance"] if theirs.is_sqlite else [])}
    with ours.read() as reading, theirs.write() as writing:
        for table in Base.metadata.sorted_tables:
            if table.name in carried:
                rows = [dict(row) for row in reading.execute(table.select().order_by(*table.primary_key)).mappings()]
                writing.execute(table.insert(), rows)
    assert findings(theirs) == []
    ours.close()
    theirs.close()


def test_a_dry_run_seals_nothing_and_a_second_write_goes_on(ledger: Database) -> None:
    with ledger.write() as connection:
        connection.execute(text("SELECT 1"))
        connection.rollback()
    with ledger.read() as connection:
        assert len(seals.all_seals(connection)) == 5
    post(ledger, [project("P5", amount(1_00))], file="more.xlsx")
    with ledger.read() as connection:
        assert seals.all_seals(connection)[-1].batch_id == 6
    assert findings(ledger) == []


def test_batches_of_one_transaction_have_a_seal_each(database_url: str, tmp_path: Path) -> None:
    from ledger.actions.import_files import import_files

    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text(
            f"project_ref,fund,country,eu_contribution,currency,title\n{name}1,AMIF,DE,100.00,EUR,One\n", "utf-8"
        )
    database = new_ledger(database_url)
    import_files(database, [tmp_path / "a.csv", tmp_path / "b.csv"], atomic=True)
    with database.read() as connection:
        assert [(s.first_batch_id, s.batch_id) for s in seals.all_seals(connection)] == [(1, 1), (2, 2)]
    assert findings(database) == []
    database.close()


def test_an_upgrade_seals_what_was_booked_before(ledger: Database) -> None:
    from ledger.store import schema

    tamper(ledger, "DELETE FROM seal_hint", "DELETE FROM seal")
    assert codes(ledger) == {"row-unsealed"}
    schema.upgrade(ledger)
    with ledger.read() as connection:
        assert [(seal.first_batch_id, seal.batch_id) for seal in seals.all_seals(connection)] == [(1, 5)]
    assert findings(ledger) == []
    revert(ledger, 2)
    assert findings(ledger) == []
