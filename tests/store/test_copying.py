"""A ledger carried elsewhere is the same ledger, and a place is filled wholly or not at all."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import inspect, text

from ledger.store import batches, bulk, copying, members, revisions, schema
from ledger.store.copying import carry
from ledger.store.database import Connection, Database, DatabaseProblem, parse_url
from ledger.store.models import APPEND_ONLY
from ledger.store.totals import Filter, totals
from tests.builders import amount, envelope, figure, new_ledger, post, project
from tests.store.rows import fill

ROOT = Path(__file__).resolve().parents[2]

ALL_WAYS = ["sqlite-sqlite", "sqlite-postgresql", "postgresql-sqlite", "postgresql-postgresql"]
#: The ways on which rows pass through our hands; from file to file SQLite copies its own pages.
ROW_WAYS = ["sqlite-postgresql", "postgresql-sqlite"]


@pytest.fixture(params=ROW_WAYS)
def way(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The kinds of the ledger and of the place that it is carried to."""
    source, _, target = str(request.param).partition("-")
    return source, target


@pytest.fixture
def place(request: pytest.FixtureRequest, way: tuple[str, str], tmp_path: Path) -> Iterator[Database]:
    """An empty place."""
    wanted = str(tmp_path / "elsewhere" / "copy.db")
    database = Database(parse_url(wanted if way[1] == "sqlite" else request.getfixturevalue("empty_postgres")))
    yield database
    database.close()


@pytest.fixture
def empty_postgres(postgres_root_url: str) -> Iterator[str]:
    """A second empty database on the server, for copies from one to another."""
    server = postgres_root_url.replace("+psycopg", "")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE copied TEMPLATE template0 STRATEGY file_copy")
    yield f"{postgres_root_url.rpartition('/')[0]}/copied"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE copied WITH (FORCE)")


@pytest.fixture
def source_url(request: pytest.FixtureRequest, way: tuple[str, str]) -> str:
    """An empty database for the ledger that is carried."""
    return str(request.getfixturevalue("sqlite_url" if way[0] == "sqlite" else "postgres_url"))


@pytest.fixture
def ledger(source_url: str) -> Iterator[Database]:
    """A ledger with a row in every table, corrections and undone batches in it, and gaps in its numbers."""
    database = new_ledger(source_url)
    post(database, [envelope("E", 1_000_00), envelope("E.1", 600_00, parent="E"), figure("F1", value="5.3")])
    post(database, [project("P", amount(250_00)), project("Ü'\\\t\"", amount(1), summary="line 1\nline 2\r\n\\N")])
    post(database, [project("P", amount(240_00), splits={"country": {"TN": 600_000_000, "LY": 400_000_000}})])
    with database.write() as connection:
        found = batches.find(connection, 3)
        assert found is not None
        batches.revert(connection, found)
        if not database.is_sqlite:
            connection.execute(text("SELECT setval(pg_get_serial_sequence('project', 'id'), 700)"))
        connection.execute(text("INSERT INTO project (id, source, ref, batch_id) VALUES (700, 's', 'far', 1)"))
        fill(connection, {table for table in inspect(connection).get_table_names() if table != "alembic_version"})
    yield database
    database.close()


def content(database: Database) -> dict[str, list[list[str]]]:
    """Every cell of every table as text, whatever the driver makes of it."""
    with database.read() as connection:
        return {table: cells(connection, table) for table in sorted(inspect(connection).get_table_names())}


def cells(connection: Connection, table: str) -> list[list[str]]:
    found = connection.execute(text(f"SELECT * FROM {table}")).mappings()
    return sorted([f"{name}={plain(row[name])}" for name in sorted(map(str, row))] for row in found)


def plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    return value.hex() if isinstance(value, bytes) else str(value)


def leftovers(database: Database) -> list[str]:
    """What stands at a place that should be empty: files beside the meant one, or tables."""
    if database.path is not None:
        return sorted(entry.name for entry in database.path.parent.glob("*")) if database.path.parent.exists() else []
    with database.read() as connection:
        return sorted(inspect(connection).get_table_names())


@pytest.mark.parametrize("way", ALL_WAYS, indirect=True)
def test_the_copy_is_the_same_ledger(ledger: Database, place: Database) -> None:
    carried = carry(ledger, place)
    before, after = content(ledger), content(place)
    assert after == before
    assert all(before.values()), "an empty table proves nothing"
    assert carried.kept
    assert carried.revision == revisions.head()
    assert carried.batch == 4
    assert carried.rows == {table: len(rows) for table, rows in before.items() if table != "alembic_version"}
    with place.read() as connection:
        assert schema.differences(connection) == [], "indexes and triggers too"
    refused = 0
    for table in APPEND_ONLY:
        with pytest.raises(Exception, match="is append-only"), place.write() as connection:
            connection.execute(text(f"DELETE FROM {table}"))
        refused += 1
    assert refused == len(APPEND_ONLY)
    assert content(place) == before
    # Both go on alike: the numbering behind the highest number, a newer list on the same accounts and balances.
    for database in (ledger, place):
        assert post(database, [project("P", amount(260_00)), project("new", amount(7, country="LY"))]).batch == 5
    assert "id=701" in str(content(place)["project"])
    assert sums(place) == sums(ledger)
    # A server's numbering skips numbers that a file gives out, so the numbers of new accounts may differ.
    counted = [{table: len(rows) for table, rows in content(database).items()} for database in (ledger, place)]
    assert counted[0] == counted[1]


