"""A lead: one possible cause with its effect and its weight, before it is known whether the sum bears it out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log2

from ledger.reconcile.explanation.model import Cause, CauseKind, RowPlace
from ledger.reconcile.explanation.weights import PRIOR, bits

#: Leads of one kind and effect whose weights differ by less are equally good.
_ALIKE = 1.0


@dataclass(frozen=True, slots=True)
class Lead:
    """A possible cause. `weight` is in bits, the prior of its kind included; `one_of`: as in `Cause`."""

    kind: CauseKind
    rows: tuple[RowPlace, ...]
    effect: int
    weight: float
    note: str
    one_of: bool = False

    def meets(self, other: Lead) -> bool:
        """Whether the two could not both be: they blame the same row."""
        if self.one_of or other.one_of:
            return self.rows == other.rows
        own = {(row.file, row.sheet, row.row, row.batch) for row in self.rows}
        return any((row.file, row.sheet, row.row, row.batch) in own for row in other.rows)

    def cause(self) -> Cause:
        """What is told of it."""
        return Cause(self.kind, self.rows, self.effect, self.note, self.one_of)


def lead(kind: CauseKind, rows: Sequence[RowPlace], effect: int, share: float, note: str) -> Lead:
    """A lead whose row is the guilty one with likelihood `share` (may exceed one: its row is too odd to be in order)."""
    return Lead(kind, tuple(rows), effect, PRIOR[kind] + bits(share), note)


@dataclass(frozen=True, slots=True)
class Member:
    """One row that accounts for an effect: its weight (bits, without the prior of the kind) and what is told of it."""

    place: RowPlace
    weight: float
    note: str


def grouped(kind: CauseKind, effect: int, members: Iterable[Member], several: str) -> list[Lead]:
    """Leads from single rows of the same kind and effect: those equally good as one lead, the weaker as another.

    `several` says what is told of many ("each of {} rows …").
    """
    by_row: dict[RowPlace, Member] = {}
    for member in members:
        other = by_row.get(member.place, member)
        best = max(member, other, key=lambda each: each.weight)
        if other is not member:
            best = Member(best.place, log2(2.0**member.weight + 2.0**other.weight), best.note)
        by_row[member.place] = best
    ordered = sorted(by_row.values(), key=lambda member: -member.weight)
    if not ordered:
        return []
    alike = [member for member in ordered if member.weight > ordered[0].weight - _ALIKE]
    made = [_joined(kind, effect, alike, several)]
    if len(alike) < len(ordered):
        made.append(_joined(kind, effect, ordered[len(alike) :], several))
    return made


def _joined(kind: CauseKind, effect: int, members: Sequence[Member], several: str) -> Lead:
    weight = PRIOR[kind] + log2(sum(2.0**member.weight for member in members))
    if len(members) == 1:
        return Lead(kind, (members[0].place,), effect, weight, members[0].note)
    rows = tuple(member.place for member in sorted(members, key=lambda m: (m.place.file, m.place.sheet, m.place.row)))
    return Lead(kind, rows, effect, weight, several.format(len(members)), one_of=True)
