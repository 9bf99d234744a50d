"""From leads to explanations: single causes, then sets of two and three that give the difference to the cent.

A set is found by meeting in the middle: the leads that stand out are tried, one by one or in pairs, and what they leave
of the difference is looked up among the effects of all single rows. Sets are weighed like single causes, so where the
number of sets makes a hit worthless, none is told.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ledger.reconcile.explanation.leads import Lead
from ledger.reconcile.explanation.leads import lead as weighed
from ledger.reconcile.explanation.model import Case, CauseKind, Difference, Explanation, Source, Target
from ledger.reconcile.explanation.structure import structural
from ledger.reconcile.explanation.values import Values
from ledger.reconcile.explanation.weights import ENOUGH, FURTHER, PRIOR, bits, chance
from ledger.reconcile.explanation.wholes import Rounded, of_the_whole, rounded_statement

#: A target of so many cents is looked up cent by cent; a wider one is compared with every lead.
_NARROW = 24
#: Leads that are tried as one part of a pair, and as two parts of three.
_IN_PAIRS, _IN_THREES = 4000, 500
#: Rows of a rounded list that may be near a difference; with more, which one it is cannot be told.
_NEAR = 2000
#: Explanations told; those as good as the last of them are told as well.
TOLD = 12
#: What falls as far behind the best account is not told beside it.
_BEHIND = 16.0
#: So much has a lead to weigh by itself, its sum unseen, to be told beside a rest that stays unexplained.
_PLAIN_TO_SEE = -3.0
#: Bits of an account that another source gives in full: it is read off, not inferred.
_SEEN = 12.0


@dataclass(frozen=True, slots=True)
class _Set:
    """Leads that together leave `rest`; `gain` is the bits by which they beat chance."""

    leads: tuple[Lead, ...]
    rest: int
    gain: float


def explain(case: Case) -> list[Explanation]:
    """The accounts of the difference that beat chance, best first; none where nothing does."""
    found = _Search(case).run()
    if not found:
        return []
    best = max(found, key=lambda each: each.gain).gain
    ordered = sorted(
        (each for each in found if each.gain > best - _BEHIND),
        key=lambda each: (-each.gain, len(each.leads), str([lead.rows for lead in each.leads])),
    )
    told = [_told(each) for each in ordered]
    if len(told) > TOLD:
        last = told[TOLD - 1].score
        told = [each for place, each in enumerate(told) if place < TOLD or each.score == last]
    return told


def _told(found: _Set) -> Explanation:
    causes = tuple(lead.cause() for lead in sorted(found.leads, key=lambda lead: -abs(lead.effect)))
    return Explanation(causes, found.rest, round(found.gain))


class _Search:
    def __init__(self, case: Case) -> None:
        self.case, self.target = case, case.target
        self.values = Values(case)
        self.rounded = Rounded(case)
        statement = rounded_statement(case)
        shown = structural(case)
        self.sources = [replace(source, differences=tuple(_read(shown, source.differences))) for source in case.sources]
        self.leads = [*shown, *of_the_whole(case), *_single(self.sources), *([statement] if statement else [])]
        self.leads = [lead for lead in self.leads if lead.effect]
        self.strong = sorted([*self.leads, *self.values.standing_out()], key=lambda lead: -lead.weight)
        self._unit = self._whole_units()
        self._chance = chance(self.target, self._unit)
        self._by_effect: dict[int, list[Lead]] = {}
        for lead in self.leads:
            self._by_effect.setdefault(lead.effect, []).append(lead)
        self.is_narrow = self.target.size is not None and self.target.size <= _NARROW

    def _whole_units(self) -> int:
        """The unit that the list's amounts are multiples of, where the figure is one too."""
        unit, low = self.values.grain.unit, self.target.low
        return unit if low is not None and low == self.target.high and (self.case.ledger - low) % unit == 0 else 1

    def run(self) -> list[_Set]:
        found = [*self._compared(), *self._singles(), *self._pairs()]
        if not any(each.gain >= ENOUGH and len(each.leads) < 3 for each in found):
            found += self._threes()
        enough = _without_repeats(each for each in found if each.gain >= ENOUGH)
        return enough or _without_repeats(each for each in self._parts() if each.gain >= ENOUGH)

    # --- single causes -------------------------------------------------------------------------------------------

    def _at(self, target: Target, *, alone: bool) -> Iterator[Lead]:
        """Leads whose effect lies in a narrow target."""
        assert target.low is not None
        assert target.high is not None
        for effect in range(target.low, target.high + 1):
            if effect:
                yield from self._by_effect.get(effect, ())
                yield from self.values.at(effect, alone=alone)

    def _singles(self) -> Iterator[_Set]:
        if self.is_narrow:
            hits = list(self._at(self.target, alone=True))
        else:
            hits = [lead for lead in self.strong if lead.effect in self.target]
        for lead in hits:
            yield self._set((lead,))
        nearest = self.target.rest(0)
        if rounding := self.rounded.lead(nearest):
            yield self._set((rounding,))

    # --- sets ----------------------------------------------------------------------------------------------------

    def _pairs(self) -> Iterator[_Set]:
        least = ENOUGH + self._chance + FURTHER
        best = self.strong[0].weight if self.strong else -60.0
        tried = self.strong[:_IN_PAIRS]
        for lead in tried:
            if lead.weight + max(best, -4) < least:
                break
            yield from self._beside(lead, least)
        if self.is_narrow and self._may_pair():
            yield from self._light_pairs(least)
        yield from self._rounded_pairs(least)

    def _beside(self, lead: Lead, least: float) -> Iterator[_Set]:
        left = self.target.less(lead.effect)
        if 0 in left:
            return
        if self.is_narrow:
            hits: Iterable[Lead] = self._at(left, alone=False)
        else:
            hits = [other for other in self.strong[:200] if other.effect in left]
        for other in hits:
            if lead.weight + other.weight >= least and not lead.meets(other):
                yield self._set((lead, other))
        rounding = self.rounded.lead(left.rest(0))
        if rounding and lead.weight + rounding.weight >= least:
            yield self._set((lead, rounding))

    def _may_pair(self) -> bool:
        """Whether two rows that nothing but their amount speaks against can be told from chance."""
        each = PRIOR[CauseKind.EXTRA_ROW] - bits(max(len(self.values.counted), 1))
        return 2 * each + 12 >= ENOUGH + self._chance + FURTHER

    def _light_pairs(self, least: float) -> Iterator[_Set]:
        for effect in set(self.values.effects()):
            left = self.target.less(effect)
            if 0 in left:
                continue
            others = [
                lead for lead in self._at(left, alone=False) if lead.weight + PRIOR[CauseKind.SCALE_ERROR] >= least
            ]
            if others:
                for lead in self.values.at(effect, alone=False):
                    for other in others:
                        if lead.weight + other.weight >= least and not lead.meets(other):
                            yield self._set((lead, other))

    def _rounded_pairs(self, least: float) -> Iterator[_Set]:
        """A row in a list that is rounded: its effect is near the difference, the rounding makes up the rest."""
        reach, aim = self.rounded.reach(), self.target.rest(0)
        if not reach:
            return
        effects = sorted(set(self.values.effects()))
        near = effects[bisect_left(effects, aim - reach) : bisect_right(effects, aim + reach)]
        for effect in near if len(near) <= _NEAR else ():
            rounding = self.rounded.lead(aim - effect)
            if rounding is None or aim == effect:
                continue
            for one in self.values.at(effect, alone=False):
                if one.weight + rounding.weight >= least:
                    yield self._set((one, rounding))

    def _threes(self) -> Iterator[_Set]:
        if not self.is_narrow:
            return
        least = ENOUGH + self._chance + 2 * FURTHER
        tried = self.strong[:_IN_THREES]
        for place, one in enumerate(tried):
            for two in tried[place + 1 :]:
                if one.weight + two.weight + max(two.weight, -4) < least:
                    break
                left = self.target.less(one.effect + two.effect)
                if 0 in left or one.meets(two):
                    continue
                for three in self._at(left, alone=False):
                    if one.weight + two.weight + three.weight >= least and not (three.meets(one) or three.meets(two)):
                        yield self._set((one, two, three))

    # --- another source, and what stays open ---------------------------------------------------------------------

    def _compared(self) -> Iterator[_Set]:
        """All that differs from a source that the figure agrees with: what differs is known, not guessed."""
        for source in self.sources:
            rest = self.target.rest(self.case.ledger - source.total)
            if source.differences and rest == 0:
                yield self._whole(source, rest)

    def _whole(self, source: Source, rest: int) -> _Set:
        leads = tuple(Lead(found.kind, found.rows, found.effect, 0.0, found.note) for found in source.differences)
        open_ = _SEEN if rest == 0 else chance(Target(rest, rest), self._unit) - FURTHER
        return _Set(leads, rest, open_ - self._chance)

    def _parts(self) -> Iterator[_Set]:
        """What is plain to see in the list, although it does not give the whole difference."""
        plain = [lead for lead in self.strong if lead.weight > _PLAIN_TO_SEE][:40]
        sets: list[tuple[Lead, ...]] = [(lead,) for lead in plain]
        sets += [(one, two) for place, one in enumerate(plain) for two in plain[place + 1 :] if not one.meets(two)]
        for leads in sets:
            rest = self.target.rest(sum(lead.effect for lead in leads))
            if rest and abs(rest) < abs(self.target.rest(0)):
                weight = sum(lead.weight for lead in leads) + chance(Target(rest, rest), self._unit)
                yield _Set(leads, rest, weight - FURTHER * len(leads) - self._chance)
        for source in self.sources:
            rest = self.target.rest(self.case.ledger - source.total)
            if source.differences and not source.is_history and abs(rest) < abs(self.target.rest(0)):
                yield self._whole(source, rest)

    def _set(self, leads: tuple[Lead, ...]) -> _Set:
        weight = sum(lead.weight for lead in leads) - FURTHER * (len(leads) - 1)
        return _Set(leads, 0, weight - self._chance)


