"""Ledgers for the seals' tests: a row in every table, several batches, corrections and an undo."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import date

from ledger.actions.verify import verify
from ledger.domain.findings import Finding
from ledger.domain.records import CoverageStatement, Kind, Record
from ledger.store import batches
from ledger.store.database import Database
from ledger.store.models import APPEND_ONLY
from tests.builders import amount, envelope, figure, new_ledger, post, project
from tests.store.balances import revert
from tests.store.rows import fill

FIRST = [
    envelope("TOT", 100_000_00, parts="complete"),
    envelope("A", 60_000_00, parent="TOT"),
    project("P1", amount(10_000_00), splits={"country": {"TN": 333_333_333, "MA": 666_666_667}}),
    project("P2", amount(20_000_00, on=None), amount(5_000_00, stage="paid"), earmarks={"pact": 1_000_000_000}),
    project("P3", amount(7_00, country="EG"), title='Größe „ﬁ“ "x" \\ \t\n — ½ 𝄞'),
    figure("F1", quote="more than 3", value="3", unit="projects", measure="count", qualifier="more than"),
]
SECOND = [project("P1", amount(11_000_00)), project("P4", amount(1_00, country="LY"))]


def varied(url: str) -> Database:
    """A ledger of five batches with a row in every sealed table."""
    database = new_ledger(url)
    post(database, FIRST, coverage=[CoverageStatement("NDICI-GE", None, None, date(2021, 1, 1), date(2027, 12, 31))])
    post(database, SECOND, file="second.xlsx")
    undone = post(database, [project("P9", amount(3_00))], file="third.xlsx", source="other")
    revert(database, undone.batch)
    with database.write() as connection:
        batch = batches.open_batch(connection, "import", note="what no record of the tests books")
        batches.keep_findings(connection, batch, [Finding("hidden-rows", "rows are hidden", "a.xlsx", "Sheet1", "A1")])
        fill(connection, set(APPEND_ONLY) - {"seal", "seal_hint"})
    return database


def findings(database: Database) -> list[Finding]:
    """All that verify has to say."""
    return [finding for result in verify(database) for finding in result.findings]


def codes(database: Database) -> set[str]:
    return {finding.code for finding in findings(database)}


def tamper(database: Database, *statements: str) -> None:
    """Change the database as its owner can, past every trigger."""
    if database.path is not None:
        database.close()
        raw = sqlite3.connect(str(database.path))
        raw.execute("PRAGMA foreign_keys = OFF")
        triggers = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            raw.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            raw.execute(statement)
        for _, made in triggers:
            raw.execute(made)
        raw.commit()
        raw.close()
        return
    import psycopg

    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        # As superuser with all triggers off, foreign keys among them.
        tables = [row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        for table in tables:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL".encode())
        for statement in statements:
            connection.execute(statement.encode())
        for table in tables:
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL".encode())
            for (name,) in connection.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", (table,)
            ).fetchall():
                connection.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}".encode())
        connection.commit()


def kinds(records: Iterable[Record]) -> set[Kind]:
    return {record.kind for record in records}
