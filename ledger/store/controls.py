"""What a controller asks of the portfolio: sums of a project and all below it by stage, days, repetitions.

Everything is one statement over all projects. A project's sums come from the balances; what its parts drew on it is
netted there, so the sums over a project and all below it are what the list states for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection, text

from ledger.store.integrity import PLACE, Place, place
from ledger.store.journal import LIVE
from ledger.store.reports import day

#: The projects that stand, as they were last described.
CURRENT: Final = (
    "cur AS MATERIALIZED (SELECT v.* FROM project_version v JOIN (SELECT max(w.id) AS id FROM project_version w "
    "GROUP BY w.project_id) AS n ON n.id = v.id WHERE v.is_withdrawn = false)"
)
#: Each project with itself and everything above it. UNION, so that a circle in a tampered file ends.
LINE: Final = (
    "line(project_id, above_id) AS (SELECT project_id, project_id FROM cur UNION SELECT l.project_id, c.parent_id "
    "FROM line l JOIN cur c ON c.project_id = l.above_id WHERE c.parent_id IS NOT NULL)"
)
#: Each project with the one at the top of its family.
TOPS: Final = (
    "tops AS MATERIALIZED (SELECT l.project_id, l.above_id AS top_id FROM line l JOIN cur c ON c.project_id = l.above_id "
    "WHERE NOT EXISTS (SELECT 1 FROM cur q WHERE q.project_id = c.parent_id))"
)


#: The first day on which something is known of a project c: its first commitment, else its decision, else its start.
#: Asked project by project, for SQLite gives what is grouped no index to join it by.
FIRST_DAY: Final = (
    "coalesce((SELECT min(t.value_date) FROM account x JOIN transfer t ON t.credit_account_id = x.id "
    f"WHERE x.project_id = c.project_id AND x.stage = 'committed' AND {LIVE}), c.decision_date, c.start_date)"
)


def _sums(*, with_illustrative: bool) -> str:
    """Each project's own sums by stage, in one currency and price basis; `backed` are commitments on any basis."""

    def stage(name: str, basis: str = "x.basis = 'eu' AND ") -> str:
        return f"sum(CASE WHEN {basis}x.stage = '{name}' THEN b.to_date_minor ELSE 0 END)"

    only = "" if with_illustrative else "AND x.is_illustrative = false "
    return (
        f"sums AS MATERIALIZED (SELECT x.project_id, x.currency, x.price_basis, {stage('committed')} AS committed, "
        f"{stage('contracted')} AS contracted, {stage('paid')} - {stage('recovered')} AS paid, "
        f"{stage('committed', '')} AS backed FROM account x JOIN balance b ON b.account_id = x.id "
        f"WHERE x.project_id IS NOT NULL {only}GROUP BY x.project_id, x.currency, x.price_basis)"
    )


def families(*, with_illustrative: bool) -> str:
    """WITH …, tree: the sums of each project and all below it."""
    tree = (
        "tree AS MATERIALIZED (SELECT l.above_id AS project_id, s.currency, s.price_basis, sum(s.committed) AS committed, "
        "sum(s.contracted) AS contracted, sum(s.paid) AS paid, sum(s.backed) AS backed "
        "FROM sums s JOIN line l ON l.project_id = s.project_id GROUP BY l.above_id, s.currency, s.price_basis)"
    )
    return f"WITH RECURSIVE {CURRENT}, {LINE}, {_sums(with_illustrative=with_illustrative)}, {tree} "


def count_projects(connection: Connection, *, with_illustrative: bool) -> int:
    """The projects that stand."""
    only = "" if with_illustrative else "WHERE b.is_illustrative = false"
    query = f"WITH {CURRENT} SELECT count(*) FROM cur c JOIN batch b ON b.id = c.batch_id {only}"
    return int(connection.execute(text(query)).scalar_one())


@dataclass(frozen=True, slots=True)
class Excess:
    """A project with whose parts more stands at one stage than at the one before, in minor units."""

    ref: str
    source: str
    currency: str
    limit: int
    amount: int
    place: Place


