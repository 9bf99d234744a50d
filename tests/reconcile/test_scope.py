"""When statements of completeness cover what a figure speaks of."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.reconcile.scope import Covered, Scope, is_covered

SCOPE = Scope(("NDICI-GE",), "migration", ("TN", "MA"), date(2021, 1, 1), date(2023, 12, 31))


@pytest.mark.parametrize(
    "statement",
    [
        Covered(),
        Covered("NDICI-GE"),
        Covered("NDICI-GE", "migration", ("TN", "MA", "LY"), date(2021, 1, 1), date(2023, 12, 31)),
    ],
)
def test_an_equal_or_wider_statement_covers(statement: Covered) -> None:
    assert is_covered(SCOPE, [statement])


@pytest.mark.parametrize(
    "statement",
    [
        Covered("AMIF"),
        Covered("NDICI-GE", "pact"),
        Covered("NDICI-GE", "migration", ("TN",)),
        Covered("NDICI-GE", start=date(2021, 1, 2)),
        Covered("NDICI-GE", end=date(2023, 12, 30)),
    ],
)
def test_a_narrower_statement_does_not(statement: Covered) -> None:
    assert not is_covered(SCOPE, [statement])


def test_nothing_stated_covers_nothing() -> None:
    assert not is_covered(SCOPE, [])


def test_statements_add_up_over_funds_and_countries_but_not_over_days() -> None:
    both = Scope(("AMIF", "BMVI"), None, ("TN", "MA"))
    pieces = [Covered(fund, None, (country,)) for fund in both.funds for country in both.countries]
    assert is_covered(both, pieces)
    assert not is_covered(both, pieces[:-1])
    halves = [Covered(end=date(2022, 6, 30)), Covered(start=date(2022, 7, 1))]
    assert not is_covered(Scope(start=date(2022, 1, 1), end=date(2022, 12, 31)), halves)


def test_a_figure_without_limits_needs_a_statement_without_limits() -> None:
    assert not is_covered(Scope(), [Covered("AMIF")])
    assert not is_covered(Scope(("AMIF",)), [Covered("AMIF", start=date(2021, 1, 1))])
    assert not is_covered(Scope(("AMIF",)), [Covered("AMIF", "migration")])
    assert is_covered(Scope(("AMIF",)), [Covered("AMIF")])


def test_a_period_that_ends_before_it_begins_is_not_covered() -> None:
    assert not is_covered(Scope(start=date(2024, 1, 1), end=date(2023, 1, 1)), [Covered()])
