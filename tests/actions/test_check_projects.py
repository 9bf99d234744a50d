"""The rules on projects: each is silent one cent, or one day, inside its limit, and speaks one outside; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from ledger.actions.check import run_checks
from ledger.domain.findings import Severity
from ledger.domain.money import Money
from ledger.domain.rules import RuleResult
from ledger.store.database import Database
from tests.builders import amount, envelope, new_ledger, post, project

DAY = date(2022, 6, 1)
BEFORE = date(2022, 5, 31)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Database]:
    database = new_ledger(database_url)
    yield database
    database.close()


def run(database: Database, name: str, *, strict: bool = False, with_illustrative: bool = False) -> RuleResult:
    (result,) = run_checks(database, [name], strict=strict, with_illustrative=with_illustrative)
    return result


def told(result: RuleResult) -> list[tuple[str, object]]:
    """Code and project of each finding."""
    return [(each.code, each.values.get("project") or each.values.get("parent")) for each in result.findings]


def test_stage_against_stage_to_the_cent(ledger: Database) -> None:
    committed, contracted = amount(1_000), amount(1_000, stage="contracted")
    post(
        ledger,
        [
            project("C-IN", committed, amount(1_000, stage="contracted")),
            project("C-OUT", committed, amount(1_001, stage="contracted")),
            project("P-IN", committed, contracted, amount(1_000, stage="paid")),
            project("P-OUT", committed, contracted, amount(1_001, stage="paid")),
            project("R-IN", committed, contracted, amount(1_100, stage="paid"), amount(100, stage="recovered")),
            project("R-OUT", committed, contracted, amount(1_100, stage="paid"), amount(99, stage="recovered")),
            project("Q-IN", committed, amount(1_000, stage="paid")),
            project("Q-OUT", committed, amount(1_001, stage="paid")),
            project("OTHER", amount(1_000, currency="USD"), amount(2_000, stage="paid")),
        ],
    )
    contracts = run(ledger, "contracted-above-committed")
    assert told(contracts) == [("contracted-above-committed", "C-OUT")]
    assert (contracts.checked, contracts.not_checked) == (9, 0)
    (finding,) = contracts.findings
    assert (finding.place, "EUR 0.01 too much" in finding.message) == ("test.xlsx!Sheet1!3", True)
    assert finding.values["committed"] == Money(1_000, "EUR")
    payments = run(ledger, "paid-above-contracted")
    assert [project for _, project in told(payments)] == ["P-OUT", "R-OUT"]
    assert payments.notes == ["not checked: 3 projects with paid amounts and nothing contracted in the same currency"]
    bare = run(ledger, "paid-above-committed")
    assert told(bare) == [("paid-above-committed", "Q-OUT")]
    assert (bare.checked, bare.not_checked) == (8, 1)


@pytest.mark.parametrize(("second", "wrong"), [(600, []), (601, ["D"])])
def test_a_decision_is_measured_with_all_its_contracts(ledger: Database, second: int, wrong: list[str]) -> None:
    post(
        ledger,
        [
            project("D", amount(1_000), unit="decision"),
            project("C1", amount(400, stage="contracted"), unit="contract", parent="D"),
            project("C2", amount(second, stage="contracted"), unit="contract", parent="D"),
            project("C21", amount(50, stage="paid"), unit="contract", parent="C2"),
        ],
    )
    assert [project for _, project in told(run(ledger, "contracted-above-committed"))] == wrong
    paid = run(ledger, "paid-above-contracted")
    assert (paid.findings, paid.checked, paid.not_checked) == ([], 4, 0)


def test_invented_money_is_left_out_unless_asked_for(ledger: Database) -> None:
    post(ledger, [project("I", amount(10), amount(11, stage="paid"))], illustrative=True)
    assert run(ledger, "paid-above-committed").findings == []
    assert told(run(ledger, "paid-above-committed", with_illustrative=True)) == [("paid-above-committed", "I")]


def test_a_contract_needs_a_commitment_of_its_own_or_of_its_decision(ledger: Database) -> None:
    post(
        ledger,
        [
            project("D", amount(1_000), unit="decision"),
            project("C", amount(400, stage="contracted"), unit="contract", parent="D"),
            project("LONE", amount(400), amount(400, stage="contracted"), unit="contract"),
            project("PUBLIC", amount(500, basis="public"), amount(400, stage="contracted")),
            project("BARE", amount(400, stage="contracted")),
            project("PAID", amount(1, stage="paid")),
        ],
    )
    post(ledger, [project("F", amount(7, stage="contracted"))], source="contracts-only", file="fts.xlsx")
    result = run(ledger, "contract-without-decision")
    assert [(each.values["project"], each.level) for each in result.findings] == [
        ("BARE", Severity.ERROR),
        ("PAID", Severity.ERROR),
        ("LONE", Severity.WARNING),
    ]
    assert (result.ok, result.checked, result.not_checked) == (False, 5, 1)
    assert result.notes == ["not checked: 1 projects of lists that state no commitments at all"]


@pytest.mark.parametrize(
    ("stage", "rule"), [("contracted", "contract-before-decision"), ("paid", "payment-before-decision")]
)
def test_nothing_is_dated_a_day_before_its_decision(ledger: Database, stage: str, rule: str) -> None:
    post(
        ledger,
        [
            project("D", amount(1_000, on=DAY), unit="decision", decision_date=DAY),
            project("IN", amount(100, stage=stage, on=DAY), unit="contract", parent="D", decision_date=DAY),
            project("OUT", amount(100, stage=stage, on=BEFORE), unit="contract", parent="D", decision_date=BEFORE),
            project("STARTS", amount(100, stage=stage, on=BEFORE), unit="contract", parent="D", start_date=BEFORE),
            project("DATED-IN", amount(500, on=DAY), amount(50, stage=stage, on=DAY)),
            project("DATED-OUT", amount(500, on=DAY), amount(50, stage=stage, on=BEFORE)),
            project("UNDECIDED", amount(50, stage=stage, on=BEFORE)),
            project("UNDATED", amount(50, stage=stage, on=None)),
        ],
    )
    result = run(ledger, rule)
    assert told(result) == [(rule, "DATED-OUT"), (rule, "OUT")]
    assert result.findings[1].values["first"] == BEFORE
    assert result.findings[1].values["decided"] == DAY
    assert (result.checked, result.not_checked) == (4, 1)


def test_equal_content_is_told_and_a_cent_makes_a_difference(ledger: Database) -> None:
    same: dict[str, Any] = {"title": "Reception", "beneficiary": "Ministry", "start_date": DAY}
    post(
        ledger,
        [
            project("A", amount(1_000), **same),
            project("B", amount(1_000), **same),
            project("CENT", amount(1_001), **same),
            project("DAY", amount(1_000), **{**same, "start_date": BEFORE}),
            project("D", amount(70), unit="decision", title="One contract"),
            project("C", amount(70), unit="contract", title="One contract", parent="D"),
            project("NONE", amount(1_000), title=None),
        ],
    )
    post(ledger, [project("A-2", amount(1_001), **same)], source="other", file="other.xlsx")
    result = run(ledger, "duplicates")
    assert [(each.values["projects"], each.values["sources"]) for each in result.findings] == [
        (["A", "B"], ["test"]),
        (["CENT", "A-2"], ["test", "other"]),
    ]
    assert [each.place for each in result.findings] == ["test.xlsx!Sheet1!3", "other.xlsx!Sheet1!2"]
    assert (result.ok, result.checked, result.not_checked) == (True, 6, 1)
    assert not run(ledger, "duplicates", strict=True).ok


def test_a_part_that_came_before_its_parent_is_counted_twice(ledger: Database) -> None:
    post(ledger, [project("D", unit="decision"), project("C", amount(400), unit="contract", parent="D")])
    assert run(ledger, "double-counted-parents").findings == []
    post(ledger, [project("D", amount(1_000), unit="decision")], file="newer.xlsx", situation=False)
    post(ledger, [envelope("E", 0), envelope("A", 60, parent="E")], file="e.xlsx")
    post(ledger, [envelope("E", 100)], file="e2.xlsx", situation=False)
    result = run(ledger, "double-counted-parents")
    assert [(each.code, each.values["part"], each.values["amount"]) for each in result.findings] == [
        ("parent-and-child-counted", "A", Money(60, "EUR")),
        ("parent-and-child-counted", "C", Money(400, "EUR")),
    ]
    # The cure that the finding names: both in one file.
    post(ledger, [project("D", amount(1_000), unit="decision"), project("C", amount(400), unit="contract", parent="D")],
         file="both.xlsx")  # fmt: skip
    assert [each.values["part"] for each in run(ledger, "double-counted-parents").findings] == ["A"]


@pytest.mark.parametrize(("minor", "count"), [(600, 0), (601, 1)])
def test_parts_never_exceed_their_parent(ledger: Database, minor: int, count: int) -> None:
    post(
        ledger,
        [
            project("D", amount(1_000), unit="decision"),
            project("C1", amount(400), unit="contract", parent="D"),
            project("C2", amount(minor), unit="contract", parent="D"),
        ],
    )
    result = run(ledger, "double-counted-parents")
    assert [(each.code, each.values["over"]) for each in result.findings] == [
        ("parts-above-parent", Money(1, "EUR"))
    ] * count


def test_a_circle_in_a_tampered_ledger_ends(sqlite_url: str) -> None:
    database = new_ledger(sqlite_url)
    post(database, [project("D", amount(10), unit="decision"), project("C", amount(5), unit="contract", parent="D")])
    with database.write() as connection:
        connection.execute(text("DROP TRIGGER project_version_no_update"))
        connection.execute(
            text("UPDATE project_version SET parent_id = (SELECT max(id) FROM project) WHERE parent_id IS NULL")
        )
    assert run(database, "paid-above-contracted").ok
    database.close()
