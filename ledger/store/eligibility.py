"""What is dated outside the period it belongs to: expenditure, projects, commitments on envelopes, and codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import BindParameter, Connection, bindparam, text

from ledger.store.controls import CURRENT, FIRST_DAY
from ledger.store.integrity import PLACE, Place, place
from ledger.store.journal import LIVE
from ledger.store.reports import day


def literal(connection: Connection, written: date) -> str:
    """A day in SQL of its own: SQLite keeps days as text, PostgreSQL as dates."""
    return f"'{written}'" if connection.dialect.name == "sqlite" else f"DATE '{written}'"


@dataclass(frozen=True, slots=True)
class Outside:
    """Money of a project, or the project itself (stage None), dated outside the period of its programme.

    `is_own` says that the programme states the limit that is passed, `is_dated` that the money has a day of its own,
    which is neither the decision's, the project's start nor that of the list.
    """

    ref: str
    source: str
    stage: str | None
    currency: str
    minor: int
    on: date
    limit: date
    is_late: bool
    is_own: bool
    is_dated: bool
    place: Place


def _bounds(connection: Connection, start: date, end: date) -> str:
    """Each project of the funds with the first and last day of its period, and whether its programme states them.

    A programme's reference of the period (CCI) gives the first day, and a fund that has no earlier one.
    """
    return (
        # Whole rows, so that cur is not joined again: SQLite would scan one for each row of the other.
        "bounds AS MATERIALIZED (SELECT c.*, coalesce(gv.start_date, CASE WHEN g.ref LIKE '2021__65%' "
        f"OR c.fund_code = 'BMVI' THEN {literal(connection, start)} END) AS first, "
        f"coalesce(gv.end_date, {literal(connection, end)}) AS last, "
        "CASE WHEN gv.start_date IS NULL THEN 0 ELSE 1 END AS own_first, "
        "CASE WHEN gv.end_date IS NULL THEN 0 ELSE 1 END AS own_last "
        "FROM cur c LEFT JOIN programme g ON g.id = c.programme_id LEFT JOIN programme_version gv ON gv.id = "
        "(SELECT max(w.id) FROM programme_version w WHERE w.programme_id = g.id) WHERE c.fund_code IN :funds)"
    )


def outside_eligibility(
    connection: Connection, funds: Sequence[str], start: date, end: date, *, with_illustrative: bool
) -> tuple[int, list[Outside]]:
    """How many projects of the funds have no first day, and what is dated outside, by project and side."""
    only = "" if with_illustrative else "AND x.is_illustrative = false "
    lists = (
        ""
        if with_illustrative
        else "AND NOT EXISTS (SELECT 1 FROM batch i WHERE i.id = b.batch_id AND i.is_illustrative) "
    )
    begin = f"WITH {CURRENT}, {_bounds(connection, start, end)} "
    named = {"funds": list(funds)}
    expanding: BindParameter[str] = bindparam("funds", expanding=True)
    unknown = connection.execute(
        text(f"{begin}SELECT count(*) FROM bounds b WHERE b.first IS NULL {lists}").bindparams(expanding),
        named,
    ).scalar_one()
    late = "t.value_date > b.last"
    dated = "coalesce(b.decision_date = t.value_date, false) OR coalesce(b.start_date = t.value_date, false) "
    dated += "OR coalesce(n.as_of = t.value_date, false)"
    money = connection.execute(
        text(
            f"{begin}SELECT p.ref, p.source, x.stage, x.currency, sum(t.amount_minor), "
            f"CASE WHEN {late} THEN max(t.value_date) ELSE min(t.value_date) END, "
            f"CASE WHEN {late} THEN b.last ELSE b.first END, CASE WHEN {late} THEN 1 ELSE 0 END, "
            f"CASE WHEN {late} THEN b.own_last ELSE b.own_first END, min(CASE WHEN {dated} THEN 0 ELSE 1 END), "
            "min(f.name), min(s.name), min(r.number) FROM bounds b CROSS JOIN account x CROSS JOIN transfer t "
            "JOIN project p ON p.id = b.project_id JOIN batch n ON n.id = t.batch_id "
            + PLACE.format("t.source_row_id")
            + f" WHERE x.project_id = b.project_id AND t.credit_account_id = x.id AND x.stage IN ('declared', 'paid') AND (t.value_date < b.first OR {late}) AND {LIVE} {only}"
            f"GROUP BY p.ref, p.source, x.stage, x.currency, {late}, b.first, b.last, b.own_first, b.own_last "
            "ORDER BY p.ref, p.source, x.stage"
        ).bindparams(expanding),
        named,
    ).all()
    projects = connection.execute(
        text(
            f"{begin}SELECT p.ref, p.source, NULL, '', 0, CASE WHEN b.start_date < b.first THEN b.start_date "
            "ELSE b.end_date END, CASE WHEN b.start_date < b.first THEN b.first ELSE b.last END, "
            "CASE WHEN b.start_date < b.first THEN 0 ELSE 1 END, CASE WHEN b.start_date < b.first THEN b.own_first "
            "ELSE b.own_last END, 1, f.name, s.name, r.number FROM bounds b "
            "JOIN project p ON p.id = b.project_id "
            + PLACE.format("b.source_row_id")
            + f" WHERE (b.start_date < b.first OR b.end_date > b.last) {lists}ORDER BY p.ref, p.source"
        ).bindparams(expanding),
        named,
    ).all()
    found = []
    for row in (*money, *projects):
        on, limit = day(row[5]), day(row[6])
        assert on is not None
        assert limit is not None  # both were compared
        is_late, is_own, is_dated = map(bool, row[7:10])
        found.append(
            Outside(row[0], row[1], row[2], row[3], int(row[4]), on, limit, is_late, is_own, is_dated, place(row[10:]))
        )
    return unknown, found


@dataclass(frozen=True, slots=True)
class Misdated:
    """A project with a day that does not fit what it is held against: an envelope, its own start, or a code."""

    ref: str
    source: str
    what: str
    on: date
    limit: date | None
    place: Place


def commitments_outside(connection: Connection, *, with_illustrative: bool) -> tuple[int, list[Misdated]]:
    """How many commitments there are, and those dated outside the period of their envelope, which is `what`."""
    only = "" if with_illustrative else "AND x.is_illustrative = false "
    drawn = (
        "FROM transfer t JOIN account d ON d.id = t.debit_account_id JOIN account x ON x.id = t.credit_account_id "
        "JOIN envelope e ON e.id = d.envelope_id JOIN envelope_version v ON v.id = (SELECT max(w.id) FROM envelope_version w "
        "WHERE w.envelope_id = e.id) "
    )
    where = f"WHERE x.stage = 'committed' AND {LIVE} {only}"
    count = connection.execute(
        text(f"SELECT count(*) FROM transfer t JOIN account x ON x.id = t.credit_account_id {where}")
    ).scalar_one()
    found = connection.execute(
        text(
            "SELECT coalesce(p.ref, g.ref), coalesce(p.source, g.source), e.ref, t.value_date, "
            "CASE WHEN t.value_date < v.period_start THEN v.period_start ELSE v.period_end END, f.name, s.name, r.number "
            f"{drawn}LEFT JOIN project p ON p.id = x.project_id LEFT JOIN programme g ON g.id = x.programme_id "
            + PLACE.format("t.source_row_id")
            + f" {where}AND (t.value_date < v.period_start OR t.value_date > v.period_end) ORDER BY 1, 2, t.id"
        )
    )
    return int(count), [_misdated(row) for row in found]


def out_of_order(connection: Connection, *, with_illustrative: bool) -> tuple[int, list[Misdated]]:
    """Projects with both days, and those that end before they start."""
    lists = "" if with_illustrative else "AND b.is_illustrative = false "
    tables = "FROM cur c JOIN batch b ON b.id = c.batch_id JOIN project p ON p.id = c.project_id "
    both = f"WHERE c.start_date IS NOT NULL AND c.end_date IS NOT NULL {lists}"
    count = connection.execute(text(f"WITH {CURRENT} SELECT count(*) {tables}{both}")).scalar_one()
    found = connection.execute(
        text(
            f"WITH {CURRENT} SELECT p.ref, p.source, '', c.end_date, c.start_date, f.name, s.name, r.number {tables}"
            + PLACE.format("c.source_row_id")
            + f" {both}AND c.end_date < c.start_date ORDER BY p.ref, p.source"
        )
    )
    return int(count), [_misdated(row) for row in found]


def former_members(connection: Connection, *, with_illustrative: bool) -> tuple[int, int, list[Misdated]]:
    """Projects of shared management in a country that was a Member State at another time, and not on their day.

    First the projects looked at and those that nothing dates; `what` is the country.
    """
    only = "" if with_illustrative else "AND b.is_illustrative = false "
    members = "SELECT 1 FROM country_group_member m WHERE m.group_code = 'EU-MS' AND m.country_code = {0}.country_code"
    start = (
        f"WITH {CURRENT}, dated AS MATERIALIZED (SELECT c.project_id, c.country_code, c.source_row_id, {FIRST_DAY} AS first "
        "FROM cur c JOIN fund u ON u.code = c.fund_code AND u.kind = 'shared' JOIN batch b ON b.id = c.batch_id "
        f"WHERE EXISTS ({members.format('c')}) {only}) "
    )
    undated = "coalesce(sum(CASE WHEN d.first IS NULL THEN 1 ELSE 0 END), 0)"
    counted = connection.execute(text(f"{start}SELECT count(*), {undated} FROM dated d")).one()
    found = connection.execute(
        text(
            f"{start}SELECT p.ref, p.source, d.country_code, d.first, NULL, f.name, s.name, r.number FROM dated d "
            "JOIN project p ON p.id = d.project_id "
            + PLACE.format("d.source_row_id")
            + f" WHERE d.first IS NOT NULL AND NOT EXISTS ({members.format('d')} AND (m.valid_from IS NULL "
            "OR m.valid_from <= d.first) AND (m.valid_to IS NULL OR m.valid_to >= d.first)) ORDER BY p.ref, p.source"
        )
    )
    return int(counted[0]), int(counted[1]), [_misdated(row) for row in found]


def before_the_fund(connection: Connection, fund: str, first: date, *, with_illustrative: bool) -> list[Misdated]:
    """Projects of a fund that are dated before there was the fund; `what` is the fund."""
    only = "" if with_illustrative else "AND b.is_illustrative = false "
    found = connection.execute(
        text(
            f"WITH {CURRENT}, dated AS MATERIALIZED (SELECT c.project_id, c.source_row_id, {FIRST_DAY} AS first FROM cur c "
            f"JOIN batch b ON b.id = c.batch_id WHERE c.fund_code = :fund {only}) SELECT p.ref, p.source, :fund, d.first, "
            f"{literal(connection, first)}, f.name, s.name, r.number FROM dated d JOIN project p ON p.id = d.project_id "
            + PLACE.format("d.source_row_id")
            + f" WHERE d.first < {literal(connection, first)} ORDER BY p.ref, p.source"
        ),
        {"fund": fund},
    )
    return [_misdated(row) for row in found]


def strangers(
    connection: Connection, year: int, *, with_illustrative: bool
) -> tuple[int, list[tuple[str, str, str, str, Place]]]:
    """Programmes and envelopes of a period in countries that have none in the fund: kind, reference, fund, country, place.

    Held against the groups MS-FUND-YEAR, for the funds that have one; regions and aggregates are no countries.
    """
    only = "" if with_illustrative else "AND b.is_illustrative = false "
    count = 0
    found: list[tuple[str, str, str, str, Place]] = []
    for kind, in_period in (
        ("programme", f"(h.ref LIKE '{year}%' OR v.start_date >= {literal(connection, date(year, 1, 1))})"),
        ("envelope", f"v.period_start >= {literal(connection, date(year, 1, 1))}"),
    ):
        tables = (
            f"SELECT {{0}} FROM {kind}_version v JOIN {kind} h ON h.id = v.{kind}_id JOIN batch b ON b.id = v.batch_id "
            "JOIN country c ON c.code = v.country_code AND c.kind = 'country' "
            f"JOIN country_group o ON o.code = 'MS-' || v.fund_code || '-{year}' "
            + PLACE.format("v.source_row_id")
            + f" WHERE v.id = (SELECT max(w.id) FROM {kind}_version w WHERE w.{kind}_id = h.id) "
            f"AND v.is_withdrawn = false AND {in_period} {only}"
        )
        count += int(connection.execute(text(tables.format("count(*)"))).scalar_one())
        columns = "h.ref, v.fund_code, v.country_code, f.name, s.name, r.number"
        absent = (
            "AND NOT EXISTS (SELECT 1 FROM country_group_member m WHERE m.group_code = o.code "
            "AND m.country_code = v.country_code) ORDER BY h.ref"
        )
        rows = connection.execute(text(tables.format(columns) + absent))
        found += [(kind, row[0], row[1], row[2], place(row[3:])) for row in rows]
    return count, found


def _misdated(row: Sequence[object]) -> Misdated:
    ref, source, what, on, limit = row[:5]
    found = day(on)  # type: ignore[arg-type] # a day of either database
    assert found is not None
    return Misdated(str(ref), str(source), str(what), found, day(limit), place(row[5:]))  # type: ignore[arg-type]
