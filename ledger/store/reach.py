"""What a list states beyond the funds and countries of the officer who imports it: told row by row before anything is booked.

The policies of the database refuse it in any case; here it is said which rows are meant. Nothing of this is asked on
SQLite, of the owner, or of an officer for every fund and country.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import text

from ledger.domain.findings import Finding
from ledger.domain.records import CoverageStatement, Kind
from ledger.store.context import Context
from ledger.store.staging import HOLDERS, Holder
from ledger.store.standing import Standing, shown_scope

#: References named in one finding.
_NAMED = 5


def beyond(
    context: Context, kinds: Iterable[Kind], coverage: Iterable[CoverageStatement], standing: Standing
) -> list[Finding]:
    """Why the staged list may not be booked by this login; nothing where it may."""
    if standing.sees_all:
        return []
    found = [finding for kind in kinds for finding in _of_kind(context, HOLDERS[kind], standing)]
    for statement in coverage:
        if not standing.covers(statement.fund, statement.country):
            whole = shown_scope([(statement.fund, statement.country)])
            found.append(_finding(context, standing, f"its profile says that it is the complete list for {whole}"))
    return found


def _of_kind(context: Context, holder: Holder, standing: Standing) -> Iterator[Finding]:
    if not holder.has_account:
        rows = context.connection.execute(text(f"SELECT count(*), min(seq) FROM {holder.staged}")).one()
        if rows[0]:
            yield _finding(
                context, standing, f"{_rows(rows[0])} of {holder.kind.value} are common to all funds", rows[1]
            )
        return
    stated = (
        f"SELECT seq, fund_code, country_code FROM {holder.staged} UNION ALL SELECT seq, fund_code, country_code "
        f"FROM stage_amount WHERE kind = '{holder.kind.value}'"
    )
    pairs = context.connection.execute(
        text(
            f"SELECT fund_code, country_code, count(DISTINCT seq), min(seq) FROM ({stated}) AS stated "
            "GROUP BY fund_code, country_code ORDER BY min(seq), 1, 2"
        )
    ).all()
    outside = [pair for pair in pairs if not standing.covers(pair[0], pair[1])]
    for fund, country, rows, first in outside:
        yield _finding(context, standing, f"{_rows(rows)} of {shown_scope([(fund, country)])}", first)
    if not outside:
        yield from _of_references(context, holder, standing)


def _of_references(context: Context, holder: Holder, standing: Standing) -> Iterator[Finding]:
    """Records that the list describes, or draws on, and that belong to somebody else."""
    asked = [(holder.table, "ref", True)]
    if holder.links.get("parent_id"):
        asked.append((holder.table, "parent_ref", False))
    if holder.kind is Kind.PROJECTS:
        asked.append(("programme", "programme_ref", False))
    asked.append(("envelope", "envelope_ref", False))
    for kind, column, described in asked:
        query = text(
            "SELECT b.ref, min(r.seq) FROM ledger_beyond(CAST(:kind AS text), CAST(:source AS text), "
            f"ARRAY(SELECT DISTINCT n.{column} FROM {holder.staged} n WHERE n.{column} IS NOT NULL), :described) AS b(ref) "
            f"JOIN {holder.staged} r ON r.{column} = b.ref GROUP BY b.ref ORDER BY 2"
        )
        values = {"kind": kind, "source": context.source, "described": described}
        if taken := context.connection.execute(query, values).all():
            names = ", ".join(str(ref) for ref, _ in taken[:_NAMED]) + (" …" if len(taken) > _NAMED else "")
            yield _finding(
                context, standing, f"the {kind} {names} is recorded for another fund or country", taken[0][1]
            )


def _finding(context: Context, standing: Standing, said: str, seq: int | None = None) -> Finding:
    sheet, row = "", ""
    if seq is not None:
        sheet_no, number = context.connection.execute(
            text("SELECT sheet_no, number FROM stage_row WHERE seq = :seq"), {"seq": seq}
        ).one()
        sheet, row = context.sheets[sheet_no].name, str(number)
    said = f"{said}; {standing.login} books {standing.shown}"
    return Finding("beyond-rights", said, context.file, sheet, row, values={"login": standing.login})


def _rows(number: int) -> str:
    return f"{number} row{'s' * (number > 1)}"
