"""A standby that is read in place of the ledger: whether it is one, and how far behind it is."""

from __future__ import annotations

import time
from typing import Final

from ledger.domain.findings import Finding
from ledger.store import reports, schema
from ledger.store.database import Database, DatabaseProblem
from ledger.store.reports import Head

#: Milliseconds that a standby may take to catch up before it is called behind; most are behind for less.
PATIENCE: Final = 2_000
_STEP: Final = 50
#: Seconds that the ledger's server may take to answer: where it is lost, reports are wanted all the same.
_ANSWER: Final = 5


def compare(ledger: Database, standby: Database) -> list[Finding]:
    """What the standby may lack; nothing where all that was booked before this moment is in it.

    Raises DatabaseProblem where the two are not the same ledger: a number of another ledger is worse than none.
    """
    schema.require_current(standby)
    ledger = ledger.soon(_ANSWER)
    try:
        there = _head(ledger)
    except DatabaseProblem as problem:
        here = _head(standby)
        until = f"batch {here.batch}, recorded {here.recorded_at}" if here else "no batch"
        return [
            Finding(
                "standby-unchecked",
                f"{standby.shown} holds {until}; whether that is all cannot be told ({problem})",
                values={"standby": here.batch if here else 0},
            )
        ]
    here = _caught_up(standby, there)
    last = there.batch if there else 0
    reached = here.batch if here else 0
    if here is not None and _at(ledger, here.batch) != here:
        raise DatabaseProblem(f"{standby.shown} is no standby of {ledger.shown}: batch {here.batch} is another one")
    if reached >= last:
        return []
    lacking = f"batch {last} is" if last == reached + 1 else f"batches {reached + 1} to {last} are"
    return [
        Finding(
            "standby-behind",
            f"{standby.shown} holds the ledger up to batch {reached}; {lacking} not in what was read",
            values={"standby": reached, "ledger": last},
        )
    ]


def _caught_up(standby: Database, there: Head | None) -> Head | None:
    """The standby's head, after a short wait for the ledger's."""
    waited = 0
    while True:
        here = _head(standby)
        if there is None or (here is not None and here.batch >= there.batch) or waited >= PATIENCE:
            return here
        time.sleep(_STEP / 1000)
        waited += _STEP


def _head(database: Database) -> Head | None:
    with database.read() as connection:
        return reports.head(connection)


def _at(database: Database, batch: int) -> Head | None:
    with database.read() as connection:
        return reports.head(connection, batch)
