"""The journal against a plain dictionary: whatever is imported, re-imported, corrected and reverted, sums agree.

The model is ten lines long on purpose: what it says must be checkable by eye.
"""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from ledger.domain.allocation import allocate
from ledger.domain.records import Record
from ledger.store import batches
from ledger.store.database import Database, parse_url
from ledger.store.totals import Filter, totals
from tests.builders import amount, new_ledger, post, project

COUNTRIES = ("TN", "MA", "EG", "LY", "R-NAF")
STAGES = ("committed", "contracted", "paid")
Key = tuple[str, str, str, str]
Portfolio = dict[str, list[tuple[str, str, str, int, date | None]]]

_amounts = st.tuples(
    st.sampled_from(STAGES),
    st.sampled_from(("eu", "private", "other")),
    st.sampled_from(COUNTRIES),
    st.integers(1, 10**13),
    st.sampled_from((date(2021, 3, 1), date(2023, 12, 31), None)),
)
portfolios = st.dictionaries(
    st.sampled_from([f"P{n}" for n in range(6)]), st.lists(_amounts, min_size=1, max_size=3), min_size=1, max_size=5
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """The ledger of all examples, with an empty one beside it that is copied over it for each."""
    path = tmp_path_factory.mktemp("journal") / "empty.db"
    database = new_ledger(f"sqlite:///{path}")
    with database.write() as connection:
        connection.exec_driver_sql("SELECT 1")
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    # One engine for all examples: its cache of compiled statements is most of the time saved.
    example = Database(parse_url(str(path.with_name("example.db"))))
    event.listen(example.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
    return example


def fresh(database: Database) -> Database:
    path = database.path
    assert path is not None
    for leftover in path.parent.glob("example.db*"):
        leftover.unlink()
    shutil.copyfile(path.with_name("empty.db"), path)
    return database


def records(portfolio: Portfolio) -> list[Record]:
    return [
        project(
            ref,
            *(
                amount(minor, stage=stage, basis=basis, country=country, on=on)
                for stage, basis, country, minor, on in rows
            ),
        )
        for ref, rows in portfolio.items()
    ]


def model(portfolio: Portfolio) -> Counter[Key]:
    sums: Counter[Key] = Counter()
    for ref, rows in portfolio.items():
        for stage, basis, country, minor, _ in rows:
            sums[ref, stage, basis, country] += minor
    return sums


def booked(database: Database, known_at: int | None = None) -> Counter[Key]:
    with database.read() as connection:
        found = totals(connection, Filter(known_at=known_at), ("project", "stage", "basis", "country"))
    return Counter({total.keys: total.minor for total in found if total.keys[0] is not None})


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=portfolios, second=portfolios)
def test_imports_equal_the_model(template: Database, first: Portfolio, second: Portfolio) -> None:
    database = fresh(template)
    one = post(database, records(first))
    assert booked(database) == model(first)
    assert post(database, records(first)).batch is None, "the same rows again post nothing"
    two = post(database, records(second), complete=True)
    assert booked(database) == model(second)
    assert one.batch is not None
    assert booked(database, known_at=one.batch) == model(first), "the past is shown as it was known"
    if two.batch is not None:
        with database.write() as connection:
            found = batches.find(connection, two.batch)
            assert found is not None
            batches.revert(connection, found)
        assert booked(database) == model(first), "a revert restores what stood before"
    with database.write() as connection:
        found = batches.find(connection, one.batch)
        assert found is not None
        batches.revert(connection, found)
    assert booked(database) == Counter()
    post(database, records(second))
    assert booked(database) == model(second), "what was reverted can be imported again"


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    portfolio=portfolios,
    order=st.randoms(use_true_random=False),
    shares=st.lists(st.integers(1, 10**9), min_size=2, max_size=4),
)
def test_row_order_does_not_matter_and_splits_sum(
    template: Database, portfolio: Portfolio, order: object, shares: list[int]
) -> None:
    database = fresh(template)
    weights = list(zip(COUNTRIES, shares, strict=False))
    rows = []
    for ref, cells in portfolio.items():
        parts = [
            amount(part, stage=stage, basis=basis, country=code, on=on)
            for stage, basis, _, minor, on in cells
            for code, part in allocate(minor, weights).items()
            if part
        ]
        rows.append(project(ref, *parts))
    post(database, rows)
    by_project = {ref: sum(minor for *_, minor, _ in cells) for ref, cells in portfolio.items()}
    kept: Counter[str] = Counter()
    for key, minor in booked(database).items():
        kept[key[0]] += minor
    assert kept == Counter(by_project), "a split adds up to its cell to the cent"
    order.shuffle(rows)  # type: ignore[attr-defined]
    assert post(database, rows).batch is None, "the same rows in another order post nothing"
