"""The shipped figures against the shipped data: every one has a verdict, and it is the one that the sources bear out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.actions.figures import list_figures, show_figure
from ledger.actions.initialise import ILLUSTRATIVE_WORKBOOK, import_shipped, initialise
from ledger.actions.reconcile import ReconcileResult, reconcile
from ledger.domain.findings import Severity
from ledger.domain.intervals import Verdict
from ledger.domain.money import Money
from ledger.reconcile.verdicts import FigureResult
from ledger.store.database import Database, parse_url


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The shipped data with the illustrative list, read only."""
    database = Database(parse_url(str(tmp_path_factory.mktemp("shipped") / "ledger.db")))
    initialise(database)
    import_shipped(database, (ILLUSTRATIVE_WORKBOOK,), lambda _file, _rows: None)
    yield database
    database.close()


def verdicts(done: ReconcileResult) -> dict[str, str]:
    return {result.figure: str(result.verdict) for result in done.results}


def one(database: Database, ref: str, **options: Any) -> FigureResult:
    (result,) = reconcile(database, [ref], **options).results
    return result


def test_shipped_figures_all_have_a_verdict(shipped: Database) -> None:
    done = reconcile(shipped, [])
    found = verdicts(done)
    assert len(found) == len(done.results) == len(list_figures(shipped))
    funding = [result for result in done.results if result.figure.startswith("F")]
    assert all(result.rule and result.reason and result.verdict for result in funding)
    trees = {ref: verdict for ref, verdict in found.items() if ref.startswith("TREE.")}
    assert len(trees) > 10
    assert set(trees.values()) == {"met"}
    assert all(r.difference == Money(0, "EUR") for r in done.results if r.figure.startswith("TREE."))
    assert found["F01"] == "met"
    assert {found[f"F{number}"] for number in (17, 18, 19, 20, 21, 28)} == {"undecidable"}
    assert {verdict for ref, verdict in found.items() if ref.startswith("C")} == {"external"}
    assert found["F23"] == "external"
    assert not any(result.illustrative for result in done.results)


def test_the_two_printed_totals_of_annex_i(shipped: Database) -> None:
    done = reconcile(shipped, [])
    broken = [result for result in done.results if result.verdict is Verdict.BROKEN]
    assert {(result.place, result.difference) for result in broken} == {
        ("amif-2014-2020-annex-i.xlsx!Annex I!E2:E28", Money(200, "EUR")),
        ("amif-2014-2020-annex-i.xlsx!Annex I!D2:D28", Money(200, "EUR")),
    }
    assert sorted(f.cell for f in done.findings if f.code == "figure-broken") == ["D2:D28", "E2:E28"]
    # The one other thing told is the doubled scale word of the source ("10 000 thousand"), which stops nobody.
    assert {(f.code, f.level) for f in done.findings} == {
        ("figure-broken", Severity.ERROR),
        ("scale-doubled", Severity.INFO),
    }


def test_the_illustrative_list_meets_what_it_was_made_for(shipped: Database) -> None:
    found = {result.figure: result for result in reconcile(shipped, [], with_illustrative=True).results}
    met = ("F18", "F19", "F20", "F21", "F28")
    assert {found[ref].verdict for ref in met} == {Verdict.MET}
    assert all(found[ref].illustrative and found[ref].coverage.complete for ref in met)
    assert [each.of for each in found["F19"].readings] == ["committed", "contracted"]


def test_programmes_say_where_their_amount_comes_from(shipped: Database) -> None:
    result = one(shipped, "F03")
    assert (result.verdict, result.ledger) == (Verdict.MET, Money(1_800_000_000, "EUR"))
    assert "same statement" in result.coverage.note


def test_a_figure_is_shown_with_its_rule(shipped: Database) -> None:
    shown = show_figure(shipped, "f19").figure
    assert shown is not None
    assert (shown.figure, shown.rule, shown.place) == (
        "F19",
        "R-ABOUT",
        "published-figures-communication-2024.xlsx!Figures!23",
    )
    assert "V - g/2" in shown.rule_text
    assert shown.scope["fund"] == "NDICI-GE"
    assert [version.withdrawn for version in shown.versions] == [False]
    almost = show_figure(shipped, "F28").figure
    assert almost is not None
    assert len(almost.warnings) == 1


def test_the_shipped_data_on_postgresql(postgres_url: str) -> None:
    database = Database(parse_url(postgres_url))
    initialise(database)
    import_shipped(database, (ILLUSTRATIVE_WORKBOOK,), lambda _file, _rows: None)
    done = reconcile(database, [], with_illustrative=True)
    counts = {str(verdict): sum(r.verdict is verdict for r in done.results) for verdict in Verdict}
    database.close()
    assert counts["broken"] == 2
    assert {ref: v for ref, v in verdicts(done).items() if ref in ("F18", "F19", "F20", "F21", "F28")} == dict.fromkeys(
        ("F18", "F19", "F20", "F21", "F28"), "met"
    )


def test_nothing_is_written(shipped: Database) -> None:
    path = shipped.path
    assert isinstance(path, Path)
    before = path.read_bytes()
    reconcile(shipped, [])
    assert path.read_bytes() == before
