"""The factors that sampling reads from tables: z, the reliability factor RF, the expansion factor EF.

Guidance on sampling methods for audit authorities (EGESIF_16-0014-01 of 20.01.2017), as transcribed in public; the
print itself was not seen. Everything is a fraction of two whole numbers: a factor has the decimals that the table
prints, and no more enters a result.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Final


class FactorUnknown(ValueError):
    """No table has a factor for this level of confidence; the message lists those that it has."""


#: Two-sided normal quantile by confidence in percent, three decimals, as printed.
_Z: Final = {60: "0.842", 70: "1.036", 80: "1.282", 90: "1.645", 95: "1.960"}
#: Reliability factor at no error, as printed. The guidance has 2.31 at 90 % here, and 2.30 in its appendix.
_RF: Final = {
    99: "4.61", 95: "3.00", 90: "2.31", 85: "1.90", 80: "1.61", 75: "1.39", 70: "1.21", 60: "0.92", 50: "0.70",
}  # fmt: skip
#: Expansion factor of the anticipated error, as printed.
_EF: Final = {99: "1.9", 95: "1.6", 90: "1.5", 85: "1.4", 80: "1.3", 75: "1.25", 70: "1.2", 60: "1.1", 50: "1.0"}
_CENT: Final = Decimal("0.01")
_DIGITS: Final = Context(prec=40)
#: sqrt(2 / pi)
_ROOT_2_BY_PI: Final = Decimal("0.7978845608028653558798921198687637369517")


def z_factor(confidence: Fraction) -> Fraction:
    """The printed z; at a level that the table has not, the normal quantile rounded to three decimals likewise."""
    percent = confidence * 100
    if percent in _Z:
        return Fraction(_Z[int(percent)])
    if not Fraction(1, 2) <= confidence < 1:
        raise FactorUnknown("the confidence must be at least 0.5 and below 1")
    return Fraction(normal_limit(confidence).quantize(Decimal("0.001"), ROUND_HALF_UP))


def reliability_factor(confidence: Fraction) -> Fraction:
    """RF at no error. Raises FactorUnknown where the table has none."""
    return _printed(_RF, confidence, "reliability factor")


def expansion_factor(confidence: Fraction) -> Fraction:
    """EF. Raises FactorUnknown where the table has none."""
    return _printed(_EF, confidence, "expansion factor")


def reliability_step(confidence: Fraction, errors: int) -> Fraction:
    """RF(k) - RF(k-1) for k `errors`: Poisson limits rounded to two decimals, which is what appendix 3 prints."""
    return _reliability(confidence, errors) - _reliability(confidence, errors - 1)


def normal_limit(confidence: Fraction) -> Decimal:
    """The z within which a normal value lies, on both sides, with that probability; to ten decimals (bisection)."""
    wanted = _DIGITS.divide(Decimal(confidence.numerator), Decimal(confidence.denominator))
    low, high = Decimal(0), Decimal(8)
    while high - low > Decimal("1e-11"):
        middle = _DIGITS.divide(_DIGITS.add(low, high), Decimal(2))
        # The probability is sqrt(2 / pi) exp(-z^2 / 2) (z + z^3 / 3 + z^5 / 15 + ...): all terms are positive.
        square, term, total, odd = _DIGITS.multiply(middle, middle), middle, middle, 3
        while term > Decimal("1e-30"):
            term = _DIGITS.divide(_DIGITS.multiply(term, square), Decimal(odd))
            total, odd = _DIGITS.add(total, term), odd + 2
        density = _DIGITS.multiply(_DIGITS.exp(_DIGITS.divide(-square, Decimal(2))), _ROOT_2_BY_PI)
        if _DIGITS.multiply(density, total) < wanted:
            low = middle
        else:
            high = middle
    return high.quantize(Decimal("1e-10"))


def poisson_limit(confidence: Fraction, errors: int) -> Decimal:
    """The mean at which `errors` or fewer events have the probability 1 - confidence, to ten decimals (bisection)."""
    wanted = _DIGITS.divide(Decimal((1 - confidence).numerator), Decimal((1 - confidence).denominator))
    low, high = Decimal(0), Decimal(10 * (errors + 10))
    while high - low > Decimal("1e-11"):
        middle = _DIGITS.divide(_DIGITS.add(low, high), Decimal(2))
        term = total = Decimal(1)
        for k in range(1, errors + 1):
            term = _DIGITS.divide(_DIGITS.multiply(term, middle), Decimal(k))
            total = _DIGITS.add(total, term)
        if _DIGITS.multiply(total, _DIGITS.exp(-middle)) > wanted:
            low = middle
        else:
            high = middle
    return high.quantize(Decimal("1e-10"))


def _reliability(confidence: Fraction, errors: int) -> Fraction:
    return Fraction(poisson_limit(confidence, errors).quantize(_CENT, ROUND_HALF_UP))


def _printed(table: dict[int, str], confidence: Fraction, what: str) -> Fraction:
    percent = confidence * 100
    if percent not in table:
        listed = ", ".join(f"{level} %" for level in sorted(table))
        raise FactorUnknown(f"the guidance prints no {what} at a confidence of {percent} %; it has {listed}")
    return Fraction(table[int(percent)])
