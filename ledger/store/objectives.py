"""Selected operations by specific objective and type of intervention: what a programme transmits under Annex VII."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from ledger.store import totals
from ledger.store.portfolio import Wanted
from ledger.store.totals import Filter


@dataclass(frozen=True, slots=True)
class ObjectiveRow:
    """The operations of one specific objective and type of intervention; `rate` where they all have the same."""

    specific_objective: str
    intervention_type: str
    rate: str | None
    sums: tuple[int, ...]
    operations: int


def by_objective(connection: Connection, scope: Filter, wanted: Sequence[Wanted]) -> list[ObjectiveRow]:
    """The sums of `scope` by specific objective and type of intervention, in their order; all of one currency."""
    assert scope.currency is not None
    where, values = totals._conditions(scope, years=totals._balances_suffice(scope))  # noqa: SLF001 - one meaning of a Filter
    sums = []
    for place, each in enumerate(wanted):
        conditions = [f"x.stage = :stage{place}"] + ([f"x.basis = :basis{place}"] if each.basis else [])
        values |= {f"stage{place}": each.stage} | ({f"basis{place}": each.basis} if each.basis else {})
        sums.append(f"coalesce(sum(CASE WHEN {' AND '.join(conditions)} THEN m.to_date END), 0)")
    keys = "coalesce(v.specific_objective, ''), coalesce(v.intervention_type, '')"
    query = (
        f"SELECT {keys}, min(v.eu_rate), max(v.eu_rate), count(DISTINCT coalesce(v.parent_id, x.project_id)), "
        f"{', '.join(sums)} FROM {totals._movements(scope)} "  # noqa: SLF001
        f"JOIN account x ON x.id = m.account_id {totals._joins(scope, ('project',))} "  # noqa: SLF001
        f"WHERE x.project_id IS NOT NULL AND {' AND '.join(where)} GROUP BY {keys} ORDER BY 1, 2"
    )
    return [
        ObjectiveRow(row[0], row[1], row[2] if row[2] == row[3] else None, tuple(map(int, row[5:])), int(row[4]))
        for row in connection.execute(text(query), values)
    ]
