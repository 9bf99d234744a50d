"""The rules of shared management and of days: silent one cent, or one day, inside the limit; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from ledger.actions.check import run_checks
from ledger.domain.findings import Severity
from ledger.domain.records import Kind, Record
from ledger.domain.rules import RuleResult
from ledger.reconcile import limits
from ledger.store.database import Database
from tests.builders import amount, envelope, new_ledger, post, project

CCI = "2021FR65AMPR001"
IN_2022 = date(2022, 6, 1)
FIRST, LAST = date(2021, 1, 1), date(2029, 12, 31)
A_DAY = timedelta(days=1)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Database]:
    database = new_ledger(database_url)
    yield database
    database.close()


def run(database: Database, name: str) -> RuleResult:
    (result,) = run_checks(database, [name])
    return result


def told(result: RuleResult) -> list[tuple[object, Severity]]:
    return [(each.values.get("project"), each.level) for each in result.findings]


def under(ref: str, *amounts: Any, programme: str | None = CCI, fund: str = "AMIF", **attributes: Any) -> Record:
    """A project of a programme."""
    record = project(ref, *amounts, fund=fund, **attributes)
    record.programme = programme
    return record


def programme(ref: str, fund: str = "AMIF", country: str = "FR", **attributes: Any) -> Record:
    return Record(Kind.PROGRAMMES, ref, {"title": ref, "fund_code": fund, "country_code": country, **attributes})


def shared(eu: int, rest: int) -> tuple[Any, ...]:
    """An EU share and a national one, in cents."""
    return amount(eu), amount(rest, basis="national_public")


@pytest.mark.parametrize(
    ("fund", "kind", "ceiling"),
    [
        ("AMIF", "Article 15(1)", 75),
        ("AMIF", "specific action", 90),
        ("AMIF", "002", 90),
        ("AMIF", "Annex IV actions", 90),
        ("BMVI", "Specific actions", 90),
        ("ISF", "Specific actions", 90),
    ],
)
def test_eu_shares_stay_below_the_ceiling_of_their_type(sqlite_url: str, fund: str, kind: str, ceiling: int) -> None:
    ledger = new_ledger(sqlite_url)
    cents = ceiling * 1_000
    post(
        ledger,
        [
            under("IN", *shared(cents, 100_000 - cents), fund=fund, intervention_type=kind),
            under("OUT", *shared(cents + 1, 100_000 - cents - 1), fund=fund, intervention_type=kind),
            under("RATE", amount(500), fund=fund, intervention_type=kind, eu_rate=f"{ceiling}"),
            under("RATED", amount(500), fund=fund, intervention_type=kind, eu_rate=f"{ceiling}.01"),
        ],
    )
    expected = Severity.WARNING if fund == "ISF" else Severity.ERROR
    result = run(ledger, "cofinancing-rate")
    assert told(result) == [("OUT", expected), ("RATED", expected)]
    assert "EUR 0.01 above" in result.findings[0].message
    assert (result.checked, result.not_checked) == (4, 0)
    ledger.close()


def test_what_the_type_of_action_decides(ledger: Database) -> None:
    post(
        ledger,
        [
            under("UNTYPED-IN", *shared(75_000, 25_000)),
            under("UNTYPED-OUT", *shared(75_001, 24_999)),
            under("ALL", *shared(99_999, 1), intervention_type="operating support"),
            under("TA", amount(100), eu_rate="100", priority="Technical assistance"),
            under("TOO-MUCH", amount(100), eu_rate="100.01", priority="Technical assistance"),
            under("NOTHING-ELSE", amount(100)),
            under("OLD", *shared(95_000, 5_000), programme="2014FR65AMNP001"),
            under("OLD-DAY", amount(95, on=date(2020, 12, 31)), amount(5, basis="private"), programme=None),
            project("OTHER-FUND", *shared(95_000, 5_000)),
        ],
    )
    result = run(ledger, "cofinancing-rate")
    assert told(result) == [("TOO-MUCH", Severity.ERROR), ("UNTYPED-OUT", Severity.WARNING)]
    assert (result.checked, result.not_checked) == (8, 1)
    assert result.notes == [
        "not checked: 1 projects without a total cost, another share or a rate",
        "1 projects without a type of action were held against the standard rate",
    ]


@pytest.mark.parametrize(
    ("held", "unknown", "found", "open_ones"), [(150, 0, 0, 0), (149, 0, 1, 0), (149, 1, 0, 1), (148, 1, 1, 0)]
)
def test_a_programme_holds_its_minimum_under_each_objective(
    ledger: Database, held: int, unknown: int, found: int, open_ones: int
) -> None:
    amounts = {"SO1": held, "(b)": 500, "3": 1_000 - 500 - held - unknown}
    records = [under(f"P{name}", amount(minor), specific_objective=name) for name, minor in amounts.items()]
    records += [under("WHO-KNOWS", amount(unknown))] if unknown else []
    post(ledger, [*records, under("LONE", amount(10), programme=None, specific_objective="SO3")])
    result = run(ledger, "minimum-shares")
    assert [each.values["objective"] for each in result.findings] == ["a"] * found
    assert (result.ok, result.not_checked) == (True, open_ones + 1)


def test_expenditure_lies_in_the_period_of_its_programme(ledger: Database) -> None:
    own: dict[str, Any] = {"start_date": date(2022, 1, 1), "end_date": date(2024, 12, 31)}
    post(ledger, [programme("OWN", **own), programme(CCI)], file="p.xlsx")

    def spent(ref: str, on: date, stage: str = "declared", **more: Any) -> Record:
        return under(ref, amount(500), amount(10, stage=stage, on=on), **more)

    post(
        ledger,
        [
            spent("CCI-IN", FIRST),
            spent("CCI-LAST", LAST),
            spent("CCI-EARLY", FIRST - A_DAY),
            spent("CCI-LATE", LAST + A_DAY),
            spent("OWN-IN", date(2022, 1, 1), programme="OWN"),
            spent("OWN-EARLY", date(2021, 12, 31), programme="OWN"),
            spent("OWN-LATE", date(2025, 1, 1), programme="OWN"),
            spent("OWN-PAID-LATE", date(2025, 1, 1), "paid", programme="OWN"),
            spent("OWN-LISTED", date(2021, 12, 31), programme="OWN", decision_date=date(2021, 12, 31)),
            under("RUNS-IN", amount(1), start_date=FIRST, end_date=LAST),
            under("RUNS-OUT", amount(1), start_date=FIRST, end_date=LAST + A_DAY),
            spent("NO-PROGRAMME", FIRST - A_DAY, programme=None),
            spent("BMVI", FIRST - A_DAY, programme=None, fund="BMVI"),
            project("NDICI", amount(10, stage="paid", on=FIRST - A_DAY)),
        ],
    )
    result = run(ledger, "eligibility-period")
    assert told(result) == [
        ("BMVI", Severity.WARNING),
        ("CCI-EARLY", Severity.WARNING),
        ("CCI-LATE", Severity.WARNING),
        ("OWN-EARLY", Severity.ERROR),
        ("OWN-LATE", Severity.ERROR),
        ("OWN-LISTED", Severity.WARNING),
        ("OWN-PAID-LATE", Severity.WARNING),
        ("RUNS-OUT", Severity.WARNING),
    ]
    assert result.not_checked == 1


def test_commitments_lie_in_the_period_of_their_envelope(ledger: Database) -> None:
    post(ledger, [envelope("E", 100_000)], file="e.xlsx")
    days = {"IN": FIRST, "EARLY": FIRST - A_DAY, "LAST": date(2027, 12, 31), "LATE": date(2028, 1, 1)}
    records = [project(ref, amount(10, on=on), fund="AMIF") for ref, on in days.items()]
    for record in records:
        record.envelope = "E"
    post(ledger, records)
    assert [ref for ref, _ in told(run(ledger, "commitment-period"))] == ["EARLY", "LATE"]


def test_a_project_ends_after_it_starts(ledger: Database) -> None:
    days = {"IN": IN_2022, "OUT": IN_2022 - A_DAY}
    post(ledger, [project(ref, amount(10), start_date=IN_2022, end_date=end) for ref, end in days.items()])
    assert told(run(ledger, "date-order")) == [("OUT", Severity.ERROR)]


def test_codes_are_used_while_they_are_valid(ledger: Database) -> None:
    post(ledger, [programme("2021DK65AMPR001", country="DK"), programme("2021DK65BVPR001", "BMVI", "DK"),
                  programme("2014GB65AMNP001", country="GB")], file="p.xlsx")  # fmt: skip

    def in_country(ref: str, country: str, on: date, **more: Any) -> Record:
        return project(ref, amount(10, country=country, on=on), **{"fund": "AMIF", **more})

    solidarity = {"intervention_type": "Solidarity actions", "fund": "AMIF"}
    post(
        ledger,
        [
            in_country("GB-IN", "GB", date(2020, 1, 31)),
            in_country("GB-OUT", "GB", date(2020, 2, 1)),
            in_country("HR-IN", "HR", date(2013, 7, 1)),
            in_country("HR-OUT", "HR", date(2013, 6, 30)),
            in_country("ABROAD", "TN", date(2012, 1, 1)),
            in_country("NDICI-IN", "TN", FIRST, fund="NDICI-GE"),
            in_country("NDICI-OUT", "TN", FIRST - A_DAY, fund="NDICI-GE"),
            project("SOL-IN", amount(10, on=date(2024, 6, 11)), **solidarity),
            project("SOL-OUT", amount(10, on=date(2024, 6, 10)), **solidarity),
            project("UNDATED", amount(10, country="FR", on=None), fund="AMIF"),
        ],
    )
    result = run(ledger, "code-validity")
    assert told(result) == [
        ("GB-OUT", Severity.WARNING),
        ("HR-OUT", Severity.WARNING),
        (None, Severity.ERROR),
        ("NDICI-OUT", Severity.WARNING),
        ("SOL-OUT", Severity.WARNING),
    ]
    assert result.findings[2].values == {"programme": "2021DK65AMPR001", "fund": "AMIF", "country": "DK"}
    assert result.not_checked == 1


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("SO1", "a"),
        ("(b)", "b"),
        ("Specific objective 3: returns", "c"),
        ("4", "d"),
        ("Asylum", None),
        ("12", None),
        (None, None),
    ],
)
def test_how_objectives_are_written(said: str | None, meant: str | None) -> None:
    assert limits.objective(said) == meant


def test_bare_codes_of_other_tables_decide_nothing() -> None:
    assert limits.action_type(["001", "Area IV/002", "1.003"]) is None
    assert limits.action_type([None, "Technical assistance (TA)"]) == "technical-assistance"


def test_every_limit_names_its_article() -> None:
    assert all(each.legal_reference and each.period.start for each in limits.limits())
    assert {each.limit for each in limits.limits()} == {
        "cofinancing",
        "minimum-share",
        "pre-financing",
        "eligibility",
        "fund",
    }
