"""What a sheet weighs: its filled cells and the exact sum of its numbers. Two readings of one sheet must weigh the same.

The sums are checksums over the binary doubles that cells hold; no amount is ever taken from them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

#: A date with a time of day is rounded to the millisecond: by at most this part of a day.
_HALF_MILLISECOND = 6e-9


class ExactSum:
    """Adds doubles without rounding, whatever their order and number."""

    __slots__ = ("_parts", "finite")

    def __init__(self) -> None:
        self._parts: list[float] = []
        #: False once a number too large for a double went in: the sum then says nothing
        self.finite = True

    def add(self, numbers: Sequence[float]) -> None:
        """Add all of `numbers`: their sum is kept as a few doubles that do not overlap."""
        left = [*self._parts, *numbers]
        parts: list[float] = []
        try:
            while part := math.fsum(left):
                parts.append(part)
                left.append(-part)
        except (OverflowError, ValueError):
            self.finite = False
            return
        if not all(map(math.isfinite, parts)):
            self.finite = False
            return
        self._parts = parts

    @property
    def total(self) -> float:
        """The sum, rounded once."""
        return math.fsum(self._parts)


class Weight:
    """One reading's weight of a sheet.

    `filled` counts the cells that hold something, error values among them; `errors` counts those alone. `total` sums the
    numbers, dates as the serial numbers that they are in a workbook; `moments` counts the dates with a time of day.
    """

    __slots__ = ("errors", "filled", "moments", "numbers")

    def __init__(self, filled: int = 0, errors: int = 0, moments: int = 0, numbers: ExactSum | None = None) -> None:
        self.filled, self.errors, self.moments = filled, errors, moments
        self.numbers = numbers or ExactSum()

    @property
    def total(self) -> float:
        """The exact sum of the numbers, rounded once."""
        return self.numbers.total

    def agrees(self, other: Weight, *, errors: bool = True) -> bool:
        """Whether the two are of one sheet; without `errors`, where one of the readings sees no error values."""
        mine, theirs = (
            (self.filled, other.filled) if errors else (self.filled - self.errors, other.filled - other.errors)
        )
        if mine != theirs or not (self.numbers.finite and other.numbers.finite):
            return False
        one, two = self.total, other.total
        moments = max(self.moments, other.moments)
        room = moments * _HALF_MILLISECOND + math.ulp(max(abs(one), abs(two))) if moments else 0.0
        return abs(one - two) <= room

    def as_json(self) -> list[Any]:
        """As it leaves the cage."""
        return [self.filled, self.errors, self.moments, self.total, self.numbers.finite]

    @classmethod
    def from_json(cls, told: list[Any]) -> Weight:
        """The weight that `as_json` told."""
        filled, errors, moments, total, finite = told
        numbers = ExactSum()
        numbers.add([float(total)])
        numbers.finite = numbers.finite and bool(finite)
        return cls(int(filled), int(errors), int(moments), numbers)


_DAY = 86_400
_EPOCH = {False: date(1899, 12, 30).toordinal(), True: date(1904, 1, 1).toordinal()}
#: Numbers are added to a weight in lots.
_LOT = 4096


class Scales:
    """Weighs rows on their way. Cells are as a reader gives them: text, numbers, dates, None, and error values."""

    __slots__ = ("_dates", "_days", "_epoch", "_leap", "_lot", "_weight")

    def __init__(self, *, date1904: bool = False, dates: bool = True) -> None:
        """`dates` are left out of the sum where the file does not keep them as numbers."""
        self._weight = Weight()
        self._lot: list[float] = []
        #: the serial numbers of days: there are not many
        self._days: dict[date, float] = {}
        self._epoch, self._leap = _EPOCH[date1904], not date1904
        self._dates = dates

    def row(self, values: Sequence[Any]) -> None:
        """Put a row on the scales."""
        self._weight.filled += len(values) - values.count(None)
        for value in values:
            kind = value.__class__
            if kind is str or value is None or kind is bool:
                continue
            if kind is Decimal or kind is int or kind is float:
                self._lot.append(float(value))
            elif kind is date and self._dates:
                serial = self._days.get(value)
                if serial is None:
                    serial = self._days[value] = self._serial(value)[0]
                self._lot.append(serial)
            else:
                self._other(value)
        if len(self._lot) >= _LOT:
            self.weight()

    def weight(self) -> Weight:
        """The weight of all rows so far."""
        self._weight.numbers.add(self._lot)
        self._lot.clear()
        return self._weight

    def _other(self, value: Any) -> None:
        if isinstance(value, date | time | timedelta):
            if self._dates:
                number, has_clock = self._serial(value)
                self._lot.append(number)
                self._weight.moments += has_clock
        elif getattr(value, "text", None) == "":  # a formula without its result is no content
            self._weight.filled -= 1
        else:
            self._weight.errors += 1

    def _serial(self, value: date | time | timedelta) -> tuple[float, bool]:
        """The serial number that a workbook keeps, and whether it has a part of a day."""
        if isinstance(value, timedelta):
            return value / timedelta(days=1), True
        if isinstance(value, time):
            return _clock(value), True
        days = value.toordinal() - self._epoch
        if self._leap and days < 61:  # Excel's 29 February 1900 never was, and days before it are one off
            days -= 1
        if isinstance(value, datetime):
            return days + _clock(value.time()), True
        return float(days), False


class TextScales:
    """Weighs rows of text alone: the filled cells, and what `measure` finds in all texts of a row put together."""

    __slots__ = ("_filled", "_measure", "_total")

    def __init__(self, measure: Callable[[str], int]) -> None:
        self._measure = measure
        self._filled = self._total = 0

    def row(self, values: Sequence[Any]) -> None:
        """Put a row on the scales."""
        texts = [value for value in values if value is not None]
        self._filled += len(texts)
        self._total += self._measure("".join(texts))

    def weight(self) -> Weight:
        """The weight of all rows so far."""
        weight = Weight(self._filled)
        weight.numbers.add([float(self._total)])
        return weight


def digits(text: str) -> int:
    """How many of the ten digits stand in a text."""
    return sum(map(text.count, "0123456789"))


def _clock(value: time) -> float:
    return (value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6) / _DAY
