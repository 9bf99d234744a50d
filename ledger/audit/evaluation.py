"""What the errors of a sample say of the population: projected error, precision, upper limit, conclusion.

All sums are exact; the square root in the precision is cut off after 30 decimals, and amounts are rounded to the cent
at the very end, by whoever shows them. Formulas: EGESIF_16-0014-01, sections named at each function.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ledger.audit.exact import root, variance
from ledger.audit.factors import reliability_step
from ledger.audit.sampling import Method


class Conclusion(StrEnum):
    """Section 4.12. Inconclusive asks for more work: the truth may lie on either side."""

    MATERIAL = "material"
    NOT_MATERIAL = "not-material"
    INCONCLUSIVE = "inconclusive"


class Projection(StrEnum):
    """How a random sample is projected."""

    MEAN = "mean-per-unit"
    RATIO = "ratio"


class CannotEvaluate(ValueError):
    """Something is missing for the formula; the message says what."""


@dataclass(frozen=True, slots=True)
class Audited:
    """A unit after the audit, in minor units: an error is what was booked and should not have been."""

    unit: str
    stratum: str
    exhaustive: bool
    book: int
    error: int


@dataclass(frozen=True, slots=True)
class Sums:
    """A stratum after the audit, in minor units. `units` and `book` are the population's, exhaustive part and all.

    The sums and `deviation` are those of the random part. The deviation is of what the method looks at: errors, the
    residuals of the ratio, or rates; None where it is not known.
    """

    name: str
    units: int | None
    book: int
    exhaustive_units: int
    exhaustive_book: int
    exhaustive_error: Fraction
    size: int
    sum_error: Fraction
    sum_book: Fraction
    sum_rates: Fraction
    rates: tuple[Fraction, ...] = ()
    variance: Fraction | None = None

    @property
    def random_book(self) -> int:
        """BV_s: the book value that was left to chance."""
        return self.book - self.exhaustive_book

    @property
    def random_units(self) -> int:
        """N_s."""
        if self.units is None:
            raise CannotEvaluate("the number of units in the population is needed (--population)")
        return self.units - self.exhaustive_units

    @property
    def interval(self) -> Fraction:
        """SI = BV_s / n_s."""
        return Fraction(self.random_book, self.size) if self.size else Fraction(0)


@dataclass(frozen=True, slots=True)
class Estimate:
    """Projected error of the population and its precision, in minor units; None for the precision where there is none."""

    projected: Fraction
    precision: Fraction | None
    projection: Projection | None = None
    basic_precision: Fraction | None = None
    incremental_allowance: Fraction | None = None


def sums(
    name: str,
    rows: Iterable[Audited],
    *,
    units: int | None,
    book: int,
    method: Method,
    projection: Projection | None = None,
) -> Sums:
    """The sums of one stratum's rows, and the variance of what its method looks at."""
    listed = list(rows)
    random = [row for row in listed if not row.exhaustive]
    top = [row for row in listed if row.exhaustive]
    rates = [Fraction(row.error, row.book) for row in random if row.book]
    error, sum_book = sum(row.error for row in random), sum(row.book for row in random)
    looked_at = [Fraction(row.error) for row in random]
    if method.is_monetary:
        looked_at = rates
    elif projection is Projection.RATIO and sum_book:
        looked_at = [row.error - Fraction(error, sum_book) * row.book for row in random]
    return Sums(
        name=name,
        units=units,
        book=book,
        exhaustive_units=len(top),
        exhaustive_book=sum(row.book for row in top),
        exhaustive_error=Fraction(sum(row.error for row in top)),
        size=len(random),
        sum_error=Fraction(error),
        sum_book=Fraction(sum_book),
        sum_rates=sum(rates, Fraction(0)),
        rates=tuple(rates),
        variance=variance(looked_at) if len(looked_at) > 1 else None,
    )


