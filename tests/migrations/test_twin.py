"""The models and the migrations make the same database, to the wording of each CHECK and index."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import SAWarning

from ledger.store import schema
from ledger.store.database import Database, parse_url
from ledger.store.models import Base


def described(connection: Connection) -> dict[str, Any]:
    """Everything that a table is: columns, keys, checks, indexes, comments where there are such."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # the expression index is compared by its text, below
        return _described(connection)


def _described(connection: Connection) -> dict[str, Any]:
    inspector = inspect(connection)
    found: dict[str, Any] = {}
    for table in sorted(set(inspector.get_table_names()) - {"alembic_version"}):
        found[table] = {
            "columns": [
                (c["name"], c["type"].compile(connection.dialect), c["nullable"], c["default"], c.get("comment"))
                for c in inspector.get_columns(table)
            ],
            "primary": inspector.get_pk_constraint(table),
            "foreign": sorted(map(repr, inspector.get_foreign_keys(table))),
            "unique": sorted(map(repr, inspector.get_unique_constraints(table))),
            "checks": sorted((c["name"], c["sqltext"]) for c in inspector.get_check_constraints(table)),
            "indexes": indexes(connection, table),
        }
    return found


def indexes(connection: Connection, table: str) -> dict[str, str]:
    """The text of each index, the expression index among them, as the database itself keeps it."""
    query = (
        "SELECT name, coalesce(sql, '') FROM sqlite_master WHERE type = 'index' AND tbl_name = :table"
        if connection.dialect.name == "sqlite"
        else "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = :table AND schemaname = 'public'"
    )
    rows = connection.execute(text(query), {"table": table})
    return {name: re.sub(r"\s+", " ", definition) for name, definition in rows}


def test_models_and_migrations_are_twins(database_url: str) -> None:
    database = Database(parse_url(database_url))
    schema.upgrade(database)
    with database.read() as connection:
        migrated = described(connection)
        assert schema.differences(connection) == []
    database.close()
    empty(database)
    with database.write() as connection:
        Base.metadata.create_all(connection)
        modelled = described(connection)
    database.close()
    assert migrated.keys() == modelled.keys()
    for table, ours in migrated.items():
        assert ours == modelled[table], table
    key = migrated["account"]["indexes"]["uq_account_key"].lower()
    assert key.startswith("create unique index")
    assert "coalesce(project_id" in key
    assert sum(len(table["checks"]) for table in migrated.values()) >= 10, "the comparison sees the checks"


def empty(database: Database) -> None:
    """Leave no table in the database."""
    path = database.path
    if path is not None:
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()
        database.create_file()
        return
    with database.write() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")


SPOILT = [
    ("DROP TRIGGER transfer_no_update{on}", "transfer_no_update is missing"),
    ("DROP TRIGGER waiver_no_delete{on_waiver}", "waiver_no_delete is missing"),
    ("DROP INDEX ix_transfer_batch_id", "ix_transfer_batch_id"),
    ("DROP INDEX uq_account_key", "uq_account_key"),
    ("ALTER TABLE project ADD COLUMN colour TEXT", "colour"),
    ("DROP TABLE balance", "balance"),
]


@pytest.mark.parametrize(("statement", "word"), SPOILT)
def test_differences_are_told(database_url: str, statement: str, word: str) -> None:
    database = Database(parse_url(database_url))
    schema.upgrade(database)
    on = ("", "") if database.is_sqlite else (" ON transfer", " ON waiver")
    with database.write() as connection:
        connection.exec_driver_sql(statement.format(on=on[0], on_waiver=on[1]))
    with database.read() as connection:
        told = schema.differences(connection)
    assert len(told) == 1, told
    assert word in told[0]
    database.close()


@pytest.mark.parametrize("how", ["DISABLE TRIGGER", "ENABLE TRIGGER"])
def test_a_trigger_that_is_switched_off_is_told(postgres_url: str, how: str) -> None:
    """ENABLE without ALWAYS is off for replicas, and so told as well."""
    database = Database(parse_url(postgres_url))
    schema.upgrade(database)
    with database.write() as connection:
        connection.exec_driver_sql(f"ALTER TABLE transfer {how} transfer_no_truncate")
    with database.read() as connection:
        assert schema.differences(connection) == [
            "the append-only trigger transfer_no_truncate is missing or switched off"
        ]
    database.close()
