"""How large a ledger is and how long it takes to back up, restore, copy and verify it, on both databases.

`python -m benchmarks.places ROWS` makes a list of so many projects (commitment and payment each), imports it, and prints a line a
measurement. The PostgreSQL is the tests' own, which waits for no disk; SQLite files do.
"""

from __future__ import annotations

import csv
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from ledger.actions import copies, import_files
from ledger.actions.initialise import initialise
from ledger.actions.verify import verify
from ledger.store.database import Database, parse_url
from tests.databases import postgres_server

COUNTRIES = ("TN", "LY", "MA", "EG", "JO", "LB", "NE", "ML")


def write_list(path: Path, rows: int) -> None:
    """A list of projects that differ, with titles and beneficiaries of everyday length."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        out = csv.writer(handle)
        out.writerow(
            (
                "project_ref",
                "title",
                "beneficiary",
                "fund",
                "country",
                "decision_date",
                "eu_contribution",
                "paid",
                "currency",
            )
        )
        for n in range(rows):
            out.writerow(
                (
                    f"P-{n:07}",
                    f"Support to reception and integration, strand {n % 97}, phase {n % 5 + 1}",
                    f"International organisation or ministry no. {n % 4001}",
                    "NDICI-GE",
                    COUNTRIES[n % len(COUNTRIES)],
                    f"{2021 + n % 5}-{n % 12 + 1:02}-15",
                    f"{100_000 + n}.{n % 100:02}",
                    f"{40_000 + n // 2}.00",
                    "EUR",
                )
            )


@contextmanager
def server_databases() -> Iterator[Callable[[str], str]]:
    """A server; called with a name, it gives the URL of a new database."""
    with postgres_server() as url:

        def make(name: str) -> str:
            with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}".encode())
            return f"{url.rpartition('/')[0]}/{name}"

        yield make


def measure(what: str, work: Callable[[], object]) -> None:
    """Do it and say how long it took."""
    began = time.perf_counter()
    work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{what:<45} {time.perf_counter() - began:8.1f} s   {peak} MB at most so far", flush=True)


def size_of(database: Database) -> int:
    """Bytes on the disk."""
    if database.path is not None:
        return sum(each.stat().st_size for each in database.path.parent.glob(f"{database.path.name}*"))
    with database.read() as connection:
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())


def run(rows: int, folder: Path, make: Callable[[str], str]) -> None:
    """All measurements for a list of `rows` projects."""
    listed = folder / "list.csv"
    write_list(listed, rows)
    places = {"sqlite": str(folder / "a" / "ledger.db"), "postgresql": make("first")}
    for kind, place in places.items():
        ledger = Database(parse_url(place))
        initialise(ledger, bare=True)
        empty = size_of(ledger)
        measure(f"{kind}: import", lambda ledger=ledger: import_files.import_files(ledger, [listed]))  # type: ignore[misc]
        size = size_of(ledger)
        print(
            f"{kind}: {size >> 20} MB, {(size - empty) // rows} bytes a project, {(size - empty) // rows // 2} a transfer"
        )
        backup = folder / f"{kind}-backup.db"
        quiet = {"progress": lambda _table, _rows: None}
        measure(f"{kind}: backup", lambda: copies.back_up(ledger, backup, force=False, **quiet))  # noqa: B023
        print(f"{kind}: backup of {backup.stat().st_size >> 20} MB")
        measure(f"{kind}: verify", lambda: verify(ledger))  # noqa: B023
        saved = Database(parse_url(str(backup)))
        target = str(folder / "r" / f"{kind}.db") if kind == "sqlite" else make("restored")
        measure(f"{kind}: restore", lambda: copies.copy(saved, Database(parse_url(target)), **quiet))  # noqa: B023
        ledger.close()
    moved = Database(parse_url(make("moved")))
    measure("copy SQLite to PostgreSQL", lambda: copies.copy(Database(parse_url(places["sqlite"])), moved, **quiet))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch, server_databases() as databases:
        run(int(sys.argv[1]), Path(scratch), databases)