@dataclass(frozen=True, slots=True)
class Compared:
    """How many projects with money were looked at, families that state the later stage alone, and those above."""

    checked: int
    lacking: int
    above: list[Excess]


def stage_excess(
    connection: Connection, limit: str, amount: str, *, with_illustrative: bool, only: str = "1 = 1"
) -> Compared:
    """Projects with more at `amount` than at `limit` (columns of `tree`), with all below them; `only` narrows them."""
    query = families(with_illustrative=with_illustrative)
    both = f"t.{limit} > 0 AND t.{amount} > 0 AND {only}"
    counted = connection.execute(
        text(
            f"{query}SELECT count(DISTINCT t.project_id), count(DISTINCT CASE WHEN t.{limit} <= 0 AND t.{amount} > 0 "
            f"AND {only} AND NOT EXISTS (SELECT 1 FROM cur q WHERE q.project_id = c.parent_id) THEN t.project_id END) "
            "FROM tree t JOIN cur c ON c.project_id = t.project_id"
        )
    ).one()
    found = connection.execute(
        text(
            f"{query}SELECT p.ref, p.source, t.currency, t.{limit}, t.{amount}, f.name, s.name, r.number FROM tree t "
            "JOIN project p ON p.id = t.project_id JOIN cur c ON c.project_id = t.project_id "
            + PLACE.format("c.source_row_id")
            + f" WHERE {both} AND t.{amount} > t.{limit} ORDER BY p.ref, p.source, t.currency"
        )
    )
    above = [Excess(row[0], row[1], row[2], int(row[3]), int(row[4]), place(row[5:])) for row in found]
    return Compared(int(counted[0]) - int(counted[1]), int(counted[1]), above)


@dataclass(frozen=True, slots=True)
class Unbacked:
    """A project, with all below it, on which money stands at a later stage and no commitment at all."""

    ref: str
    source: str
    unit: str
    currency: str
    contracted: int
    paid: int
    place: Place


def unbacked(connection: Connection, *, with_illustrative: bool) -> tuple[int, int, list[Unbacked]]:
    """Families with money, those with later stages in lists that state no commitment at all, and the unbacked ones."""
    query = families(with_illustrative=with_illustrative) + (
        f", {TOPS}, heads AS (SELECT t.project_id, max(t.currency) AS currency, sum(t.contracted) AS contracted, "
        "sum(t.paid) AS paid, sum(t.backed) AS backed FROM tree t WHERE t.project_id IN (SELECT top_id FROM tops) "
        "GROUP BY t.project_id), stating AS (SELECT DISTINCT p.source FROM heads h JOIN project p ON p.id = h.project_id "
        "WHERE h.backed > 0) "
    )
    late = "(h.contracted > 0 OR h.paid > 0)"
    counted = connection.execute(
        text(
            f"{query}SELECT count(*), coalesce(sum(CASE WHEN {late} AND p.source NOT IN (SELECT source FROM stating) "
            "THEN 1 ELSE 0 END), 0) FROM heads h JOIN project p ON p.id = h.project_id"
        )
    ).one()
    found = connection.execute(
        text(
            f"{query}SELECT p.ref, p.source, c.unit, h.currency, h.contracted, h.paid, f.name, s.name, r.number "
            "FROM heads h JOIN project p ON p.id = h.project_id JOIN cur c ON c.project_id = h.project_id "
            + PLACE.format("c.source_row_id")
            + f" WHERE {late} AND h.backed <= 0 AND p.source IN (SELECT source FROM stating) ORDER BY p.ref, p.source"
        )
    )
    wrong = [Unbacked(row[0], row[1], row[2], row[3], int(row[4]), int(row[5]), place(row[6:])) for row in found]
    return int(counted[0]), int(counted[1]), wrong


