"""Published figures against a ledger, on both databases: verdicts to the cent, coverage, periods, groups, undoing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from ledger.actions import batches as batch_actions
from ledger.actions.figures import show_figure
from ledger.actions.reconcile import ReconcileResult, reconcile
from ledger.actions.scope import UsageProblem
from ledger.domain.intervals import Verdict
from ledger.domain.money import Money
from ledger.domain.records import CoverageStatement, Record
from ledger.reconcile.verdicts import FigureResult
from ledger.store.database import Database
from tests.builders import amount, envelope, figure, new_ledger, post, project

ALL_OF_NDICI = (CoverageStatement(fund="NDICI-GE"),)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Database]:
    database = new_ledger(database_url)
    yield database
    database.close()


def eur(ref: str, value: str, qualifier: str = "some", **attributes: Any) -> Record:
    usual = {"unit": "EUR", "measure": "sum", "stage": "committed", "basis": "eu", "fund": "NDICI-GE"}
    return figure(ref, value=value, qualifier=qualifier, **{**usual, **attributes})


def verdicts(done: ReconcileResult) -> dict[str, str]:
    return {result.figure: str(result.verdict) for result in done.results}


def one(database: Database, ref: str, **options: Any) -> FigureResult:
    (result,) = reconcile(database, [ref], **options).results
    return result


# --- to the cent ------------------------------------------------------------------------------------------------------

#: country, quote, qualifier, value, recorded cents, verdict
BOUNDARIES = [
    ("TN", "some EUR 5.3 billion", "some", "5300000000", 524999999999, "broken"),
    ("MA", "some EUR 5.3 billion", "some", "5300000000", 525000000000, "met"),
    ("EG", "some EUR 5.3 billion", "some", "5300000000", 534999999999, "met"),
    ("LY", "some EUR 5.3 billion", "some", "5300000000", 535000000000, "broken"),
    ("DZ", "close to EUR 150 million", "close to", "150000000", 14249999999, "broken"),
    ("JO", "close to EUR 150 million", "close to", "150000000", 14250000000, "met"),
    ("LB", "close to EUR 150 million", "close to", "150000000", 15000000000, "met-warn"),
    ("IQ", "close to EUR 150 million", "close to", "150000000", 15000000001, "broken"),
    ("SY", "over EUR 665 million", "over", "665000000", 66500000000, "broken"),
    ("PS", "over EUR 665 million", "over", "665000000", 66500000001, "met"),
    ("TR", "up to EUR 300 million", "up to", "300000000", 30000000000, "within-ceiling"),
    ("AM", "up to EUR 300 million", "up to", "300000000", 30000000001, "broken"),
    ("AZ", "below EUR 20 million", "below", "20000000", 1999999999, "met"),
    ("GE", "below EUR 20 million", "below", "20000000", 2000000000, "broken"),
    ("MD", "EUR 691 million", "none", "691000000", 69049999999, "broken"),
    ("UA", "EUR 691 million", "none", "691000000", 69050000000, "met"),
    ("BY", "EUR 691 million", "none", "691000000", 69150000000, "broken"),
    ("AL", "EUR 12.34 in total", "total", "12.34", 1234, "met"),
    ("BA", "EUR 12.34 in total", "total", "12.34", 1235, "broken"),
]


def test_boundaries_to_the_cent_through_the_whole_stack(ledger: Database) -> None:
    post(ledger, [project(f"P-{row[0]}", amount(row[4], country=row[0])) for row in BOUNDARIES], coverage=ALL_OF_NDICI)
    post(
        ledger, [eur(f"F-{row[0]}", row[3], row[2], quote=row[1], country=row[0]) for row in BOUNDARIES], file="f.xlsx"
    )
    done = reconcile(ledger, [])
    assert verdicts(done) == {f"F-{row[0]}": row[5] for row in BOUNDARIES}
    assert [result.ledger for result in done.results] == [Money(row[4], "EUR") for row in BOUNDARIES]
    broken = [f"F-{row[0]}" for row in BOUNDARIES if row[5] == "broken"]
    assert [finding.values["figure"] for finding in done.findings] == broken
    assert {finding.code for finding in done.findings} == {"figure-broken"}


def test_without_a_complete_list_a_sum_is_a_lower_bound(ledger: Database) -> None:
    post(ledger, [project(f"P-{row[0]}", amount(row[4], country=row[0])) for row in BOUNDARIES])
    post(
        ledger, [eur(f"F-{row[0]}", row[3], row[2], quote=row[1], country=row[0]) for row in BOUNDARIES], file="f.xlsx"
    )
    found = verdicts(reconcile(ledger, []))
    beyond = {"LY", "IQ", "AM", "GE", "BY", "BA"}
    assert {ref for ref, verdict in found.items() if verdict == "broken"} == {f"F-{country}" for country in beyond}
    assert {ref for ref, verdict in found.items() if verdict == "met"} == {"F-PS"}


def test_counts_to_the_project(ledger: Database) -> None:
    records = [project(f"P{n}", amount(100, country="TN"), unit="decision") for n in range(191)]
    records += [project("C1", amount(60, country="TN", stage="committed"), unit="contract", parent="P0")]
    records += [project(f"M{n}", amount(100, country="MA"), unit="decision") for n in range(190)]
    post(ledger, records, coverage=ALL_OF_NDICI)
    count = {
        "unit": "projects",
        "measure": "count",
        "fund": "NDICI-GE",
        "qualifier": "more than",
        "value": "190",
        "quote": "more than 190 projects",
    }
    post(
        ledger,
        [
            figure("TN", country="TN", counting_unit="decision", **count),
            figure("MA", country="MA", counting_unit="decision", **count),
            figure("TOP", country="TN", **count),
            figure(
                "CONTRACTS",
                country="TN",
                **{**count, "counting_unit": "contract", "value": "1", "qualifier": "count", "quote": "1 contract"},
            ),
        ],
        file="f.xlsx",
    )
    done = reconcile(ledger, [])
    assert verdicts(done) == {"TN": "met", "MA": "broken", "TOP": "met", "CONTRACTS": "met"}
    assert [result.ledger for result in done.results] == ["191", "190", "191", "1"]
    by_unit = {(each.of, each.ledger, str(each.verdict)) for each in done.results[0].readings}
    assert by_unit == {("decision", "191", "met"), ("contract", "1", "broken")}


# --- scope ------------------------------------------------------------------------------------------------------------


def test_a_group_is_its_members_and_its_region_but_a_country_is_itself(ledger: Database) -> None:
    post(
        ledger,
        [
            project("A", amount(100, country="TN")),
            project("B", amount(20, country="R-NAF")),
            project("C", amount(3, country="SN")),
            project("D", amount(5000, country="R-AFR")),
        ],
        coverage=ALL_OF_NDICI,
    )
    scopes = {
        "GROUP": "north-africa",
        "REGION": "R-NAF",
        "AFRICA": "africa",
        "TN": "TN",
        "WORLD": "R-WORLD",
        "ALL": None,
    }
    post(ledger, [eur(name, "1", "total", country=code) for name, code in scopes.items()], file="f.xlsx")
    found = {result.figure: result.ledger for result in reconcile(ledger, []).results}
    assert found == {
        name: Money(minor, "EUR")
        for name, minor in (
            ("GROUP", 120),
            ("REGION", 120),
            ("AFRICA", 5123),
            ("TN", 100),
            ("WORLD", 5123),
            ("ALL", 5123),
        )
    }


def test_a_member_that_left_before_the_period_is_out(ledger: Database) -> None:
    post(
        ledger,
        [
            project("A", amount(100, country="GB", on=date(2022, 1, 1)), fund="AMIF"),
            project("B", amount(7, country="GB", on=date(2019, 1, 1)), fund="AMIF"),
        ],
    )
    post(
        ledger,
        [
            eur("NOW", "1", "total", fund="AMIF", country="EU-MS", period_start=date(2021, 1, 1)),
            eur("THEN", "1", "total", fund="AMIF", country="EU-MS", period_end=date(2019, 12, 31)),
        ],
        file="f.xlsx",
    )
    assert [result.ledger for result in reconcile(ledger, []).results] == [Money(0, "EUR"), Money(7, "EUR")]


def test_a_theme_holds_the_themes_below_it(ledger: Database) -> None:
    post(
        ledger,
        [
            project("A", amount(100, theme="voluntary-return")),
            project("B", amount(20, theme="returns")),
            project("C", amount(3, theme="protection")),
            project("D", amount(5000, theme="humanitarian")),
        ],
        coverage=ALL_OF_NDICI,
    )
    post(
        ledger,
        [eur("R", "1.20", "total", theme="returns"), eur("M", "1.23", "total", theme="migration")],
        file="f.xlsx",
    )
    assert verdicts(reconcile(ledger, [])) == {"R": "met", "M": "met"}


def test_an_earmark_counts_its_share(ledger: Database) -> None:
    post(
        ledger,
        [
            project("A", amount(1000), earmarks={"migration": 300_000_000}),
            project("B", amount(500)),
        ],
        coverage=ALL_OF_NDICI,
    )
    post(ledger, [eur("E", "3", "total", earmark="migration"), eur("ALL", "15", "total")], file="f.xlsx")
    assert verdicts(reconcile(ledger, [])) == {"E": "met", "ALL": "met"}


def test_periods_and_days_of_a_figure_limit_its_sum(ledger: Database) -> None:
    post(
        ledger,
        [
            project("A", amount(1, on=date(2020, 12, 31))),
            project("B", amount(20, on=date(2021, 1, 1))),
            project("C", amount(300, on=date(2023, 12, 31))),
            project("D", amount(4000, on=date(2024, 1, 1))),
        ],
        coverage=(CoverageStatement(fund="NDICI-GE", period_start=date(2021, 1, 1), period_end=date(2023, 12, 31)),),
    )
    years = {"period_start": date(2021, 1, 1), "period_end": date(2023, 12, 31)}
    post(
        ledger,
        [
            eur("YEARS", "3.20", "total", **years),
            eur("DAY", "3.21", "total", as_of=date(2023, 12, 31)),
            eur("LONGER", "43.20", "total", period_start=date(2021, 1, 1)),
        ],
        file="f.xlsx",
    )
    assert verdicts(reconcile(ledger, [])) == {"YEARS": "met", "DAY": "undecidable", "LONGER": "undecidable"}
    early = one(ledger, "YEARS", as_of=date(2022, 6, 30))
    assert (early.ledger, early.verdict, early.coverage.complete) == (Money(20, "EUR"), Verdict.UNDECIDABLE, False)


def test_undated_money_leaves_a_period_undecided(ledger: Database) -> None:
    post(ledger, [project("A", amount(100)), project("B", amount(1, on=None))], coverage=ALL_OF_NDICI)
    post(ledger, [eur("Y", "1", "total", period_start=date(2021, 1, 1)), eur("ANY", "1.01", "total")], file="f.xlsx")
    assert verdicts(reconcile(ledger, [])) == {"Y": "undecidable", "ANY": "met"}
    assert "EUR 0.01 without a date" in one(ledger, "Y").coverage.note


def test_other_currencies_and_prices_are_told_never_added(ledger: Database) -> None:
    post(
        ledger,
        [
            project("A", amount(100), amount(5000, currency="USD")),
            project("B", amount(7, price_basis="2018")),
        ],
        coverage=ALL_OF_NDICI,
    )
    post(ledger, [eur("E", "1", "total"), eur("U", "50", "total", unit="USD")], file="f.xlsx")
    euro, dollar = reconcile(ledger, []).results
    assert (euro.ledger, euro.verdict) == (Money(100, "EUR"), Verdict.MET)
    assert "USD 50.00 is recorded apart" in euro.coverage.note
    assert "prices of 2018" in euro.coverage.note
    assert (dollar.ledger, dollar.verdict) == (Money(5000, "USD"), Verdict.MET)


def test_a_stage_that_the_source_leaves_open(ledger: Database) -> None:
    post(
        ledger,
        [project("A", amount(1000), amount(1000, stage="contracted"), amount(600, stage="paid"))],
        coverage=ALL_OF_NDICI,
    )
    post(
        ledger,
        [
            eur("MAYBE", "10", "total", stage=None),
            eur("NEITHER", "11", "total", stage=None),
            eur("BOTH", "5", "over", stage=None, quote="over EUR 5"),
        ],
        file="f.xlsx",
    )
    done = reconcile(ledger, [])
    assert verdicts(done) == {"MAYBE": "undecidable", "NEITHER": "broken", "BOTH": "met"}
    assert "committed (EUR 10.00) or paid (EUR 6.00)" in done.results[0].coverage.note


# --- envelopes, programmes, shares ------------------------------------------------------------------------------------


def test_envelopes_and_their_parts(ledger: Database) -> None:
    post(
        ledger,
        [
            envelope("TOT", 1000, parts="complete"),
            envelope("A", 600, parent="TOT"),
            envelope("B", 399, parent="TOT"),
            envelope("HALF", 1000, parts="partial"),
            envelope("H1", 300, parent="HALF"),
        ],
    )
    parts = {"scope_of": "parts", "fund": "AMIF", "stage": "allocated"}
    post(
        ledger,
        [
            eur("WHOLE", "10", "total", envelope="TOT"),
            eur("PARTS", "10", "total", envelope="TOT", **parts),
            eur("CENT", "9.99", "total", envelope="TOT", **parts),
            eur("HALF", "10", "total", envelope="HALF", **parts),
            eur("GONE", "10", "total", envelope="NONE", **parts),
        ],
        file="f.xlsx",
    )
    done = reconcile(ledger, [])
    assert verdicts(done) == {
        "WHOLE": "met",
        "PARTS": "broken",
        "CENT": "met",
        "HALF": "undecidable",
        "GONE": "undecidable",
    }
    assert done.results[1].difference == Money(-1, "EUR")
    assert (done.results[4].ledger, done.results[4].coverage.note) == (None, "what the figure names is not recorded")


def test_an_envelope_in_another_currency_is_not_converted(ledger: Database) -> None:
    post(ledger, [envelope("E", 1000)])
    post(ledger, [eur("F", "10", "total", unit="USD", envelope="E")], file="f.xlsx")
    result = one(ledger, "F")
    assert (result.verdict, result.difference) == (Verdict.UNDECIDABLE, None)
    assert "recorded in EUR" in result.coverage.note


def test_shares_are_exact_fractions(ledger: Database) -> None:
    post(
        ledger,
        [project("A", amount(2, theme="protection")), project("B", amount(1, theme="returns"))],
        coverage=ALL_OF_NDICI,
    )
    post(ledger, [envelope("N", 30, fund="NDICI-GE")], file="e.xlsx")
    share = {"unit": "ratio", "measure": "share", "stage": "committed", "basis": "eu", "fund": "NDICI-GE"}
    post(
        ledger,
        [
            eur("ALL", "0.03", "total"),
            figure(
                "THIRDS",
                value="0.6667",
                quote="two thirds",
                qualifier="total",
                theme="protection",
                denominator="ALL",
                **share,
            ),
            figure(
                "ALMOST",
                value="0.6667",
                quote="almost two thirds",
                qualifier="almost",
                theme="protection",
                denominator="ALL",
                **share,
            ),
            figure("TENTH", value="0.1", quote="10%", qualifier="total", denominator="N", **share),
            figure("TARGET", value="0.5", quote="50%", qualifier="none", denominator="N", is_target=True, **share),
            figure("NOWHERE", value="0.5", quote="50%", qualifier="none", **share),
            figure("NOTHING", value="0.5", quote="50%", qualifier="none", denominator="NONE", **share),
            figure("WORLD", value="0.42", quote="42%", qualifier="none", denominator="EXTERNAL", **share),
        ],
        file="f.xlsx",
    )
    assert verdicts(reconcile(ledger, [])) == {
        "ALL": "met",
        "THIRDS": "met",
        "ALMOST": "met-warn",
        "TENTH": "met",
        "TARGET": "undecidable",
        "NOWHERE": "undecidable",
        "NOTHING": "undecidable",
        "WORLD": "external",
    }


# --- coverage, time, undoing ------------------------------------------------------------------------------------------


def test_a_reverted_statement_no_longer_counts_and_the_past_can_be_asked(ledger: Database) -> None:
    post(ledger, [project("A", amount(100))], file="a.xlsx")
    post(ledger, [eur("F", "1.20", "total")], file="f.xlsx")
    listed = post(ledger, [project("B", amount(20))], file="b.xlsx", coverage=ALL_OF_NDICI).batch
    assert listed is not None
    assert one(ledger, "F").verdict is Verdict.MET
    batch_actions.revert(ledger, listed)
    gone = one(ledger, "F")
    assert (gone.verdict, gone.ledger) == (Verdict.UNDECIDABLE, Money(100, "EUR"))
    assert one(ledger, "F", known_at=listed).verdict is Verdict.MET
    assert one(ledger, "F", known_at=listed - 1).verdict is Verdict.UNDECIDABLE
    assert reconcile(ledger, [], known_at=1).results == []


def test_a_withdrawn_figure_is_not_judged(ledger: Database) -> None:
    batch = post(ledger, [eur("F", "1.20", "total")], file="f.xlsx").batch
    assert batch is not None
    batch_actions.revert(ledger, batch)
    assert reconcile(ledger, []).results == []
    shown = show_figure(ledger, "F")
    assert (shown.figure, [finding.code for finding in shown.findings]) == (None, ["figure-unknown"])


def test_illustrative_money_and_coverage_only_on_request(ledger: Database) -> None:
    post(ledger, [project("A", amount(100))], illustrative=True, coverage=ALL_OF_NDICI, source="made-up")
    post(ledger, [eur("F", "1", "total")], file="f.xlsx")
    without, with_it = one(ledger, "F"), one(ledger, "F", with_illustrative=True)
    assert (without.verdict, without.ledger, without.illustrative) == (Verdict.UNDECIDABLE, Money(0, "EUR"), False)
    assert (with_it.verdict, with_it.ledger, with_it.illustrative) == (Verdict.MET, Money(100, "EUR"), True)


def test_choosing_figures(ledger: Database) -> None:
    post(
        ledger,
        [
            eur("N", "1", country="TN"),
            eur("A", "1", fund="AMIF;BMVI", country="GR"),
            eur("R", "1", country="north-africa"),
        ],
        file="f.xlsx",
    )
    assert list(verdicts(reconcile(ledger, [], fund=["bmvi"]))) == ["A"]
    assert list(verdicts(reconcile(ledger, [], country=["TN"]))) == ["N", "R"]
    assert list(verdicts(reconcile(ledger, [], country=["EL"]))) == ["A"]
    named = reconcile(ledger, ["r", "N", "nope"])
    assert (list(verdicts(named)), [f.code for f in named.findings]) == (["R", "N"], ["figure-unknown"])
    with pytest.raises(UsageProblem):
        reconcile(ledger, [], fund=["NOFUND"])


def test_an_unknown_wording_is_a_finding_with_its_row(ledger: Database) -> None:
    post(ledger, [eur("F", "1", "kind of", quote="kind of EUR 1")], file="f.xlsx")
    done = reconcile(ledger, [])
    assert verdicts(done) == {"F": "undecidable"}
    assert [(finding.code, finding.place) for finding in done.findings] == [("qualifier-unknown", "f.xlsx!Sheet1!2")]
