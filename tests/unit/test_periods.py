"""Periods: both days included."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.domain.periods import PROGRAMMING_PERIODS, Period, PeriodError, programming_period_of, year, years


def test_both_ends_belong_to_the_period() -> None:
    period = years("2021-23")
    assert period == Period(date(2021, 1, 1), date(2023, 12, 31))
    assert [day in period for day in (date(2020, 12, 31), date(2021, 1, 1), date(2023, 12, 31), date(2024, 1, 1))] == [
        *(False, True),
        *(True, False),
    ]


def test_an_open_side_has_no_limit() -> None:
    since = Period(date(2019, 1, 1))
    assert date(9999, 12, 31) in since
    assert date(2018, 12, 31) not in since
    assert not since.closed
    assert year(2020).closed
    assert since.contains(year(2020))
    assert not year(2020).contains(since)
    assert Period().contains(since)
    assert since.text() == "2019-01-01/…"


def test_periods_overlap_in_a_single_day() -> None:
    first, second = Period(end=date(2020, 6, 30)), Period(date(2020, 6, 30), date(2020, 7, 1))
    assert first.overlaps(second)
    assert first.intersection(second) == Period(date(2020, 6, 30), date(2020, 6, 30))
    assert not first.overlaps(Period(date(2020, 7, 1)))


@pytest.mark.parametrize("text", ["", "21-27", "2027-2021", "2021-2", "0000", "2021 to 2027"])
def test_what_names_no_years_is_refused(text: str) -> None:
    with pytest.raises(PeriodError):
        years(text)


def test_days_belong_to_programming_periods() -> None:
    assert list(PROGRAMMING_PERIODS) == ["2014-2020", "2021-2027"]
    days = [date(2020, 12, 31), date(2021, 1, 1), date(2028, 1, 1)]
    assert [programming_period_of(day) for day in days] == ["2014-2020", "2021-2027", None]
