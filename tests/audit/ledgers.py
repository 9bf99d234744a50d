"""Ledgers for the seals' tests: a row in every table, several batches, corrections and an undo; and means to spoil one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy import text

from ledger.actions.verify import verify, verify_state
from ledger.audit.verify import verify_seals
from ledger.domain.findings import CheckResult, Finding
from ledger.domain.merkle import root
from ledger.domain.records import CoverageStatement
from ledger.domain.sealing import FORMATS, Seal, row_hashes
from ledger.store import batches, seals
from ledger.store.database import Connection, Database, parse_url
from ledger.store.journal import movements
from ledger.store.models import APPEND_ONLY, Base
from tests.builders import amount, copy_of, envelope, figure, new_ledger, post, project
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
BATCHES = 5


def varied(url: str) -> Database:
    """A ledger of five batches with at least one row in every sealed table."""
    return copy_of(url, _varied)


def _varied(url: str) -> Database:
    database = new_ledger(url) if url.startswith("sqlite") else _upgraded(url)
    post(database, FIRST, coverage=[CoverageStatement("NDICI-GE", None, None, date(2021, 1, 1), date(2027, 12, 31))])
    post(database, SECOND, file="second.xlsx")
    undone = post(database, [project("P9", amount(3_00))], file="third.xlsx", source="other")
    revert(database, undone.batch)
    with database.write() as connection:
        batch = batches.open_batch(connection, "import", note="what no record of the tests books")
        batches.keep_findings(connection, batch, [Finding("hidden-rows", "rows are hidden", "a.xlsx", "Sheet1", "A1")])
        fill(connection, set(APPEND_ONLY) - {"seal", "seal_hint"})
    return database


def _upgraded(url: str) -> Database:
    from ledger.store import code_lists, schema

    database = Database(parse_url(url))
    schema.upgrade(database)
    with database.write() as connection:
        code_lists.load(connection)
    return database


def findings(database: Database) -> list[Finding]:
    """All that verify has to say."""
    return told(verify(database))


def told(results: Iterable[CheckResult]) -> list[Finding]:
    return [finding for result in results for finding in result.findings]


def said_by(connection: Connection, *, whole: bool = True) -> list[Finding]:
    """What verify says of a ledger on an open connection; without balances, code lists and file if not `whole`."""
    return told(verify_state(connection) if whole else verify_seals(connection))


def codes(database: Database) -> set[str]:
    return {finding.code for finding in findings(database)}


@contextmanager
def tampering(database: Database) -> Iterator[Connection]:
    """A connection on which the ledger's owner can change anything: no trigger, key or check refuses. Never kept."""
    with database.open() as connection:
        loosen(connection)
        yield connection
        connection.rollback()


def tamper(database: Database, *statements: str) -> None:
    """Change the ledger as its owner can, for good; the triggers are back afterwards, where a test asks for them."""
    with database.open() as connection:
        restore = loosen(connection)
        for statement in statements:
            connection.execute(text(statement))
        for statement in restore:
            connection.exec_driver_sql(statement)
        connection.commit()


def loosen(connection: Connection) -> list[str]:
    """Switch every safeguard off inside the transaction; returns what puts the triggers back."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        made = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
        for name, _ in made:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        return [sql for _, sql in made]
    tables = connection.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").scalars().all()
    restore = []
    for table in tables:
        triggers = connection.exec_driver_sql(
            f"SELECT tgname FROM pg_trigger WHERE tgrelid = '{table}'::regclass AND NOT tgisinternal"
        ).scalars()
        restore += [
            f"ALTER TABLE {table} ENABLE TRIGGER ALL",
            *(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}" for name in triggers),
        ]
        connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        checks = connection.exec_driver_sql(
            f"SELECT conname FROM pg_constraint WHERE conrelid = '{table}'::regclass AND contype = 'c'"
        ).scalars()
        for name in checks:
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    return restore


def truncate(connection: Connection, batch: int) -> None:
    """Cut off everything behind a batch, so that what is left is a whole ledger."""
    kept = next(seal for seal in seals.all_seals(connection) if seal.batch_id == batch)
    connection.execute(text(f"DELETE FROM seal_hint WHERE batch_id > {batch}"))
    connection.execute(text(f"DELETE FROM seal WHERE batch_id > {batch}"))
    for table, span in kept.spans().items():
        if table != seals.CONTENT:
            connection.execute(text(f"DELETE FROM {table} WHERE id > {span.last}"))
    connection.execute(
        text("DELETE FROM source_content WHERE sha256 NOT IN (SELECT f.sha256 FROM source_file f)"),
    )
    rebalance(connection)


def rebalance(connection: Connection) -> None:
    """The balances that the journal now gives."""
    connection.execute(text("DELETE FROM balance"))
    connection.execute(
        text(
            "INSERT INTO balance (account_id, year, to_date_minor, passed_on_minor) SELECT account_id, year, "
            f"sum(to_date), sum(passed_on) FROM ({movements('1 = 1')}) AS m GROUP BY account_id, year"
        )
    )


def reseal(connection: Connection) -> None:
    """Compute every seal and hint anew from the rows as they are now, as whoever knows this program can."""
    old = seals.all_seals(connection)
    connection.execute(text("DELETE FROM seal_hint"))
    connection.execute(text("DELETE FROM seal"))
    previous = "0" * 64
    for each in old:
        hashes, parts = [], []
        for table, span in each.spans().items():
            of_table = [
                leaf
                for chunk in seals.read_rows(connection, table, each.format, after=span.after, last=span.last)
                for leaf in row_hashes(chunk.rows)
            ]
            hashes += of_table
            parts += [
                {"batch_id": each.batch_id, "table_name": table, "part": n, "hints": part}
                for n, part in enumerate(seals.parts_of(seals.hints_of(of_table)))
            ]
        made = Seal(
            each.batch_id, each.first_batch_id, each.format, each.ranges, len(hashes), root(hashes).hex(), previous, ""
        )
        previous = made.entry_hash
        values = {name: getattr(made, name) for name in Base.metadata.tables["seal"].columns.keys()}  # noqa: SIM118
        connection.execute(Base.metadata.tables["seal"].insert(), values | {"hash": previous})
        connection.execute(Base.metadata.tables["seal_hint"].insert(), parts)


def sealed_tables() -> tuple[str, ...]:
    return tuple(FORMATS[max(FORMATS)])
