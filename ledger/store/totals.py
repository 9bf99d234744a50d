"""Sums over the ledger: by fund, country, year … with filters, from the balances where they suffice.

A stage's total "to date" is what came into it, net of what went back; moves inside a stage (from a decision to its
contract, from an envelope to its parts) cancel out, so levels never add up twice. Currencies and price bases are
never mixed: they are always among the keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from ledger.domain.money import divide_half_up
from ledger.store.journal import LIVE, RANK, movements

#: 100 % in parts per billion.
WHOLE = 1_000_000_000

#: Every key a total can be taken by, and what it is in SQL.
KEYS = {
    "fund": "x.fund_code",
    "country": "x.country_code",
    "theme": "x.theme_code",
    "year": "m.year",
    "period": "substr(CAST(ev.period_start AS text), 1, 4) || '-' || substr(CAST(ev.period_end AS text), 1, 4)",
    "stage": "x.stage",
    "basis": "x.basis",
    "project": "p.ref",
    "title": "v.title",
    "unit": "v.unit",
    "beneficiary": "v.beneficiary",
    "programme": "coalesce(g.ref, pg.ref)",
    "envelope": "e.ref",
    "source": "coalesce(p.source, g.source)",
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What to count. Empty means no limit; dates are inclusive. `countries` are codes, groups resolved by the caller.

    `period_start`/`period_end` and `as_of` test the value date, `known_at` the number of the last batch that counts.
    Undated money is in every as-of view and in no period.
    """

    stage: str | None = None
    bases: tuple[str, ...] = ()
    funds: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    earmark: str | None = None
    units: tuple[str, ...] = ()
    envelope: str | None = None
    programme: str | None = None
    project: str | None = None
    source: str | None = None
    period_start: date | None = None
    period_end: date | None = None
    as_of: date | None = None
    known_at: int | None = None
    price_basis: str | None = None
    currency: str | None = None
    with_illustrative: bool = False


@dataclass(frozen=True, slots=True)
class Total:
    """One sum: the values of the keys asked for, and minor units in one currency and price basis.

    `projects` counts decisions, not the contracts inside them.
    """

    keys: tuple[Any, ...]
    currency: str
    price_basis: str
    is_illustrative: bool
    minor: int
    projects: int


def totals(connection: Connection, wanted: Filter, by: Sequence[str] = ()) -> list[Total]:
    """The sums by `by` (names of KEYS), largest first.

    Shares of an earmark are applied to exact sums and rounded half up once, at the end.
    """
    where, values = _conditions(wanted, years=_balances_suffice(wanted))
    share = "k.share_ppb" if wanted.earmark else "1000000000"
    grouped = ", ".join([*(KEYS[name] for name in by), "x.currency", "x.price_basis", "x.is_illustrative"])
    query = (
        f"SELECT {grouped}, {share} AS share, sum(m.to_date) AS minor, "
        f"count(DISTINCT coalesce(v.parent_id, x.project_id)) AS projects "
        f"FROM {_movements(wanted)} JOIN account x ON x.id = m.account_id {_joins(wanted, by)} "
        f"WHERE m.to_date <> 0 AND {' AND '.join(where)} GROUP BY {grouped}"
        + (", k.share_ppb" if wanted.earmark else "")
    )
    sums: dict[tuple[Any, ...], list[int]] = {}
    for row in connection.execute(text(query), values):
        entry = sums.setdefault(tuple(row[:-3]), [0, 0])
        entry[0] += int(row[-3]) * int(row[-2])
        entry[1] += int(row[-1])
    found = [
        Total(key[:-3], key[-3], key[-2], bool(key[-1]), divide_half_up(weighted, WHOLE), projects)
        for key, (weighted, projects) in sums.items()
        if weighted
    ]
    return sorted(found, key=lambda t: (-t.minor, tuple(str(k) for k in t.keys)))


