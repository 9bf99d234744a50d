"""Published figures: every rule one step inside and outside, and every funding figure of the communication of 2024.

The figures are facts of the Commission communication of March 2024 on migration; intervals follow the rules by hand.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from ledger.domain.intervals import (
    RULES,
    Band,
    Interval,
    IntervalError,
    QualifierUnknown,
    Verdict,
    interval_for,
    judge,
    known_share,
    known_sum,
    rule_for,
)
from ledger.domain.quoted import quoted_number

CENT = Fraction(1, 100)
M = 10**6


def band(qualifier: str, quote: str, value: int | str, unit: str = "EUR", measure: str = "") -> Band:
    number = quoted_number(quote, Decimal(value))
    return interval_for(rule_for(qualifier, unit, measure, number), number, unit, measure)


def verdict(figure: Band, recorded: int | Fraction | Decimal, *, complete: bool = True) -> str:
    return str(judge(figure, known_sum(recorded, complete=complete)).verdict)


# id, qualifier, quote, value, unit, measure -> rule, low, high (None: no limit), warn from
FUNDING = [
    ("F01", "none (additional)", "EUR 2 billion", 2 * 10**9, "EUR", "", "R-EXACT", 1500 * M, 2500 * M),
    ("F03", "none", "EUR 18 million programme", 18 * M, "EUR", "", "R-EXACT", 17_500_000, 18_500_000),
    ("F04", "none", "EUR 36 million in June 2023", 36 * M, "EUR", "", "R-EXACT", 35_500_000, 36_500_000),
    ("F05", "none", "EUR 13 million support", 13 * M, "EUR", "", "R-EXACT", 12_500_000, 13_500_000),
    ("F06", "almost", "Since 2021, almost EUR 400 million", 400 * M, "EUR", "", "R-ALMOST", 380 * M, 400 * M),
    ("F07", "over", "over 17 000 migrants", 17000, "persons", "", "R-OVER", 17001, None),
    ("F08", "none", "EUR 68 million programme", 68 * M, "EUR", "", "R-EXACT", 67_500_000, 68_500_000),
    ("F09", "almost", "almost tripled between 2020 and 2023", 3, "ratio", "", "R-ALMOST", Fraction(57, 20), 3),
    ("F09b", "over", "over 13 000 in 2023", 13000, "persons", "", "R-OVER", 13001, None),
    ("F10", "none", "new EUR 13 million regional", 13 * M, "EUR", "", "R-EXACT", 12_500_000, 13_500_000),
    ("F11", "over", "in over 35 third countries", 35, "countries", "", "R-OVER", 36, None),
    ("F11b", "around", "around 50 countries", 50, "countries", "", "R-ABOUT", 45, 55),
    ("F11c", "over", "over 5 500 beneficiaries", 5500, "persons", "", "R-OVER", 5501, None),
    ("F12", "more than", "more than 4 000 relocations", 4000, "persons", "", "R-OVER", 4001, None),
    ("F13", "none", "maintain 17 boats", 17, "boats", "", "R-COUNT", 17, 17),
    ("F14", "up to", "up to EUR 300 billion  by 2027", 300 * 10**9, "EUR", "", "R-UPTO", None, 300 * 10**9),
    ("F15", "over", "Over half of the total", "0.5", "ratio", "share", "R-OVER", Fraction(1, 2), 1),
    ("F16", "none", "EUR 77 billion", 77 * 10**9, "EUR", "", "R-EXACT", 76_500 * M, 77_500 * M),
    ("F17", "none (earmark)", "With 10% of", "0.10", "ratio", "share", "R-EXACT", Fraction(19, 200), Fraction(21, 200)),
    ("F18", "more than", "more than 190 projects", 190, "projects", "count", "R-OVER", 191, None),
    ("F19", "some", "worth some EUR 5.3 billion", 5300 * M, "EUR", "", "R-ABOUT", 5250 * M, 5350 * M),
    ("F20", "none", "EUR 691 million in 2021-23", 691 * M, "EUR", "", "R-EXACT", 690_500_000, 691_500_000),
    ("F21", "almost", "almost two thirds", "0.6667", "ratio", "share", "R-ALMOST", Fraction(19, 30), Fraction(2, 3)),
    ("F23", "none", "42% of global funding", "0.42", "ratio", "share", "R-EXACT", Fraction(83, 200), Fraction(17, 40)),
    ("F24", "none", "In 2022, EUR 2.4 billion", 2400 * M, "EUR", "", "R-EXACT", 2350 * M, 2450 * M),
    ("F25", "approximately", "with 80%", "0.80", "ratio", "share", "R-ABOUT", Fraction(3, 4), Fraction(17, 20)),
    ("F26", "none", "EUR 10 billion since 2011", 10**10, "EUR", "", "R-EXACT", 9500 * M, 10500 * M),
    ("F28", "close to", "close to EUR 150 million", 150 * M, "EUR", "", "R-ALMOST", 142_500_000, 150 * M),
    ("F29", "over", "over EUR 665 million since 2019", 665 * M, "EUR", "", "R-OVER", 665 * M, None),
    ("F30", "over", "over EUR 400 million", 400 * M, "EUR", "", "R-OVER", 400 * M, None),
    ("F31", "over", "over 60 000 persons", 60000, "persons", "", "R-OVER", 60001, None),
    ("F32", "over", "over EUR 318 million", 318 * M, "EUR", "", "R-OVER", 318 * M, None),
    ("C06", "none", "2650 border and coast guards", 2650, "persons", "", "R-COUNT", 2650, 2650),
    ("C10", "none", "46 000 km long", 46000, "km", "", "R-EXACT", 45500, 46500),
    ("C15", "almost", "almost 10 000 thousand migrants", 10000, "persons", "", "R-ALMOST", 9500, 10000),
    ("C17", "none", "110 million people", 110 * M, "persons", "", "R-EXACT", 109_500_000, 110_500_000),
]


@pytest.mark.parametrize("row", FUNDING, ids=lambda row: row[0])
def test_every_figure_of_the_communication(row: tuple[Any, ...]) -> None:
    _, qualifier, quote, value, unit, measure, rule, low, high = row
    figure = band(qualifier, quote, value, unit, measure)
    assert (figure.rule.id, figure.accept.low, figure.accept.high) == (rule, low, high)


@pytest.mark.parametrize("qualifier", ["", "unquantified", "substantial", "significant"])
def test_figures_without_a_number_are_kept_and_undecidable(qualifier: str) -> None:
    """F02, F22, F33 to F39 of the communication."""
    figure = interval_for(rule_for(qualifier), None)
    result = judge(figure, known_sum(5, complete=True))
    assert (result.verdict, result.rule, result.difference) == (Verdict.UNDECIDABLE, "R-UNQ", None)
    assert "No number" in result.reason


BOUNDARIES = [
    ("some", "EUR 5.3 billion", 5250 * M, "EUR", "broken", "met", "met"),
    ("some", "EUR 5.3 billion", 5350 * M, "EUR", "met", "broken", "broken"),
    ("none", "EUR 691 million", 690_500_000, "EUR", "broken", "met", "met"),
    ("none", "EUR 691 million", 691_500_000, "EUR", "met", "broken", "broken"),
    ("none", "EUR 13 million", 12_500_000, "EUR", "broken", "met-warn", "met-warn"),
    ("none", "EUR 13 million", 12_870_000, "EUR", "met-warn", "met", "met"),
    ("none", "EUR 13 million", 13_130_000, "EUR", "met", "met", "met-warn"),
    ("none", "EUR 13 million", 13_500_000, "EUR", "met-warn", "broken", "broken"),
    ("over", "EUR 665 million", 665 * M, "EUR", "broken", "broken", "met"),
    ("over", "EUR 665 million", 698_250_000, "EUR", "met", "met-warn", "met-warn"),
    ("over", "EUR 400 million", 500 * M, "EUR", "met", "met-warn", "met-warn"),
    ("almost", "EUR 400 million", 380 * M, "EUR", "broken", "met", "met"),
    ("almost", "EUR 400 million", 400 * M, "EUR", "met", "met-warn", "broken"),
    ("close to", "EUR 150 million", 142_500_000, "EUR", "broken", "met", "met"),
    ("close to", "EUR 150 million", 150 * M, "EUR", "met", "met-warn", "broken"),
    ("up to", "EUR 300 billion", 300 * 10**9, "EUR", "within-ceiling", "within-ceiling", "broken"),
    ("below", "EUR 5 million", 5 * M, "EUR", "met", "broken", "broken"),
    ("total", "EUR 2 392 000 000", 2_392_000_000, "EUR", "broken", "met", "broken"),
    ("target", "EUR 8 million", 7_500_000, "EUR", "undecidable", "met", "met"),
    ("target", "EUR 8 million", 8_500_000, "EUR", "met", "met-warn", "met-warn"),
]


@pytest.mark.parametrize(("qualifier", "quote", "at", "unit", "below", "exactly", "above"), BOUNDARIES)
def test_every_boundary_one_cent_inside_and_outside(
    qualifier: str, quote: str, at: int, unit: str, below: str, exactly: str, above: str
) -> None:
    scale = {"million": M, "billion": 10**9}.get(quote.rsplit(maxsplit=1)[-1])
    value = int(quote.split()[1].replace(".", "")) * scale // (10 if "." in quote else 1) if scale else at
    figure = band(qualifier, quote, value, unit)
    assert [verdict(figure, at + step) for step in (-CENT, Fraction(0), CENT)] == [below, exactly, above]


def test_counts_change_by_one() -> None:
    over = band("more than", "more than 190 projects", 190, "projects", "count")
    assert [verdict(over, n) for n in (189, 190, 191, 199, 200)] == ["broken", "broken", "met", "met", "met-warn"]
    boats = band("none", "17 boats", 17, "boats")
    assert [verdict(boats, n) for n in (16, 17, 18)] == ["broken", "met", "broken"]
    around = band("around", "around 50 countries", 50, "countries")
    assert [verdict(around, n) for n in (44, 45, 54, 55)] == ["broken", "met", "met", "broken"]


def test_shares_are_exact_at_their_ends() -> None:
    thirds = band("almost", "almost two thirds", "0.6667", "ratio", "share")
    shares: list[Fraction] = [
        Fraction(6333, 10000),
        Fraction(19, 30),
        Fraction(6666, 10000),
        Fraction(2, 3),
        Fraction(6667, 10000),
    ]
    assert [verdict(thirds, share) for share in shares] == ["broken", "met", "met", "met-warn", "broken"]
    half = band("over", "Over half", "0.5", "ratio", "share")
    assert [verdict(half, share) for share in (Fraction(1, 2), Fraction(501, 1000), 1)] == ["broken", "met", "met-warn"]


def test_missing_records_decide_only_what_no_further_record_can_change() -> None:
    over = band("over", "over EUR 665 million", 665 * M)
    assert [verdict(over, x, complete=False) for x in (0, 665 * M, 665 * M + CENT, 700 * M)] == [
        *("undecidable", "undecidable"),
        *("met", "met"),
    ]
    some = band("some", "EUR 5.3 billion", 5300 * M)
    assert [verdict(some, x, complete=False) for x in (0, 5300 * M, 5350 * M - CENT, 5350 * M)] == [
        *("undecidable", "undecidable"),
        *("undecidable", "broken"),
    ]
    ceiling = band("up to", "EUR 300 billion", 300 * 10**9)
    early = [verdict(ceiling, x * 10**9, complete=False) for x in (1, 300, 301)]
    assert early == ["undecidable", "undecidable", "broken"]
    result = judge(some, None)
    assert (result.verdict, result.room, result.recorded) == (Verdict.UNDECIDABLE, None, None)


def test_shares_of_incomplete_records() -> None:
    assert known_share(1, 4, part_complete=True, whole_complete=True) == Interval.point(Fraction(1, 4))
    assert known_share(1, 4, part_complete=False, whole_complete=True) == Interval(
        Fraction(1, 4), Fraction(1), True, True
    )
    assert known_share(1, 4, part_complete=True, whole_complete=False) == Interval(
        Fraction(0), Fraction(1, 4), True, True
    )
    assert known_share(1, 4, part_complete=False, whole_complete=False) == Interval(
        Fraction(0), Fraction(1), True, True
    )
    assert known_share(1, 0, part_complete=True, whole_complete=True) is None
    half = band("over", "Over half", "0.5", "ratio", "share")
    assert judge(half, known_share(3, 4, part_complete=False, whole_complete=True)).verdict == Verdict.MET
    assert judge(half, known_share(1, 4, part_complete=True, whole_complete=False)).verdict == Verdict.BROKEN
    assert judge(half, known_share(3, 4, part_complete=True, whole_complete=False)).verdict == Verdict.UNDECIDABLE


def test_room_and_difference_have_signs() -> None:
    some = band("some", "EUR 5.3 billion", 5300 * M)
    inside = judge(some, known_sum(5260 * M, complete=True))
    assert inside.room == inside.room_low == 10 * M
    assert inside.room_high == 90 * M
    assert inside.difference == -40 * M
    outside = judge(some, known_sum(5360 * M, complete=True))
    assert outside.room == -10 * M
    assert outside.verdict is Verdict.BROKEN
    over = judge(band("over", "EUR 665 million", 665 * M), known_sum(670 * M, complete=True))
    assert over.room == 5 * M
    assert over.room_high is None


def test_the_printed_totals_of_annex_i_are_broken_by_two_euros() -> None:
    """Regulation (EU) No 516/2014, Annex I: the printed totals are EUR 2 below the sum of the rows."""
    figure = band("total", "Totals 2 392 000 000", 2_392_000_000)
    result = judge(figure, known_sum(2_392_000_002, complete=True))
    assert result.verdict is Verdict.BROKEN
    assert result.rule == "R-TOTAL"
    assert result.difference == 2
    assert result.room == -2
    assert result.reason.endswith("that does not hold (exactly EUR 2\u00a0392\u00a0000\u00a0000.00).")


def test_targets_and_external_figures() -> None:
    earmark = band("none (earmark)", "10% of", "0.10", "ratio", "share")
    share = known_sum(Fraction(5300, 79462), complete=True)
    assert judge(earmark, share).verdict == Verdict.BROKEN
    assert judge(earmark, share, target=True).verdict == Verdict.UNDECIDABLE
    assert judge(earmark, known_sum(Fraction(1, 5), complete=True), target=True).verdict == Verdict.MET_WARN
    ceiling = band("up to", "EUR 300 billion", 300 * 10**9)
    assert judge(ceiling, known_sum(301 * 10**9, complete=True), target=True).verdict == Verdict.BROKEN
    assert judge(earmark, None, external=True).verdict == Verdict.EXTERNAL


def test_houses_that_read_close_to_on_both_sides() -> None:
    number = quoted_number("close to EUR 150 million", 150 * M)
    figure = interval_for(RULES["R-ALMOST"], number, "EUR", close_to_symmetric=True)
    steps: list[int | Fraction] = [142_500_000 - CENT, 142_500_000, 150 * M, 157_500_000 - CENT, 157_500_000]
    assert [verdict(figure, x) for x in steps] == ["broken", "met", "met", "met", "broken"]


@pytest.mark.parametrize("qualifier", ["at least", "exactly", "maybe"])
def test_an_unknown_wording_is_never_guessed(qualifier: str) -> None:
    with pytest.raises(QualifierUnknown, match="more than"):
        rule_for(qualifier, "EUR", "", quoted_number("5", 5))


def test_wordings_in_any_case_and_spacing() -> None:
    number = quoted_number("5", 5)
    assert rule_for(" More\u00a0than ", "EUR", "", number).id == "R-OVER"
    assert rule_for("reached over", "EUR", "", number).id == "R-OVER"


# --- interval arithmetic ----------------------------------------------------------------------------------------------


def test_a_share_of_a_rounded_amount() -> None:
    """Two thirds of 691 million: 437.3 to 461.0 million, as both are roundings."""
    whole = band("none", "EUR 691 million", 691 * M).accept
    share = band("almost", "almost two thirds", "0.6667", "ratio", "share").accept
    amount = whole * share
    assert amount.low == Fraction(19, 30) * 690_500_000
    assert amount.high == 461 * M
    assert amount.low_inclusive
    assert not amount.high_inclusive
    assert (amount / whole).low == Fraction(19, 30) * Fraction(6905, 6915)


def test_sums_differences_products_and_quotients() -> None:
    one, two = Interval(Fraction(1), Fraction(2), True, True), Interval(Fraction(3), Fraction(4))
    assert one + two == Interval(Fraction(4), Fraction(6), True, False)
    assert two - one == Interval(Fraction(1), Fraction(3), True, False)
    assert -two == Interval(Fraction(-4), Fraction(-3), False, True)
    assert -one * two == Interval(Fraction(-8), Fraction(-3), False, True)
    assert one / two == Interval(Fraction(1, 4), Fraction(2, 3), False, True)
    assert one / Interval(Fraction(2)) == Interval(Fraction(0), Fraction(1), False, True)
    assert one / Interval(Fraction(0), Fraction(1), False, True) == Interval(Fraction(1))
    assert one / -two == -(one / two)
    assert Interval(Fraction(0), Fraction(1), True, True) * Interval(Fraction(1)) == Interval(Fraction(0))
    assert Interval(Fraction(-1), Fraction(1), True, True) * Interval(Fraction(2)) == Interval()


def test_what_is_no_interval_or_no_divisor_is_refused() -> None:
    for low, high in ((2, 1), (1, 1)):
        with pytest.raises(IntervalError):
            Interval(Fraction(low), Fraction(high))
    for divisor in (Interval(), Interval(Fraction(0)), Interval(Fraction(-1), Fraction(1))):
        with pytest.raises(IntervalError):
            Interval.point(1) / divisor


def test_intersections_respect_which_ends_belong() -> None:
    half_open = Interval(Fraction(1), Fraction(2))
    assert half_open.intersection(Interval(Fraction(2))) is None
    assert half_open.intersection(Interval(None, Fraction(1), False, True)) == Interval.point(1)
    assert half_open.within(Interval())
    assert not Interval().within(half_open)
    assert not Interval(Fraction(1), Fraction(2), True, True).within(half_open)
    assert Interval(Fraction(1, 3), None).text() == "[0.333333…, …)"
