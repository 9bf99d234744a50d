"""Sealing what was booked, and reading it again as it was sealed: rows in canonical form, in chunks, in order.

The statements go straight to the driver: millions of rows pass here, and each may cost a few microseconds at most.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from hashlib import sha256
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Connection, Date, Table, inspect, text
from sqlalchemy.exc import DBAPIError

from ledger.domain.merkle import CHUNK, Tree
from ledger.domain.sealing import FORMAT, FORMATS, HINT, NO_HASH, Seal, Span, ranges_text, row_bytes, row_hashes
from ledger.store.models import Base
from ledger.store.revisions import head

_SEAL = tuple(column.name for column in Base.metadata.tables["seal"].columns)
#: The kept files have no number: they stand in the order in which files first name them.
CONTENT = "source_content"
#: Names for PostgreSQL's cursors.
_numbers = count(1)


class Chunk(NamedTuple):
    """The numbers of some rows, which ascend, and the bytes of each as they are sealed."""

    ids: list[int]
    rows: list[bytes]


#: Told the number of the first file that names them, SHA-256, size and stored bytes of each kept file that is read.
Watch = Callable[[int, str, int, bytes], None]


class Unreadable(Exception):
    """The database holds something that it cannot read; the message is its own."""


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
    try:
        before = {} if last is None else last.spans()
    except (ValueError, TypeError, AttributeError) as error:
        raise Unreadable("the last seal was changed; look at it with: euledger verify") from error
    tree, spans, parts = Tree(), {}, []
    pending = _last_ids(connection, before)
    for table in FORMATS[FORMAT]:
        after = before[table].last if table in before else 0
        top, beginnings = after, bytearray()
        if pending[table] is not None:
            for chunk in read_rows(connection, table, FORMAT, after=after):
                hashes = row_hashes(chunk.rows)
                tree.extend(hashes)
                beginnings += hints_of(hashes)
                top = chunk.ids[-1]
        spans[table] = Span(after, top, len(beginnings) // HINT)
        parts += [
            {"batch_id": newest, "table_name": table, "part": part, "hints": hints}
            for part, hints in enumerate(parts_of(beginnings))
        ]
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
    connection.execute(Base.metadata.tables["seal_hint"].insert(), parts)


def last_seal(connection: Connection) -> Seal | None:
    """The newest seal, if any."""
    found = connection.execute(text(f"SELECT {', '.join(_SEAL)} FROM seal ORDER BY batch_id DESC LIMIT 1")).first()
    return None if found is None else Seal(*found)


def all_seals(connection: Connection) -> list[Seal]:
    """Every seal, oldest first."""
    query = f"SELECT {', '.join(_SEAL)} FROM seal ORDER BY batch_id"
    with readable(connection):
        return [Seal(*row) for rows in _fetch(connection, query, (), 1000) for row in rows]


def hints(connection: Connection) -> Iterator[tuple[int, str, int, bytes]]:
    """(batch, table, part, hints) of every part, by batch, table and part."""
    query = "SELECT batch_id, table_name, part, hints FROM seal_hint ORDER BY batch_id, table_name, part"
    with readable(connection):
        for rows in _fetch(connection, query, (), 64):
            for batch, table, part, content in rows:
                yield batch, table, part, _stored(content)


def hints_of(hashes: Sequence[bytes]) -> bytes:
    """The beginnings of the hashes, one behind the other."""
    return b"".join([each[:HINT] for each in hashes])


def parts_of(beginnings: bytes | bytearray) -> list[bytes]:
    """The hints of a table, cut as they are stored."""
    size = CHUNK * HINT
    return [bytes(beginnings[start : start + size]) for start in range(0, len(beginnings), size)]


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

    `watch` is told of each kept file, so that whoever checks it need not read it a second time. Unreadable where the
    database cannot go on.
    """
    with readable(connection):
        if table == CONTENT:
            yield from _contents(connection, after, last, watch)
            return
        columns = _canonical(connection, Base.metadata.tables[table], FORMATS[format_][table])
        if _writes_json(connection):
            query = f"SELECT c.id, {_json(connection, table, columns)} FROM {table} c WHERE 1 = 1"
            try:
                for rows in _fetch_span(connection, query, "c.id", after, last):
                    ids, contents = map(list, zip(*rows, strict=True))
                    after = ids[-1]
                    yield Chunk(ids, contents)
            except sqlite3.Error:
                pass  # a spoilt value has no JSON: the slow way takes it from here, and names it
            else:
                return
        query = f"SELECT '{table}', {', '.join(columns)} FROM {table} c WHERE 1 = 1"
        for rows in _fetch_span(connection, query, "c.id", after, last):
            yield Chunk([row[1] for row in rows], [row_bytes(row) for row in rows])


def stray_contents(connection: Connection) -> list[str]:
    """SHA-256 of the kept files that no file names."""
    query = (
        "SELECT k.sha256 FROM source_content k WHERE NOT EXISTS (SELECT 1 FROM source_file f WHERE f.sha256 = k.sha256)"
    )
    with readable(connection):
        return [str(row[0]) for rows in _fetch(connection, query, (), CHUNK) for row in rows]


