"""Writing the journal: which transfers are new, which are reversed, and the balances that follow from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.domain.stages import Stage
from ledger.store.context import Context

if TYPE_CHECKING:
    from ledger.store.staging import Holder

#: A transfer that counts: it reverses nothing and nothing reverses it (alias t). coalesce, because SQLite would take a
#: bare IS NULL for a use of the unique index, which nearly every transfer is in, before the account's.
LIVE = "coalesce(t.reverses_id, 0) = 0 AND NOT EXISTS (SELECT 1 FROM transfer u WHERE u.reverses_id = t.id)"

#: Place of a stage in the flow of money; declared expenditure stands beside it and only comes from outside.
_RANKS = {stage: stage.rank for stage in Stage if stage.rank is not None}
RANK = (
    "CASE {0}.stage "
    + " ".join(f"WHEN '{stage}' THEN {rank}" for stage, rank in _RANKS.items())
    + f" ELSE {max(_RANKS.values()) + 1} END"
)

#: Calendar year of a transfer's value date; 0 where nothing dates it.
YEAR = "coalesce(CAST(substr(CAST(t.value_date AS text), 1, 4) AS integer), 0)"


def match(context: Context, holder: Holder) -> None:
    """Compare what the rows state with what is live for the same holders: equal pairs are matched one to one."""
    kind = holder.kind.value
    found = context.run(
        "INSERT INTO stage_live SELECT t.id, :kind, x." + holder.id_column + ", t.credit_account_id, "
        "t.debit_account_id, t.amount_minor, t.value_date, row_number() OVER (PARTITION BY t.credit_account_id, "
        "t.debit_account_id, t.amount_minor, t.value_date ORDER BY t.id), 0 FROM transfer t "
        f"JOIN account x ON x.id = t.credit_account_id WHERE x.{holder.id_column} IN "
        f"(SELECT r.holder_id FROM {holder.staged} r WHERE r.is_new = 0 OR r.is_first = 0) AND {LIVE}",
        kind=kind,
    )
    if not found:
        return
    context.run(
        "UPDATE stage_amount AS a SET nth = n.nth FROM (SELECT seq, place, row_number() OVER (PARTITION BY credit_id, "
        "debit_id, minor, value_date ORDER BY seq, place) AS nth FROM stage_amount WHERE kind = :kind) AS n "
        "WHERE a.kind = :kind AND n.seq = a.seq AND n.place = a.place",
        kind=kind,
    )
    pair = (
        "l.credit_id = a.credit_id AND l.debit_id = a.debit_id AND l.minor = a.minor AND l.nth = a.nth "
        "AND coalesce(l.value_date, :no_date) = coalesce(a.value_date, :no_date)"
    )
    context.run(
        f"UPDATE stage_amount AS a SET matched = 1 WHERE a.kind = :kind AND EXISTS "
        f"(SELECT 1 FROM stage_live l WHERE {pair})",
        kind=kind,
    )
    context.run("CREATE INDEX ix_stage_amount_" + holder.table + " ON stage_amount (credit_id, debit_id, minor)")
    context.run(
        f"UPDATE stage_live AS l SET matched = 1 WHERE l.kind = :kind AND EXISTS "
        f"(SELECT 1 FROM stage_amount a WHERE {pair})",
        kind=kind,
    )


def write(context: Context) -> tuple[int, int]:
    """Reverse what is no longer stated and post what is newly stated; returns how many of each (new, reversed)."""
    reversed_ = reverse(context, "SELECT id FROM stage_live WHERE matched = 0", "corrected")
    new = context.run(
        "INSERT INTO transfer (batch_id, debit_account_id, credit_account_id, amount_minor, value_date, "
        "source_row_id, source_column, rule) SELECT CAST(:batch AS bigint), a.debit_id, a.credit_id, a.minor, "
        "a.value_date, CAST(:base AS bigint) + a.seq, a.source_column, a.rule FROM stage_amount a "
        "WHERE a.matched = 0 ORDER BY a.seq, a.place"
    )
    return new, reversed_


def reverse(context: Context, which: str, rule: str) -> int:
    """Book the reversal, in full, of each transfer whose id the query `which` gives."""
    return context.run(
        "INSERT INTO transfer (batch_id, debit_account_id, credit_account_id, amount_minor, value_date, "
        "source_row_id, source_column, rule, reverses_id) SELECT CAST(:batch AS bigint), r.credit_account_id, "
        "r.debit_account_id, r.amount_minor, r.value_date, r.source_row_id, r.source_column, "
        f"CAST(:rule AS text), r.id FROM transfer r WHERE r.id IN ({which}) ORDER BY r.id",
        rule=rule,
    )


def withdraw_projects(context: Context, gone: str) -> None:
    """Reverse the live transfers of the projects that the query `gone` (id of version, project_id) names."""
    which = (
        f"SELECT t.id FROM transfer t JOIN account x ON x.id = t.credit_account_id JOIN ({gone}) AS gone "
        f"ON gone.project_id = x.project_id WHERE {LIVE}"
    )
    reverse(context, which, "vanished")
    copy_versions(context, "project_version", f"SELECT gone.id FROM ({gone}) AS gone", withdrawn=True)


def copy_versions(context: Context, table: str, which: str, *, withdrawn: bool) -> None:
    """Repeat the versions whose ids the query `which` gives as the newest ones of this batch."""
    from ledger.store.models import Base

    kept = [c.name for c in Base.metadata.tables[table].columns if c.name not in ("id", "batch_id", "is_withdrawn")]
    names = ", ".join(kept)
    context.run(
        f"INSERT INTO {table} (batch_id, is_withdrawn, {names}) SELECT CAST(:batch AS bigint), "
        f"{'true' if withdrawn else 'false'}, {names} FROM {table} WHERE id IN ({which}) ORDER BY id"
    )
    if table != "project_version" or withdrawn:
        return
    for part, columns in (("project_split", "kind, code, share_ppb"), ("project_earmark", "earmark_code, share_ppb")):
        context.run(
            f"INSERT INTO {part} (version_id, {columns}) SELECT n.id, "
            + ", ".join(f"o.{c.strip()}" for c in columns.split(","))
            + f" FROM {part} o JOIN project_version v ON v.id = o.version_id JOIN project_version n "
            f"ON n.project_id = v.project_id AND n.batch_id = :batch WHERE v.id IN ({which}) ORDER BY o.id"
        )


def update_balances(context: Context) -> None:
    """Add the batch's transfers to the balances of their accounts and years.

    PostgreSQL does so by itself with every transfer, so that nobody who books needs the right to write balances.
    """
    if context.connection.dialect.name == "postgresql":
        return
    context.run(
        "INSERT INTO balance (account_id, year, to_date_minor, passed_on_minor) "
        f"SELECT account_id, year, sum(to_date), sum(passed_on) FROM ({movements('t.batch_id = :batch')}) AS m "
        "WHERE true GROUP BY account_id, year ON CONFLICT (account_id, year) DO UPDATE SET "
        "to_date_minor = balance.to_date_minor + excluded.to_date_minor, "
        "passed_on_minor = balance.passed_on_minor + excluded.passed_on_minor"
    )


def movements(where: str) -> str:
    """SQL giving (account_id, year, to_date, passed_on) of both sides of each transfer `t` that meets `where`.

    Seen from an account, money that comes from an earlier or the same stage counts to date, and what goes back there
    counts against it; what goes on to a later stage is passed on, and what returns from there less passed on.
    """
    credit, debit = RANK.format("c"), RANK.format("d")
    joined = (
        "FROM transfer t JOIN account c ON c.id = t.credit_account_id "
        f"JOIN account d ON d.id = t.debit_account_id WHERE {where}"
    )
    return (
        f"SELECT c.id AS account_id, {YEAR} AS year, "
        f"CASE WHEN {debit} <= {credit} THEN t.amount_minor ELSE 0 END AS to_date, "
        f"CASE WHEN {debit} > {credit} THEN -t.amount_minor ELSE 0 END AS passed_on {joined} "
        f"UNION ALL SELECT d.id, {YEAR}, CASE WHEN {credit} <= {debit} THEN -t.amount_minor ELSE 0 END, "
        f"CASE WHEN {credit} > {debit} THEN t.amount_minor ELSE 0 END {joined}"
    )
