"""Why a number of projects differs: what the list shows by itself, and what another source has, each as so many projects.

A count has no cents that could bear a cause out, so only what is plain to see in the rows is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations

from ledger.reconcile.explanation.leads import Lead, lead
from ledger.reconcile.explanation.model import Case, CaseRow, CauseKind, Explanation, RowPlace, Source
from ledger.reconcile.explanation.structure import structural
from ledger.reconcile.explanation.weights import FURTHER, chance

#: The kinds that change how many projects there are.
_MORE = (
    CauseKind.DUPLICATE_ROW,
    CauseKind.SUBTOTAL_COUNTED,
    CauseKind.PARENT_AND_CHILD,
    CauseKind.EXTRA_ROW,
    CauseKind.OUT_OF_PERIOD,
    CauseKind.OUT_OF_SCOPE,
)
_FEWER = (CauseKind.MISSING_ROW, CauseKind.SIGN_ERROR)
#: Bits by which an account of a count must beat chance: there are few of them, and small ones.
_ENOUGH = 2.0
#: Leads that weigh less are seen in many lists that are in order; as many are looked at in sets.
_LEAST, _AT_MOST, _TOLD = -9.0, 24, 6


def projects(rows: Iterable[CaseRow]) -> set[str]:
    """The references that are counted, a part of a decision as its decision."""
    return {row.parent or row.place.ref for row in rows if row.minor > 0}


def explain_count(case: Case) -> list[Explanation]:
    """The accounts of a difference between numbers of projects, best first. `case.target` is in projects."""
    counted = projects(case.rows)
    leads = sorted(_leads(case, counted), key=lambda each: -each.weight)[:_AT_MOST]
    known = chance(case.target)
    hits, parts = [], []
    for size in (1, 2, 3):
        for together in combinations(leads, size):
            effect = sum(each.effect for each in together)
            rest = case.target.rest(effect)
            gain = sum(each.weight for each in together) - FURTHER * (size - 1) - known
            if gain < _ENOUGH or any(one.meets(two) for one, two in combinations(together, 2)):
                continue
            causes = tuple(each.cause() for each in together)
            if rest == 0:
                hits.append(Explanation(causes, 0, round(gain)))
            elif abs(rest) < abs(case.target.rest(0)):
                parts.append(Explanation(causes, rest, round(gain)))
    return sorted(hits or parts, key=lambda each: (abs(each.residual), -each.score, len(each.causes)))[:_TOLD]


def _leads(case: Case, counted: set[str]) -> Iterator[Lead]:
    """Each lead of the rows as a number of projects, then all of one kind together."""
    single: dict[CauseKind, list[Lead]] = {}
    for each in structural(case):
        told = _as_count(each, counted)
        if told is not None and each.weight > _LEAST:
            single.setdefault(told.kind, []).append(told)
    for kind, found in single.items():
        yield from _without_repeats(found)
        joined = _joined(kind, found)
        if joined is not None:
            yield joined
    for source in case.sources:
        yield from _of_source(source, counted)


def _as_count(found: Lead, counted: set[str]) -> Lead | None:
    refs = {row.ref for row in found.rows}
    if found.kind in _FEWER:
        missing = len(refs - counted)
        return replace(found, effect=-missing) if missing and not found.one_of else None
    if found.kind not in _MORE or found.effect < 0 or found.one_of:
        return None
    effect = len(refs & counted) - (found.kind in (CauseKind.DUPLICATE_ROW, CauseKind.PARENT_AND_CHILD))
    return replace(found, effect=effect) if effect > 0 else None


def _without_repeats(found: list[Lead]) -> Iterator[Lead]:
    seen: set[tuple[RowPlace, ...]] = set()
    for each in found:
        if each.rows not in seen:
            seen.add(each.rows)
            yield each


def _joined(kind: CauseKind, found: list[Lead]) -> Lead | None:
    """All rows of one kind as one cause, where none of them is in two of its leads."""
    apart: list[Lead] = []
    for each in sorted(found, key=lambda one: len(one.rows)):
        if not any(each.meets(other) for other in apart):
            apart.append(each)
    if len(apart) < 2:
        return None
    effect = sum(each.effect for each in apart)
    rows = [row for each in apart for row in each.rows]
    told = f"{abs(effect)} projects: {apart[0].note}; and {len(apart) - 1} more like it"
    return lead(kind, rows, effect, 0.5, told)


def _of_source(source: Source, counted: set[str]) -> Iterator[Lead]:
    """What only the ledger counts, and what only the source has; a state of the ledger itself is told as history."""
    share = 0.3 if source.is_history else 2
    for kinds, sign in ((_MORE, 1), (_FEWER, -1)):
        rows: dict[CauseKind, dict[str, RowPlace]] = {}
        for each in source.differences:
            for row in each.rows if each.kind in kinds and each.effect * sign > 0 else ():
                if (row.ref in counted) is (sign > 0):
                    rows.setdefault(each.kind, {})[row.ref] = row
        for kind, by_ref in rows.items():
            number = len(by_ref) - (kind is CauseKind.DUPLICATE_ROW)
            where = "is not in" if sign > 0 else "is only in"
            if number > 0:
                told = f"{number} project{'s' * (number > 1)}: what {where} {source.name}"
                yield lead(kind, list(by_ref.values()), sign * number, share, told)
