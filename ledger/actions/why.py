"""Why a number is what it is: from a figure, record or scope down to the cells, their raw text and their file.

The raw text is read again from the stored bytes of the file, not from what the import made of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ledger.actions import rights, scope
from ledger.actions.evidence import CellPlace, raw_texts
from ledger.domain.allocation import allocate
from ledger.domain.findings import Finding
from ledger.domain.money import as_json, divide_half_up
from ledger.intake.cells import cell_name
from ledger.store import figures, records, schema, totals
from ledger.store.database import Connection, Database
from ledger.store.totals import Contribution, Filter


@dataclass(slots=True)
class WhyNode:
    """A number and what it is made of. `minor` is None for a node that is no amount; a leaf names its cell."""

    label: str
    minor: int | None = None
    currency: str = "EUR"
    note: str = ""
    rule: str = ""
    batch: int | None = None
    cell: CellPlace | None = None
    raw: str | None = None
    is_illustrative: bool = False
    children: list[WhyNode] = field(default_factory=list)

    def leaves(self) -> Iterable[WhyNode]:
        """The cells below this node."""
        if self.cell is not None:
            yield self
        for child in self.children:
            yield from child.leaves()

    def as_json(self) -> dict[str, Any]:
        """The node as it stands in the JSON envelope."""
        out: dict[str, Any] = {"label": self.label}
        if self.minor is not None:
            out["amount"] = as_json(self.minor, self.currency)
        if self.cell is not None:
            out.update(
                file=self.cell.file,
                sha256=self.cell.sha256,
                sheet=self.cell.sheet,
                cell=cell_name(self.cell.row, self.cell.column),
                raw=self.raw,
            )
        for name in ("note", "rule", "batch"):
            if getattr(self, name):
                out[name] = getattr(self, name)
        if self.is_illustrative:
            out["illustrative"] = True
        if self.children:
            out["children"] = [child.as_json() for child in self.children]
        return out


@dataclass(slots=True)
class WhyResult:
    """The trees of everything that the reference names."""

    ref: str
    nodes: list[WhyNode] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def why(
    database: Database, ref: str, *, with_illustrative: bool = False, known_at: str | int | datetime | None = None
) -> WhyResult:
    """Unfold `ref`.

    A published figure, a record (project, envelope, programme), or a scope such as
    `fund=AMIF,country=TN,year=2022,stage=paid`.
    """
    schema.require_current(database)
    result = WhyResult(ref)
    with database.read() as connection:
        result.findings += rights.limited(rights.limit(connection))
        known = scope.batch_known_at(connection, known_at)
        if (figure := figures.find(connection, ref, known)) is not None:
            result.nodes.append(_figure(connection, figure, known, with_illustrative=with_illustrative))
        elif "=" in ref and "!" not in ref:
            wanted = replace(scope.parse_scope(connection, ref), with_illustrative=with_illustrative, known_at=known)
            result.nodes += _scope(connection, ref, wanted)
        else:
            for named in records.find(connection, ref):
                result.nodes.append(_record(connection, named, known))
        if not result.nodes:
            result.findings.append(Finding("reference-unknown", f"nothing in the ledger is called {ref!r}"))
        _read_again(connection, result.nodes)
    return result


def contributions_of(connection: Connection, ref: str) -> list[Contribution]:
    """The live transfers behind a record or a scope; none where nothing has that name."""
    if "=" in ref:
        return totals.contributions(connection, replace(scope.parse_scope(connection, ref), with_illustrative=True))
    found = (totals.contributions(connection, _money_of(named, None)) for named in records.find(connection, ref))
    return [part for parts in found for part in parts]


def _figure(
    connection: Connection, figure: figures.FoundFigure, known: int | None, *, with_illustrative: bool
) -> WhyNode:
    """A figure: the cell that states it, and the cells behind what the ledger has against it."""
    stated = WhyNode("stated", note=figure.quote or "", cell=figure.cell)
    node = WhyNode(figure.ref, note=figure.quote or "", children=[stated])
    for label, cells in figures.printed_cells(figure):
        node.children.append(WhyNode(label, children=[WhyNode(cell_name(c.row, c.column), cell=c) for c in cells]))
    for label, wanted in figures.filters(connection, figure, with_illustrative=with_illustrative, known_at=known):
        node.children += _scope(connection, label, wanted)
    return node


def _scope(connection: Connection, label: str, wanted: Filter) -> list[WhyNode]:
    """One tree for each currency, price basis and (recorded or illustrative): what adds up to the total."""
    groups: dict[tuple[str, str, bool], list[Contribution]] = {}
    for found in totals.contributions(connection, wanted):
        # Of a single envelope it is asked what it was given, not what it kept after giving to its parts.
        if found.minor > 0 or not wanted.envelope:
            groups.setdefault((found.currency, found.price_basis, found.is_illustrative), []).append(found)
    nodes = []
    for (currency, price_basis, illustrative), parts in sorted(groups.items()):
        # The earmarked sum is rounded once; largest remainder hands its cents to the cells.
        weighted = sum(part.minor * part.share_ppb for part in parts)
        whole = divide_half_up(weighted, totals.WHOLE)
        if all(part.share_ppb == totals.WHOLE for part in parts):
            shares = {str(part.transfer_id): part.minor for part in parts}
        else:
            shares = allocate(whole, [(str(part.transfer_id), part.minor * part.share_ppb) for part in parts])
        below = _by_holder([(part, shares[str(part.transfer_id)]) for part in parts])
        if len(below) == 1 and below[0].label == label:
            nodes += below
            continue
        note = "" if price_basis == "current" else f"prices of {price_basis}"
        nodes.append(WhyNode(label, whole, currency, note, is_illustrative=illustrative, children=below))
    return nodes


def _record(connection: Connection, named: records.Named, known: int | None) -> WhyNode:
    """A record, by stage and basis: what its cells state, and what of it stands in its parts."""
    wanted = _money_of(named, known)
    node = WhyNode(named.ref, note=f"{named.kind}: {named.title}" if named.title else named.kind)
    groups: dict[tuple[str, str, str, str], list[Contribution]] = {}
    for found in totals.contributions(connection, wanted):
        groups.setdefault((found.stage, found.basis, found.currency, found.price_basis), []).append(found)
    for (stage, basis, currency, price_basis), parts in groups.items():
        stated = [part for part in parts if part.minor > 0]
        moved = [part for part in parts if part.minor < 0]
        shown = f"{stage}, {basis}" + ("" if price_basis == "current" else f", prices of {price_basis}")
        child = WhyNode(
            shown,
            sum(part.minor for part in stated),
            currency,
            is_illustrative=parts[0].is_illustrative,
            children=[_leaf(part, part.minor) for part in stated],
        )
        if moved:
            child.children.append(
                WhyNode(
                    "of which in its parts",
                    -sum(part.minor for part in moved),
                    currency,
                    children=[_leaf(part, -part.minor, part.holder) for part in moved],
                )
            )
        node.children.append(child)
    if node.children:
        node.is_illustrative = all(child.is_illustrative for child in node.children)
    return node


def _money_of(named: records.Named, known: int | None) -> Filter:
    """All money of a record, of every stage and basis."""
    return Filter(
        envelope=named.ref if named.kind == "envelope" else None,
        programme=named.ref if named.kind == "programme" else None,
        project=named.ref if named.kind == "project" else None,
        source=named.source,
        with_illustrative=True,
        known_at=known,
    )


def _by_holder(parts: list[tuple[Contribution, int]]) -> list[WhyNode]:
    """One node a record, with the cells below it; a record with a single cell is that cell."""
    holders: dict[str, list[tuple[Contribution, int]]] = {}
    for part, minor in parts:
        holders.setdefault(part.holder, []).append((part, minor))
    nodes = []
    for holder, cells in holders.items():
        if len(cells) == 1:
            nodes.append(_leaf(cells[0][0], cells[0][1], holder))
            continue
        nodes.append(
            WhyNode(
                holder,
                sum(minor for _, minor in cells),
                cells[0][0].currency,
                note=cells[0][0].title,
                is_illustrative=cells[0][0].is_illustrative,
                children=[_leaf(part, minor) for part, minor in cells],
            )
        )
    return nodes


def _leaf(part: Contribution, minor: int, label: str = "") -> WhyNode:
    place = CellPlace(part.file, part.sha256, part.sheet, part.row, part.column) if part.column else None
    return WhyNode(
        label or part.country,
        minor,
        part.currency,
        note=part.title if label else "",
        batch=part.batch_id,
        cell=place,
        rule="" if part.rule == "cell" else part.rule,
        is_illustrative=part.is_illustrative,
    )


def _read_again(connection: Connection, nodes: list[WhyNode]) -> None:
    leaves = [leaf for node in nodes for leaf in node.leaves()]
    raw = raw_texts(connection, {leaf.cell for leaf in leaves if leaf.cell is not None})
    for leaf in leaves:
        assert leaf.cell is not None
        leaf.raw = raw.get(leaf.cell)
