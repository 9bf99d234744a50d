"""The summary as an action: what is counted, what stands apart, what is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger.actions import scope
from ledger.actions.summary import summarise, write
from ledger.domain.money import Money
from ledger.store.database import Database
from tests.builders import amount, envelope, new_ledger, post, project


def portfolio(url: str) -> Database:
    """Two batches of recorded projects, one illustrative batch, and a tree of envelopes."""
    database = new_ledger(url)
    post(
        database,
        [
            project("P1", amount(100_01, country="TN"), amount(50_00, country="MA", on=date(2023, 1, 1))),
            project("P2", amount(7_00, country="TN"), amount(3_00, country="TN", basis="national_public"), fund="AMIF"),
            project("P3", amount(1_234, country="TN", currency="TND")),
            project("P4", amount(11_00, country="TN", on=None)),
        ],
    )
    post(
        database,
        [
            envelope("ROOT", 1000_00),
            envelope("IT", 400_00, parent="ROOT", country_code="IT"),
            envelope("FEED", 77_00, role="reinforcement"),
        ],
        file="envelopes.xlsx",
        source="acts",
    )
    post(database, [project("X1", amount(999_99, country="TN"))], file="x.xlsx", source="x", illustrative=True)
    return database


def table(database: Database, **question: Any) -> list[tuple[object, ...]]:
    """The rows as (keys …, minor units, currency)."""
    return [(*row.keys.values(), row.amount.minor, row.amount.currency) for row in summarise(database, **question).rows]


def test_without_options_it_shows_eu_commitments_by_fund_country_and_year(database_url: str) -> None:
    database = portfolio(database_url)
    assert table(database) == [
        ("AMIF", "TN", 2022, 7_00, "EUR"),
        ("NDICI-GE", "MA", 2023, 50_00, "EUR"),
        ("NDICI-GE", "TN", 2022, 100_01, "EUR"),
        ("NDICI-GE", "TN", None, 11_00, "EUR"),
        ("NDICI-GE", "TN", 2022, 1_234, "TND"),
    ]


def test_total_basis_adds_all_shares(database_url: str) -> None:
    database = portfolio(database_url)
    assert table(database, by=["fund"], basis="total", funds=["amif"]) == [("AMIF", 10_00, "EUR")]


def test_other_currencies_are_told_and_not_in_the_total(database_url: str) -> None:
    done = summarise(portfolio(database_url), by=["country"])
    assert done.total == Money(168_01, "EUR")
    assert [(row.amount, row.projects) for row in done.totals] == [(Money(168_01, "EUR"), 3), (Money(1_234, "TND"), 1)]
    assert [finding.code for finding in done.findings] == ["unconverted"]


def test_a_single_other_currency_is_the_total(database_url: str) -> None:
    database = new_ledger(database_url)
    post(database, [project("P", amount(5_000, currency="TND"))])
    assert summarise(database).total == Money(5_000, "TND")


def test_illustrative_data_is_left_out_and_stands_apart_where_asked_for(database_url: str) -> None:
    database = portfolio(database_url)
    assert not summarise(database).illustrative
    done = summarise(database, by=["country"], with_illustrative=True)
    assert [(row.keys["country"], row.amount.minor, row.is_illustrative) for row in done.rows] == [
        ("MA", 50_00, False),
        ("TN", 118_01, False),
        ("TN", 1_234, False),
        ("TN", 999_99, True),
    ]
    assert done.illustrative
    assert "illustrative-data" in {finding.code for finding in done.findings}


def test_constant_prices_are_never_added_to_current_ones(database_url: str) -> None:
    database = new_ledger(database_url)
    post(database, [envelope("NOW", 10_00), envelope("2018", 9_00, price_basis="2018")])
    done = summarise(database, by=["fund"], stage="allocated")
    assert [(row.amount.minor, row.price_basis) for row in done.rows] == [(10_00, "current"), (9_00, "2018")]
    assert done.total == Money(10_00, "EUR")
    assert [finding.code for finding in done.findings] == ["prices-apart"]


def test_allocated_money_is_counted_once_down_the_tree(database_url: str) -> None:
    database = portfolio(database_url)
    assert table(database, by=["country"], stage="allocated") == [("IT", 400_00, "EUR"), ("ZZ", 600_00, "EUR")]
    assert summarise(database, stage="allocated").total == Money(1000_00, "EUR")


def test_as_of_and_known_at(database_url: str) -> None:
    database = portfolio(database_url)
    assert summarise(database, as_of=date(2022, 12, 31)).total == Money(118_01, "EUR")
    post(database, [project("P9", amount(1))], file="late.xlsx", source="late")
    assert summarise(database).total == Money(168_02, "EUR")
    before = summarise(database, known_at=3)
    assert before.total == Money(168_01, "EUR")
    assert before.ledger_head is not None
    assert before.ledger_head.batch == 3
    assert summarise(database, known_at="2000-01-01").rows == []


def test_an_empty_ledger_has_an_answer(database_url: str, tmp_path: Path) -> None:
    database = new_ledger(database_url)
    done = summarise(database)
    assert (done.rows, done.total, done.ledger_head) == ([], Money(0, "EUR"), None)
    for ending in ("xlsx", "csv", "md"):
        assert write(database, done, tmp_path / f"empty.{ending}") == []


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"by": ["contry"]}, "did you mean country"),
        ({"by": ["fund", "fund"]}, "twice"),
        ({"funds": ["AMFI"]}, "did you mean AMIF"),
        ({"countries": ["TX"]}, "TX"),
        ({"stage": "commited"}, "did you mean committed"),
        ({"basis": "uu"}, "no basis"),
        ({"known_at": "soon"}, "--known-at"),
    ],
)
def test_what_does_not_exist_is_refused_with_a_hint(sqlite_url: str, question: dict[str, Any], said: str) -> None:
    database = new_ledger(sqlite_url)
    with pytest.raises(scope.UsageProblem, match=said):
        summarise(database, **question)


def test_a_group_stands_for_its_members(database_url: str) -> None:
    database = portfolio(database_url)
    groups = summarise(database, by=["country"], countries=["north-africa"])
    assert {row.keys["country"] for row in groups.rows} == {"MA", "TN"}
    assert "TN" in groups.filters["countries"]


def test_an_unknown_ending_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    database = new_ledger(sqlite_url)
    with pytest.raises(scope.UsageProblem, match=r"\.xlsx"):
        write(database, summarise(database), tmp_path / "summary.docx")


def test_what_was_booked_meanwhile_is_not_in_the_workbook(database_url: str, tmp_path: Path) -> None:
    import openpyxl

    database = portfolio(database_url)
    done = summarise(database, by=["fund"])
    post(database, [project("P9", amount(1_000_00))], file="late.xlsx", source="late")
    assert write(database, done, tmp_path / "a.xlsx") == []
    book = openpyxl.load_workbook(tmp_path / "a.xlsx", data_only=True)
    assert "P9" not in [row[1] for row in book["Detail"].iter_rows(values_only=True)]


def test_a_balance_that_its_transfers_do_not_bear_out_is_told(sqlite_url: str, tmp_path: Path) -> None:
    import openpyxl

    database = portfolio(sqlite_url)
    with database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE balance SET to_date_minor = to_date_minor + 1 WHERE account_id IN "
            "(SELECT id FROM account WHERE country_code = 'MA' AND stage = 'committed')"
        )
    findings = write(database, summarise(database, by=["country"]), tmp_path / "a.xlsx")
    assert [finding.code for finding in findings] == ["balance-differs"]
    book = openpyxl.load_workbook(tmp_path / "a.xlsx", data_only=True)
    checks = [cell.value for row in book["Summary"] for cell in row if str(cell.value).startswith(("✓", "✗"))]
    assert checks.count("✗ differs") == 2  # the row of Morocco and the total