def _single(sources: Iterable[Source]) -> Iterator[Lead]:
    """Each difference from another source by itself, one as likely as the next."""
    for source in sources:
        share = (0.3 if source.is_history else 2) / max(len(source.differences), 1)
        for found in source.differences:
            yield weighed(found.kind, found.rows, found.effect, share, found.note)


def _read(shown: Sequence[Lead], differences: Sequence[Difference]) -> Iterator[Difference]:
    """Differences with what the list shows of them: a row that only the ledger has may be a subtotal or a twin."""
    best: dict[object, Lead] = {}
    for each in shown:
        for row in each.rows:
            key = (row.file, row.sheet, row.row, row.batch, each.effect)
            if key not in best or best[key].weight < each.weight:
                best[key] = each
    for found in differences:
        first = found.rows[0]
        seen = best.get((first.file, first.sheet, first.row, first.batch, found.effect))
        if seen is not None and found.kind is CauseKind.EXTRA_ROW:
            yield Difference(seen.kind, seen.rows, found.effect, f"{seen.note}; {found.note}")
        else:
            yield found


def _without_repeats(sets: Iterable[_Set]) -> list[_Set]:
    """Each set of causes once, in its best reading."""
    kept: dict[object, _Set] = {}
    for each in sets:
        key = frozenset((lead.kind, lead.rows) for lead in each.leads)
        if key not in kept or kept[key].gain < each.gain:
            kept[key] = each
    return list(kept.values())
