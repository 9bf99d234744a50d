"""What was contracted and paid on the money of each envelope, programme and fund."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from ledger.store.controls import TOPS, families
from ledger.store.integrity import PLACE, Place, place
from ledger.store.journal import LIVE
from ledger.store.reports import day


@dataclass(frozen=True, slots=True)
class Used:
    """What families of projects that draw on the same place contracted and paid, in minor units.

    `envelope` or `programme` is what their commitments were drawn on (both None: the fund's pool; several: not told);
    `first` is the day of their first commitment.
    """

    fund: str
    envelope: str | None
    programme: int | None
    is_several: bool
    currency: str
    first: date | None
    families: int
    contracted: int
    paid: int


def used(connection: Connection, *, with_illustrative: bool) -> list[Used]:
    """Contracts and payments in current prices by where the commitments behind them were drawn, and when."""
    only = "" if with_illustrative else "AND x.is_illustrative = false "
    query = families(with_illustrative=with_illustrative) + (
        f", {TOPS}, drawn AS (SELECT o.top_id, x.currency, min(x.fund_code) AS fund, min(d.envelope_id) AS envelope_id, "
        "min(d.programme_id) AS programme_id, min(t.value_date) AS first, CASE WHEN count(DISTINCT "
        "coalesce(d.envelope_id, 0)) > 1 OR count(DISTINCT coalesce(d.programme_id, 0)) > 1 THEN 1 ELSE 0 END AS several "
        "FROM transfer t JOIN account x ON x.id = t.credit_account_id JOIN account d ON d.id = t.debit_account_id "
        "JOIN tops o ON o.project_id = x.project_id WHERE x.stage = 'committed' AND x.basis = 'eu' "
        f"AND d.stage = 'allocated' AND x.price_basis = 'current' AND {LIVE} {only}GROUP BY o.top_id, x.currency) "
        "SELECT w.fund, e.ref, w.programme_id, w.several, w.currency, w.first, count(*), sum(t.contracted), sum(t.paid) "
        "FROM drawn w JOIN tree t ON t.project_id = w.top_id AND t.currency = w.currency AND t.price_basis = 'current' "
        "LEFT JOIN envelope e ON e.id = w.envelope_id "
        "GROUP BY w.fund, e.ref, w.programme_id, w.several, w.currency, w.first"
    )
    return [
        Used(row[0], row[1], row[2], bool(row[3]), row[4], day(row[5]), int(row[6]), int(row[7]), int(row[8]))
        for row in connection.execute(text(query))
    ]


@dataclass(frozen=True, slots=True)
class Holding:
    """A programme's own amounts by stage, in minor units of one currency."""

    id: int
    ref: str
    fund: str
    currency: str
    allocated: int
    committed: int
    contracted: int
    paid: int
    place: Place


def programmes(connection: Connection, *, with_illustrative: bool) -> list[Holding]:
    """Programmes with EU-share amounts of their own, in current prices."""
    only = "" if with_illustrative else "AND x.is_illustrative = false "
    stages = ", ".join(
        f"sum(CASE WHEN x.stage = '{stage}' THEN b.to_date_minor ELSE 0 END)"
        for stage in ("allocated", "committed", "contracted")
    )
    net = "sum(CASE x.stage WHEN 'paid' THEN b.to_date_minor WHEN 'recovered' THEN -b.to_date_minor ELSE 0 END)"
    found = connection.execute(
        text(
            f"SELECT g.id, g.ref, min(x.fund_code), x.currency, {stages}, {net}, min(f.name), min(s.name), min(r.number) "
            "FROM account x JOIN balance b ON b.account_id = x.id JOIN programme g ON g.id = x.programme_id "
            "LEFT JOIN programme_version v ON v.id = (SELECT max(w.id) FROM programme_version w "
            "WHERE w.programme_id = g.id) "
            + PLACE.format("v.source_row_id")
            + f" WHERE x.basis = 'eu' AND x.price_basis = 'current' {only}GROUP BY g.id, g.ref, x.currency "
            "ORDER BY g.ref, x.currency"
        )
    )
    return [
        Holding(row[0], row[1], row[2], row[3], int(row[4]), int(row[5]), int(row[6]), int(row[7]), place(row[8:]))
        for row in found
    ]
