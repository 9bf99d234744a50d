"""Dates as real lists write them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from ledger.intake.cells import CellError, Value
from ledger.intake.dates import DateColumn, DateDecision, read_date
from ledger.intake.number_styles import Missing, Refusal


def decided(*values: Value, hint: str | None = None) -> DateDecision:
    column = DateColumn()
    column.feed_all(values)
    return column.decide(hint)


@pytest.mark.parametrize(
    "text",
    ["2016-05-13", "2016-05-13T00:00:00", "13.05.2016 00:00", "2016/05/13", "20160513", "13052016", "13/05/2016",
     "05/13/2016", "13 May 2016", "May 13, 2016", "13-May-16", "13. kesäkuuta 2016".replace("kesä", "touko"),
     "2016 m. gegužės 13 d.", "2016. gada 13. maijs", "2016. május 13.", "13 de mayo de 2016", "13 mai 2016",
     "13 Μαΐου 2016", "13 май 2016 г.", "13. května 2016", "13 maja 2016", "13. mai 2016", "13 Bealtaine 2016"],
)  # fmt: skip
def test_a_text_that_needs_no_order_is_read(text: str) -> None:
    assert read_date(text, None) == date(2016, 5, 13)


@pytest.mark.parametrize(
    "value",
    ["30 February 2016", "30.02.2016", "2016-13-05", "20191900-01-01", "01/02/2016", "listopad 2015", "soon", 12, True,
     Decimal("0.5"), CellError("#REF!"), "05.13.2016", "1/2/3/4"],
)  # fmt: skip
def test_what_is_no_single_possible_date_is_refused(value: Value) -> None:
    assert isinstance(read_date(value, None), Refusal)


def test_years_quarters_and_months_have_a_first_and_a_last_day() -> None:
    for value, first, last in (
        ("2020", date(2020, 1, 1), date(2020, 12, 31)),
        (2020, date(2020, 1, 1), date(2020, 12, 31)),
        ("Q1 2021", date(2021, 1, 1), date(2021, 3, 31)),
        ("02/2020", date(2020, 2, 1), date(2020, 2, 29)),
        ("Mai 2016", date(2016, 5, 1), date(2016, 5, 31)),
    ):
        assert (read_date(value, None), read_date(value, None, end=True)) == (first, last)


def test_real_date_cells_and_excel_serials() -> None:
    assert read_date(datetime(2016, 5, 13, 12, 0), None) == date(2016, 5, 13)  # noqa: DTZ001
    assert read_date(42503, None) == date(2016, 5, 13)
    assert read_date(Decimal("42503.5"), None) == date(2016, 5, 13)
    assert read_date(41041, None, epoch_1904=True) == date(2016, 5, 13)
    assert read_date("-", None) == Missing("dash")


@pytest.mark.parametrize(
    ("values", "order", "ambiguous"),
    [
        (("01/02/2016", "13/04/2016"), "dmy", False),
        (("01/02/2016", "04/13/2016"), "mdy", False),
        (("01/02/2016", "03/04/2016"), "dmy", True),
        (("01/01/2016", "02/02/2016"), "dmy", False),
        (("01.02.2016", "03.04.2016"), "dmy", False),
        (("16-05-13", "16-05-14"), "dmy", True),
        (("13/04/2016", "04/13/2016", "01/02/2016"), "dmy", True),
        (("2016-01-02", "2016-02-03"), None, False),
    ],
)
def test_the_column_decides_the_order(values: tuple[str, ...], order: str | None, ambiguous: bool) -> None:
    found = decided(*values)
    assert (found.order, found.ambiguous) == (order, ambiguous)


def test_an_ambiguous_column_reads_only_what_is_alike_and_the_caller_may_settle_it() -> None:
    column = DateColumn()
    column.feed_all(["01/02/2016", "03/03/2016"])
    found = column.decide()
    assert found.read("03/03/2016") == date(2016, 3, 3)
    assert isinstance(found.read("01/02/2016"), Refusal)
    assert column.decide(check=lambda order: order == "mdy").read("01/02/2016") == date(2016, 1, 2)
    assert column.decide("dmy").read("01/02/2016") == date(2016, 2, 1)


def test_the_language_of_the_column_settles_a_month_that_two_languages_use() -> None:
    assert decided("1. listopada 2015", "2. lipnja 2015").read("1. listopada 2015") == date(2015, 10, 1)
    assert decided("1 listopada 2015", "2 lipca 2015").read("1 listopada 2015") == date(2015, 11, 1)
    assert decided("1. listopad 2015").ambiguous


def test_a_stated_order_never_falls_back_to_another() -> None:
    assert isinstance(read_date("13/04/2016", "mdy"), Refusal)
    assert isinstance(read_date("12.05.16", "ymd"), Refusal)
    assert read_date("16-05-13", "ymd") == date(2016, 5, 13)


def test_refused_cells_are_counted_and_shown() -> None:
    found = decided("30.02.2016", "01.03.2016", "", 42503, "soon")
    assert (found.counts["refused"], found.counts["serial"], found.counts["missing"]) == (2, 1, 1)
    assert "soon" in found.refused_examples
    assert found.share_of_dates == pytest.approx(0.5)
