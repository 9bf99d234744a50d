"""What is counted twice: projects of equal content, and parts that do not draw on their parent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, text

from ledger.store.controls import CURRENT
from ledger.store.integrity import PLACE, Place, place
from ledger.store.journal import LIVE

#: What two rows of one list share if they say the same of the same thing. Compared as it is written, so that both
#: databases find the same.
_CONTENT: Final = (
    "title", "summary", "beneficiary", "fund_code", "country_code", "unit", "start_date", "end_date", "decision_date",
    "location", "nuts", "city", "year", "call", "specific_objective", "intervention_type",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Repeated:
    """Projects of equal content, in the order of their references, with the amount that each states."""

    refs: tuple[str, ...]
    sources: tuple[str, ...]
    title: str
    currency: str
    minor: int
    place: Place


def repeated(connection: Connection, *, with_illustrative: bool) -> tuple[int, int, list[Repeated]]:
    """Projects with an amount that were compared, those without a title, and the groups that say the same twice.

    In one list all that it says has to be equal; in two, title, fund, country, beneficiary and the amounts.
    """
    query = _stated(with_illustrative=with_illustrative)
    compared, untitled = connection.execute(
        text(
            f"{query}SELECT count(*), coalesce(sum(CASE WHEN c.title IS NULL THEN 1 ELSE 0 END), 0) FROM own o "
            "JOIN cur c ON c.project_id = o.project_id"
        )
    ).one()
    amounts = "o.currency, o.price_basis, o.committed, o.contracted, o.paid"
    alike = ", ".join(f"c.{name}" for name in _CONTENT)
    same_list = f"c.parent_id, p.source, {alike}, {amounts}"
    two_lists = f"c.title, c.fund_code, c.country_code, c.beneficiary, {amounts}"
    groups = (
        f"{query}, rows_ AS MATERIALIZED (SELECT p.id, p.ref, p.source, c.title, c.source_row_id, o.currency, "
        "greatest_(o.committed, o.contracted, o.paid) AS minor, "
        f"count(*) OVER (PARTITION BY {same_list}) AS here, min(p.id) OVER (PARTITION BY {same_list}) AS here_id, "
        f"min(p.source) OVER (PARTITION BY {two_lists}) <> max(p.source) OVER (PARTITION BY {two_lists}) AS elsewhere, "
        f"min(p.id) OVER (PARTITION BY {two_lists}) AS elsewhere_id FROM own o JOIN cur c ON c.project_id = o.project_id "
        "JOIN project p ON p.id = o.project_id WHERE c.title IS NOT NULL) "
        "SELECT CASE WHEN q.elsewhere THEN q.elsewhere_id ELSE q.here_id END AS first, q.ref, q.source, q.title, "
        "q.currency, q.minor, f.name, s.name, r.number FROM rows_ q "
        + PLACE.format("q.source_row_id")
        + " WHERE q.here > 1 OR q.elsewhere ORDER BY first, q.id"
    ).replace("greatest_", "max" if connection.dialect.name == "sqlite" else "greatest")
    return int(compared), int(untitled), list(_grouped(connection.execute(text(groups))))


def _stated(*, with_illustrative: bool) -> str:
    """WITH …, own: what each project holds itself, beside its parts."""
    only = "" if with_illustrative else "AND x.is_illustrative = false "
    sums = ", ".join(
        f"sum(CASE WHEN x.stage = '{stage}' THEN b.to_date_minor ELSE 0 END) AS {stage}"
        for stage in ("committed", "contracted", "paid")
    )
    return (
        f"WITH {CURRENT}, own AS MATERIALIZED (SELECT x.project_id, x.currency, x.price_basis, {sums} FROM account x "
        f"JOIN balance b ON b.account_id = x.id WHERE x.project_id IS NOT NULL {only}"
        "GROUP BY x.project_id, x.currency, x.price_basis HAVING sum(CASE WHEN x.stage IN ('committed', 'contracted', "
        "'paid') THEN b.to_date_minor ELSE 0 END) > 0) "
    )


def _grouped(rows: Any) -> Iterator[Repeated]:
    group: list[Any] = []
    for row in [*rows, None]:
        if group and (row is None or row[0] != group[0][0]):
            first = group[0]
            sources = tuple(dict.fromkeys(each[2] for each in group))
            yield Repeated(
                tuple(each[1] for each in group), sources, first[3], first[4], int(first[5]), place(group[-1][6:])
            )
            group = []
        group.append(row)


@dataclass(frozen=True, slots=True)
class Doubled:
    """A part whose amount does not lie inside its parent's, though the parent states the same stage."""

    kind: str
    ref: str
    parent: str
    stage: str
    basis: str
    currency: str
    minor: int
    place: Place


