"""One row, made of plain SQL, for every table that a database holds, whatever its schema is."""

from __future__ import annotations

import hashlib
import re
import warnings
from datetime import date
from typing import Any

from sqlalchemy import Connection, MetaData, Table, inspect, text
from sqlalchemy.exc import SAWarning
from sqlalchemy.sql.sqltypes import BigInteger, Boolean, Date, Integer, LargeBinary

#: Texts that are read as something: an exact difference, what was asked for as JSON.
_MEANT = {("waiver", "difference"): "1", ("figure_run", "question"): "{}"}


def fill(connection: Connection, tables: set[str]) -> None:
    """Insert a row into each of `tables` that has none, those that others refer to first."""
    metadata = MetaData()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # it cannot reflect the expression index of account, nor need it
        metadata.reflect(connection, only=sorted(tables | _referred(connection, tables)))
    for table in metadata.sorted_tables:
        if connection.execute(text(f"SELECT count(*) FROM {table.name}")).scalar_one() == 0:
            _insert(connection, table)


def rows_of(connection: Connection, table: str) -> list[tuple[Any, ...]]:
    """All rows of a table, in the order of their first column."""
    return [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY 1"))]


def digest(connection: Connection, tables: set[str]) -> dict[str, tuple[int, str]]:
    """Number of rows and SHA-256 of every cell by column name, so that a new column is no difference."""
    found = {}
    for table in sorted(tables):
        rows = connection.execute(text(f"SELECT * FROM {table} ORDER BY 1")).mappings().all()
        content = repr(
            [sorted((k, bytes(v) if isinstance(v, memoryview) else v) for k, v in row.items()) for row in rows]
        )
        found[table] = (len(rows), hashlib.sha256(content.encode()).hexdigest())
    return found


def _referred(connection: Connection, tables: set[str]) -> set[str]:
    inspector = inspect(connection)
    found: set[str] = set()
    waiting = set(tables)
    while waiting:
        table = waiting.pop()
        found.add(table)
        waiting |= {key["referred_table"] for key in inspector.get_foreign_keys(table)} - found
    return found


def _insert(connection: Connection, table: Table) -> None:
    values: dict[str, Any] = {}
    for column in table.columns:
        if column.nullable:
            continue
        if column.foreign_keys:
            target = next(iter(column.foreign_keys)).column
            values[column.name] = connection.execute(
                text(f"SELECT {'max' if 'credit' in column.name else 'min'}({target.name}) FROM {target.table.name}")
            ).scalar_one()
        else:
            values[column.name] = (
                _MEANT.get((table.name, column.name))
                or _allowed(connection, table.name, column.name)
                or _value(column.type)
            )
    connection.execute(table.insert().values(**values))
    if table.name == "account":  # a transfer needs two
        connection.execute(table.insert().values(**values | {"id": 2, "stage": "committed"}))


def _allowed(connection: Connection, table: str, column: str) -> str | None:
    """The first of the words that a CHECK allows for a column."""
    for check in inspect(connection).get_check_constraints(table):
        words = re.match(rf"\W*\b{column}\b.*?'([^']+)'", check["sqltext"], re.DOTALL)
        if words:
            return words.group(1)
    return None


def _value(kind: Any) -> Any:
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, (BigInteger, Integer)):
        return 1
    if isinstance(kind, Date):
        return date(2024, 1, 1)
    return b"\0\1" if isinstance(kind, LargeBinary) else "x"
