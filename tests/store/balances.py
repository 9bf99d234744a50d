"""What must hold after every step on any ledger: the balances are those of the journal, built anew."""

from __future__ import annotations

from sqlalchemy import text

from ledger.store import batches
from ledger.store.database import Connection, Database
from ledger.store.journal import movements
from ledger.store.totals import Filter, totals


def balances(connection: Connection) -> dict[tuple[int, int], tuple[int, int]]:
    """The kept balances: (account, year) -> (to date, passed on), without those that are nil."""
    rows = connection.execute(text("SELECT account_id, year, to_date_minor, passed_on_minor FROM balance"))
    return {(int(r[0]), int(r[1])): (int(r[2]), int(r[3])) for r in rows if r[2] or r[3]}


def rebuilt(connection: Connection) -> dict[tuple[int, int], tuple[int, int]]:
    """The same from the transfers alone, added up here and not in the database."""
    sums: dict[tuple[int, int], list[int]] = {}
    for account, year, to_date, passed_on in connection.execute(text(movements("1 = 1"))):
        entry = sums.setdefault((int(account), int(year)), [0, 0])
        entry[0] += int(to_date)
        entry[1] += int(passed_on)
    return {key: (a, b) for key, (a, b) in sums.items() if a or b}


def assert_balanced(database: Database) -> None:
    """Balances equal the journal, and what leaves accounts arrives in others."""
    with database.read() as connection:
        assert balances(connection) == rebuilt(connection)


def sums(database: Database, *by: str, **wanted: object) -> dict[tuple[object, ...], int]:
    """Totals by keys, after the check that every step must pass."""
    assert_balanced(database)
    with database.read() as connection:
        found = totals(connection, Filter(**wanted), by)  # type: ignore[arg-type]
    added: dict[tuple[object, ...], int] = {}
    for one in found:  # recorded and illustrative money come apart
        added[one.keys] = added.get(one.keys, 0) + one.minor
    return added


def total(database: Database, stage: str = "committed", **wanted: object) -> int:
    """One sum of a stage."""
    return sum(sums(database, stage=stage, **wanted).values())


def revert(database: Database, batch: int | None) -> int:
    """Undo a batch that nothing stands on; returns the number of the undo."""
    assert batch is not None
    with database.write() as connection:
        found = batches.find(connection, batch)
        assert found is not None
        assert batches.blockers(connection, batch) == []
        undo = batches.revert(connection, found)
    assert_balanced(database)
    return undo
