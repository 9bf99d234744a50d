"""Envelopes as they stand: the tree, what each holds, what its parts took and what is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from ledger.store.journal import LIVE
from ledger.store.reports import day


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
    newest = f"(SELECT max(w.id) FROM envelope_version w WHERE w.envelope_id = {{}}.envelope_id{known})"
    query = (
        "SELECT e.id, e.ref, q.ref AS parent, v.title, v.role, v.parts AS parts_are, v.feeds, v.fund_code AS fund, "
        "v.country_code AS country, v.period_start, v.period_end, v.vintage, v.status, v.legal_reference, x.currency, "
        "x.price_basis, x.id AS account, (SELECT count(*) FROM envelope_version k WHERE k.parent_id = e.id "
        f"AND k.is_withdrawn = false AND k.id = {newest.format('k')}) AS children, x.is_illustrative "
        f"FROM envelope e JOIN envelope_version v ON v.envelope_id = e.id AND v.id = {newest.format('v')} "
        "LEFT JOIN envelope q ON q.id = v.parent_id "
        "JOIN account x ON x.envelope_id = e.id AND x.stage = 'allocated' WHERE v.is_withdrawn = false ORDER BY e.ref"
    )
    values = {} if known_at is None else {"known_at": known_at}
    moved = {row[0]: [int(sum_) for sum_ in row[1:]] for row in connection.execute(text(_movements(known_at)), values)}
    found = []
    for row in connection.execute(text(query), values).mappings():
        kept = dict(row)
        given, parts, drawn = moved.get(kept.pop("account"), (0, 0, 0))
        kept.update(
            period_start=day(row["period_start"]), period_end=day(row["period_end"]),
            is_illustrative=bool(row["is_illustrative"]),
        )  # fmt: skip
        found.append(EnvelopeState(**kept, stated_minor=given, parts_minor=parts, drawn_minor=drawn))
    return found


def _movements(known_at: int | None) -> str:
    """What each envelope's account was given, gave to parts, and had drawn on it; one pass over its transfers.

    CROSS JOIN keeps SQLite at the few envelope accounts first instead of walking the whole journal.
    """
    live, limit = LIVE, ""
    if known_at is not None:
        live = LIVE.replace("u.reverses_id = t.id", "u.reverses_id = t.id AND u.batch_id <= :known_at")
        limit = " AND t.batch_id <= :known_at"
    amount = "CASE WHEN c.envelope_id IS {} NULL THEN t.amount_minor ELSE 0 END"
    return (
        "SELECT account_id, sum(given) AS given, sum(parts) AS parts, sum(drawn) AS drawn FROM ("
        "SELECT x.id AS account_id, t.amount_minor AS given, 0 AS parts, 0 AS drawn FROM account x CROSS JOIN transfer t "
        f"WHERE t.credit_account_id = x.id AND x.envelope_id IS NOT NULL AND {live}{limit} UNION ALL "
        f"SELECT x.id, 0, {amount.format('NOT')}, {amount.format('')} FROM account x CROSS JOIN transfer t "
        "CROSS JOIN account c WHERE t.debit_account_id = x.id AND c.id = t.credit_account_id "
        f"AND x.envelope_id IS NOT NULL AND {live}{limit}) AS each_transfer GROUP BY account_id"
    )