def sums(database: Database) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        return [
            (total.keys, total.currency, total.minor)
            for total in totals(connection, Filter(), ("project", "envelope", "stage", "country", "year"))
        ]


@pytest.mark.parametrize("way", [*ROW_WAYS, "sqlite-sqlite"], indirect=True)
def test_what_is_booked_meanwhile_is_not_in_it(ledger: Database, place: Database) -> None:
    """The copy is one moment's state, although a writer comes between."""
    before = content(ledger)
    booked: list[int | None] = []

    def book(_table: str, _rows: int) -> None:
        if not booked:
            booked.append(post(ledger, [project("late", amount(99))]).batch)

    if ledger.is_sqlite and place.is_sqlite:
        with ledger.write() as connection:
            connection.execute(text("INSERT INTO project (source, ref, batch_id) VALUES ('s', 'late', 1)"))
            carry(ledger, place)
            connection.rollback()
    else:
        carry(ledger, place, progress=book)
        assert booked[0] is not None
        assert content(ledger) != before
    assert content(place) == before


def test_a_place_that_is_not_empty_is_refused(ledger: Database, place: Database) -> None:
    if place.path is not None:
        place.path.parent.mkdir()
        place.path.write_bytes(b"somebody's")
        said = "is there already; nothing was written"
    else:
        with place.write() as connection:
            connection.execute(text("CREATE TABLE theirs (a integer)"))
        said = "is not empty: it holds the table theirs"
    with pytest.raises(DatabaseProblem, match=said):
        carry(ledger, place)
    assert leftovers(place) == (["copy.db"] if place.path else ["theirs"])
    assert place.path is None or place.path.read_bytes() == b"somebody's"


@pytest.mark.parametrize("way", ["sqlite-postgresql", "sqlite-sqlite"], indirect=True)
def test_a_copy_that_is_not_accepted_leaves_nothing(ledger: Database, place: Database) -> None:
    seen: list[int] = []

    def refuse(connection: Connection) -> bool:
        seen.append(int(connection.execute(text("SELECT count(*) FROM transfer")).scalar_one()))
        return False

    assert not carry(ledger, place, accept=refuse).kept
    assert seen[0] > 0, "it was shown the whole copy"
    assert leftovers(place) == []


def test_a_failure_on_the_way_leaves_nothing(ledger: Database, place: Database) -> None:
    def fail(table: str, _rows: int) -> None:
        if table == "transfer":
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        carry(ledger, place, progress=fail)
    assert leftovers(place) == []


