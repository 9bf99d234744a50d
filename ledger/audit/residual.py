"""The residual error rate after corrections, and the extrapolated correction that brings it down to the limit.

The template of CPRE_23-0013-01, Annex 3, with its letters; the labels of E1 and E2 are inferred from public tests of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ledger.domain.money import divide_half_up


class CannotTell(ValueError):
    """The amounts leave no population over; the message says which."""


@dataclass(frozen=True, slots=True)
class Residual:
    """Amounts in minor units, rates as fractions; `correction` is None where the limit is kept."""

    population: int  # A
    total_error_rate: Fraction  # D
    under_assessment: int  # E1
    negative_units: int  # E2
    corrections: int  # H
    materiality: Fraction

    def __post_init__(self) -> None:
        if self.reduced <= 0 or self.net <= 0:
            raise CannotTell("nothing is left of the population after what is under assessment, negative or corrected")

    @property
    def reduced(self) -> int:
        """F = A - E1 - E2."""
        return self.population - self.under_assessment - self.negative_units

    @property
    def at_risk(self) -> Fraction:
        """G = D x F."""
        return self.total_error_rate * self.reduced

    @property
    def net(self) -> int:
        """I = F - H."""
        return self.reduced - self.corrections

    @property
    def residual_amount(self) -> Fraction:
        """J = G - H."""
        return self.at_risk - self.corrections

    @property
    def rate(self) -> Fraction:
        """K = J / I."""
        return self.residual_amount / self.net

    @property
    def is_above(self) -> bool:
        """Whether K, rounded to four decimals as the template does, is above the materiality."""
        return Fraction(divide_half_up((self.rate * 10**4).numerator, (self.rate * 10**4).denominator), 10**4) > (
            self.materiality
        )

    @property
    def correction(self) -> Fraction | None:
        """L = (J - m I) / (1 - m): what must still be corrected, where K is above."""
        if not self.is_above:
            return None
        return (self.residual_amount - self.materiality * self.net) / (1 - self.materiality)

    @property
    def rate_after(self) -> Fraction:
        """M = (J - L) / (I - L): the rate once the correction is made; K itself where none is needed."""
        taken = self.correction or Fraction(0)
        return (self.residual_amount - taken) / (self.net - taken)
