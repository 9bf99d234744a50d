"""How likely a cause is before the sum is looked at, and how likely chance is: all in bits (log2), never in euro.

A cause is weighed as `prior of its kind` x `how likely this row is the one` x `how much better its row fits the list
with the error undone`. Chance is the account that always remains: a difference that has nothing to do with any row,
any size being as likely as any other. An account is worth telling when it beats chance by `ENOUGH` bits.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import log2
from typing import Final

from ledger.reconcile.explanation.model import CaseRow, CauseKind, Target

#: Bits by which an account must beat chance to be told: sixteen to one. At two bits noise was given a cause three times in
#: 150, at four once, with no fault found the less; at six the first fault was missed (seeds 7000 on, 190 rows).
ENOUGH: Final = 4.0
#: What each further cause costs: errors are rare.
FURTHER: Final = 2.0

#: How common each kind of error is among all errors that lists come with.
_SHARE: Final[dict[CauseKind, float]] = {
    CauseKind.DUPLICATE_ROW: 0.12,
    CauseKind.MISSING_ROW: 0.08,
    CauseKind.EXTRA_ROW: 0.06,
    CauseKind.SCALE_ERROR: 0.08,
    CauseKind.SIGN_ERROR: 0.05,
    CauseKind.DIGIT_TRANSPOSITION: 0.06,
    CauseKind.AMOUNT_CHANGED: 0.06,
    CauseKind.SUBTOTAL_COUNTED: 0.06,
    CauseKind.PARENT_AND_CHILD: 0.06,
    CauseKind.OUT_OF_PERIOD: 0.05,
    CauseKind.OUT_OF_SCOPE: 0.05,
    CauseKind.CURRENCY_UNCONVERTED: 0.04,
    CauseKind.BASIS_MIXED: 0.05,
    CauseKind.ROUNDING: 0.05,
}
PRIOR: Final[dict[CauseKind, float]] = {kind: log2(share) for kind, share in _SHARE.items()}
_CHANCE: Final = log2(0.25)
#: Sizes that a difference can have: powers of two from a cent to 10**15.
_SPAN: Final = 50.0
#: Part of chance differences that are round numbers (EUR 900.00): somebody's estimate, not a sum of cents.
_ROUND: Final = 0.02


def bits(share: float) -> float:
    """A probability or ratio in bits; nothing is impossible."""
    return log2(max(share, 2.0**-60))


def chance(target: Target, unit: int = 1) -> float:
    """Bits of a difference that hits the target by chance, whatever the list holds.

    Where list and figure have whole `unit`s, so has every difference between them, and one is hit the more often.
    """
    if target.low is None or target.high is None:
        return _CHANCE - 1
    if 0 in target:
        return _CHANCE
    near, far = sorted((abs(target.low), abs(target.high)))
    if near == far and near % unit == 0:
        near = far = near // unit
    spread = (log2(far + 0.5) - log2(max(near - 0.5, 0.5))) / (2 * _SPAN)
    if near == far:
        digits = str(near).rstrip("0")
        spread += _ROUND * 2.0 ** -len(digits) / (9 * 10 ** (len(digits) - 1) * 30)
    return _CHANCE + bits(spread)


class Sizes:
    """How usual an amount is in a list, by unit: amounts are heavy-tailed, so it is their logarithms that are compared."""

    #: A unit needs as many rows for a yardstick of its own.
    _ENOUGH_ROWS = 20
    _SAMPLE = 4000

    def __init__(self, rows: Sequence[CaseRow]) -> None:
        by_unit: dict[str, list[float]] = {}
        step = max(1, len(rows) // self._SAMPLE)
        for row in rows[::step]:
            if row.own > 0:
                by_unit.setdefault(row.unit, []).append(log2(row.own))
        everything = sorted(size for sizes in by_unit.values() for size in sizes)
        self._all = _yardstick(everything)
        self._by_unit = {
            unit: _yardstick(sorted(sizes)) for unit, sizes in by_unit.items() if len(sizes) >= self._ENOUGH_ROWS
        }

    def usual(self, minor: int, unit: str) -> float:
        """Bits of density at an amount: higher where more of the list's amounts lie."""
        if minor <= 0:
            return -60.0
        middle, width = self._by_unit.get(unit, self._all)
        distance = (log2(minor) - middle) / width
        # Student's t with four degrees of freedom: heavier tails than any one list shows.
        return -2.5 * log2(1 + distance * distance / 4) - log2(width)

    def gain(self, row: CaseRow, true: int) -> float:
        """Bits by which `true` is more usual than the amount that stands there."""
        return self.usual(true, row.unit) - self.usual(row.own, row.unit)