def file_at(connection: Connection, file_id: int) -> tuple[int, str]:
    """The batch and the name of a file that was read."""
    query = text("SELECT batch_id, name FROM source_file WHERE id = :id")
    with readable(connection):
        batch, name = connection.execute(query, {"id": file_id}).one()
    return int(batch), str(name)


def _contents(connection: Connection, after: int | None, last: int | None, watch: Watch | None) -> Iterator[Chunk]:
    """The kept files that a file of this range is the first to name; one at a time, for each may be large."""
    named = "SELECT min(f.id) FROM source_file f GROUP BY f.sha256"
    firsts = [
        int(row[0])
        for rows in _fetch_span(
            connection, f"SELECT c.id FROM source_file c WHERE c.id IN ({named})", "c.id", after, last
        )
        for row in rows
    ]
    query = (
        "SELECT k.sha256, k.size, k.content FROM source_content k "
        f"WHERE k.sha256 = (SELECT f.sha256 FROM source_file f WHERE f.id = {_mark(connection)})"
    )
    for first in firsts:
        for rows in _fetch(connection, query, (first,), 1):
            digest, size, content = rows[0]
            stored = _stored(content)
            if watch is not None:
                watch(first, digest, size, stored)
            yield Chunk([first], [row_bytes((CONTENT, digest, size, sha256(stored).hexdigest()))])


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


def _canonical(connection: Connection, table: Table, columns: Sequence[str]) -> list[str]:
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
    return names


def _json(connection: Connection, table: str, columns: Sequence[str]) -> str:
    """An expression for the bytes of a row: the database writes them several times as fast as Python can."""
    if connection.dialect.name == "sqlite":
        return f"CAST(json_array('{table}', {', '.join(columns)}) AS BLOB)"
    values = " || ',' || ".join(f"coalesce(CAST(to_json({column}) AS text), 'null')" for column in columns)
    return f"""convert_to('["{table}",' || {values} || ']', 'UTF8')"""


def _writes_json(connection: Connection) -> bool:
    """Whether the database writes JSON to the byte as we do: asked once a connection, by example."""
    if "writes_json" not in connection.info:
        signs = "".join(map(chr, range(1, 0x300))) + "\u2028\u2029\ufeff\U0001d11e"
        values = [f"CAST({_mark(connection)} AS text)", "CAST(NULL AS text)", "-1"]
        query = f"SELECT {_json(connection, 'x', values)}"
        try:
            ours = row_bytes(("x", signs, None, -1))
            connection.info["writes_json"] = [row[0] for row in next(_fetch(connection, query, (signs,), 1))] == [ours]
        except sqlite3.Error:
            connection.info["writes_json"] = False
    return bool(connection.info["writes_json"])


def _fetch_span(
    connection: Connection, query: str, key: str, after: int | None, last: int | None
) -> Iterator[list[Any]]:
    """The rows of a query that has a WHERE already, within these bounds and in the order of `key`."""
    bounds = [(sign, value) for sign, value in ((">", after), ("<=", last)) if value is not None]
    within = "".join(f" AND {key} {sign} {_mark(connection)}" for sign, _ in bounds)
    values = tuple(value for _, value in bounds)
    ordered = f"{query}{within} ORDER BY {key}"
    return _fetch(connection, ordered, values, CHUNK)


def _fetch(connection: Connection, query: str, values: Sequence[Any], size: int) -> Iterator[list[Any]]:
    """The rows of a query, `size` at a time, from the driver itself; PostgreSQL keeps the rest on the server."""
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        with closing(raw.execute(query, values)) as cursor:
            while rows := _next_rows(raw, cursor, size):
                yield rows
        return
    with raw.cursor(name=f"seal_{next(_numbers)}", binary=True) as cursor:
        cursor.execute(query, values)
        while rows := cursor.fetchmany(size):
            yield rows


def _next_rows(raw: sqlite3.Connection, cursor: sqlite3.Cursor, size: int) -> list[Any]:
    # Text that is no UTF-8 is read all the same, for it must be named. The setting is the connection's, and several
    # cursors are open: it holds for this one fetch.
    raw.text_factory = _lenient_text
    try:
        return cursor.fetchmany(size)
    finally:
        raw.text_factory = str


def _lenient_text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _mark(connection: Connection) -> str:
    return "?" if connection.dialect.name == "sqlite" else "%s"


def _stored(content: object) -> bytes:
    """Stored bytes; what somebody put in their place becomes bytes that differ."""
    return content if isinstance(content, bytes) else repr(content).encode("utf-8", "surrogateescape")


@contextmanager
def readable(connection: Connection) -> Iterator[None]:
    """What the database cannot read becomes Unreadable."""
    driver: Any = connection.dialect.loaded_dbapi
    try:
        yield
    except (driver.Error, DBAPIError) as error:
        raise Unreadable(
            (str(getattr(error, "orig", error)).strip() or type(error).__name__).splitlines()[0]
        ) from error
