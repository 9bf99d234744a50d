"""The ordinary commands, typed by the people of a team: each does their own job, and is told in one line what is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ledger.cli.main import main
from tests.rights.team import Team

HEAD = "project_ref,title,beneficiary,fund,country,eu_contribution,currency,decision_date"
FRENCH = ["FR-1,Accueil,Ligue,AMIF,FR,1000.00,EUR,2022-01-01", "FR-2,Retour,Croix,AMIF,FR,500.00,EUR,2022-01-01"]
GERMAN = ["DE-1,Aufnahme,Verein,AMIF,DE,700.00,EUR,2022-01-01", "DE-2,Grenze,Amt,BMVI,DE,900.00,EUR,2022-01-01"]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(own_team: Team, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command as typed by a role; its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def type_(role: str, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setenv("EULEDGER_DB", own_team.url(role))
        capsys.readouterr()
        code = main(list(arguments))
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        assert "internal error" not in told.err
        return code, told.out, told.err

    return type_


def write(name: str, rows: list[str], head: str = HEAD) -> str:
    Path(name).write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return name


def total(run: Run, role: str, *more: str) -> str:
    code, out, _ = run(role, "summary", "-f", "json", *more)
    assert code == 0
    return str(json.loads(out)["results"]["total"]["amount"])


@pytest.mark.slow
def test_a_team_at_work(run: Run, own_team: Team) -> None:
    """One ledger through a day: what each books, sees, may not do, and what the auditor finds at the end."""
    others, own = write("de.csv", GERMAN), write("fr.csv", FRENCH)
    source = ("--set", "source=national")
    assert run("officer_all", "import", others, *source)[0] == 0
    batch = json.loads(run("officer_all", "imports", "list", "-f", "json")[1])["results"][-1]["batch"]

    # A dry run says what the real run will say, and the real run says it.
    twice = [own, write("fr2.csv", [FRENCH[0].replace("1000", "1200"), FRENCH[1]])]
    rehearsed = json.loads(run("officer", "import", "-n", *twice, *source, "-f", "json")[1])["results"]
    assert [result["batch"] for result in rehearsed] == [batch + 1, batch + 2]
    assert [result["projects"]["changed"] for result in rehearsed] == [0, 1]

    # An officer books for their own fund and country, beside rows that they do not see.
    code, out, err = run("officer", "import", own, *source)
    assert (code, f"batch {batch + 1}" in out) == (0, True), err
    assert run("officer", "import", own, *source)[0] == 0, "the same list again: nothing new"
    assert total(run, "officer") == "1500.00"
    assert total(run, "officer_all") == "3100.00"
    listed = {line["batch"]: line for line in json.loads(run("officer", "imports", "list", "-f", "json")[1])["results"]}
    assert listed[batch + 1]["actor"] == own_team.login("officer")
    assert (listed[batch]["file"], listed[batch]["transfers"]) == (None, 0), "the head of the others' batch, no more"
    assert "fr.csv!F2" in run("officer", "why", "FR-1")[1]
    assert run("officer", "why", "DE-1")[0] == 3
    assert "fr.csv" in run("officer", "imports", "rows", str(batch + 1))[1]

    # What is not theirs is refused whole, by row, and nothing stays of it.
    mixed = write("mixed.csv", [*FRENCH, "FR-3,Neu,X,AMIF,FR,1.00,EUR,2022-01-01", *GERMAN])
    code, out, err = run("officer", "import", mixed, *source)
    assert code == 3
    assert "mixed.csv!5: 1 row of AMIF · DE; " in out + err
    assert "mixed.csv!6: 1 row of BMVI · DE; " in out + err
    stolen = write("stolen.csv", ["DE-1,Mine now,X,AMIF,FR,1.00,EUR,2022-01-01"])
    code, out, err = run("officer", "import", stolen, *source)
    assert (code, "the project DE-1 is recorded for another fund or country" in out + err) == (3, True)
    assert total(run, "officer_all") == "3100.00"

    # One undoes what one booked, and nobody else's.
    code, _, err = run("officer", "imports", "revert", str(batch), "-y")
    assert (code, err.count("\n"), f"batch {batch} was booked by" in err) == (4, 1, True)
    code, _, err = run("officer_all", "imports", "revert", str(batch + 1), "-y")
    assert (code, err.count("\n")) == (4, 1)
    assert run("officer", "imports", "revert", str(batch + 1), "-y")[0] == 0
    assert total(run, "officer_all") == "1600.00"
    assert run("officer", "import", own, *source)[0] == 0, "an undone list may be imported again"

    # The auditor reads and proves all of it, and books nothing.
    assert total(run, "auditor") == "3100.00"
    for command in (
        ["check"],
        ["verify"],
        ["reconcile"],
        ["why", "DE-1"],
        ["db", "grants", "--verify"],
        ["db", "check"],
    ):
        code, out, err = run("auditor", *command)
        assert code == 0, (command, out, err)
    code, _, err = run("auditor", "import", own, *source)
    assert (code, err.count("\n"), "is an auditor and books nothing" in err) == (4, 1, True)

    # What the auditor keeps is a sample, sealed like everything else; nobody else draws one.
    drawing = ("audit", "sample", "--method", "srs", "--sample-size", "2", "--seed", "2026/1")
    code, out, err = run("auditor", *drawing)
    assert code == 0, err
    assert run("auditor", "audit", "samples", "show", "1")[0] == 0
    assert run("auditor", "verify")[0] == 0
    for role in ("officer", "officer_all"):
        code, _, err = run(role, *drawing)
        assert (code, err.count("\n")) == (4, 1), (role, err)


PLANNER_MAY_NOT = [
    ["import", "fr.csv"],
    ["imports", "list"],
    ["imports", "show", "1"],
    ["imports", "rows", "1"],
    ["imports", "revert", "1", "-y"],
    ["why", "FR-1"],
    ["check"],
    ["verify"],
    ["reconcile"],
    ["figure", "list"],
    ["summary", "--by", "beneficiary"],
    ["db", "grant", "officer", "anna"],
    ["db", "revoke", "anna"],
    ["db", "grants", "--verify"],
    ["db", "grants", "--renew"],
]


@pytest.mark.slow
def test_a_planner_reads_published_stages_and_is_told_what_not(run: Run, tmp_path: Path) -> None:
    head = HEAD.replace("eu_contribution", "eu_contribution,declared,paid")
    rows = [row.replace(".00,EUR", ".00,90.00,80.00,EUR") for row in [*FRENCH, *GERMAN]]
    assert run("officer_all", "import", write("all.csv", rows, head))[0] == 0
    assert total(run, "planner_all") == "3100.00"
    assert total(run, "planner") == "1500.00"
    assert total(run, "planner", "--stage", "paid") == "160.00"
    assert total(run, "planner_all", "--stage", "declared") == "0.00"
    assert total(run, "auditor", "--stage", "declared") == "360.00"
    code, out, err = run("planner", "summary", "--by", "project,title,programme,unit", "-o", "plan.xlsx")
    assert (code, "rights-limited" in err) == (0, True), err
    cells = [
        str(cell)
        for sheet in openpyxl.load_workbook(tmp_path / "plan.xlsx").worksheets
        for row in sheet.iter_rows(values_only=True)
        for cell in row
        if cell is not None
    ]
    assert any("the published stages of AMIF · FR" in cell for cell in cells), "the workbook says whose view it is"
    assert not any(name in cell for cell in cells for name in ("Ligue", "Croix", "Verein", "all.csv", "DE-1"))
    write("fr.csv", FRENCH)
    for command in PLANNER_MAY_NOT:
        code, out, err = run("planner_all", *command)
        assert (code, out, err.count("\n")) == (4, "", 1), (command, out, err)


@pytest.mark.parametrize(
    "command",
    [["check"], ["verify"], ["db", "grants", "--verify"], ["db", "grant", "officer", "anna"], ["db", "revoke", "anna"]],
)
def test_an_officer_with_limits_is_told_what_looks_at_everything(team_run: Run, command: list[str]) -> None:
    code, out, err = team_run("officer", *command)
    assert (code, out, err.count("\n")) == (4, "", 1), err


@pytest.fixture
def team_run(team: Team, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same on the ledger that all tests share, for commands that change nothing."""

    def type_(role: str, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setenv("EULEDGER_DB", team.url(role))
        capsys.readouterr()
        return main(list(arguments)), *capsys.readouterr()

    return type_


def test_limited_sums_say_so_and_never_call_a_figure_broken(team_run: Run) -> None:
    for command in (["summary"], ["reconcile"], ["why", "P-own"]):
        code, out, _ = team_run("officer", *command, "-f", "json")
        told: list[dict[str, Any]] = json.loads(out)["findings"]
        # The files of this ledger are made up, and no spreadsheet can be read again from them.
        unread = ["evidence-unread"] if command[0] == "why" else []
        assert (code, [f["code"] for f in told]) == (len(unread), ["rights-limited", *unread]), command
        assert "AMIF · FR" in told[0]["message"]
    verdicts = {r["verdict"] for r in json.loads(team_run("officer", "reconcile", "-f", "json")[1])["results"]}
    assert "broken" not in verdicts


def test_a_login_without_a_role_is_refused_in_one_line(team_run: Run) -> None:
    code, out, err = team_run("nobody", "summary")
    assert (code, out, err.count("\n")) == (4, "", 1)
    assert "permission denied for database" in err


def test_a_tree_is_of_what_its_reader_sees_and_says_so(team_run: Run) -> None:
    def booked(role: str) -> tuple[set[str], set[str]]:
        told = json.loads(team_run(role, "why", "fund=AMIF;BMVI", "-f", "json")[1])
        (tree,) = told["results"]
        records = tree["children"]
        assert sum(round(float(each["amount"]["amount"]) * 100) for each in records) == round(
            float(tree["amount"]["amount"]) * 100
        )
        return {record["ref"] for record in records}, {finding["code"] for finding in told["findings"]}

    seen, said = booked("officer")
    assert seen == {"P-own"}
    assert "rights-limited" in said
    seen, said = booked("auditor")
    assert seen == {"P-own", "P-country", "P-fund"}
    assert "rights-limited" not in said
    assert team_run("officer", "why", "fund.xlsx!Sheet1!3")[0] == 3, "a file that is out of sight is none"
    assert "project P-own" in team_run("officer", "why", "own.xlsx")[1]
