"""Which items are the same by their key: source and reference, the reference alone, the reference but for case and dash."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from ledger.reconcile.comparison.folding import folded, folded_ref
from ledger.reconcile.comparison.model import Item, Measure

Group = tuple[tuple[Item, ...], tuple[Item, ...], str]
#: Rows of one key that are paired by trying each with each, before they are paired in order.
_TRIED = 10_000
#: What intake makes references of, where a list has none.
_MADE_OF = ("title", "beneficiary", "start_date", "end_date", "decision_date", "location", "postcode", "city")


@dataclass(slots=True)
class Matched:
    """Groups that are the same (one to one, but for rows of one key that only add up alike), and what is left over.

    `unclear` are keys that several sources of one side have, so that no pair can be told.
    """

    groups: list[Group] = field(default_factory=list)
    left: list[Item] = field(default_factory=list)
    right: list[Item] = field(default_factory=list)
    unclear: list[tuple[tuple[Item, ...], tuple[Item, ...]]] = field(default_factory=list)


def match(left: Sequence[Item], right: Sequence[Item], fields: Sequence[str], measures: Sequence[Measure]) -> Matched:
    """Pair the items by key; `fields` and `measures` tell rows of one key apart.

    The same pairs come out when the sides are swapped or their rows put into another order.
    """
    found = Matched(left=list(left), right=list(right))
    compare = _Alike(tuple(fields), tuple(measures))
    keys: tuple[tuple[Callable[[Item], Hashable], str], ...] = (
        (lambda item: (item.kind, item.source, item.key) if item.ref else None, "key"),
        (lambda item: (item.kind, item.key) if item.ref else None, "key"),
        (lambda item: _made_of(item) if item.key[1] else _folded(item), "key-folded"),
    )
    for key, by in keys:
        _pass(found, key, by, compare)
    return found


def _pass(found: Matched, key: Callable[[Item], Hashable], by: str, compare: _Alike) -> None:
    on_left, on_right = _by(found.left, key), _by(found.right, key)
    taken: set[int] = set()
    for name, ours in on_left.items():
        theirs = on_right.get(name)
        if theirs is None or (by == "key-folded" and isinstance(name, str) and (len(ours) > 1 or len(theirs) > 1)):
            continue
        if len(ours) == len(theirs) == 1:
            groups: list[Group] = [((ours[0],), (theirs[0],), by)]
        else:
            groups = compare.groups(ours, theirs)
            rest = [_left_of(side, groups, at) for at, side in enumerate((ours, theirs))]
            several = any(len({item.source for item in side}) > 1 for side in rest)
            if all(rest) and several:
                found.unclear.append((tuple(rest[0]), tuple(rest[1])))
            else:
                groups += compare.nearest(*rest)
        found.groups += groups
        taken.update(id(item) for group in groups for side in group[:2] for item in side)
    found.left = [item for item in found.left if id(item) not in taken]
    found.right = [item for item in found.right if id(item) not in taken]


def _folded(item: Item) -> str | None:
    return f"{item.kind}:{folded_ref(item.ref)}" if item.ref else None


def _made_of(item: Item) -> tuple[str, ...]:
    """What a reference of ours was made of, without case, signs and line breaks."""
    return tuple(folded(item.fields.get(name, "")) for name in _MADE_OF)


def _by(items: Iterable[Item], key: Callable[[Item], Hashable]) -> dict[Hashable, list[Item]]:
    grouped: dict[Hashable, list[Item]] = defaultdict(list)
    for item in items:
        if (name := key(item)) is not None:
            grouped[name].append(item)
    return grouped


def _left_of(side: Sequence[Item], groups: Sequence[Group], at: int) -> list[Item]:
    taken = {id(item) for group in groups for item in group[at]}
    return [item for item in side if id(item) not in taken]


@dataclass(frozen=True, slots=True)
class _Alike:
    """Tells rows of one key apart by what they say."""

    fields: tuple[str, ...]
    measures: tuple[Measure, ...]

    def groups(self, left: Sequence[Item], right: Sequence[Item]) -> list[Group]:
        """Rows alike in everything, then in all amounts, then all rows together where they add up alike."""
        groups: list[Group] = []
        for mark in (self._mark, self._amounts):
            ours, theirs = _left_of(left, groups, 0), _left_of(right, groups, 1)
            waiting = _by(theirs, mark)
            groups += [((item,), (waiting[mark(item)].pop(0),), "key") for item in ours if waiting.get(mark(item))]
        ours, theirs = _left_of(left, groups, 0), _left_of(right, groups, 1)
        if ours and theirs and len(ours) != len(theirs) and self._sums(ours) == self._sums(theirs):
            groups.append((tuple(ours), tuple(theirs), "rows"))
        return groups

    def nearest(self, left: Sequence[Item], right: Sequence[Item]) -> list[Group]:
        """Pairs of rows that differ least, as many as the shorter side has."""
        # In the order of what they say, so that neither the order of rows nor of the sides decides a tie.
        ours, theirs = sorted(left, key=self._order), sorted(right, key=self._order)
        if len(ours) * len(theirs) > _TRIED:
            return [((one,), (other,), "key") for one, other in zip(ours, theirs, strict=False)]
        tries = sorted(
            (self._distance(one, other), sorted((self._order(one), self._order(other))), i, j)
            for i, one in enumerate(ours)
            for j, other in enumerate(theirs)
        )
        groups: list[Group] = []
        taken: Counter[tuple[int, int]] = Counter()
        for _, _, i, j in tries:
            if not taken[0, i] and not taken[1, j]:
                taken[0, i] = taken[1, j] = 1
                groups.append(((ours[i],), (theirs[j],), "key"))
        return groups

    def _mark(self, item: Item) -> Hashable:
        return tuple(item.fields.get(name, "") for name in self.fields), self._amounts(item)

    def _amounts(self, item: Item) -> Hashable:
        return tuple(item.minor(measure) for measure in self.measures)

    def _sums(self, items: Sequence[Item]) -> list[int]:
        return [sum(item.minor(measure) for item in items) for measure in self.measures]

    def _order(self, item: Item) -> tuple[str, ...]:
        said = (item.fields.get(name, "") for name in self.fields)
        return (*said, *(f"{item.minor(measure):020}" for measure in self.measures))

    def _distance(self, one: Item, other: Item) -> tuple[int, int]:
        apart = sum(one.fields.get(name, "") != other.fields.get(name, "") for name in self.fields)
        money = sum(abs(one.minor(measure) - other.minor(measure)) for measure in self.measures)
        return apart, money
