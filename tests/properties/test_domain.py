"""Properties of the pure domain: sums are exact, order does not matter, intervals hold what they should."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.allocation import WHOLE_PPB, allocate, format_percent, parse_split
from ledger.domain.intervals import RULES, Interval, Verdict, interval_for, judge, known_sum
from ledger.domain.money import LIMIT_MINOR, as_json, to_minor
from ledger.domain.quoted import quoted_number

MINOR = st.integers(-LIMIT_MINOR + 1, LIMIT_MINOR - 1)
WEIGHTS = st.dictionaries(st.text("ABCDE", min_size=2, max_size=2), st.integers(0, WHOLE_PPB), min_size=1).filter(
    lambda weights: any(weights.values())
)
FRACTIONS = st.fractions(-10, 10, max_denominator=12)
RECORDED = st.integers(0, 3_000_000).map(lambda cents: Fraction(cents, 100))


@settings(max_examples=1000, deadline=None)
@given(MINOR, WEIGHTS, st.randoms(use_true_random=False))
def test_parts_add_up_stay_within_a_unit_and_ignore_the_order(
    total: int, weights: dict[str, int], random: Random
) -> None:
    rows = list(weights.items())
    parts = allocate(total, rows)
    random.shuffle(rows)
    assert sum(parts.values()) == total
    assert allocate(total, rows) == parts
    assert all(abs(parts[code] - Fraction(total * weight, sum(weights.values()))) < 1 for code, weight in rows)
    assert allocate(-total, rows) == {code: -part for code, part in parts.items()}


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.integers(1, WHOLE_PPB // 20), min_size=1, max_size=15))
def test_a_split_written_as_percentages_reads_back(shares: list[int]) -> None:
    written = ";".join(f"C{number}={format_percent(ppb)}" for number, ppb in enumerate(shares))
    read = parse_split(written + ";rest")
    assert [read[f"C{number}"] for number in range(len(shares))] == shares
    assert sum(read.values()) == WHOLE_PPB


@settings(max_examples=1000, deadline=None)
@given(MINOR, st.sampled_from(["EUR", "JPY", "TND"]))
def test_an_amount_written_reads_back_unrounded(minor: int, currency: str) -> None:
    assert to_minor(Decimal(as_json(minor, currency)["amount"]), currency) == (minor, False)


@settings(max_examples=1000, deadline=None)
@given(st.decimals(-1000, 1000, allow_nan=False, places=6))
def test_rounding_is_to_the_nearest_and_halves_go_outwards(value: Decimal) -> None:
    minor, rounded = to_minor(value, "EUR")
    error = Fraction(minor) - Fraction(value) * 100
    assert abs(error) <= Fraction(1, 2)
    assert rounded == (error != 0)
    assert abs(error) < Fraction(1, 2) or abs(minor) > abs(value * 100)


def _interval(draw: st.DrawFn) -> tuple[Interval, Fraction]:
    """An interval and a value in it."""
    low, inside, high = sorted((draw(FRACTIONS), draw(FRACTIONS), draw(FRACTIONS)))
    return Interval(
        draw(st.sampled_from([low, None])),
        draw(st.sampled_from([high, None])),
        low == inside or draw(st.booleans()),
        high == inside or draw(st.booleans()),
    ), inside


INTERVALS = st.composite(_interval)()


@settings(max_examples=1000, deadline=None)
@given(INTERVALS, INTERVALS)
def test_arithmetic_on_intervals_holds_that_of_their_values(
    one: tuple[Interval, Fraction], two: tuple[Interval, Fraction]
) -> None:
    (first, x), (second, y) = one, two
    assert x in first
    assert x + y in first + second
    assert x - y in first - second
    assert x * y in first * second
    if 0 not in second and second.low is not None and second.low >= 0:
        assert x / y in first / second


@settings(max_examples=1000, deadline=None)
@given(st.sampled_from(sorted(set(RULES) - {"R-UNQ"})), st.integers(1, 20000), RECORDED, RECORDED)
def test_an_early_verdict_is_never_overturned_by_more_records(
    rule: str, value: int, recorded: Fraction, added: Fraction
) -> None:
    band = interval_for(RULES[rule], quoted_number("", value), "EUR")
    early = judge(band, known_sum(recorded, complete=False)).verdict
    late = judge(band, known_sum(recorded + added, complete=True)).verdict
    if early in (Verdict.MET, Verdict.MET_WARN):
        assert late in (Verdict.MET, Verdict.MET_WARN)
    if early is Verdict.BROKEN:
        assert late is Verdict.BROKEN
    assert rule != "R-TARGET" or late is not Verdict.BROKEN
