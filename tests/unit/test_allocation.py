"""Allocation: parts that add up, and splits read from text."""

from __future__ import annotations

import pytest

from ledger.domain.allocation import AllocationError, SplitError, allocate, format_percent, parse_split


def test_missing_cents_go_to_the_largest_remainders_then_to_the_lower_code() -> None:
    assert allocate(100, [("TN", 1), ("LY", 1), ("MA", 1)]) == {"LY": 34, "MA": 33, "TN": 33}
    assert allocate(10, [("A", 26), ("B", 34), ("C", 40)]) == {"A": 3, "B": 3, "C": 4}
    assert list(allocate(1, [("B", 1), ("A", 1)])) == ["A", "B"]


def test_a_negative_total_is_the_mirror_of_the_positive_one() -> None:
    assert allocate(-100, [("TN", 1), ("LY", 1), ("MA", 1)]) == {"LY": -34, "MA": -33, "TN": -33}
    assert allocate(0, [("TN", 1), ("LY", 2)]) == {"LY": 0, "TN": 0}


@pytest.mark.parametrize("weights", [[], [("A", 0)], [("A", -1), ("B", 2)], [("A", 1), ("A", 2)]])
def test_weights_that_divide_nothing_are_refused(weights: list[tuple[str, int]]) -> None:
    with pytest.raises(AllocationError):
        allocate(100, weights)


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("TN=40;MA=35;LY=25", {"TN": 400_000_000, "MA": 350_000_000, "LY": 250_000_000}),
        (" TN = 33.3333333 % ; MA=66,6666667%; ", {"TN": 333_333_333, "MA": 666_666_667}),
        ("TN=40;rest", {"TN": 400_000_000, "rest": 600_000_000}),
        ("TN=40;REST=60", {"TN": 400_000_000, "rest": 600_000_000}),
        ("TN=40;LY=rest;MA=12.5", {"TN": 400_000_000, "LY": 475_000_000, "MA": 125_000_000}),
        ("TN=100", {"TN": 1_000_000_000}),
        ("TN=100;rest", {"TN": 1_000_000_000, "rest": 0}),
        ("TN=100.00000000", {"TN": 1_000_000_000}),
    ],
)
def test_a_split_is_read_in_parts_per_billion(text: str, shares: dict[str, int]) -> None:
    assert parse_split(text) == shares
    assert sum(shares.values()) == 10**9


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("TN=40;MA=35", "75 %"),
        ("TN=33.33;MA=33.33;LY=33.33", "99.99 %"),
        ("TN=60;MA=60", "120 %"),
        ("TN=60;MA=60;rest", "120 %"),
        ("TN=33.33333333;rest", "seven"),
        ("TN=-5;rest", "no percentage"),
        ("TN=101", "more than 100"),
        ("TN=1e1;rest", "no percentage"),
        ("TN=4\u0660;rest", "no percentage"),
        ("TN=50;TN=50", "twice"),
        ("TN=rest;rest", "both"),
        ("TN", "form"),
        ("=100", "form"),
        ("TN=;rest", "form"),
        (" ; ", "empty"),
    ],
)
def test_a_split_that_is_not_exactly_the_whole_is_refused(text: str, word: str) -> None:
    with pytest.raises(SplitError, match=word):
        parse_split(text)


def test_shares_are_written_as_percentages() -> None:
    assert [format_percent(ppb) for ppb in (10**9, 333_333_333, 0, -5_000_000)] == [
        *("100 %", "33.3333333 %", "0 %"),
        "-0.5 %",
    ]