def count_projects(connection: Connection, wanted: Filter) -> int:
    """Distinct projects of the unit(s) wanted that hold money in the scope."""
    where, values = _conditions(wanted, years=False)
    holder = "x.project_id" if wanted.units else "coalesce(v.parent_id, x.project_id)"
    # A decision wholly moved into its contracts nets to nothing but is still a project: ask for what came in.
    query = (
        f"SELECT count(DISTINCT {holder}) FROM {_inflows(wanted)} JOIN account x ON x.id = m.account_id "
        f"{_joins(wanted, ('project',))} WHERE x.project_id IS NOT NULL AND {' AND '.join(where)}"
    )
    return int(connection.execute(text(query), values).scalar_one())


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one live transfer adds to a total, and the cell that it stands for.

    `minor` is negative where it leaves the scope for another of the same stage. `share_ppb` is the part that an earmark counts.
    """

    transfer_id: int
    batch_id: int
    minor: int
    share_ppb: int
    currency: str
    price_basis: str
    holder: str
    title: str
    stage: str
    basis: str
    country: str
    theme: str
    value_date: date | str | None
    rule: str
    file: str
    sha256: str
    sheet: str
    row: int
    column: int | None
    is_illustrative: bool


def contributions(connection: Connection, wanted: Filter) -> list[Contribution]:
    """The live transfers behind `totals(connection, wanted)`, in the order of files, sheets and rows.

    Their amounts (by `share_ppb`) add up to that total; transfers that only move money inside the scope are left out.
    """
    where, values = _conditions(wanted, years=False)
    live = _live(wanted)
    rank_c, rank_d = RANK.format("c"), RANK.format("d")
    both = (
        f"FROM transfer t JOIN account c ON c.id = t.credit_account_id JOIN account d ON d.id = t.debit_account_id "
        f"WHERE {live} AND {_transfers(wanted)}"
    )
    sides = (
        f"SELECT t.id AS transfer_id, t.amount_minor AS minor, c.id AS account_id, 0 AS year {both} "
        f"AND {rank_d} <= {rank_c} UNION ALL SELECT t.id, -t.amount_minor, d.id, 0 {both} AND {rank_c} <= {rank_d}"
    )
    share = "k.share_ppb" if wanted.earmark else "1000000000"
    query = (
        f"SELECT m.transfer_id, sum(m.minor) AS minor, max({share}) AS share FROM ({sides}) AS m "
        f"JOIN account x ON x.id = m.account_id {_joins(wanted, ())} WHERE {' AND '.join(where)} "
        "GROUP BY m.transfer_id HAVING sum(m.minor) <> 0"
    )
    told = (
        "SELECT q.transfer_id, t.batch_id, q.minor, q.share, x.currency, x.price_basis, "
        "coalesce(p.ref, e.ref, g.ref, x.fund_code), coalesce(v.title, ev.title, gv.title, ''), x.stage, x.basis, "
        "x.country_code, x.theme_code, t.value_date, t.rule, coalesce(f.name, ''), coalesce(f.sha256, ''), "
        "coalesce(s.name, ''), coalesce(r.number, 0), t.source_column, x.is_illustrative "
        f"FROM ({query}) AS q JOIN transfer t ON t.id = q.transfer_id JOIN account x ON x.id = t.credit_account_id "
        "LEFT JOIN project p ON p.id = x.project_id LEFT JOIN envelope e ON e.id = x.envelope_id "
        "LEFT JOIN programme g ON g.id = x.programme_id "
        + " ".join(
            f"LEFT JOIN {kind}_version {a} ON {a}.{kind}_id = x.{kind}_id AND {a}.id = (SELECT max(w.id) "
            f"FROM {kind}_version w WHERE w.{kind}_id = x.{kind}_id)"
            for kind, a in (("project", "v"), ("envelope", "ev"), ("programme", "gv"))
        )
        + " LEFT JOIN source_row r ON r.id = t.source_row_id LEFT JOIN source_sheet s ON s.id = r.sheet_id "
        "LEFT JOIN source_file f ON f.id = s.file_id ORDER BY f.id, s.position, r.number, t.source_column, t.id"
    )
    return [_contribution(row) for row in connection.execute(text(told), values)]


def _contribution(row: Sequence[Any]) -> Contribution:
    # PostgreSQL gives sums as decimals, SQLite truth as a number.
    values: list[Any] = [*map(int, row[:4]), *row[4:17], int(row[17]), row[18], bool(row[19])]
    return Contribution(*values)


def _live(wanted: Filter) -> str:
    if wanted.known_at is None:
        return LIVE
    return LIVE.replace("u.reverses_id = t.id", "u.reverses_id = t.id AND u.batch_id <= :known_at")


def _movements(wanted: Filter) -> str:
    if _balances_suffice(wanted):
        return "(SELECT account_id, year, to_date_minor AS to_date FROM balance) AS m"
    return f"({movements(_transfers(wanted))}) AS m"


def _inflows(wanted: Filter) -> str:
    return (
        f"(SELECT t.credit_account_id AS account_id, 0 AS year FROM transfer t WHERE {_live(wanted)} "
        f"AND {_transfers(wanted)}) AS m"
    )


def _transfers(wanted: Filter) -> str:
    """The conditions on transfers themselves."""
    parts = ["1 = 1"]
    if wanted.known_at is not None:
        parts.append("t.batch_id <= :known_at")
    if wanted.as_of is not None:
        parts.append("(t.value_date IS NULL OR t.value_date <= :as_of)")
    if wanted.period_start is not None:
        parts.append("t.value_date >= :period_start")
    if wanted.period_end is not None:
        parts.append("t.value_date <= :period_end")
    return " AND ".join(parts)


def _balances_suffice(wanted: Filter) -> bool:
    """Whole calendar years and the present state are in the balances; any other date needs the transfers."""
    return (
        wanted.known_at is None
        and wanted.as_of is None
        and (wanted.period_start is None or (wanted.period_start.month, wanted.period_start.day) == (1, 1))
        and (wanted.period_end is None or (wanted.period_end.month, wanted.period_end.day) == (12, 31))
    )


def _joins(wanted: Filter, by: Sequence[str]) -> str:
    known = " AND w.batch_id <= :known_at" if wanted.known_at is not None else ""
    joins = [
        f"LEFT JOIN {kind}_version {alias} ON {alias}.{kind}_id = x.{kind}_id AND {alias}.id = "
        f"(SELECT max(w.id) FROM {kind}_version w WHERE w.{kind}_id = x.{kind}_id{known})"
        for kind, alias in (("project", "v"), ("envelope", "ev"))
    ]
    if {"project", "source"} & set(by) or wanted.project or wanted.source:
        joins.append("LEFT JOIN project p ON p.id = x.project_id")
    if {"programme", "source"} & set(by) or wanted.programme or wanted.source:
        joins.append("LEFT JOIN programme g ON g.id = x.programme_id LEFT JOIN programme pg ON pg.id = v.programme_id")
    if "envelope" in by or wanted.envelope:
        joins.append("LEFT JOIN envelope e ON e.id = x.envelope_id")
    if wanted.earmark:
        joins.append("JOIN project_earmark k ON k.version_id = v.id AND k.earmark_code = :earmark")
    return " ".join(joins)


def _conditions(wanted: Filter, *, years: bool) -> tuple[list[str], dict[str, Any]]:
    # Outside an explicit question only nodes of envelope trees count: other vintages and reinforcements would double.
    where = ["x.stage <> 'outside'"]
    values: dict[str, Any] = {}

    def one_of(column: str, name: str, wanted_values: Sequence[str]) -> None:
        if wanted_values:
            names = [f"{name}{i}" for i in range(len(wanted_values))]
            where.append(f"{column} IN ({', '.join(':' + n for n in names)})")
            values.update(zip(names, wanted_values, strict=True))

    if not wanted.envelope:
        where.append("(x.envelope_id IS NULL OR ev.role = 'node')")
    if not wanted.with_illustrative:
        where.append("x.is_illustrative = false")
    one_of("x.basis", "basis", wanted.bases)
    one_of("x.fund_code", "fund", wanted.funds)
    one_of("x.country_code", "country", wanted.countries)
    one_of("x.theme_code", "theme", wanted.themes)
    one_of("v.unit", "unit", wanted.units)
    singles = {
        "stage": "x.stage",
        "currency": "x.currency",
        "price_basis": "x.price_basis",
        "envelope": "e.ref",
        "project": "p.ref",
        "programme": KEYS["programme"],
        "source": KEYS["source"],
    }
    for name, column in singles.items():
        value = getattr(wanted, name)
        if value is not None:
            where.append(f"{column} = :{name}")
            values[name] = value
    if years:
        if wanted.period_start is not None:
            where.append("m.year >= :first_year")
            values["first_year"] = wanted.period_start.year
        if wanted.period_end is not None:
            where.append("m.year BETWEEN 1 AND :last_year")
            values["last_year"] = wanted.period_end.year
    dates = () if years else ("as_of", "period_start", "period_end")
    for name in (*dates, "known_at", "earmark"):
        value = getattr(wanted, name)
        if value is not None:
            values[name] = value
    return where, values