def doubled(connection: Connection, kind: str, *, with_illustrative: bool) -> list[Doubled]:
    """Live transfers to a part (kind: envelope or project) that come from elsewhere than its parent's account."""
    only = "" if with_illustrative else "AND x.is_illustrative = false "
    live_parent = LIVE.replace("t.", "k.")
    found = connection.execute(
        text(
            f"SELECT h.ref, q.ref, x.stage, x.basis, x.currency, sum(t.amount_minor), min(f.name), min(s.name), "
            f"min(r.number) FROM {kind}_version v JOIN account x ON x.{kind}_id = v.{kind}_id "
            "JOIN transfer t ON t.credit_account_id = x.id JOIN account d ON d.id = t.debit_account_id "
            f"JOIN {kind} h ON h.id = v.{kind}_id JOIN {kind} q ON q.id = v.parent_id "
            + PLACE.format("t.source_row_id")
            + f" WHERE v.parent_id IS NOT NULL AND v.is_withdrawn = false AND v.id = (SELECT max(w.id) FROM {kind}_version w "
            f"WHERE w.{kind}_id = v.{kind}_id) AND {LIVE} {only}AND (coalesce(d.{kind}_id, 0) <> v.parent_id "
            "OR d.stage <> x.stage) AND EXISTS (SELECT 1 FROM account y JOIN transfer k ON k.credit_account_id = y.id "
            f"WHERE y.{kind}_id = v.parent_id AND y.stage = x.stage AND y.basis = x.basis AND y.currency = x.currency "
            f"AND y.price_basis = x.price_basis AND y.is_illustrative = x.is_illustrative AND {live_parent}) "
            "GROUP BY h.ref, q.ref, x.stage, x.basis, x.currency ORDER BY h.ref, q.ref, x.stage, x.basis"
        )
    )
    return [Doubled(kind, row[0], row[1], row[2], row[3], row[4], int(row[5]), place(row[6:])) for row in found]


@dataclass(frozen=True, slots=True)
class Overfull:
    """A project whose parts add up to more than it states itself, in minor units."""

    ref: str
    stage: str
    basis: str
    currency: str
    over: int
    place: Place


def overfull(connection: Connection, *, with_illustrative: bool) -> tuple[int, list[Overfull]]:
    """How many projects have parts, and those whose parts take more than they state at a stage.

    An envelope whose parts take too much is told by `tree-sums`.
    """
    only = "" if with_illustrative else "AND x.is_illustrative = false "
    parents = int(
        connection.execute(
            text(f"WITH {CURRENT} SELECT count(DISTINCT c.parent_id) FROM cur c WHERE c.parent_id IS NOT NULL")
        ).scalar_one()
    )
    found = connection.execute(
        text(
            f"WITH {CURRENT}, own AS (SELECT x.project_id, x.stage, x.basis, x.currency, x.price_basis, "
            "sum(b.to_date_minor) AS minor FROM account x JOIN balance b ON b.account_id = x.id "
            f"WHERE x.project_id IS NOT NULL {only}GROUP BY x.project_id, x.stage, x.basis, x.currency, x.price_basis "
            "HAVING sum(b.to_date_minor) < 0) SELECT p.ref, o.stage, o.basis, o.currency, -o.minor, f.name, s.name, "
            "r.number FROM own o JOIN project p ON p.id = o.project_id JOIN cur c ON c.project_id = o.project_id "
            + PLACE.format("c.source_row_id")
            + " ORDER BY p.ref, o.stage, o.basis, o.currency"
        )
    )
    return parents, [Overfull(row[0], row[1], row[2], row[3], int(row[4]), place(row[5:])) for row in found]
