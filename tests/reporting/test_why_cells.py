"""`why` answers for every figure cell of every shipped report's workbook with cells that add up to it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ledger.actions import report
from ledger.actions.report import Question
from ledger.actions.scope import UsageProblem
from ledger.actions.why import why
from ledger.domain.findings import Finding
from ledger.domain.money import to_minor
from ledger.domain.trees import Node, missing
from ledger.store.database import Database
from tests.builders import amount, envelope, new_ledger, post, project
from tests.reporting.test_report_books import SHIPPED, origin, question

load: Any = openpyxl.load_workbook


def portfolio(url: str) -> Database:
    """Money of every stage, splits, a decision with its contract, earmarks that leave odd cents, three currencies."""
    database = new_ledger(url)
    home = {"fund": "AMIF", "specific_objective": "SO1", "intervention_type": "001/002", "eu_rate": "75"}
    post(
        database,
        [
            project("A=1\x0b", amount(100_01), amount(5_00, basis="private"), amount(40_00, stage="paid"), **home),
            project("B", amount(7, country="MA"), amount(3, stage="declared", country="MA"), **home),
            project("D", amount(1001), unit="decision", earmarks={"migration": 333_333_333}),
            project("C", amount(500), parent="D", unit="contract", earmarks={"migration": 333_333_333}),
            *[project(f"E{n}", amount(100 + n), earmarks={"migration": 333_333_333 + n}) for n in range(5)],
            project("Y", amount(5_000, currency="JPY", country="IT")),
            project("U", amount(11_00, on=None, country="IT"), amount(1_00, stage="paid", country="IT"), fund="BMVI"),
            project("V", amount(22_00, on=date(2023, 1, 1), country="IT"), fund="BMVI"),
        ],
    )
    post(
        database,
        [envelope("ROOT", 1000_00), envelope("IT", 400_00, parent="ROOT", country_code="IT")],
        file="e.xlsx",
        source="acts",
    )
    post(database, [project("made up", amount(1))], file="x.xlsx", source="x", illustrative=True)
    return database


def told(findings: list[Finding]) -> list[str]:
    """The codes; the files of this ledger were never there to be read again."""
    return [finding.code for finding in findings if finding.code != "evidence-unread"]


def adds_up(node: Node) -> None:
    for each in node.walk():
        assert not missing(each), each.label


@pytest.mark.parametrize("name", SHIPPED)
def test_every_figure_of_every_report_is_answered(
    sqlite_url: str, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(portfolio(sqlite_url), tmp_path, name, monkeypatch)


@pytest.mark.parametrize("name", ["budget-summary", "project-list", "migration-earmark"])
def test_a_server_answers_the_same(
    postgres_url: str, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(portfolio(postgres_url), tmp_path, name, monkeypatch)


def answered(database: Database, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.xlsx"
    report.run(database, name, question(name, lang="fr"), output=path)
    # What is booked afterwards is not in the workbook, and not in the answers.
    post(database, [project("later", amount(1_000_00, country="IT"), fund="AMIF")], file="later.xlsx", source="later")
    monkeypatch.chdir(tmp_path)
    read = load(path, data_only=True)
    asked = 0
    for region in origin(path)[1:]:
        rows = [*region["totals"], *range(region["first"], region["last"] + 1)]
        # Of long tables some rows; of every table each column.
        for letter in region["columns"]:
            for row in dict.fromkeys([*rows[:2], *rows[-1:]]):
                value = read[region["sheet"]][f"{letter}{row}"].value
                if value is None:
                    continue
                found = why(database, f"a.xlsx!{region['sheet']}!{letter}{row}")
                assert told(found.findings) == [], (region["sheet"], letter, row)
                assert found.nodes
                for node in found.nodes:
                    adds_up(node)
                amounts = [node.minor for node in found.nodes if node.minor is not None]
                if amounts and not isinstance(value, str):
                    currency = found.nodes[0].currency
                    assert to_minor(Decimal(repr(value)), currency)[0] == sum(amounts), (region["sheet"], letter, row)
                    asked += 1
    assert asked or name in ("reconciliation", "cpr-annex-vii-home")


def test_an_edited_cell_and_a_foreign_workbook_are_told(sqlite_url: str, tmp_path: Path) -> None:
    database = portfolio(sqlite_url)
    path = tmp_path / "a.xlsx"
    report.run(database, "budget-summary", Question(), output=path)
    book = load(path)
    region = next(region for region in origin(path)[1:] if region["kind"] == "sums")
    letter = next(iter(region["columns"]))
    book[region["sheet"]][f"{letter}{region['first']}"] = 5
    book.save(path)
    found = why(database, f"{path}!{region['sheet']}!{letter}{region['first']}")
    assert told(found.findings) == ["cell-edited"]
    for cell, said in ((f"{region['sheet']}!A1", "is no figure"), ("Nowhere!A1", "no figures on a sheet")):
        with pytest.raises(UsageProblem, match=said):
            why(database, f"{path}!{cell}")
    other = new_ledger(f"sqlite:///{tmp_path / 'other.db'}")
    with pytest.raises(UsageProblem, match="another ledger"):
        why(other, f"{path}!{region['sheet']}!{letter}{region['first']}")
    foreign = openpyxl.Workbook()
    foreign.save(tmp_path / "foreign.xlsx")
    with pytest.raises(UsageProblem, match="no workbook that euledger exported"):
        why(database, f"{tmp_path / 'foreign.xlsx'}!Sheet!A1")