def lone_contracts(connection: Connection, *, with_illustrative: bool) -> list[tuple[str, str, Place]]:
    """Contracts that name no decision, in lists that hold decisions: reference, source, place."""
    only = "" if with_illustrative else "AND b.is_illustrative = false "
    found = connection.execute(
        text(
            f"WITH {CURRENT} SELECT p.ref, p.source, f.name, s.name, r.number FROM cur c JOIN project p "
            "ON p.id = c.project_id JOIN batch b ON b.id = c.batch_id "
            + PLACE.format("c.source_row_id")
            + f" WHERE c.unit = 'contract' AND c.parent_id IS NULL {only}AND p.source IN (SELECT o.source FROM cur d "
            "JOIN project o ON o.id = d.project_id WHERE d.unit = 'decision') ORDER BY p.ref, p.source"
        )
    )
    return [(row[0], row[1], place(row[2:])) for row in found]


@dataclass(frozen=True, slots=True)
class Early:
    """Money of a project that is dated before the decision: the first day, how much of it, and the day decided."""

    ref: str
    source: str
    currency: str
    first: date
    minor: int
    decided: date
    place: Place


def before_decision(connection: Connection, stage: str, *, with_illustrative: bool) -> tuple[int, int, list[Early]]:
    """Projects with dated money at the stage that were looked at, those without a decision day, and the early ones.

    The decision day is that of the project at the top of the family: its decision date, else the first day of a
    commitment that the list dates itself. The start of a project and the day of a list date no money.
    """
    only = "" if with_illustrative else "AND x.is_illustrative = false "
    dated = (
        "FROM transfer t JOIN account x ON x.id = t.credit_account_id JOIN cur c ON c.project_id = x.project_id "
        f"JOIN batch b ON b.id = t.batch_id JOIN tops o ON o.project_id = x.project_id WHERE {LIVE} "
        f"AND t.value_date IS NOT NULL {only}AND x.stage = '{{0}}' AND (c.decision_date IS NOT NULL OR "
        "(t.value_date <> coalesce(c.start_date, DATE '0001-01-01') AND t.value_date <> coalesce(b.as_of, "
        "DATE '0001-01-01')))"
    )
    if connection.dialect.name == "sqlite":
        dated = dated.replace("DATE '", "'")
    decided = (
        "decided AS MATERIALIZED (SELECT o.top_id, coalesce(max(h.decision_date), min(m.first)) AS day FROM tops o "
        f"JOIN cur h ON h.project_id = o.top_id LEFT JOIN (SELECT o.top_id, min(t.value_date) AS first "
        f"{dated.format('committed')} GROUP BY o.top_id) AS m ON m.top_id = o.top_id GROUP BY o.top_id)"
    )
    money = (
        "money AS MATERIALIZED (SELECT x.project_id, o.top_id, x.currency, t.value_date, sum(t.amount_minor) AS minor "
        f"{dated.format(stage)} GROUP BY x.project_id, o.top_id, x.currency, t.value_date)"
    )
    start = f"WITH RECURSIVE {CURRENT}, {LINE}, {TOPS}, {decided}, {money} "
    counted = connection.execute(
        text(
            f"{start}SELECT count(DISTINCT m.project_id), count(DISTINCT CASE WHEN d.day IS NULL THEN m.project_id END) "
            "FROM money m JOIN decided d ON d.top_id = m.top_id"
        )
    ).one()
    found = connection.execute(
        text(
            f"{start}SELECT p.ref, p.source, m.currency, min(m.value_date), sum(m.minor), d.day, min(f.name), min(s.name), "
            "min(r.number) FROM money m JOIN decided d ON d.top_id = m.top_id JOIN project p ON p.id = m.project_id "
            "JOIN cur c ON c.project_id = m.project_id "
            + PLACE.format("c.source_row_id")
            + " WHERE m.value_date < d.day GROUP BY p.ref, p.source, m.currency, d.day ORDER BY p.ref, p.source, m.currency"
        )
    )
    early = []
    for row in found:
        first, decision = day(row[3]), day(row[5])
        assert first is not None
        assert decision is not None  # the comparison above found both
        early.append(Early(row[0], row[1], row[2], first, int(row[4]), decision, place(row[6:])))
    return int(counted[0]), int(counted[1]), early
