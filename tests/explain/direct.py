"""Trials without a database: the rows of a portfolio as the ledger would hold them, explained at once.

Reading and booking are left out, which take nine tenths of a trial, so that hundreds of trials of long lists can be run.
That both ways give the same is tested (`test_fault_injection.py`).
"""

from __future__ import annotations

import time
from datetime import date
from fractions import Fraction

from ledger.actions.total_words import calls_itself_total
from ledger.reconcile.explanation.differences import Elsewhere, compared
from ledger.reconcile.explanation.model import Case, CaseRow, Explanation, Rate, RejectedRow, RowPlace, Target
from ledger.reconcile.explanation.scoping import Account, Holder, Piece, Scope, Stated, case_rows
from ledger.reconcile.explanation.search import explain
from tests.explain.portfolios import CURRENCY_RATES, Portfolio, Row, cents

_COLUMNS = (("eu_contribution", "committed", 9), ("paid", "paid", 12))
RATES = [
    Rate(code, text, Fraction(text), date(2020, 1, 1), date(2027, 12, 31), 2) for code, text in CURRENCY_RATES.items()
]


def scope_of(portfolio: Portfolio) -> Scope:
    """What the portfolio's figure counts."""
    said = portfolio.scope
    start, end = (date.fromisoformat(said[name]) if name in said else None for name in ("period_start", "period_end"))
    funds, countries = (tuple(said[name].split(";")) if name in said else () for name in ("fund", "country"))
    return Scope(said["stage"], said["basis"], "EUR", funds=funds, countries=countries, start=start, end=end)


def held(portfolio: Portfolio) -> tuple[list[CaseRow], list[RejectedRow]]:
    """The rows that would be booked, and those that would be refused."""
    pieces: list[Piece] = []
    holders: dict[int | str, Holder] = {}
    places: dict[int, tuple[str, str, int, int | None, str]] = {}
    totals: dict[int, int] = {}
    refused = []
    accounts: dict[str, list[Account]] = {}
    with_total = "total_cost" in portfolio.headers
    for batch, rows in enumerate(portfolio.files, start=1):
        name = f"list{batch}.csv"
        for number, row in enumerate(rows, start=2):
            place = RowPlace(row["project_ref"], name, "", number, batch)
            if any(row[column].startswith("-") for column, _, _ in _COLUMNS if column in portfolio.headers):
                refused.append(RejectedRow(place, cents(row[portfolio.column]), "amount-negative"))
                continue
            key = len(places) + 1
            digest = "|".join(row.get(header, "") for header in portfolio.headers)
            places[key] = (name, "", number, batch, digest)
            if with_total and cents(row["total_cost"]) < cents(row["eu_contribution"]):
                totals[key] = cents(row["total_cost"])
            holders.setdefault(row["project_ref"], _holder(row, portfolio))
            pieces += _pieces(key, row, portfolio, accounts)
    stated = Stated(places, lambda _: with_total, totals)
    return case_rows(pieces, holders, scope_of(portfolio), stated), refused


def _holder(row: Row, portfolio: Portfolio) -> Holder:
    return Holder(
        row["project_ref"],
        "projects",
        row["title"],
        row["beneficiary"],
        row["unit"],
        row["fund"],
        row["country"],
        row["parent"] or None,
        None,
        Fraction(row["eu_rate"]) if "eu_rate" in portfolio.headers else None,
        None,
        calls_itself_total(row["project_ref"], row["title"]),
    )


def _pieces(key: int, row: Row, portfolio: Portfolio, accounts: dict[str, list[Account]]) -> list[Piece]:
    amounts = [(stage, "eu", cents(row[name]), column) for name, stage, column in _COLUMNS if name in portfolio.headers]
    if "total_cost" in portfolio.headers:
        amounts.append(("committed", "other", max(cents(row["total_cost"]) - cents(row["eu_contribution"]), 0), 10))
    day, made = date.fromisoformat(row["decision_date"]), []
    for stage, basis, minor, column in amounts:
        if minor:
            account = Account(
                row["project_ref"], stage, basis, row["currency"], "current", row["fund"], row["country"], "NONE"
            )
            above = next(
                (one for one in accounts.get(row["parent"], ()) if (one.stage, one.basis) == (stage, basis)), None
            )
            if not row["parent"]:
                accounts.setdefault(row["project_ref"], []).append(account)
            made.append(Piece(key, minor, account, day, column, "", above))
    return made


def told(
    honest: Portfolio, faulty: Portfolio, *, noise: int = 0, source: str = ""
) -> tuple[list[Explanation], int, float]:
    """What is told of the difference between honest total and faulty list, the difference, the seconds that it took."""
    rows, refused = held(faulty)
    ledger = sum(row.minor for row in rows)
    aim = ledger - honest.total() - noise
    if not aim:
        return [], 0, 0.0
    began = time.process_time()
    elsewhere = [Elsewhere("honest.csv", held(honest)[0], is_history=source == "history")] if source else []
    case = Case(
        target=Target(aim, aim),
        ledger=ledger,
        stage=faulty.scope["stage"],
        basis="eu",
        currency="EUR",
        rows=rows,
        rejected=refused,
        rates=RATES,
        sources=[compared(rows, each, rejected=refused, rates=RATES, currency="EUR") for each in elsewhere],
        limits=scope_of(faulty).limits,
    )
    return explain(case), aim, time.process_time() - began
