"""What one side shows by itself: rows that are there twice, and a budget that stands with its parent and again below it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

from ledger.reconcile.comparison.folding import folded_ref
from ledger.reconcile.comparison.model import Item, Measure, Side, Suspicion

_SEPARATORS = "-./_:|"
#: References shorter than this are no stem: `1` is no parent of `1-2`.
_SHORTEST_STEM = 4


def suspicions(side: Side, name: str, measures: Sequence[Measure]) -> list[Suspicion]:
    """Money that one side seems to state twice, told once a measure; what lies inside a stated parent is not added up.

    Three signs: rows alike in every cell; rows of the same reference (but for case and dash) with the same amount;
    a reference that goes on from another one, where those below add up to it exactly.
    """
    found: list[Suspicion] = []
    told: set[int] = set()
    for kind, group, why in [*_alike(side.items), *_same_reference(side.items, measures)]:
        if told.issuperset(map(id, group)):
            continue
        told.update(map(id, group))
        for measure in measures:
            minor = sum(sorted(item.counted(measure) for item in group)[:-1])
            if minor:
                found.append(Suspicion(name, kind, group, measure, minor, why))
    return found + _levels(side.items, name, measures)


def _alike(items: Iterable[Item]) -> list[tuple[str, tuple[Item, ...], str]]:
    groups = _grouped((item.digest, item) for item in items if item.digest)
    return [("duplicate_row", group, "alike in every cell") for group in groups]


def _same_reference(items: Iterable[Item], measures: Sequence[Measure]) -> list[tuple[str, tuple[Item, ...], str]]:
    def mark(item: Item) -> Hashable:
        return folded_ref(item.ref), item.source, tuple(item.counted(measure) for measure in measures)

    named = (item for item in items if item.ref and not item.key[1] and any(map(item.counted, measures)))
    found = []
    for group in _grouped((mark(item), item) for item in named):
        if len({item.fields.get("title", "") for item in group}) == 1:
            found.append(("duplicate_row", group, "the same reference, title and amount"))
        else:
            found.append(("parent_and_child", group, "one budget under one reference on rows with different titles"))
    return found


def _grouped(marked: Iterable[tuple[Hashable, Item]]) -> list[tuple[Item, ...]]:
    groups: dict[Hashable, list[Item]] = defaultdict(list)
    for mark, item in marked:
        groups[mark].append(item)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def _levels(items: Sequence[Item], name: str, measures: Sequence[Measure]) -> list[Suspicion]:
    """Parents whose children, by their references, add up to them: `ABC-01`, and `ABC-01-1` with `ABC-01-2`."""
    by_ref: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_ref[folded_ref(item.ref)].append(item)
    below: dict[str, list[Item]] = defaultdict(list)
    for ref, group in by_ref.items():
        if (stem := _stem(ref, by_ref)) is not None:
            below[stem] += group
    found = []
    for stem, children in below.items():
        for parent in by_ref[stem]:
            for measure in measures:
                minor = sum(child.counted(measure) for child in children)
                if minor and minor == parent.counted(measure):
                    why = f"what stands below {parent.ref} by its reference adds up to it"
                    found.append(Suspicion(name, "parent_and_child", (parent, *children), measure, minor, why))
    return found


def below_others(items: Sequence[Item]) -> list[Item]:
    """Items whose reference goes on from that of another one, and that no stated parent holds."""
    refs = {folded_ref(item.ref) for item in items}
    return [item for item in items if not item.nested and _stem(folded_ref(item.ref), refs) is not None]


def _stem(ref: str, known: Iterable[str]) -> str | None:
    """The longest other reference that this one goes on from, after a separator."""
    assert isinstance(known, set | dict)
    for at in range(len(ref) - 1, _SHORTEST_STEM - 1, -1):
        if ref[at] in _SEPARATORS and ref[:at] in known:
            return ref[:at]
    return None
