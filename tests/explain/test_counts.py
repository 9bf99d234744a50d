"""A number of projects that differs: which are there twice, too many or missing; what is no sum of rows says so."""

from __future__ import annotations

from pathlib import Path

from ledger.actions.import_files import import_files
from ledger.actions.reconcile import reconcile
from ledger.reconcile.verdicts import FigureResult
from tests.builders import new_ledger
from tests.explain.portfolios import Row, write_list
from tests.explain.test_history import HEADERS, rows


def judged(url: str, folder: Path, stated: list[Row], against: list[Row] | None = None, **figure: str) -> FigureResult:
    database = new_ledger(url)
    write_list(folder / "list.csv", HEADERS, stated)
    usual = {"figure": "N", "quote": "40 projects", "value": "40", "unit": "projects", "measure": "count"}
    said = {**usual, "stage": "committed", "basis": "eu", "fund": "AMIF", **figure}
    write_list(folder / "figures.csv", list(said), [said])
    import_files(database, [folder / "list.csv"], profile="projects")
    import_files(database, [folder / "figures.csv"], profile="figures")
    other = None
    if against is not None:
        other = str(folder / "honest.csv")
        write_list(folder / "honest.csv", HEADERS, against)
    (result,) = reconcile(database, ["N"], explain=True, against=other).results
    database.close()
    return result


def copies(stated: list[Row], places: tuple[int, ...]) -> list[Row]:
    return [dict(stated[place], project_ref=f"{stated[place]['project_ref']}bis") for place in places]


def test_three_projects_under_two_references_are_three_too_many(database_url: str, tmp_path: Path) -> None:
    stated = rows("counted", 40)
    result = judged(database_url, tmp_path, [*stated, *copies(stated, (3, 17, 30))])
    assert (result.ledger, result.difference, result.verdict) == ("43", "3", "broken")
    (cause,) = result.explanations[0].causes
    assert (cause.kind, cause.effect, result.explanations[0].residual) == ("duplicate_row", "3", "0")
    assert {row.ref for row in cause.rows} == {f"P-{n:03d}{end}" for n in (4, 18, 31) for end in ("", "bis")}


def test_a_refused_row_and_a_second_list_tell_what_is_missing(sqlite_url: str, tmp_path: Path) -> None:
    stated = rows("refused", 40)
    faulty = [dict(row) for row in stated]
    faulty[5]["eu_contribution"] = "-" + faulty[5]["eu_contribution"]
    del faulty[20]
    result = judged(sqlite_url, tmp_path, faulty, against=stated)
    assert result.difference == "-2"
    causes = {cause.kind: ({row.ref for row in cause.rows}, cause.effect) for cause in result.explanations[0].causes}
    assert causes == {"sign_error": ({"P-006"}, "-1"), "missing_row": ({"P-021"}, "-1")}


def test_a_count_that_nothing_accounts_for_stays_unexplained(sqlite_url: str, tmp_path: Path) -> None:
    result = judged(sqlite_url, tmp_path, rows("short", 36))
    assert (result.difference, result.explanations, result.explainable) == ("-4", (), True)


def test_a_count_that_holds_is_not_explained(sqlite_url: str, tmp_path: Path) -> None:
    result = judged(sqlite_url, tmp_path, rows("fits", 40))
    assert (result.difference, result.explanations, result.explainable, result.unexplained) == ("0", (), False, "")


def test_a_printed_total_says_why_it_is_not_explained(sqlite_url: str, tmp_path: Path) -> None:
    database = new_ledger(sqlite_url)
    stated = rows("printed", 12)
    last = dict.fromkeys(HEADERS, "") | {"project_ref": "Total", "eu_contribution": "1.00"}
    write_list(tmp_path / "list.csv", HEADERS, [*stated, last])
    import_files(database, [tmp_path / "list.csv"], profile="projects")
    (result,) = reconcile(database, explain=True).results
    database.close()
    assert (result.verdict, result.explainable) == ("broken", False)
    assert result.unexplained.startswith("it is a printed total of cells")
