"""The printed number in a quotation, with its precision."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from ledger.domain.quoted import QuotedNumber, quoted_number, unit_scale


@pytest.mark.parametrize(
    ("quote", "value", "grid", "coarse", "text"),
    [
        ("worth some EUR 5.3 billion", Decimal(5300000000), 10**8, 10**8, "5.3 billion"),
        ("worth some EUR 5.3 billion", Decimal("5.3"), Fraction(1, 10), Fraction(1, 10), "5.3 billion"),
        ("EUR5.3bn", 5300000000, 10**8, 10**8, "5.3bn"),
        ("5,3 Mrd. EUR", 5300000000, 10**8, 10**8, "5,3 Mrd"),
        ("EUR 10 billion since 2011", 10**10, 10**9, 10**10, "10 billion"),
        ("some EUR 5.0 billion", 5 * 10**9, 10**8, 10**8, "5.0 billion"),
        ("17\u202f000 migrants", 17000, 1000, 1000, "17 000"),
        ("17\u00a0000 migrants", 17000, 1000, 1000, "17 000"),
        ("had 1,141 deployments", 1141, 1, 1, "1,141"),
        ("in 2023 190 projects", 190, 10, 10, "190"),
        ("2650 border guards", 2650, 10, 10, "2650"),
        ("EUR 5,066,901.40 paid", Decimal("5066901.4"), Fraction(1, 100), Fraction(1, 100), "5,066,901.40"),
        ("EUR 5.066.901,40 paid", Decimal("5066901.4"), Fraction(1, 100), Fraction(1, 100), "5.066.901,40"),
        ("With 10% of", Decimal("0.10"), Fraction(1, 100), Fraction(1, 10), "10%"),
        ("with 80 per cent", Decimal("0.8"), Fraction(1, 100), Fraction(1, 10), "80 per cent"),
        ("With 10% of", 10, 1, 10, "10%"),
        ("almost two thirds of this", Decimal("0.6667"), Fraction(1, 3), Fraction(1, 3), "two thirds"),
        ("three-quarters", Decimal("0.75"), Fraction(1, 4), Fraction(1, 4), "three-quarters"),
        ("Over half of the total", Decimal("0.5"), Fraction(1, 2), Fraction(1, 2), "half"),
        ("below one in five", Decimal("0.2"), Fraction(1, 5), Fraction(1, 5), "one in five"),
        ("almost tripled between 2020 and 2023", 3, 1, 1, "tripled"),
        ("over four million people", 4000000, 10**6, 10**6, "four million"),
        ("The eleven1 interlocking laws", 11, 1, 1, "eleven"),
        ("twenty-four states", 24, 1, 1, "twenty-four"),
    ],
)
def test_the_printed_number_gives_the_precision(
    quote: str, value: int | Decimal, grid: Fraction | int, coarse: Fraction | int, text: str
) -> None:
    number = quoted_number(quote, value)
    assert (number.grid, number.coarse_grid, number.text) == (grid, coarse, text)


def test_a_spelled_fraction_is_exact() -> None:
    assert quoted_number("almost two thirds", Decimal("0.6667")).value == Fraction(2, 3)
    assert quoted_number("almost two thirds", Decimal("0.6")).value == Fraction(3, 5)


@pytest.mark.parametrize(
    ("value", "grid"),
    [(5300000000, 10**8), (Decimal("0.6667"), Fraction(1, 10000)), (Fraction(1, 3), Fraction(1, 3)), (0, 1)],
)
def test_without_a_printed_number_the_value_speaks_for_itself(value: int | Decimal | Fraction, grid: Fraction) -> None:
    for quote in ("", "no number here", "EUR 9.9 billion in 2022"):
        assert quoted_number(quote, value) == QuotedNumber(Fraction(value), Fraction(grid), Fraction(grid))


def test_a_doubled_scale_word_is_told() -> None:
    """The communication of March 2024 prints "almost 10 000 thousand migrants" for 10 000."""
    assert quoted_number("almost 10 000 thousand migrants", 10000).doubled_scale
    assert quoted_number("almost 10 000 thousand migrants", 10_000_000).doubled_scale
    assert not quoted_number("some 10 thousand migrants", 10000).doubled_scale


def test_units_carry_a_scale() -> None:
    assert unit_scale("EUR billion") == ("EUR", 10**9)
    assert unit_scale("million EUR") == ("EUR", 10**6)
    assert unit_scale("EUR") == ("EUR", 1)
    assert unit_scale("m") == ("m", 1)
