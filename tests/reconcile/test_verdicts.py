"""From a figure and what is known of it to a verdict; no database."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from ledger.domain.figures import Figure
from ledger.domain.findings import Severity
from ledger.domain.intervals import Interval, Verdict, known_sum
from ledger.domain.money import Money
from ledger.reconcile.quantities import plain_decimal, quantity
from ledger.reconcile.reading import Route, read
from ledger.reconcile.verdicts import Known, judge_figure


def figure(**attributes: Any) -> Figure:
    return Figure(**{"ref": "F", "version_id": 1, "batch": 1, "is_illustrative": False, **attributes})


def money(quote: str, value: str, qualifier: str, **attributes: Any) -> Figure:
    return figure(quote=quote, value=value, qualifier=qualifier, unit="EUR", measure="sum", **attributes)


FIVE = money("worth some EUR 5.3 billion", "5300000000", "some")


def verdict(of: Figure, known: Known) -> Verdict:
    return judge_figure(of, read(of), known)[0].verdict


@pytest.mark.parametrize(
    ("cents", "expected"),
    [
        (524999999999, Verdict.BROKEN),
        (525000000000, Verdict.MET),
        (534999999999, Verdict.MET),
        (535000000000, Verdict.BROKEN),
    ],
)
def test_boundaries_to_the_cent(cents: int, expected: Verdict) -> None:
    value = Fraction(cents, 100)
    result, findings = judge_figure(FIVE, read(FIVE), Known(known_sum(value, complete=True), value, is_complete=True))
    assert result.verdict is expected
    assert (result.stated, result.low, result.high) == (
        Money(530000000000, "EUR"),
        Money(525000000000, "EUR"),
        Money(535000000000, "EUR"),
    )
    assert (result.low_inclusive, result.high_inclusive, result.rule) == (True, False, "R-ABOUT")
    assert result.difference == Money(cents - 530000000000, "EUR")
    room = min(cents - 525000000000, 535000000000 - cents)
    assert result.room == Money(room, "EUR")
    assert [f.code for f in findings] == (["figure-broken"] if expected is Verdict.BROKEN else [])


def test_a_lower_bound_can_break_but_not_meet() -> None:
    for value, expected in (
        (100, Verdict.UNDECIDABLE),
        (5_300_000_000, Verdict.UNDECIDABLE),
        (5_350_000_000, Verdict.BROKEN),
    ):
        assert verdict(FIVE, Known(known_sum(value, complete=False), Fraction(value))) is expected


def test_a_lower_bound_above_more_than_is_met() -> None:
    over = money("over EUR 665 million", "665000000", "over")
    at, above = Fraction(665000000), Fraction(66500000001, 100)
    assert verdict(over, Known(known_sum(at, complete=False), at)) is Verdict.UNDECIDABLE
    assert verdict(over, Known(known_sum(above, complete=False), above)) is Verdict.MET


def test_value_as_quoted_with_its_unit() -> None:
    short = figure(quote="some EUR 5.3 billion", value="5.3", qualifier="some", unit="EUR billion", measure="sum")
    understood = read(short)
    assert understood.band is not None
    assert understood.band.accept == Interval(Fraction(5_250_000_000), Fraction(5_350_000_000))
    assert understood.currency == "EUR"


def test_percent_is_read_as_a_share() -> None:
    share = figure(quote="10% of the budget", value="10", qualifier="none", unit="%", measure="share", denominator="E")
    understood = read(share)
    assert understood.route is Route.SHARE
    assert understood.band is not None
    assert understood.band.accept == Interval(Fraction(95, 1000), Fraction(105, 1000))


@pytest.mark.parametrize(
    ("attributes", "route"),
    [
        ({"unit": "persons", "measure": "count", "value": "12", "scope": "CONTEXT"}, Route.EXTERNAL),
        ({"unit": "persons", "measure": "count", "value": "12", "kind": "operational count"}, Route.EXTERNAL),
        ({"unit": "ratio", "measure": "share", "value": "0.42", "denominator": "EXTERNAL"}, Route.EXTERNAL),
        ({"unit": "EUR", "measure": "external", "value": "42"}, Route.EXTERNAL),
        ({"unit": "persons", "measure": "output", "value": "17000"}, Route.OUTPUT),
        ({"unit": "persons", "measure": "count", "value": "17000"}, Route.OUTPUT),
        ({"unit": "projects", "measure": "count", "value": "190"}, Route.COUNT),
        ({"unit": "contracts", "measure": "count", "value": "190", "counting_unit": "contract"}, Route.COUNT),
        ({"unit": "EUR", "measure": "sum", "value": "1"}, Route.SUM),
        ({"unit": "EUR", "measure": "sum", "value": "1", "envelope": "E"}, Route.ENVELOPE),
        ({"unit": "EUR", "measure": "sum", "value": "1", "programme": "P"}, Route.PROGRAMME),
        ({"unit": "EUR", "measure": "sum", "value": "1", "origin": "printed-total"}, Route.PRINTED),
        ({"measure": "none", "qualifier": "unquantified"}, Route.NO_NUMBER),
    ],
)
def test_where_the_ledgers_side_comes_from(attributes: dict[str, Any], route: Route) -> None:
    assert read(figure(**attributes)).route is route


def test_external_and_numberless_figures_never_raise_and_find_nothing() -> None:
    external = figure(value=None, scope="CONTEXT", measure="count", unit="persons", qualifier="none")
    result, findings = judge_figure(external, read(external), Known())
    assert (result.verdict, findings) == (Verdict.EXTERNAL, ())
    silent = figure(qualifier="unquantified", measure="none")
    result, findings = judge_figure(silent, read(silent), Known(refusal="No number is stated."))
    assert (result.verdict, result.rule, result.reason, findings) == (
        Verdict.UNDECIDABLE,
        "R-UNQ",
        "No number is stated.",
        (),
    )
    assert result.low is result.high is result.stated is result.room is None


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"qualifier": "sort of"}, "qualifier-unknown"),
        ({"qualifier": "some", "rule": "R-MAGIC"}, "qualifier-unknown"),
        ({"qualifier": "some", "value": "many"}, "number-invalid"),
    ],
)
def test_what_cannot_be_read_is_told_and_left_undecided(attributes: dict[str, Any], code: str) -> None:
    odd = figure(
        **{
            "quote": "EUR 5 million",
            "value": "5000000",
            "unit": "EUR",
            "measure": "sum",
            "file": "a.xlsx",
            "sheet": "S",
            "row": 7,
            **attributes,
        }
    )
    result, findings = judge_figure(odd, read(odd), Known(Interval.point(1), Fraction(1), is_complete=True))
    assert result.verdict is Verdict.UNDECIDABLE
    assert [(f.code, f.place) for f in findings] == [(code, "a.xlsx!S!7")]
    assert (result.rule, result.low, result.high, result.ledger) == ("", None, None, Money(100, "EUR"))


def test_a_doubled_scale_is_noted_but_large_millions_are_not() -> None:
    odd = figure(
        quote="almost 10 000 thousand migrants",
        value="10000",
        qualifier="almost",
        unit="persons",
        measure="count",
        scope="CONTEXT",
    )
    assert [(f.code, f.level) for f in read(odd).findings] == [("scale-doubled", Severity.INFO)]
    plain = money("EUR 9 882 million", "9882000000", "total")
    assert read(plain).findings == ()


def test_the_rule_of_the_sheet_wins() -> None:
    exact = money("EUR 9 882 million = 6 270 million + 3 612 million", "9882000000", "none", rule="R-TOTAL")
    understood = read(exact)
    assert understood.band is not None
    assert understood.band.accept.is_point


def test_a_printed_total_names_its_cells() -> None:
    total = money(
        "Totals: EUR 10.00",
        "10.00",
        "total",
        ref="a.xlsx!S!E29",
        origin="printed-total",
        rule="R-TOTAL",
        scope_cells="E2:E28",
        cells_value="12.00",
    )
    known = Known(Interval.point(12), Fraction(12), is_complete=True)
    result, findings = judge_figure(total, read(total), known)
    assert (result.verdict, result.difference, result.place) == (Verdict.BROKEN, Money(200, "EUR"), "a.xlsx!S!E2:E28")
    assert findings[0].place == "a.xlsx!S!E2:E28"
    assert "EUR 2.00 lower than its cells" in findings[0].message
    assert findings[0].values["difference"] == "EUR 2.00"


def test_a_target_is_never_broken() -> None:
    target = figure(
        quote="10%", value="0.1", qualifier="none", unit="ratio", measure="share", denominator="E", is_target=True
    )
    for share, expected in (
        (Fraction(667, 10000), Verdict.UNDECIDABLE),
        (Fraction(1, 10), Verdict.MET),
        (Fraction(2, 10), Verdict.MET_WARN),
    ):
        assert verdict(target, Known(Interval.point(share), share, is_complete=True)) is expected


def test_illustrative_data_is_said() -> None:
    value = Fraction(5_300_000_000)
    known = Known(Interval.point(value), value, is_complete=True, is_illustrative=True)
    result, _ = judge_figure(FIVE, read(FIVE), known)
    assert result.illustrative
    assert "not real" in result.reason


def test_quantities() -> None:
    assert quantity(Fraction(1, 100), "EUR") == Money(1, "EUR")
    assert quantity(Fraction(1, 1000), "EUR") == "0.001"
    assert quantity(Fraction(191), "projects") == "191"
    assert plain_decimal(Fraction(2, 3)) == "0.6666666667"
    assert plain_decimal(Fraction(-1, 8)) == "-0.125"
    assert plain_decimal(Fraction(530000000000)) == "530000000000"


def test_percent_recorded_is_cut_not_rounded() -> None:
    value = Fraction(5_299_999_999)
    result, _ = judge_figure(FIVE, read(FIVE), Known(known_sum(value, complete=False), value))
    assert result.coverage.percent == "99.9"
    assert result.coverage.text == "99.9 % recorded, not known to be complete"