def _yardstick(sizes: list[float]) -> tuple[float, float]:
    """Middle and width of sorted logarithms, by quantiles, which no single error moves."""
    if not sizes:
        return 20.0, 3.0
    last = len(sizes) - 1
    low, middle, high = (sizes[last * part // 100] for part in (16, 50, 84))
    return middle, max((high - low) / 2, 0.5)


class Shapes:
    """References by their shape, letters and digits made alike: P-0017 and P-0342 have one, S3 another."""

    def __init__(self, rows: Sequence[CaseRow]) -> None:
        counts = Counter(_shape(row.place.ref) for row in rows)
        few = max(2, len(rows) // 500)
        self._odd = {shape for shape, count in counts.items() if count <= few}
        #: rows whose reference is unlike nearly all others
        self.odd_rows = sum(counts[shape] for shape in self._odd)

    def is_odd(self, ref: str) -> bool:
        """Whether hardly any other reference looks like this one."""
        return _shape(ref) in self._odd


def _shape(ref: str) -> str:
    return re.sub(r"[^\W\d_]+", "A", re.sub(r"\d+", "9", ref))


class Grain:
    """How often amounts of the list end in zeros: what a multiple of 1000 is worth as evidence depends on it."""

    #: Cents, tens of cents, euros, tens …
    _STEPS = tuple(10**n for n in range(12))

    def __init__(self, amounts: Sequence[int]) -> None:
        self._count = len(amounts)
        self._multiples = [sum(1 for amount in amounts if amount % step == 0) for step in self._STEPS]
        #: The unit that at least nineteen in twenty amounts are multiples of.
        self.unit = max(
            (step for step, many in zip(self._STEPS, self._multiples, strict=True) if many * 20 >= self._count * 19),
            default=1,
        )

    def share(self, step: int) -> float:
        """Share of the amounts that are multiples of `step` (a power of ten): the more usual that is, the less it tells."""
        place = min(len(str(step)) - 1, len(self._STEPS) - 1)
        by_chance = self.unit / step if step > self.unit else 1
        # The row that is weighed is one of them.
        return min(max(by_chance, (self._multiples[place] - 1) / max(self._count, 1)), 1)


class Relations:
    """What ties an amount to the others of its row: its share of the total cost, the rate stated, what is paid of it."""

    #: Shares are compared to a hundredth of a per cent, and to a whole per cent.
    _FINE = 10_000

    def __init__(self, rows: Iterable[CaseRow], paid: tuple[str, str]) -> None:
        self._paid = paid
        self._fine: Counter[int] = Counter()
        self._coarse: Counter[int] = Counter()
        self._rated = self._agree = self._held = self._within = 0
        for row in rows:
            if row.own <= 0:
                continue
            if row.total:
                slot = self._slot(row.own, row.total)
                self._fine[slot] += 1
                self._coarse[slot // 100] += 1
                if row.rate is not None:
                    self._rated += 1
                    self._agree += agrees(row.own, row.total, row.rate)
            paid_minor = row.others.get(paid)
            if paid_minor is not None:
                self._held += 1
                self._within += paid_minor <= row.own
        self._count = sum(self._fine.values())

    def _slot(self, part: int, whole: int) -> int:
        """The share in hundredths of a per cent, rounded: cents that were cut off do not move it."""
        return (2 * part * self._FINE + whole) // (2 * whole)

    def usual_shares(self) -> list[tuple[int, int]]:
        """The shares of the total cost that many rows have, in hundredths of a per cent, with how many have each."""
        least = max(2, self._count // 100)
        return [(slot, count) for slot, count in self._fine.most_common(15) if count >= least]

    def gain(self, row: CaseRow, true: int) -> float:
        """Bits by which the row's other cells fit `true` better than the amount that stands there."""
        gain = 0.0
        if row.total and self._count > 5:
            gain += self._fit(row, true) - self._fit(row, row.own, own=True)
            if row.rate is not None and self._rated > 5:
                before, after = agrees(row.own, row.total, row.rate), agrees(true, row.total, row.rate)
                if before != after:
                    odds = bits((self._agree - before + 0.5) / (self._rated - self._agree - (not before) + 0.5))
                    gain += odds if after else -odds
        paid = row.others.get(self._paid)
        if paid is not None and self._held > 5:
            before, after = paid <= row.own, paid <= true
            if before != after:
                odds = bits((self._within - before + 0.5) / (self._held - self._within - (not before) + 0.5))
                gain += odds if after else -odds
        return gain

    def usual(self, row: CaseRow, true: int) -> float:
        """Bits of a share of the whole, per hundredth of a per cent."""
        return self._fit(row, true)

    def _fit(self, row: CaseRow, minor: int, *, own: bool = False) -> float:
        """Bits of the row's share if `minor` were its amount; without the row itself, where it is what stands there."""
        assert row.total
        slot = self._slot(minor, row.total)
        others = max(self._count - 1, 1)
        fine = (self._fine[slot] - own) / others
        coarse = (self._coarse[slot // 100] - own) / others / 100
        flat = 0.02 / self._FINE if 0 <= slot <= self._FINE else 0.0002 / self._FINE
        return bits(0.5 * max(fine, 0) + 0.4 * max(coarse, 0) + flat)


def agrees(minor: int, total: int, rate: Fraction) -> bool:
    """Whether an amount is `rate` per cent of the total, but for the rounding of cents."""
    return abs(minor * 100 - total * rate) < 100 + max(total, 0) / 10**6


def days_like(days: Sequence[int], year: int) -> int:
    """How many of the sorted years lie within a year of `year`."""
    return bisect_left(days, year + 2) - bisect_left(days, year - 1)
