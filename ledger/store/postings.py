"""The journal as it goes out to other programs: its accounts with what they hold, and its transfers, one by one.

Everything is streamed: a ledger of a million transfers passes through little memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from ledger.store import totals
from ledger.store.journal import RANK, movements
from ledger.store.reports import FETCH, day
from ledger.store.totals import Filter

_HOLDERS = (("project", "p"), ("envelope", "e"), ("programme", "g"))


@dataclass(frozen=True, slots=True)
class Account:
    """Where money stands. `kind` is project, envelope or programme, empty for the outside world and a fund's pool.

    `is_counted` is false for envelopes that a summary leaves out: reinforcements, other vintages, unit costs.
    """

    id: int
    stage: str
    basis: str
    fund: str
    country: str
    theme: str
    currency: str
    price_basis: str
    is_illustrative: bool
    kind: str
    ref: str
    is_counted: bool


@dataclass(frozen=True, slots=True)
class Holding:
    """An account, what is said of its holder, and what it holds by the ledger's own sums, in minor units.

    `is_partial` where the account lies outside the funds and countries asked for: then only what it has to do with
    them is counted.
    """

    account: Account
    source: str
    title: str
    role: str
    to_date_minor: int
    passed_on_minor: int
    is_partial: bool


@dataclass(frozen=True, slots=True)
class Movement:
    """A transfer of a positive amount from `debit` to `credit`, in the order of booking, and its cell.

    `credit_to_date` says that it counts to what the credit account received to date, else it lowers what that passed
    on; `debit_to_date` likewise. `column` is 1-based, `row` 0 where no row is named.
    """

    id: int
    batch: int
    debit: Account
    credit: Account
    minor: int
    value_date: date | None
    debit_to_date: bool
    credit_to_date: bool
    file: str
    sheet: str
    row: int
    column: int | None
    rule: str
    reverses: int | None


@dataclass(frozen=True, slots=True)
class Extent:
    """How many transfers there are, how many of them undated, and the first and last value date."""

    transfers: int
    undated: int
    first: date | None
    last: date | None


def extent(connection: Connection, wanted: Filter) -> Extent:
    """The extent of the transfers that `wanted` lets through."""
    where, values = _where(wanted)
    row = connection.execute(
        text(
            f"SELECT count(*), count(*) - count(t.value_date), min(t.value_date), max(t.value_date) {_BOTH} WHERE {where}"
        ),
        values,
    ).one()
    return Extent(int(row[0]), int(row[1]), day(row[2]), day(row[3]))


def commodities(connection: Connection, wanted: Filter) -> list[tuple[str, str, bool]]:
    """What is never added to anything else: (currency, price basis, illustrative) of the accounts."""
    where, values = _where(wanted)
    found = connection.execute(
        text(
            f"SELECT DISTINCT x.currency, x.price_basis, x.is_illustrative FROM account x WHERE x.id IN "
            f"(SELECT c.id {_BOTH} WHERE {where} UNION SELECT d.id {_BOTH} WHERE {where})"
        ),
        values,
    )
    return sorted((row[0], row[1], bool(row[2])) for row in found)


def holdings(connection: Connection, wanted: Filter) -> Iterator[Holding]:
    """Every account with a transfer that `wanted` lets through, by number.

    What it holds comes from the kept balances where nothing is left out, and from the journal otherwise.
    """
    where, values = _where(wanted)
    sums = f"SELECT account_id, to_date, passed_on FROM ({movements(where)}) AS every_side"
    if not (wanted.funds or wanted.countries or wanted.as_of or wanted.known_at is not None):
        sums = "SELECT account_id, to_date_minor AS to_date, passed_on_minor AS passed_on FROM balance"
        if not wanted.with_illustrative:
            sums += " WHERE account_id IN (SELECT id FROM account WHERE is_illustrative = false)"
    grouped = f"SELECT account_id, sum(to_date) AS to_date, sum(passed_on) AS passed_on FROM ({sums}) AS m GROUP BY account_id"
    versions = " ".join(
        f"LEFT JOIN {kind}_version {a}v ON {a}v.id = {_newest(kind, f'x.{kind}_id', wanted)}"
        for kind, a in _HOLDERS
        if kind != "envelope"
    )
    query = (
        f"SELECT {_columns('x')}, coalesce(xp.source, xg.source, ''), "
        "coalesce(pv.title, xv.title, gv.title, ''), coalesce(xv.role, ''), m.to_date, m.passed_on "
        f"FROM ({grouped}) AS m JOIN account x ON x.id = m.account_id {_joins('x', wanted)} {versions} ORDER BY x.id"
    )
    for row in connection.execute(text(query), values, execution_options={"yield_per": FETCH}):
        account = _account(row[:12])
        partial = bool(wanted.funds and account.fund not in wanted.funds) or bool(
            wanted.countries and account.country not in wanted.countries
        )
        yield Holding(account, row[12], row[13], row[14], int(row[15]), int(row[16]), partial)


def balances(connection: Connection) -> Iterator[tuple[int, int, int, int]]:
    """(account, year, to date, passed on) of every kept balance, in minor units; year 0 is undated."""
    query = "SELECT account_id, year, to_date_minor, passed_on_minor FROM balance ORDER BY account_id, year"
    for row in connection.execute(text(query), execution_options={"yield_per": FETCH}):
        yield int(row[0]), int(row[1]), int(row[2]), int(row[3])


def transfers(connection: Connection, wanted: Filter) -> Iterator[Movement]:
    """Every transfer that `wanted` lets through, reversed ones and their reversals too, in the order of booking.

    Of funds and countries it is enough that one side is of those asked for.
    """
    where, values = _where(wanted)
    credit, debit = RANK.format("c"), RANK.format("d")
    query = (
        f"SELECT t.id, t.batch_id, t.amount_minor, t.value_date, CASE WHEN {credit} <= {debit} THEN 1 ELSE 0 END, "
        f"CASE WHEN {debit} <= {credit} THEN 1 ELSE 0 END, coalesce(f.name, ''), coalesce(s.name, ''), "
        f"coalesce(r.number, 0), t.source_column, t.rule, t.reverses_id, {_columns('d')}, {_columns('c')} {_BOTH} "
        f"{_joins('d', wanted)} {_joins('c', wanted)} LEFT JOIN source_row r ON r.id = t.source_row_id "
        "LEFT JOIN source_sheet s ON s.id = r.sheet_id LEFT JOIN source_file f ON f.id = s.file_id "
        f"WHERE {where} ORDER BY t.id"
    )
    for row in connection.execute(text(query), values, execution_options={"yield_per": FETCH}):
        yield Movement(
            int(row[0]),
            int(row[1]),
            _account(row[12:24]),
            _account(row[24:36]),
            int(row[2]),
            day(row[3]),
            bool(row[4]),
            bool(row[5]),
            row[6],
            row[7],
            int(row[8]),
            row[9],
            row[10],
            row[11],
        )


_BOTH = "FROM transfer t JOIN account c ON c.id = t.credit_account_id JOIN account d ON d.id = t.debit_account_id"


def _where(wanted: Filter) -> tuple[str, dict[str, Any]]:
    """Conditions on a transfer t from account d to account c."""
    parts = [totals._transfers(wanted)]  # noqa: SLF001 - the same package: one meaning of a Filter
    values: dict[str, Any] = {
        name: getattr(wanted, name) for name in ("known_at", "as_of") if getattr(wanted, name) is not None
    }
    if not wanted.with_illustrative:
        parts.append("c.is_illustrative = false AND d.is_illustrative = false")
    limits = []
    for column, name, codes in (("fund_code", "fund", wanted.funds), ("country_code", "country", wanted.countries)):
        if codes:
            values.update({f"{name}{i}": code for i, code in enumerate(codes)})
            limits.append((column, ", ".join(f":{name}{i}" for i in range(len(codes)))))
    if limits:
        sides = (" AND ".join(f"{side}.{column} IN ({names})" for column, names in limits) for side in "cd")
        parts.append("(" + " OR ".join(sides) + ")")
    return " AND ".join(parts), values


def _newest(kind: str, holder: str, wanted: Filter) -> str:
    known = " AND w.batch_id <= :known_at" if wanted.known_at is not None else ""
    return f"(SELECT max(w.id) FROM {kind}_version w WHERE w.{kind}_id = {holder}{known})"


def _joins(x: str, wanted: Filter) -> str:
    """The holders of account `x`, and the version of an envelope, which says whether it counts."""
    holders = " ".join(f"LEFT JOIN {kind} {x}{a} ON {x}{a}.id = {x}.{kind}_id" for kind, a in _HOLDERS)
    return f"{holders} LEFT JOIN envelope_version {x}v ON {x}v.id = {_newest('envelope', f'{x}.envelope_id', wanted)}"


def _columns(x: str) -> str:
    return (
        f"{x}.id, {x}.stage, {x}.basis, {x}.fund_code, {x}.country_code, {x}.theme_code, {x}.currency, "
        f"{x}.price_basis, {x}.is_illustrative, CASE WHEN {x}.project_id IS NOT NULL THEN 'project' "
        f"WHEN {x}.envelope_id IS NOT NULL THEN 'envelope' WHEN {x}.programme_id IS NOT NULL THEN 'programme' "
        f"ELSE '' END, coalesce({x}p.ref, {x}e.ref, {x}g.ref, ''), "
        f"CASE WHEN {x}.envelope_id IS NULL OR {x}v.role = 'node' THEN 1 ELSE 0 END"
    )


def _account(row: Any) -> Account:
    number, stage, basis, fund, country, theme, currency, prices, illustrative, kind, ref, counted = row
    return Account(
        int(number),
        stage,
        basis,
        fund,
        country,
        theme,
        currency,
        prices,
        bool(illustrative),
        kind,
        ref,
        bool(counted),
    )
