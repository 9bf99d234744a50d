"""The tree of a published figure: its wording, what it is related to, and what the ledger has against it, down to cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ledger.actions.why_trees import Trees
from ledger.domain.figures import Figure
from ledger.domain.findings import place_text
from ledger.domain.money import as_json, to_minor
from ledger.domain.trees import Many, Node, summed
from ledger.reconcile.reading import read
from ledger.store import envelopes, figures, provenance
from ledger.store.figures import FoundFigure
from ledger.store.totals import Filter


def figure_tree(trees: Trees, found: FoundFigure, *, with_whole: bool = True) -> Node:
    """The tree of one figure. Its amount, or count, is what the ledger has; what is worded stands beside it."""
    figure = found.figure
    node = Node("figure", figure.ref, facts=_facts(figure))
    node.children = [_stated(trees, found), *_related(trees, figure)]
    below: Sequence[Node] = ()
    if figure.is_printed_total:
        below = _printed(trees, found)
    elif (wanted := count_filter(trees, found)) is not None:
        return _counting(trees, node, wanted)
    elif figure.measure == "share":
        part = Node("group", "the part", children=_money(trees, found)[0])
        node.children = [*node.children, part, *(_whole(trees, figure) if with_whole else ())]
        return node
    else:
        below, apart = _money(trees, found)
        node.children = [*node.children, *apart]
    node.children = [*node.children, *below]
    if below and (figure.is_printed_total or len(_alternatives(trees, found)) == 1):
        node.minor, node.currency = sum(each.minor or 0 for each in below), below[0].currency
    return node


def _facts(figure: Figure) -> dict[str, Any]:
    return {
        "ref": figure.ref,
        "note": figure.quote,
        "batch": figure.batch,
        "illustrative": figure.is_illustrative,
    }


def _stated(trees: Trees, found: FoundFigure) -> Node:
    """The figure as its source has it, and the cell that it was read from. No amount: nothing is made up of it."""
    figure = found.figure
    facts: dict[str, Any] = {"note": figure.quote, "source": figure.source, "page": figure.page}
    currency = read(figure).currency
    if currency and figure.value is not None and figure.measure == "sum":
        facts["states"] = as_json(to_minor(Decimal(figure.value), currency)[0], currency)
    elif figure.value is not None:
        facts["value"] = figure.value
        facts["unit"] = figure.unit
    if found.cell is not None:
        trees.cells.load_places([found.cell])
        facts |= {name: value for name, value in trees.cells.place(found.cell).facts.items() if name != "steps"}
    return Node("stated", "stated", facts=facts)


def _related(trees: Trees, figure: Figure) -> list[Node]:
    """The figures that this one is a part of, or that are parts of it, as they are worded; ask `why` of each."""
    nodes = []
    for other in figures.current(trees.connection, trees.limits.known_at):
        said = (
            "a part of it"
            if other.part_of == figure.ref
            else "it is a part of this"
            if figure.part_of == other.ref
            else ""
        )
        if said:
            facts = {"ref": other.ref, "note": other.quote, "relation": said, "value": other.value, "unit": other.unit}
            nodes.append(Node("stated", f"{other.ref}: {said}", facts=facts))
    return nodes


# --- what the ledger has ---------------------------------------------------------------------------------------------


def _scopes(trees: Trees, found: FoundFigure) -> list[Filter]:
    return [wanted for _, wanted in _labelled(trees, found)]


def _labelled(trees: Trees, found: FoundFigure) -> list[tuple[str, Filter]]:
    limits = trees.limits
    return figures.filters(
        trees.connection, found, with_illustrative=limits.with_illustrative, known_at=limits.known_at
    )


def _alternatives(trees: Trees, found: FoundFigure) -> list[Filter]:
    """The sums that may be meant: several where the source leaves the stage open; an envelope's parts are one sum."""
    scopes = _scopes(trees, found)
    return scopes[:1] if found.figure.envelope else scopes


def money_filters(trees: Trees, found: FoundFigure) -> list[tuple[str, Filter]]:
    """Everything that a figure's money is summed over, for who asks whether a cell is in it; none for a count.

    Each with what it is where that is not simply the figure: one of two stages that may be meant, the part of a share.
    """
    figure = found.figure
    if figure.measure == "count" and not figure.envelope:
        return []
    scopes = _scopes(trees, found)
    if figure.measure == "share":
        return [("the part", wanted) for wanted in scopes]
    alternatives = len(scopes) > 1 and not figure.envelope
    return [(str(wanted.stage) if alternatives else "", wanted) for wanted in scopes]


