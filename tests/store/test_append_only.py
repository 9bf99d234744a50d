"""Nothing booked can be changed, by any statement, on either database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from ledger.store.database import Connection, Database
from ledger.store.models import APPEND_ONLY, Base
from tests.builders import new_ledger
from tests.store.rows import fill, rows_of

#: Lists of codes, refreshed by `init`, and what is derived from the journal. Everything else must be append-only.
EDITABLE = {"fund", "country", "country_group", "country_group_member", "theme", "earmark", "balance"}


@pytest.fixture
def filled(database_url: str) -> Iterator[Database]:
    """A ledger with at least one row in every table."""
    database = new_ledger(database_url)
    with database.write() as connection:
        fill(connection, set(inspect(connection).get_table_names()) - {"alembic_version"})
    yield database
    database.close()


def refused(database: Database, statement: str, *before: str) -> str:
    """The message with which the database refuses the statement."""
    with pytest.raises(DBAPIError) as caught, database.write() as connection:  # noqa: PT012 - one transaction
        for first in before:
            connection.exec_driver_sql(first)
        connection.exec_driver_sql(statement)
    return str(caught.value.orig)


def snapshot(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    return {table: rows_of(connection, table) for table in APPEND_ONLY}


def test_every_table_is_either_append_only_or_named_as_editable(filled: Database) -> None:
    with filled.read() as connection:
        present = set(inspect(connection).get_table_names()) - {"alembic_version"}
    assert set(APPEND_ONLY) | EDITABLE == present == set(Base.metadata.tables)
    assert not set(APPEND_ONLY) & EDITABLE


def test_no_statement_changes_what_is_booked(filled: Database) -> None:
    with filled.read() as connection:
        before = snapshot(connection)
    assert all(before.values()), "a trigger per row proves nothing on an empty table"
    for table in APPEND_ONLY:
        columns = [column.name for column in Base.metadata.tables[table].columns]
        key = next(column.name for column in Base.metadata.tables[table].primary_key)
        keys = ", ".join(column.name for column in Base.metadata.tables[table].primary_key)
        attacks = [
            *(f'UPDATE {table} SET "{name}" = "{name}"' for name in columns),
            f"DELETE FROM {table}",
            f"DELETE FROM {table} WHERE {key} = (SELECT min({key}) FROM {table})",
        ]
        same = f"SELECT * FROM {table} WHERE true"
        if filled.is_sqlite:
            attacks += [
                f"INSERT OR REPLACE INTO {table} {same}",
                f"REPLACE INTO {table} {same}",
                f"UPDATE OR REPLACE {table} SET {key} = {key}",
                f"UPDATE OR IGNORE {table} SET {key} = {key}",
            ]
        else:
            attacks += [f"TRUNCATE {table}", f"TRUNCATE {table} CASCADE"]
        attacks.append(f"INSERT INTO {table} {same} ON CONFLICT ({keys}) DO UPDATE SET {key} = excluded.{key}")
        for attack in attacks:
            said = refused(filled, attack)
            # PostgreSQL refuses to cut a table off from those that refer to it before it asks any trigger.
            assert "is append-only: book a correction instead" in said or attack == f"TRUNCATE {table}", attack
    with filled.read() as connection:
        assert snapshot(connection) == before


def test_a_replica_may_not_either(postgres_url: str) -> None:
    database = new_ledger(postgres_url)
    with database.write() as connection:
        fill(connection, set(APPEND_ONLY))
    with database.read() as connection:
        before = snapshot(connection)
    for table in APPEND_ONLY:
        key = next(column.name for column in Base.metadata.tables[table].primary_key)
        for attack in (f"UPDATE {table} SET {key} = {key}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            said = refused(database, attack, "SET LOCAL session_replication_role = replica")
            assert "is append-only" in said, attack
    with database.read() as connection:
        assert snapshot(connection) == before
    database.close()


def test_any_program_is_refused_on_sqlite(sqlite_url: str) -> None:
    """The triggers stand in the file: a program that knows nothing of ours meets them too."""
    database = new_ledger(sqlite_url)
    with database.write() as connection:
        fill(connection, set(APPEND_ONLY))
    database.close()
    raw = sqlite3.connect(str(database.path))
    for statement in ("UPDATE transfer SET amount_minor = 1", "DELETE FROM transfer"):
        with pytest.raises(sqlite3.IntegrityError, match="transfer is append-only"):
            raw.execute(statement)
    raw.close()


def test_what_is_editable_can_be_edited(filled: Database) -> None:
    with filled.write() as connection:
        for table in sorted(EDITABLE):
            key = next(column.name for column in Base.metadata.tables[table].primary_key)
            assert connection.execute(text(f"UPDATE {table} SET {key} = {key}")).rowcount > 0, table
