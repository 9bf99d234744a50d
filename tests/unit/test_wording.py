"""What a quotation states: numbers with their wording and unit; dates, articles and durations are none."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ledger.domain.wording import statements, unquantified

M = 10**6
#: quotation -> qualifier, value, unit, measure; as the Commission's communication of March 2024 prints them
ONE = [
    ("additional EUR 2 billion from the mid- term revision", "none", 2000 * M, "EUR", "sum"),
    ("EUR 36 million regional anti-smuggling programme in June 2023", "none", 36 * M, "EUR", "sum"),
    ("Since 2021, the EU has devoted almost EUR 400 million", "almost", 400 * M, "EUR", "sum"),
    ("Between August 2022 and January 2024 over 17 000 migrants", "over", 17_000, "migrants", "output"),
    ("almost tripled between 2020 and 2023", "almost", 3, "ratio", "ratio"),
    ("over 35 third countries", "over", 35, "countries", "output"),
    ("will mobilise up to EUR 300 billion  by 2027", "up to", 300_000 * M, "EUR", "sum"),
    ("Over half of the total amount", "over", Fraction(1, 2), "ratio", "share"),
    ("With 10% of the NDICI-Global Europe", "none", Fraction(1, 10), "%", "share"),
    ("more than 190 projects are under way", "more than", 190, "projects", "count"),
    ("worth some EUR 5.3 billion", "some", 5300 * M, "EUR", "sum"),
    ("EUR 691 million has been devoted in 2021-23", "none", 691 * M, "EUR", "sum"),
    ("almost two thirds of this", "almost", Fraction(2, 3), "ratio", "share"),
    ("approximately with 80% of the budget", "approximately", Fraction(4, 5), "%", "share"),
    ("close to EUR\u00a0150\u202fmillion", "close to", 150 * M, "EUR", "sum"),
    ("has reached over EUR 318 million", "reached over", 318 * M, "EUR", "sum"),
    ("remains below one in five", "below", Fraction(1, 5), "ratio", "share"),
    ("The eleven1 interlocking laws", "none", 11, "laws", "output"),
    ("had 1,141 deployments", "none", 1141, "deployments", "output"),
    ("over four million people", "over", 4 * M, "people", "output"),
    ("46 000 km long coastline", "none", 46_000, "km", "output"),
    ("in 2023, 23% of all applications", "none", Fraction(23, 100), "%", "share"),
    ("nearly 2000 projects", "nearly", 2000, "projects", "count"),
    ("€5.3bn", "none", 5300 * M, "EUR", "sum"),
    ("some 5,3 Mrd EUR", "some", 5300 * M, "EUR", "sum"),
    ("EUR 1.234.567,89", "none", Fraction(123456789, 100), "EUR", "sum"),
    ("EUR 9 882 million", "none", 9882 * M, "EUR", "sum"),
    ("on 12 March 2024, under Article 20, EUR 5 000 for 3 years", "none", 5000, "EUR", "sum"),
]


@pytest.mark.parametrize(("quote", "qualifier", "value", "unit", "measure"), ONE, ids=lambda row: str(row)[:30])
def test_a_quotation_with_one_number(
    quote: str, qualifier: str, value: int | Fraction, unit: str, measure: str
) -> None:
    [found] = statements(quote)
    assert (found.qualifier, found.number.value, found.unit, found.measure) == (qualifier, value, unit, measure)
    assert found.unknown == ""


@pytest.mark.parametrize(
    ("quote", "values"),
    [
        ("more than 190 projects, worth some EUR 5.3 billion", [190, 5300 * M]),
        ("10 % of EUR 691 million", [Fraction(1, 10), 691 * M]),
        ("from 124 to 264", [124, 264]),
        ("EUR 1,141 million", [1_141_000, 1141 * M]),
        ("almost 10 000 thousand migrants", [10 * M, 10_000]),
        ("between 5 and 7 projects", [5, 7]),
        ("recent decision of the European Council", []),
        ("by 2027", []),
    ],
)
def test_two_readings_are_both_given(quote: str, values: list[int | Fraction]) -> None:
    assert sorted(found.number.value for found in statements(quote)) == sorted(values)


@pytest.mark.parametrize(
    ("quote", "unknown"),
    [
        ("at least EUR 5 million", "at least"),
        ("exactly EUR 5 million", "exactly"),
        ("no more than EUR 5 million", "no more than"),
        ("not less than 5 projects", "not less than"),
        ("between EUR 5 and EUR 7 million", "between"),
    ],
)
def test_a_bound_that_no_rule_knows_is_never_read_as_another(quote: str, unknown: str) -> None:
    assert statements(quote)[0].unknown == unknown


def test_words_for_an_amount() -> None:
    assert unquantified("including Substantial funding to enhance reception") == "substantial"
    assert unquantified("funding to support asylum") is None
