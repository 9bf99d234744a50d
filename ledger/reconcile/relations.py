"""Relations between figures, held against their intervals: what one wording says of another, before any ledger is asked.

Each figure is a band of values, so a share of a rounded amount is a product of intervals, and parts contradict their
whole only where no choice of values inside the bands fits. All in exact arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from math import ceil

from ledger.domain.figures import Figure, Relation, RelationKind
from ledger.domain.findings import Finding
from ledger.domain.intervals import Interval, IntervalError
from ledger.reconcile.quantities import Quantity, quantity
from ledger.reconcile.reading import Read, Route, is_currency, place_of

#: What must be the same where two figures speak of the same projects.
_SET = ("fund", "earmark", "country", "theme", "period_start", "period_end", "as_of")
#: Relations that hold in both directions.
_MUTUAL = (RelationKind.SAME_SET, RelationKind.NOT_ADDITIVE)


@dataclass(frozen=True, slots=True)
class Related:
    """A relation of a figure as results carry it.

    `holds` is None where there is nothing to contradict; `low` to `high` is what the relation implies: the amount of a
    share, the mean of a set.
    """

    kind: str
    figure: str
    holds: bool | None
    low: Quantity | None
    high: Quantity | None
    low_inclusive: bool
    high_inclusive: bool
    said: str


@dataclass(frozen=True, slots=True)
class _Amount:
    """The values that a figure or an envelope may have, and their unit."""

    values: Interval
    unit: str


class Relations:
    """The relations of all figures of a ledger; `wholes` are the stated amounts of envelopes, by name."""

    def __init__(self, figures: Iterable[tuple[Figure, Read]], wholes: Mapping[str, tuple[Fraction, str]]) -> None:
        self._figures = {figure.ref: (figure, read) for figure, read in figures}
        self._wholes = {ref: _Amount(Interval.point(value), unit) for ref, (value, unit) in wholes.items()}
        self._relations: dict[str, list[Relation]] = {ref: [] for ref in self._figures}
        self._parts: dict[str, list[str]] = {}
        for ref, (figure, _) in self._figures.items():
            for relation in figure.related:
                self._relations[ref].append(relation)
                if relation.kind in _MUTUAL and relation.other in self._figures:
                    self._relations[relation.other].append(Relation(relation.kind, ref))
                if relation.kind is RelationKind.PART_OF:
                    self._parts.setdefault(relation.other, []).append(ref)

    def of(self, ref: str) -> tuple[tuple[Related, ...], list[Finding]]:
        """The relations of a figure, and what contradicts in them."""
        related: list[Related] = []
        findings: list[Finding] = []
        for relation in dict.fromkeys(self._relations[ref]):
            if relation.other not in self._figures and relation.other not in self._wholes:
                said = f"{ref} names {relation.other}, which is neither a figure nor an envelope of this ledger"
                findings.append(self._finding("relation-unknown", said, ref))
                continue
            found = self._one(ref, relation)
            related.append(found)
            if found.holds is False and (relation.kind is not RelationKind.SAME_SET or ref < relation.other):
                findings.append(self._finding("figures-contradict", f"{ref}: {found.said}", ref))
        if len(self._parts.get(ref, ())) > 1 and (parts := self._together(ref)) is not None:
            related.append(parts)
            if parts.holds is False:
                findings.append(self._finding("figures-contradict", f"{ref}: {parts.said}", ref))
        return tuple(related), findings

    # --- one relation --------------------------------------------------------------------------------------------

    def _one(self, ref: str, relation: Relation) -> Related:
        match relation.kind:
            case RelationKind.PART_OF:
                return self._part(ref, relation)
            case RelationKind.SHARE_OF:
                return self._share(ref, relation)
            case RelationKind.SAME_SET:
                return self._same_set(ref, relation)
            case RelationKind.NOT_ADDITIVE:
                return _related(relation, None, None, f"overlaps {relation.other}: the two are never added up")

    def _part(self, ref: str, relation: Relation) -> Related:
        mine, whole = self._amount(ref), self._amount(relation.other)
        if mine is None or whole is None or mine.unit != whole.unit:
            return _related(relation, None, None, f"lies inside {relation.other}, which is not stated in the same unit")
        fits = _may_be_at_most(mine.values, whole.values)
        values = f"{mine.values.text(mine.unit)} in {whole.values.text(whole.unit)}"
        said = f"lies inside {relation.other}, {values}: {'that fits' if fits else 'no part is larger than its whole'}"
        return _related(relation, fits, None, said)

    def _share(self, ref: str, relation: Relation) -> Related:
        implied, whole = self._amount(ref), self._amount(relation.other)
        if implied is None or whole is None:
            return _related(relation, None, None, f"is a share of {relation.other}, of which no amount is stated")
        amounts = f"{whole.values.text(whole.unit)}: that is {implied.values.text(implied.unit)}"
        said = f"is a share of {relation.other}, {amounts}"
        return _related(relation, None, implied, said)

    def _same_set(self, ref: str, relation: Relation) -> Related:
        (mine, read), (other, other_read) = self._figures[ref], self._figures[relation.other]
        differing = [name for name in _SET if getattr(mine, name) != getattr(other, name)]
        if differing:
            what = ", ".join(name.replace("_", " ") for name in differing)
            return _related(relation, False, None, f"speaks of the projects of {relation.other}, and differs in {what}")
        mean = _mean(read, other_read) or _mean(other_read, read)
        worth = f": on average {mean.values.text(mean.unit)} each" if mean else ""
        return _related(relation, True, mean, f"speaks of the same projects as {relation.other}{worth}")

    # --- the parts of a whole together ---------------------------------------------------------------------------

    def _together(self, ref: str) -> Related | None:
        """Whether all parts of a whole fit in it; of parts that overlap only the largest counts."""
        whole = self._amount(ref)
        amounts = {part: amount for part in self._parts[ref] if (amount := self._amount(part)) is not None}
        if whole is None or len(amounts) < 2 or any(amount.unit != whole.unit for amount in amounts.values()):
            return None
        least = [max((amounts[part].values for part in group), key=_floor) for group in self._apart(list(amounts))]
        total = reduce(lambda one, other: one + other, least)
        fits = _may_be_at_most(total, whole.values)
        names, sums = ", ".join(amounts), total.text(whole.unit)
        said = f"its parts {names} are {sums} together, of {whole.values.text(whole.unit)}: " + (
            "that fits" if fits else "not all of them can be parts of it without overlapping"
        )
        relation = Relation(RelationKind.PART_OF, names)
        return replace(_related(relation, fits, _Amount(total, whole.unit), said), kind="parts")

    def _apart(self, parts: list[str]) -> list[list[str]]:
        """Groups of parts that may overlap: not additive, or one inside the other."""
        groups: list[list[str]] = []
        for part in parts:
            touched = [group for group in groups if any(self._overlap(part, other) for other in group)]
            groups = [group for group in groups if group not in touched]
            groups.append([part, *(member for group in touched for member in group)])
        return groups

    def _overlap(self, one: str, other: str) -> bool:
        kinds = (RelationKind.NOT_ADDITIVE, RelationKind.PART_OF)
        return any(Relation(kind, b) in self._relations[a] for kind in kinds for a, b in ((one, other), (other, one)))

    # --- what is stated ------------------------------------------------------------------------------------------

    def _amount(self, ref: str, seen: frozenset[str] = frozenset()) -> _Amount | None:
        """The values that a figure states, a share turned into the amount that it is of its whole."""
        if ref in self._wholes and ref not in self._figures:
            return self._wholes[ref]
        figure, read = self._figures[ref]
        if read.band is None or read.number is None or ref in seen:
            return None
        if read.route is not Route.SHARE:
            return _Amount(read.band.holds, read.unit)
        denominator = figure.denominator
        if denominator is None or (denominator not in self._figures and denominator not in self._wholes):
            return None
        whole = self._amount(denominator, seen | {ref})
        return None if whole is None else _Amount(read.band.holds * whole.values, whole.unit)

    def _finding(self, code: str, said: str, ref: str) -> Finding:
        file, sheet, cell = place_of(self._figures[ref][0])
        return Finding(code, said, file, sheet, cell, values={"figure": ref})


def _related(relation: Relation, holds: bool | None, implied: _Amount | None, said: str) -> Related:  # noqa: FBT001
    values = None if implied is None else implied.values
    return Related(
        str(relation.kind),
        relation.other,
        holds,
        None if implied is None else quantity(implied.values.low, implied.unit),
        None if implied is None else quantity(implied.values.high, implied.unit),
        values is not None and values.low_inclusive,
        values is not None and values.high_inclusive,
        said,
    )


def _floor(values: Interval) -> tuple[bool, Fraction]:
    return values.low is not None, values.low or Fraction(0)


def _may_be_at_most(one: Interval, other: Interval) -> bool:
    """Whether some value of the one is no larger than some value of the other."""
    if one.low is None or other.high is None or one.low < other.high:
        return True
    return one.low == other.high and one.low_inclusive and other.high_inclusive


def _mean(money: Read, count: Read) -> _Amount | None:
    """What a project is worth on average, where one figure is the worth of a set and the other their number."""
    if money.band is None or count.band is None or money.number is None or count.number is None:
        return None
    if not is_currency(money.unit) or count.route is not Route.COUNT:
        return None
    number = count.band.accept
    if count.band.warn and (odd := count.band.warn[0].low) is not None and number.low is not None and odd > number.low:
        # Counts from there on would have been worded otherwise.
        number = Interval(number.low, Fraction(ceil(odd) - 1), number.low_inclusive, True)
    try:
        return _Amount(money.band.accept / number, money.unit)
    except IntervalError:
        return None
