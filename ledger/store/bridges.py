"""What moved a total from one state of the ledger to another: each batch's transfers, by what they were booked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from ledger.store import totals
from ledger.store.journal import RANK
from ledger.store.totals import KEYS, Filter

#: Keys that belong to an account or to an identity and so never change; an attribute such as the title may, and money
#: would then seem to move between rows without a transfer.
STEADY_KEYS = ("fund", "country", "theme", "stage", "basis", "project", "envelope", "source")


@dataclass(frozen=True, slots=True)
class Window:
    """Which transfers lie between the two states, both ends as `Filter` means them (the first excluded)."""

    #: batches after `first` up to and including `last`
    first_batch: int = 0
    last_batch: int | None = None
    #: value dates after `first` up to and including `last`; undated transfers lie in no such window
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """What one batch moved in one row of a bridge, net, for one cause. `day` is the value date where it was asked for.

    cause: `added`, `corrected` (an amount replaced by the one that a newer list states), `withdrawn` (no longer in a
    list that is complete), `reverted` (an undo).
    """

    keys: tuple[Any, ...]
    currency: str
    price_basis: str
    is_illustrative: bool
    batch: int
    cause: str
    day: date | None
    minor: int


def movements(
    connection: Connection, wanted: Filter, by: Sequence[str], window: Window, *, daily: bool = False
) -> list[Movement]:
    """Net movements inside the window by `by` (names of STEADY_KEYS), batch and cause; `daily` also by value date.

    Their sum by row equals the difference of `totals` at the two ends of the window.
    """
    where, values = totals._conditions(wanted, years=False)  # noqa: SLF001 - the same package: one meaning of a Filter
    inside = ["t.batch_id > :first_batch"]
    values["first_batch"] = window.first_batch
    last = min((n for n in (window.last_batch, wanted.known_at) if n is not None), default=None)
    if last is not None:
        inside.append("t.batch_id <= :last_batch")
        values["last_batch"] = last
    for name, sign in (("first_day", ">"), ("last_day", "<=")):
        if (day := getattr(window, name)) is not None:
            inside.append(f"t.value_date {sign} :{name}")
            values[name] = day
    span = " AND ".join(inside)
    day = "m.value_date" if daily else "CAST(NULL AS date)"
    grouped = ", ".join([*(KEYS[name] for name in by), "x.currency", "x.price_basis", "x.is_illustrative"])
    query = (
        f"SELECT {grouped}, m.batch_id, m.cause, {day} AS day, sum(m.minor) AS minor FROM ({_sides(span)}) AS m "
        f"JOIN account x ON x.id = m.account_id {totals._joins(wanted, by)} WHERE {' AND '.join(where)} "  # noqa: SLF001
        f"GROUP BY {grouped}, m.batch_id, m.cause" + (", m.value_date" if daily else "") + " HAVING sum(m.minor) <> 0"
    )
    used = {name: value for name, value in values.items() if f":{name}" in query}
    found = [_movement(tuple(row)) for row in connection.execute(text(query), used)]
    return sorted(found, key=lambda m: (m.batch, m.cause, m.day or date.min, tuple(map(str, m.keys)), m.currency))


def _movement(row: tuple[Any, ...]) -> Movement:
    *keys, currency, price_basis, illustrative, batch, cause, day, minor = row
    when = date.fromisoformat(day) if isinstance(day, str) else day  # SQLite keeps dates as text
    return Movement(tuple(keys), currency, price_basis, bool(illustrative), int(batch), cause, when, int(minor))


def _sides(span: str) -> str:
    """SQL giving (account_id, batch_id, value_date, cause, minor) of what each transfer adds to a stage, or takes from it.

    A new transfer is part of a correction where its batch also took back an amount of the same holder, stage and basis.
    """
    credit, debit = RANK.format("c"), RANK.format("d")
    cause = cause_of("r.batch_id > :first_batch")
    joined = (
        "FROM transfer t JOIN batch b ON b.id = t.batch_id JOIN account c ON c.id = t.credit_account_id "
        f"JOIN account d ON d.id = t.debit_account_id WHERE {span}"
    )
    return (
        f"SELECT c.id AS account_id, t.batch_id, t.value_date, {cause} AS cause, t.amount_minor AS minor {joined} "
        f"AND {debit} <= {credit} UNION ALL SELECT d.id, t.batch_id, t.value_date, {cause}, -t.amount_minor {joined} "
        f"AND {credit} <= {debit}"
    )


def cause_of(of_batches: str) -> str:
    """SQL giving the cause of a transfer t of batch b between accounts c and d, where r meets `of_batches`."""
    holder = "coalesce({0}.envelope_id, 0), coalesce({0}.programme_id, 0), coalesce({0}.project_id, 0)"
    corrected = (
        f"({holder.format('c')}, c.stage, c.basis, t.batch_id) IN (SELECT {holder.format('h')}, h.stage, h.basis, "
        "r.batch_id FROM transfer r JOIN account h ON h.id = r.debit_account_id WHERE r.rule = 'corrected' "
        f"AND {of_batches})"
    )
    return (
        "CASE WHEN b.kind = 'revert' THEN 'reverted' WHEN t.rule = 'vanished' THEN 'withdrawn' "
        f"WHEN t.reverses_id IS NOT NULL OR {corrected} THEN 'corrected' ELSE 'added' END"
    )
