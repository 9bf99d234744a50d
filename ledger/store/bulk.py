"""Many rows at once: executemany on SQLite, COPY on PostgreSQL. Values are str, int, bool or None; dates ISO text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, text

#: Rows sent at a time; bounds memory, large enough that the round trip does not count.
CHUNK = 5_000


def insert_rows(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows` into `table` in their order, inside the transaction that is open."""
    if connection.dialect.name == "postgresql":
        if not connection.execute(text("SELECT row_security_active(CAST(:table AS text))"), {"table": table}).scalar():
            _copy(connection, table, columns, rows)
            return
        # COPY is refused where policies look at each row, so the rows take one step more.
        given = ", ".join(columns)
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE bulk_rows AS SELECT {given} FROM {table} WITH NO DATA")
        _copy(connection, "bulk_rows", columns, rows)
        connection.exec_driver_sql(f"INSERT INTO {table} ({given}) SELECT {given} FROM bulk_rows")
        connection.exec_driver_sql("DROP TABLE bulk_rows")
        return
    sqlite: Any = connection.connection.driver_connection
    places = ", ".join("?" * len(columns))
    sqlite.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)


def _copy(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    raw: Any = connection.connection.driver_connection
    with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


class Buffer:
    """Collects rows for one table and sends them in chunks; call `flush` at the end."""

    def __init__(self, connection: Connection, table: str, columns: Sequence[str]) -> None:
        self._connection = connection
        self._table = table
        self._columns = tuple(columns)
        self._rows: list[Sequence[Any]] = []

    def add(self, row: Sequence[Any]) -> None:
        """Take one row in."""
        self._rows.append(row)
        if len(self._rows) >= CHUNK:
            self.flush()

    def flush(self) -> None:
        """Send what is waiting."""
        if self._rows:
            insert_rows(self._connection, self._table, self._columns, self._rows)
            self._rows = []
