"""Reports as declarations: every key is checked, the user's own stand above shipped ones, filters narrow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.actions import report
from ledger.actions.report import Question
from ledger.actions.scope import UsageProblem
from ledger.domain.money import Money
from ledger.domain.toml_keys import DeclarationError
from ledger.reporting.declaration import load_declaration
from tests.builders import amount, new_ledger, post, project

MINIMAL = '[[measures]]\nstage = "committed"\n[[sheets]]\nname = "a"\nby = ["fund"]\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("titel = 1", "`titel` is no known key; did you mean 'title'?"),
        ('[[measures]]\nstage = "commited"', "`measures.stage` is 'commited'; did you mean 'committed'?"),
        ('[[measures]]\nstage = "paid"\n[[measures]]\nstage = "paid"', "'paid' stands there twice"),
        ('[[sheets]]\nname = "a"\nby = ["fonds"]', "'fonds' is none; did you mean 'fund'?"),
        ('[[sheets]]\nname = "a"\nkind = "envelopes"\nby = ["fund"]', "is for sheets of the kinds sums and outlook"),
        ('[[sheets]]\nname = "a*"', "small letters, digits and hyphens only"),
        ('[[sheets]]\nname = "a"\ntab = "a:b"', "none of [ ] : * ? /"),
        ('[[sheets]]\nname = "a"\nmeasures = ["x"]', "'x' is none"),
        ('[[sheets]]\nname = "a"\ntitle = { de = "x" }', "`sheets[1].title.de` is no known key"),
        (MINIMAL + '[[sheets.charts]]\nkind = "pie"', "`sheets[1].charts.kind` is 'pie'"),
        ('needs = ["project"]\n' + MINIMAL, "'project' is none"),
        ("", "a report has one [[sheets]] at least"),
        ("= 1", "no valid TOML"),
    ],
)
def test_a_key_that_is_wrong_is_named(text: str, said: str) -> None:
    with pytest.raises(DeclarationError) as problem:
        load_declaration(text.encode(), "x.toml")
    assert said in str(problem.value)


def test_shipped_declarations_hold_and_the_users_own_stand_above_them(tmp_path: Path) -> None:
    shipped, findings = report.list_reports()
    assert findings == []
    assert {"budget-summary", "project-list", "envelope-tree"} <= {line.report for line in shipped}
    (tmp_path / "budget-summary.toml").write_text(f'title = "Mine"\n{MINIMAL}', encoding="utf-8")
    (tmp_path / "broken.toml").write_text("titel = 1", encoding="utf-8")
    mine, findings = report.list_reports([tmp_path])
    assert next(line.title for line in mine if line.report == "budget-summary") == "Mine"
    assert [(f.code, f.file) for f in findings] == [("report-invalid", "broken.toml")]
    with pytest.raises(UsageProblem, match="titel"):
        report.run(new_ledger(f"sqlite:///{tmp_path / 'l.db'}"), "broken", Question(), folders=[tmp_path])


def test_a_report_counts_what_its_measures_and_filters_say(database_url: str) -> None:
    database = new_ledger(database_url)
    post(
        database,
        [
            project("A", amount(100_00), amount(40_00, stage="paid"), fund="AMIF"),
            project("B", amount(7, country="MA"), amount(5, basis="private", country="MA")),
        ],
    )
    done = report.run(database, "budget-summary", Question(funds=["AMIF"]))
    funds = done.model.sheets[0]
    assert [(row[0], row[2], row[5]) for row in funds.rows] == [("AMIF", Money(100_00, "EUR"), Money(40_00, "EUR"))]
    listed = report.run(database, "project-list", Question(), sheet="projects").model.sheets[0]
    names = [field.name for field in listed.fields]
    rows = [dict(zip(names, row, strict=True)) for row in listed.rows]
    assert [(row["project_ref"], row["committed"], row["total-cost"], row["row"]) for row in rows] == [
        ("A", Money(100_00, "EUR"), Money(100_00, "EUR"), 2),
        ("B", Money(7, "EUR"), Money(12, "EUR"), 3),
    ]
    assert [(total.summed, total.ledger) for total in listed.totals] == [
        (
            {"committed": 100_07, "contracted": 0, "declared": 0, "paid": 40_00, "total-cost": 100_12},
            {"committed": 100_07, "paid": 40_00, "total-cost": 100_12},
        )
    ]
    with pytest.raises(UsageProblem, match="there are: projects"):
        report.run(database, "project-list", Question(), sheet="x")


def test_text_formats_hold_the_same_rows(sqlite_url: str, tmp_path: Path) -> None:
    database = new_ledger(sqlite_url)
    post(database, [project("=A", amount(100_01), fund="AMIF")])
    files = report.run(database, "budget-summary", Question(lang="fr"), output=tmp_path / "a.csv").files
    assert [file.name for file in files] == ["a.csv", "a-countries.csv", "a-years.csv", "a-summary.csv"]
    assert "100.01" in files[0].read_text(encoding="utf-8")
    report.run(database, "budget-summary", Question(lang="fr"), output=tmp_path / "a.md")
    document = (tmp_path / "a.md").read_text(encoding="utf-8")
    assert "Synthèse budgétaire par fonds" in document
    assert "100.01" in document
    report.run(database, "budget-summary", Question(), output=tmp_path / "a.json")
    results = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["results"]
    assert results["sheets"][0]["rows"][0]["committed"] == {"amount": "100.01", "currency": "EUR"}
    with pytest.raises(UsageProblem, match="the ending must be one of"):
        report.run(database, "budget-summary", Question(), output=tmp_path / "a.doc")
