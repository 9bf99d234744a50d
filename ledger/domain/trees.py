"""The tree behind a number: each node a number or a place, its children what it is made of.

A node's amount is the sum of the amounts of its children, to the minor unit; children without an amount (a figure as it
was worded, say) do not count. What is left of a whole that its children do not explain is a child of its own, of kind
`remainder`. A node with a `rate` has one child, in another currency, and is that child converted and rounded once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ledger.domain.money import as_json
from ledger.domain.overriding import override

#: What a node can be, and what it stands for.
KINDS: Final[Mapping[str, str]] = {
    "figure": "a published figure; its amount is what the ledger has against it",
    "stated": "a figure as its source words it",
    "whole": "the whole that a share is a share of",
    "total": "a sum over a scope, such as a line of `summary`",
    "fund": "money of a fund that no project, envelope or programme holds",
    "envelope": "an envelope, or what one adds to the node above",
    "programme": "a programme, likewise",
    "project": "a project, likewise",
    "group": "money of one stage, basis and currency, or of one kind of step",
    "batch": "a batch; its amount is what it moved",
    "transfer": "a booking; its amount is what it adds to the node above",
    "reversal": "a booking that takes another one back, with its batch",
    "reversed": "a booking and its reversal: together nothing",
    "row": "a row of a sheet, with its state",
    "cell": "a cell: its raw text as the kept file has it, the file's SHA-256, and the steps from one to the other",
    "file": "a kept file",
    "sheet": "a sheet of a kept file",
    "rate": "an exchange rate, or an amount at one",
    "remainder": "what a whole holds beside its other parts",
    "moved": "what a cell, row, sheet or file moves, and by how much",
}


class Many(Sequence["Node"]):
    """Children that are made when they are looked at: their number and how to make the one at a position."""

    def __init__(self, count: int, make: Callable[[int], Node]) -> None:
        self._count, self._make = count, make

    @override
    def __len__(self) -> int:
        return self._count

    @override
    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self._make(i) for i in range(*at.indices(self._count))]
        if not -self._count <= at < self._count:
            raise IndexError(at)
        return self._make(at % self._count)


@dataclass(slots=True)
class Node:
    """A number, or a place. `minor` is None for a node that is no amount; `facts` are its other keys in JSON."""

    kind: str
    label: str
    minor: int | None = None
    currency: str = "EUR"
    facts: dict[str, Any] = field(default_factory=dict)
    children: Sequence[Node] = ()

    def __post_init__(self) -> None:
        assert self.kind in KINDS, self.kind

    def own_json(self) -> dict[str, Any]:
        """The node without its children, as JSON has it; facts that say nothing are left out."""
        out: dict[str, Any] = {"kind": self.kind, "label": self.label}
        if self.minor is not None:
            out["amount"] = as_json(self.minor, self.currency)
        out.update((name, value) for name, value in self.facts.items() if value not in (None, "", False, [], ()))
        return out

    def as_json(self) -> dict[str, Any]:
        """The node with everything below it."""
        out = self.own_json()
        if self.children:
            out["children"] = [child.as_json() for child in self.children]
        return out

    def walk(self) -> Iterator[Node]:
        """The node and everything below it, from above."""
        yield self
        for child in self.children:
            yield from child.walk()


def summed(kind: str, label: str, children: Sequence[Node], currency: str = "EUR", **facts: Any) -> Node:
    """A node whose amount is what its children add up to."""
    return Node(kind, label, sum(child.minor or 0 for child in children), currency, facts, children)


def missing(node: Node) -> int | None:
    """What a node's amount exceeds the sum of its children by; None where there is nothing to compare.

    A node at a `rate` is compared by whoever knows the rate, not here.
    """
    counted = [child for child in node.children if child.minor is not None]
    if node.minor is None or not counted or "rate" in node.facts:
        return None
    assert {child.currency for child in counted} == {node.currency}, node.label
    return node.minor - sum(child.minor or 0 for child in counted)
