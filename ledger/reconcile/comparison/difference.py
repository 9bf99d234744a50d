"""Two sides become a comparison: pairs with what changed, what only one side has, and sums that add up exactly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ledger.domain.money import plain
from ledger.reconcile.comparison.likeness import propose
from ledger.reconcile.comparison.matching import Group, match
from ledger.reconcile.comparison.model import (
    FIELDS,
    TOTAL,
    Balance,
    Change,
    Comparison,
    Item,
    Measure,
    Pair,
    Side,
    column_of,
)
from ledger.reconcile.comparison.one_side import suspicions


@dataclass(frozen=True, slots=True)
class Accept:
    """Which items without a common key are to be taken as the same: likeness from a score on, or named pairs."""

    score: int | None = None
    pairs: Sequence[tuple[str, str]] = ()


@dataclass(slots=True)
class Outcome:
    """A comparison, and what a user must be told of it.

    `across` is the one measure of each side where they have none in common; `unknown` are accepted pairs that could
    not be found once on each side; `unclear` are keys of several sources.
    """

    comparison: Comparison
    across: tuple[Measure, Measure] | None = None
    unknown: list[tuple[str, str]] = field(default_factory=list)
    unclear: list[tuple[tuple[Item, ...], tuple[Item, ...]]] = field(default_factory=list)


def compare(left: Side, right: Side, accept: Accept) -> Outcome:
    """Hold `right` against `left`; amounts of different measures are never set off against each other.

    Where each side knows one measure only and they differ in stage or basis, these are compared, and `across` says so.
    """
    across = _across(left, right)
    if across:
        right = replace(right, items=[_renamed(item, *across) for item in right.items])
    measures = _common(left, right)
    found = Comparison(
        apart=_apart(left, right, measures),
        fields_apart=_fields_apart(left, right),
        suspicions=[
            one for side, name in ((left, "left"), (right, "right")) for one in suspicions(side, name, measures)
        ],
    )
    left, right = _levelled(left, right)
    fields = [name for name in FIELDS if name in left.stated and name in right.stated]
    given, ours, theirs, unknown = _given(left.items, right.items, accept.pairs)
    matched = match(ours, theirs, fields, measures)
    found.proposals = propose(matched.left, matched.right, measures)
    taken: list[Group] = []
    if accept.score is not None:
        sure = [one for one in found.proposals if one.score >= accept.score and not one.is_tied]
        taken = [((one.left,), (one.right,), "likeness") for one in sure]
        found.proposals = [one for one in found.proposals if one not in sure]
    settled = {id(item) for group in taken for side in group[:2] for item in side}
    found.extra = [item for item in matched.left if id(item) not in settled]
    found.missing = [item for item in matched.right if id(item) not in settled]
    columns = {measure: column_of(measure, (left, right)) for measure in measures}
    with_parent = "parent" in left.stated and "parent" in right.stated
    found.pairs = [
        _pair(group, fields, columns, with_parent=with_parent) for group in (*given, *matched.groups, *taken)
    ]
    renamed = dict([across]) if across else {}
    found.balances = [_balance(left, right, found, named, renamed.get(named[0])) for named in columns.items()]
    return Outcome(found, across, unknown, matched.unclear)


def nest(items: Sequence[Item]) -> None:
    """Mark the amounts that lie inside a parent of the same list which states the same measure, for whatever years."""
    by_ref = {(item.kind, item.source, item.ref): item for item in items}
    for item in items:
        parent = by_ref.get((item.kind, item.source, item.parent)) if item.parent else None
        if parent is not None and parent is not item:
            held = {measure.account for measure in parent.amounts if parent.minor(measure)}
            item.nested |= {measure for measure in item.amounts if measure.account in held}


def _across(left: Side, right: Side) -> tuple[Measure, Measure] | None:
    ours, theirs = left.measures(), right.measures()
    if len(ours) == len(theirs) == 1:
        [one], [other] = ours, theirs
        if one != other and one[2:] == other[2:]:
            return one, other
    return None


def _renamed(item: Item, into: Measure, old: Measure) -> Item:
    amounts = {into if measure == old else measure: parts for measure, parts in item.amounts.items()}
    return replace(item, amounts=amounts, nested=frozenset(into if m == old else m for m in item.nested))


def _common(left: Side, right: Side) -> list[Measure]:
    """The measures that both sides have a place for."""
    return sorted(m for m in left.measures() | right.measures() if left.states(m) and right.states(m))


def _apart(left: Side, right: Side, common: Sequence[Measure]) -> list[tuple[str, Measure, int]]:
    return [
        (name, measure, sum(item.counted(measure) for item in side.items))
        for name, side in (("left", left), ("right", right))
        for measure in sorted(side.measures() - set(common))
    ]


def _fields_apart(left: Side, right: Side) -> dict[str, list[str]]:
    known = set(FIELDS)
    return {
        name: sorted((one.stated - other.stated) & known)
        for name, one, other in (("left", left, right), ("right", right, left))
    }


def _levelled(left: Side, right: Side) -> tuple[Side, Side]:
    """Rows as projects and envelopes where the other side is a ledger, which knows a project once."""
    if right.is_ledger and not left.is_ledger:
        left = replace(left, items=_by_project(left.items))
    if left.is_ledger and not right.is_ledger:
        right = replace(right, items=_by_project(right.items))
    return left, right


def _by_project(items: Iterable[Item]) -> list[Item]:
    grouped: dict[tuple[str, str, str], list[Item]] = defaultdict(list)
    whole: list[Item] = []
    for item in items:
        grouped[item.kind, item.source, item.ref].append(item)
    for group in grouped.values():
        amounts: dict[Measure, dict[str, int]] = {}
        for item in group:
            for measure, parts in item.amounts.items():
                sums = amounts.setdefault(measure, {})
                for country, minor in parts.items():
                    sums[country] = sums.get(country, 0) + minor
        # As in the ledger, the first row that speaks of a project is the one that counts for what it is called.
        first, nested = group[0], frozenset().union(*(item.nested for item in group))
        places = tuple(place for item in group for place in item.places)
        total = _whole_total(group)
        whole.append(replace(first, amounts=amounts, places=places, nested=nested, total=total, digest=""))
    return whole


def _whole_total(group: Sequence[Item]) -> tuple[str, int] | None:
    totals = [item.total for item in group if item.total is not None]
    if len(totals) < len(group) or len({currency for currency, _ in totals}) > 1:
        return None
    return totals[0][0], sum(minor for _, minor in totals)


def _given(
    left: Sequence[Item], right: Sequence[Item], pairs: Sequence[tuple[str, str]]
) -> tuple[list[Group], list[Item], list[Item], list[tuple[str, str]]]:
    """The pairs that the user names, what is left of both sides, and the pairs that are not there once."""
    if not pairs:
        return [], list(left), list(right), []
    on_left, on_right = _by_ref(left), _by_ref(right)
    groups: list[Group] = []
    unknown: list[tuple[str, str]] = []
    taken: set[int] = set()
    for one, other in pairs:
        ours, theirs = on_left.get(one, []), on_right.get(other, [])
        if len(ours) == len(theirs) == 1 and not taken & {id(ours[0]), id(theirs[0])}:
            groups.append(((ours[0],), (theirs[0],), "given"))
            taken |= {id(ours[0]), id(theirs[0])}
        else:
            unknown.append((one, other))
    rest = [[item for item in side if id(item) not in taken] for side in (left, right)]
    return groups, rest[0], rest[1], unknown


def _by_ref(items: Iterable[Item]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        found[item.ref].append(item)
    return found


def _pair(group: Group, fields: Sequence[str], columns: Mapping[Measure, str], *, with_parent: bool) -> Pair:
    ours, theirs, by = group
    changes: list[Change] = []
    if len(ours) == len(theirs) == 1:
        one, other = ours[0], theirs[0]
        if by != "key" and one.ref != other.ref:
            changes.append(Change("project_ref", one.ref, other.ref))
        for name in fields:
            mine, yours = one.fields.get(name), other.fields.get(name)
            if " ".join((mine or "").split()) != " ".join((yours or "").split()):
                changes.append(Change(name, mine, yours))
        if one.nested != other.nested or (with_parent and one.parent != other.parent):
            changes.append(Change("parent", one.parent, other.parent))
        changes += _divisions(one, other, columns)
        changes += _totals(one, other, columns.values())
    told = {change.field for change in changes}
    for measure, column in columns.items():
        before, after = (sum(item.minor(measure) for item in side) for side in (ours, theirs))
        if before != after and column not in told:
            changes.append(Change(column, before, after, measure.currency))
    return Pair(ours, theirs, by, tuple(changes))


def _totals(one: Item, other: Item, columns: Iterable[str]) -> list[Change]:
    """The total cost, where both rows state it and it is not one of the measures itself."""
    mine, yours = one.total, other.total
    if mine is None or yours is None or mine == yours or mine[0] != yours[0] or TOTAL in columns:
        return []
    return [Change(TOTAL, mine[1], yours[1], mine[0])]


def _divisions(one: Item, other: Item, measures: Iterable[Measure]) -> list[Change]:
    """Amounts that are the same but go to other countries."""
    for measure in measures:
        mine, yours = one.amounts.get(measure, {}), other.amounts.get(measure, {})
        if mine != yours and max(len(mine), len(yours)) > 1:
            return [Change("countries_split", _division(mine, measure), _division(yours, measure))]
    return []


def _division(parts: dict[str, int], measure: Measure) -> str:
    return ", ".join(f"{code} {plain(minor, measure.currency)}" for code, minor in sorted(parts.items()))


def _balance(
    left: Side, right: Side, found: Comparison, named: tuple[Measure, str], right_measure: Measure | None
) -> Balance:
    measure, column = named

    def total(items: Iterable[Item]) -> int:
        return sum(item.counted(measure) for item in items)

    made = Balance(
        measure,
        column,
        right_measure or measure,
        total(left.items),
        total(right.items),
        total(found.extra),
        total(found.missing),
        sum(pair.effect(measure) for pair in found.pairs),
    )
    assert made.difference == made.extra - made.missing + made.changed
    return made
