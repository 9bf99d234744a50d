"""What must hold of a ledger, whatever happened to those who wrote to it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Column, Integer, text

from ledger.actions.check import run_checks
from ledger.actions.verify import verify
from ledger.audit.verify import verify_seals
from ledger.store import schema
from ledger.store.database import Database, parse_url
from ledger.store.models import Base


@dataclass(frozen=True, slots=True)
class State:
    """Where a ledger stands: its batches, the digest of every row of every table, and on SQLite the head of its seals.

    PostgreSQL leaves numbers out where something was rolled back, so that there the rows are compared by their order and
    by what they refer to, and heads are not.
    """

    batches: int
    digest: str
    head: str


def state(url: str) -> State:
    """The state of a ledger; waits for nothing."""
    database = Database(parse_url(url))
    content = sha256()
    numbers: dict[str, dict[Any, int]] = {}
    with database.read() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name.startswith("seal"):
                continue
            rows = connection.execute(table.select().order_by(*table.primary_key)).all()
            keys = {name: _target(column) for name, column in table.columns.items() if column.foreign_keys}
            if (
                isinstance(table.columns[0].type, Integer)
                and table.columns[0].primary_key
                and not keys.get(table.columns[0].name)
            ):
                numbers[table.name] = {row[0]: rank for rank, row in enumerate(rows)}
                keys[table.columns[0].name] = table.name
            for row in rows:
                values = [
                    numbers[keys[name]][value] if value is not None and keys.get(name) in numbers else value
                    for name, value in zip(table.columns.keys(), row, strict=True)
                ]
                content.update(repr((table.name, values)).encode("utf-8", "surrogatepass"))
        head = connection.execute(text("SELECT hash FROM seal ORDER BY batch_id DESC LIMIT 1")).scalar()
    return State(len(numbers["batch"]), content.hexdigest(), str(head) if database.is_sqlite else "")


def _target(column: Column[Any]) -> str:
    return next(iter(column.foreign_keys)).column.table.name


def complaints(url: str, *, sense: bool = True) -> set[str]:
    """All that is wrong with a ledger: damage, and what `check` and `verify` find.

    Without `sense`, the rows need only be as they were sealed, and the schema as it should be: what they mean is not
    asked.
    """
    database = Database(parse_url(url))
    found: set[str] = set()
    with database.read() as connection:
        if database.is_sqlite:
            found |= set(connection.execute(text("PRAGMA integrity_check")).scalars()) - {"ok"}
        if not sense:
            found |= set(schema.differences(connection))
        results = [] if sense else verify_seals(connection)
    if sense:
        results = [*run_checks(database), *verify(database)]
    return found | {str(finding) for result in results if not result.ok for finding in result.findings}
