"""Sealing what was booked, and reading it again as it was sealed: rows in canonical form, in chunks, in order.

The statements go straight to the driver: millions of rows pass here, and each may cost a few microseconds at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from hashlib import sha256
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Connection, Date, Table, inspect, text

from ledger.domain.merkle import CHUNK, Tree
from ledger.domain.sealing import FORMAT, FORMATS, HINT, NO_HASH, Seal, Span, ranges_text, row_hashes
from ledger.store.models import Base
from ledger.store.revisions import head

_SEAL = tuple(column.name for column in Base.metadata.tables["seal"].columns)
#: The kept files have no number: they stand in the order in which files first name them.
CONTENT = "source_content"
#: Names for PostgreSQL's cursors.
_numbers = count(1)


class Chunk(NamedTuple):
    """Rows as they are sealed (the table's name first), and their numbers, which ascend."""

    ids: list[int]
    rows: Sequence[Sequence[Any]]


#: Told the SHA-256, the size and the stored bytes of each kept file that is read.
Watch = Callable[[str, int, bytes], None]


def seal_pending(connection: Connection) -> None:
    """Seal all that was booked since the last seal, inside the write transaction that is open; nothing if nothing was.

    A schema that is older than the program is left alone: the upgrade seals.
    """
    if not _is_current(connection):
        return
    newest = connection.execute(text("SELECT max(id) FROM batch")).scalar()
    last = last_seal(connection)
    if newest is None or (last is not None and newest <= last.batch_id):
        return
    before = {} if last is None else last.spans()
    tree, spans, hints = Tree(), {}, []
    pending = _last_ids(connection, before)
    for table in FORMATS[FORMAT]:
        after = before[table].last if table in before else 0
        top, count, part = after, 0, 0
        if pending[table] is not None:
            for chunk in read_rows(connection, table, FORMAT, after=after):
                hashes = row_hashes(table, chunk.rows)
                tree.extend(hashes)
                hints.append((newest, table, part, hints_of(hashes)))
                top, count, part = chunk.ids[-1], count + len(hashes), part + 1
        spans[table] = Span(after, top, count)
    seal = Seal(
        batch_id=int(newest),
        first_batch_id=1 if last is None else last.batch_id + 1,
        format=FORMAT,
        ranges=ranges_text(spans),
        leaf_count=len(tree),
        root=tree.root().hex(),
        previous_hash=NO_HASH if last is None else last.hash,
        hash="",
    )
    values = {name: getattr(seal, name) for name in _SEAL} | {"hash": seal.entry_hash}
    connection.execute(Base.metadata.tables["seal"].insert(), values)
    names = ("batch_id", "table_name", "part", "hints")
    connection.execute(
        Base.metadata.tables["seal_hint"].insert(), [dict(zip(names, hint, strict=True)) for hint in hints]
    )


def last_seal(connection: Connection) -> Seal | None:
    """The newest seal, if any."""
    found = connection.execute(text(f"SELECT {', '.join(_SEAL)} FROM seal ORDER BY batch_id DESC LIMIT 1")).first()
    return None if found is None else Seal(*found)


def all_seals(connection: Connection) -> Iterator[Seal]:
    """Every seal, oldest first."""
    found = connection.execute(text(f"SELECT {', '.join(_SEAL)} FROM seal ORDER BY batch_id"))
    return (Seal(*row) for row in found)


def hints(connection: Connection) -> Iterator[tuple[int, str, int, bytes]]:
    """(batch, table, part, hints) of every part, in the order of the seals."""
    query = "SELECT batch_id, table_name, part, hints FROM seal_hint ORDER BY batch_id, table_name, part"
    for chunk in _fetch(connection, query, (), 64):
        yield from chunk


def hints_of(hashes: Sequence[bytes]) -> bytes:
    """The beginnings of the hashes, one behind the other."""
    return b"".join([each[:HINT] for each in hashes])


def read_rows(
    connection: Connection,
    table: str,
    format_: int,
    *,
    after: int | None = None,
    last: int | None = None,
    watch: Watch | None = None,
) -> Iterator[Chunk]:
    """The rows numbered above `after` up to `last` in canonical form and in their order, some thousands at a time.

    `watch` is told of each kept file, so that whoever checks it need not read it a second time.
    """
    if table == CONTENT:
        yield from _contents(connection, after, last, watch)
        return
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    bounds = [(sign, value) for sign, value in ((">", after), ("<=", last)) if value is not None]
    where = " AND ".join(f"c.id {sign} {mark}" for sign, _ in bounds) or "1 = 1"
    values = tuple(value for _, value in bounds)
    columns = _canonical(connection, Base.metadata.tables[table], FORMATS[format_][table])
    query = f"SELECT '{table}', {columns} FROM {table} c WHERE {where} ORDER BY c.id"
    for rows in _fetch(connection, query, values, CHUNK):
        yield Chunk([row[1] for row in rows], rows)


def _contents(connection: Connection, after: int | None, last: int | None, watch: Watch | None) -> Iterator[Chunk]:
    """The kept files that a file of this range is the first to name; one at a time, for each may be large."""
    bounds = {name: value for name, value in (("after", after), ("last", last)) if value is not None}
    having = " AND ".join(f"min(id) {'>' if name == 'after' else '<='} :{name}" for name in bounds) or "1 = 1"
    named = f"SELECT sha256, min(id) FROM source_file GROUP BY sha256 HAVING {having} ORDER BY 2"
    content = text("SELECT size, content FROM source_content WHERE sha256 = :sha256")
    for digest, first_id in connection.execute(text(named), bounds).all():
        found = connection.execute(content, {"sha256": digest}).first()
        if found is None:
            continue  # the caller counts, and misses it
        stored = bytes(found[1])
        if watch is not None:
            watch(digest, found[0], stored)
        yield Chunk([first_id], [(CONTENT, digest, found[0], sha256(stored).hexdigest())])


def _is_current(connection: Connection) -> bool:
    if not inspect(connection).has_table("alembic_version"):
        return False
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == head()


def _last_ids(connection: Connection, before: dict[str, Span]) -> dict[str, int | None]:
    """The highest number of each table above what is sealed already; None where nothing was added."""
    queries = []
    for table in FORMATS[FORMAT]:
        after = before[table].last if table in before else 0
        source = "source_file" if table == CONTENT else table
        queries.append(f"SELECT '{table}', max(id) FROM {source} WHERE id > {after}")
    return {str(table): last for table, last in connection.execute(text(" UNION ALL ".join(queries)))}


def _canonical(connection: Connection, table: Table, columns: Sequence[str]) -> str:
    """The columns as they are written on both databases: flags as 0 and 1, days as text."""
    quote = connection.dialect.identifier_preparer.quote
    names = []
    for name in columns:
        column = f"c.{quote(name)}"
        if connection.dialect.name == "postgresql":
            kind = table.columns[name].type
            if isinstance(kind, Boolean):
                column = f"CAST({column} AS integer)"
            elif isinstance(kind, Date):
                column = f"to_char({column}, 'YYYY-MM-DD')"
        names.append(column)
    return ", ".join(names)


def _fetch(connection: Connection, query: str, values: Sequence[Any], size: int) -> Iterator[list[Any]]:
    """The rows of a query, `size` at a time, from the driver itself; PostgreSQL keeps the rest on the server."""
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        with closing(raw.execute(query, values)) as cursor:
            while rows := cursor.fetchmany(size):
                yield rows
        return
    with raw.cursor(name=f"seal_{next(_numbers)}") as cursor:
        cursor.execute(query, values)
        while rows := cursor.fetchmany(size):
            yield rows