@pytest.mark.parametrize(
    ("way", "column"), [(ROW_WAYS[0], "amount_minor"), (ROW_WAYS[1], "value_date")], indirect=["way"]
)
def test_a_cell_that_arrives_changed_is_seen(
    ledger: Database, place: Database, column: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the comparison: one cell of one row is altered on its way."""
    honest = bulk.insert_rows
    altered = {"amount_minor": 7, "value_date": "2001-01-01"}[column]

    def alter(connection: Connection, table: str, columns: list[str], rows: Iterator[tuple[Any, ...]]) -> None:
        if table == "transfer":
            at = columns.index(f'"{column}"')
            rows = ((*row[:at], altered, *row[at + 1 :]) if n == 0 else row for n, row in enumerate(rows))
        honest(connection, table, columns, rows)

    monkeypatch.setattr(copying, "insert_rows", alter)
    with pytest.raises(DatabaseProblem, match="the table transfer reads back differently"):
        carry(ledger, place)
    assert leftovers(place) == []


@pytest.mark.parametrize("way", ["sqlite-postgresql"], indirect=True)
def test_what_a_server_does_by_itself_is_not_done_twice(
    ledger: Database, place: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trigger that adds to the balances for each transfer is at rest while both are copied, and in force afterwards."""
    build = schema.build

    def with_trigger(connection: Connection, revision: str) -> None:
        build(connection, revision)
        connection.execute(
            text(
                "CREATE FUNCTION adds() RETURNS trigger LANGUAGE plpgsql AS "
                "'BEGIN UPDATE balance SET to_date_minor = to_date_minor + 1; RETURN NULL; END'"
            )
        )
        connection.execute(text("CREATE TRIGGER adds AFTER INSERT ON transfer EXECUTE FUNCTION adds()"))
        connection.execute(text("ALTER TABLE transfer ENABLE ALWAYS TRIGGER adds"))

    monkeypatch.setattr(schema, "build", with_trigger)
    carry(ledger, place)
    assert content(place) == content(ledger)
    with place.write() as connection:
        assert "adds" in schema.trigger_names(connection)
        before = connection.execute(text("SELECT sum(to_date_minor) FROM balance")).scalar_one()
        connection.execute(
            text(
                "INSERT INTO transfer (batch_id, debit_account_id, credit_account_id, amount_minor, rule) "
                "SELECT batch_id, debit_account_id, credit_account_id, 1, 'x' FROM transfer LIMIT 1"
            )
        )
        assert connection.execute(text("SELECT sum(to_date_minor) FROM balance")).scalar_one() > before
        connection.rollback()


@pytest.mark.parametrize("way", ["sqlite-postgresql"], indirect=True)
def test_a_ledger_with_more_than_its_schema_is_refused(ledger: Database, place: Database) -> None:
    with ledger.write() as connection:
        connection.execute(text("ALTER TABLE project ADD COLUMN colour text"))
    with pytest.raises(DatabaseProblem, match="differs from its schema in the table project: see euledger db check"):
        carry(ledger, place)
    assert leftovers(place) == []


def test_an_older_ledger_keeps_its_schema(source_url: str, place: Database) -> None:
    older = Database(parse_url(source_url))
    schema.upgrade(older, "0004")
    with older.write() as connection:
        fill(connection, set(inspect(connection).get_table_names()) - {"alembic_version"})
    assert carry(older, place).revision == "0004"
    assert content(place) == content(older)
    assert schema.upgrade(place)[0] == "0004"
    with place.read() as connection:
        assert schema.differences(connection) == []
    older.close()


def test_no_ledger_and_a_newer_one_are_refused(source_url: str, place: Database) -> None:
    source = Database(parse_url(source_url))
    source.create_file()
    with pytest.raises(DatabaseProblem, match="holds no ledger"):
        carry(source, place)
    schema.upgrade(source)
    with source.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '7777'"))
    with pytest.raises(DatabaseProblem, match="made by a newer program"):
        carry(source, place)
    assert leftovers(place) == []
    source.close()


@pytest.mark.parametrize("way", ["sqlite-sqlite", "postgresql-sqlite"], indirect=True)
@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_the_file_is_its_owners_alone(ledger: Database, tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        modes: set[int] = set()

        def look(_connection: Connection) -> bool:
            modes.update(stat.S_IMODE(entry.stat().st_mode) for entry in (tmp_path / "b").iterdir())
            return True

        carry(ledger, Database(parse_url(str(tmp_path / "b" / "copy.db"))), accept=look)
    finally:
        os.umask(before)
    assert modes == {0o600}, "while it is written"
    assert [entry.name for entry in (tmp_path / "b").iterdir()] == ["copy.db"]
    assert stat.S_IMODE((tmp_path / "b" / "copy.db").stat().st_mode) == 0o600
    header = (tmp_path / "b" / "copy.db").read_bytes()[18:20]
    assert header == b"\1\1", "not in WAL mode: such a file cannot be read where nothing can be written"


@pytest.mark.parametrize("side", ["-wal", "-shm", "-journal"])
@pytest.mark.parametrize("replace", [True, False])
def test_a_file_that_is_open_is_never_replaced(sqlite_url: str, tmp_path: Path, side: str, replace: bool) -> None:
    """The new file would be read together with what the old one left beside it."""
    ledger = new_ledger(sqlite_url)
    target = tmp_path / "b.db"
    (tmp_path / f"b.db{side}").write_bytes(b"x")
    with pytest.raises(DatabaseProblem, match=f"b.db{side} is there"):
        carry(ledger, Database(parse_url(str(target))), replace=replace)
    assert not target.exists()
    ledger.close()


def test_a_name_that_was_taken_meanwhile_stays_taken(sqlite_url: str, tmp_path: Path) -> None:
    ledger = new_ledger(sqlite_url)
    target = tmp_path / "b" / "b.db"

    def take(_connection: Connection) -> bool:
        target.write_bytes(b"faster")
        return True

    with pytest.raises(DatabaseProblem, match="cannot create"):
        carry(ledger, Database(parse_url(str(target))), accept=take)
    assert target.read_bytes() == b"faster"
    assert list(target.parent.iterdir()) == [target]
    ledger.close()


def test_a_ledger_does_not_replace_itself(sqlite_url: str, tmp_path: Path) -> None:
    ledger = new_ledger(sqlite_url)
    (tmp_path / "link.db").symlink_to(tmp_path / "ledger.db")
    for name in ("ledger.db", "link.db"):
        with pytest.raises(DatabaseProblem, match="is the ledger itself"):
            carry(ledger, Database(parse_url(str(tmp_path / name))), replace=True)
    schema.require_current(ledger)
    ledger.close()


def test_a_text_where_a_day_belongs_is_told_without_repeating_it(sqlite_url: str, empty_postgres: str) -> None:
    ledger = new_ledger(sqlite_url)
    post(ledger, [project("P", amount(1))])
    with ledger.write() as connection:
        connection.execute(text("UPDATE country_group_member SET valid_from = 'Kanarienvogel'"))
    place = Database(parse_url(empty_postgres))
    with pytest.raises(DatabaseProblem, match="the table country_group_member holds what does not fit") as caught:
        carry(ledger, place)
    assert "Kanarienvogel" not in str(caught.value)
    assert leftovers(place) == []
    ledger.close()


def test_who_may_see_a_part_cannot_copy_it_for_the_whole(postgres_url: str, tmp_path: Path) -> None:
    role = "half_sighted"
    ledger = new_ledger(postgres_url)
    post(ledger, [project("P", amount(1)), project("Q", amount(2))])
    with ledger.write() as connection:
        connection.execute(text("CREATE ROLE half_sighted LOGIN PASSWORD 'half_sighted'"))
        connection.execute(text("GRANT SELECT ON ALL TABLES IN SCHEMA public TO half_sighted"))
    half = Database(parse_url(postgres_url).set(username=role, password=role))
    whole, part = tmp_path / "whole.db", tmp_path / "part.db"
    try:
        with pytest.raises(DatabaseProblem, match="row-level security"):
            carry(half, Database(parse_url(str(part))))
        with ledger.write() as connection:
            members.grant(connection, "officer", role, [("AMIF", "FR")], create=False)
        with pytest.raises(DatabaseProblem, match="row-level security"):
            carry(half, Database(parse_url(str(part))))
        assert not part.exists()
        with ledger.write() as connection:
            members.revoke(connection, role)
            members.grant(connection, "auditor", role, [(None, None)], create=False)
        carry(half, Database(parse_url(str(whole))))
        assert content(Database(parse_url(str(whole)))) == content(ledger), "who may see all may copy all"
    finally:
        half.close()
        with ledger.write() as connection:
            connection.execute(text("DROP OWNED BY half_sighted"))
            connection.execute(text("DROP ROLE half_sighted"))
        ledger.close()


@pytest.mark.parametrize(
    ("way", "rows"),
    [
        pytest.param("postgresql-sqlite", 30_000, marks=pytest.mark.slow),
        *(pytest.param(way, 600_000, marks=pytest.mark.heavy) for way in ROW_WAYS),
    ],
    indirect=["way"],
)
def test_memory_does_not_grow_with_the_ledger(source_url: str, place: Database, rows: int) -> None:
    """Measured from outside: what a driver holds in memory of its own counts too."""
    ledger = new_ledger(source_url)
    post(ledger, [project("P", amount(1))])
    few, many = rows // 10, rows
    with ledger.write() as connection:
        connection.execute(
            text(
                "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < :last) INSERT INTO finding "
                "(id, batch_id, code, severity, sheet, cell, message, details) SELECT i, 1, 'x', 'info', '', '', "
                "'message that is not short, so that many of them take room ' || i, '{}' FROM n"
            ),
            {"last": few},
        )
    small = peak(ledger, place)
    with ledger.write() as connection:
        connection.execute(
            text(
                "INSERT INTO finding (id, batch_id, code, severity, sheet, cell, message, details) "
                "SELECT f.id + :step * n.i, 1, f.code, f.severity, f.sheet, f.cell, f.message, f.details FROM finding f, "
                "(SELECT 1 AS i UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION "
                "SELECT 7 UNION SELECT 8 UNION SELECT 9) AS n"
            ),
            {"step": few + 1},
        )
        assert connection.execute(text("SELECT count(*) FROM finding")).scalar_one() > many * 0.99
    large = peak(ledger, place)
    # Held all at once, the rows of the smaller sample would need some 12 MB more.
    assert large - small < 6 << 20, f"{small >> 20} MB for {few} rows, {large >> 20} MB for {many}"
    ledger.close()


def peak(ledger: Database, place: Database) -> int:
    """Bytes of memory that a process of its own needs at most to carry the ledger; nothing is kept."""
    program = (
        "import resource, sys; from ledger.store.copying import carry; from ledger.store.database import Database, parse_url; "
        "carry(*(Database(parse_url(name)) for name in sys.argv[1:]), accept=lambda _: False); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)"
    )
    urls = [database.url.render_as_string(hide_password=False) for database in (ledger, place)]
    done = subprocess.run([sys.executable, "-c", program, *urls], check=True, capture_output=True, text=True, cwd=ROOT)
    return int(done.stdout)
