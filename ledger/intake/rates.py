"""Percentages: one cell as a rate, and whether a column writes 75 or 0.75 for three quarters.

A rate is returned in per cent, exact: "75 %", 75 and, in a column of fractions, 0.75 all give Decimal 75.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from ledger.intake.cells import Value
from ledger.intake.number_styles import Missing, Refusal, Skeleton, read_amount, skeleton

PERCENT, FRACTION = "percent", "fraction"


@dataclass(frozen=True, slots=True)
class RateDecision:
    """Whether the column's bare numbers are per cent or fractions; `scale` None where only "%" texts stand."""

    scale: str | None
    confidence: float
    evidence: tuple[str, ...]
    ambiguous: bool
    share_of_rates: float

    def read(self, value: Value) -> Decimal | Missing | Refusal:
        """A cell under this decision, in per cent."""
        return read_rate(value, None if self.ambiguous else self.scale)


def read_rate(value: Value, scale: str | None = None) -> Decimal | Missing | Refusal:
    """A cell in per cent (0 to 100). A bare number needs the column's scale unless it is 0 or greater than 1.

    A single sign in a rate is always the decimal sign: "75.000" is 75, for 75,000 is no percentage.
    """
    found = _bare_rate(value)
    if not isinstance(found, tuple) or isinstance(found, (Missing, Refusal)):
        return found
    number, marked = found
    if not marked and scale == FRACTION:
        number *= 100
    elif not marked and scale is None and 0 < number <= 1:
        return Refusal("rate-invalid", f"{number} can be {number} % or {number * 100} %", (number, number * 100))
    if not 0 <= number <= 100:
        return Refusal("rate-invalid", f"{number} is not between 0 and 100 per cent")
    return number


def _bare_rate(value: Value) -> tuple[Decimal, bool] | Missing | Refusal:
    """The number as written, and whether a percent sign stands with it."""
    if isinstance(value, str):
        shape = skeleton(value)
        if isinstance(shape, Skeleton) and shape.either:
            number = read_amount(value, "_" + shape.decimal)
        else:
            number = read_amount(value, None)
    else:
        number = read_amount(value, None)
    if isinstance(number, Missing):
        return number
    if isinstance(number, Refusal):
        code = number.code if number.code != "number-invalid" else "rate-invalid"
        return Refusal(code, number.reason, number.readings)
    if number.currency is not None or "unit" in number.note:
        return Refusal("rate-invalid", "an amount stands where a percentage is expected")
    return number.number, "percent" in number.note


@dataclass(slots=True)
class RateColumn:
    """A column of rates seen one value at a time: `feed` each, then `decide`."""

    _marked: int = 0
    _zero: int = 0
    _one: int = 0
    _fraction: int = 0
    _percent: int = 0
    _refused: int = 0

    def feed_all(self, values: Iterable[Value]) -> None:
        """Feed every value of an iterable."""
        for value in values:
            self.feed(value)

    def feed(self, value: Value) -> None:
        """Take one cell into account."""
        found = _bare_rate(value)
        if isinstance(found, Missing):
            return
        if isinstance(found, Refusal):
            self._refused += 1
            return
        number, marked = found
        if marked:
            self._marked += 1
        elif number == 0:
            self._zero += 1
        elif number == 1:
            self._one += 1
        elif 0 < number < 1:
            self._fraction += 1
        elif 1 < number <= 100:
            self._percent += 1
        else:
            self._refused += 1

    def decide(self, hint: str | None = None) -> RateDecision:
        """Percent or fractions; ambiguous where both kinds stand, or only ones."""
        bare = self._one + self._fraction + self._percent
        good = bare + self._marked + self._zero
        said = (
            f"{self._marked} with a percent sign, {self._percent} bare numbers above 1, {self._fraction} between 0 and 1, "
            f"{self._one} ones, {self._zero} zeros, {self._refused} refused"
        )
        evidence = (said,)
        share = good / (good + self._refused) if good else 0.0
        if hint is not None:
            return RateDecision(hint, 1.0, evidence, False, share)
        few = 0.05 * bare
        if not bare:
            return RateDecision(None, 0.99 if good else 0.0, evidence, False, share)
        if self._fraction and not self._percent:
            # 0.5 to 0.85 are co-financing rates; a column of nothing but tiny numbers would be odd either way
            return RateDecision(FRACTION, 0.97, evidence, False, share)
        if self._percent and self._fraction <= few and self._one <= few:
            return RateDecision(PERCENT, 0.99, evidence, False, share)
        return RateDecision(PERCENT if self._percent else FRACTION, 0.4, evidence, True, share)
