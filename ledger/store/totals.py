"""Sums over the ledger: by fund, country, year … with filters, from the balances where they suffice.

A stage's total "to date" is what came into it, net of what went back; moves inside a stage (from a decision to its
contract, from an envelope to its parts) cancel out, so levels never add up twice. Currencies and price bases are
never mixed: they are always among the keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from ledger.domain.money import divide_half_up
from ledger.store.cells import Origin
from ledger.store.journal import LIVE, YEAR, movements

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
    "specific_objective": "v.specific_objective",
    "intervention_type": "v.intervention_type",
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
    #: envelopes of every role, not nodes of trees alone
    every_role: bool = False
    #: values that keys have to have (None: none), as a line of a total by these keys states them
    equal: tuple[tuple[str, str | None], ...] = ()
    #: only what was booked from there, or these transfers, or by this batch
    origin: Origin | None = None
    transfers: tuple[int, ...] = ()
    batch: int | None = None


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
        f"(SELECT t.credit_account_id AS account_id, {YEAR} AS year FROM transfer t WHERE {_live(wanted)} "
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
    if wanted.transfers:
        parts.append(f"t.id IN ({', '.join(map(str, map(int, wanted.transfers)))})")
    if wanted.batch is not None:
        parts.append("t.batch_id = :batch")
    if wanted.origin is not None:
        parts.append(_from(wanted.origin))
    return " AND ".join(parts)


def _from(origin: Origin) -> str:
    """The condition on a transfer to be booked from a place."""
    row = (
        "SELECT r.id FROM source_row r JOIN source_sheet s ON s.id = r.sheet_id JOIN source_file f ON f.id = s.file_id"
    )
    where = ["f.sha256 = :from_sha256"]
    if origin.sheet is not None:
        where.append("s.name = :from_sheet")
    if origin.row is not None:
        where.append("r.number = :from_row")
    column = "" if origin.column is None else " AND t.source_column = :from_column"
    return f"t.source_row_id IN ({row} WHERE {' AND '.join(where)}){column}"


def _balances_suffice(wanted: Filter) -> bool:
    """Whole calendar years and the present state are in the balances; any other date needs the transfers."""
    return (
        wanted.known_at is None
        and wanted.as_of is None
        and wanted.origin is None
        and not wanted.transfers
        and wanted.batch is None
        and (wanted.period_start is None or (wanted.period_start.month, wanted.period_start.day) == (1, 1))
        and (wanted.period_end is None or (wanted.period_end.month, wanted.period_end.day) == (12, 31))
    )


def _joins(wanted: Filter, by: Sequence[str]) -> str:
    by = [*by, *(name for name, _ in wanted.equal)]
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

    if not wanted.envelope and not wanted.every_role:
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
    where += [
        f"{KEYS[name]} IS NULL" if value is None else f"CAST({KEYS[name]} AS text) = :equal{at}"
        for at, (name, value) in enumerate(wanted.equal)
    ]
    values |= {f"equal{at}": value for at, (_, value) in enumerate(wanted.equal) if value is not None}
    if years:
        if wanted.period_start is not None:
            where.append("m.year >= :first_year")
            values["first_year"] = wanted.period_start.year
        if wanted.period_end is not None:
            where.append("m.year BETWEEN 1 AND :last_year")
            values["last_year"] = wanted.period_end.year
    dates = () if years else ("as_of", "period_start", "period_end")
    for name in (*dates, "known_at", "earmark", "batch"):
        value = getattr(wanted, name)
        if value is not None:
            values[name] = value
    if wanted.origin is not None:
        place = asdict(wanted.origin).items()
        values |= {f"from_{name}": value for name, value in place if value is not None}
    return where, values
