"""The one registry of what may be asked `why`: each kind of reference, and the tree that it stands for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Final

from ledger.actions import scope
from ledger.actions.why_figures import figure_tree
from ledger.actions.why_places import place_trees
from ledger.actions.why_trees import Trees
from ledger.actions.why_workbook import workbook_cell
from ledger.domain.trees import Node
from ledger.store import figures, records
from ledger.store.database import Connection

#: Names that are looked through for what was meant, at most.
_LOOKED_THROUGH: Final = 20_000
_NUMBERED: Final = re.compile(r"(batch|transfer):([0-9]{1,15})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Resolver:
    """One kind of reference. `find` gives the trees of what has that name, or none where it is of another kind."""

    what: str
    example: str
    find: Callable[[Trees, str], list[Node]]


def resolve(trees: Trees, ref: str, *, basis: str | None = None) -> list[Node]:
    """The trees of everything that `ref` names; of the kinds in RESOLVERS the first that knows it, records beside figures.

    A scope means commitments and the EU share unless it, or the filters, say otherwise.
    """
    found: list[Node] = []
    for resolver in RESOLVERS:
        found += resolver.find(trees, ref)
        if found and resolver.what != "figure":
            break
    if not found and "=" in ref and "!" not in ref:
        return _scope(trees, ref, basis)
    return found


def _figures(trees: Trees, ref: str) -> list[Node]:
    found = figures.find(trees.connection, ref, trees.limits.known_at)
    return [] if found is None else [figure_tree(trees, found)]


def _records(trees: Trees, ref: str) -> list[Node]:
    return [trees.record(named) for named in records.find(trees.connection, ref)]


def _numbered(trees: Trees, ref: str) -> list[Node]:
    match = _NUMBERED.fullmatch(ref)
    if match is None:
        return []
    make = trees.batch if match[1].lower() == "batch" else trees.transfer
    node = make(int(match[2]))
    return [] if node is None else [node]


def _scope(trees: Trees, ref: str, basis: str | None) -> list[Node]:
    wanted = scope.parse_scope(trees.connection, ref)
    said = {part.partition("=")[0].strip() for part in ref.split(",")}
    if "stage" not in said and trees.limits.stage is not None:
        wanted = replace(wanted, stage=trees.limits.stage)
    if "basis" not in said and basis is not None:
        wanted = replace(wanted, bases=trees.limits.bases)
    return trees.total(ref, wanted)


#: Every kind of reference, in the order in which they are tried; a scope (KEY=VALUE) comes last.
RESOLVERS: Final[tuple[Resolver, ...]] = (
    Resolver("figure", "F19", _figures),
    Resolver("envelope, programme or project", "eutf:T05-EUTF-HOA-01", _records),
    Resolver("cell of an exported workbook", "budget.xlsx!Summary!E9", workbook_cell),
    Resolver("batch or transfer", "batch:12, transfer:77", _numbered),
    Resolver("file, sheet, row or cell", "list.xlsx!Projects!F17", place_trees),
)


def suggestions(connection: Connection, ref: str) -> list[str]:
    """At most five names in the ledger that may have been meant."""
    wanted = ref.casefold()
    names = {name.casefold(): name for name in _names(connection, wanted)}
    holding = sorted((name for name in names if wanted in name and wanted), key=len)[:5]
    near = get_close_matches(wanted, names, 5, 0.6)
    return [names[name] for name in dict.fromkeys([*near, *holding])][:5]


def _names(connection: Connection, wanted: str) -> Iterator[str]:
    yield from (figure.ref for figure in figures.current(connection))
    yield from records.names(connection, wanted, _LOOKED_THROUGH)
