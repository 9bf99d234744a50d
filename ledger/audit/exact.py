"""Arithmetic on fractions of whole numbers: rounding up, rounding to a cent, and the one root that precision needs."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, isqrt

from ledger.domain.money import divide_half_up

#: Decimals of a square root; it is cut off there. An amount is rounded to the cent after that.
ROOT_DECIMALS = 30


def root(square: Fraction) -> Fraction:
    """The square root, cut off after 30 decimals: the only irrational number here, made of whole numbers alone."""
    scale = 10**ROOT_DECIMALS
    return Fraction(isqrt(square.numerator * scale * scale // square.denominator), scale)


def up(value: Fraction) -> int:
    """The next whole number: a part of a unit to audit is a unit to audit."""
    return ceil(value)


def minor(value: Fraction) -> int:
    """An amount in whole minor units, halves away from zero: the last step of every result."""
    return divide_half_up(value.numerator, value.denominator)


def variance(values: list[Fraction]) -> Fraction:
    """The sample variance, with n - 1 below the line. Of a single value none can be told: ValueError."""
    if len(values) < 2:
        raise ValueError("a standard deviation needs two units at least")
    mean = sum(values, Fraction(0)) / len(values)
    return sum(((value - mean) ** 2 for value in values), Fraction(0)) / (len(values) - 1)
