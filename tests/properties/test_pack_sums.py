"""The sums of verify_pack.py against the ledger's own, on random ledgers and random questions.

The verifier adds the sealed rows up in Python, the ledger asks the database; they share no line of code.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.actions.pack_results import _question
from ledger.audit import packing
from ledger.audit.verify_pack import Books
from ledger.domain.records import Record
from ledger.store import postings, seals
from ledger.store.database import Connection, Database
from ledger.store.totals import Filter, totals
from tests.builders import amount, envelope, new_ledger, post, project
from tests.store.balances import revert

DAYS = (date(2021, 3, 1), date(2022, 12, 31), date(2023, 1, 1), None)

_amounts = st.builds(
    amount,
    st.integers(1, 10**13),
    stage=st.sampled_from(("committed", "contracted", "declared", "paid", "decommitted")),
    basis=st.sampled_from(("eu", "private")),
    country=st.sampled_from(("TN", "MA")),
    theme=st.sampled_from(("unstated", "protection")),
    on=st.sampled_from(DAYS),
    currency=st.sampled_from(("EUR", "EUR", "TND")),
    price_basis=st.sampled_from(("current", "current", "2018")),
)
_projects = st.builds(
    project,
    st.sampled_from(("P1", "P2", "P3")),
    _amounts,
    _amounts,
    fund=st.sampled_from(("AMIF", "NDICI-GE")),
    unit=st.sampled_from(("operation", "contract")),
    earmarks=st.sampled_from(({}, {"migration": 333_333_333}, {"pact": 10**9})),
)
_lists = st.lists(_projects, min_size=1, max_size=3, unique_by=lambda record: record.ref)
_tree = [
    envelope("TOT", 10**9),
    envelope("PART", 10**8, parent="TOT"),
    envelope("FEED", 77, role="reinforcement"),
    project("CHILD", amount(10, country="MA"), parent="P1"),
]
questions = st.builds(
    Filter,
    stage=st.sampled_from((None, "allocated", "committed", "contracted", "declared", "paid")),
    bases=st.sampled_from(((), ("eu",), ("eu", "private"))),
    funds=st.sampled_from(((), ("AMIF",), ("AMIF", "NDICI-GE"))),
    countries=st.sampled_from(((), ("TN",))),
    themes=st.sampled_from(((), ("protection",))),
    earmark=st.sampled_from((None, None, "migration", "pact")),
    units=st.sampled_from(((), ("contract",))),
    envelope=st.sampled_from((None, None, None, "TOT", "FEED")),
    project=st.sampled_from((None, None, None, "P1")),
    period_start=st.sampled_from((None, None, date(2022, 1, 1), date(2022, 12, 31))),
    period_end=st.sampled_from((None, None, date(2022, 12, 31), date(2023, 6, 1))),
    as_of=st.sampled_from((None, None, date(2022, 12, 31))),
    with_illustrative=st.booleans(),
)


def books(connection: Connection) -> Books:
    """What the verifier reads out of the sealed rows."""
    read = Books()
    sealed = seals.all_seals(connection)
    for table in packing.tables(sealed):
        for piece in packing.rows(connection, sealed, table):
            for line in piece.splitlines():
                read.take(table, json.loads(line))
    return read


def agree(folder: Path, first: list[Record], second: list[Record], made_up: list[Record], asked: list[Filter]) -> None:
    for leftover in folder.iterdir():
        leftover.unlink()
    database = new_ledger(f"sqlite:///{folder / 'ledger.db'}")
    post(database, first)
    post(database, _tree if any(record.ref == "P1" for record in first) else _tree[:-1], file="tree.xlsx")
    done = post(database, second, file="second.xlsx", complete=True)
    if done.batch and len(second) == 1:
        revert(database, done.batch)
    post(database, made_up, file="made-up.xlsx", source="made-up", illustrative=True)
    _compare(database, asked)


def _compare(database: Database, asked: list[Filter]) -> None:
    with database.read() as connection:
        read = books(connection)
        kept = {(account, year): (a, b) for account, year, a, b in postings.balances(connection) if a or b}
        assert read.balances() == kept
        for wanted in asked:
            found: dict[tuple[str, str], int] = {}
            for total in totals(connection, wanted):
                group = total.currency, total.price_basis
                found[group] = found.get(group, 0) + total.minor
            for group in (("EUR", "current"), ("EUR", "2018"), ("TND", "current")):
                question = _question(wanted, "to_date")
                ours = read.answer(question, group, with_illustrative=wanted.with_illustrative)
                assert ours == found.get(group, 0), (wanted, group)


_ONE_FOLDER = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
_given = {"first": _lists, "second": _lists, "made_up": _lists}


@settings(max_examples=5, deadline=None, suppress_health_check=_ONE_FOLDER)
@given(**_given, asked=st.lists(questions, min_size=30, max_size=30))
def test_both_add_up_the_same(
    tmp_path: Path, first: list[Record], second: list[Record], made_up: list[Record], asked: list[Filter]
) -> None:
    agree(tmp_path, first, second, made_up, [replace(asked[0], stage="committed"), *asked])


@pytest.mark.heavy
@settings(max_examples=300, deadline=None, suppress_health_check=_ONE_FOLDER)
@given(**_given, asked=st.lists(questions, min_size=30, max_size=30))
def test_both_add_up_the_same_over_many_ledgers(
    tmp_path: Path, first: list[Record], second: list[Record], made_up: list[Record], asked: list[Filter]
) -> None:
    agree(tmp_path, first, second, made_up, asked)
