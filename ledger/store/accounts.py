"""Which account an amount arrives in, and which it comes from.

It arrives in the holder's own account of its stage, basis, country and theme. Where it comes from, first match wins:
1. a part of a parent that states the same stage: the parent's account of that stage, so that levels never add up;
2. an allocation: the parent envelope, else the outside world;
3. any basis but the EU share, and declared expenditure: the outside world (national budgets, beneficiaries' claims);
4. a commitment: the envelope that the row names, else its programme if that holds an allocation, else the fund's pool;
5. a later stage: the holder's own account of the stage before (contracted from committed, paid from contracted …).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from ledger.domain.records import Kind
from ledger.domain.stages import Stage, source_of
from ledger.store.context import Context

if TYPE_CHECKING:
    from ledger.store.staging import Holder

_COLUMNS = "fund_code, country_code, theme_code, stage, basis, currency, price_basis, is_illustrative"
_ZERO = {"envelope_id": "0", "programme_id": "0", "project_id": "0"}

#: Larger than any id: puts likeness before age in one number (SQLite sorts no subquery by its outer row).
_BEYOND_IDS = 1 << 40
#: The id of the likest account x to draw an amount a on: same country and theme, else same country, else the oldest.
_LIKEST = (
    "min(CASE WHEN x.country_code = a.country_code AND x.theme_code = a.theme_code THEN 0 "
    f"WHEN x.country_code = a.country_code THEN 1 ELSE 2 END * {_BEYOND_IDS} + x.id) % {_BEYOND_IDS}"
)
#: An account x that somebody states: in this file, or in a transfer that is live.
_STATED = (
    "(EXISTS (SELECT 1 FROM stage_amount s WHERE s.credit_id = x.id) OR EXISTS (SELECT 1 FROM transfer t "
    "WHERE t.credit_account_id = x.id AND coalesce(t.reverses_id, 0) = 0 "
    "AND NOT EXISTS (SELECT 1 FROM transfer u WHERE u.reverses_id = t.id)))"
)
#: Stages whose money comes from the holder's own account of the stage before, when nothing else is said.
_FROM_OWN_STAGE = (Stage.CONTRACTED, Stage.PAID, Stage.DECOMMITTED, Stage.RECOVERED)


def resolve(context: Context, holder: Holder) -> None:
    """Fill credit_id and debit_id of every staged amount of the kind, making the accounts that are missing."""
    kind = holder.kind.value
    context.run(
        f"UPDATE stage_amount AS a SET holder_id = (SELECT r.holder_id FROM {holder.staged} r WHERE r.seq = a.seq) "
        "WHERE kind = :kind",
        kind=kind,
    )
    own = {**_ZERO, holder.id_column: "a.holder_id"}
    _find(context, "credit_id", own, kind=kind, stage="a.stage")
    # Each likely source asks whether its account is stated in this file: 17 s in 10 000 rows without it, 0.1 s with it.
    context.run("CREATE INDEX IF NOT EXISTS ix_stage_amount_credit ON stage_amount (credit_id)")
    if holder.links.get("parent_id"):
        _from_parent(context, holder)
    none = "a.debit_id IS NULL"
    outside = f"{none} AND (a.stage IN ('allocated', 'declared') OR a.basis <> 'eu')"
    _find(context, "debit_id", _ZERO, kind=kind, stage="'outside'", plain=True, where=outside)
    if holder.kind is not Kind.ENVELOPES:
        committed = f"{none} AND a.stage = 'committed'"
        _from_named_allocation(context, holder, "envelope_id", "r.envelope_id")
        if holder.links.get("programme_id"):
            _from_named_allocation(context, holder, "programme_id", "r.own_programme_id")
        _find(context, "debit_id", _ZERO, kind=kind, stage="'allocated'", plain=True, where=committed)
    left = text("SELECT DISTINCT stage FROM stage_amount WHERE kind = :kind AND debit_id IS NULL")
    stages = set(context.connection.execute(left, {"kind": kind}).scalars())
    for stage in _FROM_OWN_STAGE:
        if stage in stages:
            before, here = f"'{source_of(stage)}'", f"{none} AND a.stage = '{stage}'"
            _find(context, "debit_id", own, kind=kind, stage=before, where=here)


def _find(
    context: Context,
    column: str,
    holders: dict[str, str],
    *,
    kind: str,
    stage: str,
    plain: bool = False,
    where: str = "1 = 1",
) -> None:
    """Set `column` to the account with these holders and this stage, made first where it is missing.

    `plain` accounts (pool, outside) carry neither country nor theme.
    """
    country = ":no_country" if plain else "a.country_code"
    theme = ":no_theme" if plain else "a.theme_code"
    key = f"a.fund_code, {country}, {theme}, {stage}, a.basis, a.currency, a.price_basis"
    ids = ", ".join(f"NULLIF({holders[name]}, 0)" for name in _ZERO)
    # A holder's own accounts are nearly all different: the index sorts out the others faster than a DISTINCT would.
    distinct = "DISTINCT " if plain or context.connection.dialect.name == "postgresql" else ""
    context.run(
        f"INSERT INTO account (envelope_id, programme_id, project_id, {_COLUMNS}) SELECT {distinct}{ids}, {key}, "
        f"CAST(:illustrative AS boolean) FROM stage_amount a WHERE a.kind = :kind AND {where} ON CONFLICT DO NOTHING",
        kind=kind,
    )
    # Plain comparisons, so that both databases find the account by its holder's index and nothing slower.
    same = " AND ".join(
        f"x.{name} IS NULL" if value == "0" else f"x.{name} = {value}" for name, value in holders.items()
    )
    context.run(
        f"UPDATE stage_amount AS a SET {column} = (SELECT x.id FROM account x WHERE {same} AND x.stage = {stage} "
        f"AND x.basis = a.basis AND x.country_code = {country} AND x.theme_code = {theme} "
        "AND x.fund_code = a.fund_code AND x.currency = a.currency AND x.price_basis = a.price_basis "
        f"AND x.is_illustrative = :illustrative) WHERE a.kind = :kind AND {where}",
        kind=kind,
    )


def _from_parent(context: Context, holder: Holder) -> None:
    """Draw on the parent's account of the same stage, if the parent states that stage: the likest, then the oldest."""
    context.run(
        f"UPDATE stage_amount AS a SET debit_id = (SELECT {_LIKEST} "
        f"FROM account x JOIN {holder.staged} r "
        f"ON x.{holder.id_column} = r.own_parent_id WHERE r.seq = a.seq AND x.stage = a.stage AND x.basis = a.basis "
        f"AND x.currency = a.currency AND x.price_basis = a.price_basis AND x.is_illustrative = :illustrative "
        f"AND {_STATED}) "
        f"WHERE a.kind = :kind AND a.seq IN (SELECT seq FROM {holder.staged} WHERE own_parent_id IS NOT NULL)",
        kind=holder.kind.value,
    )


def _from_named_allocation(context: Context, holder: Holder, column: str, named: str) -> None:
    """Draw a commitment on the allocation of the envelope or programme that the row names, if it holds one.

    Of several allocations (one per country, say) it is the likest, then the oldest.
    """
    context.run(
        f"UPDATE stage_amount AS a SET debit_id = (SELECT {_LIKEST} FROM account x JOIN {holder.staged} r "
        f"ON x.{column} = {named} WHERE r.seq = a.seq AND x.stage = 'allocated' AND x.basis = 'eu' "
        "AND x.currency = a.currency AND x.price_basis = a.price_basis AND x.is_illustrative = :illustrative "
        f"AND {_STATED}) "
        "WHERE a.kind = :kind AND a.debit_id IS NULL AND a.stage = 'committed' AND a.basis = 'eu' "
        # Asked first: nobody looks for the likest of none.
        f"AND a.seq IN (SELECT r.seq FROM {holder.staged} r WHERE {named} IN "
        f"(SELECT h.{column} FROM account h WHERE h.{column} IS NOT NULL AND h.stage = 'allocated'))",
        kind=holder.kind.value,
    )