def better_projection(rows: Sequence[Audited]) -> Projection:
    """Ratio where COV(E, BV) / VAR(BV) is above half the error rate, else mean per unit (6.1.1.4)."""
    random = [row for row in rows if not row.exhaustive]
    size, book, error = len(random), sum(row.book for row in random), sum(row.error for row in random)
    spread = size * sum(row.book**2 for row in random) - book**2
    together = size * sum(row.book * row.error for row in random) - book * error
    if not spread or not book:
        return Projection.MEAN
    return Projection.RATIO if Fraction(together, spread) > Fraction(error, book) / 2 else Projection.MEAN


def estimate_random(strata: Sequence[Sums], *, z: Fraction, projection: Projection) -> Estimate:
    """Simple random sampling (6.1.1, 6.1.2) and difference estimation (6.2): N z s_w / sqrt(n), strata by their units."""
    projected = _exhaustive(strata)
    random = [stratum for stratum in strata if stratum.random_units]
    units, size = sum(each.random_units for each in random), sum(each.size for each in random)
    weighted = Fraction(0)
    for each in random:
        _must_have_units(each)
        if projection is Projection.RATIO:
            if not each.sum_book:
                raise CannotEvaluate("a ratio needs the book value of the sample")
            projected += each.random_book * each.sum_error / each.sum_book
        else:
            projected += each.random_units * each.sum_error / each.size
        # A stratum that was audited whole leaves nothing to chance.
        left = each.size < each.random_units
        weighted += Fraction(each.random_units, units) * _variance(each) if left else 0
    precision = units * z * root(weighted / size) if size else Fraction(0)
    return Estimate(projected, precision, projection)


def estimate_monetary(strata: Sequence[Sums], *, z: Fraction) -> Estimate:
    """Monetary unit sampling, standard (6.3.1, 6.3.2): EE_e + SI x sum of rates; z sqrt(sum BV_s^2 s_r^2 / n_s)."""
    projected, spread = _exhaustive(strata), Fraction(0)
    for each in strata:
        if each.random_book:
            _must_have_units(each)
            projected += each.interval * each.sum_rates
            spread += Fraction(each.random_book**2, each.size) * _variance(each)
    return Estimate(projected, z * root(spread))


def estimate_conservative(
    stratum: Sums, *, confidence: Fraction, reliability: Fraction, interval: Fraction
) -> Estimate:
    """Monetary unit sampling, conservative (6.3.4): basic precision SI x RF, and an allowance for each rate found.

    The rates descend; the k-th takes RF(k) - RF(k-1) - 1. Rates below zero lower the projection and take none.
    """
    if stratum.size and len(stratum.rates) < stratum.size:
        raise CannotEvaluate("the conservative approach needs each unit's error, not only sums")
    projected = stratum.exhaustive_error + interval * stratum.sum_rates
    found = sorted((rate for rate in stratum.rates if rate > 0), reverse=True)
    allowance = sum(
        ((reliability_step(confidence, k) - 1) * interval * rate for k, rate in enumerate(found, start=1)), Fraction(0)
    )
    basic = interval * reliability if stratum.random_book else Fraction(0)
    return Estimate(projected, basic + allowance, None, basic, allowance)


def conclude(error: Fraction, precision: Fraction | None, tolerable: Fraction) -> Conclusion:
    """Material above the tolerable error; not material where even the upper limit is below it; else inconclusive.

    Without precision (non-statistical) the point alone decides.
    """
    if error > tolerable:
        return Conclusion.MATERIAL
    if precision is None or error + precision < tolerable:
        return Conclusion.NOT_MATERIAL
    return Conclusion.INCONCLUSIVE


def _exhaustive(strata: Sequence[Sums]) -> Fraction:
    return sum((stratum.exhaustive_error for stratum in strata), Fraction(0))


def _must_have_units(stratum: Sums) -> None:
    if not stratum.size:
        where = f"the stratum {stratum.name!r}" if stratum.name else "the sample"
        raise CannotEvaluate(f"{where} has no unit that was drawn by chance")


def _variance(stratum: Sums) -> Fraction:
    if stratum.variance is None:
        where = f"the stratum {stratum.name!r}" if stratum.name else "the sample"
        raise CannotEvaluate(f"{where} has one unit: a standard deviation needs two")
    return stratum.variance
