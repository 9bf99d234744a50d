"""The checks: silent on a clean ledger, and each finds what it is there for, on both databases."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import text

from ledger.actions.check import run_checks
from ledger.domain.findings import CODES, Finding, Severity
from ledger.domain.records import Kind, Record
from ledger.domain.rules import RULES, Known, RuleResult
from ledger.store.database import Database
from tests.builders import amount, envelope, new_ledger, post, project

TREE = [
    envelope("TOT", 100_000, parts="complete"),
    envelope("A", 60_000, parent="TOT"),
    envelope("B", 40_000, parent="TOT"),
]
HALVES = {"country": {"TN": 333_333_333, "MA": 666_666_667}}


@pytest.fixture
def ledger(database_url: str) -> Iterator[Database]:
    database = new_ledger(database_url)
    yield database
    database.close()


def run(database: Database, name: str, *, with_illustrative: bool = False) -> list[Finding]:
    (result,) = run_checks(database, [name], with_illustrative=with_illustrative)
    assert result.ok is not bool(result.findings)
    assert result.checked > 0
    return result.findings


def execute(database: Database, *statements: str) -> None:
    with database.write() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_a_clean_ledger_is_silent(ledger: Database) -> None:
    post(ledger, TREE, file="e.xlsx")
    post(
        ledger,
        [
            project("D", amount(1_000), amount(300, stage="paid"), unit="decision"),
            project("C", amount(400), unit="contract", parent="D"),
            project(
                "S",
                amount(33, rule="split TN 33.3333333%"),
                amount(67, country="MA", rule="split MA 66.6666667%"),
                splits=HALVES,
                fund="AMIF",
            ),
        ],
    )
    post(ledger, [project("I", amount(900), fund="AMIF")], illustrative=True, source="made-up", file="i.xlsx")
    post(ledger, [project("D", amount(900), unit="decision")], file="newer.xlsx")
    results = run_checks(ledger)
    assert [result.name for result in results] == list(RULES)
    assert [finding for result in results for finding in result.findings] == []
    assert all(result.ok for result in results)
    absent = {
        *("contract-before-decision", "payment-before-decision", "date-order", "waivers"),
        *("published-totals", "decommitment-risk", "pre-financing"),
    }
    assert {result.name for result in results if not result.checked} <= absent


def test_every_rule_says_what_it_is_for_and_whose_it_is() -> None:
    assert all(rule.purpose.endswith(".") and rule.source for rule in RULES.values())
    assert all(
        CODES[code].severity in (rule.severity, Severity.WARNING) for rule in RULES.values() for code in rule.codes
    )
    assert all(rule.severity is Severity.WARNING for rule in RULES.values() if rule.known is Known.UNVERIFIED)


def test_an_unknown_check_is_told(ledger: Database) -> None:
    (result,) = run_checks(ledger, ["sums"])
    assert result == RuleResult("sums", ok=False, checked=0, findings=result.findings)
    assert [finding.code for finding in result.findings] == ["check-unknown"]


def test_tree_sums_to_the_cent(ledger: Database) -> None:
    post(
        ledger,
        [
            *TREE[:2],
            envelope("B", 39_999, parent="TOT"),
            envelope("FREE", 100),
            envelope("F1", 100, parent="FREE"),
            envelope("F2", 1, parent="FREE"),
        ],
        file="e.xlsx",
    )
    found = run(ledger, "tree-sums")
    assert {(finding.code, finding.values["envelope"]) for finding in found} == {
        ("tree-sum", "TOT"),
        ("over-allocated", "FREE"),
    }
    assert {finding.place for finding in found} == {"e.xlsx!Sheet1!2", "e.xlsx!Sheet1!5"}
    assert all("EUR 0.01" in finding.message for finding in found)


@pytest.mark.parametrize(("minor", "count"), [(100_000, 0), (100_001, 1)])
def test_a_fund_commits_no_more_than_its_trees_hold(ledger: Database, minor: int, count: int) -> None:
    fed = envelope("FED", 5_000, role="reinforcement", feeds="AMIF")
    post(
        ledger,
        [*TREE, fed, envelope("OLD", 900_000, period_start=date(2014, 1, 1), period_end=date(2020, 12, 31))],
        file="e.xlsx",
    )
    post(ledger, [project("P", amount(minor, on=date(2022, 1, 1)), fund="AMIF"), project("N", amount(10**9))])
    found = run(ledger, "over-commitment")
    assert len(found) == count
    for finding in found:
        assert finding.code == "over-committed"
        assert "EUR 0.01 too much" in finding.message
        assert "FED EUR 50.00" in finding.message
        assert finding.values["envelopes"] == ["TOT"]


@pytest.mark.parametrize(("minor", "count"), [(60_000, 0), (60_001, 1)])
def test_an_envelope_takes_no_more_commitments_than_it_has(ledger: Database, minor: int, count: int) -> None:
    post(ledger, TREE, file="e.xlsx")
    drawn = project("P", amount(minor), fund="AMIF")
    drawn.envelope = "A"
    post(ledger, [drawn])
    found = run(ledger, "over-commitment")
    assert [finding.values["envelope"] for finding in found] == ["A"] * count


@pytest.mark.parametrize(("minor", "refs"), [(40_000, ["A"]), (40_001, ["A", "TOT"])])
def test_a_parent_is_measured_with_all_its_parts(ledger: Database, minor: int, refs: list[str]) -> None:
    post(ledger, TREE, file="e.xlsx")
    records = [project("P", amount(60_001), fund="AMIF"), project("Q", amount(minor - 1), fund="AMIF")]
    for record, name in zip(records, ("A", "B"), strict=True):
        record.envelope = name
    post(ledger, records)
    found = run(ledger, "over-commitment")
    assert [finding.values["envelope"] for finding in found if "envelope" in finding.values] == refs


@pytest.mark.parametrize(("stage", "rule"), [("contracted", "over-contracting"), ("paid", "over-payment")])
def test_later_stages_stay_within_every_level(ledger: Database, stage: str, rule: str) -> None:
    leaf = {"code": f"over-{stage}", "over": "EUR 0.01 too much"}
    allocated = project("PRG", amount(500, stage="allocated"), fund="BMVI")
    allocated.kind = Kind.PROGRAMMES
    allocated.attributes["theme_code"] = "unstated"
    post(ledger, [*TREE, allocated], file="e.xlsx")

    def used(
        ref: str, minor: int, *, of: str | None = None, programme: str | None = None, fund: str = "AMIF"
    ) -> Record:
        record = project(ref, amount(100), amount(minor, stage=stage, on=date(2031, 1, 1)), fund=fund)
        record.envelope, record.programme = of, programme
        return record

    post(ledger, [used("P", 60_000, of="A"), used("Q", 40_000, of="B"), used("R", 500, programme="PRG", fund="BMVI")])
    assert run(ledger, rule) == []
    post(ledger, [used("P", 60_001, of="A"), used("R", 501, programme="PRG", fund="BMVI")], file="newer.xlsx")
    found = run(ledger, rule)
    assert {finding.code for finding in found} == {leaf["code"]}
    assert all(leaf["over"] in finding.message for finding in found)
    named = [
        finding.values.get("envelope") or finding.values.get("programme") or finding.values["fund"] for finding in found
    ]
    assert named == ["A", "TOT", "PRG", "AMIF"]


def test_illustrative_commitments_count_only_on_request(ledger: Database) -> None:
    post(ledger, TREE, file="e.xlsx")
    post(ledger, [project("P", amount(100_001), fund="AMIF")], illustrative=True)
    assert run(ledger, "over-commitment") == []
    assert len(run(ledger, "over-commitment", with_illustrative=True)) == 1


def test_undated_commitments_count_where_there_is_one_period(ledger: Database) -> None:
    post(ledger, TREE, file="e.xlsx")
    post(ledger, [project("P", amount(60_000), amount(40_001, on=None), fund="AMIF")])
    assert len(run(ledger, "over-commitment")) == 1


def test_a_contract_whose_decision_vanished_is_an_orphan(ledger: Database) -> None:
    decision = project("D", amount(1_000), unit="decision")
    contract = project("C", amount(400), unit="contract", parent="D")
    post(ledger, [decision, contract])
    assert run(ledger, "orphans") == []
    post(ledger, [contract], complete=True, file="newer.xlsx")
    (finding,) = run(ledger, "orphans")
    assert (finding.code, "project C is part of D" in finding.message, finding.file) == ("orphan", True, "test.xlsx")


def test_money_without_a_row_or_a_holder_is_an_orphan(ledger: Database) -> None:
    post(ledger, [project("P", amount(1_000))])
    key = "fund_code, country_code, theme_code, basis, currency, price_basis, is_illustrative"
    execute(
        ledger,
        "INSERT INTO transfer (batch_id, debit_account_id, credit_account_id, amount_minor, rule) "
        "SELECT batch_id, debit_account_id, credit_account_id, 1, 'raw' FROM transfer",
        f"INSERT INTO account (stage, {key}) SELECT 'paid', {key} FROM account WHERE project_id IS NOT NULL",
    )
    found = [finding.message for finding in run(ledger, "orphans")]
    assert len(found) == 2
    assert any("names no row" in message for message in found)
    assert any("has no holder" in message for message in found)


def test_a_tampered_file_with_dangling_references_is_told(sqlite_url: str) -> None:
    database = new_ledger(sqlite_url)
    post(database, [project("P", amount(1_000))])
    with sqlite3.connect(str(database.path)) as raw:
        raw.execute(
            "INSERT INTO project_split (version_id, kind, code, share_ppb) VALUES (77, 'theme', 'x', 1000000000)"
        )
    raw.close()
    assert ["project_split" in finding.message for finding in run(database, "orphans")] == [True]
    database.close()


def test_shares_make_a_whole_and_parts_follow_them(ledger: Database) -> None:
    post(
        ledger,
        [
            project(
                "OK",
                amount(33, rule="split TN 33.3333333%"),
                amount(67, country="MA", rule="split MA 66.6666667%"),
                splits=HALVES,
            ),
            project(
                "OFF",
                amount(35, rule="split TN 33.3333333%"),
                amount(65, country="MA", rule="split MA 66.6666667%"),
                splits=HALVES,
            ),
        ],
    )
    found = run(ledger, "split-sums")
    assert [finding.message.partition(",")[0] for finding in found] == ["OFF", "OFF"]
    execute(
        ledger,
        "INSERT INTO project_split (version_id, kind, code, share_ppb) SELECT v.id, 'theme', 'returns', 999999999 "
        "FROM project_version v JOIN project p ON p.id = v.project_id WHERE p.ref = 'OK'",
    )
    uneven = [finding for finding in run(ledger, "split-sums") if "add up to" in finding.message]
    assert [(finding.message, finding.place) for finding in uneven] == [
        ("the theme shares of OK add up to 99.9999999 %", "test.xlsx!Sheet1!2")
    ]


def test_balances_equal_the_journal(ledger: Database) -> None:
    post(ledger, [project("P", amount(1_000), amount(5, stage="paid"))])
    assert run(ledger, "balances") == []
    execute(ledger, "UPDATE balance SET to_date_minor = to_date_minor + 1 WHERE to_date_minor = 1000")
    (finding,) = run(ledger, "balances")
    assert (finding.code, "EUR 10.01" in finding.message, finding.values["year"]) == ("balance-differs", True, 2022)
    execute(ledger, "DELETE FROM balance")
    assert len(run(ledger, "balances")) > 1


def test_a_missing_trigger_is_told(ledger: Database) -> None:
    on = "" if ledger.is_sqlite else " ON transfer"
    execute(ledger, f"DROP TRIGGER transfer_no_delete{on}")
    (finding,) = run(ledger, "append-only")
    assert (finding.code, "transfer from being deleted" in finding.message) == ("trigger-missing", True)


def test_illustrative_and_recorded_money_never_touch(ledger: Database) -> None:
    post(ledger, [project("P", amount(1_000))])
    post(ledger, [project("I", amount(900))], illustrative=True, source="made-up", file="i.xlsx")
    assert run(ledger, "illustrative") == []
    execute(
        ledger,
        "INSERT INTO transfer (batch_id, debit_account_id, credit_account_id, amount_minor, rule) SELECT 1, "
        "(SELECT min(id) FROM account WHERE is_illustrative = false), "
        "(SELECT min(id) FROM account WHERE is_illustrative = true), 1, 'raw'",
    )
    assert [finding.code for finding in run(ledger, "illustrative")] == ["illustrative-mixed"]