def whole_of(trees: Trees, found: FoundFigure) -> list[tuple[str, Filter]]:
    """The same of the whole that a share is a share of."""
    figure = found.figure
    if figure.measure != "share" or figure.denominator is None:
        return []
    other = figures.find(trees.connection, figure.denominator, trees.limits.known_at)
    if other is None:
        return [("the whole", _allocation(figure.denominator))]
    return [("the whole", wanted) for _, wanted in money_filters(trees, other)]


def count_filter(trees: Trees, found: FoundFigure) -> Filter | None:
    """What a count of projects counts; None for any other figure."""
    figure = found.figure
    if figure.measure != "count" or figure.scope == "CONTEXT" or figure.envelope or figure.is_printed_total:
        return None
    return next(iter(_scopes(trees, found)), None)


def _allocation(envelope: str) -> Filter:
    return Filter(stage="allocated", envelope=envelope, with_illustrative=True)


def _money(trees: Trees, found: FoundFigure) -> tuple[list[Node], list[Node]]:
    """The sums in the figure's own currency and current prices, and (in a group) what is recorded apart from them."""
    figure = found.figure
    currency = read(figure).currency or "EUR"
    counted: list[Node] = []
    apart: list[Node] = []
    for label, wanted in _labelled(trees, found):
        for node in trees.total(label, wanted, given=bool(figure.envelope)):
            same = node.currency == currency and "price_basis" not in _present(node)
            (counted if same else apart).append(node)
    return counted, [Node("group", "recorded apart, not added", children=apart)] if apart else []


def _present(node: Node) -> set[str]:
    return {name for name, value in node.facts.items() if value}


def _whole(trees: Trees, figure: Figure) -> list[Node]:
    """What a share is a share of: an envelope, or another figure."""
    if figure.denominator is None:
        return []
    known_at = trees.limits.known_at
    other = figures.find(trees.connection, figure.denominator, known_at)
    if other is not None:
        return [Node("whole", "the whole", children=[figure_tree(trees, other, with_whole=False)])]
    if any(state.ref == figure.denominator for state in envelopes.states(trees.connection, known_at)):
        below = trees.total(figure.denominator, _allocation(figure.denominator), given=True)
        return [Node("whole", "the whole", children=below)]
    return []


def _counting(trees: Trees, node: Node, wanted: Filter) -> Node:
    """A count: the projects that hold money of the scope, each with its row."""
    counted = provenance.counted_projects(trees.connection, trees.narrowed(wanted))

    def make(at: int) -> Node:
        each = counted[at]
        label = place_text(each.file, each.sheet, str(each.row))
        place = {"file": each.file, "sha256": each.sha256, "sheet": each.sheet, "row": each.row, "state": each.state}
        rows = [Node("row", label, facts=place)] if each.row else []
        facts = {"ref": each.ref, "source": each.source, "note": each.title, "unit": each.unit, "count": 1}
        return Node("project", each.ref, facts=facts, children=rows)

    node.facts["count"] = len(counted)
    node.children = [
        *node.children,
        Node("group", "counted", facts={"count": len(counted)}, children=Many(len(counted), make)),
    ]
    return node


def _printed(trees: Trees, found: FoundFigure) -> list[Node]:
    """A total that a sheet prints: the cells that should add up to it."""
    figure, stated = found.figure, found.cell
    if stated is None or not figure.unit:
        return []
    sheet = provenance.sheet_of(trees.connection, figure.batch, stated.sha256, stated.sheet)
    nodes = []
    for label, cells in figures.printed_cells(found):
        trees.cells.load_places(cells)
        made = [trees.cells.place(c, figure.unit, trees.cells.column_facts(sheet, c.column)) for c in cells]
        group = summed("group", label, made, figure.unit)
        expected = to_minor(Decimal(figure.cells_value or "0"), figure.unit)[0]
        if rest := expected - (group.minor or 0):
            made.append(Node("remainder", "not explained by its cells", rest, figure.unit))
        nodes.append(replace(group, minor=expected, children=made))
    return nodes
