"""Carrying a whole ledger to an empty place: backup, restore and the move between SQLite and PostgreSQL are one thing.

Everything is read from one snapshot and keeps its number. The place is filled wholly or not at all: a SQLite file is
written as a draft and then named, a PostgreSQL database is filled in one transaction. Rows stream, so memory stays flat.
What was written is read back and compared, cell by cell, before it counts.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Boolean, Connection, Date, LargeBinary, MetaData, String, Table, inspect, text
from sqlalchemy.exc import SAWarning

from ledger.store import drafts, schema
from ledger.store.bulk import CHUNK, insert_rows
from ledger.store.database import Database, DatabaseProblem

#: Told the name of the table and the number of its rows so far.
Progress = Callable[[str, int], None]
#: Looks at the filled place before it counts; False: nothing of it is to stay.
Accept = Callable[[Connection], bool]
#: Alembic's own table: it is written by the steps that make the place, never copied.
_OWN = "alembic_version"


@dataclass(slots=True)
class Carried:
    """What was carried: the schema, the last batch with its moment, the rows of each table; `kept`: it was accepted."""

    revision: str = ""
    batch: int = 0
    recorded_at: str | None = None
    rows: dict[str, int] = field(default_factory=dict)
    kept: bool = False


def carry(
    source: Database,
    target: Database,
    *,
    replace: bool = False,
    progress: Progress = lambda _table, _rows: None,
    accept: Accept = lambda _connection: True,
) -> Carried:
    """Carry the ledger at `source` to the empty place `target`; the source may be written to meanwhile.

    An empty place is a SQLite file that is not there (or, with `replace`, one that nobody has open) or a PostgreSQL
    database without tables. DatabaseProblem where either end will not do, or what was written reads back differently.
    """
    revision = schema.current(source)
    if revision is None:
        raise DatabaseProblem(f"{source.shown} holds no ledger")
    schema.refuse_newer(source, revision)
    if target.path is None:
        return _into_server(source, target, progress, accept)
    if source.path is not None and target.path.exists() and source.path.samefile(target.path):
        raise DatabaseProblem(f"{target.shown} is the ledger itself")
    with drafts.draft_of(target.path, replace=replace) as draft:
        place = Database(target.url.set(database=str(draft.path)))
        carried = _into_file(source, place, progress, accept)
        if carried.kept:
            draft.keep()
    return carried


def _into_server(source: Database, target: Database, progress: Progress, accept: Accept) -> Carried:
    with source.read() as reading, target.open() as connection:
        if present := inspect(connection).get_table_names():
            raise DatabaseProblem(f"{target.shown} is not empty: it holds the table {min(present)}")
        tables = _fill(source, reading, connection, progress)
        _number_on(connection, tables)
        connection.execute(text("ANALYZE"))
        carried = _described(connection, tables)
        carried.kept = accept(connection)
        if carried.kept:
            target.commit(connection)
    return carried


def _into_file(source: Database, place: Database, progress: Progress, accept: Accept) -> Carried:
    assert place.path is not None
    if source.is_sqlite:
        progress("copy", 0)
        drafts.snapshot(source, place.path)
    with place.open() as connection:
        schema.suspend_foreign_keys(connection)
        if source.is_sqlite:
            tables = _tables(connection)
        else:
            with source.read() as reading, place.problems():
                tables = _fill(source, reading, connection, progress)
            schema.refuse_broken_references(connection)
        carried = _described(connection, tables)
        carried.kept = accept(connection)
        connection.commit()
    drafts.settle(place)
    return carried


def _fill(source: Database, reading: Connection, target: Connection, progress: Progress) -> list[Table]:
    """Make the tables of the source's schema and fill them; the caller's transaction decides whether it all stays."""
    with source.problems():
        _refuse_partial_sight(source, reading)
        revision, found = schema.revision_of(reading), _columns(_tables(reading))
    schema.build(target, revision or "head")
    tables = _tables(target)
    expected = _columns(tables)
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            raise DatabaseProblem(f"{source.shown} differs from its schema in the table {name}: see euledger db check")
    read = {table.name: _Digest(partial(progress, table.name)) for table in tables}
    with _triggers_at_rest(target):
        for table in tables:
            columns = [f'"{column.name}"' for column in table.columns]
            rows = read[table.name].through(_told(source, _rows(reading, table)))
            try:
                insert_rows(target, table.name, columns, rows)
            except target.dialect.loaded_dbapi.DataError as error:
                # SQLite takes a text for a number; only somebody who went round the program puts one there.
                why = f"{source.shown}: the table {table.name} holds what does not fit ({type(error).__name__})"
                raise DatabaseProblem(why) from error
    for table in tables:
        written = _Digest()
        for _ in written.through(_rows(target, table)):
            pass
        if read[table.name].value != written.value:
            raise DatabaseProblem(f"the table {table.name} reads back differently; nothing was kept")
    return tables


def _refuse_partial_sight(source: Database, reading: Connection) -> None:
    """DatabaseProblem where a server shows us some of the rows: they would be carried and taken for the whole."""
    if source.is_sqlite:
        return
    hidden = (
        "SELECT min(relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace "
        "AND row_security_active(oid)"
    )
    table = reading.execute(text(hidden)).scalar()
    if table is not None and not _sees_all(reading):
        raise DatabaseProblem(
            f"{source.shown} may hide rows of {table} from your login (row-level security), and a part is no copy. "
            "Use the login of the ledger's owner or of an auditor"
        )


def _sees_all(reading: Connection) -> bool:
    """Whether the ledger itself says that nothing is hidden from the login; an older one says nothing, nor to a stranger."""
    may_ask = "SELECT coalesce(has_function_privilege(to_regprocedure('ledger_sees_all()'), 'EXECUTE'), false)"
    says = reading.execute(text(may_ask)).scalar_one()
    return bool(says) and bool(reading.execute(text("SELECT ledger_sees_all()")).scalar_one())


@contextmanager
def _triggers_at_rest(target: Connection) -> Iterator[None]:
    """Nothing that a server does by itself when rows are added happens meanwhile: what it did is among the rows."""
    if target.dialect.name != "postgresql":
        yield
        return
    found = target.execute(
        text(
            "SELECT c.relname, t.tgname, t.tgenabled FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace AND t.tgenabled <> 'D'"
        )
    ).all()
    for table, trigger, _ in found:
        target.execute(text(f'ALTER TABLE "{table}" DISABLE TRIGGER "{trigger}"'))
    yield
    for table, trigger, how in found:
        word = {"A": "ENABLE ALWAYS", "R": "ENABLE REPLICA"}.get(how, "ENABLE")
        target.execute(text(f'ALTER TABLE "{table}" {word} TRIGGER "{trigger}"'))


def _tables(connection: Connection) -> list[Table]:
    """Every table of the ledger as the database itself describes it, those that others refer to first."""
    metadata = MetaData()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # it says at length that it skips the expression index
        metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != _OWN]


def _columns(tables: list[Table]) -> dict[str, set[str]]:
    """The columns of each table: a source that has more than its schema says would lose it without a word."""
    return {table.name: {column.name for column in table.columns} for table in tables}


def _rows(connection: Connection, table: Table) -> Iterator[tuple[Any, ...]]:
    """All rows in the order of their keys, in a form that both databases share: days as ISO text, flags as 0 and 1."""
    on_sqlite = connection.dialect.name == "sqlite"
    picked = []
    for column in table.columns:
        name = f'"{column.name}"'
        if not on_sqlite and isinstance(column.type, Boolean):
            name = f"CAST({name} AS integer)"
        elif not on_sqlite and isinstance(column.type, Date):
            name = f"to_char({name}, 'YYYY-MM-DD')"
        picked.append(name)
    # Byte order on both, whatever language the server sorts in.
    keys = [
        f'"{key.name}"' + (' COLLATE "C"' if not on_sqlite and isinstance(key.type, String) else "")
        for key in table.primary_key
    ]
    # A file of a hundred megabytes may stand in a single row.
    is_large = any(isinstance(column.type, LargeBinary) for column in table.columns)
    found = connection.exec_driver_sql(
        f"SELECT {', '.join(picked)} FROM {table.name} ORDER BY {', '.join(keys)}",
        execution_options={"yield_per": 1 if is_large else CHUNK},
    )
    for row in found:
        yield tuple(row)


def _told(source: Database, rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """The rows; a problem on the way is the source's, although it is the target that asks for them."""
    with source.problems():
        yield from rows


