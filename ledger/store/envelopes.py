"""Envelopes as they stand: the tree, what each holds, what its parts took and what is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from ledger.store.journal import LIVE


@dataclass(frozen=True, slots=True)
class EnvelopeState:
    """An envelope with its amounts in minor units.

    `stated` by the act, `parts` allocated to its parts, `drawn` committed directly on it. What is left is
    stated − parts − drawn.
    """

    id: int
    ref: str
    parent: str | None
    title: str
    role: str
    parts_are: str | None
    feeds: str | None
    fund: str
    country: str
    period_start: date | None
    period_end: date | None
    vintage: str | None
    status: str | None
    legal_reference: str | None
    currency: str
    price_basis: str
    stated_minor: int
    parts_minor: int
    drawn_minor: int
    children: int
    is_illustrative: bool

    @property
    def left_minor(self) -> int:
        """What is neither allocated to a part nor drawn."""
        return self.stated_minor - self.parts_minor - self.drawn_minor


def states(connection: Connection, known_at: int | None = None) -> list[EnvelopeState]:
    """All envelopes that are not withdrawn, by reference."""
    known = "" if known_at is None else " AND w.batch_id <= :known_at"
    limit = "" if known_at is None else " AND t.batch_id <= :known_at"
    live = (
        LIVE
        if known_at is None
        else LIVE.replace("u.reverses_id = t.id", "u.reverses_id = t.id AND u.batch_id <= :known_at")
    )
    query = (
        "SELECT e.id, e.ref, q.ref AS parent, v.title, v.role, v.parts, v.feeds, v.fund_code, v.country_code, "
        "v.period_start, v.period_end, v.vintage, v.status, v.legal_reference, x.currency, x.price_basis, "
        f"(SELECT coalesce(sum(t.amount_minor), 0) FROM transfer t WHERE t.credit_account_id = x.id AND {live}{limit}) "
        "AS stated, "
        "(SELECT coalesce(sum(t.amount_minor), 0) FROM transfer t JOIN account c ON c.id = t.credit_account_id "
        f"WHERE t.debit_account_id = x.id AND c.envelope_id IS NOT NULL AND {live}{limit}) AS parts, "
        "(SELECT coalesce(sum(t.amount_minor), 0) FROM transfer t JOIN account c ON c.id = t.credit_account_id "
        f"WHERE t.debit_account_id = x.id AND c.envelope_id IS NULL AND {live}{limit}) AS drawn, "
        "(SELECT count(*) FROM envelope_version k WHERE k.parent_id = e.id AND k.is_withdrawn = false AND k.id = "
        f"(SELECT max(w.id) FROM envelope_version w WHERE w.envelope_id = k.envelope_id{known})) AS children, "
        "x.is_illustrative FROM envelope e JOIN envelope_version v ON v.envelope_id = e.id AND v.id = "
        f"(SELECT max(w.id) FROM envelope_version w WHERE w.envelope_id = e.id{known}) "
        "LEFT JOIN envelope q ON q.id = v.parent_id "
        "JOIN account x ON x.envelope_id = e.id AND x.stage = 'allocated' WHERE v.is_withdrawn = false ORDER BY e.ref"
    )
    rows = connection.execute(text(query), {} if known_at is None else {"known_at": known_at}).fetchall()
    return [
        EnvelopeState(
            int(r[0]),
            r[1],
            r[2],
            r[3],
            r[4],
            r[5],
            r[6],
            r[7],
            r[8],
            _day(r[9]),
            _day(r[10]),
            r[11],
            r[12],
            r[13],
            r[14],
            r[15],
            int(r[16]),
            int(r[17]),
            int(r[18]),
            int(r[19]),
            bool(r[20]),
        )
        for r in rows
    ]


def _day(value: date | str | None) -> date | None:
    """SQLite gives dates of raw SQL as text."""
    return date.fromisoformat(value) if isinstance(value, str) else value
