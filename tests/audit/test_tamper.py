"""Whatever is changed in a ledger past the program, verify fails and names it; what it cannot see a checkpoint tells."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Boolean, Date, LargeBinary, String, Table, Text, text
from sqlalchemy.exc import IntegrityError

from ledger.audit.checkpoint import checkpoint_of, compared
from ledger.domain.findings import Finding
from ledger.store import seals
from ledger.store.database import Connection
from ledger.store.models import Base
from tests.audit.ledgers import BATCHES, rebalance, reseal, said_by, sealed_tables, tampering, truncate, varied
from tests.builders import amount, post, project

CODE_LISTS = ("fund", "country", "country_group", "country_group_member", "theme", "earmark")


@pytest.fixture
def spoiling(database_url: str) -> Iterator[Connection]:
    """A ledger with a row in every table, on a connection that refuses nothing and keeps nothing."""
    database = varied(database_url)
    with tampering(database) as connection:
        yield connection
    database.close()


@contextmanager
def change(connection: Connection, *statements: str, **values: Any) -> Iterator[None]:
    """The ledger with a change that is taken back."""
    with connection.begin_nested() as savepoint:
        for statement in statements:
            assert connection.execute(text(statement), values).rowcount != 0, f"{statement} does nothing"
        yield
        savepoint.rollback()


def names_it(found: list[Finding], table: str, key: object = None) -> bool:
    """Whether a finding names the table, and the row where it is one that is numbered."""
    own = {"seal_hint": {"hint-differs"}, "seal": {"seal-broken", "batch-differs"}, "balance": {"balance-differs"}}
    return any(
        finding.code in own.get(table, ())
        or (finding.values.get("table") == table and (key is None or key in finding.values.get("ids", [key])))
        or table in finding.message
        for finding in found
    )


CHANGES = [
    ("UPDATE transfer SET amount_minor = amount_minor + 1 WHERE id = 3", "batch 1: transfer 3 is not what was sealed"),
    ("UPDATE batch SET note = 'x' WHERE id = 2", "batch 2: batch 2 is not what was sealed"),
    ("DELETE FROM finding WHERE id = 1", "batch 2: finding 1 is missing"),
    ("DELETE FROM project WHERE id = 2", "batch 1: project 2 is missing"),
    ("DELETE FROM project WHERE id = 2 OR id = 3", "batch 1: project 2 is missing, and so is 3"),
    ("UPDATE source_file SET name = 'y' WHERE id = 3", "batch 3: source_file 3 is not what was sealed"),
    ("UPDATE source_content SET size = size + 1 WHERE sha256 = (SELECT sha256 FROM source_file WHERE id = 2)",
     "batch 2: the kept file of source_file 2 is not what was sealed"),
    ("DELETE FROM source_content WHERE sha256 = (SELECT sha256 FROM source_file WHERE id = 2)",
     "batch 2: the kept file of source_file 2 is missing"),
    ("INSERT INTO project (id, source, ref, batch_id) VALUES (-5, 'test', 'extra', 1)",
     "batch 1: project -5 was not there when the batch was sealed"),
    ("INSERT INTO project (id, source, ref, batch_id) VALUES (1000, 'test', 'extra', 1)", "project 1000 is in no seal"),
    ("UPDATE seal SET root = replace(root, substr(root, 1, 1), 'g') WHERE batch_id = 2",
     "the seal of batch 2: its hash is not that of what it says"),
    ("UPDATE seal SET ranges = '{}' WHERE batch_id = 2", "the seal of batch 2: its ranges cannot be read"),
    ("DELETE FROM seal WHERE batch_id = 3", "the seal of batch 4: it does not hold the hash of the seal before it"),
    ("DELETE FROM seal_hint WHERE batch_id = 3 AND table_name = 'batch'",
     "the hints of batch 3 for batch are not those of its rows"),
    ("UPDATE seal_hint SET batch_id = 77 WHERE batch_id = 3", "there are hints of a batch 77 that has no seal"),
    ("UPDATE fund SET name_en = 'x' WHERE code = 'AMIF'", "fund AMIF has another name_en"),
    ("DELETE FROM earmark WHERE code = 'pact'", "earmark pact is missing"),
    ("INSERT INTO theme (code, name_en) VALUES ('x', 'x')", "theme x is in no shipped list"),
]  # fmt: skip


def test_the_row_is_named(spoiling: Connection) -> None:
    for statement, said in CHANGES:
        with change(spoiling, statement):
            assert said in [finding.message for finding in said_by(spoiling)], statement
    assert said_by(spoiling) == [], "each change was taken back"


def test_swapped_rows_are_both_named(spoiling: Connection) -> None:
    swap = "UPDATE project SET ref = CASE id WHEN 1 THEN 'P2' ELSE 'P1' END || :mark WHERE id IN (1, 2)"
    with change(spoiling, swap, "UPDATE project SET ref = substr(ref, 1, 2) WHERE id IN (1, 2)", mark=" "):
        (found,) = said_by(spoiling)
    assert (found.code, found.values["ids"]) == ("row-changed", [1, 2])


def test_every_column_of_every_table(spoiling: Connection, request: pytest.FixtureRequest) -> None:
    """The first row of each table, each column changed, and emptied where it may be empty."""
    tables = [table for table in Base.metadata.sorted_tables if table.name != "alembic_version"]
    tried = 0
    for table in tables:
        columns = list(table.columns)
        if spoiling.dialect.name == "postgresql" and not request.config.getoption("--heavy"):
            columns = columns[:1] + columns[-1:]  # the same code: SQLite's run takes each
        for column in columns:
            for new in new_values(spoiling, table, column.name):
                check_change(spoiling, table, column.name, new)
                tried += 1
    assert tried > (200 if spoiling.dialect.name == "sqlite" else 50)


def check_change(connection: Connection, table: Table, column: str, new: object) -> None:
    quote = connection.dialect.identifier_preparer.quote
    keys = [key.name for key in table.primary_key]
    first = connection.execute(table.select().order_by(*table.primary_key).limit(1)).mappings().one()
    where = " AND ".join(f"{quote(key)} = :k{n}" for n, key in enumerate(keys))
    values = {f"k{n}": first[key] for n, key in enumerate(keys)}
    whole = table.name not in sealed_tables() and not table.name.startswith("seal")
    with change(connection, f"UPDATE {table.name} SET {quote(column)} = :new WHERE {where}", new=new, **values):
        found = said_by(connection, whole=whole)
        assert names_it(found, table.name), (table.name, column, new, found)


def new_values(connection: Connection, table: Table, column: str) -> Iterator[object]:
    """Values that the column does not have in the first row."""
    kind = table.columns[column].type
    old = connection.execute(table.select().order_by(*table.primary_key).limit(1)).mappings().one()[column]
    if table.columns[column].nullable and old is not None:
        yield None
    if isinstance(kind, Boolean):
        yield not old
    elif isinstance(kind, Date):
        yield (old or date(2024, 1, 1)) + timedelta(days=1)
    elif isinstance(kind, LargeBinary):
        yield bytes([old[0] ^ 1]) + old[1:]
        yield old[:-1]
    elif isinstance(kind, String | Text):
        length = kind.length or 100
        yield (old or "")[: length - 1] + ("y" if (old or "")[length - 1 :] == "x" else "x")
    else:
        yield 1 if old is None else old + 1_000_000


def test_rows_removed_and_inserted_in_every_table(spoiling: Connection) -> None:
    for table in sealed_tables():
        if table == seals.CONTENT:
            continue
        with change(spoiling, f"DELETE FROM {table} WHERE id = (SELECT min(id) FROM {table})"):
            assert names_it(said_by(spoiling, whole=False), table), table
        columns = [spoiling.dialect.identifier_preparer.quote(c.name) for c in Base.metadata.tables[table].columns][1:]
        unique = {"reverts_id", "reverses_id"}
        given = ["NULL" if c in unique else c for c in columns]
        for number in (-1, 1_000_000):
            copied = (
                f"INSERT INTO {table} (id, {', '.join(columns)}) SELECT {number}, {', '.join(given)} FROM {table} "
                f"WHERE id = (SELECT min(id) FROM {table})"
            )
            with loose(spoiling, table), change(spoiling, copied):
                assert names_it(said_by(spoiling, whole=False), table, number), table


@contextmanager
def loose(connection: Connection, table: str) -> Iterator[None]:
    """A table without what makes its rows unique, but for their numbers."""
    with connection.begin_nested() as savepoint:
        if connection.dialect.name == "postgresql":
            names = (
                connection.exec_driver_sql(
                    f"SELECT conname FROM pg_constraint WHERE conrelid = '{table}'::regclass AND contype = 'u'"
                )
                .scalars()
                .all()
            )
            for name in names:
                connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            for name in (
                connection.exec_driver_sql(
                    "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
                    f"WHERE i.indrelid = '{table}'::regclass AND i.indisunique AND NOT i.indisprimary"
                )
                .scalars()
                .all()
            ):
                connection.exec_driver_sql(f"DROP INDEX {name}")
        else:
            made = connection.exec_driver_sql(f"SELECT sql FROM sqlite_master WHERE name = '{table}'").scalar_one()
            connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {table}_old")
            for name in (
                connection.exec_driver_sql(
                    f"SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = '{table}_old'"
                )
                .scalars()
                .all()
            ):
                connection.exec_driver_sql(f"DROP INDEX {name}")
            connection.exec_driver_sql(made.replace("UNIQUE", "CHECK (1) --"))
            connection.exec_driver_sql(f"INSERT INTO {table} SELECT * FROM {table}_old")
        yield
        savepoint.rollback()


def test_a_cut_tail_is_seen_against_a_checkpoint_alone(spoiling: Connection) -> None:
    kept = checkpoint_of(seals.all_seals(spoiling), "2026-01-01T00:00:00Z")
    assert compared(kept, seals.all_seals(spoiling)) == []
    for last in range(1, BATCHES):
        with change(spoiling):
            truncate(spoiling, last)
            assert said_by(spoiling, whole=False) == [], "what is left is a whole ledger"
            (found,) = compared(kept, seals.all_seals(spoiling))
            assert found.code == "checkpoint-truncated"
            assert found.values["batch"] == last + 1
    with change(spoiling, "DELETE FROM seal_hint", "DELETE FROM seal"):
        assert [f.code for f in compared(kept, seals.all_seals(spoiling))] == ["checkpoint-truncated"]


def test_seals_computed_anew_are_seen_against_a_checkpoint_alone(spoiling: Connection) -> None:
    before = seals.all_seals(spoiling)
    kept = checkpoint_of(before, "2026-01-01T00:00:00Z")
    with change(spoiling):
        reseal(spoiling)
        assert seals.all_seals(spoiling) == before, "computed anew without a change they are the same"
    edits = {
        "checkpoint-other": "UPDATE transfer SET amount_minor = amount_minor + 1 WHERE id = 3",
        "checkpoint-forked": "UPDATE batch SET note = 'another' WHERE id = 3",
    }
    for code, edit in edits.items():
        with change(spoiling, edit):
            reseal(spoiling)
            rebalance(spoiling)
            assert said_by(spoiling, whole=False) == [], "who computes all anew has a whole ledger"
            assert [f.code for f in compared(kept, seals.all_seals(spoiling))] == [code]


def test_an_older_copy_is_seen_against_a_checkpoint_alone(sqlite_url: str) -> None:
    database = varied(sqlite_url)
    assert database.path is not None
    database.close()
    older = database.path.read_bytes()
    post(database, [project("P8", amount(5_00))], file="late.xlsx")
    with database.read() as connection:
        kept = checkpoint_of(seals.all_seals(connection), "2026-01-01T00:00:00Z")
        assert kept.size == BATCHES + 1
    database.close()
    for left in database.path.parent.glob("ledger.db*"):
        left.unlink()
    database.path.write_bytes(older)
    database.path.chmod(0o600)
    with database.read() as connection:
        assert said_by(connection) == []
        assert [f.code for f in compared(kept, seals.all_seals(connection))] == ["checkpoint-truncated"]
    post(database, [project("P8", amount(6_00))], file="late.xlsx")
    post(database, [project("P7", amount(6_00))], file="later.xlsx")
    with database.read() as connection:
        assert [f.code for f in compared(kept, seals.all_seals(connection))] == ["checkpoint-forked"]
    database.close()


def test_insert_or_replace_from_another_program_is_seen(sqlite_url: str) -> None:
    """SQLite's triggers let it pass where recursive_triggers is off, as it is in every program but ours."""
    import sqlite3

    database = varied(sqlite_url)
    database.close()
    raw = sqlite3.connect(str(database.path))
    columns = [row[1] for row in raw.execute("PRAGMA table_info(transfer)")]
    given = ", ".join("amount_minor + 1" if name == "amount_minor" else name for name in columns)
    raw.execute(f"INSERT OR REPLACE INTO transfer SELECT {given} FROM transfer WHERE id = 2")
    raw.commit()
    raw.close()
    with database.read() as connection:
        assert "batch 1: transfer 2 is not what was sealed" in [f.message for f in said_by(connection)]
    database.close()


