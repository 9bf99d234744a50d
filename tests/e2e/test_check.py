"""`euledger check` as a controller types it: which rules run, what fails, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import Run

Euledger = Callable[..., Run]

HEADER = ["project_ref", "title", "fund", "country", "decision_date", "eu_contribution", "contracted", "paid"]
ROWS = [
    ["P-1", "Reception", "AMIF", "TN", "2022-03-01", "1000.00", "900.00", "900.01"],
    ["P-2", "Return", "AMIF", "TN", "2022-03-01", "500.00", "500.00", "500.00"],
    ["P-3", "Return", "AMIF", "TN", "2022-03-01", "500.00", "500.00", "500.00"],
]


@pytest.fixture
def listed(euledger: Euledger, bare: Path, sheet: Callable[..., Path]) -> Path:
    """A ledger in which a cent too much was paid, and one project stands twice."""
    assert euledger("--db", bare, "import", sheet(HEADER, *ROWS), "--set", "currency=EUR").code == 0
    return bare


def test_an_error_fails_and_a_warning_only_when_strict(euledger: Euledger, listed: Path) -> None:
    run = euledger("--db", listed, "check", "-f", "json")
    results = {result["name"]: result for result in run.json["results"]}
    assert (run.code, run.told) == (1, [("2", "paid-above-contracted"), ("4", "duplicate-content")])
    assert not results["paid-above-contracted"]["ok"]
    assert results["duplicates"]["ok"]
    (finding,) = results["duplicates"]["findings"]
    assert finding["values"]["amount"] == {"amount": "500.00", "currency": "EUR"}
    lenient = euledger("--db", listed, "check", "duplicates")
    assert (lenient.code, "Warnings (1)" in lenient.out) == (0, True)
    strict = euledger("--db", listed, "check", "--only", "duplicates", "--strict", "-f", "json")
    assert (strict.code, strict.json["results"][0]["ok"]) == (1, False)


def test_rules_are_chosen_and_left_out(euledger: Euledger, listed: Path) -> None:
    def names(*arguments: str) -> list[str]:
        return [
            result["name"] for result in euledger("--db", listed, "check", *arguments, "-f", "json").json["results"]
        ]

    every = names()
    assert names("orphans", "--only", "balances", "--only", "orphans") == ["orphans", "balances"]
    assert names("--skip", "duplicates", "--skip", "orphans") == [
        name for name in every if name not in ("duplicates", "orphans")
    ]
    assert names("orphans", "balances", "--skip", "orphans") == ["balances"]
    skipped = euledger("--db", listed, "check", "--skip", "paid-above-contracted", "--skip", "duplicates")
    assert (skipped.code, skipped.out) == (0, "")
    told = euledger("--db", listed, "check", "--list", "-f", "json").json["results"]
    assert [rule["name"] for rule in told] == every
    assert all(rule["severity"] in ("error", "warning") and rule["source"] and rule["known"] for rule in told)


@pytest.mark.parametrize(
    "where", [["paid-above-contract"], ["--only", "Paid_Above_Contracted"], ["--skip", "paid-above-contact"]]
)
def test_an_unknown_rule_names_the_nearest(euledger: Euledger, listed: Path, where: list[str]) -> None:
    run = euledger("--db", listed, "check", *where, "-f", "json")
    assert run.code == 3
    (finding,) = [each for each in run.json["findings"] if each["code"] == "check-unknown"]
    assert "did you mean 'paid-above-contracted'?" in finding["message"]


def test_what_could_not_be_looked_at_is_never_silent(
    euledger: Euledger, bare: Path, sheet: Callable[..., Path]
) -> None:
    bare_row = [*ROWS[1][:5], "500.00", None, "500.00"]
    euledger("--db", bare, "import", sheet(HEADER, bare_row), "--set", "currency=EUR")
    (result,) = euledger("--db", bare, "check", "--only", "paid-above-contracted", "-f", "json").json["results"]
    assert (result["ok"], result["checked"], result["not_checked"]) == (True, 0, 1)
    assert result["notes"] == ["not checked: 1 projects with paid amounts and nothing contracted in the same currency"]
    said = euledger("--db", bare, "check", "--only", "paid-above-contracted")
    assert (said.code, said.out) == (0, "")
    assert "paid-above-contracted" in said.err
    assert result["notes"][0] in euledger("--db", bare, "check", "-v").out
    assert euledger("--db", bare, "-q", "check", "--only", "paid-above-contracted").err == ""


def test_a_total_cost_that_is_all_eu_share_is_seen(euledger: Euledger, bare: Path, sheet: Callable[..., Path]) -> None:
    """The total leaves nothing to book beside the share, so the kept cell is asked."""
    header = ["project_ref", "title", "fund", "country", "total_cost", "eu_contribution", "intervention_type"]
    rows = [
        ["ALL", "a", "AMIF", "FR", "1000.00", "1000.00", "specific action"],
        ["SUPPORT", "b", "AMIF", "FR", "1000.00", "1000.00", "operating support"],
        ["SILENT", "c", "AMIF", "FR", None, "1000.00", "specific action"],
    ]
    euledger("--db", bare, "import", sheet(header, *rows), "--set", "currency=EUR")
    run = euledger("--db", bare, "check", "--only", "cofinancing-rate", "-f", "json")
    (result,) = run.json["results"]
    assert (run.code, run.told, result["not_checked"]) == (1, [("2", "cofinancing-rate")], 1)
