"""Errors inside one cell, found from their effect: which rows would have it if their amount were written wrongly.

For an effect `e` of a row with the amount x the true amount would be x - e. So instead of trying every error of every
row, an effect is asked for: powers of ten, digits, rates give x by arithmetic, and a dictionary gives its rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import cached_property
from math import ceil, floor, log2
from typing import Final

from ledger.domain.money import display, divide_half_up
from ledger.reconcile.explanation.leads import Lead, Member, grouped
from ledger.reconcile.explanation.model import Case, CaseRow, CauseKind, Rate
from ledger.reconcile.explanation.weights import PRIOR, Grain, Relations, Shapes, Sizes, agrees

#: How common each slip is among slips of scale: too large, too small.
_UP: Final = {10: 0.10, 100: 0.13, 1000: 0.30, 1_000_000: 0.10}
_DOWN: Final = {10: 0.08, 100: 0.07, 1000: 0.15, 1_000_000: 0.07}
#: Part of the slips of scale that hit all amounts of a row, whose relations then tell nothing.
_WHOLE_ROW: Final = 0.3
#: From this weight on a row stands out by itself and is tried in sets of causes.
_STANDS_OUT: Final = -9.0
#: Rates that are tried in sets of causes; a ledger with a rate a month of each currency has thousands.
_RATES_IN_SETS: Final = 60
#: Rows with the whole for the share whose share nobody knows: with more, which one it is cannot be told.
_MIXED_ALONE, _MIXED_IN_SETS = 200, 5
_ALL: Final = 100
_MIXED: Final = "each of these {} rows fits, with the whole for the share"


class Values:
    """The amounts of a case by value, and what is usual among them."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.counted = [row for row in case.rows if row.minor > 0]
        self.whole = [row for row in self.counted if row.is_whole]
        self.sizes = Sizes(case.rows)
        self.grain = Grain([row.own for row in case.rows if row.own > 0])
        self.relations = Relations(self.counted, ("paid", "eu"))
        self._each = -log2(max(len(self.counted), 1))
        self._by_minor: dict[int, list[CaseRow]] = {}
        for row in self.counted:
            self._by_minor.setdefault(row.minor, []).append(row)
        self._shapes = Shapes(self.counted)
        self._known: dict[tuple[int, bool], list[Lead]] = {}

    def at(self, effect: int, *, alone: bool = True) -> list[Lead]:
        """The leads with this effect. `alone`: the effect is the whole difference, so that more rates are tried."""
        found = self._known.get((effect, alone))
        if found is None:
            found = [
                *self._extra(effect),
                *self._scaled(effect),
                *self._transposed(effect),
                *self._foreign(effect, alone=alone),
                *self._mixed(effect, alone=alone),
            ]
            if len(self._known) < 200_000:
                self._known[effect, alone] = found
        return found

    def effects(self) -> Iterator[int]:
        """Effects of rows that are extra, of digits that are swapped, of amounts too large by a power of ten."""
        yield from self._by_minor
        longest = len(str(max(self._by_minor, default=0)))
        for place in range(longest - 1):
            for apart in range(1, 10):
                yield 9 * apart * 10**place
                yield -9 * apart * 10**place
        for row in self.whole:
            for factor in _UP:
                if row.own % factor == 0:
                    yield row.own - row.own // factor

    def standing_out(self) -> list[Lead]:
        """Rows that look wrong whatever the difference is: too large by a power of ten, the whole for the share."""
        found = [
            each
            for effect, members in self._exactly_mixed.items()
            for each in grouped(CauseKind.BASIS_MIXED, effect, members, _MIXED)
            if each.weight > _STANDS_OUT + PRIOR[CauseKind.BASIS_MIXED]
        ]
        for row in self.whole:
            for factor in _UP:
                if row.own % factor == 0:
                    member = self._too_large(row, factor)
                    if member.weight > _STANDS_OUT:
                        effect = row.own - row.own // factor
                        found += grouped(CauseKind.SCALE_ERROR, effect, [member], "")
        return found

    # --- a row that does not belong there ------------------------------------------------------------------------

    def _extra(self, effect: int) -> Iterable[Lead]:
        members = []
        for row in self._by_minor.get(effect, ()):
            odd = self._shapes.is_odd(row.place.ref)
            shape = log2(0.7 + 0.3 * len(self.counted) / (self._shapes.odd_rows - 0.7)) if odd else log2(0.7)
            told = "its amount is the difference" + (", and its reference is unlike the others" if odd else "")
            members.append(Member(row.place, self._each + shape, f"{self._money(row.own)}: {told}"))
        return grouped(CauseKind.EXTRA_ROW, effect, members, "each of these {} rows has the amount of the difference")

    # --- powers of ten -------------------------------------------------------------------------------------------

    def _scaled(self, effect: int) -> Iterator[Lead]:
        members = []
        if effect > 0:
            for factor in _UP:
                amount, rest = divmod(effect * factor, factor - 1)
                if not rest and amount % factor == 0:
                    rows = self._by_minor.get(amount, ())
                    members += [self._too_large(row, factor) for row in rows if row.is_whole]
        else:
            for factor in _DOWN:
                low = ceil(Fraction(-2 * effect - factor, 2 * (factor - 1)))
                high = floor(Fraction(-2 * effect + factor, 2 * (factor - 1)))
                for amount in range(max(low, 1), high + 1):
                    rows = self._by_minor.get(amount, ())
                    members += [self._too_small(row, factor, row.own - effect) for row in rows if row.is_whole]
        yield from grouped(CauseKind.SCALE_ERROR, effect, members, "each of these {} rows fits, off by a power of ten")

    def _too_large(self, row: CaseRow, factor: int) -> Member:
        true = row.own // factor
        odd_grain = 0.0 if true % self.grain.unit == 0 else -5.0
        weight = (
            self._each
            + log2(_UP[factor])
            + self.sizes.gain(row, true)
            - log2(self.grain.share(factor * self.grain.unit))
            + odd_grain
            + self._related(row, true)
        )
        return Member(row.place, weight, f"{self._money(row.own)} is {factor:,} times {self._money(true)}")

    def _too_small(self, row: CaseRow, factor: int, true: int) -> Member:
        weight = self._each + log2(_DOWN[factor]) + self.sizes.gain(row, true) - log2(factor) + self._related(row, true)
        return Member(row.place, weight, f"{self._money(row.own)} is {self._money(true)} divided by {factor:,}")

    def _related(self, row: CaseRow, true: int) -> float:
        gain = self.relations.gain(row, true)
        return log2((1 - _WHOLE_ROW) * 2.0 ** min(gain, 40) + _WHOLE_ROW)

    # --- digits --------------------------------------------------------------------------------------------------

    def _transposed(self, effect: int) -> list[Lead]:
        """Two neighbouring digits a and b swapped at place k change an amount by 9 (a - b) 10^k and nothing else does."""
        size = abs(effect)
        step = 1
        while size % 10 == 0:
            size, step = size // 10, step * 10
        if size % 9 or size > 81:
            return []
        apart = size // 9 if effect > 0 else -(size // 9)
        members = []
        for row in self.whole:
            first, second = row.own // (step * 10) % 10, row.own // step % 10
            if first - second == apart and row.own >= step * 10:
                true = row.own - effect
                weight = (
                    self._each
                    - log2(len(str(row.own)) - 1)
                    + self.sizes.gain(row, true)
                    + self.relations.gain(row, true)
                )
                told = f"{self._money(row.own)} instead of {self._money(true)}: two neighbouring digits are swapped"
                members.append(Member(row.place, weight, told))
        several = "in each of these {} rows two neighbouring digits would have to be swapped"
        return grouped(CauseKind.DIGIT_TRANSPOSITION, effect, members, several)

    # --- currencies ----------------------------------------------------------------------------------------------

    @cached_property
    def _rates(self) -> list[tuple[Rate, int, int, int, float]]:
        """Rates that are no parity, as whole numbers: units of the currency per units of the figure's.

        Then how far the cents may be from the quotient, and the weight of the currency.
        """
        usable = [rate for rate in self.case.rates if abs(rate.rate - 1) > Fraction(1, 100)]
        weight = -log2(max(len({rate.currency for rate in usable}), 1))
        return [
            (rate, rate.rate.numerator, rate.rate.denominator, 2 + int(abs(1 / (rate.rate - 1))), weight)
            for rate in usable
        ]

    def _foreign(self, effect: int, *, alone: bool) -> list[Lead]:
        if not alone and len(self._rates) > _RATES_IN_SETS:
            return []
        members = []
        for rate, units, per, reach, weight in self._rates:
            # x - x / rate = effect
            middle = effect * units // (units - per)
            for amount in range(middle - reach, middle + reach + 1):
                for row in self._by_minor.get(amount, ()):
                    true = row.own - effect
                    if row.is_whole and true > 0 and _converts(row.own, true, rate):
                        members.append(self._in_currency(row, true, rate, weight))
        return grouped(CauseKind.CURRENCY_UNCONVERTED, effect, members, "each of these {} rows fits, unconverted")

    def _in_currency(self, row: CaseRow, true: int, rate: Rate, weight: float) -> Member:
        # A rate of another day than the row's is possible, and there are many of them.
        fits = row.day is None or rate.valid_from <= row.day <= rate.valid_to
        gain = self._each + weight + self.sizes.gain(row, true) + self._related(row, true)
        told = (
            f"{self._money(row.own)} would be {self._money(true)} if the cell is in {rate.currency} "
            f"({rate.text} per {self.case.currency})"
        )
        return Member(row.place, gain - (0 if fits else 7), told)

    # --- the whole for the share ---------------------------------------------------------------------------------

    @cached_property
    def _full(self) -> list[CaseRow]:
        """Rows whose amount is all of what it should be a share of."""
        return [row for row in self.whole if row.total == row.own]

    @cached_property
    def _exactly_mixed(self) -> dict[int, list[Member]]:
        """Effects of rows that would have a usual share of their whole, or the share that they state."""
        found: dict[int, list[Member]] = {}
        if not self._full or len(self._full) * 2 > len(self.whole):
            return found
        each = -log2(len(self._full) - 0.8)
        for row in self._full:
            whole = row.own
            for share, likely in self._shares(row):
                trues = {true for unit in {1, self.grain.unit} for true in _rounded(whole * share, unit)}
                for true in trues:
                    weight = each + log2(likely / len(trues))
                    found.setdefault(whole - true, []).append(Member(row.place, weight, self._mixed_note(whole, true)))
        return found

    def _shares(self, row: CaseRow) -> list[tuple[Fraction, float]]:
        """The shares of its whole that a row may have, each with its likelihood: the one it states, else the usual ones."""
        if row.rate is not None and row.rate < _ALL and not agrees(row.own, row.own, row.rate):
            return [(row.rate / _ALL, 0.8)]
        return self._usual

    @cached_property
    def _usual(self) -> list[tuple[Fraction, float]]:
        usual = [(slot, count) for slot, count in self.relations.usual_shares() if slot < 10_000]
        everything = sum(count for _, count in usual)
        return [(Fraction(slot, 10_000), 0.8 * count / everything) for slot, count in usual]

    def _mixed_note(self, whole: int, true: int) -> str:
        named = "total cost" if self.case.stage == "committed" else "commitment"
        return f"{self._money(whole)} is the {named}; the {self._named} would be {self._money(true)}"

    @property
    def _named(self) -> str:
        return "EU share" if self.case.stage == "committed" else f"amount {self.case.stage}"

    def _mixed(self, effect: int, *, alone: bool) -> list[Lead]:
        if effect <= 0:
            return []
        members = list(self._exactly_mixed.get(effect, ()))
        if not members and 0 < len(self._full) <= (_MIXED_ALONE if alone else _MIXED_IN_SETS):
            each = -log2(len(self._full) - 0.8)
            for row in self._full:
                if (true := row.own - effect) <= 0:
                    continue
                if self.grain.unit > 1 and true % self.grain.unit == 0:
                    weight = each + self._nearly(row, true)
                elif row.rate is None:
                    # How usual the share would be, for one of the many cents that would give it.
                    weight = each + self.relations.usual(row, true) - log2(max(row.own / 10_000, 1))
                else:
                    continue
                members.append(Member(row.place, weight, self._mixed_note(row.own, true)))
        return grouped(CauseKind.BASIS_MIXED, effect, members, _MIXED)

    def _nearly(self, row: CaseRow, true: int) -> float:
        """Bits of an amount in a list of round ones: it is a usual share of the whole, but for the rounding of both."""
        unit = self.grain.unit
        near = sum(likely for share, likely in self._shares(row) if abs(true - row.own * share) <= unit)
        return log2(near / 3 + unit / max(row.own, unit) / 50)

    def _money(self, minor: int) -> str:
        return display(minor, self.case.currency)


def _rounded(exact: Fraction, unit: int) -> set[int]:
    """An amount in whole units, cut off and rounded half up."""
    parts = exact / unit
    return {floor(parts) * unit, divide_half_up(parts.numerator, parts.denominator) * unit}


def _converts(printed: int, true: int, rate: Rate) -> bool:
    """Whether `true`, converted, is printed so: in whole minor units of either currency, rounded half up."""
    exact = true * rate.rate
    grain = 10 ** max(2 - rate.digits, 0)
    if abs(exact - printed) * 2 <= grain:
        return True
    back = printed / rate.rate
    return divide_half_up(back.numerator, back.denominator) == true