MUTATIONS = [pytest.param(40, id="sample"), pytest.param(700, id="many", marks=pytest.mark.heavy)]


@pytest.mark.parametrize("count", MUTATIONS)
def test_random_mutations_are_all_named(spoiling: Connection, count: int) -> None:
    order = random.Random(20261125)  # noqa: S311 - repeatable, not secret
    tables = [Base.metadata.tables[name] for name in (*sealed_tables(), "seal", "seal_hint")]
    if spoiling.dialect.name == "postgresql":
        count //= 4
    done = 0
    while done < count:
        table = order.choice(tables)
        rows = spoiling.execute(table.select()).mappings().all()
        row, column = order.choice(rows), order.choice(list(table.columns))
        key = {f"k_{c.name}": row[c.name] for c in table.primary_key}
        where = " AND ".join(f"{c.name} = :k_{c.name}" for c in table.primary_key)
        quoted = spoiling.dialect.identifier_preparer.quote(column.name)
        if order.random() < 0.2:
            statement, values = f"DELETE FROM {table.name} WHERE {where}", key
        else:
            old = row[column.name]
            new = mutated(order, old)
            if new == old:
                continue
            statement, values = f"UPDATE {table.name} SET {quoted} = :new WHERE {where}", {**key, "new": new}
        try:
            with change(spoiling, statement, **values):
                found = said_by(spoiling, whole=False)
                assert names_it(found, table.name), (statement, values, found)
        except IntegrityError:  # there is such a row already: no spoilt ledger comes of it
            continue
        done += 1