class _Digest:
    """SHA-256 over rows that pass through, with their number told now and then."""

    def __init__(self, tell: Callable[[int], None] = lambda _rows: None) -> None:
        self._hash = hashlib.sha256()
        self._tell = tell

    @property
    def value(self) -> str:
        return self._hash.hexdigest()

    def through(self, rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        number = 0
        for number, row in enumerate(rows, start=1):
            short = [hashlib.sha256(cell).digest() if isinstance(cell, bytes) else cell for cell in row]
            self._hash.update(repr(short).encode("utf-8", "surrogatepass"))
            if number % CHUNK == 0:
                self._tell(number)
            yield row
        self._tell(number)


def _number_on(connection: Connection, tables: list[Table]) -> None:
    """Let each numbering of a PostgreSQL database go on after the highest number there is."""
    for table in tables:
        for column in table.primary_key:
            sequence = connection.execute(
                text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": table.name, "column": column.name}
            ).scalar()
            if sequence is not None:
                highest = f'max("{column.name}")'
                connection.execute(
                    text(f"SELECT setval(:name, coalesce({highest}, 1), {highest} IS NOT NULL) FROM {table.name}"),
                    {"name": sequence},
                )


def _described(connection: Connection, tables: list[Table]) -> Carried:
    """What stands in the filled place."""
    carried = Carried(schema.revision_of(connection) or "")
    for table in tables:
        carried.rows[table.name] = int(connection.execute(text(f"SELECT count(*) FROM {table.name}")).scalar_one())
    if "batch" in carried.rows:
        last = connection.execute(text("SELECT id, recorded_at FROM batch ORDER BY id DESC LIMIT 1")).first()
        if last is not None:
            carried.batch, carried.recorded_at = int(last[0]), str(last[1])
    return carried