def mutated(order: random.Random, old: object) -> object:
    if isinstance(old, bool):
        return not old
    if isinstance(old, int):
        return old ^ (1 << order.randrange(20)) if old >= 0 else old
    if isinstance(old, bytes):
        at = order.randrange(len(old) * 8)
        return old[: at // 8] + bytes([old[at // 8] ^ (1 << at % 8)]) + old[at // 8 + 1 :]
    if isinstance(old, date):
        return old + timedelta(days=order.choice((-365, -1, 1, 30)))
    if isinstance(old, str) and old:
        at = order.randrange(len(old))
        return old[:at] + chr(ord(old[at]) ^ 1) + old[at + 1 :]
    return old


CLEAN = [pytest.param(12, id="sample"), pytest.param(1000, id="many", marks=pytest.mark.heavy)]


@pytest.mark.parametrize("count", CLEAN)
def test_no_false_alarm_on_clean_ledgers(sqlite_url: str, count: int) -> None:
    from tests.audit.ledgers import findings
    from tests.builders import new_ledger
    from tests.store.balances import revert

    order = random.Random(6962)  # noqa: S311 - repeatable, not secret
    for _ in range(count):
        database = new_ledger(sqlite_url)
        done = []
        for step in range(order.randrange(1, 4)):
            records = [
                project(
                    f"P{n}",
                    amount(order.randrange(1, 10**12), country=order.choice(("TN", "MA", "EG"))),
                    title="".join(chr(order.choice((9, 34, 65, 92, 228, 8364, 0x1D11E))) for _ in range(5)),
                )
                for n in order.sample(range(8), order.randrange(1, 6))
            ]
            done.append(post(database, records, file=f"{step}.xlsx", complete=order.random() < 0.3).batch)
        if done[-1] is not None and order.random() < 0.5:
            revert(database, done[-1])
        assert findings(database) == []
        database.close()
        assert database.path is not None
        for left in database.path.parent.glob("ledger.db*"):
            left.unlink()
